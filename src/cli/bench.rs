//! `isard bench`: every method on every operator, on the user's own table.

use std::time::Instant;

use clap::Args;
use ndarray::{Array2, Axis, s};
use serde::Serialize;
use serde_json::json;

use super::doctor::triad;
use super::load::{Loaded, load};
use super::options::BenchInput;
use super::{Outcome, note, print, write};
use crate::error::Result;
use crate::leontief::answer::{Goal, answer, weight_start};
use crate::operator::{Direction, Storage};
use crate::report::document::Document;
use crate::report::sheet::{Axis as Names, Cell, Layout, Sheet};
use crate::solve::{Method, Prepared, Reason, Stopping, panel_width, threads};
use crate::system::System;
use crate::write::csv;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard bench table.isard\n\
\x20 isard bench table.isard --columns 32 --operators csr --methods gauss-seidel,gmres-gauss-seidel --json\n\
\x20 isard bench --list                          which method runs on which operator")]
pub(super) struct Bench {
    #[command(flatten)]
    input: BenchInput,
    /// Right-hand sides: 1 is total final demand, more are those of the first destinations (and total demand beyond)
    #[arg(long, default_value_t = 1, value_name = "K", help_heading = "Solve")]
    columns: usize,
    /// Methods, separated by commas; default all that suit the table's size
    #[arg(long, value_delimiter = ',', value_name = "NAMES", help_heading = "Solve")]
    methods: Vec<String>,
    /// Operators, separated by commas; default all that suit the table's size
    #[arg(long, value_delimiter = ',', value_name = "NAMES", help_heading = "Solve")]
    operators: Vec<String>,
    /// 1-norm of the residual to reach, relative to the right-hand side
    #[arg(long, default_value_t = 1e-10, value_name = "SIZE", help_heading = "Solve")]
    residual: f64,
    /// Solve with A'
    #[arg(long, help_heading = "Solve")]
    transposed: bool,
    /// Times each run is repeated; the fastest counts
    #[arg(long, default_value_t = 3, value_name = "N", help_heading = "Solve")]
    repeat: usize,
    /// Print which method runs on which operator, and stop
    #[arg(long)]
    list: bool,
}

/// One method on one operator; times in seconds.
#[derive(Serialize)]
struct Row {
    operator: &'static str,
    method: &'static str,
    #[serde(rename = "setup_s")]
    setup: f64,
    #[serde(rename = "solve_s")]
    solve: f64,
    passes: usize,
    residual: f64,
    /// Infinite where there is none; scripts read null.
    #[serde(rename = "relative_bound")]
    bound: f64,
    /// Bytes of the entries of A that all passes read.
    #[serde(rename = "bytes_of_entries")]
    bytes: f64,
    /// Setup and solve of the slowest repetition.
    #[serde(rename = "slowest_s")]
    slowest: f64,
    /// The relative residual after each pass.
    #[serde(rename = "residual_by_pass")]
    history: Vec<f64>,
    /// Bytes at most beyond what was held before, where the system tells.
    #[serde(rename = "memory_bytes")]
    memory: Option<f64>,
    failed: Option<String>,
}

impl Bench {
    pub(super) fn run(self) -> Result<Outcome> {
        if self.list {
            return list();
        }
        let options = self.input.clone().options();
        let stopping = options.stopping()?;
        let chosen = |names: &[String]| names.iter().map(|n| n.parse()).collect::<Result<Vec<Method>>>();
        let methods = if self.methods.is_empty() { Method::ALL.to_vec() } else { chosen(&self.methods)? };
        let storages = if self.operators.is_empty() {
            Storage::ALL.to_vec()
        } else {
            self.operators.iter().map(|n| n.parse()).collect::<Result<_>>()?
        };
        let Loaded { table, .. } = load(&options)?;
        let triad = triad();
        let direction = if self.transposed { Direction::Transposed } else { Direction::Forward };
        let (b, start) = (right_hand_sides(&table, self.columns), weight_start(direction, &table.x));
        let mut rows = Vec::new();
        for storage in storages {
            if self.operators.is_empty() && !suits(storage, &table) {
                continue;
            }
            let begun = Instant::now();
            let system = match System::new(table.clone()).stored(Some(storage), false) {
                Ok(system) => system,
                Err(why) => {
                    note(&options, &format!("{}: {why}", storage.name()));
                    continue;
                }
            };
            let made = begun.elapsed().as_secs_f64();
            let operator = system.operator();
            for &method in &methods {
                if !method.works_on(storage) || self.methods.is_empty() && method == Method::Direct && table.dim() > 5_000 {
                    continue;
                }
                let runs = (0..self.repeat.max(1)).map(|_| self.once(&system, method, direction, &b, &start, &stopping));
                let runs: Vec<Row> = runs.collect();
                let slowest = runs.iter().map(|r| r.setup + r.solve).fold(0.0, f64::max);
                rows.extend(runs.into_iter().min_by(Row::by_time).map(|fastest| Row { slowest, ..fastest }));
            }
            note(&options, &format!("{}: made in {made:.3} s", operator.name()));
        }
        rows.sort_by(Row::by_time);
        let head = format!(
            "{}: {} rows, {} entries, {} column(s), {} threads, relative residual {:.0e}; triad {:.1} GB/s",
            host(),
            table.dim(),
            table.z.nnz(),
            b.ncols(),
            threads(),
            self.residual,
            triad / 1e9
        );
        let mut document = Document { plain: true, sheets: vec![page(&rows, triad), file(&rows)], ..Document::default() };
        document.head.about = head;
        document.head.tongue = options.wording.lang;
        document.put("host", host());
        for (key, number) in [("rows", table.dim()), ("entries", table.z.nnz()), ("columns", b.ncols()), ("threads", threads())] {
            document.put(key, number);
        }
        document.put("transposed", self.transposed);
        document.put("tolerance", self.residual);
        document.put("triad_bytes_per_s", triad);
        document.put("runs", json!(rows));
        write::document(&options, document, csv::files)?;
        Ok(rows.iter().any(|r| r.failed.is_none() && r.bound.is_finite()).into())
    }
}

impl Bench {
    /// One run: setup, solve and proof.
    fn once(&self, system: &System, method: Method, direction: Direction, b: &Array2<f64>, start: &[f64], stopping: &Stopping) -> Row {
        let operator = system.operator();
        reset_peak();
        let held = resident("VmRSS:");
        let begun = Instant::now();
        let prepared = match Prepared::new(method, &system.given()) {
            Ok(prepared) => prepared,
            Err(why) => return Row::failed(operator.name(), method, why.to_string()),
        };
        let setup = begun.elapsed().as_secs_f64();
        let found = answer(&prepared, direction, b.view(), start, Goal::Residual(self.residual), stopping, &|_| true);
        let solve = begun.elapsed().as_secs_f64() - setup;
        let panels = b.ncols().div_ceil(panel_width(operator, b.ncols()));
        Row {
            operator: operator.name(),
            method: method.name(),
            setup,
            solve,
            passes: found.solution.passes,
            residual: found.residuals.iter().copied().fold(0.0, f64::max),
            bound: (0..b.ncols()).map(|k| found.relative_bound(k)).fold(0.0, f64::max),
            bytes: (operator.bytes() * found.solution.passes * panels) as f64,
            memory: resident("VmHWM:").zip(held).map(|(peak, held)| (peak - held).max(0.0)),
            slowest: 0.0,
            history: found.solution.history.iter().map(|step| step.measure * self.residual).collect(),
            failed: found.solution.reasons.iter().find(|r| **r != Reason::Converged).map(Reason::to_string),
        }
    }
}

impl Row {
    /// The fastest first, those that failed last.
    fn by_time(a: &Row, b: &Row) -> std::cmp::Ordering {
        (a.failed.is_some(), a.setup + a.solve).partial_cmp(&(b.failed.is_some(), b.setup + b.solve)).expect("times are numbers")
    }

    fn failed(operator: &'static str, method: Method, why: String) -> Self {
        let method = method.name();
        Row {
            operator,
            method,
            setup: 0.0,
            solve: 0.0,
            passes: 0,
            residual: 0.0,
            bound: 0.0,
            bytes: 0.0,
            memory: None,
            slowest: 0.0,
            history: Vec::new(),
            failed: Some(why),
        }
    }
}

fn list() -> Result<Outcome> {
    let mut out = format!("{:28}", "method");
    Storage::ALL.iter().for_each(|s| out += &format!("{:>14}", s.name()));
    for method in Method::ALL {
        out += &format!("\n{:28}", method.name());
        for storage in Storage::ALL {
            out += &format!("{:>14}", if method.works_on(storage) { "yes" } else { "-" });
        }
    }
    print(&(out + "\n"))?;
    Ok(Outcome::Certified)
}

/// Whether a form is worth a run without being asked for.
fn suits(storage: Storage, table: &crate::table::Table) -> bool {
    let (n, entries) = (table.dim(), table.z.nnz());
    match storage {
        Storage::Csr => true,
        Storage::Slices => Storage::auto(n, entries, false) == Storage::Slices,
        Storage::Dense => entries * 4 > n * n,
        Storage::TradeShare => entries * 10 > n * n && table.labels.offsets.windows(3).all(|w| w[1] - w[0] == w[2] - w[1]),
    }
}

fn right_hand_sides(table: &crate::table::Table, k: usize) -> Array2<f64> {
    let total: ndarray::Array1<f64> = table.total_demand().iter().map(|b| b.value).collect();
    if k <= 1 {
        return total.insert_axis(Axis(1));
    }
    let (regions, _) = table.demand_by_region();
    let mut b = Array2::zeros((table.dim(), k));
    for c in 0..k {
        if c < regions.ncols() { b.column_mut(c).assign(&regions.column(c)) } else { b.column_mut(c).assign(&total) }
    }
    b.slice_move(s![.., ..k])
}

/// The runs that succeeded, for people; below them those that failed.
fn page(rows: &[Row], triad: f64) -> Sheet<'static> {
    let fastest = rows.iter().filter(|r| r.failed.is_none()).map(|r| r.setup + r.solve).fold(f64::INFINITY, f64::min);
    let (mut names, mut cells) = (Vec::new(), Vec::new());
    for r in rows.iter().filter(|r| r.failed.is_none()) {
        let both = r.setup + r.solve;
        let mut words: Vec<String> = [r.setup, r.solve, both, r.slowest].map(|s| format!("{s:.4}")).into();
        words.extend([format!("{:.2}", both / fastest), r.passes.to_string(), format!("{:.3}", r.bytes / 1e9)]);
        words.push(format!("{:.0}%", 100.0 * r.bytes / r.solve / triad));
        words.push(r.memory.map_or("-".into(), |m| format!("{:.0}", m / 1e6)));
        words.extend([r.residual, r.bound].map(|v| format!("{v:.1e}")));
        names.push(vec![r.operator.to_string(), r.method.to_string()]);
        cells.push(words.into_iter().map(Cell::Word).collect::<Vec<_>>());
    }
    let heads = ["setup s", "solve s", "together", "slowest", "relative", "passes", "GB", "of triad", "memory MB", "residual", "bound"];
    let failed = rows.iter().filter_map(|r| r.failed.as_ref().map(|why| format!("{} {}: {why}", r.operator, r.method)));
    Sheet::new(Names::parts(&["operator", "method"], names), Names::plain(&heads), Layout::Beside, move |k| cells[k].clone())
        .page("Runs, the fastest first")
        .notes(failed)
        .notes(["together: the fastest of the repetitions; memory: at most, beyond what was held before the run".to_string()])
}

/// Every run, as its keys in the object.
fn file(rows: &[Row]) -> Sheet<'_> {
    let heads = ["setup_s", "solve_s", "slowest_s", "passes", "residual", "relative_bound", "bytes_of_entries", "memory_bytes", "failed"];
    let cells = |k: usize| {
        let r = &rows[k];
        let mut cells: Vec<Cell> = [r.setup, r.solve, r.slowest].map(Cell::from).into();
        cells.extend([r.passes.into(), r.residual.into(), Some(r.bound).filter(|b| b.is_finite()).into()]);
        cells.extend([r.bytes.into(), r.memory.into(), r.failed.as_deref().into()]);
        cells
    };
    let names = Names::made(&["operator", "method"], rows.len(), |k| vec![rows[k].operator.into(), rows[k].method.into()]);
    Sheet::new(names, Names::plain(&heads), Layout::Beside, cells).file("runs", "", "")
}

/// The processor and its cores.
fn host() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|l| l.strip_prefix("model name")).and_then(|l| l.split_once(':'));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", name.map_or(std::env::consts::ARCH, |(_, name)| name.trim()))
}

/// Lets the peak memory of this process start anew, where the system can.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Resident memory in bytes, now (`VmRSS:`) or at its peak (`VmHWM:`), where the system tells.
fn resident(what: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(what))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb * 1024.0)
}
