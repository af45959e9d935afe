//! How much of the spread of ranks each choice makes: a decomposition of variance over principle, cost, duty and price.
//!
//! On a full grid every rank is `f = sum_S f_S` over sets S of axes, the f_S orthogonal; with `V_S` the variance of the mean of f over
//! all other axes, `var f_S = sum_{T in S} (-1)^(|S|-|T|) V_T`. Shares are summed over regions and add up to 1. Net flows
//! have no principle and a fund no price: they stand for every choice there. The grid is the largest full one; what it leaves
//! out is named. Hoeffding 1948, doi:10.1214/aoms/1177730196; Sobol 2001, doi:10.1016/S0378-4754(00)00270-6.

use super::{Duty, Sensitivity, Setting};

/// The axes, in the order of the grid.
pub(super) const AXES: [&str; 4] = ["division", "cost", "duty", "price"];

/// The part of one axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The axis.
    pub axis: &'static str,
    /// Its levels in the grid.
    pub levels: usize,
    /// Share of the variance that it makes alone.
    pub alone: f64,
    /// Share that it has a part in, with every other axis.
    pub total: f64,
}

/// The decomposition.
#[derive(Debug, Clone, PartialEq)]
pub struct Decomposition {
    /// By axis.
    pub components: Vec<Component>,
    /// Share of all that two and more axes make together.
    pub together: f64,
    /// Settings of the grid.
    pub cells: usize,
    /// Levels that the full grid leaves out.
    pub left_out: Vec<String>,
}

/// The levels of a grid.
struct Grid {
    divisions: Vec<String>,
    duties: Vec<Duty>,
    prices: Vec<&'static str>,
}

/// The decomposition of the ranks of all regions; none where no full grid has two settings, or no rank differs.
pub fn decomposition(v: &Sensitivity) -> Option<Decomposition> {
    let of = |division: &str, cost: usize, duty: Duty, price: &str| -> Option<&Setting> {
        let fits = |s: &&Setting| {
            s.duty == duty && s.cost == cost && (s.division == division || s.division == "none") && (s.price == price || s.price == "fund")
        };
        v.settings.iter().find(fits)
    };
    let all = levels(v);
    let costs = v.costs.len();
    let has = |division: &str, duty: Duty| (0..costs).all(|c| all.prices.iter().all(|p| of(division, c, duty, p).is_some()));
    let whole: Vec<Vec<bool>> = all.divisions.iter().map(|d| all.duties.iter().map(|duty| has(d, *duty)).collect()).collect();
    let grid = (1..1_usize << all.duties.len())
        .map(|mask| {
            let taken: Vec<usize> = (0..all.duties.len()).filter(|k| mask >> k & 1 == 1).collect();
            let divisions =
                all.divisions.iter().zip(&whole).filter(|(_, has)| taken.iter().all(|k| has[*k])).map(|(d, _)| d.clone()).collect();
            Grid { divisions, duties: taken.iter().map(|k| all.duties[*k]).collect(), prices: all.prices.clone() }
        })
        .max_by_key(|g| (g.divisions.len() * g.duties.len(), g.duties.len()))?;
    let sizes = [grid.divisions.len(), costs, grid.duties.len(), grid.prices.len()];
    let cells: usize = sizes.iter().product();
    if cells < 2 {
        return None;
    }
    let place = |k: usize| {
        let mut rest = k;
        let mut at = [0; 4];
        for axis in (0..4).rev() {
            (at[axis], rest) = (rest % sizes[axis], rest / sizes[axis]);
        }
        at
    };
    let settings: Vec<&Setting> =
        (0..cells).map(place).map(|[d, c, u, p]| of(&grid.divisions[d], c, grid.duties[u], grid.prices[p])).collect::<Option<_>>()?;
    let mut parts = [0.0; 16];
    for r in 0..settings[0].rank.len() {
        let rank: Vec<f64> = settings.iter().map(|s| s.rank[r] as f64).collect();
        let closed: Vec<f64> = (0..16).map(|set| variance_of_means(&rank, set, &sizes, &place)).collect();
        for (set, part) in parts.iter_mut().enumerate().skip(1) {
            let inside = (0..16_usize).filter(|t| t & set == *t);
            *part += inside.map(|t| if (set ^ t).count_ones() % 2 == 0 { closed[t] } else { -closed[t] }).sum::<f64>();
        }
    }
    let sum: f64 = parts[1..].iter().sum();
    if sum <= 0.0 {
        return None;
    }
    let share = |having: &dyn Fn(usize) -> bool| (1..16).filter(|s| having(*s)).map(|s| parts[s]).sum::<f64>() / sum;
    let component = |axis: usize| Component {
        axis: AXES[axis],
        levels: sizes[axis],
        alone: share(&|s| s == 1 << axis),
        total: share(&|s| s >> axis & 1 == 1),
    };
    let mut left_out: Vec<String> = all.duties.iter().filter(|d| !grid.duties.contains(d)).map(|d| format!("duty {}", d.name())).collect();
    left_out.extend(all.divisions.iter().filter(|d| !grid.divisions.contains(d)).map(|d| format!("division {d}")));
    Some(Decomposition { components: (0..4).map(component).collect(), together: share(&|s: usize| s.count_ones() > 1), cells, left_out })
}

/// Every level that occurs; a choice that a duty does not have is no level.
fn levels(v: &Sensitivity) -> Grid {
    let mut all = Grid { divisions: Vec::new(), duties: Vec::new(), prices: Vec::new() };
    for s in &v.settings {
        if s.division != "none" && !all.divisions.contains(&s.division) {
            all.divisions.push(s.division.clone());
        }
        if s.price != "fund" && !all.prices.contains(&s.price) {
            all.prices.push(s.price);
        }
        if !all.duties.contains(&s.duty) {
            all.duties.push(s.duty);
        }
    }
    if all.divisions.is_empty() {
        all.divisions.push("none".into());
    }
    if all.prices.is_empty() {
        all.prices.push("fund");
    }
    all
}

/// The variance over the axes in `set` of the mean over all others.
fn variance_of_means(f: &[f64], set: usize, sizes: &[usize; 4], place: &dyn Fn(usize) -> [usize; 4]) -> f64 {
    let kept = |at: [usize; 4]| (0..4).filter(|a| set >> a & 1 == 1).fold(0, |k, a| k * sizes[a] + at[a]);
    let groups: usize = (0..4).filter(|a| set >> a & 1 == 1).map(|a| sizes[a]).product();
    let mut sums = vec![0.0; groups];
    f.iter().enumerate().for_each(|(k, v)| sums[kept(place(k))] += v);
    let each = f.len() as f64 / groups as f64;
    let mean = f.iter().sum::<f64>() / f.len() as f64;
    sums.iter().map(|s| (s / each - mean).powi(2)).sum::<f64>() / groups as f64
}
