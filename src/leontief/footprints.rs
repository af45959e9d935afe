//! Emissions for the final demand of each region of a table by its trade shares, from one system for all of them.
//!
//! `m = f + A' m`, then `m' y_d` for every column d of demand; `|m - m*| <= b` makes the bound `b' |y_d|`. Miller and Blair,
//! *Input-Output Analysis*, 2nd ed., section 10.3.

use ndarray::Axis;

use super::answer::{Goal, Sides};
use super::engine::{Engine, Solved};
use crate::bounded::{Bounded, Sum, sum_exact, up, upper};
use crate::operator::Direction;
use crate::share_table::ShareTable;
use crate::solve::{Reason, Stopping};
use crate::system::per_output_bounded;
use crate::threads::prelude::*;

/// Part of the tolerance that multipliers are solved to: some regions demand what is known less well than the mean.
const PART: f64 = 0.1;

/// Emissions by column of demand.
pub struct Footprints {
    /// The stressor.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Of each column of demand (D), direct emissions of households apart.
    pub values: Vec<Bounded>,
    /// Direct emissions of all rows, which they add up to.
    pub direct: Bounded,
    /// How the solve ended.
    pub reason: Reason,
    /// Passes of the solve.
    pub passes: usize,
    /// The method of the solve.
    pub method: &'static str,
}

impl Footprints {
    /// Of a stressor of `table`, whose A is that of `engine`.
    pub fn of(engine: &Engine, table: &ShareTable, stressor: usize, stopping: &Stopping) -> Self {
        let account = &table.stressors[stressor];
        let direct: Vec<Bounded> = account.direct.iter().map(|v| Bounded::exact(*v)).collect();
        let (f, off) = per_output_bounded(&direct, &table.x);
        let (f, off) = (f.insert_axis(Axis(1)), off.insert_axis(Axis(1)));
        let goal = Goal::Bound(PART * stopping.rtol);
        let sides = Sides { b: f.view(), unsure: Some(off.view()) };
        let Solved { answer, plan, .. } = engine.solve(Direction::Transposed, sides, &table.x, goal, stopping, &|_| true);
        let m: Vec<Bounded> = (0..table.dim()).map(|i| Bounded::new(answer.solution.x[[i, 0]], answer.bound(i, 0))).collect();
        let values = (0..table.y.ncols()).into_par_iter().map(|d| total(&m, table.y.column(d).iter())).collect();
        Footprints {
            name: account.name.clone(),
            unit: account.unit.clone(),
            values,
            direct: sum_exact(&account.direct),
            reason: answer.solution.reasons[0],
            passes: answer.solution.passes,
            method: plan.method.name(),
        }
    }
}

/// `m' y` with the bounds of m and every rounding.
fn total<'a>(m: &[Bounded], y: impl Iterator<Item = &'a f64>) -> Bounded {
    let (mut values, mut bounds) = (Sum::default(), Sum::default());
    for (m, y) in m.iter().zip(y).filter(|(_, y)| **y != 0.0) {
        let term = *m * Bounded::exact(*y);
        values.add(term.value);
        bounds.add(term.bound);
    }
    let value = values.bounded();
    Bounded::new(value.value, up(value.bound + upper(bounds.bounded())))
}
