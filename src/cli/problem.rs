//! What `isard solve` works on: names, output, demand and emissions, and A, of a table or of a file of factors.
//!
//! Nothing here has a number of rows times a number of regions, unless demand is asked for by region.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ndarray::{Array1, Array2};

use super::load::{self, Loaded};
use super::note;
use crate::bounded::{Bounded, sum_exact};
use crate::error::{Error, Result};
use crate::factored::Factored;
use crate::formats;
use crate::labels::RowNames;
use crate::operator::detect::{EQUAL, recognised, streamed};
use crate::operator::trade_share::Factors;
use crate::operator::{Dense, Matrix, Operator, Storage, TradeShare};
use crate::snapshot::Snapshot;
use crate::solve::Given;
use crate::study::Study as Options;
use crate::study::room::{self, Goal};
use crate::system::{System, per_output, per_output_bounded};
use crate::table::{Stressor, Table};
use crate::{memory, snapshot};

/// Everything of a system but A.
pub enum Known {
    /// Of a table.
    Table(Arc<Table>),
    /// Of a file of factors, with the row ranges of its regions.
    Factored(Box<Factored>, Vec<usize>),
}

/// What A is made of.
pub enum Flows {
    /// The Z of the table.
    Table,
    /// Flows that stay in their file.
    File(Box<Snapshot>),
    /// All flows of a full table.
    Full(Box<Dense>),
    /// Factors.
    Factors(Box<Factors>),
}

/// A system, ready for a method.
pub struct Problem {
    /// What a method is made ready from.
    pub given: Given,
    /// How long a fit took: it is part of the method, while A is part of the data.
    pub fit: Duration,
}

/// Reads what the options name: a file of factors, or a table, audited.
pub fn read(options: &Options) -> Result<(Known, Flows)> {
    let as_snapshot = options.reading.format.as_deref().is_none_or(|name| name == formats::snapshot::FORMAT.name);
    let path = options.placing.table.as_deref().filter(|p| as_snapshot && snapshot::is_snapshot(p));
    if let Some(path) = path {
        if snapshot::content(path)? == snapshot::Content::Factors {
            options.set_process()?;
            return factors(options, path);
        }
        // what the options change in a table, and its zero rows, are judged with its flows
        if options.storage()? == Some(Storage::TradeShare) && options.reading.emissions.is_none() && options.reading.zero_output.is_none() {
            options.set_process()?;
            return in_file(options, path);
        }
        if matches!(options.storage()?, None | Some(Storage::Dense))
            && let Some((table, flows)) = load::load_full(options, path)?
        {
            return Ok((Known::Table(Arc::new(table)), Flows::Full(Box::new(flows))));
        }
    }
    let Loaded { table, .. } = load::load_for(options, Goal::System)?;
    Ok((Known::Table(table), Flows::Table))
}

/// Reads a table but for its flows.
fn in_file(options: &Options, path: &std::path::Path) -> Result<(Known, Flows)> {
    let flows = snapshot::open(path)?;
    room::factors(path, &flows)?;
    let mut table = flows.without_flows()?;
    table.provenance.files.insert(0, flows.source());
    if let Some(i) = table.x.iter().position(|x| !x.is_finite()) {
        let place = format!("{}: {}", path.display(), table.labels.row_name(i));
        return Err(Error::format(place, format!("output is {}, expected a finite number", table.x[i]), "correct the table"));
    }
    if let Some(stamp) = &options.reading.stamp {
        table.provenance.stamp = Some(stamp.clone());
    }
    Ok((Known::Table(Arc::new(table)), Flows::File(Box::new(flows))))
}

/// Reads a file of factors.
fn factors(options: &Options, path: &std::path::Path) -> Result<(Known, Flows)> {
    if options.reading.emissions.is_some() {
        return Err(Error::invalid("--emissions is for tables: a file of factors has its own", "leave --emissions out"));
    }
    if let Some(storage) = options.storage()?.filter(|s| *s != Storage::TradeShare) {
        let message = format!("{}: the file holds factors, which the {} operator does not keep", path.display(), storage.name());
        return Err(Error::invalid(message, "leave --operator out"));
    }
    let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
    memory::require(&path.display().to_string(), bytes, "use a machine with more memory")?;
    let mut table = snapshot::read_factors(path)?;
    table.check()?;
    if let Some(stamp) = &options.reading.stamp {
        table.provenance.stamp = Some(stamp.clone());
    }
    let (factors, offsets) = (std::mem::take(&mut table.factors), table.offsets());
    Ok((Known::Factored(Box::new(table), offsets), Flows::Factors(Box::new(factors))))
}

impl Flows {
    /// Makes A in the form that is asked for, or in one that suits it.
    pub fn problem(self, options: &Options, known: &Known) -> Result<Problem> {
        let begun = Instant::now();
        let Flows::Table = self else {
            let x = known.output().as_slice().expect("output is in one piece");
            let offsets = known.names().offsets;
            let (matrix, fit) = match self {
                Flows::Factors(factors) => (TradeShare::new(*factors)?.into(), Duration::ZERO),
                Flows::File(flows) => {
                    let fit = streamed(flows.as_ref(), offsets, x, EQUAL)?;
                    let corrected = fit.operator.factors().correction.as_ref().map_or(0, Operator::entries);
                    let misfit = fit.misfit;
                    note(
                        options,
                        &format!("flows read in two passes, not audited: misfit {misfit:.1e}, correction of {corrected} entries"),
                    );
                    (fit.operator.into(), begun.elapsed())
                }
                Flows::Full(flows) => {
                    let asked = options.storage()?;
                    let factors = if asked.is_none() { recognised(flows.as_ref(), offsets, known.output()) } else { None };
                    let spent = begun.elapsed();
                    match factors {
                        Some(factors) => {
                            note(options, load::RECOGNISED);
                            (factors.into(), spent)
                        }
                        None => (Matrix::from(flows.per_output(known.output())), spent),
                    }
                }
                Flows::Table => unreachable!("handled apart"),
            };
            return Ok(Problem { given: Given::new(matrix, offsets, Some(x)), fit });
        };
        let Known::Table(table) = known else { unreachable!("factors come with what is known of them") };
        let system = System::new(table.clone());
        let begun = Instant::now();
        let system = load::stored(options, system)?;
        let factored = system.operator().name() == Storage::TradeShare.name();
        Ok(Problem { given: system.given(), fit: if factored { begun.elapsed() } else { Duration::ZERO } })
    }
}

impl Known {
    /// The names of the rows.
    pub fn names(&self) -> RowNames<'_> {
        match self {
            Known::Table(table) => table.labels.row_names(),
            Known::Factored(table, offsets) => RowNames { regions: &table.regions, offsets, sectors: &table.products },
        }
    }

    /// Gross output (n).
    pub fn output(&self) -> &Array1<f64> {
        match self {
            Known::Table(table) => &table.x,
            Known::Factored(table, _) => &table.x,
        }
    }

    /// The stamp on every output.
    pub fn stamp(&self) -> Option<&str> {
        match self {
            Known::Table(table) => table.provenance.stamp.as_deref(),
            Known::Factored(table, _) => table.provenance.stamp.as_deref(),
        }
    }

    /// Demand of all kinds together (n).
    pub fn demand(&self) -> Vec<Bounded> {
        match self {
            Known::Table(table) => table.total_demand(),
            Known::Factored(table, _) => table.y.rows().into_iter().map(sum_exact).collect(),
        }
    }

    /// Final demand of region `r` (n); of a file of factors, which does not say who demands, that for products of `r`.
    pub fn demand_of(&self, r: usize) -> Vec<Bounded> {
        match self {
            Known::Table(table) => table.y.rows().into_iter().map(|y| sum_exact(table.labels.demand(r).map(|c| &y[c]))).collect(),
            Known::Factored(table, _) => {
                let own = self.names().rows(r);
                table.y.rows().into_iter().enumerate().map(|(i, y)| if own.contains(&i) { sum_exact(y) } else { Bounded::ZERO }).collect()
            }
        }
    }

    /// As [`Known::demand_of`], for every region (n x R), and the bounds where any sum is rounded.
    pub fn demand_by_region(&self) -> Result<(Array2<f64>, Option<Array2<f64>>)> {
        let names = self.names();
        let (n, regions) = (names.dim(), names.regions.len());
        // demand, the answer, its residual and what a method keeps of them
        let bytes = 4 * 8 * n as u64 * regions as u64;
        memory::require(&format!("{n} rows x {regions} columns of demand"), bytes, "ask for single regions with --demand region:NAME")?;
        Ok(match self {
            Known::Table(table) => table.demand_by_region(),
            Known::Factored(table, _) => {
                let (mut columns, mut bound) = (Array2::zeros((n, regions)), Array2::zeros((n, regions)));
                for r in 0..regions {
                    for i in names.rows(r) {
                        Bounded { value: columns[[i, r]], bound: bound[[i, r]] } = sum_exact(table.y.row(i));
                    }
                }
                let rounded = bound.iter().any(|b| *b != 0.0);
                (columns, rounded.then_some(bound))
            }
        })
    }

    /// Says on standard error what demand by region means where there are no destinations.
    pub fn note_origin(&self, options: &Options) {
        if let Known::Factored(..) = self {
            note(options, "the file of factors does not say who demands: a region stands for final demand for its products");
        }
    }

    /// The account of emissions that the options choose, and its amount per unit of output (n).
    pub fn emissions(&self, options: &Options) -> Result<(&Stressor, Array1<f64>)> {
        let account = match self {
            Known::Table(table) => &table.stressors[load::stressor(options, table)?],
            Known::Factored(table, _) => &table.stressors[load::chosen(options, &table.stressors)?],
        };
        Ok((account, per_output(&account.direct, self.output())))
    }

    /// Value added per unit of output (n), and the bounds of the quotients (n).
    pub fn value_added(&self) -> Result<(Array1<f64>, Array1<f64>)> {
        match self {
            Known::Table(table) if table.value_added.is_empty() && table.z.nnz() == 0 => Err(Error::invalid(
                "the table gives no value added: it is what the flows leave, and they stay in their file",
                "leave --operator trade-share out",
            )),
            Known::Table(table) => Ok(per_output_bounded(&table.bounded_value_added(), &table.x)),
            Known::Factored(..) => {
                Err(Error::invalid("the file of factors has no value added", "name a file of columns with --multipliers"))
            }
        }
    }
}
