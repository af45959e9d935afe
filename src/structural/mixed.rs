//! Emissions by region for every mixture of the determinants of two years: four columns with each of four systems.

use std::sync::Arc;

use ndarray::{Array1, Array2};

use super::{Followed, How, demand, technology};
use crate::bounded::{Bounded, gamma, up};
use crate::certificate::product;
use crate::error::{Error, Result};
use crate::leontief::{Leontief, SolveRecord};
use crate::operator::{Direction, Storage};
use crate::system::System;
use crate::table::Table;

/// A factor of one table.
pub(super) struct Account {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// By row (n).
    pub direct: Array1<f64>,
    /// What `direct` may be off by (n).
    pub unsure: Array1<f64>,
}

/// The factor that is followed, in one table.
pub(super) fn account(table: &Table, followed: &Followed) -> Result<Account> {
    let stressor = match followed {
        Followed::Value => {
            let value = table.bounded_value_added();
            let (direct, unsure) = (value.iter().map(|v| v.value).collect(), value.iter().map(|v| v.bound).collect());
            return Ok(Account { name: "value-added".into(), unit: table.unit.clone(), direct, unsure });
        }
        Followed::Stressor(None) => table.stressors.first(),
        Followed::Stressor(Some(name)) => {
            let known: Vec<&str> = table.stressors.iter().map(|s| s.name.as_str()).collect();
            Some(table.stressors.iter().find(|s| s.name == *name).ok_or_else(|| Error::unknown("stressor", name, &known))?)
        }
    };
    let found = stressor.ok_or_else(|| {
        let file = table.provenance.files.first().map_or("a table".to_string(), |f| f.path.display().to_string());
        Error::missing(format!("{file} has no emissions"), "name an inventory for each table, or follow value added")
    })?;
    let unsure = Array1::zeros(table.dim());
    Ok(Account { name: found.name.clone(), unit: found.unit.clone(), direct: found.direct.clone(), unsure })
}

/// The emissions of all 32 mixtures.
pub(super) struct Solved {
    /// By subset of the five determinants: R regions, then their sum.
    values: Vec<Vec<Bounded>>,
    /// Right-hand sides.
    pub columns: usize,
    /// How the solves went.
    pub solves: Vec<SolveRecord>,
}

impl Solved {
    /// Solves, one system at a time.
    pub(super) fn new(
        before: &Arc<Table>,
        after: &Arc<Table>,
        coefficients: &technology::Pair,
        demand: &demand::Pair,
        direct: [&Account; 2],
        how: &How,
    ) -> Result<Self> {
        let tables = [before, after];
        let output = ndarray::Zip::from(&before.x).and(&after.x).map_collect(|a, b| a.abs().max(b.abs()));
        let intensities = intensities([before, after], coefficients, direct);
        let mut solved = Solved { values: vec![Vec::new(); 32], columns: 0, solves: Vec::new() };
        // level and composition of either year
        let (mut b, mut rounding) = (Array2::zeros((before.dim(), 4)), Array2::zeros((before.dim(), 4)));
        for k in 0..4 {
            let (y, unsure) = demand.mixed(k & 1, k >> 1);
            b.column_mut(k).assign(&y);
            rounding.column_mut(k).assign(&unsure);
        }
        for k in 0..4 {
            how.watch.check()?;
            let (technology, trade) = (k & 1, k >> 1);
            let whole = how.method.is_some_and(|m| !m.works_on(Storage::Slices));
            let system = System::with_coefficients(tables[technology].clone(), coefficients.mixed(technology, trade), output.clone())
                .stored(how.storage, whole)?;
            let leontief = Leontief::new(system, how.method, how.stopping, how.watch.clone())?;
            let name = format!("output with technology {} and trade {}", technology + 1, trade + 1);
            let outputs = leontief.forward(&name, b.view());
            let more = gamma(coefficients.roundings(technology, trade) + 1.0);
            let inputs = product(leontief.system.operator(), Direction::Forward, true, outputs.x.mapv(f64::abs).view());
            let sizes = ndarray::Zip::from(&outputs.sizes).and(&rounding).and(&inputs).map_collect(|s, r, a| up(up(s + r) + up(more * a)));
            let bounds = leontief.entry_bounds(Direction::Forward, sizes.view());
            solved.columns += b.ncols();
            solved.solves.extend(leontief.solves());
            for (column, mix) in (0..4).zip([0b00000, 0b01000, 0b10000, 0b11000]) {
                for (year, f) in intensities.iter().enumerate() {
                    let set = year | technology << 1 | trade << 2 | mix;
                    solved.values[set] = by_region(before, f, &outputs.x, &|i| bounds.bound(i, column), column);
                }
            }
        }
        Ok(solved)
    }

    /// Emissions when the determinants in `set` (a bit each) are those of the second table: R regions, then their sum.
    pub(super) fn value(&self, set: usize) -> Vec<Bounded> {
        self.values[set].clone()
    }
}

/// Intensities of both years; a sector with output in one year only has that year's in both.
fn intensities(tables: [&Table; 2], coefficients: &technology::Pair, direct: [&Account; 2]) -> [Vec<Bounded>; 2] {
    let per_output = |k: usize| -> Vec<Bounded> {
        let each = direct[k].direct.iter().zip(&direct[k].unsure).zip(&tables[k].x);
        each.map(|((q, e), x)| if *x == 0.0 { Bounded::ZERO } else { Bounded::new(*q, *e) / Bounded::exact(*x) }).collect()
    };
    let own = [0, 1].map(per_output);
    [0, 1].map(|k| {
        let mut f = own[k].clone();
        coefficients.borrowed[k].iter().for_each(|&j| f[j] = own[1 - k][j]);
        f
    })
}

fn by_region(table: &Table, f: &[Bounded], x: &Array2<f64>, bound: &dyn Fn(usize) -> f64, column: usize) -> Vec<Bounded> {
    let sum = |mut rows: std::ops::Range<usize>| {
        let (mut value, mut size, mut error) = (0.0, 0.0, 0.0);
        let terms = rows.len() as f64;
        for i in rows.clone().filter(|&i| f[i] != Bounded::ZERO) {
            let (f, x) = (f[i], x[[i, column]]);
            value += f.value * x;
            size += (f.value * x).abs();
            error += f.bound * x.abs() + (f.value.abs() + f.bound) * bound(i);
        }
        if rows.all(|i| f[i] == Bounded::ZERO) {
            return Bounded::ZERO;
        }
        let slack = gamma(terms + 6.0);
        Bounded::new(value, up(up(error * (1.0 + slack)) + up(slack * size)))
    };
    let mut values: Vec<Bounded> = (0..table.labels.region_count()).map(|s| sum(table.labels.rows(s))).collect();
    values.push(sum(0..table.dim()));
    values
}
