//! `isard solve`: any right-hand side on a table, by any method and operator, with a proof of the error.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use ndarray::{Array1, Array2, Axis};
use serde_json::json;

use super::load::{Loaded, load, stressor};
use super::{Input, Options, Outcome, note, print};
use crate::error::{Error, Result};
use crate::io::{columns, folder};
use crate::labels::Labels;
use crate::leontief::answer::{Answer, Goal, answer};
use crate::operator::{Direction, Storage};
use crate::solve::{Method, Prepared, Reason};
use crate::system::{System, per_output};
use crate::table::Table;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard solve table.isard                                    output for total final demand\n\
\x20 isard solve table.isard --demand regions --solution x.csv  output for each destination, with bounds\n\
\x20 isard solve table.isard --demand region:Guangdong --method gmres-gauss-seidel --history history.csv\n\
\x20 isard solve table.isard --demand columns.npy --residual 1e-10 --solution x.npy\n\
\x20 isard solve table.isard --multipliers emissions            emissions per unit of final demand")]
pub struct Solve {
    #[command(flatten)]
    input: Input,
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
}

impl Solve {
    pub fn run(self) -> Result<Outcome> {
        let start = Instant::now();
        let options = self.input.clone().options();
        let stopping = options.stopping()?;
        let goal = match self.residual {
            None => Goal::Bound(stopping.rtol),
            Some(r) if r > 0.0 && r.is_finite() => Goal::Residual(r),
            Some(r) => {
                return Err(Error::invalid(format!("--residual must be a positive number, not {r}"), "leave it out to stop on the bound"));
            }
        };
        let Loaded { table, .. } = load(&options)?;
        let block = self.block(&options, &table)?;
        let read = start.elapsed();
        let (storage, method) = (options.storage()?, options.method()?);
        let mut system = System::new(&table);
        let as_rows = start.elapsed();
        system = system.stored(storage)?;
        let factored = storage == Some(Storage::TradeShare);
        let stored = start.elapsed();
        let method = method.unwrap_or_else(|| Method::auto(system.operator(), block.columns.ncols()));
        let prepared = Prepared::new(method, system.given())?;
        let ready = start.elapsed();
        let grown = match block.direction {
            Direction::Forward => weight_start(&table.x),
            Direction::Transposed => vec![1.0; table.dim()],
        };
        let found = answer(&prepared, block.direction, block.columns.view(), &grown, goal, &stopping, &|_| true);
        let end = start.elapsed();
        if let Some(file) = &self.solution {
            write(file, &table.labels, &block.names, &found)?;
        }
        if let Some(file) = &options.history {
            folder::write_file(file, history(&found))?;
        }
        // a fit is part of the method; making A from the table is not
        let making = if factored { as_rows - read } else { stored - read };
        let setup = if factored { ready - as_rows } else { ready - stored };
        let times = [read, making, setup, end - ready, end].map(|t| t.as_secs_f64());
        report(&options, &system, method, &block, &found, goal, times)
    }

    fn block(&self, options: &Options, table: &Table) -> Result<Block> {
        let encoding = options.encoding.unwrap_or_default();
        let labels = &table.labels;
        let one = |name: &str, column: Array1<f64>| (vec![name.to_string()], column.insert_axis(Axis(1)));
        if let Some(which) = &self.multipliers {
            let (names, columns) = match which.as_str() {
                "emissions" => {
                    let account = &table.stressors[stressor(options, table)?];
                    one(&format!("{} per unit", account.name), per_output(&account.direct, &table.x))
                }
                "value-added" => one("value added per unit", per_output(&table.total_value_added(), &table.x)),
                file => columns::read(file.as_ref(), labels, encoding)?,
            };
            return Ok(Block { direction: Direction::Transposed, names, columns });
        }
        let total = || {
            let mut all = table.y.sum_axis(Axis(1));
            [&table.exports, &table.stock, &table.error].into_iter().flatten().for_each(|c| all += c);
            all
        };
        let (names, columns) = match self.demand.split_once(':') {
            Some(("region", name)) => one(name, table.demand_by_region().column(labels.region(name)?).to_owned()),
            Some(("sector", name)) => {
                let rows: Vec<usize> = (0..labels.region_count()).filter_map(|r| labels.find_sector(r, name)).collect();
                if rows.is_empty() {
                    let known: Vec<&str> = labels.rows(0).map(|i| labels.sectors[i].en.as_str()).collect();
                    return Err(Error::unknown("sector", name, &known));
                }
                let all = total();
                let mut column = Array1::zeros(labels.dim());
                rows.iter().for_each(|&i| column[i] = all[i]);
                one(name, column)
            }
            _ if self.demand == "total" => one("total", total()),
            _ if self.demand == "regions" => {
                (labels.regions.iter().map(|r| r.label(options.language())).collect(), table.demand_by_region())
            }
            _ => columns::read(self.demand.as_ref(), labels, encoding)?,
        };
        Ok(Block { direction: Direction::Forward, names, columns })
    }
}

/// Gross output, and a little where there is none.
pub fn weight_start(x: &Array1<f64>) -> Vec<f64> {
    let small = 1e-6 * x.iter().map(|v| v.abs()).sum::<f64>() / x.len() as f64 + f64::MIN_POSITIVE;
    x.iter().map(|v| v.abs() + small).collect()
}

fn write(file: &std::path::Path, labels: &Labels, names: &[String], found: &Answer) -> Result<()> {
    let x = found.solution.x.view();
    if file.extension().is_some_and(|e| e == "npy") {
        folder::write_file(file, columns::to_npy(x))
    } else {
        folder::write_file(file, columns::to_csv(labels, names, x, |i, k| found.bound(i, k)))
    }
}

fn history(found: &Answer) -> String {
    let line = |s: &crate::solve::Step| format!("{},{:e},{}\n", s.pass, s.measure, s.active);
    "pass,error_of_allowed,active_columns\n".to_string() + &found.solution.history.iter().map(line).collect::<String>()
}

/// Prints what was done and found, and says whether it stands.
fn report(
    options: &Options,
    system: &System,
    method: Method,
    block: &Block,
    found: &Answer,
    goal: Goal,
    [read, making, setup, solve, total]: [f64; 5],
) -> Result<Outcome> {
    let solution = &found.solution;
    let k = block.names.len();
    let worst = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |a: f64, v| if v.is_nan() { f64::INFINITY } else { a.max(v) });
    let residual = worst(&mut found.residuals.iter().copied());
    let bound = worst(&mut (0..k).map(|c| found.relative_bound(c)));
    let kept = match goal {
        Goal::Bound(tolerance) => bound <= tolerance,
        Goal::Residual(_) => bound.is_finite(),
    };
    let certified = solution.converged() && kept;
    let (operator, table) = (system.operator(), system.table);
    let columns: Vec<_> = (0..k)
        .map(|c| {
            let sum: f64 = solution.x.column(c).sum();
            let (reason, own) = (solution.reasons[c], found.relative_bound(c));
            json!({ "name": block.names[c], "sum": sum, "bound": own * sum.abs(), "residual": found.residuals[c], "reason": reason })
        })
        .collect();
    if options.json() {
        let object = json!({
            "stamp": table.provenance.stamp, "rows": system.dim(), "regions": system.region_count(), "entries": operator.entries(),
            "operator": operator.name(), "method": method.name(), "transposed": block.direction == Direction::Transposed,
            "threads": crate::solve::threads(), "columns": columns, "iterations": solution.passes, "residual": residual,
            "relative_bound": if bound.is_finite() { Some(bound) } else { None },
            "certified": certified, "read_s": read, "system_s": making, "setup_s": setup, "solve_s": solve, "total_s": total,
        });
        print(&(object.to_string() + "\n"))?;
    } else {
        let mut out = String::new();
        if let Some(stamp) = &table.provenance.stamp {
            out += &format!("{stamp}\n");
        }
        out += &format!(
            "{} rows in {} regions, {} entries; operator {}, method {}{}\n",
            system.dim(),
            system.region_count(),
            operator.entries(),
            operator.name(),
            method.name(),
            if block.direction == Direction::Transposed { ", transposed" } else { "" },
        );
        out += &format!("{k} column(s) in {} passes; largest relative residual {residual:.1e}\n", solution.passes);
        for c in 0..k.min(40) {
            let sum: f64 = solution.x.column(c).sum();
            out += &format!("  {}: sum {sum} +- {:.1e}", block.names[c], found.relative_bound(c) * sum.abs());
            out += &if solution.reasons[c] == Reason::Converged { "\n".into() } else { format!(" ({:?})\n", solution.reasons[c]) };
        }
        if k > 40 {
            out += &format!("  and {} more; --solution FILE writes them\n", k - 40);
        }
        out += &format!("read {read:.3} s, system {making:.3} s, setup {setup:.3} s, solve and certify {solve:.3} s\n");
        out += &if certified {
            format!("CERTIFIED: all entries of a column together within {bound:.1e} of their sum\n")
        } else {
            "UNCERTIFIED\n".into()
        };
        print(&out)?;
    }
    if found.proof.is_none() {
        note(options, "UNCERTIFIED: the system is not proven productive; `isard audit` names the sectors");
    } else if !certified {
        note(
            options,
            &format!("UNCERTIFIED: {:?} with a bound of {bound:.1e}", solution.reasons.iter().find(|r| **r != Reason::Converged)),
        );
    }
    Ok(certified.into())
}
