//! Who answers for what is emitted where: an account with the region of emission behind each number.

use ndarray::Array2;

use super::{Account, Principle};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::decompose::Flows;
use crate::system::Destination;

/// Emissions by region of emission (row) and member that answers for them (column): R x (R + 3), the regions, then
/// abroad, stock and error.
#[derive(Debug, Clone)]
pub struct Members {
    /// The principle.
    pub principle: Principle,
    /// Emitter x member, in the stressor's unit.
    pub matrix: Array2<Bounded>,
}

impl Members {
    /// The names of the members outside the regions, in the order of their columns.
    pub const OUTSIDE: [&'static str; 3] = ["abroad", "stock", "error"];

    /// The column of the member that a destination belongs to.
    pub(super) fn column(destination: Destination, r_count: usize) -> usize {
        match destination {
            Destination::Region(r) => r,
            Destination::Export => r_count,
            Destination::Stock => r_count + 1,
            Destination::Error => r_count + 2,
        }
    }

    /// The flows themselves: whoever demands answers.
    pub fn consumption(flows: &Flows) -> Self {
        let r_count = flows.region_count();
        let mut matrix = Array2::from_elem((r_count, r_count + 3), Bounded::ZERO);
        for (k, &d) in flows.destinations.iter().enumerate() {
            matrix.column_mut(Self::column(d, r_count)).assign(&flows.flow.column(k));
        }
        Members { principle: Principle::Consumption, matrix }
    }

    /// What each member answers for, over all emitters (R + 3).
    pub fn totals(&self) -> Vec<Bounded> {
        self.matrix.columns().into_iter().map(|c| c.iter().copied().sum()).collect()
    }

    /// Rows add up to direct emissions, columns to the account of the same principle.
    pub fn checks(&self, flows: &Flows, account: &Account) -> Vec<Check> {
        let direct: f64 = flows.direct.iter().map(|d| d.value.abs()).sum::<f64>().max(f64::MIN_POSITIVE);
        let limit = (10.0 * flows.rtol).max(1e-8);
        let gap = |a: &[Bounded], b: &[Bounded]| a.iter().zip(b).map(|(a, b)| (a.value - b.value).abs()).sum::<f64>() / direct;
        let rows: Vec<Bounded> = self.matrix.rows().into_iter().map(|r| r.iter().copied().sum()).collect();
        let name = self.principle.name();
        vec![
            Check::new(&format!("{name} by emitter adds up to direct emissions"), gap(&rows, &flows.direct), limit),
            Check::new(&format!("{name} by emitter adds up to its account"), gap(&self.totals(), &account.members()), limit),
        ]
    }
}
