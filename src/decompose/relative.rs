//! Emissions of regions per head and per unit of gross domestic product, households included.
//!
//! `(1'q_s + qh_s) / P_s`, `(sum_r Flow[r, s] + qh_s) / P_s` and `(Out_s - In_s) / P_s`; for groups of regions the
//! quotients of the sums.

use ndarray::Axis;

use super::Flows;
use super::grouping::Grouping;
use crate::bounded::Bounded;
use crate::leontief::Leontief;

/// What the emissions of a region are set against.
#[derive(Debug, Clone)]
pub struct Size {
    /// `head` or `GDP`.
    pub what: &'static str,
    /// Of each region (R).
    pub value: Vec<Bounded>,
    /// Unit of the quotients, such as `t/person`.
    pub unit: String,
    /// Units of the numerator in one of the flows.
    pub scale: f64,
}

/// Emissions of each region (or group) per head or per unit of its product; households included.
#[derive(Debug, Clone)]
pub struct Relative {
    /// What it is per.
    pub size: Size,
    /// The divisors, by group.
    pub divisor: Vec<Bounded>,
    /// Emitted in the group; without a divisor above 0, nothing.
    pub production: Vec<Option<Bounded>>,
    /// Emitted anywhere for its final demand.
    pub consumption: Vec<Option<Bounded>>,
    /// Emitted for other regions less emitted by them for it.
    pub net: Vec<Option<Bounded>>,
}

/// Production, consumption and net outflow against a size.
pub fn relative(flows: &Flows, regions: &Grouping, size: Size) -> Relative {
    let count = flows.region_count();
    let own = |s: usize| flows.households.as_ref().map_or(Bounded::ZERO, |h| h[s]);
    let divisor = regions.sum(&size.value);
    let over = |value: &dyn Fn(usize) -> Bounded| -> Vec<Option<Bounded>> {
        let sums = regions.sum(&(0..count).map(value).collect::<Vec<_>>());
        let scale = Bounded::exact(size.scale);
        sums.iter().zip(&divisor).map(|(v, d)| (d.value > d.bound).then(|| *v * scale / *d)).collect()
    };
    let footprint = |r: usize| flows.flow.index_axis(Axis(1), r).iter().copied().sum::<Bounded>() + own(r);
    let production = over(&|s| flows.direct[s] + own(s));
    let consumption = over(&footprint);
    let net = over(&|s| flows.net(s));
    Relative { production, consumption, net, divisor, size }
}

/// The value added of each region (R): the product that the table itself shows.
pub fn product_of_table(leontief: &Leontief) -> Vec<Bounded> {
    let value = leontief.system.table.bounded_value_added();
    let labels = leontief.system.labels();
    (0..labels.region_count()).map(|r| labels.rows(r).map(|i| value[i]).sum()).collect()
}
