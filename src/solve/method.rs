//! The methods by name, and the rule that chooses one.

use serde::{Deserialize, Serialize};

use crate::choice::named;
use crate::operator::{Operator, Storage};

/// Products alone are cheap where A has one number for so many entries, or fewer.
const FEW_OF: usize = 100;

/// How a system is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// `x <- b + A x`: the Neumann series, term by term.
    PowerSeries,
    /// Rows in order in groups and waves, newest values at once.
    GaussSeidel,
    /// Regions in waves, each region's block solved exactly (or swept over twice where it is large).
    RegionGaussSeidel,
    /// Exact domestic blocks and one fitted import pattern per product and buyer region; refined on the true A.
    TradeShareRefinement,
    /// GMRES on A itself.
    Gmres,
    /// GMRES on Gauss-Seidel.
    GmresGaussSeidel,
    /// GMRES on Gauss-Seidel by region.
    GmresRegionGaussSeidel,
    /// Dense LU of I - A, with refinement. For small n, and as the judge of the others.
    Direct,
}

named!(Method, "method", PowerSeries => "power-series", GaussSeidel => "gauss-seidel", RegionGaussSeidel => "region-gauss-seidel",
    TradeShareRefinement => "trade-share-refinement", Gmres => "gmres", GmresGaussSeidel => "gmres-gauss-seidel",
    GmresRegionGaussSeidel => "gmres-region-gauss-seidel", Direct => "direct");

impl Method {
    /// The method whose steps this one combines; itself where it combines none.
    pub fn steps(self) -> Method {
        match self {
            Method::Gmres => Method::PowerSeries,
            Method::GmresGaussSeidel => Method::GaussSeidel,
            Method::GmresRegionGaussSeidel => Method::RegionGaussSeidel,
            other => other,
        }
    }

    /// Whether it needs the entries of A: any operator will do for the others.
    pub fn needs_entries(self) -> bool {
        matches!(self.steps(), Method::GaussSeidel | Method::RegionGaussSeidel)
    }

    /// Whether it needs them by whole rows: groups of rows in waves, what no Krylov method combines.
    pub fn needs_rows(self) -> bool {
        self.needs_entries() && self.steps() == self
    }

    /// Whether the operator has what it needs.
    pub fn suits(self, operator: &dyn Operator) -> bool {
        (!self.needs_entries() || operator.stored().is_some()) && (!self.needs_rows() || operator.rows().is_some())
    }

    /// Whether it works on A in this form.
    pub fn works_on(self, storage: Storage) -> bool {
        match storage {
            Storage::Csr => true,
            Storage::Slices => !self.needs_rows() && self != Method::TradeShareRefinement,
            Storage::Dense | Storage::TradeShare => !self.needs_entries(),
        }
    }

    /// The rule of `auto` for so many right-hand sides. Up to 2,500 rows that are more than 5 % full: direct. Sparse
    /// otherwise, or rows in other processes: Gauss-Seidel by region, combined by GMRES. Up to 4 columns where all numbers are few beside n x n: GMRES, whose passes
    /// cost less than any setup. Every entry stored, or trade shares of each product: trade-share refinement. Other trade shares: GMRES on up
    /// to 4 columns, else the power series.
    pub fn auto(operator: &dyn Operator, columns: usize) -> Method {
        let (n, entries) = (operator.dim(), operator.entries());
        match (operator.stored(), columns) {
            (Some(_), _) if n <= 2_500 && entries * 20 > n * n => Method::Direct,
            (Some(_), _) => Method::GmresRegionGaussSeidel,
            (None, _) if operator.has_sweeps() => Method::GmresRegionGaussSeidel,
            (None, 0..=4) if entries < n * n / FEW_OF => Method::Gmres,
            (None, _) if entries >= n * n || operator.has_product_shares() => Method::TradeShareRefinement,
            (None, 0..=4) => Method::Gmres,
            (None, _) => Method::PowerSeries,
        }
    }
}
