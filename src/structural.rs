//! Structural decomposition of the change of a factor (emissions) between two tables of the same regions and sectors.
//!
//! `E_s = f_s' x_s`, `x = A x + y`. Five determinants, multiplied back exactly:
//! * intensity `f`;
//! * technology `h_pj = sum_s a_(s,p),j`: what buyer j needs of product p, from wherever (elsewhere `H`);
//! * trade `t_(s,p),j = a_(s,p),j / h_pj`: from where, so that `A = h # t`;
//! * level `l_d = sum_i y_id` of final demand of destination d;
//! * composition `c_id = y_id / l_d`: products and origins, so that `y = c l`.
//!
//! A share that is undefined in one year (nothing bought, a column without output) is taken from the other year, and so
//! are inputs and intensity of a sector that has output in one year only. Where the parts of a sum have both signs the sum
//! of their sizes divides instead. With `V(S)` the emissions when the determinants in S are those of the second table, the
//! effect of k in one order is `V(S + k) - V(S)`, S what changed before; all orders give mean, least and largest. Of the
//! coarser three (`f`, `A`, `y`) also the mean of the two polar orders. Every effect adds up to `E_1 - E_0` exactly.
//! Dietzenbacher, Los, *Economic Systems Research* 10 (1998) 307-323; mean over orders: Shapley, Sun, *Energy Economics*
//! 20 (1998) 85-100; Miller, Blair, *Input-Output Analysis*, 2nd ed., section 13.1.

use std::sync::Arc;

use ndarray::Array2;

use crate::bounded::{Bounded, largest};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::leontief::SolveRecord;
use crate::operator::Storage;
use crate::solve::{Method, Stopping};
use crate::table::Table;
use crate::units::Unit;
use crate::verdict::{Verdict, floor};
use crate::watch::Watch;

mod demand;
mod mixed;
mod orders;
mod technology;

pub use orders::Effects;

/// Names of the five determinants.
pub const FIVE: [&str; 5] = ["intensity", "technology", "trade", "level", "composition"];
/// Names of the three determinants that the five are parts of.
pub const THREE: [&str; 3] = ["intensity", "inputs", "final-demand"];
/// What the names mean.
pub const MEANINGS: [(&str, &str); 7] = [
    ("intensity", "factor per unit of output"),
    ("technology", "inputs of each product per unit of output, summed over supplying regions"),
    ("trade", "from which region each input comes"),
    ("level", "final demand of each destination in all"),
    ("composition", "products and regions of origin in the final demand of each destination"),
    ("inputs", "all input coefficients: technology and trade together"),
    ("final-demand", "all final demand: level and composition together"),
];

/// Which factor of a table is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// The stressor of this name; `None`: the first one of each table.
    Stressor(Option<String>),
    /// Value added.
    Value,
}

/// How the four systems are solved.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// The method; `None`: the rule of [`Method::auto`].
    pub method: Option<Method>,
    /// How A is stored; `None`: the rule of [`Storage::auto`].
    pub storage: Option<Storage>,
    /// When to stop.
    pub stopping: Stopping,
    /// Whether to go on.
    pub watch: Watch,
}

/// What changed, by region and in all.
pub struct Structural {
    /// Name of the factor.
    pub factor: String,
    /// Its unit.
    pub unit: String,
    /// In the first table: R regions, then their sum.
    pub before: Vec<Bounded>,
    /// In the second table: R regions, then their sum.
    pub after: Vec<Bounded>,
    /// Mean of the two polar orders of the three determinants ((R + 1) x 3).
    pub polar: Array2<Bounded>,
    /// The three determinants over their 6 orders.
    pub three: Effects,
    /// The five determinants over their 120 orders.
    pub five: Effects,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// Right-hand sides solved: 4 columns with each of 4 systems.
    pub columns: usize,
    /// How the solves went.
    pub solves: Vec<SolveRecord>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Structural {
    /// Every number in long form: region, split, determinant, measure, value; the last region is all of them.
    pub fn each(&self, regions: &[String], mut tell: impl FnMut(&str, &str, &str, &str, Bounded)) {
        for (s, region) in regions.iter().enumerate() {
            tell(region, "total", "", "before", self.before[s]);
            tell(region, "total", "", "after", self.after[s]);
            for (split, determinants, effects) in [("five", &FIVE[..], &self.five), ("three", &THREE[..], &self.three)] {
                let measures = [("mean", &effects.mean), ("least", &effects.least), ("largest", &effects.largest)];
                for (k, determinant) in determinants.iter().enumerate() {
                    for (measure, values) in measures {
                        tell(region, split, determinant, measure, values[[s, k]]);
                    }
                    if split == "three" {
                        tell(region, split, determinant, "polar", self.polar[[s, k]]);
                    }
                }
            }
        }
    }

    /// The verdict: every number within the tolerance, or that share of the larger total.
    pub fn verdict(&self, rtol: f64, regions: &[String]) -> Verdict {
        let mut verdict = Verdict::new("structural", rtol);
        let last = self.before.len() - 1;
        let size = self.before[last].value.abs().max(self.after[last].value.abs());
        let (mut numbers, mut labels) = (Vec::new(), Vec::new());
        self.each(regions, |region, split, determinant, measure, v| {
            numbers.push(v);
            labels.push([region, split, determinant, measure].join(" "));
        });
        verdict.judge("effect", floor(rtol, size), numbers, |i| labels[i].clone());
        self.checks.iter().for_each(|c| verdict.check(c));
        verdict.unfinished(&self.solves);
        verdict
    }

    /// Whether the verdict holds.
    pub fn certified(&self, rtol: f64) -> bool {
        self.verdict(rtol, &vec![String::new(); self.before.len()]).certified
    }
}

/// Decomposes the change of a factor from `before` to `after`.
///
/// # Errors
/// When regions, sectors or units differ, a table lacks the factor, or a system cannot be prepared.
pub fn structural(before: &Arc<Table>, after: &Arc<Table>, followed: &Followed, how: &How) -> Result<Structural> {
    same_labels(before, after)?;
    let [first, second] = [before, after].map(|t| mixed::account(t, followed));
    let (first, second) = (first?, second?);
    for (what, a, b) in [("money unit", &before.unit, &after.unit), ("unit of the factor", &first.unit, &second.unit)] {
        let same = a == b || Unit::read(a).is_ok_and(|a| Unit::read(b).is_ok_and(|b| (Unit { prices: a.prices, ..b }).same(&a)));
        if !same {
            let say = |unit: &str| if unit.is_empty() { "not named".to_string() } else { unit.to_string() };
            let message = format!("the {what} of the first table is {}, that of the second {}", say(a), say(b));
            return Err(Error::unit(
                message,
                "bring both tables to one unit; `table-unit` and `emissions-unit` name what a table leaves out",
            ));
        }
    }
    let coefficients = technology::Pair::new(before, after);
    let demand = demand::Pair::new(before, after);
    let solved = mixed::Solved::new(before, after, &coefficients, &demand, [&first, &second], how)?;
    let (five, three) = (Effects::new(5, |s| solved.value(s)), Effects::new(3, |s| solved.value(orders::refine(s))));
    let polar = orders::polar(|s| solved.value(orders::refine(s)));
    let (start, end) = (solved.value(0), solved.value(31));
    let mut notes = vec![
        "both tables count in current prices: a rise of prices shows as a lower intensity and a higher level of final demand, \
         changes of relative prices as technology, trade and composition; deflate the tables to leave prices out"
            .to_string(),
    ];
    if first.name != second.name {
        notes.push(format!("the factor is {} in the first table and {} in the second", first.name, second.name));
    }
    notes.extend(coefficients.notes.iter().chain(&demand.notes).cloned());
    let checks = checks(&start, &end, [&five, &three], &polar, [&first.direct, &second.direct], before);
    Ok(Structural {
        factor: second.name,
        unit: second.unit,
        before: start,
        after: end,
        polar,
        three,
        five,
        checks,
        columns: solved.columns,
        solves: solved.solves,
        notes,
    })
}

/// Refuses tables whose regions or sectors differ, naming the first difference.
fn same_labels(before: &Table, after: &Table) -> Result<()> {
    let (a, b) = (&before.labels, &after.labels);
    let help = "bring both tables to the same regions and sectors in the same order";
    let differ = |what: &str, at: String, a: String, b: String| {
        Err(Error::shape(format!("the tables differ in {what} {at}: the first has {a}, the second {b}"), help))
    };
    for r in 0..a.region_count().max(b.region_count()) {
        match (a.regions.get(r), b.regions.get(r)) {
            (Some(x), Some(y)) if x.matches(&y.given) || x.matches(&y.en) => {}
            (x, y) => {
                let say = |n: Option<&crate::labels::Name>| n.map_or("no more regions".to_string(), |n| format!("\"{n}\""));
                return differ("region", (r + 1).to_string(), say(x), say(y));
            }
        }
        let (rows, others) = (a.rows(r), b.rows(r));
        for k in 0..rows.len().max(others.len()) {
            let x = rows.clone().nth(k).map(|i| &a.sectors[i]);
            let y = others.clone().nth(k).map(|i| &b.sectors[i]);
            if !matches!((x, y), (Some(x), Some(y)) if x.matches(&y.given) || x.matches(&y.en)) {
                let say = |n: Option<&crate::labels::Name>| n.map_or("no more sectors".to_string(), |n| format!("\"{n}\""));
                return differ("sector", format!("{} of region \"{}\"", k + 1, a.regions[r]), say(x), say(y));
            }
        }
    }
    Ok(())
}

/// The effects add up to the change, and the change is that of the direct accounts.
fn checks(
    start: &[Bounded],
    end: &[Bounded],
    effects: [&Effects; 2],
    polar: &Array2<Bounded>,
    direct: [&ndarray::Array1<f64>; 2],
    table: &Table,
) -> Vec<Check> {
    const LIMIT: f64 = 1e-10;
    let regions = start.len() - 1;
    let size = start[regions].value.abs().max(end[regions].value.abs()).max(f64::MIN_POSITIVE);
    let worst = |gap: &dyn Fn(usize) -> f64| largest((0..=regions).map(|s| gap(s).abs() / size));
    let given = |s: usize| -> f64 {
        let rows = if s < regions { table.labels.rows(s) } else { 0..table.dim() };
        rows.map(|i| direct[1][i] - direct[0][i]).sum()
    };
    let sum = |part: &Array2<Bounded>, s: usize| part.row(s).iter().map(|v| v.value).sum::<f64>();
    vec![
        Check::new("solved change equals the change of the direct account", worst(&|s| end[s].value - start[s].value - given(s)), LIMIT),
        Check::new("mean effects of five determinants add up to the change", worst(&|s| sum(&effects[0].mean, s) - given(s)), LIMIT),
        Check::new("mean effects of three determinants add up to the change", worst(&|s| sum(&effects[1].mean, s) - given(s)), LIMIT),
        Check::new("polar effects of three determinants add up to the change", worst(&|s| sum(polar, s) - given(s)), LIMIT),
    ]
}
