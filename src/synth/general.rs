//! Random balanced tables of any size, with the oddities of real ones on request.
//!
//! Coefficients A are drawn first, then demand y and exports e; output solves `x = A x + y + e` by its power series,
//! flows are `Z = A diag(x)`, and output is set to the row's sum, so that both identities hold to rounding.

use ndarray::{Array1, Array2};

use super::random::Random;
use crate::labels::{Labels, Name};
use crate::table::{Sparse, Stressor, Table};

/// What a random table is to look like.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Number of regions.
    pub regions: usize,
    /// Sectors per region.
    pub sectors: usize,
    /// Share of the entries of Z that are not zero, 0 to 1. The diagonal and one ring through all rows are always there.
    pub density: f64,
    /// Share of inputs and of final demand that comes from the own region, 0 to 1.
    pub domestic_share: f64,
    /// Exports abroad as a share of final demand.
    pub export_share: f64,
    /// Number of sectors without output, purchases, sales and emissions.
    pub zero_output: usize,
    /// Share of the entries of Z that are negative.
    pub negative_share: f64,
    /// Whether one small sector buys 1.3 times its output (the spectral radius stays below 1).
    pub column_sum_above_one: bool,
    /// Same seed, same bits.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            regions: 4,
            sectors: 6,
            density: 1.0,
            domestic_share: 0.7,
            export_share: 0.15,
            zero_output: 0,
            negative_share: 0.0,
            column_sum_above_one: false,
            seed: 1,
        }
    }
}

/// A random balanced table: regions `r1`, `r2` ..., sectors `s01`, `s02` ..., two demand categories, exports, imports,
/// one value-added row, and CO2 with households. Column sums of A average 0.55 and stay below 0.95.
/// Shares outside 0 to 1 count as the nearer end, and one region, sector and sector with output there always is.
pub fn table(settings: &Settings) -> Table {
    let settings = &sensible(settings);
    let n = settings.regions * settings.sectors;
    let active = active(settings, n);
    // alone, such a sector would have a spectral radius above 1
    let several = active.iter().filter(|a| **a).count() > 1;
    let small = (settings.column_sum_above_one && several).then(|| active.iter().rposition(|a| *a).expect("an active sector"));
    let mut z = pattern(settings, &active);
    scale_columns(&mut z, settings, small);
    let (mut y, exports) = final_demand(settings, &active, small);
    let x = solve(&z, &(y.sum_axis(ndarray::Axis(1)) + &exports));
    flows(&mut z, &x, &mut y, settings);
    let output: Array1<f64> =
        z.outer_iterator().enumerate().map(|(i, row)| row.data().iter().sum::<f64>() + y.row(i).sum() + exports[i]).collect();
    let labels = Labels::regular(
        (1..=settings.regions).map(|r| Name::plain(format!("r{r}"))).collect(),
        (1..=settings.sectors).map(|s| Name::plain(format!("s{s:02}"))).collect(),
        vec![Name::plain("consumption"), Name::plain("investment")],
    );
    let mut table = Table::new(labels, z, y, output);
    table.exports = Some(exports);
    complete(&mut table, settings);
    table
}

fn sensible(given: &Settings) -> Settings {
    let (regions, sectors) = (given.regions.max(1), given.sectors.max(1));
    Settings {
        regions,
        sectors,
        density: given.density.clamp(0.0, 1.0),
        domestic_share: if regions == 1 { 1.0 } else { given.domestic_share.clamp(0.0, 1.0) },
        export_share: given.export_share.clamp(0.0, 1.0),
        zero_output: given.zero_output.min(regions * sectors - 1),
        negative_share: given.negative_share.clamp(0.0, 1.0),
        ..*given
    }
}

fn active(settings: &Settings, n: usize) -> Vec<bool> {
    let mut random = Random::new(settings.seed, 11);
    let mut active = vec![true; n];
    let mut left = settings.zero_output;
    while left > 0 {
        let i = random.below(n);
        if std::mem::replace(&mut active[i], false) {
            left -= 1;
        }
    }
    active
}

/// Raw weights of the inputs: drawn with the given density, the diagonal and the ring of active rows always.
fn pattern(settings: &Settings, active: &[bool]) -> Sparse {
    let n = active.len();
    let mut random = Random::new(settings.seed, 12);
    let rows: Vec<usize> = (0..n).filter(|&i| active[i]).collect();
    let mut follower = vec![usize::MAX; n];
    for (k, &i) in rows.iter().enumerate() {
        follower[i] = rows[(k + 1) % rows.len()];
    }
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for i in 0..n {
        for &j in rows.iter().filter(|_| active[i]) {
            let drawn = random.unit() < settings.density;
            if drawn || i == j || j == follower[i] {
                indices.push(u32::try_from(j).expect("fewer than 2^32 columns"));
                data.push(random.factor(1.0));
            }
        }
        indptr.push(data.len());
    }
    Sparse::new((n, n), indptr, indices, data)
}

/// Turns weights into coefficients: the wanted column sum, the wanted share of it from the own region.
fn scale_columns(z: &mut Sparse, settings: &Settings, small: Option<usize>) {
    let n = z.rows();
    let mut random = Random::new(settings.seed, 13);
    let wish: Vec<f64> = (0..n).map(|j| if Some(j) == small { 1.3 } else { random.between(0.25, 0.85) }).collect();
    let region = |i: usize| i / settings.sectors;
    let (mut own, mut other) = (vec![0.0; n], vec![0.0; n]);
    each(z, |i, j, v| {
        if Some(i) == small {
            *v *= 1e-3;
        }
        if region(i) == region(j) { own[j] += *v } else { other[j] += *v }
    });
    each(z, |i, j, v| {
        let share = if Some(j) == small {
            // the weights as drawn: its own input, 1e-3 of the others, must not become the whole of its home share
            own[j] / (own[j] + other[j])
        } else if other[j] == 0.0 {
            1.0
        } else if own[j] == 0.0 {
            0.0
        } else {
            settings.domestic_share
        };
        *v *= wish[j] * if region(i) == region(j) { ratio(share, own[j]) } else { ratio(1.0 - share, other[j]) };
    });
}

/// `a / b`, 0 where there is nothing to divide by.
fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// Calls `f` with row, column and value of every entry.
fn each(z: &mut Sparse, mut f: impl FnMut(usize, usize, &mut f64)) {
    for (i, mut row) in z.outer_iterator_mut().enumerate() {
        for (j, v) in row.iter_mut() {
            f(i, j, v);
        }
    }
}

fn final_demand(settings: &Settings, active: &[bool], small: Option<usize>) -> (Array2<f64>, Array1<f64>) {
    let n = active.len();
    let mut random = Random::new(settings.seed, 14);
    let foreign = (1.0 - settings.domestic_share) / (settings.regions.max(2) - 1) as f64;
    let mut y = Array2::zeros((n, 2 * settings.regions));
    let mut exports = Array1::zeros(n);
    for i in (0..n).filter(|&i| active[i]) {
        let size = 100.0 * random.factor(0.8) * if Some(i) == small { 1e-3 } else { 1.0 };
        for c in 0..2 * settings.regions {
            let share = if c / 2 == i / settings.sectors { settings.domestic_share } else { foreign };
            y[[i, c]] = size * share * random.between(0.5, 1.5);
        }
        exports[i] = settings.export_share * size * random.between(0.5, 1.5);
    }
    (y, exports)
}

/// `x = A x + b` by its power series, to rounding or 2,000 terms.
fn solve(a: &Sparse, b: &Array1<f64>) -> Array1<f64> {
    let mut x = b.clone();
    for _ in 0..2000 {
        let mut next = b.clone();
        for (i, row) in a.outer_iterator().enumerate() {
            next[i] += row.iter().map(|(j, v)| v * x[j]).sum::<f64>();
        }
        let moved = x.iter().zip(&next).map(|(a, b)| (a - b).abs()).sum::<f64>();
        x = next;
        if moved <= 1e-15 * x.sum() {
            break;
        }
    }
    x
}

/// `Z = A diag(x)`; entries made negative give twice their size to the row's final demand, so that output stays.
fn flows(z: &mut Sparse, x: &Array1<f64>, y: &mut Array2<f64>, settings: &Settings) {
    let mut random = Random::new(settings.seed, 15);
    each(z, |i, j, v| {
        *v *= x[j];
        if i != j && random.unit() < settings.negative_share {
            y[[i, 2 * (i / settings.sectors)]] += 2.0 * *v;
            *v = -*v;
        }
    });
}

/// Imports, value added as the rest of the column, and CO2.
fn complete(table: &mut Table, settings: &Settings) {
    let mut random = Random::new(settings.seed, 16);
    let left = table.total_value_added();
    let imports = left.mapv(|v| 0.1 * v.max(0.0) * random.between(0.5, 1.5));
    table.value_added = vec![(Name::plain("value added"), &left - &imports)];
    table.imports = Some(imports);
    let direct = table.x.mapv(|x| 1e-3 * x * random.factor(0.8));
    let households = (0..settings.regions).map(|r| 0.05 * direct.slice(ndarray::s![table.labels.rows(r)]).sum()).collect();
    table.stressors.push(Stressor { name: "CO2".into(), unit: "Mt".into(), direct, households: Some(households) });
    table.unit = "10^4 yuan".into();
    table.provenance.stamp = Some("SYNTHETIC".into());
    table.provenance.notes = vec![format!("random table, made up: {settings:?}")];
}
