//! `isard verify`: everything of a written result is compared with what the same run finds now, and every number that has a
//! bound with what another method finds.
//!
//! No bound is taken from the file: the result must be what the recorded command, options and method give, to the bit with the
//! same version and platform; and the intervals of the two methods must meet.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};
use serde_json::Value;

use super::{Cli, Outcome, print, progress, tongue, write};
use crate::error::{Error, Result};
use crate::inputs::{self, Input};
use crate::part::Hidden;
use crate::solve::Method;
use crate::study::options::{Forming, Writing};
use crate::study::{self, Study};
use crate::write::folder::MARK;
use crate::write::manifest::{NAME, Run};

mod claim;
mod compare;
mod moved;

use claim::{Claim, Output};
use compare::{Comparison, broken_rule, intervals, objects, texts};
pub(super) use compare::{bound_of, is_bound};
use moved::Moved;

/// Commands that solve systems, and so have a second method.
const SOLVES: [&str; 9] = ["run", "flows", "accounts", "decompose", "linkages", "structural", "responsibility", "compensate", "solve"];

/// Largest number of differences listed one by one.
const SHOWN: usize = 12;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard verify results\n\
\x20 isard verify results --data /mnt/tables                 after the data were moved\n\
\x20 isard verify flows.json table.npz --method gauss-seidel\n\
\x20 isard verify x.csv                                      what solve --solution wrote")]
pub(super) struct Verify {
    /// A result: a folder written with --output, a file that isard wrote, or the JSON of any command but bench, synth, detect, formats
    result: PathBuf,
    /// The table it was made from, where it is not where the result says
    #[arg(value_name = "TABLE", id = "file")]
    file: Option<PathBuf>,
    /// Folder that holds the data now, where they were moved
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Method of the second run; default another one than the first
    #[arg(long)]
    method: Option<String>,
    /// Threads; default all cores
    #[arg(long)]
    threads: Option<usize>,
}

/// What a repeated run made.
struct Made {
    outcome: Result<Outcome>,
    /// Kept until everything is compared.
    folder: Hidden,
    printed: Vec<u8>,
    inputs: Vec<Input>,
}

/// What is found out about a result.
#[derive(Default)]
struct Findings {
    lines: Vec<String>,
    problems: Vec<String>,
}

impl Findings {
    fn take(&mut self, what: &str, compared: Comparison) {
        self.lines.push(match (compared.entries, compared.differences.len()) {
            (1, 0) => format!("{what}: the same"),
            (entries, 0) => format!("{what}: {entries} entries compared, the same"),
            (entries, differ) => format!("{what}: {entries} entries compared, {differ} DIFFER"),
        });
        self.problems.extend(compared.differences);
    }
}

impl Verify {
    pub(super) fn run(self) -> Result<Outcome> {
        Study::from(Writing { threads: self.threads, ..Writing::default() }).set_process()?;
        self.method.as_deref().map(str::parse::<Method>).transpose()?;
        let claim = Claim::read(&self.result)?;
        if ["", "bench", "synth", "detect", "formats", "verify"].contains(&claim.run.command.as_str()) {
            let what = if claim.run.command.is_empty() { "no command of isard".into() } else { format!("isard {}", claim.run.command) };
            return Err(Error::invalid(format!("{}: written by {what}, which cannot be run again", claim.place), "name another result"));
        }
        let moved = Moved::new(&claim, self.data.as_deref(), self.file.as_deref())?;
        let same = claim.made == (env!("CARGO_PKG_VERSION").to_string(), crate::operator::platform());
        let mut findings = Findings { problems: claim.problems.clone(), ..Findings::default() };
        let first = again(&claim, &moved, None)?;
        if let Some(recorded) = &claim.inputs {
            findings.problems.extend(moved.changed(recorded, &first.inputs));
            findings.lines.push(format!("inputs: {} files, by SHA-256", recorded.len()));
        }
        let outcome = match &first.outcome {
            // a table that the audit refuses has a written audit all the same
            Err(Error::Refused { .. }) if claim.run.command == "audit" => Outcome::Certified,
            Err(_) if !findings.problems.is_empty() => {
                return self.verdict(&claim, findings, "", same);
            }
            Ok(outcome) => *outcome,
            Err(_) => return first.outcome,
        };
        let now = everything(&claim, &moved, &first, same, &mut findings)?;
        let used = match claim.run.command.as_str() {
            "cost" => now["settings"]["solver"].as_str().unwrap_or_default().to_string(),
            command if SOLVES.contains(&command) => method_of(&now),
            _ => String::new(),
        };
        let second = if used.is_empty() { None } else { self.second(&claim, &moved, &used, outcome)? };
        match &second {
            Some((method, other)) => {
                let compared = intervals(&now, other);
                let (entries, worst, apart) = (compared.entries, compared.worst, compared.differences.len());
                let all = if apart == 0 { "meet".into() } else { format!("{apart} DO NOT MEET") };
                findings
                    .lines
                    .push(format!("again with {method}: {entries} pairs of intervals, {all}; apart by {worst:.2} of both bounds at most"));
                findings.lines.extend(without(&compared.without));
                findings.problems.extend(compared.differences);
            }
            None if used.is_empty() => findings.lines.push("nothing is solved: one way to compute it".into()),
            None => findings.problems.push("no other method answers: its intervals are not compared".into()),
        }
        if outcome == Outcome::NotCertified {
            findings.problems.push("the result itself is not certified".into());
        }
        self.verdict(&claim, findings, &used, same)
    }

    fn verdict(&self, claim: &Claim, findings: Findings, used: &str, same: bool) -> Result<Outcome> {
        let (version, platform) = &claim.made;
        let mut out =
            format!("{}: isard {}, by version {version} on {}", claim.place, claim.run.command, or(platform, "a platform not named"));
        out += &if used.is_empty() { "\n".to_string() } else { format!(", made with {used}\n") };
        if !same {
            out += "  this is another version or platform: numbers within both bounds, bounds at most twice each other\n";
        }
        findings.lines.iter().for_each(|line| out += &format!("  {line}\n"));
        findings.problems.iter().take(SHOWN).for_each(|line| out += &format!("  {line}\n"));
        if findings.problems.len() > SHOWN {
            out += &format!("  and {} more\n", findings.problems.len() - SHOWN);
        }
        let stands = findings.problems.is_empty();
        out += if stands { "VERIFIED\n" } else { "NOT VERIFIED\n" };
        print(&tongue::told(&out))?;
        Ok(stands.into())
    }

    /// The objects of runs with other methods, until one is certified where the result is.
    fn second(&self, claim: &Claim, moved: &Moved, used: &str, outcome: Outcome) -> Result<Option<(String, Value)>> {
        // linear programmes are solved in two ways
        if claim.run.command == "cost" {
            let other = if used == "plain" { "scaled" } else { "plain" };
            let made = again(claim, moved, Some(other))?;
            let answers = made.outcome.as_ref().is_ok_and(|found| *found == Outcome::Certified || outcome == Outcome::NotCertified);
            return if answers { Ok(Some((other.into(), object_of(claim, &made)?))) } else { Ok(None) };
        }
        let own: Vec<String> = self.method.iter().cloned().collect();
        let all = [Method::Gmres, Method::PowerSeries, Method::GaussSeidel, Method::Direct].map(|m| m.name().to_string());
        let others = if own.is_empty() { all.into_iter().filter(|m| m != used).collect() } else { own };
        let mut last = None;
        for method in others {
            match by_method(claim, moved, &method)? {
                Ok((certified, object)) if certified || outcome == Outcome::NotCertified => return Ok(Some((method, object))),
                Ok(_) => last = None,
                Err(e) => last = Some(e.to_string()),
            }
        }
        match last {
            Some(why) if self.method.is_some() => Err(Error::invalid(format!("--method: {why}"), "name another method")),
            _ => Ok(None),
        }
    }
}

/// What carries no bound, so that another method has nothing to meet.
fn without(places: &[String]) -> Option<String> {
    let first: Vec<&str> = places.iter().take(SHOWN).map(String::as_str).collect();
    let more = if places.len() > SHOWN { " ..." } else { "" };
    let text = format!("{} carry no bound and are not compared with the other method: {}{more}", places.len(), first.join(", "));
    (!places.is_empty()).then_some(text)
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}

/// Does the recorded run by another method: whether it is certified, and its object.
fn by_method(claim: &Claim, moved: &Moved, method: &str) -> Result<Result<(bool, Value)>> {
    let options = moved.options(&claim.run.options);
    let study = || -> Result<Option<Result<(bool, Value)>>> {
        let Some(mut study) = study::recorded(&claim.run.command, &options)? else { return Ok(None) };
        study.solving.method = Some(method.to_string());
        // nothing is written, in no form
        study.forming = Forming::default();
        study.set_process()?;
        Ok(Some(study::run(&study, &progress(&study)).map(|results| {
            let (document, mut bytes) = (super::words::spoken(results.document()), Vec::new());
            let written = crate::write::json::write(&document, &mut bytes);
            written.expect("memory takes every byte");
            (document.certified(), serde_json::from_slice(&bytes).unwrap_or_default())
        })))
    };
    if let Some(found) = within(moved, study)?? {
        return Ok(found);
    }
    let made = again(claim, moved, Some(method))?;
    let object = object_of(claim, &made)?;
    Ok(made.outcome.map(|outcome| (outcome == Outcome::Certified, object)))
}

/// Does `work` in the folder that the result was made in.
fn within<T>(moved: &Moved, work: impl FnOnce() -> T) -> Result<T> {
    let here = std::env::current_dir().map_err(|e| Error::io(Path::new("."), "read", e))?;
    let enter = |folder: &Path| std::env::set_current_dir(folder).map_err(|e| Error::io(folder, "enter", e));
    if let Some(folder) = moved.folder() {
        enter(folder)?;
    }
    let done = work();
    enter(&here)?;
    Ok(done)
}

/// Runs the recorded command again, with another method where one is named.
fn again(claim: &Claim, moved: &Moved, method: Option<&str>) -> Result<Made> {
    let mut options: Vec<String> = moved.options(&claim.run.options);
    if let Some(method) = method {
        let name = if claim.run.command == "cost" { "--solver=" } else { "--method=" };
        options.retain(|o| !o.starts_with(name));
        options.insert(0, format!("{name}{method}"));
    }
    if !matches!(claim.output, Output::Folder(_)) {
        // they shape a folder, which is not written again
        options.retain(|o| write::option_group(o) != Some("forming"));
    }
    let mut arguments = vec!["isard".to_string(), claim.run.command.clone()];
    match &claim.output {
        // a folder that an option of the run names
        Output::Folder(_) if options.iter().any(|o| o.starts_with("--proof=")) => arguments.push("--json=true".into()),
        Output::Folder(name) => arguments.push(format!("--output={name}")),
        Output::File(name) if claim.run.command == "import" => arguments.push(format!("--output={name}")),
        Output::File(_) | Output::Object if claim.run.command == "cost" => arguments.push("--json".into()),
        Output::File(_) | Output::Object => arguments.push("--json=true".into()),
    }
    arguments.extend(options.iter().cloned());
    let cli = Cli::try_parse_from(&arguments).map_err(|e| {
        let why = e.to_string();
        let why = why.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string();
        Error::format(&claim.place, format!("its options cannot be given to this version: {why}"), "run the command again")
    })?;
    let folder = Hidden::folder(&std::env::temp_dir().join("isard-verify"))?;
    let to = folder.path().canonicalize().map_err(|e| Error::io(folder.path(), "read", e))?;
    let run = Run { command: claim.run.command.clone(), options };
    let ((outcome, printed), inputs) = within(moved, || (write::repeat(run, &to, || cli.command.run()), inputs::all()))?;
    Ok(Made { outcome, folder, printed, inputs })
}

/// Compares every file of a result, or its object, with what was made now; the object found now.
fn everything(claim: &Claim, moved: &Moved, made: &Made, same: bool, findings: &mut Findings) -> Result<Value> {
    let read = |p: &Path| crate::formats::read_plain(p);
    let folder = match &claim.output {
        Output::Folder(name) => made.folder.path().join(name),
        Output::File(_) => made.folder.path().to_path_buf(),
        Output::Object => {
            let written: Value = serde_json::from_slice(&read(&claim.files[0].1)?).unwrap_or_default();
            let now = object_of(claim, made)?;
            findings.problems.extend(broken_rule(&written));
            let told = claim.told(moved.back(&now), findings, &written);
            findings.take(&claim.files[0].0, objects(&written, &told, same));
            return Ok(now);
        }
    };
    for (name, path) in claim.files.iter().filter(|(name, _)| name != NAME) {
        let found = folder.join(name);
        if !found.is_file() {
            findings.problems.push(format!("{name}: not compared, for the run writes no such file now"));
            continue;
        }
        // what is missing was told before
        let Ok(written) = read(path) else { continue };
        let now = read(&found)?;
        let objects_of = |a: &[u8], b: &[u8]| Some((serde_json::from_slice(a).ok()?, serde_json::from_slice::<Value>(b).ok()?));
        match objects_of(&written, &now).filter(|_| name.ends_with(".json")) {
            Some((a, b)) => {
                let (a, b): (Value, Value) = (a, moved.back(&b));
                let b = if name == MARK { claim.told(b, findings, &a) } else { b };
                if name == MARK {
                    findings.problems.extend(broken_rule(&a));
                }
                findings.take(name, objects(&a, &b, same));
            }
            None => findings.take(name, texts(name, &written, &moved.back_bytes(now), same)),
        }
    }
    if matches!(claim.output, Output::Folder(_)) {
        let entries = std::fs::read_dir(&folder).map_err(|e| Error::io(&folder, "read", e))?;
        let mut missing: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        missing.retain(|name| name != NAME && claim.files.iter().all(|(own, _)| own != name));
        missing.sort();
        findings.problems.extend(missing.into_iter().map(|name| format!("{name}: missing, but the run writes it")));
    }
    object_of(claim, made)
}

/// The object that a run wrote or printed; of one that has none, nothing.
fn object_of(claim: &Claim, made: &Made) -> Result<Value> {
    let bytes = match &claim.output {
        Output::Folder(name) => std::fs::read(made.folder.path().join(name).join(MARK)).unwrap_or_else(|_| made.printed.clone()),
        _ => made.printed.clone(),
    };
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// The method that answered the first of what was solved.
fn method_of(object: &Value) -> String {
    let solved = object["solves"].as_array().and_then(|s| s.first()).map_or(&object["method"], |s| &s["method"]);
    solved.as_str().unwrap_or_default().to_string()
}
