//! Where each product comes from: the shares of the supplying regions in what a region uses.

use ndarray::ArrayView2;

use crate::threads::prelude::*;

/// Trade shares `t[i][r][s]`: the share of product i used in region s that comes from region r.
#[derive(Debug, Clone)]
pub enum Shares {
    /// Each product on its own (S x R x R).
    Products(Vec<f64>),
    /// Products in groups that travel alike.
    Kernels(Kernels),
}

/// `t[i][r][s] = supply[r][i] K_g[r][s] demand[s][i]` for the products i of group g.
///
/// The doubly constrained gravity model has this form: `K_g` falls with the distance, `supply` and `demand` balance
/// the flows of each product. Wilson, *A statistical theory of spatial distribution models*, Transportation Research
/// 1(3), 1967.
#[derive(Debug, Clone, Default)]
pub struct Kernels {
    /// The products of group g are `groups[g]..groups[g + 1]` (G + 1).
    pub groups: Vec<usize>,
    /// One R x R kernel per group, one after the other.
    pub kernels: Numbers,
    /// What region r supplies of product i (R x S).
    pub supply: Vec<f64>,
    /// What region s demands of product i (R x S).
    pub demand: Vec<f64>,
}

/// Numbers in double or in single precision. Single ones are exact data, half as long, not an approximation of others.
#[derive(Debug, Clone)]
pub enum Numbers {
    /// 64 bits each.
    F64(Vec<f64>),
    /// 32 bits each.
    F32(Vec<f32>),
}

/// Numbers of a list that are checked at a time.
const CHECKED: usize = 1 << 16;

impl Kernels {
    fn group(&self, product: usize) -> usize {
        self.groups.partition_point(|&start| start <= product) - 1
    }

    /// All shares of product `i` (R x R), of R regions and S products.
    pub(super) fn shares(&self, (regions, products): (usize, usize), i: usize, to: &mut [f64]) {
        let first = self.group(i) * regions * regions;
        let demand: Vec<f64> = self.demand.iter().skip(i).step_by(products).copied().collect();
        for (r, to) in to.chunks_exact_mut(regions).enumerate() {
            let (supply, kernel) = (self.supply[r * products + i], first + r * regions);
            to.iter_mut().zip(&demand).enumerate().for_each(|(s, (to, d))| *to = supply * self.kernels.get(kernel + s) * d);
        }
    }
}

impl Default for Shares {
    fn default() -> Self {
        Shares::Products(Vec::new())
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers::F64(Vec::new())
    }
}

impl Numbers {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Numbers::F64(v) => v.len(),
            Numbers::F32(v) => v.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number `at`.
    pub fn get(&self, at: usize) -> f64 {
        match self {
            Numbers::F64(v) => v[at],
            Numbers::F32(v) => f64::from(v[at]),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match self {
            Numbers::F64(v) => 8 * v.len(),
            Numbers::F32(v) => 4 * v.len(),
        }
    }

    fn clear(&mut self, at: usize) {
        match self {
            Numbers::F64(v) => v[at] = 0.0,
            Numbers::F32(v) => v[at] = 0.0,
        }
    }

    pub(super) fn signs(&self) -> Option<bool> {
        match self {
            Numbers::F64(v) => signs(v),
            Numbers::F32(v) => {
                let parts = v.par_chunks(CHECKED).map(|v| v.iter().all(|v| v.is_finite()).then(|| v.iter().any(|v| *v < 0.0)));
                parts.try_reduce(|| false, |a, b| Some(a | b))
            }
        }
    }
}

/// Whether any of the numbers is negative; `None` where one is not finite.
pub(super) fn signs(numbers: &[f64]) -> Option<bool> {
    let parts = numbers.par_chunks(CHECKED).map(|v| v.iter().all(|v| v.is_finite()).then(|| v.iter().any(|v| *v < 0.0)));
    parts.try_reduce(|| false, |a, b| Some(a | b))
}

impl Shares {
    /// The shares of each product, where they are given so.
    pub fn products(&self) -> Option<&[f64]> {
        match self {
            Shares::Products(shares) => Some(shares),
            Shares::Kernels(_) => None,
        }
    }

    /// Stored numbers.
    pub fn entries(&self) -> usize {
        match self {
            Shares::Products(shares) => shares.len(),
            Shares::Kernels(k) => k.kernels.len() + k.supply.len() + k.demand.len(),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match self {
            Shares::Products(shares) => 8 * shares.len(),
            Shares::Kernels(k) => k.kernels.bytes() + 8 * (k.supply.len() + k.demand.len()),
        }
    }

    /// `t[i][r][s]` of R regions and S products.
    pub(super) fn get(&self, (regions, products): (usize, usize), (i, r, s): (usize, usize, usize)) -> f64 {
        match self {
            Shares::Products(shares) => shares[(i * regions + r) * regions + s],
            Shares::Kernels(k) => {
                k.supply[r * products + i] * k.kernels.get((k.group(i) * regions + r) * regions + s) * k.demand[s * products + i]
            }
        }
    }

    /// What is wrong with the lengths: what, found, expected.
    pub(super) fn misfit(&self, regions: usize, products: usize) -> Option<(&'static str, usize, usize)> {
        let lengths = match self {
            Shares::Products(shares) => vec![("the list of shares", shares.len(), products * regions * regions)],
            Shares::Kernels(k) => {
                let groups = k.groups.len().saturating_sub(1);
                let sound = k.groups.first() == Some(&0) && k.groups.windows(2).all(|w| w[0] < w[1]);
                let covered = if sound { k.groups[groups] } else { 0 };
                vec![
                    ("the list of products in rising groups", covered, products),
                    ("the list of kernels", k.kernels.len(), groups * regions * regions),
                    ("the list of supplies", k.supply.len(), regions * products),
                    ("the list of demands", k.demand.len(), regions * products),
                ]
            }
        };
        lengths.into_iter().find(|(_, found, expected)| found != expected)
    }

    /// Nothing is bought from the own region.
    pub(super) fn clear_own(&mut self, regions: usize) {
        match self {
            Shares::Products(shares) => (0..shares.len()).step_by(regions * regions).for_each(|start| {
                shares[start..][..regions * regions].iter_mut().step_by(regions + 1).for_each(|v| *v = 0.0);
            }),
            Shares::Kernels(k) => {
                for group in 0..k.groups.len() - 1 {
                    (0..regions).for_each(|r| k.kernels.clear((group * regions + r) * regions + r));
                }
            }
        }
    }

    /// Whether any number is negative; `None` where one is not finite.
    pub(super) fn signs(&self) -> Option<bool> {
        match self {
            Shares::Products(shares) => signs(shares),
            Shares::Kernels(k) => Some(k.kernels.signs()? | signs(&k.supply)? | signs(&k.demand)?),
        }
    }
}

/// `t[i][r][s] = e_ri / sum_{q != s} e_qi`: imports drawn from all other regions by their exports `e` (R x S).
/// Zero on the diagonal and where no region exports.
pub fn shares_from_exports(exports: ArrayView2<f64>) -> Vec<f64> {
    let (regions, products) = exports.dim();
    let mut shares = vec![0.0; products * regions * regions];
    for i in 0..products {
        for s in 0..regions {
            let total: f64 = (0..regions).filter(|&r| r != s).map(|r| exports[[r, i]]).sum();
            for r in (0..regions).filter(|&r| r != s && total != 0.0) {
                shares[(i * regions + r) * regions + s] = exports[[r, i]] / total;
            }
        }
    }
    shares
}
