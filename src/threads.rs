//! The threads that work is spread over: a pool that the caller names, or one of the library's own.
//!
//! Work that begins in a thread of a pool stays in that pool. Else it goes to the library's own pool, which is started when it
//! is first needed; rayon's global pool is never used. The threads of a pool do not survive `fork`, so a process that was
//! forked starts its own: a pool knows the process that it was started in.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::error::{Error, Result};

mod iterators;

pub(crate) use iterators::Par;
pub(crate) use rayon::iter::IndexedParallelIterator;

/// What a file that spreads work imports.
pub(crate) mod prelude {
    pub(crate) use super::iterators::{ByReference as _, Chunks as _, Elements as _};
}

/// A number of threads; copies share them.
#[derive(Clone)]
pub struct Threads {
    /// As asked for; 0: as many as cores.
    count: usize,
    first: Arc<Started>,
}

/// A pool, the process that it was started in, and the pool of a process that was forked from that one.
struct Started {
    process: u32,
    pool: ThreadPool,
    next: OnceLock<Box<Started>>,
}

static OWN: OnceLock<Threads> = OnceLock::new();

impl Threads {
    /// Starts `count` threads; 0: as many as the machine has cores.
    ///
    /// # Errors
    /// If the system does not start so many.
    pub fn new(count: usize) -> Result<Self> {
        let failed = |e| Error::invalid(format!("cannot start {count} threads: {e}"), "ask for fewer");
        Ok(Threads { count, first: Arc::new(Started::new(count).map_err(failed)?) })
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.pool().current_num_threads()
    }

    /// Does work in these threads: whatever the library spreads within `work` stays there.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool().install(work)
    }

    /// Makes these the library's own, unless it has begun to work in others.
    pub fn become_own(self) -> bool {
        OWN.set(self).is_ok()
    }

    fn own() -> &'static Threads {
        OWN.get_or_init(|| Threads::new(0).unwrap_or_else(|e| panic!("{e}")))
    }

    fn pool(&self) -> &ThreadPool {
        let process = process();
        let mut started = &*self.first;
        while started.process != process {
            let forked = || Box::new(Started::new(self.count).unwrap_or_else(|e| panic!("cannot start threads after a fork: {e}")));
            started = started.next.get_or_init(forked);
        }
        &started.pool
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads").field("count", &self.count).finish_non_exhaustive()
    }
}

impl Started {
    fn new(count: usize) -> std::result::Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new().num_threads(count).thread_name(|i| format!("isard-{i}")).build()?;
        Ok(Started { process: process(), pool, next: OnceLock::new() })
    }
}

/// The number of this process; where nothing can fork, always the same.
fn process() -> u32 {
    if cfg!(unix) { std::process::id() } else { 0 }
}

/// Does work in the pool of the calling thread, or else in the library's own.
pub(crate) fn within<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    // without threads of its own, a machine does all work in the one there is
    if rayon::current_thread_index().is_some() || cfg!(target_family = "wasm") { work() } else { Threads::own().run(work) }
}

/// Number of threads that [`within`] spreads work over.
pub(crate) fn count() -> usize {
    if rayon::current_thread_index().is_some() || cfg!(target_family = "wasm") {
        rayon::current_num_threads()
    } else {
        Threads::own().count()
    }
}

/// Does two things, on two threads if another one is idle.
pub(crate) fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    within(|| rayon::join(a, b))
}
