//! Prices as a document: one sheet of prices, and the keys that scripts read.

use super::facts;
use super::files::ends;
use super::verdicts::verdicts;
use super::words::{flags, method};
use crate::bounded::Bounded;
use crate::cost::curve::Fit;
use crate::cost::{Estimate, Panel, Price, Trust};
use crate::labels::Language;
use crate::report::document::{Document, Head};
use crate::report::sheet::{Axis, Cell, Layout, Sheet};

/// The document of an estimate.
pub fn document<'d>(estimate: &'d Estimate, panel: &Panel, fits: &[Fit], trust: &Trust, language: Language) -> Document<'d> {
    let source = panel.sources.first().map_or(String::new(), |s| s.path.display().to_string());
    let years = format!("{}-{}", panel.years[0], panel.years[panel.years.len() - 1]);
    let about = format!("{source}: {} regions, {years}, {} inputs", panel.regions.len(), panel.input_names.len());
    let regions = estimate.prices.iter().map(|p| p.region.clone()).collect();
    let head = Head { about, language, regions, ..Head::default() };
    let verdicts = verdicts(estimate, fits);
    let mut document = Document {
        head,
        sheets: vec![prices(estimate, trust, language)],
        verdicts,
        checks: &estimate.checks,
        notes: estimate.notes.as_slice().into(),
        plain: true,
        ..Document::default()
    };
    facts::add(&mut document, estimate, panel, fits, trust);
    document
}

fn prices(estimate: &Estimate, trust: &Trust, language: Language) -> Sheet<'static> {
    let names = estimate.prices.iter().map(|p| p.region.label(language)).collect();
    let cell = |b: Option<Bounded>| match b {
        // infinite, or without a bound: the number alone
        Some(b) if b.value.is_finite() && b.bound.is_finite() => Cell::Bounded(b),
        Some(b) => Cell::Number(b.value),
        None => Cell::Empty,
    };
    let all = |name: &str, of: &dyn Fn(usize, &Price) -> Option<Bounded>| {
        (name.to_string(), "bound".to_string(), estimate.prices.iter().enumerate().map(|(r, p)| cell(of(r, p))).collect::<Vec<_>>())
    };
    let range = |r: usize| if trust.is_priced() { ends(estimate, trust, r) } else { trust.gate.ranges[r] };
    let tonnes = Bounded::exact(1e6);
    let columns = vec![
        all(if trust.is_priced() { "price" } else { "if forced" }, &|_, p| Some(p.price)),
        all("low", &|r, _| Some(range(r)[0])),
        all("high", &|r, _| Some(range(r)[1])),
        all("distance", &|_, p| p.distance),
        all("t per 10^4", &|_, p| p.intensity),
        all("Mt", &|_, p| p.emissions.map(|e| e / tonnes)),
        ("flags".to_string(), String::new(), estimate.prices.iter().map(|p| Cell::Word(flags(p, " "))).collect()),
    ];
    let identified = if trust.gate.identified { "" } else { ": NOT IDENTIFIED by these data" };
    let title = format!("Price of a tonne of CO2 in {}, {}{identified}", estimate.year, estimate.unit);
    Sheet::of_columns(Axis::of("region", names), Layout::Beside, columns)
        .page(title)
        .notes([method(estimate), format!("assumes {}", estimate.settings.estimator.assumes())])
}
