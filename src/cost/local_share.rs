//! Prices from the share of CO2 in the value of GDP and CO2, which convex regressions of several years give and like regions lend.
//!
//! ```text
//! each of the last W years, tau in {.1, .5, .9}, direction (1,1) and (1,0): an expectile regression with constant returns
//! m_i  mean over the fits of the share's range at the fitted point  y^ = y + D s g_y,  b^ = b - D s g_b
//! m~ = K m,  K = exp(-d^2 / 2 h^2) over its row sum, d the distance in standardised ln x_n / labour, ln CO2 / energy
//! p_i = m~_i / (1 - m~_i) y^_i / b^_i,  y^ / b^ the geometric mean of the tau = .5 fits of the price year
//! ```
//! It assumes a convex technology with constant returns, a share that varies slowly with the ratios of inputs, and noise in both GDP
//! and CO2, hence two directions. `h = 0` is the share of each region alone (raw), `h = inf` one share for all. Regressions
//! are those of [`super::convex`]; averages over expectiles and years replace the choice of one.

use crate::threads::prelude::*;

use super::convex::{self, Fit, Model, Sample, standardised};
use super::face;
use super::panel::{Roles, Units};
use super::price::{Beside, Found, Mark};
use super::settings::{NO_BOUND, Norm, Returns, Settings};
use crate::check::Check;
use crate::error::{Error, Result};

/// Expectiles: low, middle, near the frontier.
pub(super) const TAUS: [f64; 3] = [0.1, 0.5, 0.9];

/// Directions in means of the year: noise in both, noise in GDP.
pub(super) const DIRECTIONS: [[f64; 2]; 2] = [[1.0, 1.0], [1.0, 0.0]];

/// Fitted GDP or CO2 below this part of the observed one is replaced by the observed one.
const LEAST: f64 = 0.2;

/// One fit of one year's regions.
pub(super) struct YearFit {
    pub fit: Fit,
    /// GDP and CO2 of each region of the sample at its fitted point, in means of the panel.
    pub fitted: Vec<[f64; 2]>,
    /// Mean GDP and CO2 of the year, in means of the panel.
    pub means: [f64; 2],
}

/// The regions of a sample in one year over their means, and mean GDP and CO2.
pub(super) fn cross_section(units: &Units, regions: &[usize], weights: &[f64], year: usize) -> (Sample, [f64; 2]) {
    let count = regions.len() as f64;
    let mean = |of: &dyn Fn(usize) -> f64| regions.iter().map(|&r| of(units.at(r, year))).sum::<f64>() / count;
    let inputs: Vec<f64> = (0..units.inputs()).map(|n| mean(&|k| units.x[[k, n]])).collect();
    let means = [mean(&|k| units.y[k]), mean(&|k| units.b[k])];
    let at = |r: usize| units.at(r, year);
    let sample = Sample {
        x: regions.iter().map(|&r| inputs.iter().enumerate().map(|(n, m)| units.x[[at(r), n]] / m).collect()).collect(),
        y: regions.iter().map(|&r| units.y[at(r)] / means[0]).collect(),
        b: Some(regions.iter().map(|&r| units.b[at(r)] / means[1]).collect()),
        weight: regions.iter().map(|&r| weights[r]).collect(),
        year: vec![0; regions.len()],
    };
    (sample, means)
}

impl YearFit {
    /// Fits one year.
    ///
    /// # Errors
    /// When the regression is not solved.
    pub(super) fn new(
        units: &Units,
        regions: &[usize],
        weights: &[f64],
        year: usize,
        tau: f64,
        direction: [f64; 2],
        settings: &Settings,
    ) -> Result<Self> {
        let (sample, means) = cross_section(units, regions, weights, year);
        let model = Model { norm: Norm::Expectile, tau, direction, returns: Returns::Constant, way: settings.solver };
        let fit = model.fit(&sample, &format!("year {} at tau {tau}", units.year_names[year]))?;
        let kept = |fitted: f64, seen: f64| if fitted < LEAST * seen { seen } else { fitted };
        let b = sample.b.as_deref().unwrap_or_default();
        let fitted = (0..regions.len())
            .map(|i| {
                let moved = fit.distance[i] * fit.size[i];
                let y = kept(sample.y[i] + moved * direction[0], sample.y[i]);
                let b = kept(b[i] - moved * direction[1], b[i]);
                [y * means[0], b * means[1]]
            })
            .collect();
        Ok(YearFit { fit, fitted, means })
    }

    /// The share at a delta.
    fn share(&self, i: usize, delta: f64) -> f64 {
        let [y, b] = self.fitted[i];
        face::share(delta, self.fit.gamma(delta), y / self.means[0], b / self.means[1])
    }

    /// The share's range over the face of each region.
    pub(super) fn range(&self, who: impl Fn(usize) -> String) -> Result<Vec<[f64; 2]>> {
        let one = |i: usize| Ok(face::range(&self.fit, i, self.fit.signed - 1, &who(i))?.map(|delta| self.share(i, delta)));
        (0..self.fitted.len()).map(one).collect()
    }

    /// The share by the slopes that the solver found.
    pub(super) fn gradient(&self) -> Vec<f64> {
        (0..self.fitted.len()).map(|i| self.share(i, self.fit.delta(i))).collect()
    }
}

/// Refuses fewer regions than the regression has slopes, and others that no option can change.
pub(super) fn sample(units: &Units, weights: &[f64]) -> Result<Vec<usize>> {
    let regions: Vec<usize> = (0..units.regions).filter(|&r| weights[r] > 0.0).collect();
    let needed = units.inputs() + 3;
    if regions.len() < needed {
        return Err(Error::too_few(
            format!("{} regions for a regression in {} inputs, GDP and CO2, need at least {needed}", regions.len(), needed - 3),
            "add regions, or name fewer inputs",
        ));
    }
    Ok(regions)
}

/// The years of a window that ends with the price year.
pub(super) fn window(year: usize, width: usize) -> std::ops::RangeInclusive<usize> {
    (year + 1).saturating_sub(width)..=year
}

/// What regions lend each other: row-normalised weights by the distance of their ratios in the price year.
pub(super) struct Kernel {
    /// Squared distances (R x R).
    distance: Vec<Vec<f64>>,
}

impl Kernel {
    pub(super) fn new(units: &Units, regions: &[usize], year: usize) -> Self {
        let Roles { labour, energy } = units.roles;
        let row = |&r: &usize| -> Vec<f64> {
            let k = units.at(r, year);
            let x = |n: usize| units.x[[k, n]];
            let ratios = (0..units.inputs()).filter(|n| *n != labour).map(|n| (x(n) / x(labour)).ln());
            ratios.chain([(units.b[k] / x(energy)).ln()]).collect()
        };
        let rows = standardised(regions.iter().map(row).collect());
        Kernel { distance: rows.iter().map(|a| rows.iter().map(|b| convex::distance(a, b)).collect()).collect() }
    }

    /// `K v` for a bandwidth h: 0 leaves v as it is, infinity takes the mean.
    pub(super) fn smooth(&self, v: &[f64], h: f64) -> Vec<f64> {
        if h == 0.0 {
            return v.to_vec();
        }
        let one = |d: &Vec<f64>| {
            let (sum, all) = d.iter().zip(v).fold((0.0, 0.0), |(s, a), (d, v)| {
                let weight = (-d / (2.0 * h * h)).exp();
                (s + weight * v, a + weight)
            });
            sum / all
        };
        self.distance.iter().map(one).collect()
    }
}

/// The price of a share where GDP per CO2 is `ratio`.
pub(super) fn price(share: f64, ratio: f64) -> f64 {
    if share >= 1.0 { f64::INFINITY } else { share / (1.0 - share) * ratio }
}

/// The geometric mean of GDP per CO2 over fits of the price year.
pub(super) fn ratios(fits: &[&YearFit], count: usize) -> Vec<f64> {
    let log = |i: usize| fits.iter().map(|f| (f.fitted[i][0] / f.fitted[i][1]).ln()).sum::<f64>() / fits.len() as f64;
    (0..count).map(|i| log(i).exp()).collect()
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let regions = sample(units, weights)?;
    let years: Vec<usize> = window(year, settings.window()).collect();
    let all: Vec<(usize, f64, [f64; 2])> =
        years.iter().flat_map(|&t| TAUS.into_iter().flat_map(move |tau| DIRECTIONS.map(|g| (t, tau, g)))).collect();
    let fits: Vec<(YearFit, Vec<[f64; 2]>)> = all
        .par_iter()
        .map(|&(t, tau, g)| {
            settings.watch.check()?;
            let fit = YearFit::new(units, &regions, weights, t, tau, g, settings)?;
            let range = fit.range(|i| units.names[units.at(regions[i], t)].clone())?;
            Ok((fit, range))
        })
        .collect::<Result<_>>()?;
    let count = fits.len() as f64;
    let ends: [Vec<f64>; 2] = [0, 1].map(|e| (0..regions.len()).map(|i| fits.iter().map(|f| f.1[i][e]).sum::<f64>() / count).collect());
    let middle: Vec<f64> = ends[0].iter().zip(&ends[1]).map(|(a, b)| settings.face.share(*a, *b)).collect();
    let last: Vec<&YearFit> = all.iter().zip(&fits).filter(|(a, _)| a.0 == year && a.1 == 0.5).map(|(_, f)| &f.0).collect();
    let ratio = ratios(&last, regions.len());
    let kernel = Kernel::new(units, &regions, year);
    let of = |h: f64| -> Vec<[f64; 3]> {
        let smooth = [&middle, &ends[0], &ends[1]].map(|v| kernel.smooth(v, h));
        (0..regions.len()).map(|i| [0, 1, 2].map(|e| price(smooth[e][i], ratio[i]))).collect()
    };
    // other choices of tau and direction, each by three bandwidths, and constant elasticities
    let mut spans = vec![Vec::new(); units.regions];
    for (tau, g) in TAUS.into_iter().flat_map(|tau| DIRECTIONS.map(|g| (tau, g))) {
        let own: Vec<&Vec<[f64; 2]>> = all.iter().zip(&fits).filter(|(a, _)| (a.1, a.2) == (tau, g)).map(|(_, f)| &f.1).collect();
        let mean = |i: usize| own.iter().map(|f| settings.face.share(f[i][0], f[i][1])).sum::<f64>() / own.len() as f64;
        let shares: Vec<f64> = (0..regions.len()).map(mean).collect();
        for h in [0.0, 1.0, f64::INFINITY] {
            let smooth = kernel.smooth(&shares, h);
            regions.iter().enumerate().for_each(|(i, &r)| spans[r].push(price(smooth[i], ratio[i])));
        }
    }
    if settings.draws.is_some() {
        let elasticities = super::log_linear::prices(units, weights, year, &Settings { window: None, ..settings.clone() })?;
        elasticities.marks.iter().zip(&mut spans).for_each(|(m, span)| span.extend(m.as_ref().map(|m| m.low.value)));
    }
    let (main, raw, one) = (of(settings.bandwidth), of(0.0), of(f64::INFINITY));
    let mut marks = vec![None; units.regions];
    for (i, &r) in regions.iter().enumerate() {
        let distance = last.iter().map(|f| f.fit.distance[i] * f.fit.size[i]).sum::<f64>() / last.len() as f64;
        let beside = vec![Beside { name: "raw", prices: raw[i] }, Beside { name: "one-share", prices: one[i] }];
        marks[r] = Some(Mark::regression(distance, main[i], beside, NO_BOUND));
    }
    let worst = fits.iter().fold(0.0, |a: f64, f| a.max(f.0.fit.violation));
    let rows: Vec<usize> = fits.iter().map(|f| f.0.fit.rows).collect();
    let (least, most) = (rows.iter().min().copied().unwrap_or(0), rows.iter().max().copied().unwrap_or(0));
    let pairs = regions.len() * (regions.len() - 1);
    let labour = &units.input_names[units.roles.labour];
    let energy = &units.input_names[units.roles.energy];
    let notes = vec![
        format!(
            "{} regressions of {} regions: {} years, tau 0.1, 0.5, 0.9, directions (1,1) and (1,0); {least} to {most} of {pairs} rows",
            fits.len(),
            regions.len(),
            years.len()
        ),
        format!("shares are smoothed over ratios to {labour} and of CO2 to {energy}, bandwidth {}", settings.bandwidth),
    ];
    Ok(Found { marks, checks: vec![convexity(worst)], notes, spans })
}

/// The largest violation of convexity over all pairs, as a check.
pub(super) fn convexity(worst: f64) -> Check {
    Check {
        name: "convexity over all pairs of observations".into(),
        found: worst,
        limit: convex::VIOLATION,
        holds: worst <= convex::VIOLATION,
    }
}
