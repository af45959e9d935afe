//! Comparing what is written with what a repeated run finds: every leaf of an object, every cell of a file.
//!
//! With the same version and platform everything must be the same, bit for bit. Otherwise a number must lie within both
//! bounds, bounds at most twice each other, and numbers without a bound within [`PLAIN`] of each other.

use serde_json::Value;

use crate::write::html::RUN;

/// Relative difference of numbers without a bound, between versions and platforms.
const PLAIN: f64 = 1e-9;

/// How sums and residuals of solves are told, not what was found: small on every platform, the same on none.
const DIAGNOSTIC: [&str; 6] = ["residual", "found", "passes", "primal", "dual", "gap"];

/// What tells of the solves of one method.
const OF_METHOD: [&str; 4] = ["solves", "checks", "verdicts", "made_by"];

/// Wall-clock times and threads of a run: no result.
const MEASURED: [&str; 6] = ["read_s", "system_s", "setup_s", "solve_s", "total_s", "threads"];

/// What was compared, and what differs.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Leaves and cells compared.
    pub entries: usize,
    /// One line for each difference.
    pub differences: Vec<String>,
    /// The worst distance of two numbers, in units of both bounds together.
    pub worst: f64,
    /// Places of numbers that say that they have no bound, so that no intervals exist to compare.
    pub without: Vec<String>,
}

impl Comparison {
    fn differ(&mut self, line: String) {
        self.differences.push(line);
    }
}

/// How two numbers are compared.
#[derive(Clone, Copy)]
enum Rule<'v> {
    /// Their bits.
    Same,
    /// Bounds: at most twice each other.
    Bound,
    /// Values with bounds, written and found.
    Within(&'v Value, &'v Value),
    /// Values without bounds.
    Plain,
    /// Small numbers.
    Diagnostic,
}

/// Compares an object with the one found now, bit for bit where `same`.
pub(super) fn objects(written: &Value, now: &Value, same: bool) -> Comparison {
    let mut found = Comparison::default();
    let names = Names::of(now);
    walk(&names, &mut Vec::new(), written, now, if same { Rule::Same } else { Rule::Plain }, &mut found);
    found
}

/// A step from an object to a part of it.
enum Step {
    Key(String),
    Index(usize),
}

/// The labels of rows and columns.
struct Names {
    regions: Vec<String>,
    destinations: Vec<String>,
}

impl Names {
    fn of(object: &Value) -> Self {
        let list = |key: &str| object[key].as_array().into_iter().flatten().map(|v| v.as_str().unwrap_or_default().to_string()).collect();
        Names { regions: list("regions"), destinations: list("destinations") }
    }

    /// The place as a person names it.
    fn place(&self, path: &[Step]) -> String {
        let (mut text, mut numbers) = (String::new(), Vec::new());
        for step in path {
            match step {
                Step::Key(key) => {
                    text += &format!("{}{key}", if text.is_empty() { "" } else { "." });
                }
                Step::Index(k) => {
                    text += &format!("[{k}]");
                    numbers.push(*k);
                }
            }
        }
        let matrix = matches!(path.first(), Some(Step::Key(k)) if ["flow", "bound", "payments", "payments_bound"].contains(&k.as_str()));
        match (&numbers[..], matrix) {
            ([i, k], true) if *i < self.regions.len() && *k < self.destinations.len() => {
                text + &format!(" ({} / {})", self.regions[*i], self.destinations[*k])
            }
            _ => text,
        }
    }
}

/// The key of the bound of `key` in an object that has one.
pub(crate) fn bound_of<'k>(object: &'k serde_json::Map<String, Value>, key: &str) -> Option<&'k str> {
    let own = format!("{key}_bound");
    let plain = ["value", "flow", "by_region", "sum"].contains(&key).then_some("bound");
    object
        .keys()
        .map(String::as_str)
        .find(|k| *k == own)
        .or_else(|| plain.and_then(|b| object.keys().map(String::as_str).find(|k| *k == b)))
}

/// Whether a key holds bounds.
pub(crate) fn is_bound(key: &str) -> bool {
    key == "bound" || key.ends_with("_bound") || key.ends_with(" bound")
}

fn walk(names: &Names, path: &mut Vec<Step>, written: &Value, now: &Value, rule: Rule, found: &mut Comparison) {
    match (written, now) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                path.push(Step::Key(key.clone()));
                match b.get(key) {
                    _ if MEASURED.contains(&key.as_str()) && path.len() == 1 => found.entries += 1,
                    None => found.differ(format!("{}: not compared, for no such key is found now", names.place(path))),
                    Some(other) => {
                        let own = match rule {
                            Rule::Same => Rule::Same,
                            _ if is_bound(key) => Rule::Bound,
                            _ if DIAGNOSTIC.contains(&key.as_str()) => Rule::Diagnostic,
                            Rule::Within(x, y) => Rule::Within(&x[key], &y[key]),
                            _ => bound_of(b, key).map_or(rule, |bound| Rule::Within(a.get(bound).unwrap_or(&Value::Null), &b[bound])),
                        };
                        walk(names, path, value, other, own, found);
                    }
                }
                path.pop();
            }
            for key in b.keys().filter(|k| !a.contains_key(*k)) {
                path.push(Step::Key(key.clone()));
                found.differ(format!("{}: missing", names.place(path)));
                path.pop();
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (k, (x, y)) in a.iter().zip(b).enumerate() {
                path.push(Step::Index(k));
                let own = if let Rule::Within(p, q) = rule { Rule::Within(&p[k], &q[k]) } else { rule };
                walk(names, path, x, y, own, found);
                path.pop();
            }
        }
        (Value::Array(a), Value::Array(b)) => found.differ(format!("{}: {} entries, {} found", names.place(path), a.len(), b.len())),
        (Value::Number(_), Value::Number(_)) => {
            found.entries += 1;
            if let Some(why) = numbers(written, now, rule, &mut found.worst) {
                found.differ(format!("{}: {written} written, {now} found{why}", names.place(path)));
            }
        }
        _ => {
            found.entries += 1;
            if written != now {
                found.differ(format!("{}: {} written, {} found", names.place(path), short(written), short(now)));
            }
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 80 { text.chars().take(77).chain("...".chars()).collect() } else { text }
}

/// What is wrong between two numbers; `None`: nothing.
fn numbers(written: &Value, now: &Value, rule: Rule, worst: &mut f64) -> Option<&'static str> {
    let (Some(a), Some(b)) = (written.as_f64(), now.as_f64()) else { return (written != now).then_some("") };
    match rule {
        // whole numbers may be longer than 53 bits
        Rule::Same if a.to_bits() != b.to_bits() || (written.is_u64() && now.is_u64() && written != now) => Some(""),
        Rule::Same => None,
        Rule::Bound => (!(a <= 2.0 * b && b <= 2.0 * a) || a < 0.0).then_some(", more than twice each other"),
        // neither has a bound: they are compared as they are
        Rule::Within(Value::Null, Value::Null) => numbers(written, now, Rule::Plain, worst),
        Rule::Within(p, q) => {
            let ratio = apart(a, b, p.as_f64().unwrap_or(f64::NAN), q.as_f64().unwrap_or(f64::NAN));
            *worst = worst.max(ratio);
            (ratio > 1.0).then_some(", further apart than both bounds")
        }
        Rule::Plain => ((a - b).abs() > PLAIN * a.abs().max(b.abs()) || a.is_nan()).then_some(""),
        Rule::Diagnostic => (!(a.abs() <= 1e-6 || a.fract() == 0.0) && (a - b).abs() > PLAIN * a.abs()).then_some(""),
    }
}

/// How far two numbers are apart, in units of both bounds together; infinite where nothing is known.
fn apart(a: f64, b: f64, bound: f64, other: f64) -> f64 {
    let gap = (a - b).abs();
    if gap == 0.0 {
        return 0.0;
    }
    let ratio = gap / (bound + other);
    if ratio.is_nan() { f64::INFINITY } else { ratio }
}

/// Whether the intervals of every number that has a bound meet those of another run. Bounds are those found now.
pub(super) fn intervals(one: &Value, other: &Value) -> Comparison {
    let mut found = Comparison::default();
    let names = Names::of(one);
    meet(&names, &mut Vec::new(), one, other, &mut found);
    found
}

fn meet(names: &Names, path: &mut Vec<Step>, one: &Value, other: &Value, found: &mut Comparison) {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            if a.contains_key("no_bound") {
                found.without.push(names.place(path));
            }
            for (key, value) in a.iter().filter(|(key, _)| !OF_METHOD.contains(&key.as_str())) {
                let Some(second) = b.get(key) else { continue };
                path.push(Step::Key(key.clone()));
                match bound_of(a, key) {
                    Some(bound) if b.contains_key(bound) => pairs(names, path, [value, second, &a[bound], &b[bound]], found),
                    _ => meet(names, path, value, second, found),
                }
                path.pop();
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for (k, (x, y)) in a.iter().zip(b).enumerate() {
                path.push(Step::Index(k));
                meet(names, path, x, y, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn pairs(names: &Names, path: &mut Vec<Step>, [a, b, p, q]: [&Value; 4], found: &mut Comparison) {
    match (a, b) {
        (Value::Array(x), Value::Array(y)) => {
            for k in 0..x.len().max(y.len()) {
                path.push(Step::Index(k));
                pairs(names, path, [&a[k], &b[k], &p[k], &q[k]], found);
                path.pop();
            }
        }
        (Value::Object(x), Value::Object(_)) => {
            for key in x.keys() {
                path.push(Step::Key(key.clone()));
                pairs(names, path, [&a[key], &b[key], &p[key], &q[key]], found);
                path.pop();
            }
        }
        (Value::Number(_), Value::Number(_)) if p.is_null() || q.is_null() => found.without.push(names.place(path)),
        (Value::Number(_), Value::Number(_)) => {
            found.entries += 1;
            let number = |v: &Value| v.as_f64().unwrap_or(f64::NAN);
            let ratio = apart(number(a), number(b), number(p), number(q));
            found.worst = found.worst.max(ratio);
            if ratio > 1.0 {
                found.differ(format!("{}: {a} and {b} are further apart than their bounds", names.place(path)));
            }
        }
        // what is not defined is so by every method
        _ if a == b => found.entries += 1,
        _ => found.differ(format!("{}: {} and {}", names.place(path), short(a), short(b))),
    }
}

/// A page without what is of the run that wrote it.
fn result_of(page: &[u8]) -> Option<(&[u8], &[u8])> {
    let [start, end] = RUN.map(|mark| page.windows(mark.len()).position(|w| w == mark.as_bytes()));
    start.zip(end).map(|(start, end)| (&page[..start], &page[end..]))
}

/// Compares two texts of CSV cell by cell; anything else only as a whole.
pub(super) fn texts(name: &str, written: &[u8], now: &[u8], same: bool) -> Comparison {
    let mut found = Comparison { entries: 1, ..Comparison::default() };
    if written == now || name.ends_with(".html") && result_of(written) == result_of(now) {
        return found;
    }
    let records = |bytes: &[u8]| {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes).into_byte_records();
        reader
            .map(|r| r.map(|r| r.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect::<Vec<_>>()))
            .collect::<Result<Vec<_>, _>>()
    };
    let (Ok(a), Ok(b), true) = (records(written), records(now), name.ends_with(".csv") || name.ends_with(".txt")) else {
        found.differ(format!("{name}: not the bytes that are found now"));
        return found;
    };
    if a.len() != b.len() {
        found.differ(format!("{name}: {} lines, {} found", a.len(), b.len()));
    }
    for (i, (x, y)) in a.iter().zip(&b).enumerate() {
        if x.len() != y.len() {
            found.differ(format!("{name}:{}: {} cells, {} found", i + 1, x.len(), y.len()));
        }
        for (k, (x, y)) in x.iter().zip(y).enumerate() {
            found.entries += 1;
            let bound = name.contains("_bound") || b[0].get(k).is_some_and(|head| is_bound(head));
            let near = || {
                let (p, q) = (x.parse::<f64>().ok()?, y.parse::<f64>().ok()?);
                let near = if bound { p <= 2.0 * q && q <= 2.0 * p } else { (p - q).abs() <= PLAIN * p.abs().max(q.abs()) };
                Some(near)
            };
            if x != y && (same || near() != Some(true)) {
                found.differ(format!("{name}:{}:{}: {x:?} written, {y:?} found", i + 1, k + 1));
            }
        }
    }
    if found.differences.is_empty() && same {
        found.differ(format!("{name}: not the bytes that are found now"));
    }
    found
}

/// Where a written object that says `certified` has a bound that the rule it names does not allow.
pub(super) fn broken_rule(object: &Value) -> Vec<String> {
    if object["certified"] != Value::Bool(true) {
        return Vec::new();
    }
    let names = Names::of(object);
    let (Some(rtol), Some(floor)) = (object["tolerance"].as_f64(), object["floor"].as_f64()) else { return Vec::new() };
    let mut broken = Vec::new();
    for (i, row) in object["flow"].as_array().into_iter().flatten().enumerate() {
        for (k, value) in row.as_array().into_iter().flatten().enumerate() {
            let (value, bound) = (value.as_f64().unwrap_or(f64::NAN), object["bound"][i][k].as_f64().unwrap_or(f64::NAN));
            let most = (rtol * value.abs()).max(floor);
            // a NaN keeps to no rule
            if !(bound >= 0.0 && bound <= most) {
                let place = names.place(&[Step::Key("bound".into()), Step::Index(i), Step::Index(k)]);
                broken.push(format!("{place}: {bound:e} written beside certified, which allows {most:e}"));
            }
        }
    }
    broken
}
