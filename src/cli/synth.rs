//! `isard synth`: a synthetic table as a long-form CSV folder.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, print};
use crate::error::Result;
use crate::synth;

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard synth --output provinces\n\
\x20 isard synth --regions 49 --sectors 200 --density 0.3 --output table")]
pub struct Synth {
    /// Folder to write
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// Regions; without it, the 31 x 42 provincial table of the embedded default
    #[arg(long)]
    regions: Option<usize>,
    /// Sectors in each region
    #[arg(long, default_value_t = 10)]
    sectors: usize,
    /// Share of non-zero flows
    #[arg(long, default_value_t = 1.0)]
    density: f64,
    /// Seed
    #[arg(long, default_value_t = super::load::SEED)]
    seed: u64,
}

impl Synth {
    pub fn run(self) -> Result<Outcome> {
        let table = match self.regions {
            None => synth::provinces(self.seed),
            Some(regions) => synth::table(&synth::Settings {
                regions,
                sectors: self.sectors,
                density: self.density,
                seed: self.seed,
                ..synth::Settings::default()
            }),
        };
        crate::io::long::write(&table, &self.output)?;
        print(&format!("SYNTHETIC: {} regions, {} rows in {}\n", table.labels.region_count(), table.dim(), self.output.display()))?;
        Ok(Outcome::Certified)
    }
}
