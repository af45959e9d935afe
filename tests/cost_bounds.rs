//! Bounds of linear programmes and of prices against exact arithmetic.

use isard::Bounded;
use isard::cost::lp::{Kind, Program, Way};
use proptest::prelude::*;

use crate::bounded::number::{Number, exact};
use crate::support::isard;

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
    let minor =
        |c: usize| a[1..].iter().map(|r| r.iter().enumerate().filter(|(j, _)| *j != c).map(|(_, v)| *v).collect()).collect::<Vec<_>>();
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

/// A panel of few regions, its output and CO2 in the proportions of `k` and `l`.
fn panel(folder: &std::path::Path) -> std::path::PathBuf {
    let mut text = String::from("region,year,gdp_10^8 yuan,co2_Mt,k,l\n");
    for r in 0..9_i32 {
        for t in 0..3_i32 {
            let at = f64::from(7 * r * r + 3 * r * t + t);
            let (k, l) = (10.0 + at % 11.0, 5.0 + at % 7.0);
            let gdp = 3.0 * k + 2.0 * l - at % 5.0;
            text += &format!("R{r},{},{gdp},{},{k},{l}\n", 2000 + t, 0.2 * gdp + at % 3.0 + 1.0);
        }
    }
    let file = folder.join("panel.csv");
    std::fs::write(&file, text).unwrap();
    file
}

#[test]
fn cost_prints_a_verdict_and_both_ways_of_solving_meet() {
    let folder = tempfile::tempdir().unwrap();
    let file = panel(folder.path());
    for estimator in [&["--estimator", "frontier", "--direction", "own"][..], &["--estimator", "slacks"]] {
        let run = |more: &[&str]| {
            let options = ["--inputs", "k,l", "--prices", "constant", "--accept", "unidentified-prices"];
            let run = isard().arg("cost").arg(&file).args(options).args(estimator).args(more).output().unwrap();
            (run.status.code(), String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
        };
        let (code, text, error) = run(&[]);
        let (_, one, _) = run(&["--json"]);
        let (_, other, _) = run(&["--json", "--solver", "plain"]);
        let (one, other): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&one).unwrap_or_else(|e| panic!("{e} {error}")), serde_json::from_str(&other).unwrap());
        let holds = one["verdicts"].as_array().unwrap().iter().all(|v| v["certified"] == true);
        assert_eq!(code, Some(i32::from(!holds)), "{text}");
        assert_eq!((text.contains("UNCERTIFIED"), text.contains("\nCERTIFIED")), (!holds, one["certified"] == true), "{text}");
        assert_eq!(one["verdicts"][0]["section"], "prices");
        let number = |o: &serde_json::Value, r: usize, key: &str| o["costs"][r][key].as_f64();
        let mut bounded = 0;
        for r in 0..9 {
            for key in ["cost", "low", "high", "distance"] {
                let bound = format!("{key}_bound");
                let Some((a, p)) = number(&one, r, key).zip(number(&one, r, &bound)) else { continue };
                let Some((b, q)) = number(&other, r, key).zip(number(&other, r, &bound)) else { continue };
                assert!((a - b).abs() <= p + q, "{r} {key}: {a} +- {p} and {b} +- {q}");
                bounded += 1;
            }
            // a number without a bound is never certified
            assert!(number(&one, r, "cost").is_none() || one["costs"][r]["cost_bound"].is_number() || one["certified"] == false);
        }
        // an efficient region leaves its own measure of slacks no point inside, so that most of these have none
        let least = if estimator.contains(&"frontier") { 12 } else { 1 };
        assert!(bounded >= least, "{bounded} of 36 bounded: {one}");
    }
}

#[test]
fn payments_take_the_bound_of_a_cost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cost.csv");
    let labels = isard::synth::costs(1).into_iter().map(|(name, _)| name.en).collect::<Vec<_>>();
    let lines = |bound: &str| labels.iter().map(|l| format!("{l},100,{bound}\n")).collect::<String>();
    let run = |bound: &str| {
        std::fs::write(&file, format!("region,cost_yuan_per_t,bound_yuan_per_t\n{}", lines(bound))).unwrap();
        let run = isard().args(["compensate", "--json", "--cost"]).arg(&file).output().unwrap();
        let o: serde_json::Value =
            serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&run.stderr)));
        (run.status.code(), o)
    };
    let (code, exact) = run("none");
    assert_eq!(code, Some(0));
    assert!(exact.to_string().contains("taken as they are given"), "{}", exact["notes"]);
    let (code, wide) = run("1");
    assert_eq!((code, &wide["certified"]), (Some(1), &serde_json::Value::Bool(false)), "a cost of 100 +- 1 certifies nothing");
}
