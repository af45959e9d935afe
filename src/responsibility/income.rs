//! Income-based (enabled) responsibility: emissions by whose income the emitting production is enabled.
//!
//! Downstream intensity `d = diag(1/x) F(q)`; `IBA_s = d_s' va_s`, and imports enable `d' im`. It is a forward
//! Leontief solve; no Ghosh matrix is needed. Marques, Rodrigues, Lenzen, Domingos, *Ecological Economics* 84
//! (2012) 57-65, doi:10.1016/j.ecolecon.2012.09.010.

use ndarray::{Array1, Array2, Axis};

use super::{Account, Principle};
use crate::bounded::{Bounded, gamma, up};
use crate::certificate::{Cover, product};
use crate::leontief::{Leontief, by_region};
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

    // 1 = 1'A + v' + m' + what is unexplained, per unit of output
    let purchased = product(system.operator(), Direction::Transposed, false, Array2::ones((n, 1)).view());
    let imports = table.imports.as_ref().map_or_else(|| Array1::zeros(n), |m| per_output(m, &table.x));
    let unexplained = Array1::from_shape_fn(n, |i| (1.0 - purchased[[i, 0]]) - system.value[i] - imports[i]);

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
