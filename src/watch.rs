//! Whether work is to go on, how far it has come, what is to be said of it on the way, and in which threads it is done.
//!
//! Long work asks [`Watch::check`] once per natural unit: a block of rows, a factorised region, a pass, a pair of principles.
//! A cancelled watch stays cancelled.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::error::{Error, Result};
use crate::threads::{Threads, count, within};

/// Rows of A that a copy passes over between two looks at a watch: a million entries in each take less than a second.
pub(crate) const ROWS_PER_LOOK: usize = 128;

/// One line of a convergence history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Pass, counted from 1.
    pub pass: usize,
    /// The worst measure among the columns still active.
    pub measure: f64,
    /// Columns still active.
    pub active: usize,
}

/// How far a stage has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress {
    /// Units done, of all units.
    Units(usize, usize),
    /// A pass of a solve, whose number of passes nobody knows.
    Pass(Step),
}

type OnProgress = Arc<dyn Fn(&str, Progress) + Send + Sync>;
type OnNote = Arc<dyn Fn(&str) + Send + Sync>;

/// A flag that ends work early, and where progress and messages go; copies share the flag. The default is silent and never
/// cancelled by anybody who has no copy of it.
#[derive(Clone, Default)]
pub struct Watch {
    cancelled: Arc<AtomicBool>,
    stage: Arc<Mutex<String>>,
    progress: Option<OnProgress>,
    note: Option<OnNote>,
    threads: Option<Threads>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("cancelled", &self.is_cancelled()).field("stage", &self.stage()).finish_non_exhaustive()
    }
}

impl Watch {
    /// A watch whose flag is shared with others, such as a handler of signals.
    pub fn of_flag(cancelled: Arc<AtomicBool>) -> Self {
        Watch { cancelled, ..Watch::default() }
    }

    /// The same watch, which tells `tell` the name of each stage and how far it has come; called from any thread.
    pub fn on_progress(self, tell: impl Fn(&str, Progress) + Send + Sync + 'static) -> Self {
        Watch { progress: Some(Arc::new(tell)), ..self }
    }

    /// The same watch, which tells `tell` what a reader should know before there is a result.
    pub fn on_note(self, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Watch { note: Some(Arc::new(tell)), ..self }
    }

    /// The same watch, for work in these threads: a model that holds it solves there, and a study is done there.
    pub fn on_threads(self, threads: Threads) -> Self {
        Watch { threads: Some(threads), ..self }
    }

    /// Does work in the threads of this watch, or else in those of the calling thread's pool or of the library.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.threads {
            Some(threads) => threads.run(work),
            None => within(work),
        }
    }

    /// Number of threads that [`Watch::run`] works in.
    pub fn thread_count(&self) -> usize {
        self.threads.as_ref().map_or_else(count, Threads::count)
    }

    /// Ends the work of all copies, as soon as it asks.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Whether the work is to end.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Relaxed)
    }

    /// Nothing, as long as the work is to go on.
    ///
    /// # Errors
    /// [`Error::Cancelled`] with the stage that was told last.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled { stage: self.stage() }) } else { Ok(()) }
    }

    /// Tells that `done` of `total` units of a stage are done.
    ///
    /// # Errors
    /// As [`Watch::check`].
    pub fn units(&self, stage: &str, done: usize, total: usize) -> Result<()> {
        self.enter(stage);
        self.check()?;
        if let Some(tell) = &self.progress {
            tell(stage, Progress::Units(done, total));
        }
        Ok(())
    }

    /// Tells of a pass of a solve; whether to go on.
    pub fn pass(&self, stage: &str, step: &Step) -> bool {
        self.enter(stage);
        if let Some(tell) = &self.progress {
            tell(stage, Progress::Pass(*step));
        }
        !self.is_cancelled()
    }

    /// Passes a message on.
    pub fn note(&self, text: &str) {
        if let Some(tell) = &self.note {
            tell(text);
        }
    }

    fn enter(&self, stage: &str) {
        // what was cancelled keeps the stage at which it was
        if !self.is_cancelled() {
            let mut now = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
            if *now != stage {
                stage.clone_into(&mut now);
            }
        }
    }

    fn stage(&self) -> String {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_the_flag_and_the_error_names_the_stage_that_was_ended() {
        let watch = Watch::default();
        let copy = watch.clone();
        assert!(copy.units("audit", 1, 2).is_ok() && !watch.is_cancelled());
        watch.cancel();
        let step = Step { pass: 1, measure: 0.5, active: 3 };
        assert!(!copy.pass("output", &step));
        assert!(matches!(copy.check(), Err(Error::Cancelled { stage }) if stage == "audit"));
    }

    #[test]
    fn progress_and_notes_reach_whoever_listens() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (one, two) = (heard.clone(), heard.clone());
        let watch = Watch::default()
            .on_progress(move |stage, progress| one.lock().unwrap().push(format!("{stage} {progress:?}")))
            .on_note(move |text| two.lock().unwrap().push(text.to_string()));
        watch.units("audit", 1, 2).unwrap();
        watch.note("a warning");
        assert_eq!(*heard.lock().unwrap(), ["audit Units(1, 2)", "a warning"]);
    }
}
