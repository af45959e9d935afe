//! Technology-adjusted consumption: exporters answer for what they emit above the market's mean for the same product.
//!
//! `TCBA_s = CBA_s + sum_{i in s} (f_i - mean_p) X^out_i`: `f` direct intensities, `X^out_i = sum_{r != s} (F(Y_r))_i` the
//! output of row i that the final demand of other regions (and abroad) absorbs, `mean_p = sum f X^out / sum X^out` over the
//! rows of product p. What passes through a region is counted once, where it ends; the corrections of a product add up to 0,
//! so the total stays. The objects, direct intensities and absorbed output, are those of Dietzenbacher, Cazcarro, Arto,
//! *Nature Communications* 11 (2020) 1130, doi:10.1038/s41467-020-14837-5; the idea is that of Kander, Jiborn, Moran, Wiedmann,
//! *Nature Climate Change* 5 (2015) 431-435, doi:10.1038/nclimate2555, with whose numbers it has not been compared.

use super::{Account, Principle};
use crate::bounded::{Bounded, up};
use crate::leontief::Leontief;
use crate::operator::Direction;
use crate::system::Destination;

/// The technology-adjusted account of a stressor, from its consumption account.
pub fn technology_adjusted(leontief: &Leontief, stressor: usize, consumption: &Account, with_exports: bool) -> Account {
    let (system, outputs) = (&leontief.system, leontief.outputs());
    let (labels, n) = (system.labels(), system.dim());
    let (product, names) = labels.products();
    let bounds = leontief.entry_bounds(Direction::Forward, outputs.sizes.view());
    let leaves = |i: usize, d: Destination| match d {
        Destination::Region(r) => r != labels.region_of(i),
        Destination::Export => with_exports,
        Destination::Stock | Destination::Error => false,
    };
    let absorbed: Vec<Bounded> = (0..n)
        .map(|i| {
            let columns = system.destinations.iter().enumerate().filter(|(_, d)| leaves(i, **d));
            columns.map(|(k, _)| Bounded::new(outputs.x[[i, k]], bounds.bound(i, k))).sum()
        })
        .collect();
    let emitted = &system.table.stressors[stressor].direct;
    let per_unit: Vec<Bounded> = (0..n)
        .map(|i| match system.table.x[i] {
            0.0 => Bounded::ZERO,
            x => Bounded::exact(emitted[i]) / Bounded::exact(x),
        })
        .collect();

    let mut sold = vec![Bounded::ZERO; names.len()];
    let mut carried = vec![Bounded::ZERO; names.len()];
    let mut range = vec![[f64::INFINITY, f64::NEG_INFINITY]; names.len()];
    for i in 0..n {
        let p = product[i];
        sold[p] = sold[p] + absorbed[i];
        carried[p] = carried[p] + per_unit[i] * absorbed[i];
        range[p] = [range[p][0].min(per_unit[i].value), range[p][1].max(per_unit[i].value)];
    }
    let open = |p: usize| sold[p].may_be_zero();
    // what is absorbed is surely not negative: then a mean lies between the intensities it is made of
    let signless = !system.operator().has_negative() && system.demand.iter().all(|v| *v >= 0.0);
    let mut account = consumption.clone();
    let mut left_out = 0;
    for i in (0..n).filter(|&i| absorbed[i] != Bounded::ZERO) {
        let (p, s) = (product[i], labels.region_of(i));
        let correction = if range[p] == [0.0, 0.0] {
            Bounded::ZERO
        } else if !open(p) {
            (per_unit[i] - carried[p] / sold[p]) * absorbed[i]
        } else {
            left_out += usize::from(absorbed[i].value != 0.0);
            let most =
                if signless { up(up(range[p][1] - range[p][0]) * up(absorbed[i].value.abs() + absorbed[i].bound)) } else { f64::INFINITY };
            Bounded::new(0.0, most)
        };
        account.regions[s] = account.regions[s] + correction;
    }
    account.principle = Principle::TechnologyAdjusted;
    account.note = format!(
        "consumption, plus own output absorbed by others at what it emits above the mean of all regions for the same product \
         ({}; after Dietzenbacher, Cazcarro, Arto 2020)",
        if with_exports { "others: regions and abroad" } else { "others: regions" }
    );
    if left_out > 0 {
        account.note += &format!("; {left_out} sectors have no market mean, what others absorb of it sums to 0, and no correction");
    }
    account
}
