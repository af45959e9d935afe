//! All that one run has to say: sheets, what else is known by name, checks, solves, and the verdicts on them.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::sheet::{Axis, Layout, Sheet};
use crate::bounded::Bounded;
use crate::check::Check;
use crate::finding::Finding;
use crate::labels::{Language, Name, Tongue};
use crate::leontief::{Leontief, SolveRecord};
use crate::table::Table;
use crate::verdict::Verdict;

/// What stands at the head of a document.
#[derive(Default)]
pub struct Head<'a> {
    /// The table in one line, for people.
    pub about: String,
    /// `SYNTHETIC` or `MODELLED`, where the data are.
    pub stamp: Option<&'a str>,
    /// Whether a page tells of every finding, not only of those at level FAIL.
    pub whole_audit: bool,
    /// Language of labels.
    pub language: Language,
    /// Language of isard's own words, where one is asked for.
    pub tongue: Option<Tongue>,
    /// The regions, in every language.
    pub regions: Vec<Name>,
    /// Whether files for spreadsheets begin with a byte order mark whatever their labels are.
    pub mark: bool,
    /// What the audit said, of each table.
    pub findings: Vec<Cow<'a, [Finding]>>,
    /// Where the data are from.
    pub provenance: Value,
    /// The choices, echoed.
    pub options: Value,
    /// What a reader must know of the data.
    pub notes: Cow<'a, [String]>,
}

/// What one run has to say.
#[derive(Default)]
pub struct Document<'a> {
    /// Where it is from.
    pub head: Head<'a>,
    /// What is known by a name, for scripts; keys of the object.
    pub facts: Map<String, Value>,
    /// The tables, in the order of printing.
    pub sheets: Vec<Sheet<'a>>,
    /// What must be said of the results themselves.
    pub warnings: Cow<'a, [Finding]>,
    /// What a reader must know.
    pub notes: Cow<'a, [String]>,
    /// How the solves went.
    pub solves: Vec<SolveRecord>,
    /// Which method took over, and why.
    pub fallback: Option<String>,
    /// Totals that must agree.
    pub checks: &'a [Check],
    /// The verdict on each section.
    pub verdicts: Vec<Verdict>,
    /// What to do next, below a short page.
    pub next: Vec<String>,
    /// Whether it has facts and sheets alone: no solves, checks or verdicts.
    pub plain: bool,
}

impl<'a> Document<'a> {
    /// A document about a model: its data and solves.
    pub fn about(leontief: &'a Leontief, findings: &'a [Finding], options: &Value, language: Language) -> Self {
        let from = &leontief.system.table.provenance;
        let (stamp, findings) = (from.stamp.as_deref(), vec![findings.into()]);
        let regions = leontief.system.labels().regions.clone();
        let about = named(&leontief.system.table, options);
        let head = Head { about, stamp, language, regions, findings, provenance: json!(from), options: options.clone(), ..Head::default() };
        let fallback =
            leontief.fallback.as_ref().map(|why| format!("{} took over from the method asked for: {why}", leontief.method.name()));
        let mut document = Document { head, solves: leontief.solves(), fallback, ..Document::default() };
        document.put("plan", json!(leontief.plan));
        document.put("fallback", json!(leontief.fallback));
        document
    }

    /// Whether every section holds.
    pub fn certified(&self) -> bool {
        self.verdicts.iter().all(|v| v.certified)
    }

    /// Why the result is not certified; empty when it is.
    pub fn reasons(&self) -> Vec<String> {
        self.verdicts.iter().flat_map(Verdict::reasons).collect()
    }

    /// Lines below the last sheet.
    pub fn note(&mut self, notes: impl IntoIterator<Item = String>) {
        if let Some(last) = self.sheets.last_mut() {
            last.notes.extend(notes);
        }
    }

    /// Something known under a path.
    pub fn put(&mut self, path: &str, value: impl Into<Value>) {
        place(&mut self.facts, path, value.into());
    }

    /// A number and its bound, if it is defined.
    pub fn number(&mut self, path: &str, v: impl Into<Option<Bounded>>) {
        let v = v.into();
        self.put(path, json!(v.map(|v| v.value)));
        self.put(&format!("{path}_bound"), json!(v.map(|v| v.bound)));
    }

    /// Numbers and their bounds.
    pub fn list<B: Into<Option<Bounded>> + Copy>(&mut self, path: &str, numbers: &[B]) {
        let part = |f: fn(Bounded) -> f64| numbers.iter().map(|v| json!((*v).into().map(f))).collect::<Value>();
        self.put(path, part(|v| v.value));
        self.put(&format!("{path}_bound"), part(|v| v.bound));
    }

    /// Lists of numbers by name, and those of their bounds.
    pub fn lists<'n>(&mut self, path: &str, lists: impl Iterator<Item = (&'n str, Vec<Bounded>)>) {
        for (name, list) in lists {
            self.put(&format!("{path}.{name}"), values(&list));
            self.put(&format!("{path}_bound.{name}"), bounds(&list));
        }
    }

    /// Numbers and their bounds by name.
    pub fn named<B: Into<Option<Bounded>> + Copy>(&mut self, path: &str, numbers: &[(&str, B)]) {
        let part = |f: fn(Bounded) -> f64| numbers.iter().map(|(n, v)| (n.to_string(), json!((*v).into().map(f)))).collect::<Map<_, _>>();
        self.put(path, part(|v| v.value));
        self.put(&format!("{path}_bound"), part(|v| v.bound));
    }
}

/// A table in one line: where it is from, and how large it is.
pub fn named(table: &Table, options: &Value) -> String {
    let from = table.provenance.files.first().map(|s| s.path.display().to_string());
    let from = from.or_else(|| options.get("table").and_then(Value::as_str).map(str::to_string)).unwrap_or_else(|| "embedded table".into());
    let sheet = table.provenance.sheet.as_ref().map(|s| format!(" [{s}]")).unwrap_or_default();
    let (regions, rows) = (table.labels.region_count(), table.labels.dim());
    format!("{from}{sheet}: {regions} regions, {rows} rows, {} non-zero flows", table.z.nnz())
}

/// The values of numbers.
pub fn values<'b>(numbers: impl IntoIterator<Item = &'b Bounded>) -> Value {
    numbers.into_iter().map(|b| json!(b.value)).collect()
}

/// The bounds of numbers.
pub fn bounds<'b>(numbers: impl IntoIterator<Item = &'b Bounded>) -> Value {
    numbers.into_iter().map(|b| json!(b.bound)).collect()
}

/// Puts a value at a path with dots between nested keys.
pub fn place(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.into(), value);
        }
        Some((first, rest)) => {
            if let Value::Object(inner) = object.entry(first).or_insert_with(|| json!({})) {
                place(inner, rest, value);
            }
        }
    }
}

/// The findings of the audit as a file.
pub fn audit(findings: &[Finding]) -> Sheet<'_> {
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    let rows = Axis::made(&["level", "code", "region", "sector"], findings.len(), move |k| {
        let f = &findings[k];
        vec![format!("{:?}", f.level).to_uppercase(), f.code.into(), text(&f.region), text(&f.sector)]
    });
    let cells = |k: usize| {
        let f: &Finding = &findings[k];
        vec![f.row.into(), f.column.into(), f.found.into(), f.expected.into(), f.message.as_str().into()]
    };
    let columns = Axis::plain(&["row", "column", "found", "expected", "message"]);
    Sheet::new(rows, columns, Layout::Beside, cells).file("audit", "", "")
}

/// The convergence history of every solve.
pub fn history(solves: &[SolveRecord]) -> Sheet<'_> {
    let steps: Vec<_> = solves.iter().flat_map(|f| f.history.iter().map(move |s| (f, s))).collect();
    let names = steps.iter().map(|(f, s)| vec![f.name.clone(), f.method.into(), s.pass.to_string()]).collect();
    let columns = Axis::plain(&["error (1 = allowed)", "active columns"]);
    let cells = move |k: usize| vec![steps[k].1.measure.into(), steps[k].1.active.into()];
    Sheet::new(Axis::parts(&["family", "method", "pass"], names), columns, Layout::Beside, cells)
}
