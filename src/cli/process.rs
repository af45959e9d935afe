//! What holds for the whole process: the largest file, how CSV files are written, the number of threads.

use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::study::Study;
use crate::threads::Threads;
use crate::{escape, memory};

/// More threads than this are refused where the machine has not a quarter as many cores.
const MOST_THREADS: usize = 256;

impl Study {
    /// Sets what holds for the whole process: the largest file, how CSV files are written, the number of threads.
    pub fn set_process(&self) -> Result<()> {
        memory::set_largest_file(self.reading.max_size.as_deref().map(|size| memory::parse("--max-size", size)).transpose()?);
        escape::set_for_spreadsheets(self.writing.csv_safe.unwrap_or(false));
        self.set_threads()
    }

    /// Sets the number of threads: the first time it is called in a process, which may be before each of several tables.
    fn set_threads(&self) -> Result<()> {
        static STARTED: OnceLock<Option<String>> = OnceLock::new();
        let Some(threads) = self.writing.threads else { return Ok(()) };
        if threads == 0 {
            return Err(Error::range("--threads must be at least 1", "leave it out to use all cores"));
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let most = MOST_THREADS.max(4 * cores);
        if threads > most {
            let text = format!("--threads must be at most {most} on this machine of {cores} cores, not {threads}");
            return Err(Error::range(text, "leave it out to use all cores; more threads than cores only wait for each other"));
        }
        let start = || Threads::new(threads).map(Threads::become_own).err().map(|e| e.to_string());
        match STARTED.get_or_init(start) {
            None => Ok(()),
            Some(why) => Err(Error::invalid(why.clone(), "ask for fewer")),
        }
    }
}
