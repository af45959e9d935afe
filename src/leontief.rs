//! The Leontief model: every solve of the program, each made once, kept, and certified.
//!
//! `F(b)`: `(I - A) x = b`. `T(c)`: `(I - A') z = c`. Local forms with the domestic blocks only. Analyses ask here;
//! nothing else solves systems.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::bounded::up;
use crate::certificate::{self, Cover, Weight};
use crate::error::Result;
use crate::operator::{Abs, Direction};
use crate::plan::Plan;
use crate::solve::{DenseLu, Given, Judge, Method, Prepared, Solution, Splitting, Step, Stopping, solve};
use crate::system::{System, kept};
use crate::watch::Watch;

pub mod answer;
mod engine;
mod entries;
pub mod footprints;
mod inverse;
mod judge;
mod local;
mod masked;
pub mod near;
mod record;
mod scaled;
pub mod source;

use answer::Goal;
pub use answer::Sides;
pub use engine::{Engine, GivesWay, Solved};
pub use entries::EntryBounds;
pub use inverse::{Demanded, Inverse};
use judge::{Entries, Relative};
pub(crate) use local::{local_residual, local_sizes};
pub use masked::Mask;
pub use record::SolveRecord;

/// Tolerance of transposed and auxiliary solves, relative to the largest entry: below every answer made of them.
const AUXILIARY: f64 = 1e-13;
/// The same where nothing but a cover is made of the answer: of a table with several stressors.
const ROUGH: f64 = 1e-6;

/// What one factor (emissions, value added) is multiplied to on its way to final demand, by region of origin.
pub struct Multipliers {
    /// `T(E_s c)` (n x R): column s holds the factor from region s embodied in a unit of each product.
    pub z: Array2<f64>,
    /// Rigorous sizes of the residuals (n x R).
    pub sizes: Array2<f64>,
    /// Certified duals `z_s' (I - |A|) >= |E_s c|'`; `None` when the system is not proven productive.
    pub cover: Option<Arc<Cover>>,
}

/// Solved columns: `F(demand by destination)`, further ones, or what each row's product carries per unit (transposed).
pub struct Outputs {
    /// The answer for each column (n x K).
    pub x: Array2<f64>,
    /// Rigorous sizes of the residuals (n x K).
    pub sizes: Array2<f64>,
}

impl Outputs {
    /// Whether column `k` is 0 and nothing else, without demand and so without output.
    pub fn is_nothing(&self, k: usize) -> bool {
        self.x.column(k).iter().chain(self.sizes.column(k)).all(|v| *v == 0.0)
    }
}

/// A factor of production whose way to final demand is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A stressor of the table.
    Stressor(usize),
    /// Value added.
    Value,
}

/// A system, the way it is solved, and every answer found so far. Threads may share it.
pub struct Leontief {
    /// The system.
    pub system: Arc<System>,
    /// The method in use.
    pub method: Method,
    /// How A is kept and solved, and why.
    pub plan: Plan,
    /// Why another method than the one asked for is in use.
    pub fallback: Option<String>,
    /// When to stop.
    pub stopping: Stopping,
    watch: Watch,
    engine: Engine,
    blocks: OnceLock<Vec<DenseLu>>,
    solves: Mutex<Vec<SolveRecord>>,
    dual_weight: OnceLock<Option<Arc<Weight>>>,
    primal_weight: OnceLock<Option<Arc<Weight>>>,
    multipliers: Vec<OnceLock<Arc<Multipliers>>>,
    covers: Vec<OnceLock<Option<Arc<Cover>>>>,
    outputs: OnceLock<Arc<Outputs>>,
    inverse: OnceLock<Option<Arc<Inverse>>>,
}

impl Leontief {
    /// Prepares a method (`None`: that of [`crate::plan`]) for a system.
    ///
    /// # Errors
    /// When the method cannot work on this system: a singular block, a sector whose own input equals its output (a_ii >= 1); when `watch` is
    /// cancelled.
    pub fn new(system: impl Into<Arc<System>>, method: Option<Method>, stopping: Stopping, watch: Watch) -> Result<Self> {
        let system = system.into();
        let columns = system.demand.ncols() + system.region_count() * (system.intensities.len() + 1);
        let given = Given { watch: watch.clone(), ..system.given() };
        let engine = watch.run(|| Engine::new(given, method, columns, GivesWay::Always))?;
        Ok(Leontief {
            method: engine.method(),
            plan: engine.plan.clone(),
            fallback: engine.fallback.clone(),
            stopping,
            watch,
            engine,
            blocks: OnceLock::new(),
            solves: Mutex::default(),
            dual_weight: OnceLock::new(),
            primal_weight: OnceLock::new(),
            multipliers: (0..=system.intensities.len()).map(|_| OnceLock::new()).collect(),
            covers: (0..system.intensities.len()).map(|_| OnceLock::new()).collect(),
            outputs: OnceLock::new(),
            inverse: OnceLock::new(),
            system,
        })
    }

    /// Whether solves are to go on; once cancelled, every answer is unproven and comes at once.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// How every solve so far went, in order.
    pub fn solves(&self) -> Vec<SolveRecord> {
        self.records().clone()
    }

    fn records(&self) -> MutexGuard<'_, Vec<SolveRecord>> {
        self.solves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `w > 0` with `(I - |A|') w >= g > 0`; `None`: the system is not proven productive.
    pub fn dual_weight(&self) -> Option<Arc<Weight>> {
        let ones = Array2::ones((self.system.dim(), 1));
        self.watch.run(|| self.weight(&self.dual_weight, "weight, transposed", Direction::Transposed, ones))
    }

    /// `u > 0` with `(I - |A|) u >= g > 0`, scaled like output, or like sales where a row sells more than its output.
    pub fn primal_weight(&self) -> Option<Arc<Weight>> {
        self.primal_weight.get().cloned().unwrap_or_else(|| self.watch.run(|| self.made_primal_weight()))
    }

    fn made_primal_weight(&self) -> Option<Arc<Weight>> {
        let mut x = self.system.output.mapv(f64::abs);
        let sales = certificate::product(self.system.operator(), Direction::Forward, true, x.view().insert_axis(Axis(1)));
        let small = 1e-6 * x.mean().unwrap_or(0.0) + f64::MIN_POSITIVE;
        x.zip_mut_with(&sales.column(0), |x, &s| *x = x.max(s) + small);
        for (x, demand) in x.iter_mut().zip(self.system.demand.rows()) {
            *x = x.max(demand.iter().map(|v| v.abs()).sum());
        }
        self.weight(&self.primal_weight, "weight", Direction::Forward, x.insert_axis(Axis(1)))
    }

    /// The multipliers of a factor by region of origin, `T(E_s c)`.
    pub fn multipliers(&self, factor: Factor) -> Arc<Multipliers> {
        self.watch.run(|| self.made_multipliers(factor))
    }

    fn made_multipliers(&self, factor: Factor) -> Arc<Multipliers> {
        let (slot, name, c) = match factor {
            Factor::Stressor(k) => (k, "emission multipliers by origin", &self.system.intensities[k]),
            Factor::Value => (self.system.intensities.len(), "value-added multipliers by origin", &self.system.value),
        };
        let make = || {
            let weight = self.dual_weight();
            let c = self.system.by_origin(c);
            let judge = Relative { tolerance: AUXILIARY, weight: weight.clone() };
            let solution = self.run(name, Direction::Transposed, c.view(), &judge);
            let mut sizes = self.sizes(Direction::Transposed, c.view(), &solution);
            if factor == Factor::Value {
                // value added is a sum of cells: what it may be off by counts as residual
                charge(&mut sizes, self.system.by_origin(&self.system.value_bound).view());
            }
            let wanted = matches!(factor, Factor::Stressor(_));
            let cover = weight
                .filter(|_| wanted && !self.watch.is_cancelled())
                .map(|w| Arc::new(self.cover(Direction::Transposed, c.view(), &solution.x, w)));
            Arc::new(Multipliers { z: solution.x, sizes, cover })
        };
        kept(&self.multipliers[slot], make).clone()
    }

    /// Certified duals of a stressor by region of origin: those of its multipliers, where they are known or the table has no other stressor;
    /// else of multipliers solved roughly, which widens bounds by little.
    pub fn cover_of(&self, stressor: usize) -> Option<Arc<Cover>> {
        if self.system.intensities.len() == 1 || self.multipliers[stressor].get().is_some() {
            return self.multipliers(Factor::Stressor(stressor)).cover.clone();
        }
        let make = || {
            let weight = self.dual_weight()?;
            let c = self.system.by_origin(&self.system.intensities[stressor]);
            let judge = Relative { tolerance: ROUGH, weight: Some(weight.clone()) };
            let solution = self.run("emission multipliers by origin, roughly", Direction::Transposed, c.view(), &judge);
            (!self.watch.is_cancelled()).then(|| Arc::new(self.cover(Direction::Transposed, c.view(), &solution.x, weight)))
        };
        self.watch.run(|| kept(&self.covers[stressor], make).clone())
    }

    /// The output every destination needs, `F(demand)`, solved until each emission flow is certified.
    pub fn outputs(&self) -> Arc<Outputs> {
        let system = &self.system;
        let solved = || {
            let unsure = system.demand_bound.as_ref().map(|b| b.view());
            Arc::new(self.outputs_for("output by destination", Sides { b: system.demand.view(), unsure }))
        };
        kept(&self.outputs, solved).clone()
    }

    /// `F(b)` for columns of final demand, solved until each emission that they cause is certified by region.
    pub fn outputs_for<'b>(&self, name: &str, sides: impl Into<Sides<'b>>) -> Outputs {
        let sides = sides.into();
        self.watch.run(|| self.made_outputs(name, sides))
    }

    fn made_outputs(&self, name: &str, sides: Sides) -> Outputs {
        let system = &self.system;
        let b = sides.b;
        let covers: Option<Vec<Arc<Cover>>> = (0..system.intensities.len()).map(|k| self.cover_of(k)).collect();
        let solution = match covers {
            Some(covers) if !covers.is_empty() => {
                let judge = Entries {
                    covers: covers.iter().map(Arc::as_ref).collect(),
                    factors: system.intensities.iter().collect(),
                    offsets: &system.labels().offsets,
                    rtol: self.stopping.rtol_of_flows(),
                    floors: (0..system.intensities.len()).map(|k| self.floor(k)).collect(),
                };
                self.run(name, Direction::Forward, b, &judge)
            }
            _ => self.run(name, Direction::Forward, b, &Relative { tolerance: AUXILIARY, weight: None }),
        };
        let mut sizes = self.sizes(Direction::Forward, b, &solution);
        if let Some(unsure) = sides.unsure {
            charge(&mut sizes, unsure);
        }
        Outputs { x: solution.x, sizes }
    }

    /// The absolute floor of a stressor's bounds: a share of its total direct emissions.
    pub fn floor(&self, stressor: usize) -> f64 {
        self.stopping.floor * self.system.table.stressors[stressor].direct.iter().map(|v| v.abs()).sum::<f64>()
    }

    /// Right-hand sides (n x k) solved by the method in use and proven as far as `goal`, with a weight of their own.
    pub fn solve<'b>(&self, direction: Direction, sides: impl Into<Sides<'b>>, goal: Goal) -> Solved {
        let (sides, name) = (sides.into(), "right-hand sides");
        let solve = || {
            let tell = |prepared: &Prepared, solution: &Solution, failed: bool| self.record(name, prepared, sides.b, solution, failed);
            let progress = |step: &Step| self.watch.pass(name, step);
            self.engine.solve_told(direction, sides, &self.system.output, goal, &self.stopping, &progress, tell)
        };
        self.watch.run(solve)
    }

    /// `F(b)` for further columns, with rigorous residual sizes; accurate to rounding.
    pub fn forward(&self, name: &str, b: ArrayView2<f64>) -> Outputs {
        self.watch.run(|| self.closely(name, Direction::Forward, b, self.primal_weight()))
    }

    /// `T(c)` for further columns, with rigorous residual sizes; accurate to rounding.
    pub fn transposed(&self, name: &str, c: ArrayView2<f64>) -> Outputs {
        self.watch.run(|| self.closely(name, Direction::Transposed, c, self.dual_weight()))
    }

    fn closely(&self, name: &str, direction: Direction, b: ArrayView2<f64>, weight: Option<Arc<Weight>>) -> Outputs {
        let solution = self.run(name, direction, b, &Relative { tolerance: AUXILIARY, weight });
        let sizes = self.sizes(direction, b, &solution);
        Outputs { x: solution.x, sizes }
    }

    /// Bounds of all entries of a block of solves from the sizes of its residuals (n x k).
    pub fn entry_bounds(&self, direction: Direction, sizes: ArrayView2<f64>) -> EntryBounds {
        let weight = match direction {
            Direction::Forward => self.primal_weight(),
            Direction::Transposed => self.dual_weight(),
        };
        EntryBounds::new(weight, sizes)
    }

    /// Certified `x >= F(|b|)` from an approximate solution: bounds for transposed answers.
    pub fn primal_cover(&self, b: ArrayView2<f64>, approximate: &Array2<f64>) -> Option<Cover> {
        self.watch.run(|| self.primal_weight().map(|w| self.cover(Direction::Forward, b, approximate, w)))
    }

    /// Does the work of an analysis in the threads of the model.
    ///
    /// # Errors
    /// Those of `work`; [`crate::Error::Cancelled`] once the watch is cancelled, whatever `work` has made by then.
    pub(crate) fn worked<T: Send>(&self, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.watch.check()?;
        let made = self.watch.run(work);
        self.watch.check()?;
        made
    }

    fn run(&self, name: &str, direction: Direction, b: ArrayView2<f64>, judge: &dyn Judge) -> Solution {
        if self.watch.is_cancelled() {
            return Solution::cancelled(b);
        }
        let attempt = |prepared: &Prepared| {
            let solution = prepared.solve(direction, b, judge, &self.stopping, &|step| self.watch.pass(name, step));
            // the last pass is not followed by a check of the watch
            solution.history.last().map(|step| self.watch.pass(name, step));
            solution
        };
        self.engine.attempt(attempt, |prepared, solution, superseded| self.record(name, prepared, b, solution, superseded))
    }

    fn record(&self, name: &str, prepared: &Prepared, b: ArrayView2<f64>, solution: &Solution, superseded: bool) {
        let family = SolveRecord::new(name, (prepared.method(), prepared.operator()), b, solution);
        SolveRecord { superseded, ..family }.add_to(&mut self.records());
    }

    /// Solves with `|A|`; the power series always works on it.
    fn run_absolute(&self, name: &str, direction: Direction, b: ArrayView2<f64>, judge: &dyn Judge) -> Solution {
        let operator = self.system.operator();
        let watch = |step: &Step| self.watch.pass(name, step);
        let solution = solve(&Abs(operator), &Splitting::PowerSeries, direction, b, judge, &self.stopping, &watch);
        SolveRecord::new(name, (Method::PowerSeries, operator), b, &solution).add_to(&mut self.records());
        solution
    }

    fn weight(&self, slot: &OnceLock<Option<Arc<Weight>>>, name: &str, direction: Direction, b: Array2<f64>) -> Option<Arc<Weight>> {
        let make = || {
            let judge = Relative { tolerance: 1e-6, weight: None };
            let operator = self.system.operator();
            let solution = if operator.has_negative() {
                self.run_absolute(name, direction, b.view(), &judge)
            } else {
                self.run(name, direction, b.view(), &judge)
            };
            // what a cancelled solve leaves proves nothing
            if self.watch.is_cancelled() {
                return None;
            }
            certificate::weight(operator, direction, &solution.x.column(0).to_vec()).map(Arc::new)
        };
        kept(slot, make).clone()
    }

    fn cover(&self, direction: Direction, c: ArrayView2<f64>, approximate: &Array2<f64>, weight: Arc<Weight>) -> Cover {
        let operator = self.system.operator();
        if operator.has_negative() || c.iter().any(|v| *v < 0.0) {
            let size = c.mapv(f64::abs);
            let judge = Relative { tolerance: 1e-10, weight: Some(weight.clone()) };
            let solution = self.run_absolute("cover", direction, size.view(), &judge);
            return Cover::new(operator, direction, solution.x.view(), c, weight);
        }
        Cover::new(operator, direction, approximate.view(), c, weight)
    }

    fn sizes(&self, direction: Direction, b: ArrayView2<f64>, solution: &Solution) -> Array2<f64> {
        if self.watch.is_cancelled() {
            return Array2::from_elem(b.dim(), f64::INFINITY);
        }
        certificate::residual_sizes(self.system.operator(), direction, b, solution.x.view(), solution.residual.view())
    }
}

/// Adds to rigorous sizes of residuals what the right-hand sides may be off by.
pub(crate) fn charge(sizes: &mut Array2<f64>, unsure: ArrayView2<f64>) {
    sizes.zip_mut_with(&unsure, |size, &unsure| {
        if unsure != 0.0 {
            *size = up(*size + unsure);
        }
    });
}

/// `c' x` on the rows of each region (R entries) for one column.
pub(crate) fn by_region(offsets: &[usize], c: &Array1<f64>, x: ndarray::ArrayView1<f64>) -> Vec<f64> {
    offsets.windows(2).map(|w| (w[0]..w[1]).map(|i| c[i] * x[i]).sum()).collect()
}
