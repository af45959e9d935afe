//! `isard build`: one multi-regional table from the input-output tables of its regions, and how far it depends on the choices.

use std::path::PathBuf;

use clap::Args;
use ndarray::{Array1, Axis};
use serde_json::json;

use super::load::ready;
use super::{Outcome, note, watch, write};
use crate::build::{Built, Choices, Closing, Imports, Prior, Regional, Transit, Variant, build, by_shares};
use crate::check::Check;
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::formats::beside::{distances, trade};
use crate::formats::provincial::{read_all, workbooks};
use crate::leontief::footprints::Footprints;
use crate::leontief::source::{Data, Source as Origin};
use crate::leontief::{Engine, GivesWay};
use crate::operator::Direction;
use crate::report::build::{Report, Spread, checks, checks_of};
use crate::snapshot;
use crate::study::options::{Choosing, Paging, Reading, Solving, Wording, Writing};
use crate::study::{Study, load, parse, word};
use crate::table::Source;
use crate::verdict::{Verdict, unproven};
use crate::{audit, decompose};

#[derive(Args)]
#[command(
    after_help = "A regional table has the codes of the published workbooks: 01 ... for sectors, FU101 ... for final demand, EX, OF (outflow), \
IM, IF (inflow), ERR and GO; rows VA001 .... Region, year and unit stand above it.\n\n\
Examples:\n\
\x20 isard build xls_2017 --emissions inventory_2017.xlsx --output china.isard    then: isard run china.isard\n\
\x20 isard build xls_2017 --transit all --closing scale-out --beta 2 --output other.isard\n\
\x20 isard build xls_2017 --trade freight.csv --factors shares.isard\n\
\x20 isard build xls_2017 --emissions inventory_2017.xlsx --variants                every variant, and the ranges\n\
\x20 isard build xls_2017 --emissions inventory_2017.xlsx --variants=mean-least-use-1,mean-all-use-1"
)]
pub(super) struct Build {
    /// Workbooks or CSV files of regional tables, or folders of them
    #[arg(value_name = "TABLE", required = true)]
    tables: Vec<PathBuf>,
    /// What closes outflow against inflow of a product: scale-in, scale-out, mean, or slack, which leaves the difference in the
    /// error column. Mean: no total is known to be the better one
    #[arg(long, value_parser = word::<Closing>(), default_value = "mean", help_heading = "Build")]
    closing: Closing,
    /// Goods that pass through a region: least (so that own supply is not negative) or all two-way trade. Least: two-way trade
    /// inside a product is mostly of different goods
    #[arg(long, value_parser = word::<Transit>(), default_value = "least", help_heading = "Build")]
    transit: Transit,
    /// What imports serve: use inside the region, or all supply, exports included. Use: as in tables where imports are a column
    /// of use
    #[arg(long, value_parser = word::<Imports>(), default_value = "use", help_heading = "Build")]
    imports: Imports,
    /// How trade falls with distance: distance^-beta. 1: about what most estimates say of goods
    #[arg(long, default_value_t = 1.0, help_heading = "Build")]
    beta: f64,
    /// Distances between regions (CSV: origin, destination, distance); without it those between capitals of provinces
    #[arg(long, value_name = "FILE", help_heading = "Build")]
    distances: Option<PathBuf>,
    /// Known trade in place of gravity (CSV: product, origin, destination, value); it is brought to outflow and inflow
    #[arg(long, value_name = "FILE", conflicts_with = "distances", help_heading = "Build")]
    trade: Option<PathBuf>,
    /// Build every variant of the choices, or the named ones, and print the ranges of shares and footprints
    #[arg(long = "variants", alias = "spread", value_name = "NAMES", num_args = 0..=1, require_equals = true, default_missing_value = "all", value_delimiter = ',', help_heading = "Build")]
    spread: Option<Vec<String>>,
    /// Keep the table by its trade shares and never make its n x n flows, for tables of any size; with --emissions the footprint of
    /// every region is proven
    #[arg(long = "by-factors", conflicts_with = "spread", help_heading = "Build")]
    by_shares: bool,
    /// Write the table by its trade shares and technologies, as a snapshot
    #[arg(long = "factors", value_name = "FILE.isard", help_heading = "Output")]
    shares: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    solving: Solving,
    #[command(flatten)]
    wording: Wording,
    #[command(flatten)]
    writing: Writing,
}

impl Build {
    pub(super) fn run(self) -> Result<Outcome> {
        let study = Study {
            reading: self.reading.clone(),
            choosing: self.choosing.clone(),
            solving: self.solving.clone(),
            wording: self.wording.clone(),
            writing: self.writing.clone(),
            ..Study::default()
        };
        self.may_write(&study)?;
        // the table is the output; what is said of it goes to the screen or to one object
        let asked = Study { writing: Writing { output: None, ..study.writing.clone() }, ..study.clone() };
        ready(&asked)?;
        let watch = watch(&study);
        let encoding = study.reading.encoding.unwrap_or_default();
        let regional = read_all(&workbooks(&self.tables)?, study.reading.sheet.as_deref(), encoding, &watch)?;
        let (prior, source) = match (&self.trade, &self.distances) {
            (Some(path), _) => trade(path, encoding, &regional).map(|(p, s)| (p, Some(s)))?,
            (None, Some(path)) => distances(path, encoding, &regional).map(|(p, s)| (p, Some(s)))?,
            (None, None) => {
                let beta = if self.spread.is_some() { 1.0 } else { self.beta };
                (Prior::capitals(&regional, beta)?, None)
            }
        };
        match &self.spread {
            Some(names) => self.spread(&asked, &regional, &prior, source, names),
            None if self.by_shares => self.with_shares(&study, &asked, regional, &prior, source),
            None => self.one(&study, &asked, &regional, &prior, source),
        }
    }

    fn choices(&self) -> Choices {
        Choices { closing: self.closing, transit: self.transit, imports: self.imports, beta: self.beta }
    }

    fn options(&self) -> serde_json::Value {
        let mut options = json!({"tables": self.tables, "closing": self.closing, "transit": self.transit, "imports": self.imports, "beta": self.beta,
            "distances": self.distances, "trade": self.trade, "spread": self.spread, "emissions": self.reading.emissions});
        if self.by_shares {
            options["by-factors"] = json!(true);
        }
        options
    }

    /// Asks before long work, not after it.
    fn may_write(&self, study: &Study) -> Result<()> {
        let force = study.writing.force.unwrap_or(false);
        if self.spread.is_some() && (self.shares.is_some() || study.writing.output.is_some()) {
            let text = "`variants` prints ranges over many tables and writes none";
            return Err(Error::no_effect(text, "leave out `output` and `factors`, or build one variant"));
        }
        if let Some(target) = self.shares.as_deref().filter(|t| !snapshot::is_named(t)) {
            return Err(Error::invalid(
                format!("`factors` {}: trade shares are written as a snapshot", target.display()),
                "name a file FILE.isard",
            ));
        }
        if self.by_shares && study.writing.output.is_some() {
            let text = "`by-factors` makes no flows, which `output` would write";
            return Err(Error::no_effect(text, "name `factors` FILE.isard in place of `output`, or leave `by-factors` out"));
        }
        let snapshots = [&self.shares, &study.writing.output].into_iter().flatten().filter(|t| snapshot::is_named(t));
        if !write::repeated() {
            snapshots.map(|target| snapshot::may_write(target, force).map(drop)).collect::<Result<Vec<()>>>()?;
        }
        Ok(())
    }

    fn one(&self, study: &Study, asked: &Study, regional: &[Regional], prior: &Prior, source: Option<Source>) -> Result<Outcome> {
        let watch = watch(study);
        let mut built = build(regional, prior, self.choices(), &watch)?;
        built.table.provenance.files.extend(source);
        load::completed(asked, &mut built.table, &watch)?;
        let findings = self.accepted(&audit::watched(&built.table, &watch)?)?;
        let force = study.writing.force.unwrap_or(false);
        if let Some(target) = &study.writing.output {
            write::table(&built.table, target, None, force)?;
            note(study, &format!("wrote {}", target.display()));
        }
        if let Some(target) = &self.shares {
            write::share_table(&built.share_table(), target, force)?;
            note(study, &format!("wrote {}", target.display()));
        }
        self.report(asked, &built, prior, &findings, (checks(&built), None))
    }

    /// The table by its trade shares, its sums checked by products with them, and footprints where there are emissions.
    fn with_shares(&self, study: &Study, asked: &Study, regional: Vec<Regional>, prior: &Prior, source: Option<Source>) -> Result<Outcome> {
        let watch = watch(study);
        let mut built = by_shares(&regional, prior, self.choices(), &watch)?;
        drop(regional);
        built.table.provenance.files.extend(source);
        load::completed(asked, &mut built.table, &watch)?;
        let findings = self.accepted(&built.table.remarks.clone())?;
        let shares = built.share_table();
        if let Some(target) = &self.shares {
            write::share_table(&shares, target, study.writing.force.unwrap_or(false))?;
            note(study, &format!("wrote {}", target.display()));
        }
        let (data, equations) = Origin::of_shares(shares);
        let Data::Shares(table, _) = &data else { return Err(Error::invalid("trade shares are no table", "")) };
        let engine = Engine::new(equations.equations(&data, None, false)?.given, asked.method()?, 1, GivesWay::Unasked)?;
        let (x, n) = (&table.x, table.dim());
        let (mut sold, mut per) = (Array1::zeros(n), vec![0.0; n]);
        engine.operator().apply(Direction::Forward, 1, x.as_slice().unwrap_or_default(), sold.as_slice_mut().unwrap_or_default());
        engine.operator().apply(Direction::Transposed, 1, &vec![1.0; n], &mut per);
        let off = x - &sold - &table.y.sum_axis(Axis(1));
        let checks = checks_of(&built, &(Array1::from(per) * x), &off);
        let found = match table.stressors.is_empty() {
            true => None,
            false => Some(Footprints::of(&engine, table, load::stressor(asked, &built.table)?, &asked.stopping()?)),
        };
        self.report(asked, &built, prior, &findings, (checks, found.as_ref()))
    }

    /// What the audit found, but for what is accepted.
    fn accepted(&self, findings: &[Finding]) -> Result<Vec<Finding>> {
        audit::accepted(findings, self.reading.accept.as_deref().unwrap_or_default())
    }

    fn report(
        &self,
        asked: &Study,
        built: &Built,
        prior: &Prior,
        findings: &[Finding],
        (checks, footprints): (Vec<Check>, Option<&Footprints>),
    ) -> Result<Outcome> {
        let (options, language, stopping) = (self.options(), asked.language(), asked.stopping()?);
        let (floor, tolerance) = (stopping.floor, stopping.rtol);
        let report = Report { built, prior, findings, options, language, checks, footprints, floor, tolerance };
        show(asked, report.document())
    }

    fn spread(&self, asked: &Study, regional: &[Regional], prior: &Prior, source: Option<Source>, names: &[String]) -> Result<Outcome> {
        if self.reading.emissions.is_none() {
            return Err(Error::missing("`variants` compares shares and footprints of emissions", "name `emissions` FILE"));
        }
        let watch = watch(asked);
        let all = Choices::all(prior.is_gravity());
        let chosen = chosen(&all, names)?;
        note(asked, &format!("{} variants, {} of them are built", all.len(), chosen.len()));
        let mut first: Option<(Built, String)> = None;
        let (mut variants, mut verdict) = (Vec::new(), Verdict::new("spread", asked.stopping()?.rtol));
        for (k, choices) in chosen.iter().enumerate() {
            watch.units("build: variants", k, chosen.len())?;
            let mut built = build(regional, prior, *choices, &watch)?;
            match &first {
                // output is the same in all variants, and so are the emissions joined to it
                Some((first, _)) => built.table.stressors = first.table.stressors.clone(),
                None => load::completed(asked, &mut built.table, &watch)?,
            }
            let which = load::stressor(asked, &built.table)?;
            let leontief = load::leontief(asked, load::system(asked, built.table.clone(), &watch)?, &watch)?;
            let flows = decompose::flows(&leontief, which);
            let named: Vec<String> = built.table.labels.regions.iter().map(|n| n.en.clone()).collect();
            let to: Vec<String> = flows.destinations.iter().map(|d| d.label(&built.table.labels, asked.language())).collect();
            let mut own = flows.verdict(&named, &to, asked.stopping()?.rtol);
            unproven(&mut own, &leontief);
            verdict.add(own, &choices.name());
            variants.push(variant(&built, &flows, *choices)?);
            first.get_or_insert((built, flows.unit.clone()));
        }
        let Some((mut built, unit)) = first else { return Err(Error::missing("no variant is named", "name one, or leave the names out")) };
        built.table.provenance.files.extend(source);
        let (options, language) = (self.options(), asked.language());
        let spread = Spread { table: &built.table, variants: &variants, all: all.len(), options, language, unit, verdict };
        show(asked, spread.document())
    }
}

fn variant(built: &Built, flows: &decompose::Flows, choices: Choices) -> Result<Variant> {
    let none = || Error::range("the emissions of all regions may add to 0: there are no shares", "check `emissions`");
    let named = flows.shares().named().map(|(_, share)| share);
    let [Some(own), Some(other), Some(export)] = named else { return Err(none()) };
    let error = flows.shares_of_total().error.ok_or_else(none)?;
    let regions = 0..flows.region_count();
    let footprints = regions.map(|r| flows.total_to(crate::system::Destination::Region(r))).collect();
    Ok(Variant { choices, shares: [own, other, export], error, left: built.error_share(), footprints })
}

/// The variants of these names; `all` means all.
fn chosen(all: &[Choices], names: &[String]) -> Result<Vec<Choices>> {
    if names == ["all"] {
        return Ok(all.to_vec());
    }
    let known: Vec<String> = all.iter().map(Choices::name).collect();
    names
        .iter()
        .map(|name| known.iter().position(|k| k == name).map(|k| all[k]).or_else(|| of_parts(name)))
        .zip(names)
        .map(|(found, name)| found.ok_or_else(|| Error::unknown("variant", name, &known)))
        .collect()
}

/// A variant of another exponent: `mean-least-use-0.7`.
fn of_parts(name: &str) -> Option<Choices> {
    let (rest, beta) = name.rsplit_once('-')?;
    let (rest, imports) = rest.rsplit_once('-')?;
    let (closing, transit) = rest.rsplit_once('-')?;
    Some(Choices { closing: parse(closing).ok()?, transit: parse(transit).ok()?, imports: parse(imports).ok()?, beta: beta.parse().ok()? })
}

fn show(study: &Study, document: crate::report::document::Document) -> Result<Outcome> {
    let shown = Study { paging: Paging { full: Some(true) }, ..study.clone() };
    write::document(&shown, document, |_| Vec::new())
}
