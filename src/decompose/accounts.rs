//! Production, consumption, import and export accounts by sector, under pymrio's names.
//!
//! `D_pba = q`; `D_cba[(r, i)] = sum_s mu_(s,i) Y_(s,i),r`, the footprint of product i in the final demand of r;
//! `D_imp` is the part of it emitted outside r, `D_exp[(s, i)] = f_(s,i) sum_{r != s} (X_r)_(s,i)`. The `_reg` forms
//! are sums by region; households are added to D_pba_reg and D_cba_reg only. Stadler, *Journal of Open Research
//! Software* 9 (2021) 8, doi:10.5334/jors.251.

use ndarray::ArrayView1;

use super::Flows;
use crate::bounded::{Bounded, gamma, up};
use crate::labels::Name;
use crate::leontief::{Factor, Leontief};
use crate::operator::Direction;
use crate::verdict::{Verdict, floor};

/// The accounts of one stressor.
pub struct Accounts {
    /// Region and product of each column of `cba` and `imports`: every region has the union of all sectors.
    pub products: Vec<(usize, Name)>,
    /// Direct emissions of each row (n).
    pub pba: Vec<Bounded>,
    /// Footprint by region and product.
    pub cba: Vec<Bounded>,
    /// Part of the footprint emitted in other regions.
    pub imports: Vec<Bounded>,
    /// Emissions of each row for the final demand of other regions (n).
    pub exports: Vec<Bounded>,
    /// By region, households included where the table has them.
    pub pba_reg: Vec<Bounded>,
    /// By region, households included where the table has them.
    pub cba_reg: Vec<Bounded>,
    /// By region.
    pub imports_reg: Vec<Bounded>,
    /// By region.
    pub exports_reg: Vec<Bounded>,
}

/// Computes the accounts of a stressor.
pub fn accounts(leontief: &Leontief, stressor: usize, flows: &Flows) -> Accounts {
    let system = &leontief.system;
    let labels = system.labels();
    let (n, r_count) = (system.dim(), system.region_count());
    let (product, sectors) = labels.products();
    let outputs = leontief.outputs();
    let multipliers = leontief.multipliers(Factor::Stressor(stressor));
    let demand = system.demand.slice(ndarray::s![.., ..r_count]).mapv(f64::abs);
    let approximate = outputs.x.slice(ndarray::s![.., ..r_count]).to_owned();
    let bounds = leontief.primal_cover(demand.view(), &approximate).map(|c| c.bounds(multipliers.sizes.view()));
    let rounding = gamma((n + r_count + 4) as f64);
    let errors = leontief.entry_bounds(Direction::Transposed, multipliers.sizes.view());

    // what each multiplier may be off by, summed over the regions of origin: `w_i` times the sum of the factors
    let summed = |skip: Option<usize>| -> f64 {
        let all: f64 = errors.scale.iter().enumerate().filter(|(s, _)| Some(*s) != skip).map(|(_, e)| e).sum();
        up(all * (1.0 + gamma(r_count as f64)))
    };
    let off = |i: usize, summed: f64| match &errors.weight {
        Some(_) if summed == 0.0 => 0.0,
        Some(weight) => up(weight.w[i] * summed),
        None => f64::INFINITY,
    };

    let s_count = sectors.len();
    let mut cba = vec![Bounded::ZERO; r_count * s_count];
    let mut imports = vec![Bounded::ZERO; r_count * s_count];
    for r in 0..r_count {
        let (mut size, mut size_imports) = (vec![0.0; s_count], vec![0.0; s_count]);
        let (mut unknown, mut unknown_imports) = (vec![0.0; s_count], vec![0.0; s_count]);
        // the bound of a product by its own multipliers
        let (mut made, mut made_imports) = (vec![0.0; s_count], vec![0.0; s_count]);
        let (summed_all, summed_foreign) = (summed(None), summed(Some(r)));
        for i in 0..n {
            let y = system.demand[[i, r]];
            let (mu, sizes) = total(multipliers.z.row(i), None);
            let (mu_imports, sizes_imports) = total(multipliers.z.row(i), Some(r));
            cba[r * s_count + product[i]].value += mu * y;
            imports[r * s_count + product[i]].value += mu_imports * y;
            size[product[i]] += sizes * y.abs();
            size_imports[product[i]] += sizes_imports * y.abs();
            let (all, foreign) = (off(i, summed_all), off(i, summed_foreign));
            if y != 0.0 {
                made[product[i]] += up(all * y.abs());
                made_imports[product[i]] += up(foreign * y.abs());
            }
            // what the demand itself may be off by, times multipliers that are off as well
            let unsure = system.demand_bound.as_ref().map_or(0.0, |b| b[[i, r]]);
            if unsure > 0.0 {
                unknown[product[i]] += unsure * (sizes + all);
                unknown_imports[product[i]] += unsure * (sizes_imports + foreign);
            }
        }
        let reach = |skip: Option<usize>| {
            bounds.as_ref().map_or(f64::INFINITY, |b| (0..r_count).filter(|&s| Some(s) != skip).map(|s| b[[r, s]]).sum())
        };
        let own = |made: f64, reach: f64| reach.min(up(made * (1.0 + rounding)));
        for k in 0..s_count {
            cba[r * s_count + k].bound = up(up(own(made[k], reach(None))) + up(rounding * size[k]) + up(unknown[k] * (1.0 + rounding)));
            imports[r * s_count + k].bound =
                up(up(own(made_imports[k], reach(Some(r)))) + up(rounding * size_imports[k]) + up(unknown_imports[k] * (1.0 + rounding)));
        }
    }
    let f = &system.intensities[stressor];
    let nothing = f.iter().all(|f| *f == 0.0);
    if nothing {
        cba.iter_mut().chain(&mut imports).for_each(|v| *v = Bounded::ZERO);
    }
    let sold = leontief.entry_bounds(Direction::Forward, outputs.sizes.view());
    let exports = (0..n)
        .map(|i| {
            let s = labels.region_of(i);
            let x: f64 = (0..r_count).filter(|&r| r != s).map(|r| outputs.x[[i, r]]).sum();
            if f[i] == 0.0 {
                return Bounded::ZERO;
            }
            let others = (0..r_count).filter(|&r| r != s);
            let size: f64 = others.clone().map(|r| outputs.x[[i, r]].abs()).sum();
            let entries = up(others.map(|r| sold.bound(i, r)).sum::<f64>() * (1.0 + gamma(r_count as f64)));
            let off = flows.out(s).bound.min(up(f[i].abs() * entries));
            Bounded::new(f[i] * x, up(off + up(gamma(r_count as f64 + 4.0) * f[i].abs() * size)))
        })
        .collect();
    let households = |s: usize| flows.households.as_ref().map_or(Bounded::ZERO, |h| h[s]);
    Accounts {
        products: (0..r_count).flat_map(|r| sectors.iter().map(move |name| (r, name.clone()))).collect(),
        pba: system.table.stressors[stressor].direct.iter().map(|&q| Bounded::exact(q)).collect(),
        cba,
        imports,
        exports,
        pba_reg: (0..r_count).map(|s| flows.direct[s] + households(s)).collect(),
        cba_reg: (0..r_count).map(|r| (0..r_count).map(|s| flows.flow[[s, r]]).sum::<Bounded>() + households(r)).collect(),
        imports_reg: (0..r_count).map(|r| flows.into_region(r)).collect(),
        exports_reg: (0..r_count).map(|s| flows.out(s)).collect(),
    }
}

impl Accounts {
    /// The verdict: every number within the tolerance, or that share of all direct emissions.
    pub fn verdict(&self, flows: &Flows) -> Verdict {
        let floor = floor(flows.rtol, flows.direct.iter().map(|d| d.value.abs()).sum());
        let mut verdict = Verdict::new("accounts", flows.rtol);
        let all = [
            ("D_pba", &self.pba),
            ("D_cba", &self.cba),
            ("D_imp", &self.imports),
            ("D_exp", &self.exports),
            ("D_pba_reg", &self.pba_reg),
            ("D_cba_reg", &self.cba_reg),
            ("D_imp_reg", &self.imports_reg),
            ("D_exp_reg", &self.exports_reg),
        ];
        all.into_iter().for_each(|(name, numbers)| verdict.judge(name, floor, numbers.iter().copied(), |i| format!("number {}", i + 1)));
        verdict
    }
}

fn total(row: ArrayView1<f64>, skip: Option<usize>) -> (f64, f64) {
    row.iter().enumerate().filter(|(s, _)| Some(*s) != skip).fold((0.0, 0.0), |(v, a), (_, z)| (v + z, a + z.abs()))
}
