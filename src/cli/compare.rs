//! `isard compare`: what differs between two results, beyond their bounds or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::verify::{bound_of, is_bound};
use super::{Outcome, print, tongue};
use crate::error::{Error, Result};
use crate::report::digits::{decimals, fixed};
use crate::write::folder::MARK;
use crate::write::text::grid;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard compare results2012 results2017\n\
\x20 isard compare before.json after.json --top 20\n\
Numbers meet by key and by the labels of regions; two results without a bound at a number are compared by value.")]
pub(super) struct Compare {
    /// A result: a folder that isard wrote, or an object (--json)
    #[arg(value_name = "A")]
    first: PathBuf,
    /// Another result of the same analysis
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Number of the largest moves to list
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
}

/// One number in both results.
struct Pair {
    place: String,
    a: f64,
    b: f64,
    /// Both bounds together; `None`: no bound.
    bounds: Option<f64>,
}

/// Numbers of one key: how many, how many moved beyond both bounds, how many have none.
#[derive(Default)]
struct Count {
    numbers: usize,
    same: usize,
    within: usize,
    moved: usize,
    unbounded: usize,
}

fn object(path: &Path) -> Result<Value> {
    let file = if path.is_dir() { path.join(MARK) } else { path.to_path_buf() };
    let bytes = crate::formats::read_plain(&file)?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|e| {
        Error::format(file.display(), format!("not an object of isard: {e}"), "name a folder of --output or the output of --json")
    })?;
    if value.get("isard").is_none() {
        return Err(Error::format(
            file.display(),
            "no key \"isard\": not a result of isard",
            "name a folder of --output or the output of --json",
        ));
    }
    Ok(value)
}

/// Keys that say how a result was made, not what it is.
const OF_THE_RUN: [&str; 10] = ["made_by", "format", "isard", "solves", "checks", "verdicts", "provenance", "options", "audit", "plan"];

impl Compare {
    pub(super) fn run(self) -> Result<Outcome> {
        let (a, b) = (object(&self.first)?, object(&self.second)?);
        let regions = |v: &Value| v.get("regions").cloned();
        if regions(&a) != regions(&b) {
            let labels = |v: &Value| v["options"]["labels"].as_str().unwrap_or("en").to_string();
            if labels(&a) != labels(&b) {
                let message = format!("the results have labels in different languages: {} and {}", labels(&a), labels(&b));
                return Err(Error::invalid(message, "write both with the same --labels"));
            }
            let count = |v: &Value| v.get("regions").and_then(Value::as_array).map_or(0, Vec::len);
            let message = format!(
                "the results have different regions: {} in {}, {} in {}",
                count(&a),
                self.first.display(),
                count(&b),
                self.second.display()
            );
            return Err(Error::invalid(message, "compare results of the same regions, for example by --group-regions"));
        }
        for key in ["command", "unit", "stressor"] {
            let of = |v: &Value| if key == "command" { v["made_by"][key].clone() } else { v.get(key).cloned().unwrap_or_default() };
            let (one, other) = (of(&a), of(&b));
            if one != other {
                let message = format!("the results differ in their {key}: {one} and {other}");
                return Err(Error::invalid(message, "compare results of one command, stressor and unit"));
            }
        }
        let mut pairs = Vec::new();
        let mut said = Vec::new();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let (Value::Object(x), Value::Object(y)) = (&a, &b) else {
            return Err(Error::invalid("a result is an object", "name a folder of --output or the output of --json"));
        };
        for (key, value) in x.iter().filter(|(key, _)| !OF_THE_RUN.contains(&key.as_str()) && !is_bound(key)) {
            match y.get(key) {
                None => left.push(key.as_str()),
                Some(other) => {
                    walk(key, [value, other], bounds_of([x, y], key), &a, &mut pairs);
                    words(key, [value, other], &mut said);
                }
            }
        }
        right.extend(y.keys().filter(|key| !x.contains_key(*key) && !is_bound(key)).map(String::as_str));
        print(&(self.text(&a, &b, &pairs, [&left, &right]) + &self.reworded(&said)))?;
        Ok(Outcome::Certified)
    }

    /// Words that differ, the first of them.
    fn reworded(&self, said: &[(String, String, String)]) -> String {
        let mut out = String::new();
        if !said.is_empty() {
            out += &tongue::told(&format!("\n{} words differ\n", said.len()));
            let row = |(place, a, b): &(String, String, String)| vec![place.clone(), a.clone(), b.clone()];
            grid(&mut out, &tongue::heads(&["word", "A", "B"]), &said.iter().take(self.top as usize).map(row).collect::<Vec<_>>());
        }
        out
    }

    fn text(&self, a: &Value, b: &Value, pairs: &[Pair], [left, right]: [&[&str]; 2]) -> String {
        let mut out = String::new();
        for (path, v) in [(&self.first, a), (&self.second, b)] {
            let word = |key: &str| v.get(key).and_then(Value::as_str).unwrap_or("-");
            let certified = if v.get("certified") == Some(&Value::Bool(true)) { "certified" } else { "NOT certified" };
            out += &format!(
                "{}: isard {}, stressor {}, unit {}, {certified}\n",
                path.display(),
                word("isard"),
                word("stressor"),
                word("unit")
            );
        }
        let mut counts = BTreeMap::<&str, Count>::new();
        for p in pairs {
            let count = counts.entry(p.place.split(['[', '.', ' ']).next().unwrap_or_default()).or_default();
            count.numbers += 1;
            match p.bounds {
                _ if p.a == p.b => count.same += 1,
                None => count.unbounded += 1,
                Some(bounds) if (p.a - p.b).abs() <= bounds => count.within += 1,
                Some(_) => count.moved += 1,
            }
        }
        let rows: Vec<Vec<String>> = counts
            .iter()
            .map(|(key, c)| {
                [key.to_string()].into_iter().chain([c.numbers, c.same, c.within, c.moved, c.unbounded].map(|n| n.to_string())).collect()
            })
            .collect();
        out = tongue::told(&out);
        out.push('\n');
        grid(&mut out, &tongue::heads(&["key", "numbers", "equal", "within both bounds", "moved beyond", "differ, no bound"]), &rows);
        let mut moved: Vec<&Pair> = pairs.iter().filter(|p| p.bounds.is_some_and(|b| (p.a - p.b).abs() > b)).collect();
        moved.sort_by(|p, q| (q.a - q.b).abs().total_cmp(&(p.a - p.b).abs()));
        if moved.is_empty() {
            let unbounded = counts.values().any(|c| c.unbounded > 0);
            out += &tongue::told(if unbounded {
                "\nnothing moved beyond the bounds; numbers without a bound differ\n"
            } else {
                "\nnothing moved beyond the bounds\n"
            });
        } else {
            let shown: Vec<&&Pair> = moved.iter().take(self.top as usize).collect();
            let digits = decimals(shown.iter().flat_map(|p| [p.a, p.b]));
            let row = |p: &&&Pair| {
                let change = if p.a == 0.0 { "-".into() } else { format!("{:+.2} %", 100.0 * (p.b - p.a) / p.a.abs()) };
                vec![p.place.clone(), fixed(p.a, digits), fixed(p.b, digits), fixed(p.b - p.a, digits), change]
            };
            out += &tongue::told(&format!("\nThe largest of {} moves beyond the bounds\n", moved.len()));
            grid(&mut out, &tongue::heads(&["number", "A", "B", "B - A", "of A"]), &shown.iter().map(row).collect::<Vec<_>>());
        }
        for (path, keys) in [(&self.first, left), (&self.second, right)] {
            if !keys.is_empty() {
                out += &tongue::told(&format!("only in {}: {}\n", path.display(), keys.join(", ")));
            }
        }
        out
    }
}

/// The bounds of a key in two objects that both have them.
fn bounds_of<'v>([x, y]: [&'v serde_json::Map<String, Value>; 2], key: &str) -> Option<(&'v Value, &'v Value)> {
    Some((&x[bound_of(x, key)?], &y[bound_of(y, key)?]))
}

/// Collects the numbers under one key of both.
fn walk(place: &str, [a, b]: [&Value; 2], bounds: Option<(&Value, &Value)>, head: &Value, pairs: &mut Vec<Pair>) {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (Some(a), Some(b)) = (x.as_f64(), y.as_f64()) else { return };
            let both = bounds.and_then(|(p, q)| Some(p.as_f64()? + q.as_f64()?));
            pairs.push(Pair { place: place.into(), a, b, bounds: both });
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let depth = place.matches('[').count();
            for (k, (p, q)) in x.iter().zip(y).enumerate() {
                let label = label(head, x.len(), depth, k);
                walk(&format!("{place}[{label}]"), [p, q], bounds.map(|(m, n)| (&m[k], &n[k])), head, pairs);
            }
        }
        (Value::Object(x), Value::Object(y)) => {
            for (key, value) in x.iter().filter(|(key, _)| !is_bound(key)) {
                let Some(other) = y.get(key) else { continue };
                let inner = bounds.map(|(m, n)| (&m[key.as_str()], &n[key.as_str()])).or_else(|| bounds_of([x, y], key));
                walk(&format!("{place}.{key}"), [value, other], inner, head, pairs);
            }
        }
        _ => {}
    }
}

/// Collects the words under one key of both that differ.
fn words(place: &str, [a, b]: [&Value; 2], said: &mut Vec<(String, String, String)>) {
    match (a, b) {
        (Value::String(x), Value::String(y)) if x != y => said.push((place.into(), x.clone(), y.clone())),
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().for_each(|(k, (p, q))| words(&format!("{place}[{k}]"), [p, q], said));
        }
        (Value::Object(x), Value::Object(y)) => {
            x.iter()
                .filter_map(|(key, p)| Some((key, p, y.get(key)?)))
                .for_each(|(key, p, q)| words(&format!("{place}.{key}"), [p, q], said));
        }
        _ => {}
    }
}

/// The label of a place: a region or a destination where as many are labelled, else its position.
fn label(head: &Value, count: usize, depth: usize, k: usize) -> String {
    let of = |key: &str| head.get(key).and_then(Value::as_array).filter(|l| l.len() == count).and_then(|l| l[k].as_str());
    let found = if depth == 0 { of("regions") } else { of("destinations").or_else(|| of("regions")) };
    found.map_or_else(|| k.to_string(), str::to_string)
}
