//! Whether the primal-dual correction pays: passes to certified emission flows, with it and without.
//!
//! Flow of c from z with `(I - A')z = c - rho` and x with `(I - A)x = b - r`: plain, `c'x` within `z'|r|`, z solved to
//! 1e-13 as [`isard::Leontief`] does; loose, the same with z as rough as the bound allows; corrected, `c'x + z'r` within
//! `|rho|'w max(|r|/g)`, w a weight of A; bounds of both kinds carry their rounding. Each entry's bound is to be 1e-9 of
//! it or 1e-15 of all emissions. Passes of duals and primal are chosen by trying all: no rule can need fewer.
//! Found, provinces and WIOD 2011: duals need few passes as covers (power series 96 -> 51 and 109 -> 60 in all); the
//! correction saves 1 to 10 more at its best choice (47 and 50). Rough duals pay, the correction hardly beyond them.
//! Becker, Rannacher, *An optimal control approach to a posteriori error estimation*, Acta Numerica 10, 2001.
//!
//! `cargo bench --bench primal_dual`. Tables without emissions get intensities of a made-up pattern.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use isard::bounded::{gamma, up};
use isard::certificate::{Cover, Weight, residual_sizes};
use isard::decompose::flows;
use isard::operator::Direction;
use isard::solve::{Prepared, RelativeResidual, Solution};
use isard::table::Stressor;
use isard::{Leontief, Method, Stopping, System, Table, io, synth};
use ndarray::{Array1, Array2};

const METHODS: [Method; 3] = [Method::PowerSeries, Method::GaussSeidel, Method::TradeShareRefinement];

/// A solution after so many passes and the rigorous sizes of its residuals.
struct Side {
    found: Solution,
    sizes: Array2<f64>,
}

struct Problem<'a> {
    system: &'a System<'a>,
    ready: Prepared<'a>,
    c: Array2<f64>,
    weight: Arc<Weight>,
    dual: Arc<Weight>,
    floor: f64,
}

impl Problem<'_> {
    fn side(&self, direction: Direction, passes: usize) -> Side {
        let b = if direction == Direction::Forward { &self.system.demand } else { &self.c };
        let never = RelativeResidual::new(1e-30, b.view());
        let stopping = Stopping { max_iter: passes, ..Stopping::default() };
        let found = self.ready.solve(direction, b.view(), &never, &stopping, &|_| true);
        let sizes = residual_sizes(self.system.operator(), direction, b.view(), found.x.view(), found.residual.view());
        Side { found, sizes }
    }

    fn cover(&self, dual: &Side) -> Cover {
        Cover::new(self.system.operator(), Direction::Transposed, dual.found.x.view(), self.c.view(), self.dual.clone())
    }

    /// The worst bound, in units of what is allowed.
    fn worst(&self, flow: &Array2<f64>, bound: &Array2<f64>) -> f64 {
        flow.iter().zip(bound).map(|(f, b)| b / (1e-9 * f.abs()).max(self.floor)).fold(0.0, f64::max)
    }

    /// Sums of n products, and what they may have lost.
    fn sums(&self, c: &Array2<f64>, x: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let lost = c.mapv(f64::abs).t().dot(&x.mapv(f64::abs)) * up(gamma(self.system.dim() as f64 + 3.0));
        (c.t().dot(x), lost)
    }

    fn plain(&self, cover: &Cover, primal: &Side) -> f64 {
        let (flow, lost) = self.sums(&self.c, &primal.found.x);
        self.worst(&flow, &(cover.bounds(primal.sizes.view()) + lost).mapv(up))
    }

    fn corrected(&self, dual: &Side, primal: &Side) -> f64 {
        let (direct, lost) = self.sums(&self.c, &primal.found.x);
        let (adjoint, lost_too) = self.sums(&dual.found.x, &primal.found.residual);
        // what the residuals themselves are off by
        let off = &primal.sizes - &primal.found.residual.mapv(f64::abs);
        let rounding = dual.found.x.mapv(f64::abs).t().dot(&off) + lost + lost_too;
        let left: Vec<f64> = dual.sizes.columns().into_iter().map(|rho| rho.iter().zip(&self.weight.w).map(|(r, w)| r * w).sum()).collect();
        let error: Vec<f64> =
            primal.sizes.columns().into_iter().map(|r| r.iter().zip(&self.weight.g).map(|(r, g)| r / g).fold(0.0, f64::max)).collect();
        let slack = 1.0 + gamma(self.system.dim() as f64 + 8.0);
        let bound = Array2::from_shape_fn(rounding.dim(), |(s, k)| up(slack * up(left[s] * error[k] + rounding[[s, k]])));
        self.worst(&(direct + adjoint), &bound)
    }
}

/// The fewest passes, dual + primal, for which `worst` is at most 1: for each number of dual passes the primal ones fall.
fn fewest(most: usize, mut worst: impl FnMut(usize, usize) -> f64) -> Option<(usize, usize)> {
    let (mut best, mut primal): (Option<(usize, usize)>, usize) = (None, most);
    for dual in 1..=most {
        while primal > 1 && worst(dual, primal - 1) <= 1.0 {
            primal -= 1;
        }
        if best.is_none_or(|(d, p)| dual + primal < d + p) && worst(dual, primal) <= 1.0 {
            best = Some((dual, primal));
        }
    }
    best
}

fn report(name: &str, table: &Table) {
    let system = System::new(table);
    println!("{name}: {} rows, {} origins, {} destinations", system.dim(), system.region_count(), system.destinations.len());
    for method in METHODS {
        let leontief = match Leontief::new(&system, Some(method), Stopping::default(), Box::new(|_, _| true)) {
            Ok(leontief) if leontief.fallback.is_none() => leontief,
            _ => {
                println!("  {}: not on this table", method.name());
                continue;
            }
        };
        let started = Instant::now();
        let found = flows(&leontief, 0);
        let seconds = started.elapsed().as_secs_f64();
        let families = leontief.families();
        let passes = |part: &str| families.iter().filter(|f| f.name.contains(part)).map(|f| f.passes).sum::<usize>();
        let (dual, primal) = (passes("by origin"), passes("by destination"));
        let (Some(weight), Some(dual_weight)) = (leontief.primal_weight(), leontief.dual_weight()) else {
            println!("  {}: not proven productive", method.name());
            continue;
        };
        let problem = Problem {
            system: &system,
            ready: Prepared::new(method, system.given()).expect("it was ready before"),
            c: system.by_origin(&system.intensities[0]),
            weight,
            dual: dual_weight,
            floor: leontief.floor(0),
        };
        let worst = found.flow.iter().map(|f| f.bound / (1e-9 * f.value.abs()).max(problem.floor)).fold(0.0, f64::max);
        println!(
            "  {:24} {:10} {dual:3} + {primal:3} = {:3} passes {seconds:7.3} s, worst bound {worst:.2}",
            method.name(),
            "plain",
            dual + primal
        );
        let (mut duals, mut primals, mut covers) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for corrected in [false, true] {
            let most = dual.max(primal) + 5;
            let best = fewest(most, |d, p| {
                let dual = duals.entry(d).or_insert_with(|| problem.side(Direction::Transposed, d));
                let primal = primals.entry(p).or_insert_with(|| problem.side(Direction::Forward, p));
                let cover = covers.entry(d).or_insert_with(|| problem.cover(dual));
                if corrected { problem.corrected(dual, primal) } else { problem.plain(cover, primal) }
            });
            let kind = if corrected { "corrected" } else { "loose" };
            let Some((d, p)) = best else {
                println!("  {:24} {kind:10} not certified within {most} passes each", "");
                continue;
            };
            let started = Instant::now();
            let (dual, primal) = (problem.side(Direction::Transposed, d), problem.side(Direction::Forward, p));
            let worst = if corrected { problem.corrected(&dual, &primal) } else { problem.plain(&problem.cover(&dual), &primal) };
            let seconds = started.elapsed().as_secs_f64();
            println!("  {:24} {kind:10} {d:3} + {p:3} = {:3} passes {seconds:7.3} s, worst bound {worst:.2}", "", d + p);
        }
    }
}

/// Intensities between 0.01 and 10 where a table has no emissions.
fn with_emissions(mut table: Table) -> Table {
    if table.stressors.is_empty() {
        let direct = Array1::from_iter(table.x.iter().enumerate().map(|(i, x)| x * 10f64.powf((i * 29 % 31) as f64 / 10.0 - 2.0)));
        table.stressors.push(Stressor { name: "made up".into(), unit: "t".into(), direct, households: None });
    }
    table
}

fn main() {
    if std::env::args().any(|a| a == "--test") {
        return report("synthetic", &synth::table(&synth::Settings::default()));
    }
    println!(
        "passes: duals + primal, all columns; worst bound in units of what is allowed; seconds without the weights for loose and corrected"
    );
    report("synthetic provinces", &synth::provinces(2017));
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    for name in ["world/wiod13/wiot_2011.npz", "china/mrio_30x42_2007_modelled/mrio30x42_2007.npz"] {
        match io::read(&shared.join(name), &io::Options::default()) {
            Ok(table) => report(name, &with_emissions(table)),
            Err(why) => println!("skipped: {why}"),
        }
    }
}
