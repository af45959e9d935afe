//! `isard solve`: any right-hand side on a table or a file of trade shares, by any method and operator, with a proof of the error.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use ndarray::{Array1, Array2, Axis};
use serde::Serialize;
use serde_json::json;

use super::options::SolveInput;
use super::words::flags;
use super::{Outcome, engine, keep, load, note, print, problem, tongue, words, write};
use crate::bounded::{Bounded, largest};
use crate::error::{Error, Result};
use crate::formats::beside::columns;
use crate::labels::RowNames;
use crate::leontief::answer::{Answer, Goal, Sides};
use crate::leontief::source::{Data, Equations, Form};
use crate::leontief::{Engine, GivesWay, Solved};
use crate::operator::{Direction, Operator, Storage};
use crate::plan::Plan;
use crate::report::document::Document;
use crate::solve::{Given, Method, Reason};
use crate::study::{Study as Options, elsewhere};
use crate::verdict::Verdict;
use crate::write::folder;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard solve table.isard                                    output for total final demand\n\
\x20 isard solve table.isard --demand regions --solution x.csv  output for each destination, with bounds\n\
\x20 isard solve table.isard --demand region:Guangdong --method gmres-gauss-seidel --history history.csv\n\
\x20 isard solve table.isard --demand columns.npy --residual 1e-10 --solution x.npy\n\
\x20 isard solve table.isard --multipliers emissions            emissions per unit of final demand\n\
\x20 isard solve counties.isard                                 the same on a file of trade shares (isard synth --gravity)")]
pub(super) struct Solve {
    #[command(flatten)]
    input: SolveInput,
    /// Right-hand sides: total, regions, region:NAME, sector:NAME, or a file (CSV of region, sector and columns; .npy)
    #[arg(long, default_value = "total", value_name = "WHICH", help_heading = "Solve")]
    demand: String,
    /// Solve with A' instead: multipliers of emissions, value-added, or of the columns of a file
    #[arg(long, value_name = "WHICH", conflicts_with = "demand", help_heading = "Solve")]
    multipliers: Option<String>,
    /// Stop on the 1-norm of the residual, relative to the right-hand side, instead of on the bound
    #[arg(long, value_name = "SIZE", help_heading = "Solve")]
    residual: Option<f64>,
    /// File for the answer: .npy, or CSV with the bound of every entry
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    solution: Option<PathBuf>,
}

/// Right-hand sides with their names.
struct Block {
    direction: Direction,
    names: Vec<String>,
    columns: Array2<f64>,
    /// What the columns may be off by, where they are not exact.
    unsure: Option<Array2<f64>>,
}

impl Block {
    fn sides(&self) -> Sides<'_> {
        Sides { b: self.columns.view(), unsure: self.unsure.as_ref().map(|u| u.view()) }
    }
}

impl Solve {
    pub(super) fn run(self) -> Result<Outcome> {
        let start = Instant::now();
        let options = self.input.clone().options();
        engine::hand_over(&options)?;
        options.needed()?;
        self.solution.as_deref().map_or(Ok(()), |file| form(&options, file))?;
        write::may_write(&options)?;
        let stopping = options.stopping()?;
        let goal = match self.residual {
            None => Goal::Bound(stopping.rtol),
            Some(r) if r > 0.0 && r.is_finite() => Goal::Residual(r),
            Some(r) => {
                return Err(Error::range(format!("--residual must be a positive number, not {r}"), "leave it out to stop on the bound"));
            }
        };
        let (data, source) = problem::read(&options)?;
        let block = self.block(&options, &data)?;
        let read = start.elapsed();
        let asked = options.method()?;
        let whole = asked.is_some_and(|m| !m.works_on(Storage::Slices));
        let Equations { given, form, fit } = source.equations(&data, options.storage()?, whole)?;
        match form {
            Form::Plain => {}
            Form::Recognised => note(&options, load::RECOGNISED),
            Form::Streamed { misfit, correction } => {
                note(&options, &format!("flows read in two passes, not audited: misfit {misfit:.1e}, correction of {correction} entries"))
            }
        }
        let made = start.elapsed();
        let checkpoint = keep::named(&options)?;
        let given = Given { checkpoint: checkpoint.clone(), ..given };
        let engine = Engine::new(given, asked, block.columns.ncols(), GivesWay::Unasked).map_err(|e| match &data {
            Data::Table(table) => load::explained(e, table),
            Data::Shares(..) => e,
        })?;
        if let Some(why) = &engine.fallback {
            note(&options, &format!("{}: {why}; {} takes over", Method::TradeShareRefinement.name(), engine.method().name()));
        }
        let ready = start.elapsed();
        if let Some(checkpoint) = &checkpoint {
            keep::begin(&options, checkpoint, &data, &engine, (block.direction, &block.columns), goal)?;
        }
        let going = || checkpoint.as_ref().is_none_or(|c| !c.is_stopped());
        let Solved { answer: found, plan, superseded } =
            engine.solve(block.direction, block.sides(), data.output(), goal, &stopping, &|_| going());
        if let Some(checkpoint) = &checkpoint
            && keep::suspended(&options, checkpoint)?
        {
            return Ok(Outcome::Suspended);
        }
        if let Some(first) = superseded {
            note(&options, &format!("{} does not contract on this table; {} takes over", first.name(), plan.method.name()));
        }
        let end = start.elapsed();
        if let Some(file) = &self.solution {
            answer_file(&options, file, data.names(), &block.names, &found)?;
        }
        if let Some(file) = &options.tracing.history {
            write::file(&options, "history", file, history(&found))?;
        }
        if let Some(checkpoint) = checkpoint.filter(|_| found.solution.converged()) {
            checkpoint.end();
        }
        let times = [read, made - read - fit, ready - made + fit, end - ready, end].map(|t| t.as_secs_f64());
        report(&options, &data, (engine.operator(), &plan), &block, &found, times)
    }

    fn block(&self, options: &Options, data: &Data) -> Result<Block> {
        let encoding = options.reading.encoding.unwrap_or_default();
        let rows = data.names();
        let exact = |direction: Direction, (names, columns): (Vec<String>, Array2<f64>)| Block { direction, names, columns, unsure: None };
        let one = |direction: Direction, name: &str, column: Array1<f64>, bound: Array1<f64>| Block {
            direction,
            names: vec![name.to_string()],
            columns: column.insert_axis(Axis(1)),
            unsure: bound.iter().any(|b| *b != 0.0).then(|| bound.insert_axis(Axis(1))),
        };
        let sums = |name: &str, column: Vec<Bounded>| {
            let (value, bound) = column.into_iter().map(|b| (b.value, b.bound)).unzip::<_, _, Vec<f64>, Vec<f64>>();
            one(Direction::Forward, name, value.into(), bound.into())
        };
        if let Some(which) = &self.multipliers {
            return Ok(match which.as_str() {
                "emissions" => {
                    let which = match data {
                        Data::Table(table) => load::stressor(options, table)?,
                        Data::Shares(table, _) => load::chosen(options, &table.stressors)?,
                    };
                    let (account, intensities) = (&data.stressors()[which], data.intensities(which));
                    // the rounding of a quotient is in every bound
                    exact(Direction::Transposed, (vec![format!("{} per unit", account.name)], intensities.insert_axis(Axis(1))))
                }
                "value-added" => {
                    let (value, bound) =
                        data.value_added(["leave --operator trade-share out", "name a file of columns with --multipliers"])?;
                    one(Direction::Transposed, "value added per unit", value, bound)
                }
                file => exact(Direction::Transposed, columns::read(file.as_ref(), rows, encoding)?),
            });
        }
        Ok(match self.demand.split_once(':') {
            Some(("region", name)) => {
                note_origin(options, data);
                sums(name, data.demand_of(rows.region(name)?))
            }
            Some(("sector", name)) => {
                let chosen = rows.rows_of_sector(name)?;
                let mut column = data.demand();
                column.iter_mut().enumerate().filter(|(i, _)| !chosen.contains(i)).for_each(|(_, b)| *b = Bounded::ZERO);
                sums(name, column)
            }
            _ if self.demand == "total" => sums("total", data.demand()),
            _ if self.demand == "regions" => {
                note_origin(options, data);
                let (columns, unsure) = data.demand_by_region("ask for single regions with --demand region:NAME")?;
                let names = rows.regions.iter().map(|r| r.label(options.language())).collect();
                Block { direction: Direction::Forward, names, columns, unsure }
            }
            _ => exact(Direction::Forward, columns::read(self.demand.as_ref(), rows, encoding)?),
        })
    }
}

/// Says on standard error what demand by region means where there are no destinations.
fn note_origin(options: &Options, data: &Data) {
    if data.is_demand_by_origin() {
        note(options, "the file of trade shares does not say who demands: a region stands for final demand for its products");
    }
}

/// Refuses a file for the answer that may not be written, or whose name is of no form that is written.
fn form(options: &Options, file: &Path) -> Result<()> {
    if !write::repeated() {
        folder::file_replaceable(file, options.writing.force.unwrap_or(false))?;
    }
    match file.extension().and_then(|e| e.to_str()) {
        Some("csv" | "npy") => Ok(()),
        _ => Err(Error::invalid(format!("--solution writes .csv and .npy, not {}", file.display()), "name FILE.csv or FILE.npy")),
    }
}

fn answer_file(options: &Options, file: &Path, rows: RowNames, names: &[String], found: &Answer) -> Result<()> {
    let x = found.solution.x.view();
    if file.extension().is_some_and(|e| e == "npy") {
        write::file(options, "solution", file, columns::to_npy(x))
    } else {
        write::file(options, "solution", file, columns::to_csv(rows, names, x, |i, k| found.bound(i, k)))
    }
}

fn history(found: &Answer) -> String {
    let line = |s: &crate::solve::Step| format!("{},{:e},{}\n", s.pass, s.measure, s.active);
    "pass,error_of_allowed,active_columns\n".to_string() + &found.solution.history.iter().map(line).collect::<String>()
}

/// An answer as scripts read it.
#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    sum: f64,
    /// Of the sum; infinite where there is none, and null for scripts.
    bound: f64,
    /// The sum of sizes.
    size: f64,
    residual: f64,
    reason: Reason,
}

impl<'a> Column<'a> {
    fn new(block: &'a Block, found: &Answer, c: usize) -> Self {
        let sum = found.sum(c);
        let (residual, reason) = (found.residuals[c], found.solution.reasons[c]);
        Column { name: &block.names[c], sum: sum.value, bound: sum.bound, size: found.size(c), residual, reason }
    }
}

/// Prints what was done and found, and says whether it stands.
fn report(
    options: &Options,
    data: &Data,
    (operator, plan): (&dyn Operator, &Plan),
    block: &Block,
    found: &Answer,
    [read, making, setup, solve, total]: [f64; 5],
) -> Result<Outcome> {
    let solution = &found.solution;
    let k = block.names.len();
    let residual = largest(found.residuals.iter().copied());
    let bound = largest((0..k).map(|c| found.relative_bound(c)));
    // sums may cancel: what counts is the size of what is summed
    let tolerance = options.stopping()?.rtol;
    let mut verdict = Verdict::new("solve", tolerance);
    for (c, name) in block.names.iter().enumerate() {
        verdict.judge("sum of an answer, floor by its size", tolerance * found.size(c), [found.sum(c)], |_| name.clone());
    }
    if let Some(reason) = solution.reasons.iter().find(|r| **r != Reason::Converged) {
        verdict.refuse(format!("the passes ended: {reason}"));
    }
    if bound.is_nan() || bound > tolerance {
        verdict.refuse(format!("the bounds of all entries are {bound:.1e} of their sizes, allowed {tolerance:.1e}"));
    }
    let certified = verdict.certified;
    let (method, stamp) = (plan.method, data.stamp());
    let regions = data.names().regions.len();
    let why = || {
        if found.proof.is_none() {
            "the system is not proven productive; `isard audit` names the sectors".to_string()
        } else if let Some(reason) = solution.reasons.iter().find(|r| **r != Reason::Converged) {
            flags(&format!("{reason}, with a bound of {bound:.1e}")).into_owned()
        } else {
            format!(
                "the passes converged, but rounding and what was left out bound the answer no better than {bound:.1e}; \
                 --tolerance {:.0e} takes it as it is, and single columns (--demand region:NAME) may be proven more narrowly",
                2.0 * bound
            )
        }
    };
    let mut document = Document { plain: true, ..Document::default() };
    document.put("stamp", stamp);
    document.put("rows", operator.dim());
    document.put("regions", regions);
    document.put("entries", operator.entries());
    document.put("operator", operator.name());
    document.put("method", method.name());
    document.put("plan", json!(plan));
    document.put("transposed", block.direction == Direction::Transposed);
    document.put("threads", crate::solve::threads());
    document.put("columns", json!((0..k).map(|c| Column::new(block, found, c)).collect::<Vec<_>>()));
    document.put("iterations", solution.passes);
    document.put("residual", residual);
    document.put("relative_bound", bound);
    document.put("certified", certified);
    document.put("certificate", crate::verdict::SCOPE);
    document.put("uncertified_because", verdict.reasons());
    document.put("tolerance", tolerance);
    for (key, seconds) in [("read_s", read), ("system_s", making), ("setup_s", setup), ("solve_s", solve), ("total_s", total)] {
        document.put(key, seconds);
    }
    if let Some(engine) = elsewhere::engine(options)? {
        document.put("engine", json!({ "name": engine.name(), "ranks": engine.ranks() }));
    }
    let document = words::spoken(document);
    write::filed(options, &document, &[])?;
    if options.json() {
        write::object(&document)?;
    } else {
        let mut out = String::new();
        if let Some(stamp) = stamp {
            out += &format!("{stamp}\n");
        }
        out += &format!(
            "{} rows in {} regions, {} entries; operator {}, method {}{}\n",
            operator.dim(),
            regions,
            operator.entries(),
            operator.name(),
            method.name(),
            if block.direction == Direction::Transposed { ", transposed" } else { "" },
        );
        out += &format!("plan: {}\n", plan.why);
        out += &format!("{k} column(s) in {} passes; largest relative residual {residual:.1e}\n", solution.passes);
        for c in 0..k.min(40) {
            let sum = found.sum(c);
            out += &format!("  {}: sum {} +- {:.1e}", crate::escape::line(&block.names[c]), sum.value, sum.bound);
            out += &if solution.reasons[c] == Reason::Converged { "\n".into() } else { format!(" ({})\n", solution.reasons[c]) };
        }
        if k > 40 {
            out += &format!("  and {} more; --solution FILE writes them\n", k - 40);
        }
        out += &format!("read {read:.3} s, system {making:.3} s, setup {setup:.3} s, solve and certify {solve:.3} s\n");
        out += &if certified {
            format!(
                "CERTIFIED (arithmetic): the bounds of all entries of a column together are within {bound:.1e} of the sum of their sizes\n"
            )
        } else {
            format!("UNCERTIFIED: {}\n", why())
        };
        if !options.quiet() {
            print(&tongue::told(&out))?;
        }
    }
    if !certified && options.json() {
        note(options, &format!("UNCERTIFIED: {}", why()));
    }
    Ok(certified.into())
}
