//! `isard balance`: a table whose rows and columns do not add up, or are to add up to other numbers, brought to its sums.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::load::{Loaded, examine};
use super::{Outcome, note, watch, write};
use crate::balance::{How, Method, Plan, Scale};
use crate::check::Check;
use crate::error::Result;
use crate::formats::beside::targets;
use crate::report::balance::Report;
use crate::snapshot;
use crate::study::options::{Paging, Placing, Reading, Writing};
use crate::study::{Study, word};

#[derive(Args)]
#[command(
    after_help = "Without targets, rows are brought to the output of the table, purchases of a sector to its output less value added \
and imports; final demand, exports and stock changes are free. A line of --targets replaces one of these:\n\n\
\x20 target,region,sector,buyer_region,buyer,value,standard_error,low,high,name\n\
\x20 row,north,mines,,,120,,,,                        output\n\
\x20 column,,,south,mills,80,4,,,                     purchases, with a standard error (--method kras)\n\
\x20 column,,,south,households,,,50,60,               a range\n\
\x20 cell,north,mines,south,mills,12,,,,              a fixed cell; without a value it stays as it is\n\
\x20 total,north,,south,intermediate,300,,,,trade     the sum of a group of cells\n\n\
Zeros and signs are kept. Targets that no table of this pattern has are refused, with the rows and columns that contradict \
each other.\n\n\
Examples:\n\
\x20 isard balance table.isard --output balanced.isard\n\
\x20 isard balance table.npz --targets outputs_2018.csv --scale columns --output table_2018\n\
\x20 isard balance table.isard --targets surveys.csv --method kras --json"
)]
pub(super) struct Balance {
    /// Table; without one, the embedded synthetic table
    #[arg(value_name = "TABLE", id = "file")]
    file: Option<PathBuf>,
    /// Targets by label: sums of rows and columns, ranges, standard errors, fixed cells, totals of groups (CSV or workbook)
    #[arg(long, value_name = "FILE", help_heading = "Balance")]
    targets: Option<PathBuf>,
    /// How: ras (no negative cells), gras (cells of both signs), kras (targets with standard errors give way to each other)
    #[arg(long, value_parser = word::<Method>(), default_value = "gras", help_heading = "Balance")]
    method: Method,
    /// Largest distance of a sum from its target, relative to it (to 1e-9 of all targets where it is smaller)
    #[arg(long, default_value_t = 1e-9, help_heading = "Balance")]
    tolerance: f64,
    /// Passes over the table after which it ends without having converged
    #[arg(long = "max-iter", alias = "max-passes", value_name = "N", default_value_t = 10_000, help_heading = "Balance")]
    max_passes: usize,
    /// Targets to scale where the totals of rows and columns differ; without it they are refused
    #[arg(long, value_parser = word::<Scale>(), help_heading = "Balance")]
    scale: Option<Scale>,
    /// Keep the published error column as it is; without it, it is dropped and the flows take it up
    #[arg(long, help_heading = "Balance")]
    keep_error: bool,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    writing: Writing,
}

impl Balance {
    pub(super) fn run(self) -> Result<Outcome> {
        let placing = Placing { table: self.file };
        let options = Study { placing, reading: self.reading, writing: self.writing, ..Study::default() };
        let force = options.writing.force.unwrap_or(false);
        if let Some(target) = options.writing.output.as_deref().filter(|t| snapshot::is_named(t) && !write::repeated()) {
            // before long work, not after it
            snapshot::may_write(target, force)?;
        }
        let Loaded { table, findings } = examine(&options)?;
        let encoding = options.reading.encoding.unwrap_or_default();
        let (given, source) = match &self.targets {
            None => (Vec::new(), None),
            Some(path) => targets(path, encoding, &table).map(|(given, source)| (given, Some(source)))?,
        };
        let plan = Plan::new(&table, &given, self.keep_error)?;
        let how = How {
            method: self.method,
            tolerance: self.tolerance,
            max_passes: self.max_passes,
            scale: self.scale,
            watch: watch(&options),
            ..How::default()
        };
        let done = plan.clone().balance(&table, how)?;
        let mut balanced = done.table;
        balanced.provenance.files.extend(source);
        if let Some(target) = &options.writing.output {
            write::table(&balanced, target, None, force)?;
            note(&options, &format!("wrote {}", target.display()));
        }
        let report = Report {
            table: &table,
            balanced: &balanced,
            plan: &plan,
            method: self.method,
            tolerance: self.tolerance,
            findings: &findings,
            options: json!({"table": options.placing.table, "targets": self.targets, "method": self.method, "tolerance": self.tolerance, "max-passes": self.max_passes,
                "scale": self.scale, "keep-error": self.keep_error}),
            language: options.language(),
            outcome: &done.outcome,
            checks: vec![Check::new("sums against their targets", done.outcome.residual(), self.tolerance)],
        };
        // the table is the output; the report goes to the screen or to one object
        let paging = Paging { full: Some(true) };
        let shown = Study { paging, writing: Writing { output: None, ..options.writing.clone() }, ..options };
        write::document(&shown, report.document(), |_| Vec::new())
    }
}
