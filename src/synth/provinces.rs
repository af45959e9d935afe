//! A synthetic table of 31 provinces and 42 sectors, balanced by construction.
//!
//! Per product i: trade shares `t_i^{rs} = F_i^{rs} / U_i^s`, where `F` is a gravity pattern between capitals fitted to
//! supply `x - exports` and use `U` (iterative proportional fitting), then `Z_{ij}^{rs} = t_i^{rs} u_{ij}^s` and
//! `Y_i^{rs} = t_i^{rs} y_i^s` (Chenery 1953, Moses 1955), so every row closes; output is the row's sum and the operating
//! surplus closes the column. Province totals are public facts, everything else is made up (`fixtures/synthetic`).

use ndarray::{Array1, Array2, Array3, Axis};

use super::assembly::{assemble, describe, emissions, value_added};
use super::facts::{Facts, Province, facts};
use crate::labels::Name;
use crate::random::Random;
use crate::table::Table;

/// Use of domestic products in each province, before it is known where they come from.
pub(super) struct Uses {
    /// Inputs of province s: `inputs[[s, i, j]]` of product i by sector j.
    pub(super) inputs: Array3<f64>,
    /// Final demand of province s: `demand[[s, i, c]]`.
    pub(super) demand: Array3<f64>,
    /// Imported inputs of (s, j).
    pub(super) imports: Array2<f64>,
    /// Imported final goods of (s, c).
    pub(super) imports_final: Array2<f64>,
}

/// National demand per unit of gross domestic product: rural, urban, government, fixed capital; then exports.
const EXPENDITURE: [f64; 5] = [0.085, 0.31, 0.15, 0.425, 0.19];

/// 31 provinces x 42 sectors, synthetic, balanced to rounding; the embedded default. Same seed, same bits.
///
/// Money in 10^4 yuan, CO2 in Mt with direct household emissions apart. Tibet has no emission inventory: zero.
pub fn provinces(seed: u64) -> Table {
    let facts = facts();
    let scale = facts.provinces.iter().map(|p| p.gdp).sum::<f64>();
    let demand = demand(&facts);
    let technology = technology(&facts, seed);
    let mut output = national(&facts);
    output.mapv_inplace(|v| v * scale);
    let output = locate(&facts, &technology, &demand, &output, seed);
    let mut uses = uses(&facts, &technology, &demand, &output, seed);
    let exports = exports(&facts, &output, scale);
    let trade = trade(&facts, &output, &exports, &mut uses);
    let mut table = assemble(&facts, &trade, &uses, &exports);
    value_added(&mut table, seed);
    emissions(&mut table, &facts, seed);
    describe(&mut table, seed);
    table
}

/// Final demand of each province by category (R x 4), 10^4 yuan: rural and government with people, urban and fixed
/// capital with income, fixed capital more where income is low.
fn demand(facts: &Facts) -> Array2<f64> {
    let people: f64 = facts.provinces.iter().map(|p| p.population).sum();
    let income: f64 = facts.provinces.iter().map(|p| p.gdp).sum();
    let mut weights = Array2::zeros((facts.provinces.len(), 4));
    for (r, p) in facts.provinces.iter().enumerate() {
        let (heads, money) = (p.population / people, p.gdp / income);
        let wealth = money / heads;
        let urban = (0.35 + 0.25 * wealth).clamp(0.3, 0.9);
        let row = [
            heads * (1.0 - urban),
            0.5 * money + 0.5 * heads * urban,
            0.5 * money + 0.5 * heads,
            money * (1.35 - 0.3 * wealth).clamp(0.75, 1.3),
        ];
        weights.row_mut(r).assign(&Array1::from(row.to_vec()));
    }
    for (c, mut column) in weights.columns_mut().into_iter().enumerate() {
        let sum = column.sum();
        column.mapv_inplace(|w| w * EXPENDITURE[c] * income / sum);
    }
    weights
}

/// Province technology `a[[s, i, j]]`: the national one with every coefficient up to 15 % off and column sums kept to 3 %.
fn technology(facts: &Facts, seed: u64) -> Array3<f64> {
    let (r, n) = (facts.provinces.len(), facts.sectors.len());
    let mut random = Random::new(seed, 1);
    let mut a = Array3::from_shape_fn((r, n, n), |(_, i, j)| facts.technology[i][j] * random.between(0.85, 1.15));
    for s in 0..r {
        for j in 0..n {
            let sum: f64 = (0..n).map(|i| a[[s, i, j]]).sum();
            let scale = (1.0 - facts.sectors[j].value_added) * random.between(0.97, 1.03) / sum;
            (0..n).for_each(|i| a[[s, i, j]] *= scale);
        }
    }
    a
}

/// Imported share of the use of product i in a province.
fn import_share(p: &Province, national: f64) -> f64 {
    national * (0.4 + 0.5 * p.coast).min(1.6)
}

/// National output of each sector per unit of gross domestic product: `x = (1 - m) (A x + y) + e`.
fn national(facts: &Facts) -> Array1<f64> {
    let total = |weight: &dyn Fn(usize) -> f64| (0..facts.sectors.len()).map(weight).sum::<f64>();
    let sums: Vec<f64> = (0..4).map(|c| total(&|i| facts.sectors[i].demand[c])).collect();
    let abroad = total(&|i| facts.sectors[i].exports);
    let mut x = Array1::<f64>::zeros(facts.sectors.len());
    for _ in 0..200 {
        let next: Vec<f64> = facts
            .sectors
            .iter()
            .zip(&facts.technology)
            .map(|(sector, row)| {
                let final_use: f64 = (0..4).map(|c| EXPENDITURE[c] * sector.demand[c] / sums[c]).sum();
                let inputs: f64 = row.iter().zip(&x).map(|(a, x)| a * x).sum();
                (1.0 - sector.imports) * (inputs + final_use) + EXPENDITURE[4] * sector.exports / abroad
            })
            .collect();
        x = next.into();
    }
    let earned: f64 = x.iter().zip(&facts.sectors).map(|(x, s)| x * s.value_added).sum();
    x / earned
}

/// Output by province and sector (R x S): local products where they are used, the others by the province's lean, with
/// one scale per province so that value added comes near its gross domestic product.
fn locate(facts: &Facts, technology: &Array3<f64>, demand: &Array2<f64>, national: &Array1<f64>, seed: u64) -> Array2<f64> {
    let (r, n) = (facts.provinces.len(), facts.sectors.len());
    let mut random = Random::new(seed, 2);
    let noise = Array2::from_shape_fn((r, n), |_| random.near_one(0.25));
    let mut size: Vec<f64> = facts.provinces.iter().map(|p| p.gdp).collect();
    let power = facts.kinds.iter().position(|k| k == "power");
    let mut output = Array2::zeros((r, n));
    let mut needed = Array2::from_shape_fn((r, n), |(s, _)| size[s]);
    for _ in 0..12 {
        for (i, sector) in facts.sectors.iter().enumerate() {
            let weight: Vec<f64> = (0..r)
                .map(|s| match sector.kind {
                    None => needed[[s, i]],
                    Some(k) if Some(k) == power => needed[[s, i]] * facts.provinces[s].lean[k],
                    Some(k) => size[s] * facts.provinces[s].lean[k] * noise[[s, i]],
                })
                .collect();
            let sum: f64 = weight.iter().sum();
            (0..r).for_each(|s| output[[s, i]] = national[i] * weight[s] / sum);
        }
        for (s, p) in facts.provinces.iter().enumerate() {
            let earned: f64 = facts.sectors.iter().zip(output.row(s)).map(|(sector, x)| sector.value_added * x).sum();
            size[s] *= (p.gdp / earned).sqrt();
        }
        needed = wanted(facts, technology, demand, &output);
    }
    output
}

/// What each province uses of each product (R x S), imports included.
fn wanted(facts: &Facts, technology: &Array3<f64>, demand: &Array2<f64>, output: &Array2<f64>) -> Array2<f64> {
    let sums = demand_sums(facts);
    Array2::from_shape_fn(output.dim(), |(s, i)| {
        let inputs: f64 = output.row(s).iter().enumerate().map(|(j, x)| technology[[s, i, j]] * x).sum();
        inputs + (0..4).map(|c| demand[[s, c]] * facts.sectors[i].demand[c] / sums[c]).sum::<f64>()
    })
}

fn demand_sums(facts: &Facts) -> [f64; 4] {
    [0, 1, 2, 3].map(|c| facts.sectors.iter().map(|s| s.demand[c]).sum())
}

/// Exports abroad (R x S): the nation's by product, to provinces by output and openness, at most 60 % of output.
fn exports(facts: &Facts, output: &Array2<f64>, scale: f64) -> Array2<f64> {
    let total: f64 = facts.sectors.iter().map(|s| s.exports).sum();
    let mut exports = Array2::zeros(output.dim());
    for (i, sector) in facts.sectors.iter().enumerate() {
        let weight: Vec<f64> = facts.provinces.iter().zip(output.column(i)).map(|(p, x)| p.coast * x).collect();
        let sum: f64 = weight.iter().sum();
        for (s, w) in weight.iter().enumerate() {
            exports[[s, i]] = (EXPENDITURE[4] * scale * sector.exports / total * w / sum).min(0.6 * output[[s, i]]);
        }
    }
    exports
}

/// Splits the use of every province into domestic and imported products and adds inventory changes of goods.
fn uses(facts: &Facts, technology: &Array3<f64>, demand: &Array2<f64>, output: &Array2<f64>, seed: u64) -> Uses {
    let (r, n) = output.dim();
    let sums = demand_sums(facts);
    let mut random = Random::new(seed, 3);
    let mut uses = Uses {
        inputs: technology.clone(),
        demand: Array3::zeros((r, n, 5)),
        imports: Array2::zeros((r, n)),
        imports_final: Array2::zeros((r, 5)),
    };
    for (s, p) in facts.provinces.iter().enumerate() {
        for (i, sector) in facts.sectors.iter().enumerate() {
            let m = import_share(p, sector.imports);
            let mut used = 0.0;
            for j in 0..n {
                let flow = technology[[s, i, j]] * output[[s, j]];
                uses.imports[[s, j]] += m * flow;
                uses.inputs[[s, i, j]] = (1.0 - m) * flow;
                used += (1.0 - m) * flow;
            }
            for c in 0..4 {
                let flow = demand[[s, c]] * sector.demand[c] / sums[c];
                uses.imports_final[[s, c]] += m * flow;
                uses.demand[[s, i, c]] = (1.0 - m) * flow;
                used += (1.0 - m) * flow;
            }
            let change = 0.02 * output[[s, i]] * random.between(-0.4, 1.4);
            if sector.good {
                uses.demand[[s, i, 4]] = change.max(-0.05 * used);
            }
        }
    }
    uses
}

/// Trade shares `t[[i, r, s]]`, and uses scaled so that they meet supply nation-wide, product by product.
fn trade(facts: &Facts, output: &Array2<f64>, exports: &Array2<f64>, uses: &mut Uses) -> Array3<f64> {
    let (r, n) = output.dim();
    let distance = distances(&facts.provinces);
    let mut shares = Array3::zeros((n, r, r));
    for (i, sector) in facts.sectors.iter().enumerate() {
        let supply: Vec<f64> = (0..r).map(|s| output[[s, i]] - exports[[s, i]]).collect();
        let mut use_of: Vec<f64> = (0..r)
            .map(|s| (0..n).map(|j| uses.inputs[[s, i, j]]).sum::<f64>() + (0..5).map(|c| uses.demand[[s, i, c]]).sum::<f64>())
            .collect();
        let scale = supply.iter().sum::<f64>() / use_of.iter().sum::<f64>();
        uses.inputs.index_axis_mut(Axis(1), i).mapv_inplace(|v| v * scale);
        uses.demand.index_axis_mut(Axis(1), i).mapv_inplace(|v| v * scale);
        use_of.iter_mut().for_each(|v| *v *= scale);
        let local = sector.kind.is_none();
        let mut flow = Array2::from_shape_fn((r, r), |(from, to)| gravity(distance[[from, to]], from == to, local, sector.good));
        fit(&mut flow, &supply, &use_of);
        shares.index_axis_mut(Axis(0), i).assign(&flow);
    }
    shares
}

/// How strongly a product moves over a distance of so many kilometres: local services hardly, and not beyond 1,000 km.
fn gravity(distance: f64, own: bool, local: bool, good: bool) -> f64 {
    let near = 200.0 / distance.max(200.0);
    match (own, local) {
        (true, true) => 200.0,
        (true, false) if good => 12.0,
        (true, false) => 40.0,
        (false, true) if distance > 1000.0 => 0.0,
        (false, true) => near * near,
        (false, false) => near * near.sqrt(),
    }
}

/// Iterative proportional fitting (Deming and Stephan 1940) of `flow` to row sums `supply` and column sums `used`; ends
/// on columns and returns shares, so that each column sums to 1 and rows are met as far as the pattern allows.
fn fit(flow: &mut Array2<f64>, supply: &[f64], used: &[f64]) {
    let divide = |wish: f64, sum: f64| if sum > 0.0 { wish / sum } else { 0.0 };
    for _ in 0..60 {
        for (mut row, wish) in flow.rows_mut().into_iter().zip(supply) {
            let scale = divide(*wish, row.sum());
            row.mapv_inplace(|f| f * scale);
        }
        for (mut column, wish) in flow.columns_mut().into_iter().zip(used) {
            let scale = divide(*wish, column.sum());
            column.mapv_inplace(|f| f * scale);
        }
    }
    for mut column in flow.columns_mut() {
        let sum = column.sum();
        column.mapv_inplace(|f| divide(f, sum));
    }
}

/// Great-circle distances between capitals in km.
fn distances(provinces: &[Province]) -> Array2<f64> {
    Array2::from_shape_fn((provinces.len(), provinces.len()), |(r, s)| {
        let (a, b) = (provinces[r].capital, provinces[s].capital);
        let half = 0.5 * a.iter().zip(&b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        // 2 R asin(half chord) by its series: below 0.35 here, so the next term is under a metre.
        let h2 = half * half;
        2.0 * 6371.0 * half * (1.0 + h2 / 6.0 + 3.0 * h2 * h2 / 40.0 + 5.0 * h2 * h2 * h2 / 112.0 + 35.0 * h2 * h2 * h2 * h2 / 1152.0)
    })
}

/// Made-up unit abatement costs by province in yuan per t CO2, SYNTHETIC: dearer where little carbon is left per unit of
/// gross domestic product (about 300 to 3,000); a province without an inventory gets the median.
pub fn costs(seed: u64) -> Vec<(Name, f64)> {
    let mut random = Random::new(seed, 6);
    let mut costs: Vec<(Name, Option<f64>)> = facts()
        .provinces
        .into_iter()
        .map(|p| {
            let noise = random.between(0.95, 1.05);
            // t per 10^4 yuan, to the power 3/4 by square roots.
            let cost =
                p.co2.map(|co2| co2 * 1e6 / p.gdp).map(|c| (1100.0 * noise / (c * c * c).sqrt().sqrt()).clamp(300.0, 3000.0).round());
            (p.name, cost)
        })
        .collect();
    let mut known: Vec<f64> = costs.iter().filter_map(|c| c.1).collect();
    known.sort_by(f64::total_cmp);
    let median = (0.5 * (known[(known.len() - 1) / 2] + known[known.len() / 2])).round();
    costs.iter_mut().map(|(name, cost)| (name.clone(), cost.unwrap_or(median))).collect()
}
