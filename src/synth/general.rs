//! Random balanced tables of any size, with the oddities of real ones on request.
//!
//! Coefficients A are drawn first, then demand y and exports e; output is that of `x = |A| x + y + e`, flows are
//! `Z = A diag(x)`, and output is set to the row's sum, so that both identities hold to rounding. Z is held once and
//! changed in place.

use ndarray::{Array1, Array2};

use super::Settings;
use super::pattern::Pattern;
use super::rows::Rows;
use crate::labels::{Labels, Name};
use crate::random::Random;
use crate::table::{Stressor, Table};
use crate::threads::prelude::*;
use crate::threads::{IndexedParallelIterator, Par};

/// Column sums of A, from the least to the largest in even steps.
const COLUMN_SUMS: (f64, f64) = (0.15, 0.95);
/// The most by which demand changes, as a share of it, for output that has not quite settled.
const SETTLED: f64 = 0.25;

/// A random balanced table: regions `r1`, `r2` ..., sectors `s01`, `s02` ..., demand categories, exports, imports, one
/// value-added row, and CO2 with households. Column sums of |A| run from 0.15 to 0.95 in even steps and random order:
/// their mean is 0.55.
pub fn table(settings: &Settings) -> Table {
    let settings = &settings.sensible();
    let active = active(settings);
    // alone, such a sector would have a spectral radius above 1
    let several = active.iter().filter(|a| **a).count() > 1;
    let small = (settings.column_sum_above_one && several).then(|| active.iter().rposition(|a| *a).expect("an active sector"));
    let pattern = Pattern::new(settings, &active);
    let mut z = Rows::new((0..active.len()).map(|i| pattern.length(i)));
    z.all().into_par_iter().enumerate().for_each(|(i, (columns, weights))| {
        pattern.draw(i, columns, weights);
        if Some(i) == small {
            weights.iter_mut().for_each(|w| *w *= 1e-3);
        }
    });
    drop(pattern);
    scale(&mut z, settings, &active, small);
    let (mut y, mut exports) = final_demand(settings, &active, small);
    let x = settle(&z, &mut y, &mut exports);
    let x = flows(&mut z, &x, &mut y, &exports, settings);
    let purchases = z.column_sums(|_| 0..0, false).into_iter().map(|s| s[0]).collect();
    let categories: &[&str] = if settings.categories == 1 { &["final demand"] } else { &["consumption", "investment"] };
    let labels = Labels::regular(
        (1..=settings.regions).map(|r| Name::plain(format!("r{r}"))).collect(),
        (1..=settings.sectors).map(|s| Name::plain(format!("s{s:02}"))).collect(),
        categories.iter().map(|c| Name::plain(*c)).collect(),
    );
    let mut table = Table::new(labels, z.into_sparse(), y, x);
    table.exports = Some(exports);
    complete(&mut table, &purchases, settings);
    table
}

fn active(settings: &Settings) -> Vec<bool> {
    let mut active = vec![true; settings.regions * settings.sectors];
    let mut random = Random::new(settings.seed, 11);
    let mut left = settings.zero_output;
    while left > 0 {
        let i = random.below(active.len());
        if std::mem::replace(&mut active[i], false) {
            left -= 1;
        }
    }
    active
}

/// Turns weights into coefficients: the wanted column sum, the wanted share of it from the own region.
fn scale(a: &mut Rows, settings: &Settings, active: &[bool], small: Option<usize>) {
    let home = |i: usize| i / settings.sectors * settings.sectors..(i / settings.sectors + 1) * settings.sectors;
    let order = Random::new(settings.seed, 13).order(active.iter().filter(|a| **a).count());
    let step = (COLUMN_SUMS.1 - COLUMN_SUMS.0) / (order.len() - 1).max(1) as f64;
    let start = if order.len() == 1 { 0.5 * (COLUMN_SUMS.0 + COLUMN_SUMS.1) } else { COLUMN_SUMS.0 };
    let mut wishes = order.into_iter().map(|k| start + step * k as f64);
    let mut scales = a.column_sums(home, true);
    for (j, scale) in scales.iter_mut().enumerate().filter(|(j, _)| active[*j]) {
        let [other, own] = *scale;
        let wish = wishes.next().expect("a wish for every active column");
        let share = if Some(j) == small {
            // the weights as drawn: its own input, 1e-3 of the others, must not become the whole of its home share
            own / (own + other)
        } else if other == 0.0 {
            1.0
        } else {
            settings.domestic_share
        };
        let wish = if Some(j) == small { 1.3 } else { wish };
        *scale = [wish * ratio(1.0 - share, other), wish * ratio(share, own)];
    }
    a.all().into_par_iter().enumerate().for_each(|(i, (columns, values))| {
        let home = home(i);
        for (v, j) in values.iter_mut().zip(columns.iter().map(|&j| j as usize)) {
            *v *= scales[j][usize::from(home.contains(&j))];
        }
    });
}

/// `a / b`, 0 where there is nothing to divide by.
fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

fn final_demand(settings: &Settings, active: &[bool], small: Option<usize>) -> (Array2<f64>, Array1<f64>) {
    const OF_ROW: u64 = 4 << 48;
    let (n, per_region) = (active.len(), settings.categories);
    let foreign = (1.0 - settings.domestic_share) / (settings.regions.max(2) - 1) as f64;
    let mut y = Array2::zeros((n, per_region * settings.regions));
    let mut exports = Array1::zeros(n);
    let rows = by_row(&mut y).zip(slice(&mut exports)).enumerate();
    rows.filter(|(i, _)| active[*i]).for_each(|(i, (demand, export))| {
        let mut random = Random::new(settings.seed, OF_ROW + i as u64);
        let size = 100.0 * random.near_one(0.8) * if Some(i) == small { 1e-3 } else { 1.0 };
        for (c, v) in demand.iter_mut().enumerate() {
            let share = if c / per_region == i / settings.sectors { settings.domestic_share } else { foreign };
            *v = size * share * random.between(0.5, 1.5);
        }
        *export = settings.export_share * size * random.between(0.5, 1.5);
    });
    (y, exports)
}

fn by_row(y: &mut Array2<f64>) -> Par<impl IndexedParallelIterator<Item = &mut [f64]>> {
    let columns = y.ncols();
    y.as_slice_mut().expect("rows one after the other").par_chunks_mut(columns)
}

fn slice(v: &mut Array1<f64>) -> &mut [f64] {
    v.as_slice_mut().expect("a whole vector")
}

/// Output x by the power series `x <- |A| x + b`, x scaled before each step so that totals agree, until no row moves by
/// more than [`SETTLED`] of its demand b; demand is then changed by as much: to `x - |A| x`.
fn settle(a: &Rows, y: &mut Array2<f64>, exports: &mut Array1<f64>) -> Vec<f64> {
    let b: Vec<f64> = by_row(y).zip(slice(exports)).map(|(y, e)| y.iter().sum::<f64>() + *e).collect();
    let total: f64 = b.iter().sum();
    let mut x = b.clone();
    for _ in 0..2000 {
        let used = a.absolute_product(&x);
        let scale = total / (x.iter().sum::<f64>() - used.iter().sum::<f64>());
        x.iter_mut().for_each(|x| *x *= scale);
        let next: Vec<f64> = used.iter().zip(&b).map(|(used, b)| scale * used + b).collect();
        let moved: Vec<f64> = next.iter().zip(&x).zip(&b).map(|((next, x), b)| ratio(next - x, *b)).collect();
        if moved.iter().all(|m| m.abs() <= SETTLED) {
            let change = |((y, e), moved): ((&mut [f64], &mut f64), &f64)| y.iter_mut().chain([e]).for_each(|v| *v *= 1.0 - moved);
            by_row(y).zip(slice(exports)).zip(&moved).for_each(change);
            break;
        }
        x = next;
    }
    x
}

/// `Z = A diag(x)`; negative entries give twice their size to the row's final demand, so that output stays: its sum.
fn flows(z: &mut Rows, x: &[f64], y: &mut Array2<f64>, exports: &Array1<f64>, settings: &Settings) -> Array1<f64> {
    let mut output = Array1::zeros(x.len());
    let beside = by_row(y).zip(slice(&mut output));
    z.all().into_par_iter().zip(beside).enumerate().for_each(|(i, ((columns, values), (demand, output)))| {
        for (v, &j) in values.iter_mut().zip(&*columns) {
            *v *= x[j as usize];
            if *v < 0.0 {
                demand[settings.categories * (i / settings.sectors)] -= 2.0 * *v;
            }
        }
        *output = values.iter().sum::<f64>() + demand.iter().sum::<f64>() + exports[i];
    });
    output
}

/// Imports, value added as the rest of the column, and CO2.
fn complete(table: &mut Table, purchases: &Array1<f64>, settings: &Settings) {
    let mut random = Random::new(settings.seed, 16);
    let left = &table.x - purchases;
    let imports = left.mapv(|v| 0.1 * v.max(0.0) * random.between(0.5, 1.5));
    table.value_added = vec![(Name::plain("value added"), &left - &imports)];
    table.imports = Some(imports);
    let direct = table.x.mapv(|x| 1e-3 * x * random.near_one(0.8));
    let households = (0..settings.regions).map(|r| 0.05 * direct.slice(ndarray::s![table.labels.rows(r)]).sum()).collect();
    table.stressors.push(Stressor { name: "CO2".into(), unit: "Mt".into(), direct, households: Some(households) });
    table.unit = "10^4 yuan".into();
    table.provenance.stamp = Some("SYNTHETIC".into());
    table.provenance.notes = vec![format!("random table, made up: {settings}")];
}
