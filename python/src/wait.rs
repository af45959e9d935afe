//! Long work on a thread of its own: the calling one holds no lock of Python, hears Ctrl-C, and passes progress on.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use isard::Watch;
use isard::watch::Progress;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// How long Ctrl-C waits at most until it is seen.
const POLL: Duration = Duration::from_millis(50);

type Last = Arc<Mutex<Option<(String, Progress)>>>;

/// What is heard of work while it goes on.
#[derive(Clone, Default)]
pub struct News {
    last: Last,
    notes: Arc<Mutex<Vec<String>>>,
}

impl News {
    /// A watch that tells these.
    pub fn watch(&self) -> Watch {
        let (last, notes) = (self.last.clone(), self.notes.clone());
        Watch::default()
            .on_progress(move |stage, progress| *locked(&last) = Some((stage.to_string(), progress)))
            .on_note(move |text| locked(&notes).push(text.to_string()))
    }

    /// What was said so far; each message once.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *locked(&self.notes))
    }

    fn tell(&self, py: Python<'_>, to: Option<&Py<PyAny>>) -> PyResult<()> {
        let Some((stage, progress)) = to.and_then(|_| locked(&self.last).take()) else { return Ok(()) };
        let (done, total) = match progress {
            Progress::Units(done, total) => (done, Some(total)),
            Progress::Pass(step) => (step.pass, None),
        };
        to.map_or(Ok(()), |to| to.call1(py, (stage, done, total)).map(drop))
    }
}

/// The content of a lock, whatever became of others that held it.
pub fn locked<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does work on a thread of its own, until it is done or Python asks for an end: then `watch` is cancelled, and once the work
/// has seen it, what Python raised is the result.
pub fn wait<T: Send>(
    py: Python<'_>,
    watch: &Watch,
    news: &News,
    progress: Option<&Py<PyAny>>,
    work: impl FnOnce() -> T + Send,
) -> PyResult<T> {
    let (done, heard) = mpsc::channel::<()>();
    let heard = Mutex::new(heard);
    let mut stopped = None;
    let found = std::thread::scope(|scope| {
        let own = move || {
            // gone, however the work ends
            let _done = done;
            work()
        };
        let worker = std::thread::Builder::new().name("isard".into()).spawn_scoped(scope, own)?;
        while py.detach(|| locked(&heard).recv_timeout(POLL)) == Err(mpsc::RecvTimeoutError::Timeout) {
            if stopped.is_some() {
                continue;
            }
            if let Err(e) = news.tell(py, progress).and_then(|()| py.check_signals()) {
                watch.cancel();
                stopped = Some(e);
            }
        }
        Ok::<_, std::io::Error>(py.detach(|| worker.join()))
    })
    .map_err(|e| PyRuntimeError::new_err(format!("cannot start a thread: {e}")))?;
    match (stopped, found) {
        (Some(e), _) => Err(e),
        (None, Ok(found)) => Ok(found),
        (None, Err(panic)) => std::panic::resume_unwind(panic),
    }
}
