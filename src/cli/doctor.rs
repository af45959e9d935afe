//! `isard doctor`: what this machine gives isard, and what would hold it back.

use std::time::Instant;

use clap::Args;

use super::{Outcome, print, tongue};
use crate::error::Result;
use crate::memory;

/// Entries of the arrays that measure the memory: beyond the caches.
const ENTRIES: usize = 8 << 20;
/// Runs of which the best counts.
const RUNS: usize = 5;

#[derive(Args)]
#[command(after_help = "Example:\n\
\x20 isard doctor                        threads, memory, bandwidth, instructions; send it along with a report of a problem")]
pub(super) struct Doctor {}

/// Bytes per second of `a = b + s c` on arrays beyond the caches.
pub(super) fn triad() -> f64 {
    let (b, c, mut a) = (vec![1.0f64; ENTRIES], vec![2.0f64; ENTRIES], vec![0.0f64; ENTRIES]);
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        crate::operator::triad(&mut a, &b, &c, 3.0);
        best = best.min(start.elapsed().as_secs_f64());
    }
    24.0 * ENTRIES as f64 / best
}

impl Doctor {
    pub(super) fn run(self) -> Result<Outcome> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut lines = vec![
            ("isard", super::long_version().replace('\n', ", ")),
            ("instructions", crate::operator::platform()),
            ("threads", format!("{cores} that this process may use (affinity and control group heeded)")),
        ];
        let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
        let available = memory::available();
        lines.push(("memory", available.map_or("not known".into(), |b| format!("{} that this process may still take", gigabytes(b)))));
        for name in [memory::VARIABLE, "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"] {
            if let Ok(value) = std::env::var(name) {
                lines.push(("environment", format!("{name}={value}")));
            }
        }
        let room = available.is_none_or(|b| b > 3 * 8 * ENTRIES as u64 * 2);
        lines.push((
            "bandwidth",
            if room { format!("{:.1} GB/s (triad, all threads)", triad() / 1e9) } else { "not measured: too little memory".into() },
        ));
        let temporary = std::env::temp_dir();
        let writable = tempfile_in(&temporary);
        lines.push((
            "temporary",
            format!("{}: {}", temporary.display(), if writable { "can be written" } else { "CANNOT be written; set TMPDIR" }),
        ));
        let text: String = lines.iter().map(|(what, value)| format!("{what:<13} {}\n", tongue::spoken().tell(value))).collect();
        print(&text)?;
        Ok(writable.into())
    }
}

/// Whether a file can be made in a folder; it is removed at once.
fn tempfile_in(folder: &std::path::Path) -> bool {
    let name = folder.join(format!("isard-doctor-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&name).is_ok();
    made && std::fs::remove_file(&name).is_ok()
}
