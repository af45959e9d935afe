//! A table by its technologies, trade shares, demand and output, where Z itself would fill a data centre.
//!
//! `A = D + T M` (see [`crate::operator::trade_share`]), `x = A x + y 1`. Every region has the same products; rows go
//! region by region. 3,142 counties x 546 products are 1,715,532 rows: 23 TB as a matrix, half a gigabyte so.

use ndarray::{Array1, Array2};

use crate::error::{Error, Result};
use crate::labels::Name;
use crate::operator::TradeShare;
use crate::operator::trade_share::ShareForm;
use crate::table::{Provenance, Stressor};

/// A multi-regional input-output table by its trade shares and technologies. R regions, S products, n = R S rows, D demand columns.
#[derive(Default)]
pub struct ShareTable {
    /// The R regions.
    pub regions: Vec<Name>,
    /// The S products.
    pub products: Vec<Name>,
    /// Technologies, trade shares and, where given, domestic blocks.
    pub form: ShareForm,
    /// Names of the demand columns (D).
    pub demand: Vec<Name>,
    /// Final demand (n x D).
    pub y: Array2<f64>,
    /// Gross output (n).
    pub x: Array1<f64>,
    /// Emission accounts.
    pub stressors: Vec<Stressor>,
    /// Money unit, such as `million USD`.
    pub unit: String,
    /// Where all this came from.
    pub provenance: Provenance,
}

impl ShareTable {
    /// Number of rows n.
    pub fn dim(&self) -> usize {
        self.regions.len() * self.products.len()
    }

    /// Row ranges of the regions (R + 1).
    pub fn offsets(&self) -> Vec<usize> {
        (0..=self.regions.len()).map(|r| r * self.products.len()).collect()
    }

    /// Direct emissions per unit of output of one stressor (n; 0 where output is 0).
    pub fn intensities(&self, stressor: usize) -> Array1<f64> {
        crate::system::per_output(&self.stressors[stressor].direct, &self.x)
    }

    /// A as an operator, shares and technologies taken out of the table: there is room for them once.
    ///
    /// # Errors
    /// When lengths do not fit together or a number is not finite.
    pub fn take_operator(&mut self) -> Result<TradeShare> {
        self.check()?;
        TradeShare::new(std::mem::take(&mut self.form))
    }

    /// Makes sure that names, demand, output and emissions fit shares and technologies.
    ///
    /// # Errors
    /// Naming what does not.
    pub fn check(&self) -> Result<()> {
        let (n, f) = (self.dim(), &self.form);
        let mut lengths = vec![
            ("the list of regions".to_string(), self.regions.len(), f.regions),
            ("the list of products".into(), self.products.len(), f.products),
            ("the rows of final demand".into(), self.y.nrows(), n),
            ("the columns of final demand".into(), self.y.ncols(), self.demand.len()),
            ("output".into(), self.x.len(), n),
        ];
        for s in &self.stressors {
            lengths.push((format!("{} by row", s.name), s.direct.len(), n));
            lengths.extend(s.households.as_ref().map(|h| (format!("{} of households", s.name), h.len(), f.regions)));
        }
        match lengths.into_iter().find(|(_, found, expected)| found != expected) {
            Some((what, found, expected)) => {
                Err(Error::shape(format!("a table by its trade shares: {what} has length {found}, expected {expected}"), ""))
            }
            None => Ok(()),
        }
    }
}
