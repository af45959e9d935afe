//! Bounds of linear programmes and of prices against exact arithmetic.

use isard::Bounded;
use isard::cost::lp::{Kind, Program, Way};
use proptest::prelude::*;

use self::number::{Number, exact};

#[path = "judge/number.rs"]
#[allow(dead_code)]
mod number;

/// A programme in whole numbers: rows `a x <= b`, or `=`, within a box.
#[derive(Debug, Clone)]
struct Drawn {
    cost: Vec<i64>,
    rows: Vec<(bool, Vec<i64>, i64)>,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (1..4_usize, 0..2_usize, 0..6_usize).prop_flat_map(|(n, equal, more)| {
        let row = (prop::collection::vec(-4..5_i64, n), -1..6_i64);
        let rows = prop::collection::vec(row, equal.min(n - 1) + more);
        (prop::collection::vec(-5..6_i64, n), rows).prop_map(move |(cost, rows)| {
            let mut rows: Vec<_> = rows.into_iter().enumerate().map(|(i, (a, b))| (i < equal.min(n - 1), a, b)).collect();
            for j in 0..n {
                for sign in [1, -1] {
                    rows.push((false, (0..n).map(|k| if k == j { sign } else { 0 }).collect(), 3));
                }
            }
            Drawn { cost, rows }
        })
    })
}

fn determinant(a: &[Vec<i128>]) -> i128 {
    if a.is_empty() {
        return 1;
    }
    let minor = |c: usize| a[1..].iter().map(|r| r.iter().enumerate().filter(|(j, _)| *j != c).map(|(_, v)| *v).collect()).collect::<Vec<_>>();
    (0..a.len()).map(|c| if c % 2 == 0 { 1 } else { -1 } * a[0][c] * determinant(&minor(c))).sum()
}

impl Drawn {
    /// All corners, each as numerators over one denominator above 0.
    fn corners(&self) -> Vec<(Vec<i128>, i128)> {
        let (m, n) = (self.rows.len(), self.cost.len());
        let mut found = Vec::new();
        for set in (0u32..1 << m).filter(|s| s.count_ones() as usize == n) {
            let chosen: Vec<usize> = (0..m).filter(|i| set >> i & 1 == 1).collect();
            let a: Vec<Vec<i128>> = chosen.iter().map(|&i| self.rows[i].1.iter().map(|v| i128::from(*v)).collect()).collect();
            let whole = determinant(&a);
            if whole == 0 {
                continue;
            }
            let of = |j: usize| {
                let mut a = a.clone();
                a.iter_mut().zip(&chosen).for_each(|(row, &i)| row[j] = i128::from(self.rows[i].2));
                determinant(&a) * whole.signum()
            };
            let (x, over) = ((0..n).map(of).collect::<Vec<i128>>(), whole.abs());
            let holds = |(equal, a, b): &(bool, Vec<i64>, i64)| {
                let left: i128 = a.iter().zip(&x).map(|(a, x)| i128::from(*a) * x).sum();
                if *equal { left == i128::from(*b) * over } else { left <= i128::from(*b) * over }
            };
            if self.rows.iter().all(holds) {
                found.push((x, over));
            }
        }
        found
    }

    /// The optimum in exact numbers and the corners where it is reached; `None` where no point satisfies all rows.
    fn best(&self) -> Option<(Number, Vec<Vec<Number>>)> {
        let number = |p: i128, q: i128| exact(p as f64) / exact(q as f64);
        let value = |x: &[i128]| self.cost.iter().zip(x).map(|(c, x)| i128::from(*c) * x).sum::<i128>();
        let corners = self.corners();
        let (x, q) = corners.iter().min_by(|a, b| (value(&a.0) * b.1).cmp(&(value(&b.0) * a.1)))?;
        let best = corners.iter().filter(|c| value(&c.0) * q == value(x) * c.1);
        Some((number(value(x), *q), best.map(|(x, q)| x.iter().map(|x| number(*x, *q)).collect()).collect()))
    }

    /// The programme with every number off by a part of itself of at most `off`.
    fn program(&self, off: f64, way: Way) -> Program {
        let mut state = 17_u64;
        let mut near = |v: i64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let part = (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
            Bounded::new(v as f64 * (1.0 + 0.9 * off * part), off * v.abs() as f64)
        };
        let mut program = Program::new(self.cost.len());
        program.way = way;
        for (j, c) in self.cost.iter().enumerate() {
            let c = near(*c);
            (program.cost[j], program.cost_bound[j]) = (c.value, c.bound);
        }
        for (equal, a, b) in &self.rows {
            let terms: Vec<_> = a.iter().map(|v| near(*v)).enumerate().collect();
            program.row_within(if *equal { Kind::Equal } else { Kind::AtMost }, terms, near(*b));
        }
        program
    }
}

fn holds(found: Bounded, truth: Number) -> bool {
    (exact(found.value) - truth).abs() <= exact(found.bound)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_optimum_and_every_optimal_point_lie_within_their_bounds(drawn in drawn(), how in 0..3_usize, plain in any::<bool>()) {
        let off = [0.0, 1e-13, 1e-4][how];
        let Some((best, points)) = drawn.best() else { return Ok(()) };
        let program = drawn.program(off, if plain { Way::Plain } else { Way::Scaled });
        // a row that only just holds may not hold in numbers near by
        let Ok(found) = program.solve("a test") else { return Ok(()) };
        let Ok(proven) = program.enclose(&found, "a test") else { return Ok(()) };
        prop_assert!(holds(proven.value, best), "{:?}", proven.value);
        if let Ok(x) = &proven.x {
            for point in points {
                prop_assert!(x.iter().zip(point).all(|(x, truth)| holds(*x, truth)), "{x:?}");
            }
        }
    }
}

#[test]
fn most_programmes_are_bounded_closely() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut all, mut close, mut pinned, mut unique) = (0, 0, 0, 0);
    for _ in 0..300 {
        let drawn = drawn().new_tree(&mut runner).unwrap().current();
        let Some((_, points)) = drawn.best() else { continue };
        let program = drawn.program(0.0, Way::Scaled);
        let Ok(found) = program.solve("a test") else { continue };
        all += 1;
        let proven = program.enclose(&found, "a test");
        close += usize::from(proven.as_ref().is_ok_and(|p| p.value.bound <= 1e-11));
        if points.windows(2).all(|w| w[0] == w[1]) {
            unique += 1;
            pinned += usize::from(proven.is_ok_and(|p| p.x.is_ok_and(|x| x.iter().all(|x| x.bound < 1e-9))));
        }
    }
    assert!(close * 10 >= all * 8 && pinned * 10 >= unique * 6, "{close} of {all} close, {pinned} of {unique} pinned");
    eprintln!("{close} of {all} close, {pinned} of {unique} pinned");
}
