//! The input-output table of one region, and whether those of several go together.
//!
//! Competitive: `Z 1 + Y 1 + exports + outflow + error = output + imports + inflow`, Z and Y with what is imported. Not competitive:
//! imports stand in a row of their own, by buyer, and Z and Y are without them.

use ndarray::{Array1, Array2};

use super::alone;
use crate::error::{Error, Result};
use crate::labels::{Name, key};
use crate::table::Source;
use crate::units::Unit;

/// Largest distance of a row from its identity, relative to the largest output.
const BALANCED: f64 = 1e-6;

/// Imports from abroad.
#[derive(Debug, Clone, PartialEq)]
pub enum Imported {
    /// By product (S), within Z and Y.
    Within(Array1<f64>),
    /// By buying sector (S) and by demand category (K), not within Z and Y.
    Apart(Array1<f64>, Array1<f64>),
}

/// The table of one region: S products, K categories of final demand.
#[derive(Debug, Clone)]
pub struct Regional {
    /// Where it was read, for messages.
    pub place: String,
    /// The file.
    pub source: Source,
    /// The region.
    pub region: Name,
    /// The year, where the table names one.
    pub year: Option<i32>,
    /// The money unit.
    pub unit: String,
    /// The S products, which are the sectors too.
    pub products: Vec<Name>,
    /// The K categories of final demand.
    pub categories: Vec<Name>,
    /// Intermediate use (S x S).
    pub z: Array2<f64>,
    /// Final demand (S x K).
    pub y: Array2<f64>,
    /// Exports abroad (S).
    pub exports: Array1<f64>,
    /// Outflow to other regions (S).
    pub outflow: Array1<f64>,
    /// Inflow from other regions (S).
    pub inflow: Array1<f64>,
    /// Imports from abroad.
    pub imported: Imported,
    /// The published error (S).
    pub error: Array1<f64>,
    /// Output (S).
    pub output: Array1<f64>,
    /// Rows of value added (S each).
    pub value_added: Vec<(Name, Array1<f64>)>,
}

impl Regional {
    /// Use of each product inside the region (S).
    pub fn used(&self) -> Array1<f64> {
        self.z.sum_axis(ndarray::Axis(1)) + self.y.sum_axis(ndarray::Axis(1))
    }

    /// Imports by product, where they are within use.
    pub fn imports(&self) -> Option<&Array1<f64>> {
        if let Imported::Within(m) = &self.imported { Some(m) } else { None }
    }

    fn misfit(&self) -> Option<(&'static str, usize, usize)> {
        let (s, k) = (self.products.len(), self.categories.len());
        let mut lengths = vec![
            ("the rows of Z", self.z.nrows(), s),
            ("the columns of Z", self.z.ncols(), s),
            ("the rows of final demand", self.y.nrows(), s),
            ("the columns of final demand", self.y.ncols(), k),
            ("exports", self.exports.len(), s),
            ("outflow", self.outflow.len(), s),
            ("inflow", self.inflow.len(), s),
            ("the error", self.error.len(), s),
            ("output", self.output.len(), s),
        ];
        match &self.imported {
            Imported::Within(m) => lengths.push(("imports", m.len(), s)),
            Imported::Apart(m, f) => lengths.extend([("imports of sectors", m.len(), s), ("imports of final demand", f.len(), k)]),
        }
        lengths.extend(self.value_added.iter().map(|v| ("value added", v.1.len(), s)));
        lengths.into_iter().find(|(_, found, expected)| found != expected)
    }

    /// Refuses a table whose rows do not add up, with the product and both numbers.
    fn adds_up(&self) -> Result<()> {
        let used = self.used();
        let largest = self.output.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
        for i in 0..self.products.len() {
            let uses = used[i] + self.exports[i] + self.outflow[i] + self.error[i];
            let supply = self.output[i] + self.imports().map_or(0.0, |m| m[i]) + self.inflow[i];
            if !((uses - supply).abs() <= BALANCED * largest) {
                let text = format!("{}: uses add to {uses}, output, imports and inflow to {supply}", self.products[i]);
                return Err(Error::format(&self.place, text, "correct the row, or put the difference into the column ERR"));
            }
            if self.output[i] < 0.0 || self.z.row(i).iter().any(|v| *v < 0.0) {
                let text = format!("{}: a negative output or intermediate flow", self.products[i]);
                return Err(Error::format(&self.place, text, "correct the row: trade shares need flows that are not negative"));
            }
        }
        Ok(())
    }
}

/// Makes sure that tables are of one year, one unit, one list of sectors and of regions that are all different.
///
/// # Errors
/// Naming both tables, what differs, and the remedy.
pub fn agree(all: &[Regional]) -> Result<()> {
    let [first, rest @ ..] = all else { return Err(alone(0)) };
    if rest.is_empty() {
        return Err(alone(1));
    }
    for (k, table) in all.iter().enumerate() {
        if let Some((what, found, expected)) = table.misfit() {
            return Err(Error::shape(format!("{}: {what} has length {found}, expected {expected}", table.place), "give all of the table"));
        }
        if let Some(same) = all[..k].iter().find(|t| t.region.matches(&table.region.given)) {
            let text = format!("it is of {}, and so is {}", table.region, same.place);
            return Err(Error::format(&table.place, text, "name one table of each region"));
        }
    }
    for table in rest {
        if first.year != table.year {
            let year = |t: &Regional| t.year.map_or("no year".into(), |y| format!("the year {y}"));
            let text = format!("it names {}, {} names {}", year(table), first.place, year(first));
            return Err(Error::format(&table.place, text, "name tables of one year"));
        }
        let units = (Unit::read(&first.unit), Unit::read(&table.unit));
        if !matches!(&units, (Ok(a), Ok(b)) if a.same(b)) {
            let text = format!("its unit is \"{}\", that of {} is \"{}\"", table.unit, first.place, first.unit);
            return Err(Error::format(&table.place, text, format!("convert it to {}", first.unit)));
        }
        same(&first.products, &table.products, "sector", (first, table))?;
        same(&first.categories, &table.categories, "category of final demand", (first, table))?;
        if std::mem::discriminant(&first.imported) != std::mem::discriminant(&table.imported) {
            let text = format!("imports are within the uses of one of this table and {}, apart in the other", first.place);
            return Err(Error::format(&table.place, text, "name tables of one form"));
        }
    }
    all.iter().try_for_each(Regional::adds_up)
}

fn same(first: &[Name], other: &[Name], what: &str, (one, two): (&Regional, &Regional)) -> Result<()> {
    let at = first.iter().zip(other).position(|(a, b)| key(&a.en) != key(&b.en));
    let at = at.or((first.len() != other.len()).then(|| first.len().min(other.len())));
    let Some(at) = at else { return Ok(()) };
    let shown = |list: &[Name]| list.get(at).map_or("nothing".into(), |n| format!("\"{n}\""));
    let text =
        format!("{what} {} of {} is {}, of {} in {} it is {}", at + 1, other.len(), shown(other), first.len(), one.place, shown(first));
    Err(Error::format(&two.place, text, "bring all tables to one list: isard aggregate, or the same codes in the same order"))
}
