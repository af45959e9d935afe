//! Tables and models for commands: what may be written is asked before long work, and messages go to standard error.

use std::path::Path;

use super::{watch, write};
use crate::error::Result;
use crate::operator::Dense;
use crate::study::room::Goal;
use crate::study::{Study, load as studied};
use crate::table::Table;

pub(super) use crate::study::load::{Loaded, RECOGNISED, SEED, chosen, explained, of_snapshot, stressor};

/// Asks what stands in the way of a study before it is begun: choices without effect, outputs that are there, the process.
pub(super) fn ready(study: &Study) -> Result<()> {
    study.needed()?;
    write::may_write(study)?;
    study.set_process()
}

/// As [`studied::examine`].
pub(super) fn examine(study: &Study) -> Result<Loaded> {
    examine_for(study, Goal::Table)
}

/// As [`studied::examine_for`].
pub(super) fn examine_for(study: &Study, goal: Goal) -> Result<Loaded> {
    ready(study)?;
    studied::examine_for(study, goal, &watch(study))
}

/// As [`studied::load`].
pub(super) fn load(study: &Study) -> Result<Loaded> {
    load_for(study, Goal::Analysis)
}

/// As [`studied::load_for`].
pub(super) fn load_for(study: &Study, goal: Goal) -> Result<Loaded> {
    ready(study)?;
    studied::load_for(study, goal, &watch(study))
}

/// As [`studied::load_full`].
pub(super) fn load_full(study: &Study, path: &Path) -> Result<Option<(Table, Dense)>> {
    study.set_process()?;
    studied::load_full(study, path, &watch(study))
}
