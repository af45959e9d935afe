//! A maximal flow through the pattern of a matrix, without a copy of it.
//!
//! Rows are sources of their targets, columns sinks of theirs, a cell an arc without limit (from its column to its row if
//! it is negative); ranges pass through one more node. Flow is kept only on cells that carry any, so the memory is that of
//! rows and columns. Dinic 1970: levels from the sources, then flows that block every way along the levels.

use super::Sparse;
use super::aim::Aim;
use crate::error::Result;
use crate::watch::Watch;

/// Amounts below this share of all targets are nothing: what rounding leaves of them.
const NOTHING: f64 = 1e-13;
/// A block is named where this share of all targets is too much.
const TOO_MUCH: f64 = 1e-9;
/// Steps between two questions whether to go on.
const ASKED: usize = 1 << 20;
/// The level of what is not reached.
const FAR: u32 = u32::MAX;

/// How a test ended.
pub(super) enum Found {
    /// All targets can be met together.
    Feasible,
    /// Lines whose targets need more than those of the lines that they meet allow.
    Blocked {
        rows: Vec<usize>,
        columns: Vec<usize>,
        /// The least that the first lines need.
        need: f64,
        /// The most that the others take.
        room: f64,
        /// Whether the first lines are the rows.
        from_rows: bool,
    },
    /// It took too long.
    Unfinished,
}

/// How a path goes on from a node.
#[derive(Debug, Clone, Copy)]
enum Arc {
    /// Through a cell, in its own direction.
    Cell,
    /// Back along flow number `.0` that came to the node.
    Back(usize),
    /// To the node of ranges.
    Down,
    /// From the node of ranges.
    Up,
}

/// The state of the flow: m rows, n columns, and the node of ranges.
pub(super) struct Flow<'z> {
    z: &'z Sparse,
    aims: [&'z [Aim]; 2],
    /// Rows and values of the negative cells of each column.
    negative: Vec<Vec<u32>>,
    source: Vec<f64>,
    sink: Vec<f64>,
    up: Vec<f64>,
    down: Vec<f64>,
    /// Flows that came to a node through a cell: from which node, how much.
    came: Vec<Vec<(u32, f64)>>,
    level: Vec<u32>,
    next: Vec<usize>,
    nothing: f64,
    total: f64,
    steps: usize,
}

impl<'z> Flow<'z> {
    pub(super) fn new(z: &'z Sparse, mixed: &[bool], rows: &'z [Aim], columns: &'z [Aim], total: f64) -> Self {
        let (m, n) = (z.rows(), z.cols());
        let mut negative = vec![Vec::new(); n];
        for (i, row) in z.outer_iterator().enumerate().filter(|(i, _)| mixed[*i]) {
            row.iter().filter(|(_, v)| **v < 0.0).for_each(|(j, _)| negative[j].push(i as u32));
        }
        let nodes = m + n + 1;
        let zero = || vec![0.0; nodes];
        let mut flow = Flow {
            z,
            aims: [rows, columns],
            negative,
            source: zero(),
            sink: zero(),
            up: zero(),
            down: zero(),
            came: vec![Vec::new(); nodes],
            level: vec![FAR; nodes],
            next: vec![0; nodes],
            nothing: NOTHING * total,
            total,
            steps: 0,
        };
        let mut hub = 0.0;
        for (node, aim) in rows.iter().chain(columns).enumerate() {
            // what a line takes in any case, and what it may take besides
            let least = if aim.low > 0.0 {
                aim.low
            } else if aim.high < 0.0 {
                aim.high
            } else {
                0.0
            };
            let sells = node < m;
            let (below, above) = (least - aim.low, aim.high - least);
            (flow.up[node], flow.down[node]) = if sells { (above, below) } else { (below, above) };
            let sold = if sells { least } else { -least };
            (flow.source[node], flow.sink[node]) = (sold.max(0.0), (-sold).max(0.0));
            hub -= sold;
        }
        (flow.source[m + n], flow.sink[m + n]) = (f64::max(hub, 0.0), f64::max(-hub, 0.0));
        flow
    }

    fn hub(&self) -> usize {
        self.z.rows() + self.z.cols()
    }

    /// Makes the flow maximal.
    pub(super) fn run(mut self, most: usize, watch: &Watch) -> Result<Found> {
        while self.levels() {
            watch.check()?;
            self.next.fill(0);
            for start in 0..self.level.len() {
                while self.source[start] > self.nothing && self.push(start) {
                    if self.steps > most {
                        return Ok(Found::Unfinished);
                    }
                }
                if start.is_multiple_of(ASKED) {
                    watch.check()?;
                }
            }
            if self.steps > most {
                return Ok(Found::Unfinished);
            }
        }
        Ok(self.found())
    }

    /// Levels of all nodes that more flow could reach; whether it could reach a sink.
    fn levels(&mut self) -> bool {
        let (m, n) = (self.z.rows(), self.z.cols());
        let hub = self.hub();
        self.level.fill(FAR);
        let mut queue: Vec<usize> = (0..=hub).filter(|&k| self.source[k] > self.nothing).collect();
        queue.iter().for_each(|&k| self.level[k] = 0);
        let mut columns_left = (m..m + n).filter(|&k| self.level[k] == FAR).count();
        let (mut at, mut end) = (0, FAR);
        while at < queue.len() {
            let node = queue[at];
            at += 1;
            let level = self.level[node];
            if level >= end {
                break;
            }
            if self.sink[node] > self.nothing {
                end = level;
                continue;
            }
            let Flow { level: levels, z, negative, came, up, down, nothing, steps, .. } = self;
            let mut reach = |to: usize, columns_left: &mut usize| {
                if levels[to] == FAR {
                    levels[to] = level + 1;
                    queue.push(to);
                    *columns_left -= usize::from(to >= m && to < hub);
                }
            };
            if node < m {
                let range = z.indptr().outer_inds_sz(node);
                for e in range {
                    if columns_left == 0 {
                        break;
                    }
                    *steps += 1;
                    if z.data()[e] > 0.0 {
                        reach(m + z.indices()[e] as usize, &mut columns_left);
                    }
                }
            } else if node < hub {
                negative[node - m].iter().for_each(|&i| reach(i as usize, &mut columns_left));
            }
            if node == hub {
                (0..hub).filter(|&k| up[k] > *nothing).for_each(|k| reach(k, &mut columns_left));
            } else {
                came[node].iter().filter(|c| c.1 > *nothing).for_each(|c| reach(c.0 as usize, &mut columns_left));
                if down[node] > *nothing {
                    reach(hub, &mut columns_left);
                }
            }
        }
        // what lies as far as the nearest sink or farther leads nowhere else
        end != FAR
    }

    /// The next arc of a node along the levels, from where the last search ended.
    fn arc(&mut self, node: usize) -> Option<(usize, Arc)> {
        let (m, hub) = (self.z.rows(), self.hub());
        let wanted = self.level[node] + 1;
        let cells = if node < m {
            self.z.indptr().outer_inds_sz(node)
        } else if node < hub {
            0..self.negative[node - m].len()
        } else {
            0..hub
        };
        loop {
            let k = self.next[node];
            self.steps += 1;
            let found = if k < cells.len() {
                if node == hub {
                    (self.up[k] > self.nothing).then_some((k, Arc::Up))
                } else if node < m {
                    let e = cells.start + k;
                    (self.z.data()[e] > 0.0).then(|| (m + self.z.indices()[e] as usize, Arc::Cell))
                } else {
                    Some((self.negative[node - m][k] as usize, Arc::Cell))
                }
            } else if node == hub {
                return None;
            } else if let Some(&(from, amount)) = self.came[node].get(k - cells.len()) {
                (amount > self.nothing).then_some((from as usize, Arc::Back(k - cells.len())))
            } else if k == cells.len() + self.came[node].len() {
                (self.down[node] > self.nothing).then_some((hub, Arc::Down))
            } else {
                return None;
            };
            match found {
                Some((to, _)) if self.level[to] == wanted => return found,
                _ => self.next[node] += 1,
            }
        }
    }

    /// Pushes flow from a source along the levels to one sink; whether there was a way.
    fn push(&mut self, start: usize) -> bool {
        let mut path: Vec<(usize, usize, Arc)> = Vec::new();
        let mut node = start;
        while self.sink[node] <= self.nothing {
            if let Some((to, arc)) = self.arc(node) {
                path.push((node, to, arc));
                node = to;
            } else {
                // nothing goes on from here in this round
                self.level[node] = FAR;
                let Some((from, ..)) = path.pop() else { return false };
                self.next[from] += 1;
                node = from;
            }
        }
        let mut amount = self.source[start].min(self.sink[node]);
        for &(from, to, arc) in &path {
            amount = amount.min(match arc {
                Arc::Cell => f64::INFINITY,
                Arc::Back(k) => self.came[from][k].1,
                Arc::Down => self.down[from],
                Arc::Up => self.up[to],
            });
        }
        self.source[start] -= amount;
        self.sink[node] -= amount;
        for &(from, to, arc) in &path {
            match arc {
                Arc::Cell => self.came[to].push((from as u32, amount)),
                Arc::Back(k) => self.came[from][k].1 -= amount,
                Arc::Down => {
                    self.down[from] -= amount;
                    self.up[from] += amount;
                }
                Arc::Up => {
                    self.up[to] -= amount;
                    self.down[to] += amount;
                }
            }
        }
        true
    }

    /// What the last levels, which reach no sink, say.
    fn found(self) -> Found {
        let left: f64 = self.source.iter().filter(|s| **s > self.nothing).sum();
        if left <= TOO_MUCH * self.total {
            return Found::Feasible;
        }
        let m = self.z.rows();
        let ranged = self.aims.iter().any(|side| side.iter().any(|a| a.low != a.high));
        let reached = |node: usize| self.level[node] != FAR;
        let set = |inside: bool| {
            let of = |from: usize, count: usize| (0..count).filter(|&k| reached(from + k) == inside).collect::<Vec<_>>();
            (of(0, m), of(m, self.z.cols()))
        };
        // without ranges both sides of the cut say the same, and the shorter one is told
        let (inner, outer) = (set(true), set(false));
        let from_rows = if ranged { !reached(self.hub()) } else { inner.0.len() + inner.1.len() <= outer.0.len() + outer.1.len() };
        let sum = |side: usize, list: &[usize], end: fn(&Aim) -> f64| list.iter().map(|&k| end(&self.aims[side][k])).sum::<f64>();
        let (rows, columns) = if from_rows { inner } else { outer };
        let (first, second) = if from_rows { (0, 1) } else { (1, 0) };
        let lists = [&rows, &columns];
        let (need, room) = (sum(first, lists[first], |a| a.low), sum(second, lists[second], |a| a.high));
        Found::Blocked { rows, columns, need, room, from_rows }
    }
}
