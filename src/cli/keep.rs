//! `--checkpoint`: the file of a long solve, what it belongs to, and the signals that end the solve with one more.

use std::sync::Arc;
use std::time::Duration;

use super::note;
use crate::error::{Error, Result};
use crate::leontief::Engine;
use crate::leontief::answer::Goal;
use crate::leontief::source::Data;
use crate::operator::Direction;
use crate::part;
use crate::solve::Checkpoint;
use crate::study::Study;

/// The checkpoint that the options name.
pub(super) fn named(study: &Study) -> Result<Option<Arc<Checkpoint>>> {
    let Some(path) = &study.keeping.checkpoint else { return Ok(None) };
    let seconds = study.keeping.checkpoint_every.unwrap_or(600.0);
    if !(0.0..=1e9).contains(&seconds) {
        return Err(Error::range(format!("`checkpoint-every` must be 0 to 1e9 seconds, not {seconds}"), "leave it out for 600"));
    }
    part::may_create(path)?;
    let stop = Arc::default();
    part::answered(Some(&stop));
    Ok(Some(Arc::new(Checkpoint::new(path.clone(), Duration::from_secs_f64(seconds), stop))))
}

/// Says which solve the checkpoint belongs to, and goes on from it where that is asked for.
pub(super) fn begin(
    study: &Study,
    checkpoint: &Checkpoint,
    data: &Data,
    engine: &Engine,
    (direction, sides): (Direction, &ndarray::Array2<f64>),
    goal: Goal,
) -> Result<()> {
    let numbers: Vec<f64> = sides.iter().copied().collect();
    let operator = engine.operator();
    let table = data.files().first().map_or_else(String::new, |file| file.sha256.clone());
    let facts = [
        ("table", table),
        ("rows", operator.dim().to_string()),
        ("right-hand sides", format!("{} of SHA-256 {}", sides.ncols(), part::sha256(bytemuck::cast_slice(&numbers)))),
        ("direction", if direction == Direction::Forward { "A".into() } else { "A'".to_string() }),
        ("operator", operator.name().to_string()),
        ("method", engine.method().name().to_string()),
        ("goal", format!("{goal:?}")),
        ("panels", if operator.takes_any_width() { "any".into() } else { "tiles".to_string() }),
    ];
    let about = facts.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
    let resume = study.keeping.resume.unwrap_or(false);
    match checkpoint.begin(about, operator.dim(), resume)? {
        Some(passes) => note(study, &format!("{}: goes on after {passes} passes", checkpoint.path().display())),
        None if resume => note(study, &format!("{}: no checkpoint yet, from the beginning", checkpoint.path().display())),
        None => {}
    }
    Ok(())
}

/// Whether a solve was ended by a signal, its state kept; says so.
///
/// # Errors
/// If the state could not be written.
pub(super) fn suspended(study: &Study, checkpoint: &Checkpoint) -> Result<bool> {
    part::answered(None);
    let failure = checkpoint.failure();
    if !checkpoint.is_stopped() {
        if let Some(e) = failure {
            note(study, &format!("the last checkpoint could not be written: {e}"));
        }
        return Ok(false);
    }
    match failure {
        Some(e) => Err(e),
        None => {
            note(study, &format!("ended by a signal; {} holds the state, `resume` goes on from it", checkpoint.path().display()));
            Ok(true)
        }
    }
}
