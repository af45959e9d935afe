//! Every choice of a study, as flags and as keys of a study file.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::words::{method, storage, word};
use crate::audit::ZeroOutput;
use crate::compensation::{Duty, PriceRule, Pricing};
use crate::decompose::views::View;
use crate::error::{Error, Result};
use crate::inventory::Missing;
use crate::io::Encoding;
use crate::labels::{Labels, Language};
use crate::operator::Storage;
use crate::responsibility::{Basis, Level, PassedOn, Principle, Rules, SharingRule};
use crate::solve::{Method, Stopping};
use crate::units::Gwp;

/// A list in a study file, where a single name may stand alone.
fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Vec<PathBuf>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(PathBuf),
        Many(Vec<PathBuf>),
    }
    Ok(Some(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(path) => vec![path],
        OneOrMany::Many(paths) => paths,
    }))
}

macro_rules! options {
    ($($(#[$about:meta])* $group:ident $part:ident $table:literal { $($(#[$meta:meta])* $field:ident : $type:ty),+ $(,)? })+) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Default, Args, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct $group { $($(#[$meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>),+ }

        impl $group {
            /// These options, and `other` wherever they say nothing.
            fn or(self, other: Self) -> Self {
                $group { $($field: self.$field.or(other.$field)),+ }
            }
        })+

        /// Every choice of a study, by group. A command takes the groups that it uses.
        #[derive(Debug, Clone, Default, Args)]
        pub struct Options { $($(#[$about])* #[command(flatten)] pub $part: $group),+ }

        /// The table of a study file that a key belongs to, and its group.
        pub(super) const KEYS: &[(&str, &str, &str)] = &[$($((stringify!($field), $table, stringify!($part))),+),+];

        impl Options {
            /// These options, and `other` wherever they say nothing.
            pub fn or(self, other: Options) -> Options {
                Options { $($part: self.$part.or(other.$part)),+ }
            }

            /// The options as keys and values, in the order of the groups.
            fn values(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut all = serde_json::Map::new();
                $(if let serde_json::Value::Object(own) = serde_json::to_value(&self.$part).expect("options are plain data") {
                    all.extend(own);
                })+
                all
            }

            /// The options from the values of each group.
            pub(super) fn from_groups(mut groups: std::collections::BTreeMap<&'static str, toml::Table>) -> std::result::Result<Self, toml::de::Error> {
                Ok(Options { $($part: groups.remove(stringify!($part)).unwrap_or_default().try_into()?),+ })
            }
        }

        $(impl From<$group> for Options {
            fn from($part: $group) -> Options {
                Options { $part, ..Options::default() }
            }
        })+
    };
}

options! {
    /// Where the table is.
    Placing placing "data" {
        /// Table: a folder (pymrio, long-form CSV), .isard, .zip, .npz, .xls or .xlsx
        #[arg(long, value_name = "PATH", help_heading = "Data")]
        table: PathBuf,
    }
    /// What is read.
    Reading reading "data" {
        /// Sheet of a workbook
        #[arg(long, help_heading = "Data")]
        sheet: String,
        /// Emission rows of a pymrio table, as EXTENSION/ROW; several by repeating the option or separated by commas (a name that
        /// has commas itself is taken whole). In decompose also what is followed: value-added, emissions, or the name of a stressor
        #[arg(long, num_args = 1, value_name = "EXTENSION/ROW", help_heading = "Data")]
        factor: Vec<String>,
        /// Money unit of a table that names none, such as "10^4 yuan"
        #[arg(long, value_name = "UNIT", help_heading = "Data")]
        table_unit: String,
        /// Encoding of text files; default utf8
        #[arg(long, value_parser = word::<Encoding>(), help_heading = "Data")]
        encoding: Encoding,
        /// Emission inventory: CEADs workbook, region x sector matrix, or long form (CSV, .gz)
        #[arg(long, value_name = "FILE", help_heading = "Data")]
        emissions: PathBuf,
        /// Unit of the emissions where no file names it: kg, t, kt, Mt, 10^4 t, "Mt CO2" ...
        #[arg(long, value_name = "UNIT", help_heading = "Data")]
        emissions_unit: String,
        /// Let --table-unit or --emissions-unit replace what a file says, in case the file is wrong; numbers are not converted
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Data")]
        override_unit: bool,
        /// Sector concordance of the inventory (columns source, target), as FILE or FILE:COLUMN
        #[arg(long, value_name = "FILE", help_heading = "Data")]
        concordance: PathBuf,
        /// Regions and sectors that the inventory lacks; default fail
        #[arg(long, value_parser = word::<Missing>(), help_heading = "Data")]
        missing_emissions: Missing,
        /// Emissions and purchases of sectors without output; default fail
        #[arg(long, value_parser = word::<ZeroOutput>(), help_heading = "Data")]
        zero_output: ZeroOutput,
        /// Audit codes to accept at level FAIL, separated by commas
        #[arg(long, value_delimiter = ',', num_args = 1, value_name = "CODES", help_heading = "Data")]
        accept: Vec<String>,
        /// Largest file that is read, counted after it is unpacked, such as 20GB; default half of the available memory
        #[arg(long, value_name = "SIZE", help_heading = "Data")]
        max_size: String,
        /// Stamp on every output, such as MODELLED
        #[arg(long, help_heading = "Data")]
        stamp: String,
        /// Seed of the embedded synthetic table
        #[arg(long, help_heading = "Data")]
        seed: u64,
    }
    /// Which emissions are accounted for.
    Choosing choosing "data" {
        /// Which stressor to account for, by name; default the first
        #[arg(long, help_heading = "Accounting")]
        stressor: String,
    }
    /// How systems are solved.
    Solving solving "solve" {
        /// Method of the solves; default auto
        #[arg(long, value_parser = method(), help_heading = "Solve")]
        method: String,
        /// How A is stored (trade-share with a sparse correction that makes it exact); default auto
        #[arg(long, value_parser = storage(), help_heading = "Solve")]
        operator: String,
        /// Bound to reach, relative to each entry; default 1e-9
        #[arg(long, help_heading = "Solve")]
        tolerance: f64,
        /// Absolute floor of the bounds, as a share of all emissions; default 1e-15
        #[arg(long, help_heading = "Solve")]
        floor: f64,
    }
    /// When solves give up.
    Limiting limiting "solve" {
        /// Passes after which a column gives up; default 10000
        #[arg(long, help_heading = "Solve")]
        max_iter: usize,
        /// Time limit of the solves in seconds; default none
        #[arg(long, value_name = "SECONDS", help_heading = "Solve")]
        max_time: f64,
    }
    /// How responsibility is shared.
    Sharing sharing "share" {
        /// Sharing factor per region, sector, or pair of regions; default region
        #[arg(long, value_parser = word::<Level>(), help_heading = "Accounting")]
        share_level: Level,
        /// Value added in the sharing factor; default own
        #[arg(long, value_parser = word::<Basis>(), help_heading = "Accounting")]
        share_basis: Basis,
        /// Leave exports abroad out of the sharing factor
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting")]
        share_without_exports: bool,
        /// Emissions of exports abroad stay with the exporting region
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting")]
        export_home: bool,
        /// Share that sellers pass on along supply chains, from 0 to 1; default one less value added over net output
        #[arg(long, value_name = "SHARE", help_heading = "Accounting")]
        alpha: f64,
        /// Shares passed on by pair of regions (CSV: origin, destination, alpha; the destination export is abroad)
        #[arg(long, value_name = "FILE", help_heading = "Accounting")]
        alpha_pairs: PathBuf,
        /// Responsibility by region of emission too, for every principle that has one
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting")]
        by_emitter: bool,
        /// Responsibility by every principle; default for run and compensate the six that need few solves
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting")]
        all_principles: bool,
        /// Share of production in the production-consumption mix; default 0.5
        #[arg(long, help_heading = "Accounting")]
        gamma: f64,
    }
    /// In what detail flows are shown.
    Viewing viewing "view" {
        /// Views of the flows, separated by commas
        #[arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<View>(), value_name = "LIST", help_heading = "Views")]
        views: Vec<View>,
        /// Groups of regions to add up over: eight-regions, north-south, or a CSV file (name, group)
        #[arg(long, value_name = "LIST|FILE", help_heading = "Views")]
        group_regions: PathBuf,
        /// Groups of sectors to add up over in the views (CSV: name, group)
        #[arg(long, value_name = "FILE", help_heading = "Views")]
        group_sectors: PathBuf,
        /// Number of largest flows between regions or groups to list
        #[arg(long, value_name = "K", help_heading = "Views")]
        top: usize,
        /// Emissions per unit of GDP: table (its own value added), or a CSV file (region, gdp or gdp_UNIT)
        #[arg(long, value_name = "table|FILE", help_heading = "Views")]
        gdp: PathBuf,
    }
    /// What numbers per head are made with.
    Counting counting "view" {
        /// Persons by region (CSV: region, population or population_10k), for numbers per head
        #[arg(long, value_name = "FILE", help_heading = "Views")]
        population: PathBuf,
    }
    /// Who pays whom, at what price.
    Paying paying "pay" {
        /// Unit abatement costs by region (CSV: region, cost_yuan_per_t; or what isard cost wrote, CSV or JSON), as FILE or FILE:COLUMN; several, by repeating the option or separated by commas, for --sensitivity
        #[arg(long, num_args = 1, value_name = "FILES", help_heading = "Compensation")]
        #[serde(deserialize_with = "one_or_many")]
        cost: Vec<PathBuf>,
        /// One price per tonne for all regions, in yuan
        #[arg(long, help_heading = "Compensation")]
        price: f64,
        /// Duty that payments settle; default shared
        #[arg(long, value_parser = word::<Duty>(), help_heading = "Compensation")]
        duty: Duty,
        /// Price of a tonne between two regions; default receiver
        #[arg(long, value_parser = word::<PriceRule>(), help_heading = "Compensation")]
        price_rule: PriceRule,
        /// Market price per tonne for the rule ets
        #[arg(long, help_heading = "Compensation")]
        ets_price: f64,
        /// The payer's bargaining weight for the rule nash; default 0.5
        #[arg(long, help_heading = "Compensation")]
        bargaining: f64,
        /// Principle behind the gap duties; default shared
        #[arg(long, value_parser = word::<Principle>(), help_heading = "Compensation")]
        gap_principle: Principle,
        /// Warming potentials, for emissions of CH4, N2O and others at a price per tonne of CO2
        #[arg(long, value_parser = word::<Gwp>(), help_heading = "Compensation")]
        gwp: Gwp,
        /// All duties and price rules side by side
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation")]
        compare: bool,
        /// Gaps valued at each region's own cost without closing, marked UNBALANCED, with the residual
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation")]
        unbalanced: bool,
        /// The market optimum on abatement cost curves: those of --curves, or straight lines through the unit costs
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation")]
        market: bool,
        /// Abatement cost curves for --market (CSV: region, kind, a, b, c, max, of)
        #[arg(long, value_name = "FILE", help_heading = "Compensation")]
        curves: PathBuf,
        /// Net payments under every principle, cost source, duty and price rule
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation")]
        sensitivity: bool,
        /// Principles that --sensitivity goes through, separated by commas; default all
        #[arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<Principle>(), value_name = "LIST", help_heading = "Compensation")]
        vary_principles: Vec<Principle>,
        /// Duties that --sensitivity goes through; default all
        #[arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<Duty>(), value_name = "LIST", help_heading = "Compensation")]
        vary_duties: Vec<Duty>,
        /// Price rules that --sensitivity goes through; default all
        #[arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<PriceRule>(), value_name = "LIST", help_heading = "Compensation")]
        vary_rules: Vec<PriceRule>,
        /// Regions that --sensitivity follows, by repeating the option or separated by commas; default the top payer and receiver
        #[arg(long, num_args = 1, value_name = "REGIONS", help_heading = "Compensation")]
        follow: Vec<String>,
    }
    /// What is kept of the solves.
    Tracing tracing "write" {
        /// Write the convergence history to FILE (CSV: solve, method, pass, error / allowed error, active columns)
        #[arg(long, value_name = "FILE", help_heading = "Solve")]
        history: PathBuf,
    }
    /// What proves flows elsewhere.
    Proving proving "write" {
        /// Folder for a proof of every flow, which scripts/check_proof.py checks against the published table without isard
        #[arg(long, value_name = "DIR", help_heading = "Output")]
        proof: PathBuf,
    }
    /// How results are written, and by how many threads.
    Writing writing "write" {
        /// Language of labels; default as in the table, English for the built-in lists
        #[arg(long, value_parser = word::<Language>(), help_heading = "Output")]
        labels: Language,
        /// One JSON object on standard output
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
        json: bool,
        /// Folder for CSV and JSON files; for import a folder or a FILE.isard
        #[arg(long, short, value_name = "DIR", help_heading = "Output")]
        output: PathBuf,
        /// Put an apostrophe before labels in CSV files that a spreadsheet would take for a formula (= + - @)
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
        csv_safe: bool,
        /// Replace an output that isard wrote before
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
        force: bool,
        /// No messages
        #[arg(long, short, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output")]
        quiet: bool,
        /// Threads; default all cores
        #[arg(long, help_heading = "Solve")]
        threads: usize,
    }
}

/// A table named by its place, and the options of the groups that a command uses: others are refused.
macro_rules! inputs {
    ($($(#[$about:meta])* $name:ident: $($part:ident $group:ident),+;)+) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Args)]
        pub struct $name {
            /// Table; without one, the embedded synthetic table
            #[arg(value_name = "TABLE", id = "file")]
            file: Option<PathBuf>,
            #[command(flatten)]
            placing: Placing,
            $(#[command(flatten)]
            $part: $group,)+
        }

        impl $name {
            /// The options, with the table that was named.
            pub fn options(self) -> Options {
                let placing = Placing { table: self.file.or(self.placing.table) };
                Options { placing, $($part: self.$part,)+ ..Options::default() }
            }
        })+
    };
}

inputs! {
    /// What reads tables.
    TableInput: reading Reading, writing Writing;
    /// What compares methods.
    BenchInput: reading Reading, limiting Limiting, writing Writing;
    /// What asks a model.
    ModelInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, writing Writing;
    /// What solves right-hand sides.
    SolveInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, tracing Tracing, writing Writing;
    /// What shows flows.
    FlowsInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, viewing Viewing, counting Counting,
        tracing Tracing, proving Proving, writing Writing;
    /// What shares responsibility.
    SharesInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, sharing Sharing, viewing Viewing,
        counting Counting, tracing Tracing, proving Proving, writing Writing;
    /// What settles payments.
    PaymentsInput: reading Reading, choosing Choosing, solving Solving, limiting Limiting, sharing Sharing, counting Counting,
        paying Paying, tracing Tracing, proving Proving, writing Writing;
}

impl Options {
    /// The choices as a result echoes them: those that bear on its numbers and labels.
    pub fn echo(&self) -> serde_json::Value {
        let silent = ["output", "force", "quiet", "json", "history", "proof", "threads"];
        serde_json::Value::Object(self.values().into_iter().filter(|(key, _)| !silent.contains(&key.as_str())).collect())
    }

    /// The method asked for; `None` for auto.
    pub fn method(&self) -> Result<Option<Method>> {
        match self.solving.method.as_deref() {
            None | Some("auto") => Ok(None),
            Some(name) => name.parse().map(Some),
        }
    }

    /// The storage asked for; `None` for auto.
    pub fn storage(&self) -> Result<Option<Storage>> {
        match self.solving.operator.as_deref() {
            None | Some("auto") => Ok(None),
            Some(name) => name.parse().map(Some),
        }
    }

    /// When to stop.
    pub fn stopping(&self) -> Result<Stopping> {
        let default = Stopping::default();
        let positive = |value: Option<f64>, default: f64, flag: &str| match value {
            None => Ok(default),
            Some(v) if v > 0.0 && v < 1.0 => Ok(v),
            Some(v) => {
                let text = format!("--{flag} must lie between 0 and 1, not {v}: a bound as large as the number itself proves nothing");
                Err(Error::invalid(text, format!("leave it out for {default:e}")))
            }
        };
        let max_time = match self.limiting.max_time {
            None => None,
            Some(v) => Some(
                Duration::try_from_secs_f64(v)
                    .map_err(|_| Error::invalid(format!("--max-time must be seconds, not {v}"), "leave it out for no limit"))?,
            ),
        };
        Ok(Stopping {
            rtol: positive(self.solving.tolerance, default.rtol, "tolerance")?,
            floor: positive(self.solving.floor, default.floor, "floor")?,
            max_iter: self.limiting.max_iter.unwrap_or(default.max_iter),
            max_time,
        })
    }

    /// The sharing rule.
    pub fn sharing(&self) -> SharingRule {
        SharingRule {
            level: self.sharing.share_level.unwrap_or_default(),
            basis: self.sharing.share_basis.unwrap_or_default(),
            without_exports: self.sharing.share_without_exports.unwrap_or(false),
            export_home: self.sharing.export_home.unwrap_or(false),
        }
    }

    /// How every principle is to be computed; reads the shares by pair.
    pub fn rules(&self, labels: &Labels) -> Result<Rules> {
        let passed = match (self.sharing.alpha, &self.sharing.alpha_pairs) {
            (Some(_), Some(_)) => return Err(Error::invalid("both --alpha and --alpha-pairs are given", "keep one of them")),
            (Some(share), None) => PassedOn::Uniform(share),
            (None, Some(file)) => PassedOn::Pairs(crate::io::regional::passed_on(file, self.reading.encoding.unwrap_or_default(), labels)?),
            (None, None) => PassedOn::ValueAdded,
        };
        Ok(Rules { sharing: self.sharing(), gamma: self.sharing.gamma.unwrap_or(0.5), passed, base_only: !self.wants_all_principles() })
    }

    /// Whether principles beyond the base ones are asked for, or needed by what is asked for.
    fn wants_all_principles(&self) -> bool {
        let further = |p: &Principle| !Principle::ALL[..Principle::BASE].contains(p);
        let asked = [self.sharing.all_principles, self.sharing.by_emitter, self.paying.sensitivity].into_iter().any(|o| o.unwrap_or(false));
        asked
            || self.paying.gap_principle.as_ref().is_some_and(further)
            || self.sharing.alpha.is_some()
            || self.sharing.alpha_pairs.is_some()
    }

    /// The price rule with what it needs.
    pub fn pricing(&self) -> Pricing {
        Pricing {
            rule: self.paying.price_rule.unwrap_or_default(),
            ets: self.paying.ets_price,
            bargaining: self.paying.bargaining.unwrap_or(0.5),
        }
    }

    /// Language of labels.
    pub fn language(&self) -> Language {
        self.writing.labels.unwrap_or_default()
    }

    /// Whether to print JSON.
    pub fn json(&self) -> bool {
        self.writing.json.unwrap_or(false)
    }

    /// Whether to leave messages out.
    pub fn quiet(&self) -> bool {
        self.writing.quiet.unwrap_or(false)
    }
}
