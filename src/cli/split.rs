//! `isard split`: finer sectors from what is known of them, and what each footprint can be for all that is not.

use std::path::PathBuf;

use clap::Args;

use super::options::SplitInput;
use super::{Outcome, load, note, study, watch, write};
use crate::error::{Error, Result};
use crate::snapshot;
use crate::study::{Analysis, Finer, Study};

#[derive(Args)]
#[command(
    after_help = "With output shares alone the split is proportional: an operator, never a table, and no result of the table changes; \
--output FILE.isard keeps the table and the shares, which every command reads. With sales or inputs rows and columns of the parts are fitted, every cell of the table \
stays the sum of its parts, and imports and value added of a part are those of its sector unless --inputs names them.\n\n\
--regions splits regions in place of sectors, such as provinces into cities: trade between parts starts from output shares, from \
distances or from given trade, and is brought to output and use; every cell of the table stays the sum of its parts. --nest takes \
regions, output, trade and value added of the parts from another table, as shares.\n\n\
Examples:\n\
\x20 isard split table.isard --shares parts.csv                                    emissions of parts, and the range\n\
\x20 isard split table.isard --shares parts.csv --sales sales.csv --inputs inputs.csv --output fine.isard\n\
\x20 isard split table.isard --shares parts.csv --emission-shares emitted.csv --output results\n\
\x20 isard split table.isard --regions cities.csv --distances km.csv --output cities.isard\n\
\x20 isard split table.isard --regions cities.csv --trade known.csv --factors cities.isard    no finer flow is made\n\
\x20 isard split world.isard --nest provinces.isard --into China --output linked.isard"
)]
pub(super) struct Split {
    #[command(flatten)]
    input: SplitInput,
    /// With --output FILE.isard: write a proportional split out as a table, every flow of the parts
    #[arg(long, help_heading = "Output")]
    as_table: bool,
    /// With --regions: write the finer table by its factors, trade shares and technologies, as a snapshot
    #[arg(long, value_name = "FILE.isard", help_heading = "Output")]
    factors: Option<PathBuf>,
}

impl Split {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        if self.as_table && !options.writing.output.as_deref().is_some_and(snapshot::is_named) {
            return Err(Error::no_effect("--as-table has no effect: it needs --output FILE.isard", "leave it out, or name a snapshot"));
        }
        let parted = options.splitting.split_regions.is_some();
        if self.as_table && (parted || options.splitting.split_nest.is_some()) {
            let text = "--as-table has no effect with --split-regions or --split-nest, whose --output is a table";
            return Err(Error::no_effect(text, "leave it out"));
        }
        if let Some(target) = self.factors {
            if !parted {
                return Err(Error::no_effect(
                    "--factors has no effect: it needs --split-regions FILE",
                    "leave it out, or name parts of regions",
                ));
            }
            return factors(options, &target);
        }
        let form = if self.as_table { Finer::Table } else { Finer::Operator };
        study::with_table(options, Analysis::Split(Finer::Operator), Analysis::Split(form))
    }
}

/// The finer table by its factors.
fn factors(mut study: Study, target: &std::path::Path) -> Result<Outcome> {
    if !snapshot::is_named(target) {
        let text = format!("`factors` {}: factors are written as a snapshot", target.display());
        return Err(Error::invalid(text, "name a file FILE.isard"));
    }
    let force = study.writing.force.unwrap_or(false);
    if !write::repeated() {
        snapshot::may_write(target, force)?;
    }
    if study.writing.output.as_deref().is_some_and(snapshot::is_named) {
        let text = "`output` FILE.isard writes the flows that `factors` leaves out";
        return Err(Error::no_effect(text, "name one of the two, or a folder for the results"));
    }
    study.analysis = Analysis::Split(Finer::Factors);
    load::ready(&study)?;
    let results = crate::study::run(&study, &watch(&study))?;
    if let Some(made) = results.factors() {
        write::share_table(made, target, force)?;
        note(&study, &format!("wrote {} ({} regions, {} rows)", target.display(), made.regions.len(), made.dim()));
    }
    study::finish(&study, &results)
}
