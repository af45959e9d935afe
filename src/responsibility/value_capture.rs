//! Value capture: the carbon of every final product is divided as the value added in its chain is.
//!
//! `VC[r, s] = sum_k (M_r)_k (M^V_s)_k y_k`: emitted in r, answered for by s, with `M_r = T(E_r f)`, `M^V_s = T(E_s v)`
//! and y all final demand; imports, as primary inputs from abroad, take `T(m)`, what the columns of the table leave
//! unexplained `T(u)`. Since the shares of a product add up to 1 the sum is `1'q`. Piñero, Bruckner, Wieland, Pongrácz,
//! Giljum, *Economic Systems Research* 31(2) (2019) 206-227, doi:10.1080/09535314.2018.1536038, call it value added-based
//! responsibility; Xie, Gao, Zhao, Liu, Xu, *Sustainability* 9(4) (2017) 569, doi:10.3390/su9040569, value capture (the
//! reading by emitting sector is the income account).

use ndarray::{Array1, Array2, Axis};

use super::{Account, Members, Principle, income};
use crate::bounded::{Bounded, gamma, up};
use crate::leontief::{Factor, Leontief};
use crate::operator::Direction;

/// Value capture by region of emission: row = region that emits, column = member that answers for it.
pub fn value_capture_by_emitter(leontief: &Leontief, stressor: usize) -> Members {
    let system = &leontief.system;
    let (n, r_count) = (system.dim(), system.region_count());
    let carbon = leontief.multipliers(Factor::Stressor(stressor));
    let value = leontief.multipliers(Factor::Value);
    let rest = income::primary_inputs(leontief);
    let y: Array1<f64> = system.demand.sum_axis(Axis(1));
    let unsure_y = system.demand_bound.as_ref().map(|b| b.sum_axis(Axis(1)));
    let size_y = system.demand.mapv(f64::abs).sum_axis(Axis(1)) + unsure_y.as_ref().unwrap_or(&Array1::zeros(n));

    // columns of the members: regions, abroad, stock (nothing), error
    let side = |own: &Array2<f64>, rest: &Array2<f64>| {
        let mut all = Array2::zeros((n, r_count + 3));
        all.slice_mut(ndarray::s![.., ..r_count]).assign(own);
        all.column_mut(r_count).assign(&rest.column(0));
        all.column_mut(r_count + 2).assign(&rest.column(1));
        all
    };
    let shares = side(&value.z, &rest.x);
    let share_errors = side(
        &leontief.entry_bounds(Direction::Transposed, value.sizes.view()).matrix(value.sizes.nrows()),
        &leontief.entry_bounds(Direction::Transposed, rest.sizes.view()).matrix(rest.sizes.nrows()),
    );
    let carbon_errors = leontief.entry_bounds(Direction::Transposed, carbon.sizes.view()).matrix(carbon.sizes.nrows());

    // |ab - AB| <= |a| dB + (|b| + dB) dA, each times |y|
    let weighted = |m: Array2<f64>, y: &Array1<f64>| m * y.view().insert_axis(Axis(1));
    let absolute = shares.mapv(f64::abs);
    let size = weighted(carbon.z.mapv(f64::abs), &size_y);
    let values = weighted(carbon.z.clone(), &y).t().dot(&shares);
    let sizes = size.t().dot(&absolute);
    let first = size.t().dot(&share_errors);
    let mut second = weighted(carbon_errors, &size_y).t().dot(&(&absolute + &share_errors));
    if let Some(unsure) = &unsure_y {
        // what demand may be off by, with shares that may be off as well
        second += &weighted(carbon.z.mapv(f64::abs), unsure).t().dot(&(&absolute + &share_errors));
    }
    let rounding = gamma((n + system.destinations.len() + 8) as f64);
    let matrix = Array2::from_shape_fn(values.dim(), |at| {
        if first[at] == 0.0 && second[at] == 0.0 && sizes[at] == 0.0 {
            return Bounded::ZERO;
        }
        let solved = up(first[at] + second[at]) * (1.0 + rounding);
        Bounded::new(values[at], up(up(solved) + up(rounding * sizes[at])))
    });
    Members { principle: Principle::ValueCapture, matrix }
}

/// The value-capture account of a stressor.
pub fn value_capture(leontief: &Leontief, stressor: usize) -> Account {
    let note = "the carbon of each final product is divided like the value added in its chain; imports take the share of abroad \
                (Pinero and others 2019, doi:10.1080/09535314.2018.1536038)";
    Account::new(Principle::ValueCapture, note.into(), value_capture_by_emitter(leontief, stressor).totals())
}
