//! Draws of a table: every cell times a random number of its class, rows closed again, coefficients and intensities made anew.
//!
//! ```text
//! lognormal   z_ij = z0_ij exp(s e - s^2 / 2),  s^2 = ln(1 + cv^2)          zeros, signs and means are kept
//! uniform     z_ij = z0_ij (1 + cv e),  e uniform with mean 0 and sd 1
//! shared      e = sqrt(c) g + sqrt(1 - c) e_ij,  g one number for all cells of a pair, origin, buyer, product or class
//! row         x := Z 1 + demand               output: rows of Z scaled to x - demand       full: GRAS to sums of rows and columns
//! ```
//! Emissions and demand stay, so `A = Z diag(1/x)` and `f = q / x` change. e and g are functions of (seed, draw, cell).
//! Method: Lenzen, Wood, Wiedmann, *Economic Systems Research* 22 (2010) 43-63.

use serde::Deserialize;

use super::normal::{Keyed, exp};
use super::plan::rows;
use crate::balance::{How, Target, Targets, balance};
use crate::error::Result;
use crate::system::System;
use crate::table::{Sparse, Table};

/// The law of the random numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// Keeps zeros and signs whatever the coefficient of variation.
    #[default]
    Lognormal,
    /// Between `1 - cv sqrt 3` and `1 + cv sqrt 3`.
    Uniform,
}

/// How a draw is closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// Output becomes what a row sells.
    #[default]
    Row,
    /// Rows are scaled, so that output stays.
    Output,
    /// Rows and columns are brought to the sums of the table.
    Full,
}

/// Cells by where they lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Within {
    #[default]
    All,
    /// Bought in the region where they are made.
    Own,
    /// Bought in another.
    Trade,
}

/// Cells that share an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Shared {
    #[default]
    Pair,
    Origin,
    Buyer,
    Product,
    Class,
}

/// A class of cells; of several that a cell belongs to, the last counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Class {
    cv: f64,
    #[serde(default)]
    cells: Within,
    region: Option<String>,
    sector: Option<String>,
    buyer_region: Option<String>,
    buyer_sector: Option<String>,
    #[serde(default)]
    correlation: f64,
    #[serde(default)]
    shared_by: Shared,
}

/// The draws of a plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Draws {
    pub count: usize,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    law: Law,
    #[serde(default)]
    balance: Balance,
    /// Draws 2k and 2k + 1 have opposite numbers.
    #[serde(default)]
    antithetic: bool,
    class: Vec<Class>,
}

impl Draws {
    /// What is wrong with them, and the remedy.
    pub(super) fn sound(&self) -> std::result::Result<(), (String, &'static str)> {
        if self.count == 0 {
            return Err(("count = 0 draws nothing".into(), "give the number of draws"));
        }
        if self.class.is_empty() || self.class.len() > 254 {
            return Err((
                format!("{} classes of cells", self.class.len()),
                "give 1 to 254 tables [[draws.class]]; the last one that a cell belongs to counts",
            ));
        }
        for (at, class) in self.class.iter().enumerate() {
            let at = at + 1;
            if !(class.cv >= 0.0 && class.cv <= 10.0) {
                return Err((format!("class {at}: cv = {} is no coefficient of variation from 0 to 10", class.cv), "write 0.1 for 10 %"));
            }
            if self.law == Law::Uniform && class.cv > 1.0 / 3f64.sqrt() {
                let why = format!("class {at}: cv = {}, above 0.577 a uniform number may be negative", class.cv);
                return Err((why, "give a smaller cv, or take the law lognormal"));
            }
            if !(0.0..=1.0).contains(&class.correlation) {
                return Err((
                    format!("class {at}: correlation = {} does not lie between 0 and 1", class.correlation),
                    "write 0.3 for 30 %",
                ));
            }
            if self.law == Law::Uniform && class.correlation > 0.0 {
                let why = format!("class {at}: correlation = {}, and a sum of two uniform numbers is not uniform", class.correlation);
                return Err((why, "leave it out, or take the law lognormal"));
            }
        }
        Ok(())
    }
}

/// What the cells of a class have in common.
struct Kind {
    /// Of the cell's own number, of the shared one, and what is added.
    own: f64,
    shared: f64,
    constant: f64,
    by: Shared,
}

/// A table that is drawn again and again.
pub(super) struct Source {
    n: usize,
    z: Vec<f64>,
    /// The class of each cell, counted from 1; 0: none, and the cell stays.
    class: Vec<u8>,
    kinds: Vec<Kind>,
    region_of: Vec<usize>,
    product_of: Vec<usize>,
    regions: usize,
    products: usize,
    /// `x - Z 1`.
    demand: Vec<f64>,
    output: Vec<f64>,
    direct: Vec<f64>,
    draws: Draws,
    /// Pattern and sums, where both sums are kept.
    full: Option<(Sparse, Targets)>,
}

impl Source {
    pub(super) fn new(draws: &Draws, system: &System, stressor: usize) -> Result<Source> {
        let table: &Table = &system.table;
        let n = table.dim();
        let mut z = vec![0.0; n * n];
        for (i, to) in z.chunks_exact_mut(n).enumerate() {
            table.z.row(i).for_each(|(j, v)| to[j] = v);
        }
        let region_of: Vec<usize> = (0..n).map(|i| table.labels.region_of(i)).collect();
        let (product_of, products) = table.labels.products();
        let mut class = vec![0u8; n * n];
        for (k, own) in draws.class.iter().enumerate() {
            let sellers = rows(table, own.region.as_deref(), own.sector.as_deref())?;
            let buyers = rows(table, own.buyer_region.as_deref(), own.buyer_sector.as_deref())?;
            for &i in &sellers {
                for &j in &buyers {
                    let same = region_of[i] == region_of[j];
                    if own.cells == Within::All || same == (own.cells == Within::Own) {
                        class[i * n + j] = k as u8 + 1;
                    }
                }
            }
        }
        let none = Kind { own: 0.0, shared: 0.0, constant: 0.0, by: Shared::Class };
        let kind = |c: &Class| match draws.law {
            Law::Uniform => Kind { own: c.cv, shared: 0.0, constant: 0.0, by: c.shared_by },
            Law::Lognormal => {
                let variance = (c.cv * c.cv).ln_1p();
                let sigma = variance.sqrt();
                let (own, shared) = ((1.0 - c.correlation).sqrt() * sigma, c.correlation.sqrt() * sigma);
                Kind { own, shared, constant: -0.5 * variance, by: c.shared_by }
            }
        };
        let kinds = std::iter::once(none).chain(draws.class.iter().map(kind)).collect();
        let demand: Vec<f64> = (0..n).map(|i| system.demand.row(i).iter().sum()).collect();
        let full = (draws.balance == Balance::Full).then(|| {
            let sparse = table.z.sparse().clone();
            let mut targets = Targets { rows: vec![Target::Exact(0.0); n], columns: vec![Target::Exact(0.0); n], ..Targets::default() };
            let (mut bought, mut sold) = (vec![0.0; n], vec![0.0; n]);
            for (i, row) in z.chunks_exact(n).enumerate() {
                row.iter().zip(&mut bought).for_each(|(v, b)| {
                    *b += v;
                    sold[i] += v;
                });
            }
            targets.rows = sold.into_iter().map(Target::Exact).collect();
            targets.columns = bought.into_iter().map(Target::Exact).collect();
            (sparse, targets)
        });
        Ok(Source {
            n,
            z,
            class,
            kinds,
            regions: table.labels.region_count(),
            products: products.len(),
            region_of,
            product_of,
            demand,
            output: table.x.to_vec(),
            direct: table.stressors[stressor].direct.to_vec(),
            draws: draws.clone(),
            full,
        })
    }

    /// The shared numbers of a draw, kind by kind.
    fn shared(&self, keyed: Keyed, sign: f64) -> Vec<Vec<f64>> {
        let numbers = |(at, kind): (usize, &Kind)| {
            let count = match kind.by {
                Shared::Pair => self.regions * self.regions,
                Shared::Origin | Shared::Buyer => self.regions,
                Shared::Product => self.products,
                Shared::Class => 1,
            };
            let mut all = vec![0.0; count];
            if kind.shared != 0.0 {
                keyed.stream(at as u64).normals(0, &mut all);
            }
            all.iter().map(|g| kind.constant + kind.shared * sign * g).collect()
        };
        self.kinds.iter().enumerate().map(numbers).collect()
    }

    /// Coefficients (n x n, row by row) and intensities of a draw.
    pub(super) fn draw(&self, draw: usize, a: &mut Vec<f64>, c: &mut Vec<f64>) -> Result<()> {
        let (n, antithetic) = (self.n, self.draws.antithetic);
        let keyed = Keyed::new(self.draws.seed, if antithetic { draw / 2 } else { draw } as u64);
        let sign = if antithetic && draw % 2 == 1 { -1.0 } else { 1.0 };
        let (cells, shared) = (keyed.stream(0), self.shared(keyed, sign));
        a.resize(n * n, 0.0);
        c.resize(n, 0.0);
        let (mut e, mut scale, mut constant) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        let mut output = self.output.clone();
        let own: Vec<f64> = self.kinds.iter().map(|k| sign * k.own).collect();
        for (i, to) in a.chunks_exact_mut(n).enumerate() {
            let (z, class) = (&self.z[i * n..(i + 1) * n], &self.class[i * n..(i + 1) * n]);
            let first = (i * n) as u64;
            for (j, &k) in class.iter().enumerate() {
                let k = k as usize;
                scale[j] = own[k];
                constant[j] = match self.kinds[k].by {
                    Shared::Class => shared[k][0],
                    Shared::Pair => shared[k][self.region_of[i] * self.regions + self.region_of[j]],
                    Shared::Origin => shared[k][self.region_of[i]],
                    Shared::Buyer => shared[k][self.region_of[j]],
                    Shared::Product => shared[k][self.product_of[i]],
                };
            }
            match self.draws.law {
                Law::Lognormal => {
                    cells.normals(first, &mut e);
                    e.iter_mut().zip(&scale).zip(&constant).for_each(|((e, s), k)| *e = exp(s * *e + k));
                }
                Law::Uniform => {
                    cells.uniforms(first, &mut e);
                    e.iter_mut().zip(&scale).for_each(|(e, s)| *e = 1.0 + s * *e);
                }
            }
            to.iter_mut().zip(z).zip(&e).for_each(|((to, z), f)| *to = z * f);
            let sold: f64 = to.iter().sum();
            match self.draws.balance {
                Balance::Row => output[i] = sold + self.demand[i],
                Balance::Output if sold != 0.0 => {
                    let by = (self.output[i] - self.demand[i]) / sold;
                    to.iter_mut().for_each(|v| *v *= by);
                }
                Balance::Output | Balance::Full => {}
            }
        }
        if let Some((pattern, targets)) = &self.full {
            let mut drawn = pattern.clone();
            let places: Vec<usize> = drawn
                .outer_iterator()
                .enumerate()
                .flat_map(|(i, row)| row.indices().iter().map(|j| i * n + *j as usize).collect::<Vec<_>>())
                .collect();
            drawn.data_mut().iter_mut().zip(&places).for_each(|(v, p)| *v = a[*p]);
            balance(&mut drawn, targets, &How::default())?;
            drawn.data().iter().zip(&places).for_each(|(v, p)| a[*p] = *v);
        }
        let per: Vec<f64> = output.iter().map(|x| if *x == 0.0 { 0.0 } else { 1.0 / x }).collect();
        a.chunks_exact_mut(n).for_each(|row| row.iter_mut().zip(&per).for_each(|(v, per)| *v *= per));
        c.iter_mut().zip(&self.direct).zip(&per).for_each(|((c, q), per)| *c = q * per);
        Ok(())
    }
}
