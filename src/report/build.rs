//! A build as sheets: the choices with their reasons, transit, what closed each product, how far rows and columns were brought;
//! and a spread: every variant, the ranges, what each choice does.

use ndarray::Array1;
use serde_json::{Value, json};

use super::document::{Document, Head};
use super::sheet::{Axis, Cell, Key, Layout, Sheet};
use crate::bounded::Bounded;
use crate::build::{Built, Choices, Closing, Imports, Prior, Range, Transit, Variant, effect, range};
use crate::check::Check;
use crate::finding::{Finding, Level};
use crate::labels::{Language, Name};
use crate::leontief::footprints::Footprints;
use crate::solve::Reason;
use crate::table::Table;
use crate::verdict::Verdict;

/// Largest distance of columns, shares and rows from what they must be.
pub const TOLERANCE: f64 = 1e-9;

/// What is reported of one build.
pub struct Report<'a> {
    /// What was built.
    pub built: &'a Built,
    /// What trade started from.
    pub prior: &'a Prior,
    /// What the audit says of the table.
    pub findings: &'a [Finding],
    /// The options, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// What method2 6.4 asserts, each with what was found.
    pub checks: Vec<Check>,
    /// Emissions for the final demand of each region, where the table is kept by its trade shares and has emissions.
    pub footprints: Option<&'a Footprints>,
    /// The absolute floor of bounds, as a share of all emissions.
    pub floor: f64,
    /// The bound to reach, relative to each number.
    pub tolerance: f64,
}

/// What must hold of a build with its flows.
pub fn checks(built: &Built) -> Vec<Check> {
    checks_of(built, &built.table.purchases(), &built.table.row_imbalance())
}

/// What must hold of a build: `bought` by each sector from all rows (n), and what each row is off from its output (n).
pub fn checks_of(built: &Built, bought: &Array1<f64>, off: &Array1<f64>) -> Vec<Check> {
    let table = &built.table;
    let (mut worst_row, mut worst_column) = (0.0_f64, 0.0_f64);
    let largest = table.x.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    for (i, left) in off.iter().enumerate() {
        worst_row = worst_row.max(left.abs() / table.x[i].abs().max(TOLERANCE * largest));
    }
    for (j, column) in built.used.iter().flat_map(|z| z.columns().into_iter().map(|c| c.sum())).enumerate() {
        let all = bought[j] + table.imports.as_ref().map_or(0.0, |m| m[j]) - built.apart(j);
        worst_column = worst_column.max((all - column).abs() / column.abs().max(TOLERANCE * largest));
    }
    vec![
        Check::new("shares of a product in a region add to 1", built.share_gap(), TOLERANCE),
        Check::new("trade against outflow and inflow", built.trade_residual, TOLERANCE),
        Check::new("columns against the regional tables", worst_column, TOLERANCE),
        Check::new("rows with the error column against output", worst_row, TOLERANCE),
    ]
}

impl<'a> Report<'a> {
    /// All there is to say.
    pub fn document(&'a self) -> Document<'a> {
        let table = &self.built.table;
        let mut d =
            Document { head: head(table, self.findings, &self.options, self.language), checks: &self.checks, ..Document::default() };
        let mut verdict = Verdict::new("build", TOLERANCE);
        self.checks.iter().for_each(|check| verdict.check(check));
        self.failed(&mut verdict);
        d.verdicts = vec![verdict];
        let (built, fit) = (self.built, &self.built.fit);
        d.put("variant", built.choices.name());
        d.put("choices", built.choices_json());
        d.put("trade", self.prior.told());
        d.put("unit", table.unit.as_str());
        let passed = &built.passed;
        d.put(
            "transit",
            json!({"between": passed.between, "abroad": passed.abroad, "imported": passed.imported, "exported": passed.exported,
                "turned": passed.turned, "left": passed.left}),
        );
        d.put("unsupplied", json!(built.unsupplied.iter().map(|&(r, i)| self.pair(r, i)).collect::<Vec<_>>()));
        d.put("passes", fit.passes);
        d.put("error_share_before", fit.before);
        d.put("error_share", built.error_share());
        d.sheets = vec![choices(&built.choices, self.prior), self.steps(), self.closed()];
        if !built.flows {
            d.note(["the table is kept by its trade shares: its flows were not made and not audited".to_string()]);
        }
        if let Some(found) = self.footprints {
            self.proven(found, &mut d);
        }
        d
    }

    /// A table that other commands refuse is no result that stands.
    fn failed(&self, verdict: &mut Verdict) {
        let mut codes: Vec<&str> = self.findings.iter().filter(|f| f.level == Level::Fail).map(|f| f.code).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            verdict.refuse(format!("the audit fails: {code}; `accept` {code} takes the table as it is"));
        }
    }

    /// Emissions for final demand, judged.
    fn proven(&self, found: &'a Footprints, d: &mut Document<'a>) {
        let labels = &self.built.table.labels;
        let names: Vec<Vec<String>> = labels
            .regions
            .iter()
            .map(|n| n.label(self.language))
            .chain(["exports", "error"].map(str::to_string))
            .map(|name| vec![name])
            .collect();
        let mut verdict = Verdict::new("footprints", self.tolerance);
        verdict.judge("footprint", self.floor * found.direct.value.abs(), found.values.iter().copied(), |k| names[k][0].clone());
        if found.reason != Reason::Converged {
            verdict.refuse(format!("the passes ended: {}", found.reason));
        }
        let gap = found.values.iter().fold(Bounded::ZERO, |sum, v| sum + *v) - found.direct;
        let limit = gap.bound.max(TOLERANCE * found.direct.value.abs()) / found.direct.value.abs().max(f64::MIN_POSITIVE);
        let check =
            Check::new("footprints against all emissions", gap.value.abs() / found.direct.value.abs().max(f64::MIN_POSITIVE), limit);
        verdict.check(&check);
        d.verdicts.push(verdict);
        d.put("footprint_unit", found.unit.as_str());
        d.put("footprint_method", found.method);
        d.put("footprint_passes", found.passes);
        d.list("footprint", &found.values);
        let values = &found.values;
        let cells = move |k: usize| vec![values[k].into()];
        let sheet = Sheet::new(Axis::parts(&["region"], names), Axis::columns([("emissions", "emissions_bound")]), Layout::Beside, cells)
            .page(format!("{} of production for the final demand of each region, {}", found.name, found.unit))
            .key(Key::Records("footprints".into()));
        d.sheets.push(sheet);
    }

    fn pair(&self, region: usize, product: usize) -> String {
        self.built.table.labels.row_name(region * self.built.imported.ncols() + product)
    }

    fn steps(&self) -> Sheet<'_> {
        let (built, fit, table) = (self.built, &self.built.fit, &self.built.table);
        let p = &built.passed;
        let money = |v: f64| format!("{v:.6e} {}", table.unit);
        let total = |of: fn(&crate::build::Closed) -> f64| built.closed.iter().map(of).sum::<f64>();
        let mut lines = vec![
            ("inflow that leaves as outflow", money(p.between)),
            ("imports that leave as exports", money(p.abroad)),
            ("imports that leave as outflow", format!("{}, imports of the regions that take inflow", money(p.imported))),
            ("inflow that leaves as exports", format!("{}, exports of the regions that send outflow", money(p.exported))),
            ("outflow before closing", money(total(|c| c.outflow))),
            ("inflow before closing", money(total(|c| c.inflow))),
            ("trade between regions", money(total(|c| c.total))),
            ("error column before RAS", format!("{:.4} % of output", 100.0 * fit.before)),
            ("error column", format!("{:.6} % of output, after {} passes", 100.0 * built.error_share(), fit.passes)),
        ];
        if p.turned > 0.0 {
            lines.push(("negative inflow and imports", format!("{} became outflow and exports", money(p.turned))));
        }
        if p.left > 0.0 {
            lines.push(("own supply below 0", format!("{}: published errors; it is in the error column", money(p.left))));
        }
        if let Some(&(r, i)) = built.unsupplied.first() {
            let count = built.unsupplied.len();
            lines.push(("used and supplied by no region", format!("{count}, the first {}; taken from the region itself", self.pair(r, i))));
        }
        Sheet::words("What was done (arithmetic on published numbers, no bounds)")
            .notes(lines.into_iter().map(|(what, value)| format!("{what:<32}   {value}")))
    }

    /// Every product: totals and scalings.
    fn closed(&self) -> Sheet<'_> {
        let closed = &self.built.closed;
        let sectors = &self.built.table.labels.sectors;
        let language = self.language;
        let rows = Axis::made(&["product"], closed.len(), move |i| vec![sectors[i].label(language)]);
        let columns = Axis::plain(&["outflow", "inflow", "trade", "outflow factor", "inflow factor"]);
        let cells = move |i: usize| {
            let c = &closed[i];
            [c.outflow, c.inflow, c.total, c.scalings[0], c.scalings[1]].map(Cell::from).to_vec()
        };
        Sheet::new(rows, columns, Layout::Beside, cells)
            .page("Outflow against inflow, without transit, by product (no bounds)")
            .key(Key::Records("closing".into()))
    }
}

fn head<'a>(table: &'a Table, findings: &'a [Finding], options: &Value, language: Language) -> Head<'a> {
    let labels = &table.labels;
    Head {
        about: format!("{} regional tables: {} rows, {}", labels.region_count(), table.dim(), table.unit),
        stamp: table.provenance.stamp.as_deref(),
        language,
        regions: labels.regions.clone(),
        findings: vec![findings.into()],
        provenance: json!(table.provenance),
        options: options.clone(),
        ..Head::default()
    }
}

/// The choices with their reasons.
fn choices<'a>(choices: &Choices, prior: &Prior) -> Sheet<'a> {
    let lines = choices.lines().map(|(name, value, why)| format!("{name:<8} {value:<10} {why}"));
    let told = prior.told();
    Sheet::words("Choices").notes(lines.into_iter().chain([told.trim_start_matches("build: ").to_string()]))
}

/// What is reported of a spread.
pub struct Spread<'a> {
    /// A table of the regions, for names and provenance.
    pub table: &'a Table,
    /// The variants that were run.
    pub variants: &'a [Variant],
    /// How many there are in all.
    pub all: usize,
    /// The options, echoed.
    pub options: Value,
    /// Language of labels.
    pub language: Language,
    /// Unit of the emissions.
    pub unit: String,
    /// The verdict on the numbers.
    pub verdict: Verdict,
}

const PARTS: [&str; 3] = ["own", "other", "export"];

impl<'a> Spread<'a> {
    /// All there is to say.
    pub fn document(&'a self) -> Document<'a> {
        let mut d = Document { head: head(self.table, &[], &self.options, self.language), ..Document::default() };
        d.verdicts = vec![self.verdict.clone()];
        d.put("variants", self.all);
        d.put("run", self.variants.len());
        let ranges: Vec<(String, Range)> =
            PARTS.iter().enumerate().map(|(k, name)| ((*name).to_string(), range(self.variants, |v| v.shares[k]))).collect();
        let title = format!("{} of {} variants: shares of own / other regions' / foreign final demand", self.variants.len(), self.all);
        d.sheets = vec![
            self.ranges(title, "share", ranges).key(Key::Records("shares".into())),
            self.effects(),
            self.ranges(
                format!("Emissions for the final demand of each region, {}", self.unit),
                "region",
                self.table
                    .labels
                    .regions
                    .iter()
                    .enumerate()
                    .map(|(r, n)| (self.name(n), range(self.variants, |v| v.footprints[r])))
                    .collect(),
            )
            .key(Key::Records("footprints".into())),
            self.each(),
        ];
        d
    }

    fn name(&self, name: &Name) -> String {
        name.label(self.language)
    }

    fn ranges(&'a self, title: String, what: &str, ranges: Vec<(String, Range)>) -> Sheet<'a> {
        let named: Vec<Vec<String>> = ranges.iter().map(|r| vec![r.0.clone()]).collect();
        let columns = Axis::columns([
            ("least", "least_bound"),
            ("largest", "largest_bound"),
            ("variant of the least", ""),
            ("variant of the largest", ""),
        ]);
        let cells = move |k: usize| {
            let Range { least, largest } = ranges[k].1;
            let name = |at: usize| Cell::from(self.variants[at].choices.name());
            vec![least.0.into(), largest.0.into(), name(least.1), name(largest.1)]
        };
        Sheet::new(Axis::parts(&[what], named), columns, Layout::Beside, cells).page(title)
    }

    /// What each choice does to the shares, the others being the same.
    fn effects(&'a self) -> Sheet<'a> {
        let mut found = Vec::new();
        let mut look = |name: &str, moved: &dyn Fn(&Choices, &Choices) -> bool| {
            found.extend(effect(self.variants, moved).map(|shares| (name.to_string(), shares)));
        };
        for to in [Closing::ScaleIn, Closing::ScaleOut, Closing::Slack] {
            let name = format!("closing: mean to {}", to.told().0);
            look(&name, &|a, b| a.closing == Closing::Mean && *b == Choices { closing: to, ..*a });
        }
        look("transit: least to all", &|a, b| a.transit == Transit::Least && *b == Choices { transit: Transit::All, ..*a });
        look("imports: use to supply", &|a, b| a.imports == Imports::Use && *b == Choices { imports: Imports::Supply, ..*a });
        for (from, to) in [(0.0, 1.0), (1.0, 2.0)] {
            look(&format!("beta: {from} to {to}"), &|a, b| a.beta == from && *b == Choices { beta: to, ..*a });
        }
        let names: Vec<Vec<String>> = found.iter().map(|f| vec![f.0.clone()]).collect();
        let columns = Axis::columns(PARTS.map(|p| (p, format!("{p}_bound"))));
        let cells = move |k: usize| found[k].1.map(Cell::from).to_vec();
        Sheet::new(Axis::parts(&["choice"], names), columns, Layout::Beside, cells)
            .page("What a choice does to the shares, mean over the others")
            .key(Key::Records("effects".into()))
    }

    fn each(&'a self) -> Sheet<'a> {
        let rows = Axis::made(&["variant"], self.variants.len(), |k| vec![self.variants[k].choices.name()]);
        let bounds = PARTS.map(|p| (p.to_string(), format!("{p}_bound")));
        let more = [("error".to_string(), "error_bound".to_string()), ("output left over".into(), String::new())];
        let cells = |k: usize| {
            let v = &self.variants[k];
            v.shares.iter().copied().chain([v.error]).map(Cell::from).chain([v.left.into()]).collect()
        };
        Sheet::new(rows, Axis::columns(bounds.into_iter().chain(more)), Layout::Beside, cells)
            .page("Variants (error: emissions of the error column as a share of all)")
            .key(Key::Records("each".into()))
    }
}
