//! Signals that end the program: parts are removed first, or a solve writes its checkpoint and ends by itself.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(unix)]
use super::{parts, remove};

/// What SIGTERM sets in place of ending the program, while somebody answers it.
static ANSWERED: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);

/// Removes all parts when the program is ended by SIGINT, SIGTERM or SIGHUP, and lets it end so. For programs, not libraries:
/// call it once. A signal that is ignored (as `nohup` does) stays so.
pub(crate) fn removed_on_signals() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|text| {
            let mask = text.lines().find_map(|l| l.strip_prefix("SigIgn:"))?.trim().to_string();
            u64::from_str_radix(&mask, 16).ok()
        });
        let heard = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|s| ignored.unwrap_or(0) >> (s - 1) & 1 == 0);
        let Ok(mut signals) = signal_hook::iterator::Signals::new(heard) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let answered = ANSWERED.lock().unwrap_or_else(PoisonError::into_inner);
                // a second one ends the program
                if signal == SIGTERM && answered.as_ref().is_some_and(|flag| !flag.swap(true, Relaxed)) {
                    continue;
                }
                // held to the end: nothing new is created
                let known = parts();
                known.iter().for_each(|part| remove(part));
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    }
}

/// From now on the first SIGTERM, and SIGUSR1, set a flag in place of ending the program; `None`: SIGTERM ends it again.
pub(crate) fn answered(flag: Option<&Arc<AtomicBool>>) {
    #[cfg(unix)]
    if let Some(flag) = flag {
        let _ = signal_hook::flag::register(signal_hook::consts::SIGUSR1, flag.clone());
    }
    *ANSWERED.lock().unwrap_or_else(PoisonError::into_inner) = flag.cloned();
}
