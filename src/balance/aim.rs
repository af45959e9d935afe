//! What a sum aims at, and the scaling that meets it.
//!
//! `r p - n / r = u` has the positive root `r = (u + sqrt(u^2 + 4 p n)) / (2 p)`; where u < 0 the same root is
//! `2 n / (sqrt(u^2 + 4 p n) - u)`, which cancels nothing. Without positive cells r = -n / u, without negative ones r = u / p.
//! Junius and Oosterhaven 2003; Temurshoev, Miller and Bouwmeester 2013.

use super::{Group, Target};

/// Targets below this share of their total are measured against that share of it.
const SMALL: f64 = 1e-9;

/// Ends of a target and its standard error (0: it does not move).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aim {
    /// Least sum.
    pub low: f64,
    /// Largest sum.
    pub high: f64,
    /// Standard error.
    pub error: f64,
    /// What a distance is divided by.
    pub unit: f64,
}

/// The aims of a balance.
pub(super) struct Aims {
    pub rows: Vec<Aim>,
    pub columns: Vec<Aim>,
    pub groups: Vec<Aim>,
    /// Sum of the sizes of the targets.
    pub total: f64,
}

impl Aims {
    pub(super) fn new(rows: &[Target], columns: &[Target], groups: &[Group]) -> Self {
        let size = |list: &[Target]| list.iter().map(|t| nearest(&ends(t)).abs()).sum::<f64>();
        let total = size(rows).max(size(columns)).max(groups.iter().map(|g| nearest(&ends(&g.target)).abs()).fold(0.0, f64::max));
        let total = if total > 0.0 { total } else { f64::MIN_POSITIVE };
        let aim = |t: &Target| {
            let (low, high) = ends(t);
            let error = if let Target::Estimate(_, error) = t { *error } else { 0.0 };
            Aim { low, high, error, unit: nearest(&(low, high)).abs().max(SMALL * total) }
        };
        let of = |list: &[Target]| list.iter().map(aim).collect();
        Aims { rows: of(rows), columns: of(columns), groups: groups.iter().map(|g| aim(&g.target)).collect(), total }
    }

    /// Whether any target may move.
    pub(super) fn has_estimates(&self) -> bool {
        self.rows.iter().chain(&self.columns).chain(&self.groups).any(|a| a.error > 0.0)
    }
}

/// The ends of a target.
fn ends(target: &Target) -> (f64, f64) {
    match *target {
        Target::Free => (f64::NEG_INFINITY, f64::INFINITY),
        Target::Exact(v) | Target::Estimate(v, _) => (v, v),
        Target::Between(low, high) => (low, high),
    }
}

/// The number within a range that is nearest to 0.
fn nearest(&(low, high): &(f64, f64)) -> f64 {
    if low > 0.0 {
        low
    } else if high < 0.0 {
        high
    } else {
        0.0
    }
}

impl Aim {
    /// How far a sum is from the aim, relative.
    pub(super) fn distance(&self, sum: f64) -> f64 {
        (self.low - sum).max(sum - self.high).max(0.0) / self.unit
    }

    /// The scaling of a line whose positive cells add to `p` and whose negative ones to `-n` without it.
    pub(super) fn scaling(&self, p: f64, n: f64) -> f64 {
        if self.low == self.high {
            return root(p, n, self.low);
        }
        match p - n {
            sum if sum < self.low => root(p, n, self.low),
            sum if sum > self.high => root(p, n, self.high),
            _ => 1.0,
        }
    }

    /// By how much the scaling of a range changed: within the range the sum says nothing of it.
    pub(super) fn change(&self, before: f64, after: f64) -> f64 {
        if self.low < self.high && before != after { (after / before - 1.0).abs() } else { 0.0 }
    }

    /// Moves an aim that has a standard error towards `sum`, by at most `most` standard errors.
    pub(super) fn give_way(&mut self, sum: f64, most: f64) {
        let step = (sum - self.low).clamp(-most * self.error, most * self.error);
        if self.error > 0.0 && step != 0.0 {
            self.low += step;
            self.high = self.low;
        }
    }

    /// Takes the sum of cells that do not move off.
    pub(super) fn less(&mut self, sum: f64) {
        self.low -= sum;
        self.high -= sum;
    }
}

/// The sum of a line with its scaling.
pub(super) fn sum(p: f64, n: f64, r: f64) -> f64 {
    (if p == 0.0 { 0.0 } else { p * r }) - (if n == 0.0 { 0.0 } else { n / r })
}

/// `r` with `r p - n / r = u`; p, n >= 0; 1 without cells.
pub(super) fn root(p: f64, n: f64, u: f64) -> f64 {
    match (p > 0.0, n > 0.0) {
        (false, false) => 1.0,
        (true, false) => u / p,
        (false, true) => -n / u,
        (true, true) => {
            let wide = u.hypot(2.0 * p.sqrt() * n.sqrt());
            if u >= 0.0 { (u + wide) / (2.0 * p) } else { 2.0 * n / (wide - u) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_loses_no_digit_whatever_the_sign_and_size() {
        for (p, n, u) in [(1.0, 1.0, -1e9), (1e-8, 3.0, -5.0), (2.0, 1e-9, 7.0), (2.0, 3.0, 0.0), (1e150, 1e150, 1e10), (3.0, 1e-12, -4.0)]
        {
            let r = root(p, n, u);
            let gap = (r * p - n / r - u).abs();
            assert!(r > 0.0 && gap <= 4.0 * f64::EPSILON * (r * p).max(n / r), "{p} {n} {u}: {r}, {gap}");
        }
        // u < 0 with a small n: the plain form would give 0
        assert!((root(3.0, 1e-12, -4.0) / 2.5e-13 - 1.0).abs() < 1e-9);
        assert_eq!((root(0.0, 2.0, -4.0), root(2.0, 0.0, 4.0), root(0.0, 0.0, 4.0)), (0.5, 2.0, 1.0));
    }

    #[test]
    fn a_range_scales_only_what_lies_outside() {
        let aim = Aim { low: 2.0, high: 3.0, error: 0.0, unit: 1.0 };
        assert_eq!([1.0, 2.5, 6.0].map(|p| aim.scaling(p, 0.0)), [2.0, 1.0, 0.5]);
        assert_eq!([1.0, 2.5, 6.0].map(|sum| aim.distance(sum)), [1.0, 0.0, 3.0]);
    }
}
