//! The collectives, each in one place that counts bytes, messages and time.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::time::Instant;

use mpi::datatype::PartitionMut;
use mpi::environment::Universe;
use mpi::ffi;
use mpi::raw::AsRaw;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, Equivalence, Root};

/// Numbers that go in one broadcast.
const PIECE: usize = 1 << 27;

/// The ranks of a job, seen from one of them.
pub(crate) struct Wire {
    world: SimpleCommunicator,
    rank: usize,
    size: usize,
    counts: [Cell<Count>; 3],
}

/// What went through one kind of collective: calls, bytes of the whole panel, seconds.
#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    bytes: u64,
    seconds: f64,
}

/// The kinds that are counted.
#[derive(Clone, Copy)]
enum Kind {
    Spread,
    Collect,
    Deal,
}

impl Wire {
    pub(crate) fn new(universe: &Universe) -> Self {
        let world = universe.world();
        let (rank, size) = (world.rank() as usize, world.size() as usize);
        Wire { world, rank, size, counts: Default::default() }
    }

    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn leads(&self) -> bool {
        self.rank == 0
    }

    /// Ends the job, all ranks of it, at once.
    pub(crate) fn abort(&self, code: i32) -> ! {
        self.world.abort(code as c_int)
    }

    fn counted<T>(&self, kind: Kind, numbers: usize, f: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let found = f();
        let cell = &self.counts[kind as usize];
        let Count { calls, bytes, seconds } = cell.get();
        cell.set(Count { calls: calls + 1, bytes: bytes + 8 * numbers as u64, seconds: seconds + begun.elapsed().as_secs_f64() });
        found
    }

    /// Numbers of rank 0 to all ranks.
    pub(crate) fn spread<T: Equivalence>(&self, numbers: &mut [T]) {
        self.counted(Kind::Spread, numbers.len(), || {
            numbers.chunks_mut(PIECE).for_each(|piece| self.world.process_at_rank(0).broadcast_into(piece));
        });
    }

    /// Numbers that rank 0 only reads to all ranks; `room` of the others takes them.
    pub(crate) fn spread_from<'a>(&self, own: Option<&'a [f64]>, room: &'a mut [f64]) -> &'a [f64] {
        let Some(own) = own else {
            self.spread(room);
            return room;
        };
        self.counted(Kind::Spread, own.len(), || {
            for piece in own.chunks(PIECE) {
                let kind = f64::equivalent_datatype();
                let start = piece.as_ptr().cast_mut().cast::<c_void>();
                // SAFETY: rank 0 is the root, whose numbers a broadcast only reads
                unsafe { ffi::MPI_Bcast(start, piece.len() as c_int, kind.as_raw(), 0, self.world.as_raw()) };
            }
        });
        own
    }

    /// Text of rank 0 to all ranks.
    pub(crate) fn spread_text(&self, text: &[u8]) -> Vec<u8> {
        let mut length = [text.len() as u64];
        self.spread(&mut length);
        let mut all = if self.leads() { text.to_vec() } else { vec![0; length[0] as usize] };
        self.spread(&mut all);
        all
    }

    /// The parts of all ranks, each its `rows` of `width` numbers, to rank 0, which has written its own already.
    pub(crate) fn collect(&self, deals: &[Range<usize>], width: usize, own: &[f64], all: Option<&mut [f64]>) {
        let total = deals.iter().map(|d| d.len()).sum::<usize>() * width;
        self.counted(Kind::Collect, total, || match all {
            Some(all) => {
                let counts: Vec<c_int> =
                    deals.iter().enumerate().map(|(p, d)| if p == 0 { 0 } else { (d.len() * width) as c_int }).collect();
                let starts: Vec<c_int> = deals.iter().map(|d| ((d.start - deals[0].start) * width) as c_int).collect();
                let mut parts = PartitionMut::new(all, counts, starts);
                self.world.process_at_rank(0).gather_varcount_into_root(&[0.0f64; 0][..], &mut parts);
            }
            None => self.world.process_at_rank(0).gather_varcount_into(own),
        });
    }

    /// Rows of rank 0 to the ranks that have them; rank 0 has its own already.
    pub(crate) fn deal(&self, deals: &[Range<usize>], width: usize, all: Option<&[f64]>, own: &mut [f64]) {
        let total = deals.iter().map(|d| d.len()).sum::<usize>() * width;
        self.counted(Kind::Deal, total, || match all {
            Some(all) => {
                let counts: Vec<c_int> =
                    deals.iter().enumerate().map(|(p, d)| if p == 0 { 0 } else { (d.len() * width) as c_int }).collect();
                let starts: Vec<c_int> = deals.iter().map(|d| (d.start * width) as c_int).collect();
                let parts = mpi::datatype::Partition::new(all, counts, starts);
                self.world.process_at_rank(0).scatter_varcount_into_root(&parts, &mut [0.0f64; 0][..]);
            }
            None => self.world.process_at_rank(0).scatter_varcount_into(own),
        });
    }

    /// Numbers of all ranks to rank 0, as many as each has.
    pub(crate) fn gather(&self, own: &[f64]) -> Vec<Vec<f64>> {
        let mut lengths = vec![0u64; self.size];
        let length = [own.len() as u64];
        if !self.leads() {
            self.world.process_at_rank(0).gather_into(&length[..]);
            self.world.process_at_rank(0).gather_varcount_into(own);
            return Vec::new();
        }
        self.world.process_at_rank(0).gather_into_root(&length[..], &mut lengths[..]);
        let starts: Vec<usize> = lengths.iter().scan(0, |at, l| Some(std::mem::replace(at, *at + *l as usize))).collect();
        let mut all = vec![0.0; lengths.iter().sum::<u64>() as usize];
        let counts: Vec<c_int> = lengths.iter().map(|l| *l as c_int).collect();
        let places: Vec<c_int> = starts.iter().map(|s| *s as c_int).collect();
        self.world.process_at_rank(0).gather_varcount_into_root(own, &mut PartitionMut::new(&mut all[..], counts, places));
        starts.iter().zip(&lengths).map(|(&s, &l)| all[s..s + l as usize].to_vec()).collect()
    }

    /// Adds up numbers of all ranks, place by place, on rank 0: counts, whose sums are exact.
    pub(crate) fn add(&self, numbers: &mut [f64]) {
        let own = numbers.to_vec();
        let (root, sum) = (self.world.process_at_rank(0), mpi::collective::SystemOperation::sum());
        if self.leads() { root.reduce_into_root(&own[..], numbers, sum) } else { root.reduce_into(&own[..], sum) }
    }

    /// The first rank that failed and what it says, on rank 0.
    pub(crate) fn failure(&self, own: Option<String>) -> Option<String> {
        let bytes: Vec<f64> = own.unwrap_or_default().bytes().map(f64::from).collect();
        let all = self.gather(&bytes);
        let (rank, text) = all.into_iter().enumerate().find(|(_, text)| !text.is_empty())?;
        let text: Vec<u8> = text.into_iter().map(|b| b as u8).collect();
        Some(format!("rank {rank} of {}: {}", self.size, String::from_utf8_lossy(&text)))
    }

    /// Writes what went through, if the environment asks for it.
    pub(crate) fn tell(&self) {
        if self.leads() && std::env::var_os("ISARD_MPI_COUNTS").is_some() {
            let [spread, collect, deal] = [0, 1, 2].map(|k| {
                let c: Count = self.counts[k].get();
                format!("{{\"calls\":{},\"bytes\":{},\"seconds\":{:.6}}}", c.calls, c.bytes, c.seconds)
            });
            eprintln!("{{\"ranks\":{},\"spread\":{spread},\"collect\":{collect},\"deal\":{deal}}}", self.size);
        }
    }
}
