//! Technology-adjusted consumption: exporters answer for what their technology emits above the market's mean.
//!
//! `TCBA_s = CBA_s + sum_i (nu_si - mean_i) E_si`, `nu = Td(f)` (own technology alone), `E_si` the outflows of product
//! i from s, `mean_i = sum_s nu_si E_si / sum_s E_si`; the corrections of a product add up to 0, so the total stays.
//! Weights by outflows make it consistent. Our consistent version of Kander, Jiborn, Moran, Wiedmann, *Nature Climate
//! Change* 5 (2015) 431-435, doi:10.1038/nclimate2555; it has not been compared with their numbers.

use ndarray::Array1;

use super::{Account, Principle};
use crate::bounded::{Bounded, gamma, up};
use crate::decompose::exports_of;
use crate::error::Result;
use crate::leontief::Leontief;
use crate::operator::Direction;

/// The technology-adjusted account of a stressor, from its consumption account.
///
/// # Errors
/// When a domestic block is singular.
pub fn technology_adjusted(leontief: &Leontief, stressor: usize, consumption: &Account, with_exports: bool) -> Result<Account> {
    let system = leontief.system;
    let (labels, n) = (system.labels(), system.dim());
    let (product, names) = labels.products();
    let (_, outflows) = exports_of(system, with_exports);
    let own = leontief.local_transposed(&system.intensities[stressor])?;
    let errors = leontief.entry_bounds(Direction::Transposed, own.sizes.view()).matrix(own.sizes.nrows());
    let nu = Array1::from_shape_fn(n, |i| Bounded::new(own.z[[i, 0]], errors[[i, 0]]));
    // each outflow is a sum over the table
    let sold_by = |i: usize| system.table.z.outer_view(i).map_or(0.0, |row| row.data().iter().map(|v| v.abs()).sum::<f64>());
    let size: Vec<f64> = (0..n).map(|i| sold_by(i) + system.demand.row(i).iter().map(|v| v.abs()).sum::<f64>()).collect();
    let outflow = |i: usize| Bounded::new(outflows[i], up(gamma(n as f64) * size[i]));

    let mut sold = vec![Bounded::ZERO; names.len()];
    let mut carried = vec![Bounded::ZERO; names.len()];
    for i in 0..n {
        sold[product[i]] = sold[product[i]] + outflow(i);
        carried[product[i]] = carried[product[i]] + nu[i] * outflow(i);
    }
    let open = |p: usize| sold[p].may_be_zero();
    let left_out = (0..n).filter(|&i| open(product[i]) && outflows[i] != 0.0).count();
    let mut account = consumption.clone();
    for i in (0..n).filter(|&i| !open(product[i])) {
        let mean = carried[product[i]] / sold[product[i]];
        let s = labels.region_of(i);
        account.regions[s] = account.regions[s] + (nu[i] - mean) * outflow(i);
    }
    account.principle = Principle::TechnologyAdjusted;
    account.note = format!(
        "consumption, plus own outflows at what own technology emits above the outflow-weighted mean of all regions ({}); our consistent version, not compared with Kander and others 2015",
        if with_exports { "outflows to regions and abroad" } else { "outflows to regions" }
    );
    if left_out > 0 {
        account.note += &format!("; {left_out} sectors have no market mean, their outflows sum to 0, and no correction");
    }
    Ok(account)
}
