//! `isard structural`: why emissions changed between two tables.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, study};
use crate::error::Result;
use crate::study::options::{Choosing, Forming, Limiting, Measuring, Presenting, Reading, Solving, Wording, Writing};
use crate::study::{Analysis, Side, Study};

#[derive(Args)]
#[command(
    after_help = "The factor that is followed: --factor value-added, emissions (the chosen stressor, as without it), or the name of a \
stressor of both tables. Each table has its own sheet and inventory; what is named once holds for both.\n\n\
Examples:\n\
\x20 isard structural SIC.xls SIC.xls --sheet-before 2002-17 --sheet-after 2007-17 \\\n\
\x20     --emissions-before co2_2002.csv --emissions-after co2_2007.csv\n\
\x20 isard structural wiot_1995.npz wiot_2011.npz --factor value-added --json"
)]
pub(super) struct Structural {
    /// The first table
    before: PathBuf,
    /// The second table
    after: PathBuf,
    #[command(flatten)]
    reading: Reading,
    #[command(flatten)]
    choosing: Choosing,
    #[command(flatten)]
    solving: Solving,
    #[command(flatten)]
    limiting: Limiting,
    #[command(flatten)]
    presenting: Presenting,
    #[command(flatten)]
    wording: Wording,
    #[command(flatten)]
    measuring: Measuring,
    #[command(flatten)]
    forming: Forming,
    #[command(flatten)]
    writing: Writing,
    /// Sheet of the first workbook
    #[arg(long, value_name = "SHEET", help_heading = "Data")]
    sheet_before: Option<String>,
    /// Sheet of the second workbook
    #[arg(long, value_name = "SHEET", help_heading = "Data")]
    sheet_after: Option<String>,
    /// Emission inventory of the first table
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    emissions_before: Option<PathBuf>,
    /// Emission inventory of the second table
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    emissions_after: Option<PathBuf>,
}

impl Structural {
    pub(super) fn run(self) -> Result<Outcome> {
        let Structural { reading, choosing, solving, limiting, presenting, wording, measuring, forming, writing, .. } = self;
        let sides = [
            Side { table: self.before, sheet: self.sheet_before, emissions: self.emissions_before, given: None },
            Side { table: self.after, sheet: self.sheet_after, emissions: self.emissions_after, given: None },
        ];
        let study = Study { reading, choosing, solving, limiting, presenting, wording, measuring, forming, writing, ..Study::default() };
        study::run(study, Analysis::Structural(Box::new(sides)))
    }
}
