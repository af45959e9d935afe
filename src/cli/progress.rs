//! Progress on a terminal: stage, how far, how fast, and when it may be done.
//!
//! Units: `left / rate`. The number of passes of a solve is unknown: the logarithm of the error falls by about the same in each
//! pass, so `passes left = ln(error) / (ln(first / error) / passes done)`.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::watch::{Progress, Step, Watch};

/// Seconds after which a rate says something.
const SETTLED: f64 = 1.0;

/// Where a stage began.
struct Stage {
    name: String,
    since: Instant,
    first: Progress,
}

/// A watch that draws one line on the terminal.
pub(super) fn drawn() -> Watch {
    let bar = indicatif::ProgressBar::new_spinner();
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr_with_hz(5));
    let begun: Mutex<Option<Stage>> = Mutex::default();
    Watch::default().on_progress(move |stage, progress| {
        let mut now = begun.lock().unwrap_or_else(PoisonError::into_inner);
        let same = now.as_ref().is_some_and(|s| s.name == stage && !restarted(s.first, progress));
        if !same {
            *now = Some(Stage { name: stage.into(), since: Instant::now(), first: progress });
        }
        if let Some(s) = &*now {
            bar.set_message(line(stage, s.first, progress, s.since.elapsed().as_secs_f64()));
        }
        bar.tick();
    })
}

/// Whether a stage of the same name has begun anew.
fn restarted(first: Progress, now: Progress) -> bool {
    match (first, now) {
        (Progress::Units(a, of), Progress::Units(b, all)) => b < a || of != all,
        (Progress::Pass(a), Progress::Pass(b)) => b.pass < a.pass,
        _ => true,
    }
}

fn line(stage: &str, first: Progress, now: Progress, seconds: f64) -> String {
    match (first, now) {
        (Progress::Units(from, _), Progress::Units(done, total)) => {
            let rate = (done.saturating_sub(from)) as f64 / seconds;
            let pace = if seconds >= SETTLED && rate > 0.0 {
                format!(", {rate:.1}/s{}", left((total.saturating_sub(done)) as f64 / rate))
            } else {
                String::new()
            };
            format!("{stage}: {done} of {total}{pace}")
        }
        (Progress::Pass(from), Progress::Pass(step)) => {
            let Step { pass, active, measure } = step;
            let (passes, fallen) = ((pass - from.pass) as f64, (from.measure / measure).ln());
            let known = seconds >= SETTLED && passes > 0.0 && fallen.is_finite() && fallen > 0.0 && measure > 1.0;
            let pace = if seconds >= SETTLED && passes > 0.0 { format!(", {:.1} passes/s", passes / seconds) } else { String::new() };
            let end = if known { left(measure.ln() / fallen * seconds) } else { String::new() };
            format!("{stage}: pass {pass}, {active} columns, error {measure:.1e} of what is allowed{pace}{end}")
        }
        _ => stage.to_string(),
    }
}

/// How long it may still take.
fn left(seconds: f64) -> String {
    let whole = seconds.ceil();
    if !whole.is_finite() {
        String::new()
    } else if whole < 60.0 {
        format!(", about {whole} s left")
    } else if whole < 3600.0 {
        format!(", about {} min left", (whole / 60.0).ceil())
    } else {
        format!(", about {:.1} h left", whole / 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_passes_say_how_fast_and_how_long() {
        assert_eq!(line("audit", Progress::Units(0, 4), Progress::Units(1, 4), 0.1), "audit: 1 of 4");
        assert_eq!(line("draws", Progress::Units(0, 100), Progress::Units(20, 100), 10.0), "draws: 20 of 100, 2.0/s, about 40 s left");
        let step = |pass, measure| Progress::Pass(Step { pass, measure, active: 3 });
        // a tenth in each of 4 passes of 1 s: 4 more to go from 1e4
        let said = line("output", step(1, 1e8), step(5, 1e4), 4.0);
        assert_eq!(said, "output: pass 5, 3 columns, error 1.0e4 of what is allowed, 1.0 passes/s, about 4 s left");
        assert_eq!(left(90.0), ", about 2 min left");
    }
}
