//! The runs of a batch: its table once, one prepared model, and block by block the records of every run.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ndarray::{Array2, s};

use super::change::Changed;
use super::demand::Footprints;
use super::draw::Source;
use super::plan::{Outcome, Plan, plan_error};
use super::store::{Identity, Kind, Shard, Sheet, Store};
use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::formats::beside::columns;
use crate::leontief::Leontief;
use crate::leontief::near::{Near, Room, Wanted};
use crate::memory;
use crate::part::Hashed;
use crate::study::load;
use crate::table::Table;
use crate::threads::prelude::*;
use crate::watch::Watch;
use crate::write::csv::{line, number};

/// Runs of a block: of demands, and of whole tables.
const DEMANDS: usize = 5_000;
const TABLES: usize = 16;
/// The bound of a number of a scenario or draw, relative to it, where the plan asks for no other.
const TOLERANCE: f64 = 1e-6;

/// A plan with its table, ready to run.
pub struct Batch {
    plan: Plan,
    model: Leontief,
    stressor: usize,
    identity: Identity,
    demands: (Vec<String>, Array2<f64>),
    footprints: Option<Footprints>,
    tables: Option<Tables>,
    watch: Watch,
}

/// What runs with tables of their own share.
struct Tables {
    near: Near,
    base: Changed,
    source: Option<Source>,
    wanted: Wanted,
    rooms: Mutex<Vec<Own>>,
}

/// What one thread works in.
#[derive(Default)]
struct Own {
    a: Vec<f64>,
    c: Vec<f64>,
    room: Room,
}

/// What runs of a kind cost, from a few that were made.
#[derive(Debug, Clone)]
pub struct Estimate {
    /// demand, scenario or draw.
    pub kind: String,
    /// Number of runs.
    pub runs: usize,
    /// Those that were made.
    pub made: usize,
    /// Seconds of one run, all threads at work.
    pub seconds: f64,
    /// Bytes of one run in the files of results.
    pub bytes: f64,
}

/// The records of some runs for each file, and whether every number is certified.
type Records = Vec<(Vec<u8>, bool)>;

impl Batch {
    /// Reads the table and everything that the plan names, and prepares the model.
    ///
    /// # Errors
    /// When a file or name does not fit, or the memory does not suffice.
    pub fn new(plan: Plan, watch: &Watch) -> Result<Batch> {
        let loaded = load::load(&plan.study, watch)?;
        let stressor = load::stressor(&plan.study, &loaded.table)?;
        let rows = loaded.table.labels.row_names();
        let (mut names, mut demands) = (Vec::new(), Array2::zeros((rows.dim(), 0)));
        if let Some(asked) = &plan.demand {
            if let Some(file) = &asked.file {
                (names, demands) = columns::read(file, rows, plan.study.reading.encoding.unwrap_or_default())?;
            }
            for column in &asked.column {
                let mut own = Array2::zeros((rows.dim(), 1));
                for (region, sector, value) in &column.cells {
                    let i = rows.row(rows.region(region)?, sector)?;
                    if !value.is_finite() {
                        let why = format!("{} is {value}", rows.row_name(i));
                        return Err(plan_error(&plan.path, &format!("demand {}", column.name), why, "give a finite number"));
                    }
                    own[[i, 0]] += value;
                }
                names.push(column.name.clone());
                demands.append(ndarray::Axis(1), own.view()).map_err(|e| Error::shape(e, "give columns of one length"))?;
            }
        }
        let table = content(&loaded.table);
        let system = load::system(&plan.study, loaded.table, watch)?;
        let model = load::leontief(&plan.study, system, watch)?;
        let (scenarios, draws) = (plan.scenarios.iter().map(|s| s.count()).sum(), plan.draws.as_ref().map_or(0, |d| d.count));
        let footprints = (!names.is_empty()).then(|| Footprints::new(&model, stressor)).transpose()?;
        let tables = if scenarios + draws > 0 { Some(Tables::new(&plan, &model, stressor, watch)?) } else { None };
        let block = plan.asked.block.unwrap_or(TABLES);
        let kinds = [("demand", names.len(), DEMANDS), ("scenario", scenarios, block), ("draw", draws, block)];
        let identity = Identity {
            isard: env!("CARGO_PKG_VERSION").into(),
            plan: plan.sha256.clone(),
            table,
            demands: if names.is_empty() { String::new() } else { hashed(&names.concat(), demands.iter()) },
            kinds: kinds.into_iter().filter(|k| k.1 > 0).map(|(kind, runs, block)| Kind { kind: kind.into(), runs, block }).collect(),
            sheets: plan.outcomes().iter().map(|o| sheet(&plan, &model, stressor, *o)).collect(),
        };
        Ok(Batch { plan, model, stressor, identity, demands: (names, demands), footprints, tables, watch: watch.clone() })
    }

    /// What decides every number.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Makes the blocks of a part that are not in `folder` yet; how many it made, and whether every number of the folder is
    /// certified.
    ///
    /// # Errors
    /// When the folder holds something else, the disk refuses, or the watch is cancelled.
    pub fn run(&self, folder: &Path, shard: Shard, resume: bool) -> Result<(usize, bool)> {
        let mut store = Store::open(folder, &self.identity, shard, resume)?;
        let blocks: Vec<usize> = (0..self.identity.blocks()).filter(|b| shard.has(*b) && !store.has(*b)).collect();
        for (done, &block) in blocks.iter().enumerate() {
            self.watch.units("batch", done, blocks.len())?;
            for (sheet, (records, certified)) in self.identity.sheets.iter().zip(self.block(block)?) {
                store.put(block, &sheet.name, &records, certified)?;
            }
        }
        Ok((blocks.len(), store.certified()))
    }

    /// The records of a block for each sheet of the [`Batch::identity`], in its order, and whether all their numbers are
    /// certified; none of a block that there is not.
    ///
    /// # Errors
    /// When the watch is cancelled, or a run has no answer.
    pub fn block(&self, block: usize) -> Result<Vec<(Vec<u8>, bool)>> {
        match self.identity.block(block) {
            Some((kind, runs, first)) => self.records(&self.identity.kinds[kind].kind, runs, first),
            None => Ok(Vec::new()),
        }
    }

    /// Makes a few runs of each kind, keeps nothing of them, and says what a run costs.
    ///
    /// # Errors
    /// As a run.
    pub fn estimate(&self) -> Result<Vec<Estimate>> {
        let mut all = Vec::new();
        let mut first = 0;
        for kind in &self.identity.kinds {
            let most = if kind.kind == "demand" { 1_000 } else { 2 * self.watch.thread_count() };
            let made = kind.runs.min(most);
            let begun = Instant::now();
            let records = self.records(&kind.kind, 0..made, first)?;
            let bytes: usize = records.iter().map(|r| r.0.len()).sum();
            let per = |v: f64| v / made as f64;
            let (seconds, bytes) = (per(begun.elapsed().as_secs_f64()), per(bytes as f64));
            all.push(Estimate { kind: kind.kind.clone(), runs: kind.runs, made, seconds, bytes });
            first += kind.runs;
        }
        Ok(all)
    }

    /// The records of some runs of a kind, the first of which is number `first` of all.
    fn records(&self, kind: &str, runs: std::ops::Range<usize>, first: usize) -> Result<Records> {
        self.watch.run(|| match (&self.footprints, &self.tables) {
            (Some(footprints), _) if kind == "demand" => Ok(self.of_demands(footprints, runs, first)),
            (_, Some(tables)) => self.of_tables(tables, kind, runs, first),
            _ => Ok(Vec::new()),
        })
    }

    fn of_demands(&self, footprints: &Footprints, runs: std::ops::Range<usize>, first: usize) -> Records {
        let found = footprints.of(self.demands.1.slice(s![.., runs.clone()]));
        let (rtol, floor) = (self.model.stopping.rtol, self.model.floor(self.stressor));
        let made: Vec<Records> = (0..runs.len())
            .into_par_iter()
            .map(|k| {
                let column = found.slice(s![.., k..k + 1]).to_owned();
                // a demand may be as small as one pleases: what counts is the size of its whole footprint
                let floor = floor.min(rtol * column.iter().map(|v| v.value.abs()).sum::<f64>());
                self.run_records(first + k, &self.demands.0[runs.start + k], &column, Wanted { rtol, floor })
            })
            .collect();
        joined(made, self.identity.sheets.len())
    }

    fn of_tables(&self, tables: &Tables, kind: &str, runs: std::ops::Range<usize>, first: usize) -> Result<Records> {
        let made: Result<Vec<Records>> = (0..runs.len())
            .into_par_iter()
            .map(|k| {
                self.watch.check()?;
                let mut own = tables.rooms.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
                let (name, flows) = self.of_table(tables, kind, runs.start + k, &mut own)?;
                tables.rooms.lock().unwrap_or_else(PoisonError::into_inner).push(own);
                Ok(self.run_records(first + k, &name, &flows, tables.wanted))
            })
            .collect();
        Ok(joined(made?, self.identity.sheets.len()))
    }

    /// The name and the flows of one run.
    fn of_table(&self, tables: &Tables, kind: &str, run: usize, own: &mut Own) -> Result<(String, Array2<Bounded>)> {
        if let (Some(source), "draw") = (&tables.source, kind) {
            source.draw(run, &mut own.a, &mut own.c)?;
            let flows = tables.near.flows(&own.a, tables.base.b.view(), &own.c, tables.wanted, &mut own.room);
            return Ok((format!("draw {}", run + 1), flows));
        }
        let mut at = run;
        for scenario in &self.plan.scenarios {
            if at >= scenario.count() {
                at -= scenario.count();
                continue;
            }
            let (made, stay) = scenario.make(&self.model.system, &tables.base, at)?;
            let name = scenario.name(at);
            if stay > 0 {
                let text = "purchases of a product stay as they are, as all or none of it comes from abroad";
                self.watch.note(&format!("{name}: {stay} {text}"));
            }
            return Ok((name, tables.near.flows(&made.a, made.b.view(), &made.c, tables.wanted, &mut own.room)));
        }
        Err(Error::range(format!("there is no {kind} {}", run + 1), ""))
    }

    /// The records of a run for each file, from its flows (R x K; one column for a demand).
    fn run_records(&self, run: usize, name: &str, flows: &Array2<Bounded>, wanted: Wanted) -> Records {
        let start = line([(run + 1).to_string().as_str(), name]);
        let start = start.trim_end();
        let labels = &self.model.system.labels();
        let outcome = |outcome: &Outcome| {
            let mut text = Vec::new();
            let mut certified = true;
            let mut put = |label: &str, numbers: &[Bounded]| {
                certified &= numbers.iter().all(|v| v.is_within(wanted.rtol, wanted.floor));
                record(start, label, numbers, &mut text);
            };
            let sum = |of: ndarray::ArrayView1<Bounded>| of.iter().copied().sum::<Bounded>();
            match outcome {
                Outcome::Origin => put("", &flows.rows().into_iter().map(sum).collect::<Vec<_>>()),
                Outcome::Destination => put("", &flows.columns().into_iter().map(sum).collect::<Vec<_>>()),
                Outcome::Total => put("", &[flows.iter().copied().sum()]),
                Outcome::Flows => {
                    for (row, region) in flows.rows().into_iter().zip(&labels.regions) {
                        let label = line([region.label(self.plan.study.language()).as_str()]);
                        put(label.trim_end(), &row.to_vec());
                    }
                }
            }
            (text, certified)
        };
        self.plan.outcomes().iter().map(outcome).collect()
    }
}

impl Tables {
    fn new(plan: &Plan, model: &Leontief, stressor: usize, watch: &Watch) -> Result<Tables> {
        let (n, columns) = model.system.demand.dim();
        let threads = watch.thread_count() as u64;
        let what = format!("runs with tables of their own, {n} x {n} cells in each of {threads} threads");
        memory::require(&what, (threads + 1) * Near::bytes(n, columns), "use fewer `threads`, or aggregate the table")?;
        watch.units("batch: the table itself", 0, 1)?;
        let wanted = Wanted { rtol: plan.asked.tolerance.unwrap_or(TOLERANCE), floor: model.floor(stressor) };
        let tables = Tables {
            near: watch.run(|| Near::new(model)),
            base: Changed::none(&model.system, stressor),
            source: plan.draws.as_ref().map(|d| Source::new(d, &model.system, stressor)).transpose()?,
            wanted,
            rooms: Mutex::default(),
        };
        watch.check()?;
        // names that no table has are told before anything is run
        for scenario in &plan.scenarios {
            scenario.make(&model.system, &tables.base, 0)?;
        }
        Ok(tables)
    }
}

/// One record: numbers, then their bounds, rounded up to three digits.
fn record(start: &str, label: &str, numbers: &[Bounded], to: &mut Vec<u8>) {
    use std::io::Write;
    to.extend_from_slice(start.as_bytes());
    if !label.is_empty() {
        to.push(b',');
        to.extend_from_slice(label.as_bytes());
    }
    for v in numbers {
        to.push(b',');
        to.extend_from_slice(number(v.value).as_bytes());
    }
    for v in numbers {
        let written = if v.bound == 0.0 { to.write_all(b",0") } else { write!(to, ",{:.2e}", v.bound * 1.006) };
        written.expect("memory takes every record");
    }
    to.push(b'\n');
}

/// Records of runs one behind the other, for each file.
fn joined(runs: Vec<Records>, sheets: usize) -> Records {
    let mut all: Records = vec![(Vec::new(), true); sheets];
    for run in runs {
        for (to, (records, certified)) in all.iter_mut().zip(run) {
            to.0.extend_from_slice(&records);
            to.1 &= certified;
        }
    }
    all
}

/// The file of an outcome.
fn sheet(plan: &Plan, model: &Leontief, stressor: usize, outcome: Outcome) -> Sheet {
    let (system, language) = (&model.system, plan.study.language());
    let table = &system.table;
    let account = &table.stressors[stressor];
    let reads = match outcome {
        Outcome::Origin => "by region of origin",
        Outcome::Destination => "by destination of final demand",
        Outcome::Flows => "by region of origin and destination of final demand",
        Outcome::Total => "in all",
    };
    let stamp = table.provenance.stamp.as_ref().map(|s| format!("{s}; ")).unwrap_or_default();
    let mut headings = vec![format!("{stamp}run; {} {reads} [{}]", account.name, account.unit), "name".into()];
    let columns: Vec<String> = match outcome {
        Outcome::Origin => table.labels.regions.iter().map(|r| r.label(language)).collect(),
        Outcome::Total => vec!["total".into()],
        _ => system.destinations.iter().map(|d| d.label(&table.labels, language)).collect(),
    };
    if outcome == Outcome::Flows {
        headings.push("origin".into());
    }
    headings.extend(columns.iter().cloned());
    headings.extend(columns.iter().map(|c| format!("{c} bound")));
    Sheet { name: outcome.name().into(), heading: line(headings.iter().map(String::as_str)) }
}

/// SHA-256 of words and numbers.
fn hashed<'a>(words: &str, numbers: impl Iterator<Item = &'a f64>) -> String {
    use std::io::Write;
    let mut to = std::io::BufWriter::with_capacity(1 << 16, Hashed::new(std::io::sink()));
    let write = |to: &mut dyn Write| -> std::io::Result<()> {
        to.write_all(words.as_bytes())?;
        let mut numbers = numbers;
        numbers.try_for_each(|v| to.write_all(&v.to_le_bytes()))
    };
    write(&mut to).expect("nothing refuses what goes nowhere");
    to.into_inner().map(|hashed| hashed.end().1).unwrap_or_default()
}

/// SHA-256 of what a table says: labels, flows, demand, output, emissions.
fn content(table: &Table) -> String {
    let labels = &table.labels;
    let names = labels.regions.iter().chain(&labels.sectors).chain(&labels.categories).map(|n| n.given.as_str());
    let accounts = table.stressors.iter().flat_map(|s| [s.name.as_str(), s.unit.as_str()]);
    let words = names.chain(accounts).chain([table.unit.as_str()]).collect::<Vec<_>>().join("\n");
    let z = table.z.sparse();
    let places: Vec<f64> = if z.nnz() == z.rows() * z.cols() { Vec::new() } else { z.indices().iter().map(|j| f64::from(*j)).collect() };
    let counts: Vec<f64> = z.outer_iterator().map(|row| row.nnz() as f64).collect();
    let others = [&table.exports, &table.stock, &table.error].into_iter().flatten().flat_map(|c| c.iter());
    let numbers = counts.iter().chain(&places).chain(z.data()).chain(table.y.iter()).chain(table.x.iter()).chain(others);
    hashed(&words, numbers.chain(table.stressors.iter().flat_map(|s| s.direct.iter())))
}
