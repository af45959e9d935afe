//! Checkpoints of a solve: what a restart goes on from, with the bits that a run without a break would have had.
//!
//! ```text
//! 8 bytes   magic
//! 8 bytes   length of the head
//! head      JSON: the solve that it belongs to, the columns that are done, those that are under way
//! numbers   little-endian doubles: x, residuals and measures
//! 4 bytes   CRC-32 of all before
//! ```
//! The state after a pass is x and r of the columns under way: steps of a splitting keep nothing else, and a Krylov method
//! starts anew from x after each cycle. Panels, threads and processes may be others after a restart: a column's bits depend
//! on none of them. A file is written as a part and renamed: it is the old or the new one, whole.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Reason;
use super::panel::{Done, Panel};
use crate::error::{Error, Result};
use crate::part::Part;

const MAGIC: &[u8; 8] = b"isardck1";

/// What tells one solve from another: names and values, in order.
pub type About = Vec<(String, String)>;

#[derive(Serialize, Deserialize)]
struct Head {
    about: About,
    rows: usize,
    /// Passes of the columns under way.
    pass: usize,
    done: Vec<Left>,
    active: Option<Active>,
}

/// Columns that have left together.
#[derive(Serialize, Deserialize)]
struct Left {
    columns: Vec<usize>,
    reasons: Vec<Reason>,
    /// Number of measures of each.
    measures: Vec<usize>,
}

/// Columns under way.
#[derive(Serialize, Deserialize)]
struct Active {
    columns: Vec<usize>,
    failures: Vec<u8>,
    measures: Vec<usize>,
}

/// What a solve goes on from.
#[derive(Default)]
pub(super) struct State {
    pub done: Vec<Done>,
    pub active: Option<Resumed>,
}

/// Columns under way: x and r are n x width, as the panel has them.
pub(super) struct Resumed {
    pub columns: Vec<usize>,
    pub pass: usize,
    pub x: Vec<f64>,
    pub r: Vec<f64>,
    pub best: Vec<f64>,
    pub failures: Vec<u8>,
    pub measures: Vec<Vec<f64>>,
}

/// A file that the state of a solve is written to, again and again.
pub struct Checkpoint {
    path: PathBuf,
    every: Duration,
    stop: Arc<AtomicBool>,
    about: Mutex<About>,
    begun: Mutex<Option<State>>,
    last: Mutex<Instant>,
    written: AtomicUsize,
    failure: Mutex<Option<Error>>,
}

impl std::fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checkpoint({})", self.path.display())
    }
}

fn held<T>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Checkpoint {
    /// Checkpoints at `path`, no more often than `every`; once `stop` is set the solve writes one more and ends.
    pub fn new(path: PathBuf, every: Duration, stop: Arc<AtomicBool>) -> Self {
        let (begun, last, failure) = (Mutex::default(), Mutex::new(Instant::now()), Mutex::default());
        Checkpoint { path, every, stop, about: Mutex::default(), begun, last, written: AtomicUsize::new(0), failure }
    }

    /// Says which solve this is and, to `resume`, reads what it goes on from; the passes that are done, if the file is there.
    ///
    /// # Errors
    /// If the file is there and not to be resumed, damaged, or of another solve.
    pub fn begin(&self, about: About, rows: usize, resume: bool) -> Result<Option<usize>> {
        let place = self.path.display();
        let found = if !self.path.exists() {
            None
        } else if !resume {
            let text = format!("{place}: there is a checkpoint already");
            return Err(Error::in_the_way(text, "pass `resume` to go on from it, or remove it"));
        } else {
            Some(read(&self.path, &about, rows)?)
        };
        *held(&self.about) = about;
        let passes = found.as_ref().map(|state| state.active.as_ref().map_or(0, |a| a.pass));
        *held(&self.begun) = found;
        *held(&self.last) = Instant::now();
        Ok(passes)
    }

    /// Removes the file of a solve that has come to its end.
    pub fn end(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the solve is to end after its next pass.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// How many were written.
    pub fn written(&self) -> usize {
        self.written.load(Relaxed)
    }

    /// Why the last one could not be written, if it could not.
    pub fn failure(&self) -> Option<Error> {
        held(&self.failure).take()
    }

    /// What a solve goes on from; the first that asks gets it.
    pub(super) fn state(&self) -> State {
        held(&self.begun).take().unwrap_or_default()
    }

    pub(super) fn is_due(&self) -> bool {
        self.is_stopped() || held(&self.last).elapsed() >= self.every
    }

    /// Writes the columns that have left and those under way.
    pub(super) fn keep<'d>(&self, done: impl Iterator<Item = &'d Done> + Clone, panel: &Panel, pass: usize) {
        let begun = Instant::now();
        match self.write(done, panel, pass) {
            Ok(()) => {
                self.written.fetch_add(1, Relaxed);
                *held(&self.failure) = None;
            }
            // the one before stays, and the solve goes on
            Err(e) => *held(&self.failure) = Some(e),
        }
        // writing takes no more than a tenth of the time, however short the interval
        *held(&self.last) = Instant::now() + (9 * begun.elapsed()).saturating_sub(self.every);
    }

    fn write<'d>(&self, done: impl Iterator<Item = &'d Done> + Clone, panel: &Panel, pass: usize) -> Result<()> {
        let lengths = |measures: &[Vec<f64>]| measures.iter().map(Vec::len).collect();
        let left = |d: &Done| Left { columns: d.columns.clone(), reasons: d.reasons.clone(), measures: lengths(&d.measures) };
        let active = Active { columns: panel.columns.clone(), failures: panel.failures.clone(), measures: lengths(&panel.measures) };
        let head = Head {
            about: held(&self.about).clone(),
            rows: panel.b.len() / panel.width.max(1),
            pass,
            done: done.clone().map(left).collect(),
            active: (!panel.columns.is_empty()).then_some(active),
        };
        let head = serde_json::to_vec(&head).map_err(|e| Error::invalid(format!("{}: {e}", self.path.display()), ""))?;
        let failed = |e| Error::io(&self.path, "write", e);
        let (part, file) = Part::file(&self.path)?;
        let mut out = Summed { out: BufWriter::with_capacity(1 << 20, file), sum: crc32fast::Hasher::new() };
        let mut put = |bytes: &[u8]| out.put(bytes).map_err(failed);
        put(MAGIC)?;
        put(&(head.len() as u64).to_le_bytes())?;
        put(&head)?;
        for d in done {
            put(bytemuck::cast_slice(&d.x))?;
            put(bytemuck::cast_slice(&d.residual))?;
            d.measures.iter().try_for_each(|m| put(bytemuck::cast_slice(m)))?;
        }
        if !panel.columns.is_empty() {
            [&panel.x, &panel.r, &panel.best].into_iter().try_for_each(|numbers| put(bytemuck::cast_slice(numbers)))?;
            panel.measures.iter().try_for_each(|m| put(bytemuck::cast_slice(m)))?;
        }
        let sum = out.sum.finalize();
        out.out.write_all(&sum.to_le_bytes()).and_then(|()| out.out.flush()).map_err(failed)?;
        part.publish(Some(&[]))
    }
}

/// Bytes on their way to a file, and their checksum.
struct Summed<W> {
    out: W,
    sum: crc32fast::Hasher,
}

impl<W: Write> Summed<W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sum.update(bytes);
        self.out.write_all(bytes)
    }
}

fn read(path: &Path, about: &About, rows: usize) -> Result<State> {
    let bytes = std::fs::read(path).map_err(|e| Error::io(path, "read", e))?;
    let damaged = |why: String| {
        Error::format(path.display(), format!("the checkpoint is damaged: {why}"), "remove it and start the solve from its beginning")
    };
    if bytes.len() < 20 || &bytes[..8] != MAGIC {
        return Err(damaged(format!("{} bytes that do not begin as a checkpoint does", bytes.len())));
    }
    let (content, sum) = bytes.split_at(bytes.len() - 4);
    let (found, stored) = (crc32fast::hash(content), u32::from_le_bytes(sum.try_into().expect("four bytes")));
    if found != stored {
        return Err(damaged(format!("its {} bytes have checksum {found:08x}, stored is {stored:08x}", bytes.len())));
    }
    let length = u64::from_le_bytes(content[8..16].try_into().expect("eight bytes")) as usize;
    let head = content[16..].get(..length).ok_or_else(|| damaged(format!("a head of {length} bytes is not there")))?;
    let head: Head = serde_json::from_slice(head).map_err(|e| damaged(e.to_string()))?;
    for ((name, wanted), (_, own)) in about.iter().zip(&head.about) {
        if wanted != own {
            let text = format!("the checkpoint is of another solve: its {name} is {own}, that of this solve {wanted}");
            return Err(Error::format(path.display(), text, "repeat the command that wrote it, or remove it"));
        }
    }
    if head.rows != rows || head.about.len() != about.len() {
        return Err(damaged(format!("it has {} rows and {} facts, expected {rows} and {}", head.rows, head.about.len(), about.len())));
    }
    let mut numbers = content[16 + length..].chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
    let mut take = |count: usize| -> Result<Vec<f64>> {
        let taken: Vec<f64> = numbers.by_ref().take(count).collect();
        if taken.len() == count { Ok(taken) } else { Err(damaged(format!("{} of {count} numbers are missing", count - taken.len()))) }
    };
    let mut done = Vec::with_capacity(head.done.len());
    for Left { columns, reasons, measures } in head.done {
        let (x, residual) = (take(rows * columns.len())?, take(rows * columns.len())?);
        let measures = measures.into_iter().map(&mut take).collect::<Result<_>>()?;
        done.push(Done { columns, x, residual, reasons, measures });
    }
    let mut active = None;
    if let Some(Active { columns, failures, measures }) = head.active {
        let k = columns.len();
        // a panel may be wider than its columns by another operator: it is of this one, as the solve is the same
        let width = super::panel::width(k, about.iter().any(|(name, value)| name == "panels" && value == "any"));
        let (x, r, best) = (take(rows * width)?, take(rows * width)?, take(k)?);
        let measures = measures.into_iter().map(&mut take).collect::<Result<_>>()?;
        active = Some(Resumed { columns, pass: head.pass, x, r, best, failures, measures });
    }
    Ok(State { done, active })
}
