//! Synthetic tables by their trade shares, of any size: gravity between places in the plane.
//!
//! `t_i^{rs} = supply_ri K_g^{rs} demand_si` with `K_g^{rs} = exp(-d_rs / l_g)` between points drawn in the unit square,
//! the own region weighted so that it keeps a share of its use, and `demand_si = 1 / sum_r supply_ri K_g^{rs}`: the
//! shares of each product used in a region add up to one. Technologies by class have column sums of mean 0.55, at
//! most 0.95, and these are the column sums of A. Output is a few dozen terms of the power series of a demand drawn
//! at random; demand then takes up what the last term leaves, so that `x = A x + y 1` holds to rounding.
//! Wilson, *A statistical theory of spatial distribution models*, Transportation Research 1(3), 1967.

use ndarray::{Array1, Array2};

use crate::labels::Name;
use crate::operator::trade_share::{Kernels, Numbers, ShareForm, Shares};
use crate::operator::{Block, Direction, Operator, Rows, TradeShare, multiply_transposed};
use crate::random::{Random, exp};
use crate::share_table::ShareTable;
use crate::table::Stressor;
use crate::threads::prelude::*;

/// What a table by its trade shares is to look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GravitySettings {
    /// Number of regions R.
    pub regions: usize,
    /// Products (= sectors) per region, S.
    pub products: usize,
    /// Technologies; each region has one of them.
    pub classes: usize,
    /// Groups of products that travel alike, each with its R x R kernel.
    pub kernels: usize,
    /// Whether kernels are kept in 32 bits a number.
    pub single: bool,
    /// Same seed, same bits.
    pub seed: u64,
}

impl Default for GravitySettings {
    fn default() -> Self {
        GravitySettings { regions: 20, products: 12, classes: 3, kernels: 2, single: false, seed: 1 }
    }
}

impl GravitySettings {
    /// The size of the counties of the United States: 3,142 x 546 = 1,715,532 rows, 0.5 GB.
    pub fn counties() -> Self {
        GravitySettings { regions: 3142, products: 546, classes: 6, kernels: 6, ..GravitySettings::default() }
    }

    /// Bytes of memory that making such a table takes, about; past all memory where the sizes have no product.
    pub fn bytes(&self) -> u64 {
        let [r, s, c, g] = [self.regions, self.products, self.classes, self.kernels].map(|v| v as u64);
        let times = |a: &[u64]| a.iter().try_fold(1u64, |p, v| p.checked_mul(*v)).unwrap_or(u64::MAX);
        // kernels and a kernel in the making, technologies, and a dozen vectors of n
        let parts = [times(&[8, g.saturating_add(1), r, r]), times(&[8, c.saturating_add(1), s, s]), times(&[8, 12, r, s])];
        parts.into_iter().fold(0, u64::saturating_add)
    }
}

/// Columns of final demand, and their size.
const DEMAND: [(&str, f64); 4] = [("households", 6.0), ("government", 1.5), ("investment", 2.0), ("exports", 1.0)];
/// Columns that go together through a block.
const CHUNK: usize = 64;
/// Terms of the power series of output.
const TERMS: usize = 60;
/// What the last term may leave of any row's demand.
const LEFT: f64 = 1e-3;

/// A random table by its trade shares: regions `r0001` ..., products `p001` ..., four demand columns, and CO2 with
/// households. Numbers of classes and kernels above those of regions and products count as these; all are at least 1.
///
/// # Panics
/// When there is no room for the kernels.
pub fn gravity(settings: &GravitySettings) -> ShareTable {
    let regions = settings.regions.max(1);
    let products = settings.products.max(1);
    let (classes, kernels) = (settings.classes.clamp(1, regions), settings.kernels.clamp(1, products));
    let settings = GravitySettings { regions, products, classes, kernels, ..*settings };
    let mut random = Random::new(settings.seed, 31);
    let size: Vec<f64> = (0..regions).map(|_| random.near_one(1.0)).collect();
    let form = ShareForm {
        regions,
        products,
        class: (0..regions).map(|r| if r < classes { r } else { random.below(classes) }).collect(),
        technology: technology(&settings),
        shares: Shares::Kernels(shares(&settings, &size)),
        ..ShareForm::default()
    };
    let operator = TradeShare::new(form).expect("shares of one size, all finite");
    let mut y = demand(&settings, &size);
    let x = output(&operator, &mut y);
    let mut random = Random::new(settings.seed, 35);
    let dirt: Vec<f64> = (0..products).map(|_| 1e-3 * random.near_one(1.2)).collect();
    let direct: Array1<f64> = x.iter().enumerate().map(|(at, x)| x * dirt[at % products] * random.near_one(0.3)).collect();
    let households = direct.as_slice().expect("one row").chunks(products).map(|d| 0.2 * d.iter().sum::<f64>()).collect();
    let mut table = ShareTable {
        regions: (1..=regions).map(|r| Name::plain(format!("r{r:04}"))).collect(),
        products: (1..=products).map(|i| Name::plain(format!("p{i:03}"))).collect(),
        form: operator.into_form(),
        demand: DEMAND.map(|(name, _)| Name::plain(name)).into(),
        y,
        x,
        stressors: vec![Stressor { name: "CO2".into(), unit: "Mt".into(), direct, households: Some(households) }],
        unit: "million USD".into(),
        ..ShareTable::default()
    };
    table.provenance.stamp = Some("SYNTHETIC".into());
    let GravitySettings { regions, products, classes, kernels, single, seed } = settings;
    let kept = if single { "single" } else { "double" };
    table.provenance.notes = vec![format!(
        "random gravity between places in the plane, made up: {regions} regions of {products} products, {classes} technologies, \
         {kernels} kernels in {kept} precision, seed {seed}"
    )];
    table
}

/// Inputs of each class (C x S x S): a common pattern, each class off it, column sums between 0.15 and 0.95.
fn technology(settings: &GravitySettings) -> Vec<f64> {
    let s = settings.products;
    let mut random = Random::new(settings.seed, 32);
    let common: Vec<f64> = (0..s * s).map(|_| random.near_one(1.5)).collect();
    let mut all = Vec::with_capacity(settings.classes * s * s);
    for _ in 0..settings.classes {
        let mut block: Vec<f64> = common.iter().map(|v| v * random.near_one(0.3)).collect();
        let wish: Vec<f64> = (0..s).map(|_| random.between(0.15, 0.95)).collect();
        let mut sums = vec![0.0; s];
        block.chunks_exact(s).for_each(|row| sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v));
        block.chunks_exact_mut(s).for_each(|row| {
            row.iter_mut().zip(&wish).zip(&sums).for_each(|((v, wish), sum)| *v *= wish / sum);
        });
        all.append(&mut block);
    }
    all
}

/// Kernels that fall with the distance; supply by size and specialisation; demand so that shares add up to one.
fn shares(settings: &GravitySettings, size: &[f64]) -> Kernels {
    let (r, s, g) = (settings.regions, settings.products, settings.kernels);
    let mut random = Random::new(settings.seed, 33);
    let places: Vec<[f64; 2]> = (0..r).map(|_| [random.unit(), random.unit()]).collect();
    let groups: Vec<usize> = (0..=g).map(|k| k * s / g).collect();
    let supply: Vec<f64> = (0..r * s).map(|at| size[at / s] * random.near_one(0.8)).collect();
    let mut demand = vec![0.0; r * s];
    let mut kernels = Vec::with_capacity(g * r * r);
    for group in 0..g {
        let (reach, own) = (random.between(0.05, 0.4), random.between(0.3, 0.7));
        let mut kernel = kernel(&places, size, reach, own);
        if settings.single {
            kernel.par_iter_mut().for_each(|v| *v = f64::from(*v as f32));
        }
        balance(&kernel, &supply, s, groups[group]..groups[group + 1], &mut demand);
        kernels.append(&mut kernel);
    }
    let kernels = if settings.single { Numbers::F32(kernels.par_iter().map(|v| *v as f32).collect()) } else { Numbers::F64(kernels) };
    Kernels { groups, kernels, supply, demand }
}

/// `exp(-d / reach)` (R x R); on the diagonal what keeps a share of about `own` in the region.
fn kernel(places: &[[f64; 2]], size: &[f64], reach: f64, own: f64) -> Vec<f64> {
    let r = places.len();
    let mut kernel = vec![0.0; r * r];
    kernel.par_chunks_mut(r).enumerate().for_each(|(at, row)| {
        let here = places[at];
        let mut others = 0.0;
        for (q, to) in row.iter_mut().enumerate().filter(|(q, _)| *q != at) {
            let (a, b) = (places[q][0] - here[0], places[q][1] - here[1]);
            *to = exp(-(a * a + b * b).sqrt() / reach);
            others += size[q] * *to;
        }
        // distances are symmetric: the sum over buyers is that over sellers
        row[at] = if others > 0.0 { own / (1.0 - own) * others / size[at] } else { 1.0 };
    });
    kernel
}

/// `demand_si = 1 / sum_r supply_ri K^{rs}` for the products of a group.
fn balance(kernel: &[f64], supply: &[f64], s: usize, group: std::ops::Range<usize>, demand: &mut [f64]) {
    let r = supply.len() / s;
    demand.par_chunks_mut(CHUNK * s).enumerate().for_each(|(at, rows)| {
        let here = rows.len() / s;
        let mut sums = vec![0.0; here * group.len()];
        let block = Block { data: &kernel[at * CHUNK..], rows: r, columns: here, stride: r };
        multiply_transposed::<false, _>(block, group.len(), Rows { data: &supply[group.start..], stride: s }, &mut sums);
        for (to, sums) in rows.chunks_exact_mut(s).zip(sums.chunks_exact(group.len())) {
            to[group.clone()].iter_mut().zip(sums).for_each(|(to, sum)| *to = 1.0 / sum);
        }
    });
}

/// Final demand (n x D), positive.
fn demand(settings: &GravitySettings, size: &[f64]) -> Array2<f64> {
    let s = settings.products;
    let mut random = Random::new(settings.seed, 34);
    let taste: Vec<f64> = (0..s).map(|_| random.near_one(0.8)).collect();
    Array2::from_shape_fn((settings.regions * s, DEMAND.len()), |(at, d)| {
        size[at / s] * taste[at % s] * DEMAND[d].1 * random.between(0.5, 1.5)
    })
}

/// Output of the power series; each row of demand is scaled so that the rows close.
fn output(a: &TradeShare, y: &mut Array2<f64>) -> Array1<f64> {
    let wanted: Vec<f64> = y.rows().into_iter().map(|row| row.sum()).collect();
    let (mut x, mut next) = (wanted.clone(), vec![0.0; a.dim()]);
    for _ in 0..TERMS {
        a.apply(Direction::Forward, 1, &x, &mut next);
        next.iter_mut().zip(&wanted).for_each(|(next, y)| *next += y);
        std::mem::swap(&mut x, &mut next);
        if x.iter().zip(&next).zip(&wanted).all(|((x, last), y)| (x - last).abs() <= LEFT * y) {
            break;
        }
    }
    a.apply(Direction::Forward, 1, &x, &mut next);
    for (((mut row, x), used), wanted) in y.rows_mut().into_iter().zip(&x).zip(&next).zip(&wanted) {
        row *= (x - used) / wanted;
    }
    x.into()
}
