//! Tables of the shared data, where they are at hand.

use isard::operator::trade_share::{ShareForm, Shares, TradeShare, shares_from_exports};
use isard::operator::{Csr, Fit, Operator};
use isard::solve::Refinement;
use ndarray::{Array2, Array3};

use super::{DIRECTIONS, Draw, refine, sparse};
use crate::support::shared;
use isard::operator::Direction;

/// One array of an npz archive of doubles.
fn array(archive: &mut zip::ZipArchive<std::fs::File>, name: &str) -> (Vec<usize>, Vec<f64>) {
    let file = npyz::NpyFile::new(archive.by_name(&format!("{name}.npy")).unwrap()).unwrap();
    let shape = file.shape().iter().map(|&v| v as usize).collect();
    (shape, file.into_vec().unwrap())
}

#[test]
fn the_us_states_are_trade_shares_to_rounding() {
    let Some(path) = shared("world/us_states/us_states_factors.npz") else { return };
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let (_, own) = array(&mut archive, "Aloc");
    let (shape, imported) = array(&mut archive, "Aimp");
    let (regions, products) = (shape[0], shape[1]);
    let (shape, exports) = array(&mut archive, "export");
    let exports = Array2::from_shape_vec((shape[0], shape[1]), exports).unwrap();
    let operator = TradeShare::new(ShareForm {
        regions,
        products,
        class: (0..regions).collect(),
        technology: imported.clone(),
        shares: Shares::Products(shares_from_exports(exports.view())),
        domestic: Some(own.clone()),
        ..ShareForm::default()
    })
    .unwrap();
    let cube = |v: &[f64]| Array3::from_shape_vec((regions, products, products), v.to_vec()).unwrap();
    let (own, imported) = (cube(&own), cube(&imported));
    let n = regions * products;
    let mut dense = Array2::zeros((n, n));
    for s in 0..regions {
        for i in 0..products {
            let total: f64 = (0..regions).filter(|&q| q != s).map(|q| exports[[q, i]]).sum();
            for r in 0..regions {
                for j in 0..products {
                    let v = if r == s {
                        own[[s, i, j]]
                    } else if total == 0.0 {
                        0.0
                    } else {
                        exports[[r, i]] / total * imported[[s, i, j]]
                    };
                    dense[[r * products + i, s * products + j]] = v;
                }
            }
        }
    }
    let mut draw = Draw::new(6);
    let x = draw.many(n, 0.0, 1.0);
    for direction in DIRECTIONS {
        let mut y = vec![0.0; n];
        operator.apply(direction, 1, &x, &mut y);
        let lines = if direction == Direction::Forward { dense.rows() } else { dense.columns() };
        let expected: Vec<f64> = lines.into_iter().map(|line| compensated(line.iter().zip(&x).map(|(a, x)| a * x))).collect();
        let worst = y.iter().zip(&expected).filter(|(_, e)| **e != 0.0).map(|(y, e)| (y - e).abs() / e.abs()).fold(0.0, f64::max);
        assert!(worst <= 5e-15, "{direction:?}: {worst:e}");
    }
}

/// A sum with the rounding of each addition carried along (Neumaier): the terms' own rounding is all that is left.
fn compensated(terms: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0f64, 0.0);
    for v in terms {
        let next = sum + v;
        lost += if sum.abs() >= v.abs() { (sum - next) + v } else { (v - next) + sum };
        sum = next;
    }
    sum + lost
}

/// Coefficients and output of a table of the shared data: Z and x of an archive.
fn coefficients(path: &str, x: &str) -> Option<(Csr, Vec<f64>)> {
    let path = shared(path)?;
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut by_columns = false;
    let mut numbers = |name: &str| {
        let file = npyz::NpyFile::new(archive.by_name(name).unwrap()).unwrap();
        by_columns |= file.order() == npyz::Order::Fortran && file.shape().len() == 2;
        let whole = matches!(file.dtype(), npyz::DType::Plain(t) if t.to_string().contains('i'));
        if whole { file.into_vec::<i32>().unwrap().into_iter().map(f64::from).collect() } else { file.into_vec::<f64>().unwrap() }
    };
    let (z, x): (Vec<f64>, Vec<f64>) = (numbers("Z.npy"), numbers(x));
    let n = x.len();
    let a =
        Array2::from_shape_fn((n, n), |(i, j)| if x[j] == 0.0 { 0.0 } else { z[if by_columns { j * n + i } else { i * n + j }] / x[j] });
    Some((sparse(&a), x))
}

#[test]
fn real_tables_take_few_passes() {
    for (path, x, regions, most) in
        [("world/wiod13/wiot_2011.npz", "x.npy", 41, 5), ("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz", "X.npy", 30, 3)]
    {
        let Some((a, x)) = coefficients(path, x) else { continue };
        let products = a.dim() / regions;
        let offsets: Vec<usize> = (0..=regions).map(|r| r * products).collect();
        let ready = Refinement::new(&a, &offsets, Some(&x)).unwrap();
        let b = Array2::from_shape_vec((a.dim(), 2), Draw::new(3).many(2 * a.dim(), 0.0, 1.0)).unwrap();
        for direction in DIRECTIONS {
            let found = refine(&a, &ready, direction, &b, 1e-10);
            println!("{:?}", found.history.iter().map(|h| format!("{:.1e}", 1e-10 * h.measure)).collect::<Vec<_>>());
            println!(
                "{path} {direction:?}: {} passes, {} sweeps that leave {:.1e}, misfit {:.2e}",
                found.passes,
                ready.sweeps(),
                ready.left_over(),
                ready.misfit()
            );
            assert!(found.converged() && found.passes <= most, "{path}: {} passes", found.passes);
        }
        println!("{:?}", Fit::new(&a, &offsets, Some(&x)).unwrap().misfit(&a, 1e-12));
    }
}
