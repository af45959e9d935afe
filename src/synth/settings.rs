//! What a random table is to look like, and what it will cost.

use super::rows::GROUPS;

/// What a random table is to look like. Shares outside their range count as the nearer end.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Number of regions.
    pub regions: usize,
    /// Sectors per region.
    pub sectors: usize,
    /// Share of the entries of Z that are not zero, 0 to 1. Each sector always buys from itself and from one other.
    pub density: f64,
    /// Entries of Z in a column, in place of the density: on average over the columns, and exactly so on average
    /// over the rows; without `skew` every row has as many.
    pub per_column: Option<usize>,
    /// Share of the entries that the fullest tenth of the rows holds: 0.1 (all rows alike) to 0.4. Less is reached
    /// where rows are full.
    pub skew: f64,
    /// Demand categories of each region, 1 or 2.
    pub categories: usize,
    /// Trade shares: `A_rs = diag(t_rs) M_s` for all pairs of regions r and s (own blocks are free), each entry off
    /// by up to this share of it, 0 to 1, evenly spread; 0 holds to rounding. The density is then that of each block.
    pub trade_shares: Option<f64>,
    /// Share of inputs and of final demand that comes from the own region, 0 to 1.
    pub domestic_share: f64,
    /// Exports abroad as a share of final demand.
    pub export_share: f64,
    /// Number of sectors without output, purchases, sales and emissions.
    pub zero_output: usize,
    /// Share of the entries of Z that are negative; none on the diagonal.
    pub negative_share: f64,
    /// Whether one small sector buys 1.3 times its output (the spectral radius stays below 1).
    pub column_sum_above_one: bool,
    /// Same seed, same bits.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            regions: 4,
            sectors: 6,
            density: 1.0,
            per_column: None,
            skew: EVEN,
            categories: 2,
            trade_shares: None,
            domestic_share: 0.8,
            export_share: 0.15,
            zero_output: 0,
            negative_share: 0.0,
            column_sum_above_one: false,
            seed: 1,
        }
    }
}

impl std::fmt::Display for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} regions of {} sectors, ", self.regions, self.sectors)?;
        match self.per_column {
            Some(count) => write!(f, "{count} flows a column, ")?,
            None => write!(f, "density {}, ", self.density)?,
        }
        write!(f, "skew {}, {} demand categories, ", self.skew, self.categories)?;
        if let Some(misfit) = self.trade_shares {
            write!(f, "trade shares off by {misfit}, ")?;
        }
        write!(f, "domestic share {}, export share {}, ", self.domestic_share, self.export_share)?;
        write!(f, "{} sectors without output, share of negative flows {}, ", self.zero_output, self.negative_share)?;
        if self.column_sum_above_one {
            f.write_str("one column sum above 1, ")?;
        }
        write!(f, "seed {}", self.seed)
    }
}

/// The fullest tenth of rows that are all alike.
pub(super) const EVEN: f64 = 0.1;
/// The largest skew.
pub(super) const STEEP: f64 = 0.4;

impl Settings {
    /// Every number within its range; one region, sector and sector with output there always is.
    pub(super) fn sensible(&self) -> Settings {
        let (regions, sectors) = (self.regions.max(1), self.sectors.max(1));
        Settings {
            regions,
            sectors,
            density: self.density.clamp(0.0, 1.0),
            skew: self.skew.clamp(EVEN, STEEP),
            categories: self.categories.clamp(1, 2),
            trade_shares: self.trade_shares.map(|misfit| misfit.clamp(0.0, 1.0)),
            domestic_share: if regions == 1 { 1.0 } else { self.domestic_share.clamp(0.0, 1.0) },
            export_share: self.export_share.clamp(0.0, 1.0),
            zero_output: self.zero_output.min(regions * sectors - 1),
            negative_share: self.negative_share.clamp(0.0, 1.0),
            ..*self
        }
    }

    /// Number of rows n, where it is a number.
    pub fn dim(&self) -> Option<usize> {
        self.regions.checked_mul(self.sectors)
    }

    /// About how many bytes [`table`](super::table) takes at its peak: 12 for each flow, 8 for each number of final
    /// demand, and for each row its share of the column sums by group, then names and vectors.
    pub fn bytes(&self) -> u64 {
        let n = self.regions as f64 * self.sectors as f64;
        let filled = self.per_column.map_or(self.density.clamp(0.0, 1.0) * n, |k| k as f64);
        let demand = self.regions as f64 * self.categories as f64;
        (n * (12.0 * filled.min(n).max(2.0) + 8.0 * demand + 16.0 * GROUPS as f64 + 200.0)) as u64
    }
}
