//! Marginal abatement cost as a curve of carbon intensity, and what a region pays along it.
//!
//! With `u` tonnes per 10^4 money units: log-log `ln m = a + b ln u`, semi-log `ln m = a + b u`, quadratic
//! `m = a + b u + c u^2`, Nordhaus `m = a + b ln(1 - R)`, `1 - R = u / u0`. A region with emissions `e` and product `Y` that
//! abates `q` has `u = (e - q) / Y`, so its marginal cost is `m(q)` and its cost `C(q) = int_0^q m`. Least squares, bounded by the normal equations; where the
//! marginal cost does not rise on the range, pooled adjacent violators take its place. Du, Hanley, Wei 2015,
//! Energy Economics 51; Nordhaus 1991, doi:10.2307/2233864; Barlow and others 1972 (isotonic regression).

use serde::{Deserialize, Serialize};

use super::linear::{Square, dot};
use crate::bounded::{Bounded, up};
use crate::error::{Error, Result};

/// The kind of curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `ln m = a + b ln u`.
    LogLog,
    /// `ln m = a + b u`.
    SemiLog,
    /// `m = a + b u + c u^2`.
    Quadratic,
    /// `m = a + b ln(u / u0)`.
    Nordhaus,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 4] = [Form::LogLog, Form::SemiLog, Form::Quadratic, Form::Nordhaus];
}

/// The largest share of its emissions that a region is taken to be able to abate along a fitted curve.
pub const FURTHEST: f64 = 0.9;

/// A fitted curve of marginal cost against carbon intensity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// The kind.
    pub form: Form,
    /// a, b, c; c is 0 but in the quadratic one.
    pub coefficients: [f64; 3],
    /// What rounding, and the bounds of the pairs, may do to each; infinite, so null, where there is no bound.
    pub coefficients_bound: [f64; 3],
    /// Intensity at which nothing is abated (Nordhaus), 1 elsewhere.
    pub reference: f64,
    /// Share of the variance of what is fitted (m, or ln m) that the curve explains.
    pub r_squared: f64,
    /// Its bound.
    pub r_squared_bound: f64,
    /// Pairs used.
    pub pairs: usize,
    /// Pairs left out because a logarithm needs a positive price, or the price is not finite.
    pub left_out: usize,
}

impl Fit {
    /// Least squares through pairs (intensity, marginal cost). The reference of Nordhaus' curve is the largest intensity.
    ///
    /// # Errors
    /// When fewer usable pairs than coefficients plus one remain, or intensities do not differ.
    pub fn new(form: Form, pairs: &[(f64, f64)]) -> Result<Fit> {
        Fit::within(form, &pairs.iter().map(|&(u, m)| (Bounded::exact(u), Bounded::exact(m))).collect::<Vec<_>>())
    }

    /// The same of pairs that are known within bounds; each coefficient has the bound that follows.
    ///
    /// # Errors
    /// As [`Fit::new`].
    pub fn within(form: Form, pairs: &[(Bounded, Bounded)]) -> Result<Fit> {
        let logarithm = matches!(form, Form::LogLog | Form::SemiLog);
        let usable =
            |(u, m): &(Bounded, Bounded)| u.value > 0.0 && u.value.is_finite() && m.value.is_finite() && (!logarithm || m.value > 0.0);
        let known: Vec<(Bounded, Bounded)> = pairs.iter().copied().filter(usable).collect();
        let used: Vec<(f64, f64)> = known.iter().map(|(u, m)| (u.value, m.value)).collect();
        let reference = if form == Form::Nordhaus { used.iter().fold(0.0, |a: f64, p| a.max(p.0)) } else { 1.0 };
        let size = if form == Form::Quadratic { 3 } else { 2 };
        let few = |text: String| Error::invalid(text, "use more regions, or another form of curve");
        if used.len() <= size {
            return Err(few(format!("{} usable pairs for a curve with {size} coefficients", used.len())));
        }
        let rows: Vec<[f64; 3]> = used
            .iter()
            .map(|&(u, _)| match form {
                Form::LogLog => [1.0, u.ln(), 0.0],
                Form::SemiLog => [1.0, u, 0.0],
                Form::Quadratic => [1.0, u, u * u],
                Form::Nordhaus => [1.0, (u / reference).ln(), 0.0],
            })
            .collect();
        let values: Vec<f64> = used.iter().map(|&(_, m)| if logarithm { m.ln() } else { m }).collect();
        let coefficients = least_squares(&rows, &values, size)
            .ok_or_else(|| few(format!("the {} intensities do not differ enough for {size} coefficients", used.len())))?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let all: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let rest: f64 =
            rows.iter().zip(&values).map(|(r, v)| (v - r.iter().zip(&coefficients).map(|(a, b)| a * b).sum::<f64>()).powi(2)).sum();
        let r_squared = if all > 0.0 { 1.0 - rest / all } else { 1.0 };
        let proven = proven(form, &known, Bounded::exact(reference), size, logarithm);
        let (coefficients_bound, r_squared_bound) = proven.map_or(([f64::INFINITY; 3], f64::INFINITY), |(own, r)| {
            let off = |i: usize| (own[i].value - coefficients[i]).abs() * (1.0 + 1e-15) + own[i].bound;
            ([off(0), off(1), off(2)], (r.value - r_squared).abs() * (1.0 + 1e-15) + r.bound)
        });
        let left_out = pairs.len() - used.len();
        Ok(Fit { form, coefficients, coefficients_bound, reference, r_squared, r_squared_bound, pairs: used.len(), left_out })
    }

    /// Marginal cost at an intensity.
    pub fn marginal(&self, u: f64) -> f64 {
        let [a, b, c] = self.coefficients;
        match self.form {
            Form::LogLog => (a + b * u.ln()).exp(),
            Form::SemiLog => (a + b * u).exp(),
            Form::Quadratic => a + b * u + c * u * u,
            Form::Nordhaus => a + b * (u / self.reference).ln(),
        }
    }

    /// The same curve over the share R of a region's emissions that is abated, from the intensity u it has now: kind, three
    /// parameters as a file of curves has them, and the R up to which it rises, at most [`FURTHEST`]. `None`: the form has
    /// no such kind.
    pub fn over_reduction(&self, u: f64) -> Option<(&'static str, [f64; 3], f64)> {
        let [a, b, c] = self.coefficients;
        match self.form {
            Form::Nordhaus => Some(("nordhaus", [a + b * (u / self.reference).ln(), b, 0.0], if b < 0.0 { FURTHEST } else { 0.0 })),
            Form::Quadratic => {
                let (slope, curvature) = (-(b + 2.0 * c * u) * u, c * u * u);
                let rises = if slope <= 0.0 {
                    0.0
                } else if curvature < 0.0 {
                    (-0.999 * slope / (2.0 * curvature)).min(FURTHEST)
                } else {
                    FURTHEST
                };
                Some(("quadratic", [self.marginal(u), slope, curvature], rises))
            }
            Form::LogLog | Form::SemiLog => None,
        }
    }

    /// An antiderivative of [`Fit::marginal`].
    fn integral(&self, u: f64) -> f64 {
        let [a, b, c] = self.coefficients;
        match self.form {
            Form::LogLog if (b + 1.0).abs() < 1e-12 => a.exp() * u.ln(),
            Form::LogLog => a.exp() * u.powf(b + 1.0) / (b + 1.0),
            Form::SemiLog if b == 0.0 => a.exp() * u,
            Form::SemiLog => (a + b * u).exp() / b,
            Form::Quadratic => u * (a + u * (b / 2.0 + u * c / 3.0)),
            Form::Nordhaus => a * u + b * u * ((u / self.reference).ln() - 1.0),
        }
    }
}

/// Coefficients of least squares by Gram-Schmidt on the columns, `None` where they depend on each other.
fn least_squares(rows: &[[f64; 3]], values: &[f64], size: usize) -> Option<[f64; 3]> {
    let mut q: Vec<Vec<f64>> = (0..size).map(|j| rows.iter().map(|r| r[j]).collect()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut r = [[0.0; 3]; 3];
    for j in 0..size {
        let before = dot(&q[j], &q[j]);
        // twice, so that rounding leaves nothing of the earlier columns
        for i in (0..j).chain(0..j) {
            let along = dot(&q[i], &q[j]);
            r[i][j] += along;
            let earlier = q[i].clone();
            q[j].iter_mut().zip(&earlier).for_each(|(v, e)| *v -= along * e);
        }
        let norm = dot(&q[j], &q[j]).sqrt();
        if norm * norm <= 1e-20 * before || norm == 0.0 {
            return None;
        }
        r[j][j] = norm;
        q[j].iter_mut().for_each(|v| *v /= norm);
    }
    let mut out = [0.0; 3];
    for j in (0..size).rev() {
        let later: f64 = (j + 1..size).map(|k| r[j][k] * out[k]).sum();
        out[j] = (dot(&q[j], values) - later) / r[j][j];
    }
    Some(out)
}

/// A logarithm within its bound. Libraries of mathematics keep within one unit of the last place; four are allowed for.
fn ln(v: Bounded) -> Bounded {
    let (value, room) = (v.value.ln(), v.value - v.bound);
    let moved = if room > 0.0 { v.bound / room } else { f64::INFINITY };
    Bounded::new(value, up(moved + 4.0 * f64::EPSILON * value.abs()))
}

/// The coefficients and R2 of least squares within bounds, from the normal equations of the pairs; `None` where none are proven.
fn proven(form: Form, known: &[(Bounded, Bounded)], reference: Bounded, size: usize, logarithm: bool) -> Option<([Bounded; 3], Bounded)> {
    let one = Bounded::exact(1.0);
    let row = |u: Bounded| match form {
        Form::LogLog => [one, ln(u), Bounded::ZERO],
        Form::SemiLog => [one, u, Bounded::ZERO],
        Form::Quadratic => [one, u, u * u],
        Form::Nordhaus => [one, ln(u / reference), Bounded::ZERO],
    };
    let rows: Vec<[Bounded; 3]> = known.iter().map(|(u, _)| row(*u)).collect();
    let values: Vec<Bounded> = known.iter().map(|(_, m)| if logarithm { ln(*m) } else { *m }).collect();
    let entry = |i: usize, j: usize| dot(rows.iter().map(|r| (r[i], r[j])));
    let square = Square::new(size, (0..size * size).map(|k| entry(k / size, k % size)).collect())?;
    let right: Vec<Bounded> = (0..size).map(|i| dot(rows.iter().zip(&values).map(|(r, v)| (r[i], *v)))).collect();
    let mut found = [Bounded::ZERO; 3];
    found.iter_mut().zip(square.solve(&right)).for_each(|(f, s)| *f = s);
    let mean = values.iter().copied().sum::<Bounded>() / Bounded::exact(values.len() as f64);
    let squares = |of: &dyn Fn(usize) -> Bounded| dot((0..values.len()).map(|i| (of(i), of(i))));
    let all = squares(&|i| values[i] - mean);
    let rest = squares(&|i| values[i] - dot(rows[i].iter().copied().zip(found)));
    Some((found, one - rest / all))
}

/// A region's marginal cost of abatement, strictly rising on `[0, limit]` tonnes.
#[derive(Debug, Clone)]
pub struct MacCurve {
    shape: Shape,
    limit: f64,
    /// Whether pooled adjacent violators took the place of the fitted curve.
    pub repaired: bool,
}

#[derive(Debug, Clone)]
enum Shape {
    /// `m(q) = fit((e - q) / scale)`, `scale` in 10^4 money units.
    Fitted { fit: Fit, emissions: f64, scale: f64 },
    /// Straight lines between points (q, m).
    Points(Vec<(f64, f64)>),
}

/// Points at which a curve is tested, and repaired.
const GRID: usize = 400;

impl MacCurve {
    /// The curve of a region with `emissions` tonnes and `gdp` in 10^4 money units, for abatement up to `limit` tonnes.
    ///
    /// # Errors
    /// When the limit is not between 0 and the emissions, or the marginal cost falls over the whole range.
    pub fn new(fit: &Fit, emissions: f64, gdp: f64, limit: f64) -> Result<MacCurve> {
        if !(emissions > 0.0 && gdp > 0.0 && limit > 0.0 && limit < emissions && emissions.is_finite() && gdp.is_finite()) {
            return Err(Error::range(
                format!("a cost curve needs 0 < limit < emissions and a positive product, not {limit}, {emissions}, {gdp}"),
                "give a limit below the emissions of the region",
            ));
        }
        let curve = MacCurve { shape: Shape::Fitted { fit: fit.clone(), emissions, scale: gdp }, limit, repaired: false };
        let points: Vec<(f64, f64)> = (0..=GRID).map(|i| limit * i as f64 / GRID as f64).map(|q| (q, curve.marginal(q))).collect();
        if points.windows(2).all(|w| w[1].1 > w[0].1) { Ok(curve) } else { MacCurve::isotonic(&points) }
    }

    /// The nearest rising curve to points (abatement, marginal cost), by pooling adjacent violators; it is marked as repaired.
    /// The first point is taken as abatement 0, the last as the limit.
    ///
    /// # Errors
    /// When the points do not rise in abatement, or fewer than two levels of cost remain.
    pub fn isotonic(points: &[(f64, f64)]) -> Result<MacCurve> {
        let finite = points.iter().all(|p| p.0.is_finite() && p.1.is_finite());
        if points.len() < 2 || !finite || points[0].0 != 0.0 || points.windows(2).any(|w| w[1].0 <= w[0].0) {
            return Err(Error::range("points of a cost curve must start at 0 and rise in abatement", "sort them, one cost for each"));
        }
        // blocks of (sum of q, sum of m, count)
        let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
        for &(q, m) in points {
            blocks.push((q, m, 1.0));
            while let [.., a, b] = blocks[..]
                && a.1 / a.2 >= b.1 / b.2
            {
                blocks.truncate(blocks.len() - 2);
                blocks.push((a.0 + b.0, a.1 + b.1, a.2 + b.2));
            }
        }
        let mut knots: Vec<(f64, f64)> = blocks.iter().map(|b| (b.0 / b.2, b.1 / b.2)).collect();
        if knots.len() < 2 {
            let text = format!("the marginal cost falls from {} to {} over the whole range", points[0].1, points[points.len() - 1].1);
            return Err(Error::invalid(text, "choose another form of curve, or a shorter range"));
        }
        let limit = points[points.len() - 1].0;
        // the outermost blocks end where their neighbours point
        let toward = |a: (f64, f64), b: (f64, f64), q: f64| (q, a.1 + (b.1 - a.1) * (q - a.0) / (b.0 - a.0));
        let (first, last) = (toward(knots[0], knots[1], 0.0), toward(knots[knots.len() - 2], knots[knots.len() - 1], limit));
        if knots[0].0 > 0.0 {
            knots.insert(0, first);
        }
        if knots[knots.len() - 1].0 < limit {
            knots.push(last);
        }
        Ok(MacCurve { shape: Shape::Points(knots), limit, repaired: true })
    }

    /// The most that can be abated, tonnes.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Cost of the next tonne after `a` tonnes, `a` taken within the range.
    pub fn marginal(&self, a: f64) -> f64 {
        let a = a.clamp(0.0, self.limit);
        match &self.shape {
            Shape::Fitted { fit, emissions, scale } => fit.marginal((emissions - a) / scale),
            Shape::Points(knots) => {
                let k = knots.partition_point(|p| p.0 <= a).clamp(1, knots.len() - 1);
                let (p, q) = (knots[k - 1], knots[k]);
                p.1 + (q.1 - p.1) * (a - p.0) / (q.0 - p.0)
            }
        }
    }

    /// Cost of the first `a` tonnes: `int_0^a marginal`.
    pub fn cost(&self, a: f64) -> f64 {
        let a = a.clamp(0.0, self.limit);
        match &self.shape {
            Shape::Fitted { fit, emissions, scale } => scale * (fit.integral(emissions / scale) - fit.integral((emissions - a) / scale)),
            Shape::Points(knots) => knots
                .windows(2)
                .take_while(|w| w[0].0 < a)
                .map(|w| {
                    let end = a.min(w[1].0);
                    (end - w[0].0) * 0.5 * (w[0].1 + self.marginal(end))
                })
                .sum(),
        }
    }

    /// The abatement at which the next tonne costs `price`: 0 below the range, the limit above it.
    pub fn inverse(&self, price: f64) -> f64 {
        if price <= self.marginal(0.0) {
            return 0.0;
        }
        if price >= self.marginal(self.limit) {
            return self.limit;
        }
        let (mut low, mut high) = (0.0, self.limit);
        // the interval halves until its ends are neighbours, at most 1100 times
        for _ in 0..1100 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.marginal(middle) < price { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }
}
