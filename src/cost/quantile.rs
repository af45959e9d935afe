//! The linear programme of a quantile regression, with the fitted distances as variables of their own.
//!
//! ```text
//! min sum_i w_i [tau r+_i + (1 - tau) r-_i],   r-_i = D_i + lambda_t(i) + r+_i
//!   s.t. D_i = phi_i(z_i),   D_i <= phi_h(z_i) for the pairs (i, h)
//! ```
//! The same rows as `phi_i(z_i) <= phi_h(z_i)` of [`super::convex`], but a row names the slopes of one unit only: once the D are
//! given, units fall apart. A factorisation eliminates the slopes unit by unit and ends with a dense matrix of K distances, not of
//! K (N + 2) slopes.

use super::convex::{Model, Pairs, Sample};
use super::qp::Quadratic;
use super::settings::Returns;
use crate::error::Result;

/// Tolerance of the rounds that only look for rows.
const ROUGH: f64 = 1e-3;

/// Slopes by unit and effects of years, with the rows there are; `rough`: to [`ROUGH`] only.
///
/// # Errors
/// When the programme is not solved.
pub(super) fn solve(
    model: &Model,
    sample: &Sample,
    data: (&[Vec<f64>], &[f64]),
    pairs: &Pairs,
    rough: bool,
    who: &str,
) -> Result<(Vec<Vec<f64>>, Vec<f64>)> {
    let (regressors, level) = data;
    let (k, width) = (sample.len(), regressors[0].len());
    let effects = sample.year.iter().max().copied().unwrap_or(0);
    let (distance, effect) = (|i: usize| k * width + i, |t: usize| k * width + k + t);
    let above = |i: usize| k * width + k + effects + i;
    let mut program = Quadratic::new(k * width + effects + 2 * k);
    let free = usize::from(model.returns == Returns::Variable);
    // the mean loss, so that a tolerance means the same for any number of units
    let total: f64 = sample.weight.iter().sum();
    for i in 0..k {
        // the slopes of h at unit i
        let at = |h: usize, sign: f64| regressors[i].iter().enumerate().map(move |(j, v)| (h * width + j, sign * v));
        // what is below: r- = D_i + lambda + r+
        let below: Vec<usize> =
            [distance(i), above(i)].into_iter().chain((sample.year[i] < effects).then(|| effect(sample.year[i]))).collect();
        let weight = sample.weight[i] / total * k as f64;
        program.cost[above(i)] += weight * model.tau;
        below.iter().for_each(|&j| program.cost[j] += weight * (1.0 - model.tau));
        program.nonnegative(above(i));
        program.at_most(below.iter().map(|&j| (j, -1.0)).collect(), 0.0);
        program.equal(at(i, 1.0).chain([(distance(i), -1.0)]).collect(), level[i]);
        (0..width - free).for_each(|j| program.nonnegative(i * width + j));
        if let Some(most) = model.most(sample) {
            program.at_most(vec![(i * width + width - 1 - free, 1.0)], most);
        }
        for &h in &pairs.of[i] {
            program.at_most(at(h, -1.0).chain([(distance(i), 1.0)]).collect(), -level[i]);
        }
    }
    let x = if rough { program.roughly(ROUGH, who, model.way)? } else { program.solve(who, model.way)? };
    Ok((x[..k * width].chunks(width).map(<[f64]>::to_vec).collect(), x[effect(0)..above(0)].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::convex::Fit;
    use super::super::lp::Way;
    use super::super::panel::Units;
    use super::super::pooled::together;
    use super::super::settings::Norm;
    use super::super::simulate::Design;
    use super::*;

    /// Objective and distances of `phi_i(z_i) <= phi_h(z_i)` for all pairs, in slopes, effects and residuals alone.
    fn in_slopes(model: &Model, sample: &Sample, fit: &Fit) -> (f64, Vec<f64>) {
        let (k, width) = (sample.len(), fit.regressors[0].len());
        let effects = sample.year.iter().max().copied().unwrap_or(0);
        let (first, count) = (k * width + effects, k * width + effects + 2 * k);
        let mut program = Quadratic::new(count);
        for i in 0..k {
            let (above, below) = (first + 2 * i, first + 2 * i + 1);
            let at = |h: usize, sign: f64| fit.regressors[i].iter().enumerate().map(move |(j, v)| (h * width + j, sign * v));
            program.cost[above] = sample.weight[i] * model.tau;
            program.cost[below] = sample.weight[i] * (1.0 - model.tau);
            [above, below].into_iter().for_each(|j| program.nonnegative(j));
            let year = (sample.year[i] < effects).then_some((k * width + sample.year[i], 1.0));
            program.equal(at(i, 1.0).chain(year).chain([(above, 1.0), (below, -1.0)]).collect(), fit.level[i]);
            (0..fit.signed).for_each(|j| program.nonnegative(i * width + j));
            if let Some(most) = fit.most {
                program.at_most(vec![(i * width + fit.signed - 1, 1.0)], most);
            }
            (0..k).filter(|h| *h != i).for_each(|h| program.at_most(at(i, 1.0).chain(at(h, -1.0)).collect(), 0.0));
        }
        let x = program.solve("all pairs", Way::Scaled).expect("a solution");
        let phi = |i: usize| fit.regressors[i].iter().zip(&x[i * width..]).map(|(r, s)| r * s).sum::<f64>() - fit.level[i];
        (program.cost.iter().zip(&x).map(|(c, x)| c * x).sum(), (0..k).map(phi).collect())
    }

    #[test]
    fn distances_as_variables_leave_objective_and_residuals_of_seeded_panels() {
        // a tau of no small fraction, so that residuals are unique
        for (name, seed, years, returns, direction, tau) in [
            ("D2", 1, 1, Returns::Variable, [1.0, 1.0], 0.4931),
            ("A3", 2, 2, Returns::Constant, [1.0, 1.0], 0.8117),
            ("D3", 3, 2, Returns::Variable, [1.0, 0.0], 0.2743),
        ] {
            let panel = Design::named(name).expect("a design").panel(seed).panel;
            let units = Units::new(&panel);
            let regions: Vec<usize> = (0..units.regions).collect();
            let weights: Vec<f64> = regions.iter().map(|r| 1.0 + (r % 3) as f64 / 7.0).collect();
            let years: Vec<usize> = (units.years - years..units.years).collect();
            let (sample, _) = together(&units, &regions, &weights, &years);
            let model = Model { norm: Norm::Quantile, tau, direction, returns, way: Way::Scaled };
            let fit = model.fit(&sample, "a test").expect("a fit");
            let (objective, distance) = in_slopes(&model, &sample, &fit);
            assert!((objective - fit.objective).abs() < 1e-8, "{name}: {objective} {}", fit.objective);
            let apart = distance.iter().zip(&fit.distance).fold(0.0, |a: f64, (d, e)| a.max((d - e).abs()));
            assert!(apart < 1e-6, "{name}: residuals apart by {apart}");
        }
    }
}
