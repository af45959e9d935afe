//! Every operator equals the obvious double loop; every method equals the LU; what does not contract says so.

use isard::certificate;
use isard::leontief::Leontief;
use isard::operator::trade_share::{ShareForm, Shares};
use isard::operator::{Csr, Dense, Direction, Fit, Operator, Slices, Split, TradeShare};
use isard::solve::{DenseLu, Method, Reason, Refinement, RelativeResidual, Solution, Splitting, Stopping, solve};
use isard::system::{self, System};
use isard::{synth, table};
use ndarray::Array2;
use proptest::prelude::*;

mod kernels;
mod real;
mod rough;
mod tiles;
mod twofold;

const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Transposed];

/// A small random generator of its own, so that tests do not lean on the library's.
struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Self {
        Draw(seed | 1)
    }
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
    fn many(&mut self, n: usize, low: f64, high: f64) -> Vec<f64> {
        (0..n).map(|_| low + (high - low) * self.unit()).collect()
    }
}

/// Random factors with column sums of A below 0.9.
fn factors(regions: usize, products: usize, classes: usize, domestic: bool, seed: u64) -> ShareForm {
    let mut draw = Draw::new(seed);
    let mut shares = draw.many(products * regions * regions, 0.05, 1.0);
    for t in shares.chunks_exact_mut(regions * regions) {
        for s in 0..regions {
            let total: f64 = (0..regions).map(|r| t[r * regions + s]).sum();
            (0..regions).for_each(|r| t[r * regions + s] /= total);
        }
    }
    let top = 0.45 / products as f64;
    ShareForm {
        regions,
        products,
        class: (0..regions).map(|r| r % classes.min(regions)).collect(),
        technology: draw.many(classes.min(regions) * products * products, 0.0, 2.0 * top),
        domestic: domestic.then(|| draw.many(regions * products * products, 0.0, 2.0 * top)),
        shares: Shares::Products(shares),
        ..ShareForm::default()
    }
}

/// `t[i][r][s]` by its definition.
fn share(f: &ShareForm, i: usize, r: usize, s: usize) -> f64 {
    let n = f.regions;
    match &f.shares {
        Shares::Products(t) => t[(i * n + r) * n + s],
        Shares::Kernels(k) => {
            let g = (0..k.groups.len() - 1).find(|&g| i < k.groups[g + 1]).unwrap();
            k.supply[r * f.products + i] * k.kernels.get((g * n + r) * n + s) * k.demand[s * f.products + i]
        }
    }
}

/// A by its definition.
fn written_out(f: &ShareForm) -> Array2<f64> {
    let (r, s) = (f.regions, f.products);
    Array2::from_shape_fn((r * s, r * s), |(row, column)| {
        let (p, i, q, j) = (row / s, row % s, column / s, column % s);
        let own = f.domestic.as_ref().filter(|_| p == q).map(|d| d[(q * s + i) * s + j]);
        own.unwrap_or(share(f, i, p, q) * f.technology[(f.class[q] * s + i) * s + j])
            + f.correction.as_ref().map_or(0.0, |c| c.block(0..r * s)[[row, column]])
    })
}

/// `op(A) x` entry by entry; with `|A|` if asked.
fn double_loop(a: &Array2<f64>, direction: Direction, absolute: bool, k: usize, x: &[f64]) -> Vec<f64> {
    let n = a.nrows();
    let mut y = vec![0.0; n * k];
    for i in 0..n {
        for j in 0..n {
            let v = if direction == Direction::Forward { a[[i, j]] } else { a[[j, i]] };
            (0..k).for_each(|c| y[i * k + c] += if absolute { v.abs() } else { v } * x[j * k + c]);
        }
    }
    y
}

/// Products with A and A' equal the double loop; with |A|, they are never below it on `x >= 0`, equal if `tight`.
fn equals_the_double_loop(operator: &dyn Operator, a: &Array2<f64>, tight: bool, k: usize, seed: u64) -> Result<(), TestCaseError> {
    let n = a.nrows();
    prop_assert_eq!(operator.dim(), n);
    let mut draw = Draw::new(seed);
    let (signed, positive) = (draw.many(n * k, -1.0, 1.0), draw.many(n * k, 0.0, 1.0));
    for direction in DIRECTIONS {
        let mut y = vec![f64::NAN; n * k];
        operator.apply(direction, k, &signed, &mut y);
        let room = operator.rounding_steps(direction) * f64::EPSILON;
        let mut size = vec![f64::NAN; n * k];
        operator.apply_abs(direction, k, &signed.iter().map(|v| v.abs()).collect::<Vec<_>>(), &mut size);
        for ((y, e), size) in y.iter().zip(double_loop(a, direction, false, k, &signed)).zip(&size) {
            prop_assert!((y - e).abs() <= room * size + 1e-300, "{direction:?}: {y} is not {e}");
        }
        operator.apply_abs(direction, k, &positive, &mut y);
        for (y, e) in y.iter().zip(double_loop(a, direction, true, k, &positive)) {
            prop_assert!(*y >= e - room * y, "{direction:?}: |A| x is {y}, at least {e} is due");
            prop_assert!(!tight || *y <= e + room * y, "{direction:?}: |A| x is {y}, {e} is due");
        }
        for c in [0, k - 1] {
            let alone: Vec<f64> = (0..n).map(|i| signed[i * k + c]).collect();
            let (mut single, mut panel) = (vec![0.0; n], vec![0.0; n * k]);
            operator.apply(direction, 1, &alone, &mut single);
            operator.apply(direction, k, &signed, &mut panel);
            (0..n).try_for_each(|i| {
                prop_assert_eq!(single[i].to_bits(), panel[i * k + c].to_bits());
                Ok(())
            })?;
        }
    }
    let block = operator.block(n / 3..n);
    for ((i, j), v) in block.indexed_iter() {
        prop_assert!((v - a[[n / 3 + i, n / 3 + j]]).abs() <= 1e-13);
    }
    prop_assert_eq!(operator.has_negative() || a.iter().all(|v| *v >= 0.0), true);
    Ok(())
}

fn sparse(a: &Array2<f64>) -> Csr {
    Csr::new(table::sparse(a.view()))
}

fn refine(a: &dyn Operator, ready: &Refinement, direction: Direction, b: &Array2<f64>, tolerance: f64) -> Solution {
    let splitting = Splitting::TradeShareRefinement(ready);
    solve(
        a,
        &splitting,
        direction,
        b.view(),
        &RelativeResidual::new(tolerance, b.view()),
        &Stopping { max_iter: 500, ..Stopping::default() },
        &|_| true,
    )
}

/// `x` with `(I - A) x = b` (or A') by dense LU.
fn by_elimination(a: &Array2<f64>, direction: Direction, b: &Array2<f64>) -> Array2<f64> {
    let lu = DenseLu::new(Array2::eye(a.nrows()) - a).unwrap();
    let mut x: Vec<f64> = b.iter().copied().collect();
    lu.solve(direction, b.ncols(), &mut x);
    Array2::from_shape_vec(b.dim(), x).unwrap()
}

fn near(x: &Array2<f64>, y: &Array2<f64>, relative: f64) -> bool {
    let size = y.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    x.iter().zip(y).all(|(x, y)| (x - y).abs() <= relative * size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn trade_shares_equal_the_double_loop(regions in 1usize..7, products in 1usize..12, classes in 1usize..7, domestic: bool, corrected: bool, k in 1usize..36, seed: u64) {
        let mut f = factors(regions, products, classes, domestic, seed);
        if corrected {
            let mut draw = Draw::new(!seed);
            let n = regions * products;
            f.correction = Some(sparse(&Array2::from_shape_fn((n, n), |_| if draw.unit() < 0.2 { draw.unit() * 0.02 - 0.01 } else { 0.0 })));
        }
        let a = written_out(&f);
        equals_the_double_loop(&TradeShare::new(f).unwrap(), &a, !corrected, k, seed)?;
    }

    #[test]
    fn dense_rows_equal_the_double_loop(n in 1usize..70, k in 1usize..36, seed: u64) {
        let mut draw = Draw::new(seed);
        let a = Array2::from_shape_fn((n, n), |_| draw.unit() - 0.3);
        equals_the_double_loop(&Dense::new(a.clone()), &a, true, k, seed)?;
        equals_the_double_loop(&Dense::from_csr(&sparse(&a)), &a, true, k, seed)?;
        equals_the_double_loop(&Slices::from_csr(&sparse(&a)), &a, true, k, seed)?;
    }

    #[test]
    fn a_split_equals_the_double_loop(n in 1usize..20, k in 1usize..20, seed: u64) {
        let mut draw = Draw::new(seed);
        let a = Array2::from_shape_fn((n, n), |_| draw.unit() - 0.3);
        let w = split_shares(n, &mut draw);
        let of: Vec<usize> = w.iter().enumerate().flat_map(|(i, w)| vec![i; w.len()]).collect();
        let share: Vec<f64> = w.concat();
        let fine = Array2::from_shape_fn((of.len(), of.len()), |(p, q)| share[p] * a[[of[p], of[q]]]);
        let coarse = sparse(&a);
        equals_the_double_loop(&Split::new(&coarse, &w).unwrap(), &fine, true, k, seed)?;
    }

    #[test]
    fn a_split_system_aggregates_to_the_coarse_answer(regions in 1usize..5, products in 1usize..6, seed: u64) {
        let coarse = TradeShare::new(factors(regions, products, regions, true, seed)).unwrap();
        let mut draw = Draw::new(!seed);
        let w = split_shares(coarse.dim(), &mut draw);
        let fine = Split::new(&coarse, &w).unwrap();
        let b = Array2::from_shape_vec((fine.dim(), 2), draw.many(2 * fine.dim(), 0.0, 1.0)).unwrap();
        let demand = Array2::from_shape_vec((coarse.dim(), 2), fine.aggregate(2, b.as_slice().unwrap())).unwrap();
        let run = |a: &dyn Operator, b: &Array2<f64>| solve(a, &Splitting::PowerSeries, Direction::Forward, b.view(), &RelativeResidual::new(1e-15, b.view()), &Stopping::default(), &|_| true).x;
        let summed = Array2::from_shape_vec(demand.dim(), fine.aggregate(2, run(&fine, &b).as_slice().unwrap())).unwrap();
        prop_assert!(near(&summed, &run(&coarse, &demand), 1e-13));
    }

    #[test]
    fn a_fit_with_its_correction_is_the_table(regions in 1usize..6, sectors in 1usize..8, density in 0.05..1.0f64, negative in prop_oneof![Just(0.0), 0.0..0.2f64], zero_output in 0usize..3, k in 1usize..10, seed: u64) {
        let table = synth::table(&synth::Settings { regions, sectors, density, negative_share: negative, zero_output, seed, ..synth::Settings::default() });
        let system = System::new(table.clone());
        let a = system.rows();
        let fit = Fit::new(a, &table.labels.offsets, table.x.as_slice()).unwrap();
        let misfit = fit.misfit(a, 0.0);
        let factored = fit.operator(a, 0.0).unwrap();
        prop_assert_eq!(factored.form().correction.as_ref().map_or(0, Operator::entries), misfit.entries);
        equals_the_double_loop(&factored, &a.matrix().to_dense(), false, k, seed)?;
        let truth = a.matrix().to_dense();
        let apart = factored.form().correction.as_ref().map_or(Array2::zeros(truth.dim()), |c| c.matrix().to_dense());
        for column in apart.columns() {
            prop_assert!(column.iter().map(|v| v.abs()).sum::<f64>() <= misfit.column);
        }
    }

    #[test]
    fn exact_trade_shares_are_found(regions in 1usize..6, products in 1usize..8, seed: u64) {
        let a = sparse(&written_out(&factors(regions, products, regions, true, seed)));
        let offsets: Vec<usize> = (0..=regions).map(|r| r * products).collect();
        let fit = Fit::new(&a, &offsets, None).unwrap();
        let misfit = fit.misfit(&a, 1e-12);
        prop_assert!(misfit.exact && misfit.frobenius < 1e-14 && fit.misfit < 1e-14, "{misfit:?}");
        prop_assert!(fit.operator(&a, 1e-12).unwrap().form().correction.is_none());
    }

    #[test]
    fn refinement_equals_elimination(regions in 1usize..6, sectors in 1usize..8, density in 0.05..1.0f64, zero_output in 0usize..3, unequal: bool, k in 1usize..6, seed: u64) {
        let table = synth::table(&synth::Settings { regions, sectors, density, zero_output, seed, ..synth::Settings::default() });
        let a = Csr::new(system::coefficients(&table.z, &table.x));
        let mut offsets = table.labels.offsets.clone();
        if unequal && offsets.len() > 2 {
            offsets[1] -= usize::from(offsets[1] > 1);
        }
        let Ok(ready) = Refinement::new(&a, &offsets, None) else { return Err(TestCaseError::fail("these systems contract")) };
        let mut draw = Draw::new(seed);
        let b = Array2::from_shape_vec((a.dim(), k), draw.many(a.dim() * k, 0.0, 1.0)).unwrap();
        for direction in DIRECTIONS {
            let found = refine(&a, &ready, direction, &b, 1e-14);
            prop_assert!(found.converged() || unequal, "{:?} after {} passes", found.reasons, found.passes);
            let truth = by_elimination(&a.matrix().to_dense(), direction, &b);
            prop_assert!(!found.converged() || near(&found.x, &truth, 1e-12));
        }
    }

    #[test]
    fn what_is_not_productive_is_never_converged(regions in 1usize..5, sectors in 1usize..6, scale in 1.05..4.0f64, seed: u64) {
        // every column sum is `scale`: the spectral radius too
        let table = synth::table(&synth::Settings { regions, sectors, seed, ..synth::Settings::default() });
        let mut a = System::new(table.clone()).rows().matrix().to_dense();
        a.columns_mut().into_iter().for_each(|mut c| { let sum = c.sum(); c *= scale / sum; });
        let a = sparse(&a);
        prop_assert!(Refinement::new(&a, &table.labels.offsets, table.x.as_slice()).is_err());
    }
}

/// One to four parts per sector, with random shares.
fn split_shares(n: usize, draw: &mut Draw) -> Vec<Vec<f64>> {
    (0..n)
        .map(|_| {
            let count = 1 + (4.0 * draw.unit()) as usize;
            let w = draw.many(count, 0.1, 1.0);
            let sum: f64 = w.iter().sum();
            w.iter().map(|v| v / sum).collect()
        })
        .collect()
}

#[test]
fn refinement_of_exact_factors_takes_two_passes() {
    let operator = TradeShare::new(factors(6, 9, 2, false, 5)).unwrap();
    let ready = Refinement::from_trade_share(&operator).unwrap();
    let b = Array2::from_shape_fn((operator.dim(), 3), |(i, c)| ((i * 7 + c) % 5) as f64);
    for direction in DIRECTIONS {
        let found = refine(&operator, &ready, direction, &b, 1e-10);
        assert!(found.converged() && found.passes <= 2, "{} passes, {:?}", found.passes, found.reasons);
        assert!(near(&found.x, &by_elimination(&operator.block(0..operator.dim()), direction, &b), 1e-9));
    }
}

#[test]
fn long_dense_rows_keep_to_their_rounding_factor_alone_and_in_a_block() {
    // longer than two runs, and no multiple of anything
    let n = 1_309;
    let mut draw = Draw::new(5);
    let a = Array2::from_shape_vec((n, n), draw.many(n * n, 0.0, 1.0)).unwrap();
    let dense = Dense::new(a.clone());
    let factor = dense.rounding_steps(Direction::Forward);
    assert!(factor < n as f64 / 2.0, "{factor}");
    let x = draw.many(n, 0.0, 1.0);
    let mut alone = vec![0.0; n];
    dense.apply(Direction::Forward, 1, &x, &mut alone);
    for k in [2, 7, 49, 70] {
        let block: Vec<f64> = x.iter().flat_map(|v| (0..k).map(move |c| v * f64::from(1 << (c % 3)))).collect();
        let mut found = vec![0.0; n * k];
        dense.apply(Direction::Forward, k, &block, &mut found);
        let same = |(i, row): (usize, &[f64])| row.iter().enumerate().all(|(c, v)| *v == alone[i] * f64::from(1 << (c % 3)));
        assert!(found.chunks_exact(k).enumerate().all(same), "{k} columns");
    }
    let unit = 0.5 * f64::EPSILON;
    for (row, found) in a.rows().into_iter().zip(&alone) {
        // sum and what rounding left of it, the error of each product taken along: twice the digits
        let (mut sum, mut rest) = (0.0f64, 0.0f64);
        for (a, x) in row.iter().zip(&x) {
            let p = a * x;
            let next = sum + p;
            let back = next - sum;
            rest += a.mul_add(*x, -p) + ((sum - (next - back)) + (p - back));
            sum = next;
        }
        let off = ((found - sum) - rest).abs();
        assert!(off <= factor * unit * sum, "{off:e} is more than rounding allows");
    }
    // the worst there is: one chain would lose every entry behind the first
    let little = 0.999 * unit;
    let worst = Dense::new(Array2::from_shape_fn((n, n), |(_, j)| if j == 0 { 1.0 } else { little }));
    worst.apply(Direction::Forward, 1, &vec![1.0; n], &mut alone);
    let left = (n - 1) as f64 * little;
    assert!(alone.iter().all(|v| (left - (v - 1.0)).abs() <= factor * unit * (1.0 + left)), "{:e} of {left:e}", alone[0] - 1.0);
}

#[test]
fn a_column_is_refined_to_the_same_bits_alone_and_in_a_block() {
    let table = synth::table(&synth::Settings { regions: 8, sectors: 12, seed: 3, ..synth::Settings::default() });
    let a = Csr::new(system::coefficients(&table.z, &table.x));
    let ready = Refinement::new(&a, &table.labels.offsets, table.x.as_slice()).unwrap();
    let mut draw = Draw::new(8);
    let b = Array2::from_shape_vec((a.dim(), 37), draw.many(a.dim() * 37, 0.0, 1.0)).unwrap();
    for direction in DIRECTIONS {
        let all = refine(&a, &ready, direction, &b, 1e-12);
        for c in [0, 5, 36] {
            let alone = refine(&a, &ready, direction, &b.column(c).to_owned().insert_axis(ndarray::Axis(1)), 1e-12);
            assert!(alone.x.column(0).iter().zip(all.x.column(c)).all(|(x, y)| x.to_bits() == y.to_bits()));
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let operator = TradeShare::new(factors(30, 40, 30, true, 9)).unwrap();
    let (dense, mut draw) = (Dense::new(operator.block(0..operator.dim())), Draw::new(4));
    let ready = Refinement::from_trade_share(&operator).unwrap();
    let b = Array2::from_shape_vec((operator.dim(), 9), draw.many(operator.dim() * 9, 0.0, 1.0)).unwrap();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let products = DIRECTIONS.map(|d| [&operator as &dyn Operator, &dense].map(|o| certificate::product(o, d, false, b.view())));
            (products, refine(&dense, &ready, Direction::Forward, &b, 1e-12).x)
        })
    };
    assert!(run(1) == run(3));
}

#[test]
fn refinement_that_makes_things_worse_says_diverged() {
    // no imports in the factors, imports of spectral radius 1.5 in the correction
    let n = 4;
    let ring = Array2::from_shape_fn((n, n), |(i, j)| if (i + 1) % n == j { 1.5 } else { 0.0 });
    let empty = sparse(&Array2::zeros((n, n)));
    let ready = Refinement::new(&empty, &(0..=n).collect::<Vec<_>>(), None).unwrap();
    let b = Array2::ones((n, 1));
    let found = refine(&sparse(&ring), &ready, Direction::Forward, &b, 1e-10);
    assert_eq!(found.reasons, [Reason::Diverged]);
    assert!(found.passes < 40, "{} passes", found.passes);
}

#[test]
fn slow_refinement_is_not_taken_for_stagnation() {
    let n = 4;
    let ring = Array2::from_shape_fn((n, n), |(i, j)| if (i + 1) % n == j { 0.8 } else { 0.0 });
    let ready = Refinement::new(&sparse(&Array2::zeros((n, n))), &(0..=n).collect::<Vec<_>>(), None).unwrap();
    let found = refine(&sparse(&ring), &ready, Direction::Forward, &Array2::ones((n, 1)), 1e-10);
    assert_eq!(found.reasons, [Reason::Converged]);
    assert!((100..120).contains(&found.passes), "{} passes", found.passes);
}

#[test]
fn a_target_below_rounding_stagnates() {
    let table = synth::table(&synth::Settings::default());
    let a = Csr::new(system::coefficients(&table.z, &table.x));
    let ready = Refinement::new(&a, &table.labels.offsets, table.x.as_slice()).unwrap();
    let mut draw = Draw::new(2);
    let b = Array2::from_shape_vec((a.dim(), 1), draw.many(a.dim(), 0.0, 1.0)).unwrap();
    let found = refine(&a, &ready, Direction::Forward, &b, 1e-20);
    assert_eq!(found.reasons, [Reason::Stagnated]);
    assert!(found.passes < 30);
}

#[test]
fn a_system_that_does_not_contract_falls_back_by_name() {
    let mut table = synth::table(&synth::Settings { regions: 3, sectors: 4, ..synth::Settings::default() });
    table.z = table.z.map(|v| v * 2.5).into();
    let system = System::new(table.clone());
    let stopping = Stopping { max_iter: 2_000, ..Stopping::default() };
    let leontief = Leontief::new(system.clone(), Some(Method::TradeShareRefinement), stopping, Default::default()).unwrap();
    // what a table of this size gets without options
    assert_eq!(leontief.method, Method::Direct);
    assert_eq!(leontief.plan.method, Method::Direct);
    assert!(leontief.plan.why.contains("in place of trade-share-refinement"), "{}", leontief.plan.why);
    assert!(leontief.fallback.as_ref().is_some_and(|f| f.contains("productive") || f.contains("contract")), "{:?}", leontief.fallback);
    assert!(leontief.dual_weight().is_none());
    assert!(!isard::decompose::flows(&leontief, 0).certified());
    assert!(leontief.solves().iter().all(|f| f.method == "direct"));
}

fn products(f: &mut ShareForm) -> &mut Vec<f64> {
    match &mut f.shares {
        Shares::Products(t) => t,
        Shares::Kernels(_) => panic!("these factors have shares by product"),
    }
}

#[test]
fn factors_that_do_not_fit_together_are_refused() {
    let broken: [fn(&mut ShareForm); 6] = [
        |f| f.class.truncate(1),
        |f| f.technology.truncate(5),
        |f| products(f).push(0.0),
        |f| products(f)[1] = f64::NAN,
        |f| f.correction = Some(Csr::new(table::sparse(Array2::zeros((2, 2)).view()))),
        |f| (f.regions, f.products) = (0, 0),
    ];
    for spoil in broken {
        let mut f = factors(3, 4, 3, true, 1);
        spoil(&mut f);
        assert!(TradeShare::new(f).is_err());
    }
    let a = Csr::new(table::sparse(Array2::zeros((4, 4)).view()));
    assert!([&[0usize, 3][..], &[0, 0, 4], &[1, 4], &[4], &[]].iter().all(|o| Fit::new(&a, o, None).is_err()));
    assert!(Split::new(&a, &vec![vec![0.5, 0.6]; 4]).is_err() && Split::new(&a, &[]).is_err());
    let unequal = Fit::new(&a, &[0, 1, 4], None).unwrap();
    assert!(unequal.operator(&a, 0.0).is_err());
}

/// A twelfth of the inputs domestic, or three quarters; every entry off its trade share by up to `exp(spread)`.
#[test]
fn any_quality_of_fit_takes_few_passes() {
    let exact = TradeShare::new(factors(12, 10, 12, false, 3)).unwrap();
    let (n, products) = (exact.dim(), 10);
    let offsets: Vec<usize> = (0..=12).map(|r| r * products).collect();
    for (own, spread, most) in [(1.0, 0.01, 3), (1.0, 0.5, 6), (1.0, 3.0, 10), (30.0, 0.1, 4), (30.0, 0.5, 5), (30.0, 3.0, 7)] {
        let mut draw = Draw::new(6);
        let mut a = exact.block(0..n);
        a.indexed_iter_mut().for_each(|((i, j), v)| {
            *v *= (spread * (2.0 * draw.unit() - 1.0)).exp() * if i / products == j / products { own } else { 1.0 };
        });
        let sums = a.sum_axis(ndarray::Axis(0));
        a.columns_mut().into_iter().zip(&sums).for_each(|(mut c, sum)| c *= 0.75 / sum);
        let a = sparse(&a);
        let ready = Refinement::new(&a, &offsets, None).unwrap();
        let b = Array2::from_shape_vec((n, 2), draw.many(2 * n, 0.0, 1.0)).unwrap();
        for direction in DIRECTIONS {
            let found = refine(&a, &ready, direction, &b, 1e-10);
            println!("own {own} spread {spread} {direction:?}: misfit {:.2e}, {} passes", ready.misfit(), found.passes);
            assert!(found.converged() && found.passes <= most, "spread {spread}: {} passes", found.passes);
        }
    }
}

#[test]
fn generated_tables_take_few_passes() {
    for (density, most) in [(1.0, 7), (0.3, 8), (0.05, 10)] {
        let table = synth::table(&synth::Settings { regions: 12, sectors: 20, density, seed: 4, ..synth::Settings::default() });
        let a = Csr::new(system::coefficients(&table.z, &table.x));
        let ready = Refinement::new(&a, &table.labels.offsets, table.x.as_slice()).unwrap();
        let b = Array2::from_shape_vec((a.dim(), 1), Draw::new(5).many(a.dim(), 0.0, 1.0)).unwrap();
        for direction in DIRECTIONS {
            let found = refine(&a, &ready, direction, &b, 1e-10);
            println!("density {density} {direction:?}: misfit {:.2e}, {} passes", ready.misfit(), found.passes);
            assert!(found.converged() && found.passes <= most, "density {density}: {} passes", found.passes);
        }
    }
}
