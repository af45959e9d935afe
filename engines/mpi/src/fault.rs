//! Faults on request, for `scripts/check-mpi`: `ISARD_MPI_FAULT=RANK:PRODUCT:panic|exit|kill` ends a rank at a product.

use std::cell::Cell;

/// What is to happen, and how many products there were.
pub(crate) struct Fault {
    at: Option<(u64, String)>,
    products: Cell<u64>,
}

impl Fault {
    pub(crate) fn of(rank: usize) -> Self {
        let told = std::env::var("ISARD_MPI_FAULT").ok();
        let at = told.as_deref().and_then(|text| {
            let mut parts = text.splitn(3, ':');
            let (who, when, how) = (parts.next()?.parse::<usize>().ok()?, parts.next()?.parse().ok()?, parts.next()?);
            (who == rank).then(|| (when, how.to_string()))
        });
        Fault { at, products: Cell::new(0) }
    }

    /// Counts a product.
    pub(crate) fn product(&self) {
        self.products.set(self.products.get() + 1);
        match &self.at {
            Some((when, how)) if *when == self.products.get() => match how.as_str() {
                "panic" => panic!("a panic on request"),
                "exit" => std::process::exit(3),
                // SAFETY: sends a signal to this process alone
                "kill" => unsafe {
                    libc::kill(libc::getpid(), libc::SIGKILL);
                },
                other => eprintln!("ISARD_MPI_FAULT: {other} is none of panic, exit, kill"),
            },
            _ => {}
        }
    }
}
