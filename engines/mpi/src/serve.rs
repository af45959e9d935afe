//! The loop of every rank: hear what is asked, do the own part, send it to rank 0.

use std::path::PathBuf;
use std::sync::mpsc::Receiver;

use isard::error::{Error, Result};

use crate::ask::{self, Ask, BLOCK, Facts, Head, OPEN, PRODUCT, Panel, PanelMut, Product, STOP, SWEEPS, TRADED};
use crate::fault::Fault;
use crate::state::State;
use crate::wire::Wire;

/// What a rank has at hand.
struct Serving<'w> {
    wire: &'w Wire,
    state: Option<State>,
    /// Room for panels, kept.
    from: Vec<f64>,
    to: Vec<f64>,
    fault: Fault,
}

/// Serves until rank 0 says that it is over.
pub(crate) fn serve(wire: &Wire, asked: &Receiver<Ask>) {
    let mut serving = Serving { wire, state: None, from: Vec::new(), to: Vec::new(), fault: Fault::of(wire.rank()) };
    loop {
        // a leader that is gone has said so
        let ask = wire.leads().then(|| asked.recv().unwrap_or(Ask::Stop));
        let mut head = ask.as_ref().map_or(Head::default(), told);
        wire.spread(&mut head);
        match head[0] {
            OPEN => serving.open(head, ask),
            PRODUCT => serving.product(head, ask),
            TRADED => serving.traded(head, ask),
            BLOCK => serving.block(head, ask),
            SWEEPS => serving.sweeps(ask),
            _ => return,
        }
    }
}

fn told(ask: &Ask) -> Head {
    match ask {
        Ask::Open { sums, threads, .. } => [OPEN, u64::from(*sums), *threads as u64, 0],
        Ask::Product { what, direction, k, .. } => {
            let what = match what {
                Product::Plain => 0,
                Product::Absolute => 1,
                Product::Sweeps => 2,
            };
            [PRODUCT, what, ask::number(*direction), *k as u64]
        }
        Ask::Traded { absolute, k, .. } => [TRADED, u64::from(*absolute), 0, *k as u64],
        Ask::Block { range, .. } => [BLOCK, range.start as u64, range.end as u64, 0],
        Ask::Sweeps { .. } => [SWEEPS, 0, 0, 0],
        Ask::Stop => [STOP, 0, 0, 0],
    }
}

/// Room for so many numbers, whatever they are.
fn room(buffer: &mut Vec<f64>, length: usize) -> &mut [f64] {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
    &mut buffer[..length]
}

impl Serving<'_> {
    fn open(&mut self, head: Head, ask: Option<Ask>) {
        self.state = None;
        let (path, answer) = match ask {
            Some(Ask::Open { path, answer, .. }) => (path.to_string_lossy().into_owned().into_bytes(), Some(answer)),
            _ => (Vec::new(), None),
        };
        let path = PathBuf::from(String::from_utf8_lossy(&self.wire.spread_text(&path)).into_owned());
        let opened = State::open(&path, (self.wire.rank(), self.wire.size()), head[2] as usize);
        let facts = self.facts(opened, head[1] == 1);
        if let Some(answer) = answer {
            let _ = answer.send(facts);
        }
    }

    /// What is known of A, on rank 0; the rows are kept if every rank has its own.
    fn facts(&mut self, opened: Result<State>, sums: bool) -> Result<Facts> {
        let wire = self.wire;
        let opened = opened.and_then(|mut state| {
            if sums {
                state.turn()?;
            }
            let (known, found) = (state.known()?, if sums { state.sums()? } else { Vec::new() });
            Ok((state, known, found))
        });
        self.together(opened.as_ref().err())?;
        let (state, known, sums_found) = opened.expect("no rank failed");
        let mut counts: Vec<f64> = known.counts.iter().map(|c| f64::from(*c)).collect();
        wire.add(&mut counts);
        let own = [known.steps[0], known.steps[1], f64::from(u8::from(known.negative)), known.bytes as f64];
        let all = wire.gather(&own);
        let most = |place: usize| all.iter().map(|own| own[place]).fold(0.0, f64::max);
        // a chain of a column is as long as that of a row with so many entries
        let column = counts.iter().copied().fold(0.0, f64::max) + 2.0;
        let mut facts = Facts {
            n: known.n,
            entries: known.entries,
            bytes: all.iter().map(|own| own[3] as usize).sum(),
            negative: most(2) > 0.0,
            steps: [most(0), if counts.is_empty() { most(1) } else { column }],
            sweeps: known.sweeps,
            sums: None,
        };
        if sums {
            let flat: Vec<f64> = sums_found.iter().flat_map(|(left, sold)| [left.value, left.bound, *sold]).collect();
            let all = wire.gather(&flat).concat();
            facts.sums = Some(all.chunks_exact(3).map(|c| (isard::Bounded::new(c[0], c[1]), c[2])).unzip());
        }
        self.state = Some(state);
        Ok(facts)
    }

    /// Whether all ranks are well.
    ///
    /// # Errors
    /// What the first that is not says, on rank 0; some error on the others.
    fn together(&self, own: Option<&Error>) -> Result<()> {
        let text = own.map(|e| match e.help() {
            Some(help) if !help.is_empty() => format!("{e}\u{1}{help}"),
            _ => e.to_string(),
        });
        let failure = self.wire.failure(text);
        let mut failed = [u64::from(failure.is_some())];
        self.wire.spread(&mut failed);
        if failed[0] == 0 {
            return Ok(());
        }
        let text = failure.unwrap_or_default();
        let (text, help) = text.split_once('\u{1}').unwrap_or((&text, "see the message of that rank"));
        Err(Error::invalid(text.to_string(), help.to_string()))
    }

    fn state(&self) -> &State {
        self.state.as_ref().expect("rows were read before they are asked for")
    }

    fn product(&mut self, head: Head, ask: Option<Ask>) {
        self.fault.product();
        let (direction, k) = (ask::direction(head[2]), head[3] as usize);
        if head[1] < 2 && self.state().lacks(direction) {
            let turned = self.state.as_mut().expect("rows were read before").turn();
            if let Err(e) = self.together(turned.as_ref().err()) {
                // no product has an error to return
                if self.wire.leads() {
                    eprintln!("error: {e}");
                }
                self.wire.abort(2);
            }
        }
        let (panels, answer) = match ask {
            Some(Ask::Product { x, y, answer, .. }) => (Some((x, y)), Some(answer)),
            _ => (None, None),
        };
        match head[1] {
            2 => self.swept(direction, k, panels),
            what => self.multiplied(k, panels, |state, x, y| state.product(direction, what == 1, k, x, y)),
        }
        if let Some(answer) = answer {
            let _ = answer.send(());
        }
    }

    /// Spreads a panel, has `f` write the own rows, and collects those of all ranks.
    fn multiplied(&mut self, k: usize, panels: Option<(Panel, PanelMut)>, f: impl FnOnce(&State, &[f64], &mut [f64])) {
        let state = self.state.as_ref().expect("rows were read before they are asked for");
        let (own, width) = (state.own(), state.dim() * k);
        // SAFETY: who asked waits for the answer, which comes after the last use
        let (x, y) = panels.map_or((None, None), |(x, y)| unsafe { (Some(x.numbers()), Some(y.numbers())) });
        let room_of_x = if x.is_some() { &mut [] } else { room(&mut self.from, width) };
        let x = self.wire.spread_from(x, room_of_x);
        match y {
            Some(y) => {
                f(state, x, &mut y[own.start * k..own.end * k]);
                self.wire.collect(&state.deals, k, &[], Some(y));
            }
            None => {
                let y = room(&mut self.to, own.len() * k);
                f(state, x, y);
                self.wire.collect(&state.deals, k, y, None);
            }
        }
    }

    fn swept(&mut self, direction: isard::operator::Direction, k: usize, panels: Option<(Panel, PanelMut)>) {
        let state = self.state.as_ref().expect("rows were read before they are asked for");
        let own = state.own();
        match panels {
            Some((r, d)) => {
                // SAFETY: as above
                let (r, d) = unsafe { (r.numbers(), d.numbers()) };
                self.wire.deal(&state.deals, k, Some(r), &mut []);
                let rows = own.start * k..own.end * k;
                state.sweep(direction, k, &r[rows.clone()], &mut d[rows]);
                self.wire.collect(&state.deals, k, &[], Some(d));
            }
            None => {
                let (r, d) = (room(&mut self.from, own.len() * k), room(&mut self.to, own.len() * k));
                self.wire.deal(&state.deals, k, None, r);
                state.sweep(direction, k, r, d);
                self.wire.collect(&state.deals, k, d, None);
            }
        }
    }

    fn traded(&mut self, head: Head, ask: Option<Ask>) {
        let (absolute, k) = (head[1] == 1, head[3] as usize);
        let (panels, answer, offsets) = match ask {
            Some(Ask::Traded { x, y, answer, offsets, .. }) => (Some((x, y)), Some(answer), offsets),
            _ => (None, None, Vec::new()),
        };
        let offsets = self.spread_numbers(&offsets);
        self.multiplied(k, panels, |state, x, y| state.traded(absolute, &offsets, k, x, y));
        if let Some(answer) = answer {
            let _ = answer.send(());
        }
    }

    fn spread_numbers(&self, numbers: &[usize]) -> Vec<usize> {
        let mut length = [numbers.len() as u64];
        self.wire.spread(&mut length);
        let mut all: Vec<u64> = numbers.iter().map(|v| *v as u64).collect();
        all.resize(length[0] as usize, 0);
        self.wire.spread(&mut all);
        all.into_iter().map(|v| v as usize).collect()
    }

    fn block(&mut self, head: Head, ask: Option<Ask>) {
        let own = self.state().block(head[1] as usize..head[2] as usize);
        let all = self.wire.gather(&own).concat();
        if let Some(Ask::Block { answer, .. }) = ask {
            let _ = answer.send(all);
        }
    }

    fn sweeps(&mut self, ask: Option<Ask>) {
        let (offsets, answer) = match ask {
            Some(Ask::Sweeps { offsets, answer }) => (offsets, Some(answer)),
            _ => (Vec::new(), None),
        };
        let offsets = self.spread_numbers(&offsets);
        let made = self.state.as_mut().expect("rows were read before").prepare(&offsets);
        let made = self.together(made.as_ref().err());
        if let Some(answer) = answer {
            let _ = answer.send(made);
        }
    }
}
