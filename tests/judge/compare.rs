//! Runs the command on a drawn table and holds every number that it prints against the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::draw::Table;
use super::number::{Number, ZERO, exact, one};
use super::schemes::{linkages, records};
use super::truth::{Matrix, To, Truth, times, transposed};

/// A number outside its bound, or a certified one that breaks the rule.
pub struct Finding {
    pub section: String,
    pub kind: &'static str,
    pub seed: u64,
    pub at: String,
    pub value: f64,
    pub truth: f64,
    pub bound: f64,
    /// Error over bound; of a broken rule, bound over what is allowed.
    pub ratio: f64,
    pub size: usize,
}

#[derive(Default)]
pub struct Tally {
    pub tables: usize,
    pub singular: usize,
    pub runs: usize,
    pub compared: usize,
    pub certified: usize,
    pub outside: Vec<Finding>,
    pub broken: Vec<Finding>,
    /// Numbers by section.
    pub sections: BTreeMap<String, usize>,
    /// Bound over error, by section.
    pub ratios: BTreeMap<String, Vec<f64>>,
    /// Printed without a bound, without a truth here, or not defined, by name.
    pub unbounded: BTreeMap<String, usize>,
    pub unknown: BTreeMap<String, usize>,
    pub empty: BTreeMap<String, usize>,
    /// Runs that were refused, by command and first line of the message.
    pub refused: BTreeMap<String, usize>,
    /// Certified numbers that no verdict names a floor for, by section.
    pub unruled: BTreeMap<String, usize>,
    /// Runs that ended in any other way than by exit 0, 1 or 2.
    pub crashed: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, o: Tally) {
        self.tables += o.tables;
        self.singular += o.singular;
        self.runs += o.runs;
        self.compared += o.compared;
        self.certified += o.certified;
        self.outside.extend(o.outside);
        self.broken.extend(o.broken);
        self.crashed.extend(o.crashed);
        for (to, from) in [
            (&mut self.sections, o.sections),
            (&mut self.unbounded, o.unbounded),
            (&mut self.unknown, o.unknown),
            (&mut self.empty, o.empty),
            (&mut self.refused, o.refused),
            (&mut self.unruled, o.unruled),
        ] {
            from.into_iter().for_each(|(k, v)| *to.entry(k).or_default() += v);
        }
        o.ratios.into_iter().for_each(|(k, v)| self.ratios.entry(k).or_default().extend(v));
    }
}

/// The command: named by `ISARD`, or built with the tests.
pub fn isard() -> PathBuf {
    std::env::var_os("ISARD").map_or_else(|| option_env!("CARGO_BIN_EXE_isard").unwrap_or("isard").into(), PathBuf::from)
}

/// One run with its answer.
struct Run<'a> {
    tally: &'a mut Tally,
    t: &'a Truth<'a>,
    command: String,
    json: Value,
    covered: BTreeSet<String>,
    certified: bool,
    rtol: f64,
    /// What a bound may be whatever the number, in the section that is looked at; none: no verdict speaks of it.
    floor: Option<f64>,
}

/// The value below keys and indices.
fn at<'v>(json: &'v Value, keys: &[&str], index: &[usize]) -> Option<&'v Value> {
    let mut v = json;
    for k in keys {
        v = v.get(k)?;
    }
    for i in index {
        v = v.get(i)?;
    }
    Some(v)
}

/// Where the bound of a number may stand: `KEY_bound` beside or above it, or `bound` beside it.
fn bound_of(json: &Value, keys: &[&str], index: &[usize]) -> Option<f64> {
    if let Some(Value::Object(o)) = at(json, keys, index) {
        return o.get("bound").and_then(number);
    }
    let last = keys.len() - 1;
    for k in (0..=last).rev() {
        let named = format!("{}_bound", keys[k]);
        let mut path = keys.to_vec();
        path[k] = &named;
        if let Some(v) = at(json, &path, index).and_then(number) {
            return Some(v);
        }
    }
    let mut path = keys.to_vec();
    path[last] = "bound";
    if keys[last] == "value" || keys[last] == "flow" || keys[last] == "by_region" {
        return at(json, &path, index).and_then(number);
    }
    None
}

/// A number, or infinity where it is written as nothing.
fn number(v: &Value) -> Option<f64> {
    match v {
        Value::Null => Some(f64::INFINITY),
        Value::Number(_) => v.as_f64(),
        _ => None,
    }
}

impl Run<'_> {
    fn section(&self, name: &str) -> String {
        format!("{}: {name}", self.command)
    }

    /// The floor that the verdict on the section of a number names: the one of its own name, else the largest.
    fn floor_of(&self, name: &str) -> Option<f64> {
        if name == "flow" {
            return self.floor;
        }
        // theta is judged by what it is multiplied with
        if name == "theta" {
            return None;
        }
        let share = name.starts_with("shares");
        let section = match (self.command.split(' ').next()?, name.split('.').next()?) {
            ("accounts", _) => "accounts",
            ("linkages", _) => "linkages",
            ("decompose", _) => "decomposition",
            ("solve", _) => "solve",
            (_, "shares" | "shares_of_total" | "flow" | "direct") => "flows",
            (_, "by_emitter" | "responsibility" | "responsibility_without_households" | "outside") => "responsibility",
            (_, "duties" | "payments" | "net" | "balance" | "net_per_gdp" | "gdp") => "payments",
            (_, "views" | "per_gdp") => "views",
            (_, other) => other,
        };
        let verdicts = self.json["verdicts"].as_array()?;
        let of = verdicts.iter().filter(|v| v["section"] == section && v["certified"] == true);
        let floors: Vec<(String, f64)> = of
            .flat_map(|v| v["floors"].as_array().cloned().unwrap_or_default())
            .filter_map(|f| Some((f[0].as_str()?.to_string(), f[1].as_f64()?)))
            .collect();
        let own = floors.iter().filter(|(w, _)| w == name).map(|(_, f)| *f).reduce(f64::max);
        own.or_else(|| floors.iter().filter(|(w, _)| w.contains("share") == share).map(|(_, f)| *f).reduce(f64::max))
    }

    /// Holds one printed number against the truth; `size` is the largest truth beside it.
    fn hold(&mut self, name: &str, place: &str, value: Option<f64>, bound: Option<f64>, truth: Number, size: Number) {
        let section = self.section(name);
        let Some(value) = value.filter(|v| v.is_finite()) else {
            *self.tally.empty.entry(section).or_default() += 1;
            return;
        };
        let Some(bound) = bound else {
            *self.tally.unbounded.entry(section).or_default() += 1;
            return;
        };
        self.tally.compared += 1;
        *self.tally.sections.entry(section.clone()).or_default() += 1;
        let error = (exact(value) - truth).abs();
        let finding = |ratio: f64| Finding {
            section: section.clone(),
            kind: self.t.t.kind,
            seed: self.t.t.seed,
            at: place.to_string(),
            value,
            truth: truth.near(),
            bound,
            ratio,
            size: self.t.n,
        };
        // the truth itself is right to 2^-1150 of the largest number beside it
        if bound.is_nan() || bound.is_finite() && error > exact(bound) + size.down(1150) {
            self.tally.outside.push(finding((error / exact(bound.max(f64::from_bits(1)))).near()));
        } else if bound.is_finite() && bound > 0.0 {
            let ulp = exact(value.abs() * f64::EPSILON / 2.0);
            let least = if error > ulp { error } else { ulp };
            if !least.is_zero() {
                self.tally.ratios.entry(section.clone()).or_default().push((exact(bound) / least).near());
            }
        }
        if self.certified {
            self.tally.certified += 1;
            match self.floor_of(name) {
                Some(floor) => {
                    let allowed = (self.rtol * value.abs()).max(floor);
                    if bound > allowed || bound.is_nan() || !floor.is_finite() {
                        self.tally.broken.push(finding(bound / allowed));
                    }
                }
                None => *self.tally.unruled.entry(section.clone()).or_default() += 1,
            }
        }
    }

    fn array(&mut self, keys: &[&str], truth: &[Number]) {
        self.covered.insert(keys.join("."));
        let size = truth.iter().map(|v| v.abs()).fold(ZERO, larger);
        if at(&self.json, keys, &[]).is_none() {
            return;
        }
        for (i, v) in truth.iter().enumerate() {
            let found = at(&self.json, keys, &[i]);
            let Some(found) = found else { continue };
            let value = found.get("value").unwrap_or(found).as_f64();
            let bound = bound_of(&self.json, keys, &[i]);
            self.hold(&keys.join("."), &format!("[{i}]"), value, bound, *v, size);
        }
    }

    fn matrix(&mut self, keys: &[&str], truth: &Matrix) {
        self.covered.insert(keys.join("."));
        let size = truth.iter().flatten().map(|v| v.abs()).fold(ZERO, larger);
        for (i, row) in truth.iter().enumerate() {
            for (k, v) in row.iter().enumerate() {
                let Some(found) = at(&self.json, keys, &[i, k]) else { continue };
                let value = found.get("value").unwrap_or(found).as_f64();
                let bound = bound_of(&self.json, keys, &[i, k]);
                self.hold(&keys.join("."), &format!("[{i},{k}]"), value, bound, *v, size);
            }
        }
    }

    fn one(&mut self, keys: &[&str], truth: Number) {
        self.covered.insert(keys.join("."));
        let Some(found) = at(&self.json, keys, &[]) else { return };
        let value = found.get("value").unwrap_or(found).as_f64();
        let bound = bound_of(&self.json, keys, &[]);
        self.hold(&keys.join("."), "", value, bound, truth, truth.abs());
    }

    /// Counts numbers that nothing here speaks of.
    fn rest(&mut self) {
        const APART: [&str; 24] = [
            "audit",
            "provenance",
            "options",
            "solves",
            "checks",
            "tolerance",
            "floor",
            "right_hand_sides",
            "iterations",
            "residual",
            "relative_bound",
            "rows",
            "regions",
            "entries",
            "threads",
            "read_s",
            "system_s",
            "setup_s",
            "solve_s",
            "total_s",
            "money_factor",
            "group_of_region",
            "manifest",
            "verdicts",
        ];
        fn walk(v: &Value, path: &str, found: &mut BTreeMap<String, usize>) {
            match v {
                Value::Object(o) => {
                    for (k, v) in o.iter().filter(|(k, _)| !APART.contains(&k.as_str())) {
                        walk(v, &if path.is_empty() { k.clone() } else { format!("{path}.{k}") }, found);
                    }
                }
                Value::Array(a) => a.iter().for_each(|v| walk(v, path, found)),
                Value::Number(_) => *found.entry(path.to_string()).or_default() += 1,
                _ => {}
            }
        }
        let mut found = BTreeMap::new();
        walk(&self.json, "", &mut found);
        for (path, count) in found {
            let known = self.covered.iter().any(|c| path == *c || path.strip_prefix(c.as_str()).is_some_and(|r| r.starts_with('.')));
            if !known && !path.contains("bound") {
                let section = self.section(&path);
                *self.tally.unknown.entry(section).or_default() += count;
            }
        }
    }
}

fn larger(a: Number, b: Number) -> Number {
    if b > a { b } else { a }
}

/// Runs the command; `None` where it refused or broke, which is counted.
fn run<'a>(tally: &'a mut Tally, t: &'a Truth<'a>, folder: &Path, name: &str, args: &[&str]) -> Option<Run<'a>> {
    tally.runs += 1;
    let mut words = args.to_vec();
    words.extend(["--json", "-q", "--threads", "1"]);
    let child = Command::new(isard()).args(&words).current_dir(folder).stdin(Stdio::null()).output().expect("the command can be run");
    let told = String::from_utf8_lossy(&child.stderr).into_owned();
    let code = child.status.code();
    if code == Some(2) {
        let line = told.lines().find(|l| l.starts_with("error")).unwrap_or("").chars().take(150).collect::<String>();
        *tally.refused.entry(format!("{name} ({}): {line}", t.t.kind)).or_default() += 1;
        return None;
    }
    let json = serde_json::from_slice::<Value>(&child.stdout).ok();
    let (Some(json), Some(0 | 1)) = (json, code) else {
        tally.crashed.push(format!(
            "{} on seed {}: exit {code:?}: {}",
            args.join(" "),
            t.t.seed,
            told.chars().take(300).collect::<String>()
        ));
        return None;
    };
    let certified = json["certified"] == true;
    if certified != (code == Some(0)) {
        tally.crashed.push(format!("{} on seed {}: certified {certified}, exit {code:?}", args.join(" "), t.t.seed));
    }
    let rtol = json["tolerance"].as_f64().unwrap_or(1e-9);
    let floor = json["floor"].as_f64();
    Some(Run { tally, t, command: name.to_string(), json, covered: BTreeSet::new(), certified, rtol, floor })
}

/// Flow matrix, direct emissions and shares: part of several answers.
fn base(r: &mut Run) {
    let t = r.t;
    let order = destinations(t, &r.json["destinations"]);
    let flow = t.flow();
    let printed: Matrix = flow.iter().map(|row| order.iter().map(|k| row[*k]).collect()).collect();
    r.matrix(&["flow"], &printed);
    if !order.iter().any(|k| t.to[*k] == To::Error) {
        // a destination that is not there stands for exactly nothing
        let error: Vec<Number> = flow.iter().map(|row| row[t.to.len() - 1]).collect();
        let size = error.iter().map(|v| v.abs()).fold(ZERO, larger);
        for (s, v) in error.iter().enumerate() {
            r.hold("flow to error, left out", &format!("[{s}]"), Some(0.0), Some(0.0), *v, size.down(100));
        }
    }
    r.array(&["direct"], &t.direct());
    r.array(&["households"], &t.households());
    let sum = |d: &dyn Fn(usize, To) -> bool| -> Number {
        (0..t.regions).map(|s| (0..t.to.len()).filter(|&k| d(s, t.to[k])).map(|k| flow[s][k]).sum::<Number>()).sum()
    };
    let parts = [
        ("own", sum(&|s, d| d == To::Region(s))),
        ("other", sum(&|s, d| matches!(d, To::Region(r) if r != s))),
        ("export", sum(&|_, d| d == To::Export)),
        ("stock", sum(&|_, d| d == To::Stock)),
        ("error", sum(&|_, d| d == To::Error)),
    ];
    let (three, all) = (parts[0].1 + parts[1].1 + parts[2].1, t.direct().into_iter().sum::<Number>());
    for (k, (name, v)) in parts.into_iter().enumerate() {
        if k < 3 && !three.is_zero() {
            r.one(&["shares", name], v / three);
        }
        if !all.is_zero() {
            r.one(&["shares_of_total", name], v / all);
        }
    }
}

/// Columns of the truth in the order of the printed destinations.
fn destinations(t: &Truth, names: &Value) -> Vec<usize> {
    let words: Vec<&str> = names.as_array().map_or(Vec::new(), |a| a.iter().filter_map(Value::as_str).collect());
    let place = |k: usize, w: &str| match w {
        "export" => t.column(To::Export),
        "stock" => t.column(To::Stock),
        "error" => t.column(To::Error),
        _ => Some(k),
    };
    words.iter().enumerate().filter_map(|(k, w)| place(k, w)).collect()
}

/// Holds a table against everything the command prints about it. `wide`: by every scheme and rule, else by some.
pub fn judge(table: &Table, folder: &Path, wide: bool) -> Tally {
    let mut tally = Tally { tables: 1, ..Tally::default() };
    table.write(folder);
    let Some(t) = Truth::new(table) else {
        tally.singular = 1;
        return tally;
    };
    let kinds = super::draw::KINDS.len() as u64;
    let turn = |k: u64, of: u64| wide || (table.seed / kinds + 7 * (table.seed % kinds) + k).is_multiple_of(of);
    flows(&mut tally, &t, folder);
    responsibility(&mut tally, &t, folder);
    accounts(&mut tally, &t, folder);
    for (k, value) in [false, true].into_iter().enumerate() {
        if turn(k as u64, 2) {
            linked(&mut tally, &t, folder, value);
        }
    }
    for (k, which) in ["total", "regions", "units.csv", "emissions", "value-added"].into_iter().enumerate() {
        if turn(k as u64, 3) {
            solve(&mut tally, &t, folder, which);
        }
    }
    for (k, scheme) in ["kww", "wwz", "borin-mancini-source", "borin-mancini-sink", "eebt", "extraction", "routes"].into_iter().enumerate()
    {
        if turn(k as u64, 4) {
            decompose(&mut tally, &t, folder, scheme, turn(k as u64, 8));
            if wide {
                decompose(&mut tally, &t, folder, scheme, false);
            }
        }
    }
    for (k, duty) in ["shared", "net-flow", "gap-prorata"].into_iter().enumerate() {
        for (p, rule) in ["receiver", "payer", "mean", "min", "max", "national", "nash"].into_iter().enumerate() {
            if turn((k * 7 + p) as u64, 21) {
                compensate(&mut tally, &t, folder, duty, rule);
            }
        }
    }
    tally
}

fn flows(tally: &mut Tally, t: &Truth, folder: &Path) {
    const VIEWS: &str = "origin-sector,product,product-origin,category,net";
    let Some(mut r) = run(tally, t, folder, "flows", &["flows", "table.npz", "--views", VIEWS, "--gdp", "table"]) else { return };
    base(&mut r);
    let routes = t.routes();
    r.matrix(&["routes", "by_region"], &routes);
    let order = destinations(t, &r.json["destinations"]);
    let keep = |row: &[Number]| order.iter().map(|k| row[*k]).collect::<Vec<_>>();
    let flow: Matrix = t.flow().iter().map(|row| keep(row)).collect();
    r.matrix(&["views", "flow"], &flow);
    let sector: Matrix = (0..t.n).map(|i| keep(&t.out[i].iter().map(|x| t.f[i] * *x).collect::<Vec<_>>())).collect();
    r.matrix(&["views", "origin_sector", "value"], &sector);
    let m = t.origins(&t.f);
    let product: Matrix = (0..t.n)
        .map(|i| {
            let mu: Number = m.iter().map(|row| row[i]).sum();
            keep(&t.y[i].iter().map(|y| mu * *y).collect::<Vec<_>>())
        })
        .collect();
    r.matrix(&["views", "product", "value"], &product);
    let mut by_origin = Matrix::new();
    for row in &m {
        by_origin.extend((0..t.n).map(|i| keep(&t.y[i].iter().map(|y| row[i] * *y).collect::<Vec<_>>())));
    }
    r.matrix(&["views", "product_origin", "value"], &by_origin);
    let mut category: Matrix =
        m.iter().map(|row| (0..t.t.y[0].len()).map(|c| (0..t.n).map(|i| row[i] * exact(t.t.y[i][c])).sum()).collect()).collect();
    for (s, row) in category.iter_mut().enumerate() {
        row.extend(flow[s][t.regions..].iter().copied());
    }
    r.matrix(&["views", "category", "value"], &category);
    let net: Matrix =
        (0..t.regions).map(|s| (0..t.regions).map(|k| if s == k { ZERO } else { flow[s][k] - flow[k][s] }).collect()).collect();
    r.matrix(&["views", "net", "value"], &net);
    let gdp: Vec<Number> = (0..t.regions).map(|s| t.over(s, |i| t.va[i])).collect();
    r.array(&["per_gdp", "divisor"], &gdp);
    let (direct, own) = (t.direct(), t.households());
    let all = t.flow();
    let foot = |k: usize| all.iter().map(|row| row[k]).sum::<Number>();
    let away = |s: usize| (0..t.regions).filter(|&k| k != s).map(|k| all[s][k] - all[k][s]).sum::<Number>();
    if gdp.iter().all(|g| !g.is_zero()) {
        let over = |v: &dyn Fn(usize) -> Number| (0..t.regions).map(|s| v(s) / gdp[s]).collect::<Vec<_>>();
        r.array(&["per_gdp", "production"], &over(&|s| direct[s] + own[s]));
        r.array(&["per_gdp", "consumption"], &over(&|s| foot(s) + own[s]));
        r.array(&["per_gdp", "net"], &over(&away));
    }
    r.rest();
}

const PRINCIPLES: [&str; 10] = [
    "production",
    "consumption",
    "shared",
    "income",
    "production-consumption",
    "consumption-income",
    "supply-chain",
    "supply-chain-net",
    "supply-chain-border",
    "value-capture",
];

fn account(r: &mut Run, name: &str, members: &[Number]) {
    let (t, own) = (r.t, r.t.households());
    let regions = &members[..t.regions];
    let with: Vec<Number> = regions.iter().zip(&own).map(|(a, h)| *a + *h).collect();
    r.array(&["responsibility", name], &with);
    r.array(&["responsibility_without_households", name], regions);
    r.covered.insert(format!("responsibility.{name}"));
    for (k, word) in ["abroad", "stock", "error"].into_iter().enumerate() {
        r.one(&["outside", name, word], members[t.regions + k]);
    }
    r.one(&["outside", name, "total_without_households"], members.iter().copied().sum());
}

fn responsibility(tally: &mut Tally, t: &Truth, folder: &Path) {
    let args = ["responsibility", "table.npz", "--all-principles", "--by-emitter"];
    let Some(mut r) = run(tally, t, folder, "responsibility", &args) else { return };
    base(&mut r);
    for name in PRINCIPLES {
        let Some(m) = t.by_emitter(name) else { continue };
        if name != "production" {
            r.matrix(&["by_emitter", name, "value"], &m);
        }
        let members: Vec<Number> = (0..t.regions + 3).map(|k| m.iter().map(|row| row[k]).sum()).collect();
        account(&mut r, name, &members);
    }
    if let Some(members) = t.technology_adjusted() {
        account(&mut r, "technology-adjusted", &members);
    }
    let theta = t.theta();
    r.array(&["theta"], &theta.iter().map(|v| v.0).collect::<Vec<_>>());
    r.rest();
}

fn accounts(tally: &mut Tally, t: &Truth, folder: &Path) {
    let Some(mut r) = run(tally, t, folder, "accounts", &["accounts", "table.npz"]) else { return };
    let (m, own, flow) = (t.origins(&t.f), t.households(), t.flow());
    let width = t.t.products();
    let (mut cba, mut imports) = (vec![ZERO; t.regions * width], vec![ZERO; t.regions * width]);
    for k in 0..t.regions {
        for i in 0..t.n {
            let at = k * width + t.t.product(i);
            let mu = |skip: usize| (0..t.regions).filter(|&s| s != skip).map(|s| m[s][i]).sum::<Number>();
            cba[at] = cba[at] + mu(usize::MAX) * t.y[i][k];
            imports[at] = imports[at] + mu(k) * t.y[i][k];
        }
    }
    let away = |i: usize| (0..t.regions).filter(|&k| k != t.region[i]).map(|k| t.out[i][k]).sum::<Number>();
    let one_row = |v: Vec<Number>| vec![v];
    // products are those of any region, in the order of their first appearance
    let names: Vec<String> =
        r.json["products"].as_array().map_or(Vec::new(), |a| a.iter().filter_map(|p| p[1].as_str().map(String::from)).collect());
    let order: Vec<usize> = names
        .iter()
        .enumerate()
        .filter_map(|(k, name)| Some(k / width * width + name.strip_prefix('s')?.parse::<usize>().ok()? - 1))
        .collect();
    let pick = |v: &[Number]| order.iter().map(|k| v[*k]).collect::<Vec<_>>();
    r.matrix(&["D_pba"], &one_row(t.q.clone()));
    r.matrix(&["D_exp"], &one_row((0..t.n).map(|i| t.f[i] * away(i)).collect()));
    r.matrix(&["D_cba"], &one_row(pick(&cba)));
    r.matrix(&["D_imp"], &one_row(pick(&imports)));
    let by = |of: &dyn Fn(usize) -> Number| vec![(0..t.regions).map(of).collect::<Vec<_>>()];
    let direct = t.direct();
    r.matrix(&["D_pba_reg"], &by(&|s| direct[s] + own[s]));
    r.matrix(&["D_cba_reg"], &by(&|k| flow.iter().map(|row| row[k]).sum::<Number>() + own[k]));
    r.matrix(&["D_imp_reg"], &by(&|k| (0..t.regions).filter(|&s| s != k).map(|s| flow[s][k]).sum()));
    r.matrix(&["D_exp_reg"], &by(&|s| (0..t.regions).filter(|&k| k != s).map(|k| flow[s][k]).sum()));
    r.matrix(&["households"], &vec![own]);
    r.rest();
}

fn linked(tally: &mut Tally, t: &Truth, folder: &Path, value: bool) {
    let factor = if value { "value-added" } else { "emissions" };
    let name = format!("linkages {factor}");
    let more: &[&str] = if value { &["--factor", "value-added"] } else { &[] };
    let Some(mut r) = run(tally, t, folder, &name, &[&["linkages", "table.npz"], more].concat()) else { return };
    let lines = r.json["records"].as_array().cloned().unwrap_or_default();
    for (measure, truth) in linkages(t, value) {
        let size = truth.iter().map(|v| v.abs()).fold(ZERO, larger);
        for (i, line) in lines.iter().enumerate() {
            let found = &line[measure];
            let bound = line.get(format!("{measure}_bound")).and_then(number);
            // the same number under its other name has one bound
            let bound = bound.or_else(|| match measure {
                "upstreamness" => line.get("forward_bound").and_then(number),
                "downstreamness" => line.get("backward_bound").and_then(number),
                _ => None,
            });
            r.hold(measure, &format!("row {i}"), found.as_f64(), bound, truth[i], size);
        }
    }
    r.covered.insert("records".into());
    r.rest();
}

fn solve(tally: &mut Tally, t: &Truth, folder: &Path, which: &str) {
    let file = folder.join("solution.csv");
    let _ = std::fs::remove_file(&file);
    let option = if matches!(which, "emissions" | "value-added") { "--multipliers" } else { "--demand" };
    let name = format!("solve {which}");
    let args = ["solve", "table.npz", option, which, "--solution", "solution.csv"];
    let Some(mut r) = run(tally, t, folder, &name, &args) else { return };
    let unit = |k: usize| (0..t.n).map(|i| if i == k { one() } else { ZERO }).collect::<Vec<_>>();
    let demands: Vec<Vec<Number>> = match which {
        // what the table lists as final use; the remainder of the rows is not among it
        "total" => vec![
            (0..t.n)
                .map(|i| {
                    let listed: Number = t.y[i][..t.to.len() - 1].iter().copied().sum();
                    listed + t.t.error.as_ref().map_or(ZERO, |e| exact(e[i]))
                })
                .collect(),
        ],
        "regions" => (0..t.regions).map(|k| t.y.iter().map(|row| row[k]).collect()).collect(),
        "emissions" => vec![t.f.clone()],
        "value-added" => vec![t.v.clone()],
        _ => (0..t.n).map(unit).chain([(0..t.n).map(|i| exact(if i % 2 == 0 { 1.0 } else { -1.0 })).collect()]).collect(),
    };
    let answers: Vec<Vec<Number>> =
        demands.iter().map(|b| if option == "--demand" { times(&t.b, b) } else { transposed(&t.b, b) }).collect();
    for (k, x) in answers.iter().enumerate() {
        let sum: Number = x.iter().copied().sum();
        let size = x.iter().map(|v| v.abs()).sum::<Number>();
        let found = r.json["columns"][k].clone();
        r.hold("sum", &format!("column {k}"), found["sum"].as_f64(), found.get("bound").and_then(number), sum, size);
    }
    r.covered.insert("columns".into());
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for (i, line) in reader.records().flatten().enumerate() {
        for (k, x) in answers.iter().enumerate() {
            let cell = |c: usize| line.get(c).and_then(|v| v.parse::<f64>().ok());
            let size = x.iter().map(|v| v.abs()).fold(ZERO, larger);
            r.hold("solution", &format!("row {i}, column {k}"), cell(2 + 2 * k), cell(3 + 2 * k), x[i], size);
        }
    }
    r.rest();
}

fn decompose(tally: &mut Tally, t: &Truth, folder: &Path, scheme: &str, value: bool) {
    let factor = if value { "value-added" } else { "emissions" };
    let name = format!("decompose {scheme} {factor}");
    let Some(mut r) = run(tally, t, folder, &name, &["decompose", "table.npz", "--scheme", scheme, "--factor", factor]) else { return };
    let truth = records(t, scheme, value);
    let label = |p: To| match p {
        To::Region(k) => Table::region_name(k),
        To::Export => "abroad".into(),
        To::Stock => "stock".into(),
        To::Error => "error".into(),
    };
    let mut by_key: BTreeMap<(String, String, String, String), Number> = BTreeMap::new();
    for (s, row, partner, term, v) in truth {
        let sector = row.map_or(String::new(), |i| format!("s{}", t.t.product(i) + 1));
        by_key.insert((Table::region_name(s), sector, partner.map_or(String::new(), label), term.to_string()), v);
    }
    // indicators of the source-based scheme are sums of its terms
    let size = by_key.values().map(|v| v.abs()).fold(ZERO, larger);
    let word = |v: &Value, k: &str| v[k].as_str().unwrap_or("").to_string();
    let lines = r.json["records"].as_array().cloned().unwrap_or_default();
    for line in &lines {
        let key = (word(line, "exporter"), word(line, "sector"), word(line, "partner"), word(line, "term"));
        let Some(v) = by_key.get(&key) else {
            let section = r.section(&format!("records, {}", key.3));
            *r.tally.unknown.entry(section).or_default() += 1;
            continue;
        };
        let place = format!("{} {} {} {}", key.0, key.1, key.2, key.3);
        r.hold("records", &place, line["value"].as_f64(), line.get("bound").and_then(number), *v, size);
    }
    r.covered.insert("records".into());
    let sum_of = |exporter: &str, sector: &str, partner: &str, terms: &[&str]| -> Number {
        let fits = |k: &(String, String, String, String)| {
            k.0 == exporter
                && (sector.is_empty() || k.1 == sector)
                && (partner.is_empty() || k.2 == partner)
                && terms.contains(&k.3.as_str())
        };
        by_key.iter().filter(|(k, _)| fits(k)).map(|(_, v)| *v).sum()
    };
    let nine = if scheme == "borin-mancini-source" { records(t, "kww", value) } else { Vec::new() };
    for line in r.json["indicators"].as_array().cloned().unwrap_or_default() {
        let (e, s, p, term) = (word(&line, "exporter"), word(&line, "sector"), word(&line, "partner"), word(&line, "term"));
        let terms: &[&str] = match term.as_str() {
            "DC" => &["DAVAX", "GVCF", "DDC"],
            "DVA" => &["DAVAX", "GVCF"],
            "FC" => &["FVA", "FDC"],
            "GVC" => &["GVCF", "FVA", "FDC", "DDC"],
            "GVCF" => &["GVCF"],
            "GVCB" => &["FVA", "FDC", "DDC"],
            "DAVAX" => &["DAVAX"],
            _ => &[],
        };
        let of_nine =
            |terms: &[&str]| nine.iter().filter(|v| Table::region_name(v.0) == e && terms.contains(&v.3)).map(|v| v.4).sum::<Number>();
        let truth = match term.as_str() {
            "VAX" => of_nine(&["DVA_FIN", "DVA_INT", "DVA_INTrex"]),
            "REF" => of_nine(&["RDV_FIN", "RDV_INT"]),
            _ => sum_of(&e, &s, &p, terms),
        };
        r.hold("indicators", &format!("{e} {s} {p} {term}"), line["value"].as_f64(), line.get("bound").and_then(number), truth, size);
    }
    r.covered.insert("indicators".into());
    r.rest();
}

fn compensate(tally: &mut Tally, t: &Truth, folder: &Path, duty: &str, rule: &str) {
    let name = format!("compensate {duty}");
    let args = ["compensate", "table.npz", "--cost", "cost.csv", "--duty", duty, "--price-rule", rule];
    let Some(mut r) = run(tally, t, folder, &name, &args) else { return };
    base(&mut r);
    let (k, flow) = (t.regions, t.flow());
    let theta = t.theta();
    let costs: Vec<Number> = t.t.costs.iter().map(|c| exact(*c)).collect();
    let mut duties = vec![vec![ZERO; k]; k];
    for payer in 0..k {
        for taker in 0..k {
            let charged = |s: usize, d: usize| if duty == "shared" { (one() - theta[s].0) * flow[s][d] } else { flow[s][d] };
            if payer != taker {
                duties[payer][taker] = (charged(taker, payer) - charged(payer, taker)).positive();
            }
        }
    }
    if duty == "gap-prorata" {
        let Some(m) = t.by_emitter("shared") else { return };
        let direct = t.direct();
        let gap: Vec<Number> = (0..k).map(|s| m.iter().map(|row| row[s]).sum::<Number>() - direct[s]).collect();
        let all: Number = gap.iter().map(|g| (-*g).positive()).sum();
        for (payer, row) in duties.iter_mut().enumerate() {
            for (taker, d) in row.iter_mut().enumerate() {
                *d = if all.is_zero() { ZERO } else { gap[payer].positive() * (-gap[taker]).positive() / all };
            }
        }
    }
    let direct = t.direct();
    let weights: Number = direct.iter().copied().sum();
    let half = exact(0.5);
    let price = |payer: usize, taker: usize| {
        let (a, b) = (costs[payer], costs[taker]);
        match rule {
            "payer" => a,
            "mean" => (a + b) * half,
            "min" => {
                if a < b {
                    a
                } else {
                    b
                }
            }
            "max" => larger(a, b),
            "national" => direct.iter().zip(&costs).map(|(q, c)| *q * *c).sum::<Number>() / weights,
            "nash" => {
                if a > b {
                    (a + b) * half
                } else {
                    b
                }
            }
            _ => b,
        }
    };
    if rule == "national" && weights.is_zero() {
        return;
    }
    let scale = one() / exact(1e8);
    let payments: Matrix = (0..k).map(|p| (0..k).map(|s| duties[p][s] * price(p, s) * scale).collect()).collect();
    let net: Vec<Number> = (0..k).map(|s| (0..k).map(|p| payments[p][s] - payments[s][p]).sum()).collect();
    r.matrix(&["duties"], &duties);
    r.matrix(&["payments"], &payments);
    r.array(&["net"], &net);
    r.one(&["balance"], ZERO);
    let gdp: Vec<Number> = (0..k).map(|s| t.over(s, |i| t.va[i]) * exact(1e4)).collect();
    r.array(&["gdp"], &gdp);
    if gdp.iter().all(|g| !g.is_zero()) {
        r.array(&["net_per_gdp"], &(0..k).map(|s| net[s] * exact(1e8) / gdp[s]).collect::<Vec<_>>());
    }
    r.array(&["theta"], &theta.iter().map(|v| v.0).collect::<Vec<_>>());
    for name in &PRINCIPLES[..6] {
        let Some(m) = t.by_emitter(name) else { continue };
        let members: Vec<Number> = (0..k + 3).map(|c| m.iter().map(|row| row[c]).sum()).collect();
        account(&mut r, name, &members);
    }
    r.rest();
}
