//! Final demand of two tables by destination, as level times composition, and the mixtures of the two.
//!
//! `y = sum_d c_d l_d`; with the level of one year and the composition of the other, `y = sum_d y_d l'_d / l_d`.

use ndarray::{Array1, Array2};

use crate::bounded::{gamma, up};
use crate::system::{Destination, System};
use crate::table::Table;

/// One year's demand for one destination.
struct Year {
    column: Array1<f64>,
    /// What `column` may be off by.
    unsure: Array1<f64>,
    level: f64,
    /// Sum of sizes over the size of the sum: how much the rounding of the sum weighs.
    condition: f64,
    /// What the entries may be off by together, over the size of their sum.
    loose: f64,
}

/// Final demand of both years, destination by destination.
pub(super) struct Pair {
    years: [Vec<Year>; 2],
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Pair {
    /// Regions, then exports, stock change and error as far as either table has them.
    pub(super) fn new(before: &Table, after: &Table) -> Self {
        let systems = [before, after].map(System::demand_of);
        let mut notes = Vec::new();
        let regions = (0..before.labels.region_count()).map(Destination::Region);
        let mut years = [Vec::new(), Vec::new()];
        for destination in regions.chain([Destination::Export, Destination::Stock, Destination::Error]) {
            let part = |demand: Option<&Array2<f64>>, known: &[Destination]| {
                let at = known.iter().position(|d| *d == destination).zip(demand);
                at.map_or_else(|| Array1::zeros(before.dim()), |(k, demand)| demand.column(k).to_owned())
            };
            let columns = systems.each_ref().map(|(known, demand, _)| part(Some(demand), known));
            let unsure = systems.each_ref().map(|(known, _, bound)| part(bound.as_ref(), known));
            let signed: [f64; 2] = columns.each_ref().map(|c| c.sum());
            let sizes: [f64; 2] = columns.each_ref().map(|c| c.iter().map(|v| v.abs()).sum());
            // stock changes and errors have both signs and may add up to nothing: their level is the sum of sizes
            let by_size =
                matches!(destination, Destination::Stock | Destination::Error) || (0..2).any(|k| signed[k] <= 0.0 && sizes[k] > 0.0);
            if let Destination::Region(r) = destination
                && by_size
            {
                notes.push(format!(
                    "the final demand of {} does not add up to more than nothing: its level is the sum of sizes",
                    before.labels.regions[r]
                ));
            }
            for (k, (column, unsure)) in columns.into_iter().zip(unsure).enumerate() {
                let level = if by_size { sizes[k] } else { signed[k] };
                let condition = if level == 0.0 { 1.0 } else { sizes[k] / level };
                let loose = if level == 0.0 { 0.0 } else { unsure.sum() / level };
                years[k].push(Year { column, unsure, level, condition, loose });
            }
        }
        if systems.iter().any(|(known, ..)| known.contains(&Destination::Stock) || known.contains(&Destination::Error)) {
            notes.push(
                "stock change and the error column are destinations of their own; their level is the sum of the sizes of their entries"
                    .into(),
            );
        }
        Pair { years, notes }
    }

    /// Demand with the level of year `level` and the composition of year `composition`, and the size of its rounding.
    pub(super) fn mixed(&self, level: usize, composition: usize) -> (Array1<f64>, Array1<f64>) {
        let n = self.years[0][0].column.len();
        let (mut y, mut rounding) = (Array1::<f64>::zeros(n), Array1::<f64>::zeros(n));
        let count = self.years[0].len() as f64;
        for (levels, composed) in self.years[level].iter().zip(&self.years[composition]) {
            let (from, ratio, roundings, loose) = match (levels.level, composed.level) {
                // without a level in its own year a composition is that of the other
                (_, 0.0) => (levels, 1.0, count, 0.0),
                (a, b) if level != composition => {
                    let roundings = (n as f64 + 4.0) * (levels.condition + composed.condition) + count;
                    // relative errors of both levels; 1 / (1 - e) <= 1 + 2 e up to e = 1/2
                    let loose =
                        if composed.loose <= 0.5 { up(levels.loose + 2.0 * composed.loose * (1.0 + levels.loose)) } else { f64::INFINITY };
                    (composed, a / b, roundings, if levels.loose + composed.loose == 0.0 { 0.0 } else { loose })
                }
                _ => (composed, 1.0, count, 0.0),
            };
            y.scaled_add(ratio, &from.column);
            for ((to, v), e) in rounding.iter_mut().zip(&from.column).zip(&from.unsure) {
                let size = (ratio * v).abs();
                let off = if *e == 0.0 { 0.0 } else { ratio.abs() * e * (1.0 + loose) };
                *to += up(gamma(roundings) * size) + up(off + if size == 0.0 { 0.0 } else { loose * size });
            }
        }
        (y, rounding.mapv(|v| up(up(v) * (1.0 + gamma(count + 4.0)))))
    }
}
