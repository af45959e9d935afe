//! `isard verify`: re-checks a written result from the files alone, by another method.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::load::{Loaded, leontief, load, stressor, system};
use super::pay::pay;
use super::run::{base, share};
use super::{Options, Outcome, print};
use crate::bounded::Bounded;
use crate::error::{Error, Result};
use crate::io::folder::MARK;
use crate::report::Report;
use crate::responsibility::Principle;
use crate::solve::Method;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard verify results\n\
\x20 isard verify flows.json table.npz --method gauss-seidel")]
pub struct Verify {
    /// A result: a folder written with --output, or the JSON of flows, run, responsibility or compensate
    result: PathBuf,
    /// The table it was made from; default: as the result names it
    #[arg(value_name = "TABLE", id = "file")]
    file: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
}

/// What was compared, and how far apart it was in units of both bounds together.
struct Comparison {
    what: String,
    entries: usize,
    worst: f64,
    place: String,
}

impl Verify {
    pub fn run(self) -> Result<Outcome> {
        let path = if self.result.is_dir() { self.result.join(MARK) } else { self.result.clone() };
        let (text, _) = crate::io::text(&path, crate::io::Encoding::Utf8)?;
        let place = path.display().to_string();
        let result: Value = serde_json::from_str(&text).map_err(|e| {
            Error::format(&place, format!("not a result of isard: {e}"), "name a folder written with --output, or the output of --json")
        })?;
        if let Some(scheme) = result["scheme"].as_str() {
            return Err(Error::format(
                &place,
                format!("a decomposition ({scheme}) is not verified here"),
                "run isard decompose again with another --method, and compare within the bounds",
            ));
        }
        let recorded: Options = serde_json::from_value(result["options"].clone()).map_err(|e| {
            Error::format(
                &place,
                format!("not a result of isard: {e}"),
                "name the output of isard flows, run, responsibility or compensate",
            )
        })?;
        let used = result["solves"][0]["method"].as_str().unwrap_or_default();
        let mut options = Options { table: self.file, ..Options::default() }.or(self.options);
        if options.method.is_none() {
            let other = if used == Method::PowerSeries.name() { Method::GaussSeidel } else { Method::PowerSeries };
            options.method = Some(other.name().into());
        }
        // every principle that the result tells, and no solve for those it does not
        let told = |p: &Principle| result["responsibility"].get(p.name()).is_some();
        let all = Principle::ALL[Principle::BASE..].iter().any(told);
        let options = options.or(Options { output: None, json: None, all_principles: Some(all), ..recorded });

        let Loaded { table, findings } = load(&options)?;
        same_files(&place, &result, &table.provenance)?;
        let which = stressor(&options, &table)?;
        let system = system(&options, &table)?;
        let leontief = leontief(&options, &system)?;
        let mut report = base(&options, &leontief, &findings, which)?;
        if result.get("responsibility").is_some() {
            share(&options, &mut report)?;
        }
        if result.get("payments").is_some() {
            report.compensation = Some(pay(&options, &report)?.1);
        }
        let comparisons = compare(&place, &result, &report)?;
        let agrees = comparisons.iter().all(|c| c.worst <= 1.0);
        print(&summary(&comparisons, &report, used, agrees))?;
        Ok((agrees && report.certified()).into())
    }
}

fn summary(comparisons: &[Comparison], report: &Report, used: &str, agrees: bool) -> String {
    let mut out = format!("made with {used}, re-checked with {}\n", report.leontief.method.name());
    for c in comparisons {
        let verdict = if c.worst <= 1.0 { "agree" } else { "DIFFER" };
        out += &format!("  {}: {} entries {verdict}; largest difference {:.2e} of both bounds together", c.what, c.entries, c.worst);
        out += &if c.worst > 1.0 { format!(", at {}\n", c.place) } else { "\n".into() };
    }
    out += match (agrees, report.certified()) {
        (true, true) => "VERIFIED\n",
        (true, false) => "NOT VERIFIED: the re-check itself is not certified\n",
        (false, _) => "NOT VERIFIED: the result does not follow from the table\n",
    };
    out
}

/// The files of the result and those read now must be the same bytes.
fn same_files(place: &str, result: &Value, now: &crate::table::Provenance) -> Result<()> {
    let recorded: Vec<&str> = result["provenance"]["files"].as_array().into_iter().flatten().filter_map(|f| f["sha256"].as_str()).collect();
    for file in &now.files {
        if !recorded.contains(&file.sha256.as_str()) {
            return Err(Error::format(
                place,
                format!("{} (SHA-256 {}...) is not a file this result was made from", file.path.display(), &file.sha256[..12]),
                "name the table and the options of the run that wrote the result",
            ));
        }
    }
    Ok(())
}

fn compare(place: &str, result: &Value, report: &Report) -> Result<Vec<Comparison>> {
    let flows = report.main_flows();
    let (regions, destinations) = (report.regions(), report.destinations());
    let matrix = |m: &ndarray::Array2<Bounded>| m.rows().into_iter().map(|r| r.to_vec()).collect::<Vec<_>>();
    let mut all = vec![one(place, result, "flow", "bound", &matrix(&flows.flow), &regions, &destinations)?];
    if let Some((accounts, _)) = &report.accounts {
        // a result of an earlier version has fewer principles
        for a in accounts.iter().filter(|a| result["responsibility"].get(a.principle.name()).is_some()) {
            let name = a.principle.name();
            let row = [a.with_households(flows.households.as_deref())];
            let part = serde_json::json!({"v": [result["responsibility"][name]], "b": [result["responsibility_bound"][name]]});
            let mut c = one(place, &part, "v", "b", &row, &[name.to_string()], &regions)?;
            c.what = format!("responsibility, {name}");
            all.push(c);
        }
    }
    if let Some(c) = report.compensation.as_ref().map(|s| &s.payments) {
        all.push(one(place, result, "payments", "payments_bound", &matrix(&c.payments), &regions, &regions)?);
        let net = serde_json::json!({"v": [result["net"]], "b": [result["net_bound"]]});
        let mut net = one(place, &net, "v", "b", std::slice::from_ref(&c.net), &["net".into()], &regions)?;
        net.what = "net payments".into();
        all.push(net);
    }
    Ok(all)
}

/// Compares one matrix of a result with the one found now.
fn one(
    place: &str,
    result: &Value,
    key: &str,
    bound: &str,
    now: &[Vec<Bounded>],
    rows: &[String],
    columns: &[String],
) -> Result<Comparison> {
    let bad = |what: String| Error::format(place, what, "write the result again with this version of isard");
    let (values, bounds) = (&result[key], &result[bound]);
    if values.as_array().map(Vec::len) != Some(now.len()) {
        return Err(bad(format!("\"{key}\" has {} rows, expected {}", values.as_array().map_or(0, Vec::len), now.len())));
    }
    let mut c = Comparison { what: key.into(), entries: 0, worst: 0.0, place: String::new() };
    for (i, row) in now.iter().enumerate() {
        for (k, entry) in row.iter().enumerate() {
            let (Some(value), Some(bound)) = (values[i][k].as_f64(), bounds[i][k].as_f64()) else {
                return Err(bad(format!("\"{key}\"[{i}][{k}] or its bound is not a number")));
            };
            let gap = (value - entry.value).abs();
            let ratio = if gap == 0.0 { 0.0 } else { gap / (bound + entry.bound) };
            c.entries += 1;
            if ratio > c.worst || ratio.is_nan() {
                c.worst = if ratio.is_nan() { f64::INFINITY } else { ratio };
                c.place = format!("{} / {}: {value} written, {} found", rows[i], columns[k], entry.value);
            }
        }
    }
    Ok(c)
}
