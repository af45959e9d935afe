//! What a system is made from: a table, a file of trade shares, or flows that stay in their file; and A in a form that suits it.
//!
//! Nothing here has a number of rows times a number of regions, unless demand is asked for by region.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ndarray::{Array1, Array2};

use crate::bounded::{Bounded, sum_exact};
use crate::error::{Error, Result};
use crate::labels::RowNames;
use crate::memory;
use crate::operator::detect::{EQUAL, Flows, recognised, streamed};
use crate::operator::trade_share::ShareForm;
use crate::operator::{Dense, Matrix, Operator, Storage, TradeShare};
use crate::share_table::ShareTable;
use crate::solve::Given;
use crate::system::{System, per_output, per_output_bounded};
use crate::table::{Stressor, Table};

/// Everything of a system but A: names, output, demand and emissions.
pub enum Data {
    /// Of a table.
    Table(Arc<Table>),
    /// Of a file of trade shares, with the row ranges of its regions.
    Shares(Box<ShareTable>, Vec<usize>),
}

/// What A is made from.
pub enum Source {
    /// The Z of the table.
    Table,
    /// Flows that stay where they are, read in two passes.
    Flows(Box<dyn Flows>),
    /// All flows of a full table.
    Full(Box<Dense>),
    /// Trade shares and technologies.
    Shares(Box<ShareForm>),
    /// A, whose rows are in other processes.
    Elsewhere(Matrix),
}

/// How A came to be kept as it is, where nobody asked for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// As it was given or asked for.
    Plain,
    /// By trade shares, every entry compared.
    Recognised,
    /// By trade shares of flows that were not audited.
    Streamed {
        /// `sum |A - A_fit| / sum |A|`.
        misfit: f64,
        /// Entries of the correction.
        correction: usize,
    },
}

/// A, ready for a method.
pub struct Equations {
    /// What a method is made ready from.
    pub given: Given,
    /// How A came to be kept as it is.
    pub form: Form,
    /// How long a fit took: it is part of the method, while A is part of the data.
    pub fit: Duration,
}

impl Source {
    /// Trade shares, and what comes with them.
    pub fn of_shares(mut table: ShareTable) -> (Data, Source) {
        let (form, offsets) = (std::mem::take(&mut table.form), table.offsets());
        (Data::Shares(Box::new(table), offsets), Source::Shares(Box::new(form)))
    }

    /// Makes A in the form that is asked for, or in one that suits it: with rows `whole` or not.
    ///
    /// # Errors
    /// If A has no such form, or flows cannot be read.
    ///
    /// # Panics
    /// If the data are of trade shares and the source is the Z of a table.
    pub fn equations(self, data: &Data, asked: Option<Storage>, whole: bool) -> Result<Equations> {
        let begun = Instant::now();
        let x = data.output().as_slice().expect("output is in one piece");
        let offsets = data.names().offsets;
        let plain = |matrix: Matrix| (matrix, Form::Plain, Duration::ZERO);
        let (matrix, form, fit) = match self {
            Source::Table => {
                let Data::Table(table) = data else { panic!("trade shares come with what is known of them") };
                let system = System::new(table.clone());
                let begun = Instant::now();
                let system = system.stored(asked, whole)?;
                let by_shares = system.operator().name() == Storage::TradeShare.name();
                let form = if by_shares && asked.is_none() { Form::Recognised } else { Form::Plain };
                let fit = if by_shares { begun.elapsed() } else { Duration::ZERO };
                return Ok(Equations { given: system.given(), form, fit });
            }
            Source::Elsewhere(matrix) => plain(matrix),
            Source::Shares(form) => plain(TradeShare::new(*form)?.into()),
            Source::Flows(flows) => {
                let found = streamed(flows.as_ref(), offsets, x, EQUAL)?;
                let correction = found.operator.form().correction.as_ref().map_or(0, Operator::entries);
                (found.operator.into(), Form::Streamed { misfit: found.misfit, correction }, begun.elapsed())
            }
            Source::Full(flows) => {
                let shares = if asked.is_none() { recognised(flows.as_ref(), offsets, data.output()) } else { None };
                let spent = begun.elapsed();
                match shares {
                    Some(shares) => (shares.into(), Form::Recognised, spent),
                    None => (Matrix::from(flows.per_output(data.output())), Form::Plain, spent),
                }
            }
        };
        Ok(Equations { given: Given::new(matrix, offsets, Some(x)), form, fit })
    }
}

impl Data {
    /// The names of the rows.
    pub fn names(&self) -> RowNames<'_> {
        match self {
            Data::Table(table) => table.labels.row_names(),
            Data::Shares(table, offsets) => RowNames { regions: &table.regions, offsets, sectors: &table.products },
        }
    }

    /// Gross output (n).
    pub fn output(&self) -> &Array1<f64> {
        match self {
            Data::Table(table) => &table.x,
            Data::Shares(table, _) => &table.x,
        }
    }

    /// Emission accounts.
    pub fn stressors(&self) -> &[Stressor] {
        match self {
            Data::Table(table) => &table.stressors,
            Data::Shares(table, _) => &table.stressors,
        }
    }

    /// The files that it was read from.
    pub fn files(&self) -> &[crate::table::Source] {
        match self {
            Data::Table(table) => &table.provenance.files,
            Data::Shares(table, _) => &table.provenance.files,
        }
    }

    /// The stamp on every output.
    pub fn stamp(&self) -> Option<&str> {
        match self {
            Data::Table(table) => table.provenance.stamp.as_deref(),
            Data::Shares(table, _) => table.provenance.stamp.as_deref(),
        }
    }

    /// Whether demand by region is demand for the products of a region, as nothing says who demands them.
    pub fn is_demand_by_origin(&self) -> bool {
        matches!(self, Data::Shares(..))
    }

    /// Demand of all kinds together (n).
    pub fn demand(&self) -> Vec<Bounded> {
        match self {
            Data::Table(table) => table.total_demand(),
            Data::Shares(table, _) => table.y.rows().into_iter().map(sum_exact).collect(),
        }
    }

    /// Final demand of region `r` (n); of a file of trade shares, which does not say who demands, that for products of `r`.
    pub fn demand_of(&self, r: usize) -> Vec<Bounded> {
        match self {
            Data::Table(table) => table.y.rows().into_iter().map(|y| sum_exact(table.labels.demand(r).map(|c| &y[c]))).collect(),
            Data::Shares(table, _) => {
                let own = self.names().rows(r);
                table.y.rows().into_iter().enumerate().map(|(i, y)| if own.contains(&i) { sum_exact(y) } else { Bounded::ZERO }).collect()
            }
        }
    }

    /// As [`Data::demand_of`], for every region (n x R), and the bounds where any sum is rounded.
    ///
    /// # Errors
    /// If the columns do not fit into memory; `help` names what to ask for instead.
    pub fn demand_by_region(&self, help: &str) -> Result<(Array2<f64>, Option<Array2<f64>>)> {
        let names = self.names();
        let (n, regions) = (names.dim(), names.regions.len());
        // demand, the answer, its residual and what a method keeps of them
        let bytes = 4 * 8 * n as u64 * regions as u64;
        memory::require(&format!("{n} rows x {regions} columns of demand"), bytes, help)?;
        Ok(match self {
            Data::Table(table) => table.demand_by_region(),
            Data::Shares(table, _) => {
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

    /// Direct emissions of a stressor per unit of output (n).
    pub fn intensities(&self, stressor: usize) -> Array1<f64> {
        per_output(&self.stressors()[stressor].direct, self.output())
    }

    /// Value added per unit of output (n), and the bounds of the quotients (n).
    ///
    /// # Errors
    /// If the source gives no value added, and no flows that leave it; `help` has the remedy for flows in a file, and for
    /// trade shares.
    pub fn value_added(&self, help: [&str; 2]) -> Result<(Array1<f64>, Array1<f64>)> {
        match self {
            Data::Table(table) if table.value_added.is_empty() && table.z.nnz() == 0 => {
                Err(Error::missing("the table gives no value added: it is what the flows leave, and they stay in their file", help[0]))
            }
            Data::Table(table) => Ok(per_output_bounded(&table.bounded_value_added(), &table.x)),
            Data::Shares(..) => Err(Error::missing("the file of trade shares has no value added", help[1])),
        }
    }
}
