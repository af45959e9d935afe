//! Income-based (enabled) responsibility: emissions by whose income the emitting production is enabled.
//!
//! Downstream intensity `d = diag(1/x) F(q)`; `IBA_s = d_s' va_s`, and imports enable `d' im`. It is a forward
//! Leontief solve; no Ghosh matrix is needed. Marques, Rodrigues, Lenzen, Domingos, *Ecological Economics* 84
//! (2012) 57-65, doi:10.1016/j.ecolecon.2012.09.010.

use ndarray::{Array1, Array2, Axis};

use super::{Account, Members, Principle};
use crate::bounded::{Bounded, gamma, up};
use crate::certificate::product;
use crate::decompose::content::quotient_bound;
use crate::leontief::{Factor, Leontief, Outputs, charge};
use crate::operator::Direction;
use crate::system::per_output;

/// The income account of a stressor. What the columns of the table do not explain by inputs, value added and
/// imports falls to `error`; imports, as primary inputs from abroad, fall to `abroad`.
pub fn income(leontief: &Leontief, stressor: usize) -> Account {
    let system = &leontief.system;
    let (n, table) = (system.dim(), &system.table);
    let q = &table.stressors[stressor].direct;
    let enabled = leontief.forward("income: F(q)", q.view().insert_axis(Axis(1)));
    let x = enabled.x.column(0);

    let Primary { imports, unexplained, unsure } = primary(leontief);
    let absolute = x.mapv(f64::abs);
    // what each number is weighed with, and what that may be off by: the regions, abroad, the rest
    let mut with = system.by_origin(&system.value);
    let mut off = system.by_origin(&system.value_bound);
    for (column, bound) in [(&imports, &imports.mapv(quotient_bound)), (&unexplained, &unsure)] {
        with.push_column(column.view()).expect("n rows");
        off.push_column(bound.view()).expect("n rows");
    }
    let reach = with.mapv(f64::abs) + &off;
    let certified = leontief.functional_bounds_forward(reach.view(), enabled.sizes.view());
    let (values, sizes, errors) = (with.t().dot(&x), with.mapv(f64::abs).t().dot(&absolute), off.t().dot(&absolute));
    let rounding = gamma(n as f64 + 6.0);
    let entry = |k: usize| {
        if enabled.is_nothing(0) || reach.column(k).iter().all(|v| *v == 0.0) {
            return Bounded::ZERO;
        }
        Bounded::new(values[k], up(certified[[k, 0]] + up(rounding * up(sizes[k])) + up(errors[k] * (1.0 + rounding))))
    };
    let r_count = system.region_count();
    Account {
        principle: Principle::Income,
        note: "emissions enabled by the region's value added; imports enable the share of the rest of the world".into(),
        regions: (0..r_count).map(entry).collect(),
        abroad: entry(r_count),
        stock: Bounded::ZERO,
        error: entry(r_count + 1),
    }
}

/// Imports and what columns leave unexplained, per unit of output: with value added, the primary inputs.
struct Primary {
    imports: Array1<f64>,
    unexplained: Array1<f64>,
    /// What `unexplained` may be off by.
    unsure: Array1<f64>,
}

/// `1 = 1'A + v' + m' + what is unexplained`.
fn primary(leontief: &Leontief) -> Primary {
    let (system, n) = (&leontief.system, leontief.system.dim());
    let ones = Array2::ones((n, 1));
    let bought = |absolute| product(system.operator(), Direction::Transposed, absolute, ones.view());
    let (purchased, size) = (bought(false), bought(true));
    let imports = system.table.imports.as_ref().map_or_else(|| Array1::zeros(n), |m| per_output(m, &system.table.x));
    let unexplained = Array1::from_shape_fn(n, |i| (1.0 - purchased[[i, 0]]) - system.value[i] - imports[i]);
    let rounding = gamma(system.operator().rounding_steps(Direction::Transposed) + 6.0);
    let unsure = Array1::from_shape_fn(n, |i| {
        let made = rounding * (1.0 + size[[i, 0]] + imports[i].abs() + system.value[i].abs());
        up(up(made) + system.value_bound[i])
    });
    Primary { imports, unexplained, unsure }
}

/// `T` of imports and of what is unexplained (n x 2): the shares of a product's primary inputs that are no value added.
pub(super) fn primary_inputs(leontief: &Leontief) -> Outputs {
    let Primary { imports, unexplained, unsure } = primary(leontief);
    let c = ndarray::stack![Axis(1), imports, unexplained];
    let solution = leontief.transposed("imports and unexplained inputs", c.view());
    let mut sizes = solution.sizes;
    charge(&mut sizes, ndarray::stack![Axis(1), imports.mapv(quotient_bound), unsure].view());
    Outputs { x: solution.x, sizes }
}

/// The income account by region of emission: `sum_i q_i (T(E_s v))_i` over the rows i of the emitter, enabled by s.
pub fn income_by_emitter(leontief: &Leontief, stressor: usize) -> Members {
    let system = &leontief.system;
    let (labels, r_count) = (system.labels(), system.region_count());
    let value = leontief.multipliers(Factor::Value);
    let rest = primary_inputs(leontief);
    let q = system.by_origin(&system.table.stressors[stressor].direct);
    let reach = q.mapv(f64::abs);
    let mut matrix = Array2::from_elem((r_count, r_count + 3), Bounded::ZERO);
    let columns = (0..r_count).chain([r_count, r_count + 2]);
    let own = leontief.functional_bounds(reach.view(), value.sizes.view());
    let outside = leontief.functional_bounds(reach.view(), rest.sizes.view());
    for (at, m) in columns.enumerate() {
        let (z, bounds, c) = if at < r_count { (&value.z, &own, at) } else { (&rest.x, &outside, at - r_count) };
        for r in 0..r_count {
            let terms = || labels.rows(r).map(|i| q[[i, r]] * z[[i, c]]);
            if labels.rows(r).all(|i| q[[i, r]] == 0.0) {
                continue;
            }
            let rounding = up(gamma(labels.rows(r).len() as f64 + 4.0) * up(terms().map(f64::abs).sum::<f64>()));
            matrix[[r, m]] = Bounded::new(terms().sum(), up(bounds[[r, c]] + rounding));
        }
    }
    Members { principle: Principle::Income, matrix }
}
