//! Every method on small random systems: the answer of elimination, the same bits alone and in company, an honest word
//! where there is no answer, and bounds that hold.

use std::sync::OnceLock;

use isard::leontief::answer::{Answer, Goal, answer};
use isard::operator::{Csr, Dense, Direction, Matrix, Operator, Slices};
use isard::solve::{Given, Prepared, Reason, RelativeResidual, Stopping};
use isard::{Method, synth, system, table};
use ndarray::{Array2, s};
use proptest::prelude::*;
use rayon::ThreadPool;

use crate::reference::{Double, eliminate};

const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Transposed];

/// A random system: `A >= 0`, regions of any sizes.
#[derive(Debug, Clone)]
struct Sample {
    a: Array2<f64>,
    offsets: Vec<usize>,
    b: Array2<f64>,
}

/// Numbers in 0..1, some of them 0.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let v = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        ((v ^ (v >> 33)) >> 11) as f64 / (1u64 << 53) as f64
    }
    fn matrix(&mut self, rows: usize, columns: usize, density: f64) -> Array2<f64> {
        Array2::from_shape_fn((rows, columns), |_| if self.unit() < density { self.unit() } else { 0.0 })
    }
    fn demand(&mut self, n: usize, k: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, k), |_| 0.1 + self.unit())
    }
}

/// Regions of 1 to 8 sectors, column sums of A from 0 to 0.9; `idle` sectors buy nothing, `unused` sell nothing to others.
fn samples() -> impl Strategy<Value = Sample> {
    let sizes = prop_oneof![proptest::collection::vec(1usize..9, 1..6), Just(vec![1]), (1usize..12).prop_map(|n| vec![n])];
    (sizes, 0.1..1.0f64, 0usize..3, 0usize..3, 1usize..5, any::<u64>()).prop_map(|(sizes, density, idle, unused, k, seed)| {
        let mut offsets = vec![0];
        sizes.iter().for_each(|size| offsets.push(offsets[offsets.len() - 1] + size));
        let n = offsets[offsets.len() - 1];
        let mut draw = Draw(seed);
        let mut a = draw.matrix(n, n, density);
        for mut column in a.columns_mut() {
            let sum = 0.9 * draw.unit() / column.sum().max(f64::MIN_POSITIVE);
            column.mapv_inplace(|v| v * sum.min(1.0));
        }
        (0..idle).for_each(|j| a.column_mut((5 * j + 2) % n).fill(0.0));
        (0..unused).for_each(|i| a.row_mut((7 * i + 1) % n).fill(0.0));
        Sample { b: draw.demand(n, k), a, offsets }
    })
}

fn largest_eigenvalue(a: &Array2<f64>) -> f64 {
    let square = a.dot(a);
    let mut v = Array2::<f64>::ones((a.nrows(), 1));
    let mut growth = 0.0;
    for _ in 0..400 {
        let next = square.dot(&v);
        growth = next.sum() / v.sum();
        v = next.mapv(|x| x / growth) + &v * 1e-3; // periodic matrices need the push
    }
    growth.sqrt()
}

/// A system of a given spectral radius, full or of supplies and uses, `[[0, B], [C, 0]]` with eigenvalues in pairs +-.
fn with_radius(radius: impl Strategy<Value = f64>) -> impl Strategy<Value = (Sample, f64)> {
    (radius, 1usize..7, 1usize..7, any::<bool>(), 0.1..10.0f64, any::<u64>()).prop_map(|(radius, p, q, bipartite, ratio, seed)| {
        let mut draw = Draw(seed);
        let n = p + q;
        let mut a = draw.matrix(n, n, 1.0).mapv(|v| v + 0.05);
        a.slice_mut(s![..p, p..]).mapv_inplace(|v| v * ratio);
        if bipartite {
            a.slice_mut(s![..p, ..p]).fill(0.0);
            a.slice_mut(s![p.., p..]).fill(0.0);
        }
        let found = largest_eigenvalue(&a);
        a.mapv_inplace(|v| v * radius / found);
        (Sample { b: draw.demand(n, 2), a, offsets: vec![0, p, n] }, radius)
    })
}

impl Sample {
    fn rows(&self) -> Csr {
        Csr::new(table::sparse(self.a.view()))
    }

    /// By rows, and as slices or a dense operator where these suit the method.
    fn ready(&self, method: Method) -> Vec<isard::Result<Prepared>> {
        let (rows, dense, slices) = self.operators();
        let (dense_suits, slices_suit) = (method.suits(&dense), method.suits(&slices) && method != Method::TradeShareRefinement);
        let made = |matrix: Matrix| Prepared::new(method, &Given::new(matrix, &self.offsets, None));
        let mut all = vec![made(rows.into())];
        all.extend(dense_suits.then(|| made(dense.into())));
        all.extend(slices_suit.then(|| made(slices.into())));
        all
    }

    fn operators(&self) -> (Csr, Dense, Slices) {
        let rows = self.rows();
        let slices = Slices::from_csr(&rows);
        (rows, Dense::new(self.a.clone()), slices)
    }

    /// To some 30 digits.
    fn truth(&self, direction: Direction) -> Vec<Vec<Double>> {
        let n = self.a.nrows();
        let entry = |i: usize, j: usize| Double(f64::from(i == j), 0.0).add(Double(-self.a[[i, j]], 0.0));
        let m = (0..n).map(|i| (0..n).map(|j| if direction == Direction::Forward { entry(i, j) } else { entry(j, i) }).collect()).collect();
        let b: Vec<Vec<f64>> = self.b.rows().into_iter().map(|r| r.to_vec()).collect();
        eliminate(m, &b).expect("a regular system")
    }

    fn answer(&self, ready: &Prepared, direction: Direction, goal: Goal) -> Answer {
        answer(ready, direction, self.b.view(), &vec![1.0; self.a.nrows()], goal, &Stopping::default(), &|_| true)
    }
}

fn pools() -> &'static [ThreadPool; 2] {
    static POOLS: OnceLock<[ThreadPool; 2]> = OnceLock::new();
    POOLS.get_or_init(|| [1, 2].map(|t| rayon::ThreadPoolBuilder::new().num_threads(t).build().unwrap()))
}

/// The first column alone, in `b`, and on one and two threads.
fn same_bits(ready: &Prepared, b: &Array2<f64>, column: usize) -> Result<(), TestCaseError> {
    for direction in DIRECTIONS {
        let run = |pool: &ThreadPool, b: ndarray::ArrayView2<f64>| {
            let judge = RelativeResidual::new(1e-9, b);
            pool.install(|| ready.solve(direction, b, &judge, &Stopping::default(), &|_| true))
        };
        let alone = run(&pools()[0], b.slice(s![.., column..=column]));
        for pool in pools() {
            let block = run(pool, b.view());
            prop_assert_eq!(block.reasons[column], alone.reasons[0]);
            for (together, alone) in block.x.column(column).iter().zip(alone.x.column(0)) {
                prop_assert_eq!(together.to_bits(), alone.to_bits(), "{:?} {:?}", ready.method(), direction);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 48 }, ..ProptestConfig::default() })]

    #[test]
    fn every_method_gives_the_answer_of_elimination_within_its_bound(sample in samples(), loose in any::<bool>()) {
        let tolerance = if loose { 1e-4 } else { 1e-11 };
        let mut ratios = Vec::new();
        for direction in DIRECTIONS {
            let truth = sample.truth(direction);
            for method in Method::ALL {
                for ready in sample.ready(method) {
                    let ready = match ready {
                        Err(why) if method == Method::TradeShareRefinement => {
                            prop_assert!(why.to_string().contains("does not contract"), "{why}");
                            continue;
                        }
                        ready => ready.unwrap(),
                    };
                    let found = sample.answer(&ready, direction, Goal::Bound(tolerance));
                    let converged = found.solution.converged();
                    if !converged && method == Method::TradeShareRefinement {
                        continue; // it has said so
                    }
                    prop_assert!(converged, "{method:?} {direction:?}: {:?}", found.solution.reasons);
                    for k in 0..sample.b.ncols() {
                        prop_assert!(found.relative_bound(k) <= tolerance, "{method:?} {direction:?}: {:e}", found.relative_bound(k));
                        let (mut errors, mut bounds) = (0.0, 0.0);
                        for (i, truth) in truth.iter().enumerate() {
                            let (error, bound) = (truth[k].distance(found.solution.x[[i, k]]), found.bound(i, k));
                            prop_assert!(error <= bound, "{method:?} {direction:?} [{i},{k}]: error {error:e} above bound {bound:e}");
                            (errors, bounds) = (errors + error, bounds + bound);
                        }
                        if errors > 0.0 && loose {
                            ratios.push(bounds / errors);
                        }
                    }
                }
            }
        }
        // rounding apart, a bound is not much more than the error
        ratios.sort_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0);
        prop_assert!(median <= 1e3, "median of bound / error {median:e} of {} columns", ratios.len());
    }

    #[test]
    fn a_right_hand_side_has_the_same_bits_alone_and_in_company(sample in samples(), k in 2usize..41, column in 0usize..41, seed: u64) {
        let b = Draw(seed).demand(sample.a.nrows(), k);
        for method in Method::ALL {
            for ready in sample.ready(method).into_iter().flatten() {
                same_bits(&ready, &b, column % k)?;
            }
        }
    }

    #[test]
    fn without_an_answer_nothing_converges_and_nothing_is_certified((sample, radius) in with_radius(1.02..4.0f64)) {
        for direction in DIRECTIONS {
            for method in Method::ALL {
                for ready in sample.ready(method).into_iter().flatten() {
                    for goal in [Goal::Bound(1e-9), Goal::Residual(1e-9)] {
                        let found = sample.answer(&ready, direction, goal);
                        let solution = &found.solution;
                        prop_assert!(found.proof.is_none(), "{method:?} {direction:?} {radius}: certified");
                        prop_assert!(!solution.reasons.contains(&Reason::Converged), "{method:?} {direction:?} {radius}: converged");
                        prop_assert!(solution.passes <= Stopping::default().max_iter, "{method:?} {direction:?} {radius}: {} passes", solution.passes);
                    }
                }
            }
        }
    }

    #[test]
    fn below_a_radius_of_one_every_method_converges_and_is_certified((sample, radius) in with_radius(0.05..0.9f64)) {
        for direction in DIRECTIONS {
            for method in Method::ALL {
                for ready in sample.ready(method) {
                    let ready = match ready {
                        Err(_) if method == Method::TradeShareRefinement => continue,
                        ready => ready.unwrap(),
                    };
                    let found = sample.answer(&ready, direction, Goal::Bound(1e-9));
                    let solution = &found.solution;
                    if method == Method::TradeShareRefinement && !solution.converged() {
                        continue;
                    }
                    prop_assert!(solution.converged(), "{method:?} {direction:?} {radius}: {:?}", solution.reasons);
                    prop_assert!(found.relative_bound(0) <= 1e-9, "{method:?} {direction:?} {radius}: {:e}", found.relative_bound(0));
                    prop_assert!(solution.passes <= 1_000, "{method:?} {direction:?} {radius}: {} passes", solution.passes);
                }
            }
        }
    }
}

/// A chain of sectors that hardly lose anything, of very different sizes: weights by terms would take thousands.
#[test]
fn slow_systems_and_small_columns_are_proven_by_weights_of_their_own() {
    let n = 12;
    let mut a = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        a[[i, i]] = 0.6;
        a[[i, (i + 1) % n]] = 0.399 * if i + 1 == n { 0.3f64.powi(1 - n as i32) } else { 0.3 };
    }
    let rows = Csr::new(table::sparse(a.view()));
    let given = Given::new(rows, &[0, 4, 8, n], None);
    let b = Array2::from_shape_fn((n, 1), |(i, _)| if i == 0 { 1.0 } else { 0.0 });
    for method in [Method::Direct, Method::GmresRegionGaussSeidel] {
        let ready = Prepared::new(method, &given).unwrap();
        let found = answer(&ready, Direction::Forward, b.view(), &vec![1.0; n], Goal::Residual(1e-12), &Stopping::default(), &|_| true);
        assert!(found.proof.is_some(), "{method:?}");
        let truth = Sample { a: a.clone(), offsets: vec![0, n], b: b.clone() }.truth(Direction::Forward);
        for (i, truth) in truth.iter().enumerate() {
            assert!(truth[0].add(Double(-found.solution.x[[i, 0]], 0.0)).0.abs() <= found.bound(i, 0), "{method:?} {i}");
        }
    }
    // one small buyer in a large economy: the common weight is that of the whole
    let table = synth::table(&synth::Settings { regions: 60, sectors: 20, density: 0.2, skew: 2.0, ..synth::Settings::default() });
    let rows = Csr::new(system::coefficients(&table.z, &table.x));
    let given = Given::new(rows, &table.labels.offsets, table.x.as_slice());
    let ready = Prepared::new(Method::RegionGaussSeidel, &given).unwrap();
    let mut b = Array2::zeros((table.dim(), 1));
    b[[7, 0]] = 1e-6;
    let start = isard::leontief::answer::weight_start(Direction::Forward, &table.x);
    let found = answer(&ready, Direction::Forward, b.view(), &start, Goal::Bound(1e-10), &Stopping::default(), &|_| true);
    assert!(found.solution.converged() && found.relative_bound(0) <= 1e-10, "{:e}", found.relative_bound(0));
}

/// Large enough for work to be shared between threads.
#[test]
fn a_large_block_has_the_same_bits_for_any_number_of_threads() {
    let table = synth::table(&synth::Settings { regions: 9, sectors: 70, density: 0.7, ..synth::Settings::default() });
    let rows = Csr::new(system::coefficients(&table.z, &table.x));
    let b = Draw(5).demand(rows.dim(), 37);
    let given = Given::new(rows, &table.labels.offsets, None);
    for method in Method::ALL {
        same_bits(&Prepared::new(method, &given).unwrap(), &b, 36).unwrap();
    }
}

/// The flows of a row are what `|A| x` is there: a weight that grows from output needs no product, and no other one does.
#[test]
fn inputs_of_output_are_known_from_the_flows_of_each_row() {
    for negative_share in [0.0, 0.3] {
        let table = synth::table(&synth::Settings { regions: 5, sectors: 12, density: 0.4, negative_share, ..synth::Settings::default() });
        let system = system::System::new(table.clone());
        let ready = Prepared::new(Method::Gmres, &system.given()).unwrap();
        let start = isard::leontief::answer::weight_start(Direction::Forward, &table.x);
        assert_eq!(start, table.x.to_vec(), "output is a weight as it is");
        let known = ready.inputs_of(Direction::Forward, &start).unwrap();
        let a = system.rows();
        let mut expected = vec![0.0; a.dim()];
        a.apply_abs(Direction::Forward, 1, &start, &mut expected);
        let rounding = a.rounding_steps(Direction::Forward) * f64::EPSILON;
        assert!(known.iter().zip(&expected).all(|(k, e)| (k - e).abs() <= rounding * e), "{negative_share}");
        assert!(ready.inputs_of(Direction::Transposed, &start).is_none());
        assert!(ready.inputs_of(Direction::Forward, &vec![1.0; a.dim()]).is_none());
        // other coefficients than the table's have other inputs
        let other = system::System::with_coefficients(table.clone(), a.matrix().map(|v| 0.5 * v), table.x.clone());
        assert!(Prepared::new(Method::Gmres, &other.given()).unwrap().inputs_of(Direction::Forward, &start).is_none());
    }
    // sums in one chain are rounded more than products by factors
    let table = synth::table(&synth::Settings { regions: 5, sectors: 12, trade_shares: Some(0.0), ..synth::Settings::default() });
    let factored = system::System::new(table.clone()).stored(Some(isard::operator::Storage::TradeShare), false).unwrap();
    assert!(Prepared::new(Method::Gmres, &factored.given()).unwrap().inputs_of(Direction::Forward, &table.x.to_vec()).is_none());
    // tiny outputs would make a bad weight
    let mut x = Array2::ones((3, 1)).remove_axis(ndarray::Axis(1));
    x[1] = 1e-9;
    assert!(isard::leontief::answer::weight_start(Direction::Forward, &x).iter().all(|w| *w > 1e-7));
}
