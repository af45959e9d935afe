//! One rule for every section of a result: each printed number within `max(rtol |value|, floor)`, every check holds, every
//! solve converged; else the section is UNCERTIFIED, with the number that is worst.
//!
//! The proof is about arithmetic: what rounding and iteration can do to the numbers of this table. It says nothing about
//! the data.

use serde::Serialize;

use crate::bounded::Bounded;
use crate::check::Check;
use crate::leontief::{Leontief, SolveRecord};

/// What the word certified covers, printed beside it.
pub const SCOPE: &str = "arithmetic only: the bounds hold for this table as it is given, not for errors in its data";

/// A number whose bound is wide against what is allowed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Worst {
    /// What it is.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its bound.
    pub bound: f64,
    /// The largest bound that would do.
    pub allowed: f64,
}

/// Whether a section of a result holds, and why not.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The section: `flows`, `responsibility`, `payments` ...
    pub section: &'static str,
    /// Whether every printed number is proven to the tolerance and every check holds.
    pub certified: bool,
    /// Numbers judged.
    pub numbers: usize,
    /// Relative tolerance.
    pub tolerance: f64,
    /// Absolute floors by name, each in the unit of what it judges.
    pub floors: Vec<(String, f64)>,
    /// The number whose bound is widest against what is allowed.
    pub worst: Option<Worst>,
    /// What else does not hold.
    pub because: Vec<String>,
}

impl Verdict {
    /// A section in which nothing has been judged yet.
    pub fn new(section: &'static str, tolerance: f64) -> Self {
        Verdict { section, certified: true, numbers: 0, tolerance, floors: Vec::new(), worst: None, because: Vec::new() }
    }

    /// Judges numbers against the tolerance and a floor whose name says what it is a share of.
    pub fn judge(&mut self, what: &str, floor: f64, numbers: impl IntoIterator<Item = Bounded>, name: impl Fn(usize) -> String) {
        if !self.floors.iter().any(|(w, f)| w == what && *f == floor) {
            self.floors.push((what.into(), floor));
        }
        let excess = |bound: f64, allowed: f64| if bound == 0.0 { 0.0 } else { bound / allowed };
        for (i, v) in numbers.into_iter().enumerate() {
            self.numbers += 1;
            self.certified &= v.is_within(self.tolerance, floor);
            let allowed = (self.tolerance * v.value.abs()).max(floor);
            let own = excess(v.bound, allowed);
            let worse = self.worst.as_ref().is_none_or(|w| own.is_nan() || own > excess(w.bound, w.allowed));
            if worse && (own > 0.0 || own.is_nan() || !v.value.is_finite()) {
                self.worst = Some(Worst { name: format!("{what}: {}", name(i)), value: v.value, bound: v.bound, allowed });
            }
        }
    }

    /// A total that must agree with another one.
    pub fn check(&mut self, check: &Check) {
        if !check.holds {
            self.refuse(format!("{}: relative difference {:.1e}, allowed {:.1e}", check.name, check.found, check.limit));
        }
    }

    /// Solves that must have converged, but those that others took over.
    pub fn unfinished(&mut self, solves: &[SolveRecord]) {
        for f in solves.iter().filter(|f| !f.converged && !f.superseded) {
            self.refuse(format!("{} stopped after {} passes: {}", f.name, f.passes, f.reason));
        }
    }

    /// Another reason why the section does not hold.
    pub fn refuse(&mut self, reason: String) {
        self.certified = false;
        self.because.push(reason);
    }

    /// Takes up the verdict on a part of the section, which is named in every reason.
    pub fn add(&mut self, part: Verdict, name: &str) {
        self.certified &= part.certified;
        self.numbers += part.numbers;
        for floor in part.floors {
            if !self.floors.contains(&floor) {
                self.floors.push(floor);
            }
        }
        self.because.extend(part.because.into_iter().map(|why| format!("{name}: {why}")));
        let excess = |w: &Worst| if w.bound == 0.0 { 0.0 } else { w.bound / w.allowed };
        if let Some(w) = part.worst
            && self.worst.as_ref().is_none_or(|own| excess(&w).is_nan() || excess(&w) > excess(own))
        {
            self.worst = Some(Worst { name: format!("{name}: {}", w.name), ..w });
        }
    }

    /// Why the section is not certified; empty when it is.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = self.because.clone();
        if let Some(w) = self.worst.as_ref().filter(|w| !Bounded::new(w.value, w.bound).is_within(self.tolerance, w.allowed)) {
            reasons.push(format!("{} is {:e} +- {:.1e}, allowed {:.1e}", w.name, w.value, w.bound, w.allowed));
        }
        reasons.into_iter().map(|r| format!("{}: {r}", self.section)).collect()
    }
}

/// A floor that is a share of a total; never below what a number may lose where it falls out of the range of f64.
pub fn floor(share: f64, total: f64) -> f64 {
    share * total.abs() + 1e-290
}

/// Refuses a section whose solves did not converge, or whose system is not proven productive.
pub fn unproven(verdict: &mut Verdict, leontief: &Leontief) {
    verdict.unfinished(&leontief.solves());
    if leontief.dual_weight().is_none() {
        verdict.refuse("the system is not proven productive, so no bound exists; `isard audit` names the sectors".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(floor: f64, numbers: &[Bounded]) -> Verdict {
        let mut verdict = Verdict::new("flows", 1e-9);
        verdict.judge("flow", floor, numbers.iter().copied(), |i| i.to_string());
        verdict
    }

    #[test]
    fn a_number_beyond_its_tolerance_is_named_and_refuses_the_section() {
        let good = judged(1e-12, &[Bounded::exact(0.0), Bounded::new(1.0, 1e-10), Bounded::new(0.0, 1e-12)]);
        assert!(good.certified && good.reasons().is_empty());
        let bad = judged(1e-12, &[Bounded::new(1.0, 1e-10), Bounded::new(1.9, 128.0), Bounded::new(1.0, 1e-8)]);
        assert!(!bad.certified);
        assert_eq!(bad.worst.as_ref().map(|w| w.name.as_str()), Some("flow: 1"));
        assert!(bad.reasons()[0].starts_with("flows: flow: 1 is 1.9e0 +- 1.3e2"), "{:?}", bad.reasons());
    }

    #[test]
    fn one_verdict_for_several_parts_names_the_part_of_each_reason() {
        let mut all = Verdict::new("spread", 1e-9);
        all.add(judged(1e-12, &[Bounded::new(1.0, 1e-10)]), "a");
        assert!(all.certified && all.numbers == 1);
        all.add(judged(1e-12, &[Bounded::new(1.0, 1e-8)]), "b");
        let mut other = judged(1e-12, &[Bounded::new(1.0, 1e-11)]);
        other.refuse("a solve stopped".into());
        all.add(other, "c");
        assert!(!all.certified && all.numbers == 3 && all.floors.len() == 1);
        let reasons = all.reasons();
        assert!(reasons.iter().any(|r| r.starts_with("spread: b: flow: 0 is 1e0 +- 1.0e-8")), "{reasons:?}");
        assert!(reasons.contains(&"spread: c: a solve stopped".to_string()), "{reasons:?}");
        assert_eq!(reasons.len(), 2);
    }

    #[test]
    fn nothing_but_finite_numbers_and_floors_certifies() {
        assert!(!judged(f64::INFINITY, &[Bounded::new(1.0, 1.0)]).certified);
        assert!(!judged(1.0, &[Bounded::new(f64::NAN, 0.0)]).certified);
        assert!(!judged(1.0, &[Bounded::new(1.0, f64::NAN)]).certified);
        assert!(!judged(f64::NAN, &[Bounded::new(1.0, 0.5)]).certified);
    }
}
