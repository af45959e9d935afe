//! What all decompositions give: values by exporter, sector and partner, split into named terms, each with its bound.
//!
//! A scheme has a fixed list of terms; a record is one key and one term. Sources stand in the files of the schemes.

use ndarray::Array2;
use serde::Serialize;

use super::Check;
use crate::bounded::Bounded;
use crate::choice::named;
use crate::labels::{Labels, Language};
use crate::leontief::{Factor, Leontief};
use crate::verdict::{Verdict, floor};

/// A way to split exports, or emissions, into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Trade routes of what a sector emits: where its product goes first, and where it ends.
    Routes,
    /// Koopman, Wang, Wei: nine terms of the gross exports of a region.
    Kww,
    /// Wang, Wei, Zhu: sixteen terms of the gross exports of a sector to a partner.
    Wwz,
    /// Borin, Mancini: source-based, by sector and partner.
    BorinManciniSource,
    /// Borin, Mancini: sink-based, by sector and partner.
    BorinManciniSink,
    /// What is embodied in direct bilateral trade, without re-exports.
    Eebt,
    /// What a region would lose without its exports.
    Extraction,
}

named!(Scheme, "scheme", Routes => "routes", Kww => "kww", Wwz => "wwz", BorinManciniSource => "borin-mancini-source",
    BorinManciniSink => "borin-mancini-sink", Eebt => "eebt", Extraction => "extraction");

/// One part of a decomposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Its name in the literature, such as `DVA_FIN`.
    pub name: &'static str,
    /// What it holds.
    pub meaning: &'static str,
}

/// Who takes what is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partner {
    /// A region of the table.
    Region(usize),
    /// The rest of the world: exports abroad are final demand of an absorbing region without production.
    Abroad,
    /// The common stock change column.
    Stock,
    /// The error column and the imbalance of the rows.
    Error,
}

impl Partner {
    /// The word used in output; regions by their label.
    pub fn label(self, labels: &Labels, language: Language) -> String {
        match self {
            Partner::Region(r) => labels.regions[r].label(language),
            Partner::Abroad => "abroad".into(),
            Partner::Stock => "stock".into(),
            Partner::Error => "error".into(),
        }
    }
}

/// What a row of a decomposition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The region that exports (or emits).
    pub exporter: usize,
    /// The row of the table that exports (or emits); `None`: all sectors of the exporter.
    pub sector: Option<usize>,
    /// The direct buyer; `None`: all of them.
    pub partner: Option<Partner>,
}

/// How many right-hand sides a decomposition asked for, solves kept from before included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Solves {
    /// `F`: with `I - A`.
    pub forward: usize,
    /// `T`: with `I - A'`.
    pub transposed: usize,
    /// With the masked operators.
    pub masked: usize,
    /// With the domestic blocks, either direction.
    pub local: usize,
}

/// Further numbers about the same exports that are no parts of them, such as sums of terms.
#[derive(Debug, Clone)]
pub struct Indicators {
    /// What they are: the columns of `values`.
    pub names: &'static [Term],
    /// What the rows of `values` are about.
    pub keys: Vec<Key>,
    /// Keys x names.
    pub values: Array2<f64>,
    /// Rigorous bounds of `values`; infinite where nothing is proven.
    pub bounds: Array2<f64>,
}

/// A decomposition of one factor (value added, emissions) embodied in exports or demand.
#[derive(Debug, Clone)]
pub struct Decomposition {
    /// The scheme.
    pub scheme: Scheme,
    /// Name of the factor.
    pub factor: String,
    /// Unit of all numbers.
    pub unit: String,
    /// The sizes of the factor in all rows together: what floors of bounds are shares of.
    pub total: f64,
    /// The terms: the columns of `values`.
    pub terms: &'static [Term],
    /// What the rows of `values` are about.
    pub keys: Vec<Key>,
    /// Keys x terms.
    pub values: Array2<f64>,
    /// Rigorous bounds of `values`; infinite where nothing is proven.
    pub bounds: Array2<f64>,
    /// Numbers beside the terms, where the scheme has any.
    pub indicators: Vec<Indicators>,
    /// Totals that must agree.
    pub checks: Vec<Check>,
    /// Right-hand sides behind the numbers.
    pub solves: Solves,
    /// What a reader must know about the table's treatment.
    pub notes: Vec<String>,
}

impl Decomposition {
    /// The verdict on terms and indicators: each within the tolerance, or that share of all there is of the factor.
    pub fn verdict(&self, rtol: f64, name: impl Fn(&Key, &str) -> String) -> Verdict {
        let mut verdict = Verdict::new("decomposition", rtol);
        let mut judge = |what: &str, names: &[Term], keys: &[Key], values: &Array2<f64>, bounds: &Array2<f64>| {
            let numbers = values.iter().zip(bounds).map(|(v, b)| Bounded::new(*v, *b));
            verdict.judge(what, floor(rtol, self.total), numbers, |i| name(&keys[i / names.len()], names[i % names.len()].name));
        };
        judge("term", self.terms, &self.keys, &self.values, &self.bounds);
        self.indicators.iter().for_each(|more| judge("indicator", more.names, &more.keys, &more.values, &more.bounds));
        self.checks.iter().for_each(|c| verdict.check(c));
        verdict
    }

    /// Whether the verdict holds.
    pub fn certified(&self, rtol: f64) -> bool {
        self.verdict(rtol, |_, term| term.into()).certified
    }

    /// The column of a term.
    pub fn column(&self, term: &str) -> Option<usize> {
        self.terms.iter().position(|t| t.name == term)
    }
}

/// Name and unit of a factor; value added has the unit of money of the table.
pub fn named(leontief: &Leontief, factor: Factor) -> (String, String) {
    let table = &leontief.system.table;
    match factor {
        Factor::Value => ("value-added".into(), table.unit.clone()),
        Factor::Stressor(k) => (table.stressors[k].name.clone(), table.stressors[k].unit.clone()),
    }
}

/// The sizes of a factor in all rows together.
pub(crate) fn total(leontief: &Leontief, factor: Factor) -> f64 {
    let table = &leontief.system.table;
    match factor {
        Factor::Stressor(k) => table.stressors[k].direct.iter().map(|v| v.abs()).sum(),
        Factor::Value => table.bounded_value_added().iter().map(|v| v.value.abs()).sum(),
    }
}

/// A decomposition still without keys and values.
pub(super) fn unfinished(leontief: &Leontief, scheme: Scheme, factor: Factor, terms: &'static [Term]) -> Decomposition {
    let total = total(leontief, factor);
    let (factor, unit) = named(leontief, factor);
    let (keys, checks, notes) = (Vec::new(), Vec::new(), Vec::new());
    let (values, bounds) = (Array2::zeros((0, 0)), Array2::zeros((0, 0)));
    Decomposition {
        scheme,
        factor,
        unit,
        total,
        terms,
        keys,
        values,
        bounds,
        indicators: Vec::new(),
        checks,
        solves: Solves::default(),
        notes,
    }
}
