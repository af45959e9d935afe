//! Income-based (enabled) responsibility: emissions by whose income the emitting production is enabled.
//!
//! Downstream intensity `d = diag(1/x) F(q)`; `IBA_s = d_s' va_s`, and imports enable `d' im`. It is a forward
//! Leontief solve; no Ghosh matrix is needed. Marques, Rodrigues, Lenzen, Domingos, *Ecological Economics* 84
//! (2012) 57-65, doi:10.1016/j.ecolecon.2012.09.010.

use ndarray::{Array1, Array2, Axis};

use super::{Account, Members, Principle};
use crate::bounded::{Bounded, gamma, up};
use crate::certificate::{Cover, product};
use crate::leontief::{Factor, Intensities, Leontief, by_region};
use crate::operator::Direction;
use crate::system::per_output;

/// The income account of a stressor. What the columns of the table do not explain by inputs, value added and
/// imports falls to `error`; imports, as primary inputs from abroad, fall to `abroad`.
pub fn income(leontief: &Leontief, stressor: usize) -> Account {
    let system = leontief.system;
    let (n, table) = (system.dim(), system.table);
    let q = &table.stressors[stressor].direct;
    let enabled = leontief.forward("income: F(q)", q.view().insert_axis(Axis(1)));
    let x = enabled.x.column(0);

    let Primary { imports, unexplained } = primary(leontief);
    let absolute = x.mapv(f64::abs);
    let certified = leontief.dual_weight().map(|weight| {
        let mut columns = system.by_origin(&system.value);
        columns.push_column(imports.view()).expect("n rows");
        columns.push_column(unexplained.view()).expect("n rows");
        let cover = Cover::from_weight(columns.view(), weight);
        cover.bounds(enabled.sizes.view()).column(0).to_vec()
    });
    let entry = |k: usize, value: f64, size: f64, terms: usize| {
        let bound = certified.as_ref().map_or(f64::INFINITY, |b| b[k]);
        Bounded::new(value, up(bound + up(gamma(terms as f64 + 6.0) * up(size))))
    };
    let offsets = &system.labels().offsets;
    let values = by_region(offsets, &system.value, x);
    let sizes = by_region(offsets, &system.value.mapv(f64::abs), absolute.view());
    let r_count = system.region_count();
    let whole = |c: &Array1<f64>| (c.dot(&x), c.mapv(f64::abs).dot(&absolute));
    let (abroad, left) = (whole(&imports), whole(&unexplained));
    // the unexplained part is a difference of numbers near 1, each with its own rounding
    let slack = absolute.sum() * gamma(n as f64 + 6.0);
    Account {
        principle: Principle::Income,
        note: "emissions enabled by the region's value added; imports enable the share of the rest of the world".into(),
        regions: (0..r_count).map(|s| entry(s, values[s], sizes[s], n)).collect(),
        abroad: entry(r_count, abroad.0, abroad.1, n),
        stock: Bounded::ZERO,
        error: entry(r_count + 1, left.0, left.1 + slack, n),
    }
}

/// Imports and what columns leave unexplained, per unit of output: with value added, the primary inputs.
struct Primary {
    imports: Array1<f64>,
    unexplained: Array1<f64>,
}

/// `1 = 1'A + v' + m' + what is unexplained`.
fn primary(leontief: &Leontief) -> Primary {
    let (system, n) = (leontief.system, leontief.system.dim());
    let purchased = product(system.operator(), Direction::Transposed, false, Array2::ones((n, 1)).view());
    let imports = system.table.imports.as_ref().map_or_else(|| Array1::zeros(n), |m| per_output(m, &system.table.x));
    let unexplained = Array1::from_shape_fn(n, |i| (1.0 - purchased[[i, 0]]) - system.value[i] - imports[i]);
    Primary { imports, unexplained }
}

/// `T` of imports and of what is unexplained (n x 2): the shares of a product's primary inputs that are no value added.
pub(super) fn primary_inputs(leontief: &Leontief) -> Intensities {
    let (system, n) = (leontief.system, leontief.system.dim());
    let Primary { imports, unexplained } = primary(leontief);
    let c = ndarray::stack![Axis(1), imports, unexplained];
    let solution = leontief.transposed("imports and unexplained inputs", c.view());
    let mut sizes = solution.sizes;
    // a difference of numbers whose sizes add up to no more than twice the explained ones and 1
    for i in 0..n {
        let size = 2.0 + 2.0 * (system.value[i].abs() + imports[i].abs() + unexplained[i].abs());
        sizes[[i, 1]] = up(sizes[[i, 1]] + up(gamma(n as f64 + 6.0) * size));
    }
    Intensities { z: solution.x, sizes }
}

/// The income account by region of emission: `sum_i q_i (T(E_s v))_i` over the rows i of the emitter, enabled by s.
pub fn income_by_emitter(leontief: &Leontief, stressor: usize) -> Members {
    let system = leontief.system;
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
        let (z, bounds, c) = if at < r_count { (&value.z, &own, at) } else { (&rest.z, &outside, at - r_count) };
        for r in 0..r_count {
            let terms = || labels.rows(r).map(|i| q[[i, r]] * z[[i, c]]);
            let rounding = up(gamma(labels.rows(r).len() as f64 + 4.0) * up(terms().map(f64::abs).sum::<f64>()));
            matrix[[r, m]] = Bounded::new(terms().sum(), up(bounds[[r, c]] + rounding));
        }
    }
    Members { principle: Principle::Income, matrix }
}
