//! Final demand of two tables by destination, as level times composition, and the mixtures of the two.
//!
//! `y = sum_d c_d l_d`; with the level of one year and the composition of the other, `y = sum_d y_d l'_d / l_d`.

use ndarray::Array1;

use crate::bounded::{gamma, up};
use crate::system::{Destination, System};
use crate::table::Table;

/// One year's demand for one destination.
struct Year {
    column: Array1<f64>,
    level: f64,
    /// Sum of sizes over the size of the sum: how much the rounding of the sum weighs.
    condition: f64,
}

/// Final demand of both years, destination by destination.
pub struct Pair {
    years: [Vec<Year>; 2],
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Pair {
    /// Regions, then exports, stock change and error as far as either table has them.
    pub fn new(before: &Table, after: &Table) -> Self {
        let systems = [before, after].map(System::demand_of);
        let mut notes = Vec::new();
        let regions = (0..before.labels.region_count()).map(Destination::Region);
        let mut years = [Vec::new(), Vec::new()];
        for destination in regions.chain([Destination::Export, Destination::Stock, Destination::Error]) {
            let columns = systems.each_ref().map(|(known, demand)| {
                let at = known.iter().position(|d| *d == destination);
                at.map_or_else(|| Array1::zeros(before.dim()), |k| demand.column(k).to_owned())
            });
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
            for (k, column) in columns.into_iter().enumerate() {
                let level = if by_size { sizes[k] } else { signed[k] };
                let condition = if level == 0.0 { 1.0 } else { sizes[k] / level };
                years[k].push(Year { column, level, condition });
            }
        }
        if systems.iter().any(|(known, _)| known.contains(&Destination::Stock) || known.contains(&Destination::Error)) {
            notes.push(
                "stock change and the error column are destinations of their own; their level is the sum of the sizes of their entries"
                    .into(),
            );
        }
        Pair { years, notes }
    }

    /// Demand with the level of year `level` and the composition of year `composition`, and the size of its rounding.
    pub fn mixed(&self, level: usize, composition: usize) -> (Array1<f64>, Array1<f64>) {
        let n = self.years[0][0].column.len();
        let (mut y, mut rounding) = (Array1::<f64>::zeros(n), Array1::<f64>::zeros(n));
        let count = self.years[0].len() as f64;
        for (levels, composed) in self.years[level].iter().zip(&self.years[composition]) {
            let (from, ratio, roundings) = match (levels.level, composed.level) {
                // without a level in its own year a composition is that of the other
                (_, 0.0) => (levels, 1.0, count),
                (a, b) if level != composition => (composed, a / b, (n as f64 + 4.0) * (levels.condition + composed.condition) + count),
                _ => (composed, 1.0, count),
            };
            y.scaled_add(ratio, &from.column);
            rounding.zip_mut_with(&from.column, |to, v| *to += up(gamma(roundings) * (ratio * v).abs()));
        }
        (y, rounding.mapv(|v| up(up(v) * (1.0 + gamma(count + 4.0)))))
    }
}
