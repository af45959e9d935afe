//! Trade shares made of kernels, technologies shared by classes of regions.

use isard::operator::Operator;
use isard::operator::trade_share::{Kernels, Numbers, ShareForm, Shares, TradeShare};
use isard::solve::Refinement;
use proptest::prelude::*;

use super::{DIRECTIONS, Draw, equals_the_double_loop, written_out};

/// What random factors look like.
#[derive(Debug, Clone)]
struct Shape {
    regions: usize,
    products: usize,
    classes: usize,
    groups: usize,
    domestic: bool,
    single: bool,
    negative: bool,
    seed: u64,
}

fn factors(shape: &Shape) -> ShareForm {
    let &Shape { regions, products, classes, groups, domestic, single, negative, seed } = shape;
    let mut draw = Draw::new(seed);
    let low = if negative { -0.5 } else { 0.0 };
    // a fifth of all numbers zero
    let mut many =
        |n: usize, size: f64| -> Vec<f64> { (0..n).map(|_| if draw.unit() < 0.2 { 0.0 } else { size * (low + draw.unit()) }).collect() };
    let groups = groups.min(products);
    let kernels = many(groups * regions * regions, 1.0 / regions as f64);
    ShareForm {
        regions,
        products,
        class: (0..regions).map(|r| (r * 5 + r / 3) % classes).collect(),
        technology: many(classes * products * products, 1.0 / products as f64),
        domestic: domestic.then(|| many(regions * products * products, 1.0 / products as f64)),
        shares: Shares::Kernels(Kernels {
            groups: (0..=groups).map(|g| g * products / groups).collect(),
            kernels: if single { Numbers::F32(kernels.iter().map(|&v| v as f32).collect()) } else { Numbers::F64(kernels) },
            supply: many(regions * products, 1.0),
            demand: many(regions * products, 1.0),
        }),
        ..ShareForm::default()
    }
}

fn shapes(regions: std::ops::Range<usize>, products: std::ops::Range<usize>) -> impl Strategy<Value = Shape> {
    let switches = (any::<bool>(), any::<bool>(), any::<bool>());
    (regions, products, 1usize..5, 1usize..6, switches, any::<u64>()).prop_map(
        |(regions, products, classes, groups, (domestic, single, negative), seed)| {
            let classes = classes.min(regions);
            Shape { regions, products, classes, groups, domestic, single, negative, seed }
        },
    )
}

/// With every class used: the last one may be empty by the rule above.
fn operator(shape: &Shape) -> (TradeShare, ndarray::Array2<f64>) {
    let mut f = factors(shape);
    let used = f.class.iter().max().unwrap() + 1;
    f.technology.truncate(used * f.products * f.products);
    let a = written_out(&f);
    (TradeShare::new(f).unwrap(), a)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn kernels_equal_the_double_loop(shape in shapes(1..9, 1..14), k in 1usize..36, seed: u64) {
        let (operator, a) = operator(&shape);
        // with factors of both signs, the product of their sizes may exceed that of the entry; without, it is the same
        equals_the_double_loop(&operator, &a, !shape.negative, k, seed)?;
        prop_assert_eq!(operator.has_negative(), shape.negative && (operator.entries() > 0) && has_negative(&operator));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Several pieces of regions, several strips, ragged ends of panels.
    #[test]
    fn many_regions_and_kernels_equal_the_double_loop(shape in shapes(60..200, 1..5), k in 1usize..5, seed: u64) {
        let (operator, a) = operator(&shape);
        equals_the_double_loop(&operator, &a, !shape.negative, k, seed)?;
    }

    #[test]
    fn many_products_and_kernels_equal_the_double_loop(shape in shapes(1..5, 130..280), k in 1usize..4, seed: u64) {
        let (operator, a) = operator(&shape);
        equals_the_double_loop(&operator, &a, !shape.negative, k, seed)?;
    }
}

fn has_negative(operator: &TradeShare) -> bool {
    let f = operator.form();
    let Shares::Kernels(k) = &f.shares else { return false };
    let kernels = (0..k.kernels.len()).any(|at| k.kernels.get(at) < 0.0);
    kernels || f.technology.iter().chain(&k.supply).chain(&k.demand).chain(f.domestic.iter().flatten()).any(|v| *v < 0.0)
}

#[test]
fn kernels_give_the_same_bits_for_any_number_of_threads() {
    for single in [false, true] {
        let shape = Shape { regions: 301, products: 29, classes: 3, groups: 2, domestic: true, single, negative: true, seed: 9 };
        let (operator, _) = operator(&shape);
        let k = 9;
        let x = Draw::new(4).many(operator.dim() * k, -1.0, 1.0);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            DIRECTIONS.map(|d| {
                let mut y = vec![0.0; x.len()];
                pool.install(|| operator.apply(d, k, &x, &mut y));
                y.iter().map(|v| v.to_bits()).collect::<Vec<_>>()
            })
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
    }
}

#[test]
fn one_kernel_per_product_is_the_same_as_shares_by_product() {
    let shape = Shape { regions: 70, products: 6, classes: 2, groups: 6, domestic: false, single: false, negative: true, seed: 3 };
    let mut f = factors(&shape);
    if let Shares::Kernels(k) = &mut f.shares {
        k.supply.fill(1.0);
        k.demand.fill(1.0);
    }
    let Shares::Kernels(Kernels { kernels: Numbers::F64(t), .. }) = f.shares.clone() else { panic!("kernels in double precision") };
    let by_product = ShareForm {
        shares: Shares::Products(t),
        class: f.class.clone(),
        technology: f.technology.clone(),
        ..ShareForm { regions: 70, products: 6, ..ShareForm::default() }
    };
    let (kernels, products) = (TradeShare::new(f).unwrap(), TradeShare::new(by_product).unwrap());
    let x = Draw::new(5).many(kernels.dim(), 0.0, 1.0);
    for direction in DIRECTIONS {
        let (mut a, mut b) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        kernels.apply(direction, 1, &x, &mut a);
        products.apply(direction, 1, &x, &mut b);
        assert_eq!(a, b);
    }
}

#[test]
fn kernels_that_do_not_fit_are_refused_and_refinement_says_what_to_use() {
    let shape = Shape { regions: 4, products: 5, classes: 2, groups: 2, domestic: false, single: false, negative: false, seed: 1 };
    type Spoil = fn(&mut Kernels);
    let spoil: [(&str, Spoil); 6] = [
        ("groups", |k| k.groups[1] = 5),
        ("groups", |k| k.groups.clear()),
        ("groups", |k| k.groups[2] = 4),
        ("kernels", |k| k.kernels = Numbers::F64(vec![0.0; 3])),
        ("supplies", |k| k.supply.truncate(2)),
        ("finite", |k| k.demand[3] = f64::INFINITY),
    ];
    for (word, spoil) in spoil {
        let mut f = factors(&shape);
        let Shares::Kernels(k) = &mut f.shares else { panic!("kernels") };
        spoil(k);
        let message = TradeShare::new(f).err().unwrap().to_string();
        assert!(message.contains(word), "{message}");
    }
    let many = Shape { regions: 6, ..shape };
    let refusal = Refinement::from_trade_share(&TradeShare::new(factors(&many)).unwrap()).err().unwrap();
    assert!(refusal.help().unwrap().contains("power-series or gmres"));
}

#[test]
fn kernels_of_few_regions_are_refined_by_the_shares_of_each_product() {
    for (domestic, single) in [(false, false), (false, true), (true, false)] {
        let shape = Shape { regions: 6, products: 9, classes: 2, groups: 4, domestic, single, negative: false, seed: 11 };
        let (operator, a) = operator(&shape);
        assert!(operator.has_product_shares());
        let shares = operator.product_shares().unwrap();
        for (i, r, q) in [(0, 0, 1), (8, 5, 2), (4, 3, 0)] {
            let (t, m) = (shares[(i * 6 + r) * 6 + q], operator.technology(q));
            (0..9).for_each(|j| assert!((t * m[i * 9 + j] - a[[r * 9 + i, q * 9 + j]]).abs() <= 1e-15));
        }
        let ready = Refinement::from_trade_share(&operator).unwrap();
        let b = ndarray::Array2::from_shape_fn((operator.dim(), 3), |(i, c)| ((i * 7 + c) % 5) as f64);
        for direction in DIRECTIONS {
            let found = super::refine(&operator, &ready, direction, &b, 1e-10);
            assert!(found.converged() && found.passes <= 2, "{} passes, {:?}", found.passes, found.reasons);
            assert!(super::near(&found.x, &super::by_elimination(&a, direction, &b), 1e-9));
        }
    }
}
