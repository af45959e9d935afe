//! Balancing against its conditions of optimality, a conic solver, and targets that contradict each other.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{DefaultSettingsBuilder, DefaultSolver, IPSolver, SupportedConeT};
use isard::balance::{Group, How, Method, Outcome, Scale, Target, Targets, Which, balance};
use isard::table::{Sparse, sparse};
use isard::{Threads, Watch};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

use crate::support::draw::Draw;

impl Draw {
    /// A matrix with this share of cells, some of them negative, and one of the same signs whose cells are moved by factors.
    fn pair(&mut self, m: usize, n: usize, density: f64, negative: f64) -> (Array2<f64>, Array2<f64>) {
        let first = Array2::from_shape_fn((m, n), |_| {
            let (there, sign, size) = (self.unit() < density, self.unit() < negative, 0.1 + 10.0 * self.unit());
            if !there {
                0.0
            } else if sign {
                -size
            } else {
                size
            }
        });
        let moved = first.mapv(|v| v * (0.5 + self.unit()));
        (first, moved)
    }
}

fn exact(sums: impl IntoIterator<Item = f64>) -> Vec<Target> {
    sums.into_iter().map(Target::Exact).collect()
}

/// The margins of a matrix as targets.
fn margins(of: &Array2<f64>) -> Targets {
    Targets { rows: exact(of.sum_axis(Axis(1))), columns: exact(of.sum_axis(Axis(0))), ..Targets::default() }
}

fn run(first: &Array2<f64>, targets: &Targets, how: &How) -> (Array2<f64>, Outcome) {
    let mut z = sparse(first.view());
    let outcome = balance(&mut z, targets, how).unwrap();
    (z.to_dense(), outcome)
}

fn refused(first: &Array2<f64>, targets: &Targets, how: &How) -> String {
    balance(&mut sparse(first.view()), targets, how).unwrap_err().to_string()
}

/// How far the logarithms of the factors of the cells are from a sum of a number for each row and one for each column, which
/// are found along the cells themselves.
fn not_additive(first: &Array2<f64>, found: &Array2<f64>) -> f64 {
    let (m, n) = first.dim();
    let log = |i: usize, j: usize| first[[i, j]].signum() * (found[[i, j]] / first[[i, j]]).ln();
    let mut potential: Vec<Option<f64>> = vec![None; m + n];
    let mut worst = 0.0f64;
    for start in 0..m {
        if potential[start].is_some() {
            continue;
        }
        potential[start] = Some(0.0);
        let mut queue = vec![start];
        while let Some(node) = queue.pop() {
            let own = potential[node].unwrap();
            let cells: Vec<(usize, usize, usize)> =
                if node < m { (0..n).map(|j| (node, j, m + j)).collect() } else { (0..m).map(|i| (i, node - m, i)).collect() };
            for (i, j, other) in cells.into_iter().filter(|c| first[[c.0, c.1]] != 0.0) {
                match potential[other] {
                    Some(there) => worst = worst.max((own + there - log(i, j)).abs()),
                    None => {
                        potential[other] = Some(log(i, j) - own);
                        queue.push(other);
                    }
                }
            }
        }
    }
    worst
}

/// `sum |z0| (t ln(t/e) + 1)`.
fn entropy(first: &Array2<f64>, found: &Array2<f64>) -> f64 {
    let term = |(a, b): (&f64, &f64)| if *a == 0.0 { 0.0 } else { a.abs() * ((b / a) * ((b / a).ln() - 1.0) + 1.0) };
    first.iter().zip(found).map(term).sum()
}

#[test]
fn five_hundred_tables_of_mixed_signs_satisfy_the_conditions_of_optimality() {
    let mut draw = Draw(7);
    let how = How { tolerance: 1e-12, ..How::default() };
    let (mut negative, mut zero) = (0, 0);
    for k in 0..500 {
        let (m, n) = (3 + k % 10, 3 + (k / 7) % 9);
        let (density, share) = (0.5 + 0.5 * draw.unit(), 0.4 * draw.unit());
        let (first, moved) = draw.pair(m, n, density, share);
        let targets = margins(&moved);
        let (found, outcome) = run(&first, &targets, &how);
        assert!(outcome.converged && outcome.is_within(1e-10), "table {k}: {:?} {:e}", outcome.reason, outcome.residual());
        assert!(not_additive(&first, &found) < 1e-10, "table {k}: {:e}", not_additive(&first, &found));
        let total: f64 = moved.sum_axis(Axis(1)).iter().map(|v| v.abs()).sum();
        for axis in [Axis(0), Axis(1)] {
            for (a, b) in found.sum_axis(axis).iter().zip(moved.sum_axis(axis)) {
                assert!((a - b).abs() <= 1e-10 * b.abs().max(1e-3 * total), "table {k}: {a} for {b}");
            }
        }
        negative += first.iter().filter(|v| **v < 0.0).count();
        zero += first.iter().filter(|v| **v == 0.0).count();
    }
    assert!(negative > 3000 && zero > 3000, "{negative} {zero}");
}

/// The minimum by an interior-point method: t_k and w_k >= t_k ln t_k in exponential cones, margins as equations.
fn conic(first: &Array2<f64>, moved: &Array2<f64>) -> Array2<f64> {
    let (m, n) = first.dim();
    let cells: Vec<(usize, usize)> = first.indexed_iter().filter(|(_, v)| **v != 0.0).map(|(at, _)| at).collect();
    let count = cells.len();
    // variables: t, then w; minimise sum |z0| (w - t)
    let cost: Vec<f64> = (0..2 * count).map(|k| first[cells[k % count]].abs() * if k < count { -1.0 } else { 1.0 }).collect();
    let mut columns: Vec<Vec<(usize, f64)>> = vec![Vec::new(); 2 * count];
    // the last margin follows from the others
    let equations = m + n - 1;
    for (k, &(i, j)) in cells.iter().enumerate() {
        columns[k].push((i, first[[i, j]]));
        if j + 1 < n {
            columns[k].push((m + j, first[[i, j]]));
        }
        // (x, y, z) = (-w, t, 1) with y exp(x / y) <= z
        columns[k].push((equations + 3 * k + 1, -1.0));
        columns[count + k].push((equations + 3 * k, 1.0));
    }
    let mut right: Vec<f64> = moved.sum_axis(Axis(1)).to_vec();
    right.extend(moved.sum_axis(Axis(0)).iter().take(n - 1));
    (0..count).for_each(|_| right.extend([0.0, 0.0, 1.0]));
    let (mut pointers, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for column in &columns {
        column.iter().for_each(|&(r, v)| {
            rows.push(r);
            values.push(v);
        });
        pointers.push(rows.len());
    }
    let a = CscMatrix::new(right.len(), 2 * count, pointers, rows, values);
    let mut cones = vec![SupportedConeT::ZeroConeT(equations)];
    (0..count).for_each(|_| cones.push(SupportedConeT::ExponentialConeT()));
    let settings = DefaultSettingsBuilder::default().verbose(false).tol_gap_abs(1e-11).tol_gap_rel(1e-11).tol_feas(1e-11).build().unwrap();
    let mut solver = DefaultSolver::new(&CscMatrix::zeros((2 * count, 2 * count)), &cost, &a, &right, &cones, settings).unwrap();
    solver.solve();
    let mut found = Array2::zeros((m, n));
    cells.iter().enumerate().for_each(|(k, &at)| found[at] = first[at] * solver.solution.x[k]);
    found
}

#[test]
fn a_conic_solver_finds_the_same_minimum_at_20_by_20() {
    for (seed, negative) in [(3, 0.0), (4, 0.2), (5, 0.35)] {
        let (first, moved) = Draw(seed).pair(20, 20, 0.7, negative);
        let (found, outcome) = run(&first, &margins(&moved), &How { tolerance: 1e-12, ..How::default() });
        assert!(outcome.converged);
        let other = conic(&first, &moved);
        let (own, theirs) = (entropy(&first, &found), entropy(&first, &other));
        assert!((own - theirs).abs() <= 1e-7 * own, "{own} {theirs}");
        let apart = (&found - &other).iter().zip(&first).map(|(d, a)| d.abs() / a.abs().max(1.0)).fold(0.0, f64::max);
        assert!(apart < 1e-5, "{apart:e}");
        assert!((outcome.moved.entropy * first.iter().map(|v| v.abs()).sum::<f64>() - own).abs() <= 1e-9 * own);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn zeros_and_signs_are_kept_and_the_residual_covers_the_sums(
        seed in 1u64.., m in 2usize..9, n in 2usize..9, density in 0.4..1.0, negative in 0.0..0.5
    ) {
        let (first, moved) = Draw(seed).pair(m, n, density, negative);
        let targets = margins(&moved);
        let (found, outcome) = run(&first, &targets, &How { tolerance: 1e-10, max_passes: 400, ..How::default() });
        for (a, b) in first.iter().zip(&found) {
            prop_assert_eq!(*a == 0.0, *b == 0.0);
            prop_assert!(a * b >= 0.0 && b.is_finite());
        }
        // whether it converged or not, the stated residual is not below what one finds
        let total: f64 = moved.sum_axis(Axis(1)).iter().map(|v| v.abs()).sum::<f64>().max(moved.sum_axis(Axis(0)).iter().map(|v| v.abs()).sum());
        for axis in [Axis(0), Axis(1)] {
            for (a, b) in found.sum_axis(axis).iter().zip(moved.sum_axis(axis)) {
                let rounding = 1e-14 * first.iter().chain(&found).map(|v| v.abs()).sum::<f64>();
                prop_assert!((a - b).abs() <= outcome.residual() * b.abs().max(1e-9 * total) + rounding);
            }
        }
        let size: f64 = first.iter().map(|v| v.abs()).sum();
        let change: f64 = (&found - &first).iter().map(|v| v.abs()).sum();
        prop_assert!((outcome.moved.size.value - size).abs() <= 1e-12 * size);
        prop_assert!((outcome.moved.change.value - change).abs() <= 1e-12 * size);
    }
}

#[test]
fn the_same_bits_come_from_any_number_of_threads() {
    let (first, moved) = Draw(11).pair(300, 200, 0.6, 0.1);
    let bits = |threads: usize| {
        let watch = Watch::default().on_threads(Threads::new(threads).unwrap());
        let (found, outcome) = run(&first, &margins(&moved), &How { watch, ..How::default() });
        (found.mapv(f64::to_bits), outcome.passes, outcome.residual().to_bits(), outcome.moved)
    };
    let one = bits(1);
    assert!(one.1 > 2);
    assert_eq!(one, bits(2));
    assert_eq!(one, bits(5));
}

#[test]
fn what_cannot_be_met_is_named_before_a_cell_is_changed() {
    let how = How { row: &|i| format!("seller {i}"), column: &|j| format!("buyer {j}"), ..How::default() };
    let z = array![[1.0, 1.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0], [3.0, 1.0, 2.0, 4.0], [0.0, 0.0, 1.0, 1.0]];
    // sellers 0 and 1 reach buyers 0 and 1 alone
    let targets = Targets { rows: exact([60.0, 60.0, 10.0, 20.0]), columns: exact([50.0, 50.0, 25.0, 25.0]), ..Targets::default() };
    let text = refused(&z, &targets, &how);
    assert!(text.contains("2 rows (seller 0; seller 1) are to add to 120 or more"), "{text}");
    assert!(text.contains("2 columns (buyer 0; buyer 1), which reach 100 at most"), "{text}");
    // the same with a range, and met by a wider one
    let ranged = |high: f64| Targets { columns: vec![Target::Between(0.0, high); 4], ..targets.clone() };
    let text = refused(&z, &ranged(59.0), &how);
    assert!(text.contains("seller 0; seller 1") && text.contains("118"), "{text}");
    assert!(run(&z, &ranged(75.0), &how).1.is_within(1e-9));
    // a negative cell takes from its column what its row sells elsewhere
    let mut signed = z.clone();
    signed[[3, 0]] = -1.0;
    assert!(run(&signed, &targets, &how).1.is_within(1e-9));

    let total = |u: [f64; 2], v: [f64; 2]| Targets { rows: exact(u), columns: exact(v), ..Targets::default() };
    let square = array![[1.0, 2.0], [3.0, 4.0]];
    let text = refused(&square, &total([3.0, 7.0], [4.0, 8.0]), &how);
    assert!(text.contains("row targets add to 10") && text.contains("column targets to 12"), "{text}");
    for (scale, sums) in [(Scale::Rows, [3.6, 8.4, 4.0, 8.0]), (Scale::Columns, [3.0, 7.0, 40.0 / 12.0, 80.0 / 12.0])] {
        let (found, outcome) = run(&square, &total([3.0, 7.0], [4.0, 8.0]), &How { scale: Some(scale), ..How::default() });
        let all = found.sum_axis(Axis(1)).into_iter().chain(found.sum_axis(Axis(0)));
        assert!(
            all.zip(sums).all(|(a, b)| (a / b - 1.0).abs() < 1e-9) && outcome.notes[0].contains("10") && outcome.notes[0].contains("12")
        );
    }
    let text = refused(&array![[0.0, 0.0], [3.0, 4.0]], &total([1.0, 6.0], [3.0, 4.0]), &how);
    assert!(text.contains("seller 0 is to be 1 and has no positive cell"), "{text}");
    let text = refused(&array![[1.0, 2.0], [3.0, 4.0]], &total([-1.0, 8.0], [3.0, 4.0]), &how);
    assert!(text.contains("seller 0 is to be -1 and has no negative cell"), "{text}");
    let text = refused(&array![[1.0, -2.0], [3.0, 4.0]], &total([-1.0, 7.0], [4.0, 2.0]), &How { method: Method::Ras, ..How::default() });
    assert!(text.contains("1 cells are negative, the first -2 of row 0 and column 1"), "{text}");
    let text = refused(&array![[1.0, f64::NAN], [3.0, 4.0]], &total([3.0, 7.0], [4.0, 6.0]), &how);
    assert!(text.contains("seller 0 and buyer 1 is NaN"), "{text}");
    // a line that is to be 0
    let (found, outcome) = run(&square, &total([0.0, 7.0], [3.0, 4.0]), &how);
    assert_eq!((found[[0, 0]], found[[0, 1]], outcome.moved.emptied), (0.0, 0.0, 2));
    // cancelled
    let watch = Watch::default();
    watch.cancel();
    assert!(refused(&square, &total([3.0, 7.0], [4.0, 6.0]), &How { watch, ..How::default() }).contains("cancelled"));
}

#[test]
fn fixed_cells_stay_ranges_act_outside_alone_and_groups_add_to_their_totals() {
    let (first, moved) = Draw(21).pair(12, 10, 1.0, 0.1);
    let entry = |i: usize, j: usize| i * 10 + j;
    let mut targets = margins(&moved);
    targets.fixed = vec![(entry(0, 0), moved[[0, 0]]), (entry(3, 4), moved[[3, 4]])];
    let block: Vec<usize> = (4..8).flat_map(|i| (2..6).map(move |j| entry(i, j))).collect();
    let sum: f64 = block.iter().map(|&e| moved[[e / 10, e % 10]]).sum();
    targets.groups = vec![Group { name: "block".into(), entries: block.clone(), target: Target::Exact(sum) }];
    let wide = moved.row(11).sum();
    targets.rows[11] = Target::Between(wide - 1e3, wide + 1e3);
    // the columns fix the total of this row, nothing fixes that of the last two columns
    targets.columns[8] = Target::Free;
    targets.columns[9] = Target::Between(-1e3, 1e3);
    let (found, outcome) = run(&first, &targets, &How { tolerance: 1e-12, ..How::default() });
    assert!(outcome.is_within(1e-10), "{:?} {:e}", outcome.reason, outcome.residual());
    assert_eq!((found[[0, 0]], found[[3, 4]]), (moved[[0, 0]], moved[[3, 4]]));
    assert!((block.iter().map(|&e| found[[e / 10, e % 10]]).sum::<f64>() - sum).abs() < 1e-9 * sum.abs());
    assert_eq!((outcome.scalings[0][11], outcome.scalings[1][8], outcome.scalings[1][9]), (1.0, 1.0, 1.0));
    // the factors of rows, columns and the group make every other cell
    for ((i, j), &a) in first.indexed_iter().filter(|(at, _)| ![(0, 0), (3, 4)].contains(at)) {
        let own = if block.contains(&entry(i, j)) { outcome.scalings[2][0] } else { 1.0 };
        let factor = outcome.scalings[0][i] * outcome.scalings[1][j] * own;
        let expected = if a > 0.0 { a * factor } else { a / factor };
        assert!((found[[i, j]] / expected - 1.0).abs() < 1e-12);
    }
    // a range that binds: the sum is at its end, and the factor on the right side of 1
    let narrow = Targets { columns: vec![Target::Between(0.0, 2.0), Target::Free], rows: vec![Target::Free; 2], ..Targets::default() };
    let (found, outcome) = run(&array![[1.0, 2.0], [3.0, 4.0]], &narrow, &How::default());
    assert!((found.column(0).sum() - 2.0).abs() < 1e-12 && outcome.scalings[1][0] == 0.5 && found.column(1).sum() == 6.0);
}

#[test]
fn contradicting_targets_give_way_by_their_standard_errors_and_no_others_do() {
    let (first, moved) = Draw(31).pair(8, 6, 1.0, 0.1);
    let kras = How { method: Method::Kras, ..How::default() };
    let mut targets = margins(&moved);
    // columns are surveys, 5 % too high in all, the last one exact
    let errors = [1.0, 2.0, 4.0, 1.0, 1.0];
    for (j, error) in errors.iter().enumerate() {
        let Target::Exact(v) = targets.columns[j] else { panic!() };
        targets.columns[j] = Target::Estimate(v + 2.0 * error, *error);
    }
    let (found, outcome) = run(&first, &targets, &kras);
    assert!(outcome.converged && outcome.is_within(1e-9), "{:?}", outcome.reason);
    let moves: Vec<f64> = outcome.shifts.iter().map(|s| s.to - s.from).collect();
    assert!((moves.iter().sum::<f64>() + 18.0).abs() < 1e-6, "{moves:?}");
    for shift in &outcome.shifts {
        let Which::Column(j) = shift.which else { panic!("{shift:?}") };
        assert!(j < 5 && (shift.errors.value * errors[j] - (shift.to - shift.from)).abs() < 1e-12);
        // each gives way by about the same number of its own standard errors
        assert!((shift.errors.value + 2.0).abs() < 0.2, "{shift:?}");
        assert!((found.column(j).sum() - shift.to).abs() < 1e-7);
    }
    // without a contradiction nothing gives way, and kras is gras
    for (j, error) in errors.iter().enumerate() {
        targets.columns[j] = Target::Estimate(moved.column(j).sum(), *error);
    }
    let (same, outcome) = run(&first, &targets, &kras);
    assert!(outcome.shifts.is_empty());
    assert_eq!(same, run(&first, &margins(&moved), &How::default()).0);
    // exact targets that contradict each other are refused by kras too
    targets.columns = vec![Target::Estimate(1.0, 1.0); 6];
    targets.columns.iter_mut().for_each(|t| *t = Target::Between(-1.0, 1.0));
    targets.columns[0] = Target::Estimate(1.0, 1.0);
    let mut gone = first.clone();
    gone.column_mut(0).fill(0.0);
    gone[[0, 0]] = 1.0;
    assert!(refused(&gone, &targets, &kras).contains("contradict the pattern"));
}

#[test]
fn a_balance_that_cannot_converge_says_where_it_stands() {
    // seller 1 meets buyer 1 only: targets leave 0 for the cell (0, 1), which no factor reaches
    let z: Sparse = sparse(array![[1.0, 1.0], [0.0, 1.0]].view());
    let mut targets = Targets { rows: exact([1.0, 1.0]), columns: exact([1.0, 1.0]), ..Targets::default() };
    // several passes together come near it
    let mut near = z.clone();
    assert!(balance(&mut near, &targets, &How::default()).unwrap().is_within(1e-9));
    assert!(near.data()[1] > 0.0 && near.data()[1] < 1e-8);
    // one by one they do not
    targets.groups = vec![Group { name: "any".into(), entries: vec![0], target: Target::Free }];
    let outcome = balance(&mut z.clone(), &targets, &How { max_passes: 100, ..How::default() }).unwrap();
    let reason = outcome.reason.clone().unwrap();
    assert!(!outcome.converged && !outcome.is_within(1e-9));
    assert!(reason.contains("used up after 100 passes") && reason.contains("row 1 by") && reason.contains("column 1"), "{reason}");
    let outcome = balance(&mut z.clone(), &targets, &How { tolerance: 1e-12, ..How::default() }).unwrap();
    let reason = outcome.reason.unwrap();
    assert!(reason.contains("no longer falls") || outcome.passes == 10_000, "{reason}");
}
