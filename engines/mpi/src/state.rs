//! What a rank keeps of a system: its rows, those of A' once they are asked for, and its part of the sweeps.

use std::ops::Range;
use std::path::Path;

use isard::Threads;
use isard::bounded::Bounded;
use isard::error::{Error, Result};
use isard::operator::{Direction, Matrix, Operator, Share, TradeShare};
use isard::snapshot::{self, Content, Snapshot};
use isard::solve::{GaussSeidel, Order};
use isard::watch::Watch;

/// The rows of one rank.
pub(crate) struct State {
    /// The rows of every rank.
    pub deals: Vec<Range<usize>>,
    pub threads: Threads,
    rank: usize,
    kept: Kept,
}

/// What the rows are kept as.
#[allow(clippy::large_enum_variant)] // one of them in a process
enum Kept {
    Rows {
        file: Snapshot,
        forward: Share,
        transposed: Option<Share>,
        sweeps: Option<GaussSeidel>,
    },
    /// All factors, of whose products each rank makes the rows of its regions.
    Factors(TradeShare),
}

/// What a rank knows of its rows.
pub(crate) struct Known {
    pub n: usize,
    /// Of the whole.
    pub entries: usize,
    pub negative: bool,
    pub bytes: usize,
    /// Longest chain of roundings of the own rows; of A' where it is known without the others.
    pub steps: [f64; 2],
    /// How many entries the own rows have in each column; none where `steps` tells.
    pub counts: Vec<u32>,
    /// Whether there are entries to sweep over.
    pub sweeps: bool,
}

impl State {
    /// Reads the rows of a rank. All work of a rank is done in threads of its own: those of the library wait for it on rank 0.
    pub(crate) fn open(path: &Path, (rank, ranks): (usize, usize), threads: usize) -> Result<Self> {
        let threads = Threads::new(threads)?;
        let (deals, kept) = threads.run(|| {
            if snapshot::content(path)? == Content::Shares {
                let operator = snapshot::read_shares(path).and_then(|mut table| table.take_operator())?;
                let (regions, products) = operator.shape();
                let cut = |p: usize| regions * p / ranks * products;
                return Ok((((0..ranks).map(|p| cut(p)..cut(p + 1))).collect::<Vec<_>>(), Kept::Factors(operator)));
            }
            let file = snapshot::open(path)?;
            let deals = file.deal(ranks)?;
            let forward = file.share(deals[rank].clone())?;
            Ok((deals, Kept::Rows { file, forward, transposed: None, sweeps: None }))
        })?;
        Ok(State { deals, threads, rank, kept })
    }

    /// The rows of this rank.
    pub(crate) fn own(&self) -> Range<usize> {
        self.deals[self.rank].clone()
    }

    pub(crate) fn dim(&self) -> usize {
        self.deals[self.deals.len() - 1].end
    }

    /// What is known of the own rows.
    pub(crate) fn known(&self) -> Result<Known> {
        self.threads.run(|| self.facts())
    }

    fn facts(&self) -> Result<Known> {
        Ok(match &self.kept {
            Kept::Rows { file, forward, .. } => Known {
                n: self.dim(),
                entries: file.entries(),
                negative: forward.has_negative(),
                bytes: forward.bytes(),
                steps: [forward.rounding_steps(), 0.0],
                counts: file.counts(self.own())?,
                sweeps: true,
            },
            Kept::Factors(operator) => Known {
                n: self.dim(),
                entries: operator.entries(),
                negative: operator.has_negative(),
                bytes: operator.bytes(),
                steps: [Direction::Forward, Direction::Transposed].map(|d| operator.rounding_steps(d)),
                counts: Vec::new(),
                sweeps: false,
            },
        })
    }

    /// What the sums of the own rows leave, and their sizes.
    pub(crate) fn sums(&self) -> Result<Vec<(Bounded, f64)>> {
        match &self.kept {
            Kept::Rows { file, .. } => self.threads.run(|| file.row_sums(&file.with_flows_elsewhere()?, self.own())),
            Kept::Factors(_) => Err(Error::unsupported("a file of factors has no flows to add up", "isard solve takes it")),
        }
    }

    /// Reads the own rows of A', if they are needed and not there.
    pub(crate) fn turn(&mut self) -> Result<()> {
        let own = self.own();
        if let Kept::Rows { file, transposed, .. } = &mut self.kept
            && transposed.is_none()
        {
            *transposed = Some(self.threads.run(|| file.turned_share(own))?);
        }
        Ok(())
    }

    /// Whether a product in this direction needs rows that are not there.
    pub(crate) fn lacks(&self, direction: Direction) -> bool {
        direction == Direction::Transposed && matches!(&self.kept, Kept::Rows { transposed: None, .. })
    }

    /// The own rows of a product.
    pub(crate) fn product(&self, direction: Direction, absolute: bool, k: usize, x: &[f64], y: &mut [f64]) {
        self.threads.run(|| match (&self.kept, direction) {
            (Kept::Rows { forward, .. }, Direction::Forward) => forward.product(absolute, k, x, y),
            (Kept::Rows { transposed, .. }, Direction::Transposed) => {
                transposed.as_ref().expect("the rows of A' were read before").product(absolute, k, x, y);
            }
            (Kept::Factors(operator), _) => {
                let (own, (_, products)) = (self.own(), operator.shape());
                operator.share(direction, absolute, &(own.start / products..own.end / products), k, x, y);
            }
        });
    }

    /// The own rows of what regions sell to others.
    pub(crate) fn traded(&self, absolute: bool, offsets: &[usize], k: usize, x: &[f64], y: &mut [f64]) {
        match &self.kept {
            Kept::Rows { forward, .. } => self.threads.run(|| forward.traded(absolute, offsets, k, x, y)),
            Kept::Factors(_) => panic!("what regions sell to others is asked of flows alone"),
        }
    }

    /// The own rows of a diagonal block.
    pub(crate) fn block(&self, range: Range<usize>) -> Vec<f64> {
        match &self.kept {
            Kept::Rows { forward, .. } => self.threads.run(|| forward.block(&range)),
            Kept::Factors(operator) if self.rank == 0 => self.threads.run(|| operator.block(range).into_raw_vec_and_offset().0),
            Kept::Factors(_) => Vec::new(),
        }
    }

    /// Makes sweeps over the regions ready, or what this rank has of them.
    pub(crate) fn prepare(&mut self, offsets: &[usize]) -> Result<()> {
        let own = self.own();
        let Kept::Rows { forward, sweeps, .. } = &mut self.kept else {
            return Err(Error::unsupported("Gauss-Seidel sweeps over entries, which factors do not have", "use `method` gmres"));
        };
        if own.is_empty() {
            return Ok(());
        }
        let cut = |w: &[usize]| w[0].max(own.start)..w[1].min(own.end);
        let groups: Vec<Range<usize>> = offsets.windows(2).map(cut).filter(|g| g.start < g.end).collect();
        let made = self.threads.run(|| {
            let starts: Vec<usize> = std::iter::once(0).chain(groups.iter().map(|g| g.end - own.start)).collect();
            let matrix = Matrix::from(forward.within(&groups));
            GaussSeidel::by_region(&matrix, &starts, Order::SideBySide, &Watch::default())
        });
        *sweeps = Some(made.map_err(|e| Error::invalid(format!("rows from {} on: {e}", own.start), "use `method` gmres"))?);
        Ok(())
    }

    /// The own rows of a sweep.
    pub(crate) fn sweep(&self, direction: Direction, k: usize, r: &[f64], d: &mut [f64]) {
        if let Kept::Rows { sweeps: Some(sweeps), .. } = &self.kept {
            self.threads.run(|| sweeps.inverse(direction, k, r, d));
        }
    }
}
