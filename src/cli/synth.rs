//! `isard synth`: a synthetic table as a snapshot or a long-form CSV folder.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, print, tongue, write};
use crate::error::{Error, Result};
use crate::synth::{self, GravitySettings, Settings};
use crate::{memory, snapshot};

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard synth --output provinces\n\
\x20 isard synth --regions 49 --sectors 200 --density 0.3 --output table\n\
\x20 isard synth --regions 32 --sectors 31250 --per-column 300 --skew 0.3 --categories 1 --output million.isard\n\
\x20 isard synth --regions 49 --sectors 200 --trade-shares 0.1 --output near.isard\n\
\x20 isard synth --gravity --regions 3142 --sectors 546 --classes 6 --kernels 6 --output counties.isard")]
pub(super) struct Synth {
    /// FILE.isard for a snapshot, or a folder to write
    #[arg(long, short, value_name = "PATH")]
    output: PathBuf,
    /// Replace a snapshot or folder that isard wrote
    #[arg(long)]
    force: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
    /// Regions; without it, the 31 x 42 provincial table of the embedded default
    #[arg(long)]
    regions: Option<usize>,
    /// Seed
    #[arg(long, default_value_t = super::load::SEED)]
    seed: u64,
    #[command(flatten)]
    look: Description,
    #[command(flatten)]
    gravity: Gravity,
}

/// A table by its trade shares.
#[derive(Args)]
struct Gravity {
    /// Write trade shares in place of flows, for any size: technologies by class, gravity between places in the plane
    #[arg(long, requires = "regions")]
    gravity: bool,
    /// Technologies; default 3
    #[arg(long, value_name = "C", requires = "gravity")]
    classes: Option<usize>,
    /// Groups of products that travel alike; default 2
    #[arg(long, value_name = "G", requires = "gravity")]
    kernels: Option<usize>,
}

/// What a table of `--regions` looks like.
#[derive(Args, Default, PartialEq)]
struct Description {
    /// Sectors in each region; default 10
    #[arg(long)]
    sectors: Option<usize>,
    /// Share of non-zero flows, 0 to 1; default 1
    #[arg(long)]
    density: Option<f64>,
    /// Non-zero flows in a column on average (in each row without --skew), in place of the density
    #[arg(long, value_name = "N")]
    per_column: Option<usize>,
    /// Share of the non-zero flows in the fullest tenth of the rows, 0.1 to 0.4; default 0.1, all rows alike
    #[arg(long, value_name = "SHARE")]
    skew: Option<f64>,
    /// Share of inputs and of final demand from the own region, 0 to 1; default 0.8
    #[arg(long, value_name = "SHARE")]
    domestic_share: Option<f64>,
    /// Flows between regions as trade shares times technology, each off by up to MISFIT of it, 0 to 1; default 0
    #[arg(long, value_name = "MISFIT", num_args = 0..=1, default_missing_value = "0")]
    trade_shares: Option<f64>,
    /// Sectors without output
    #[arg(long, value_name = "N")]
    zero_output: Option<usize>,
    /// Share of the flows that are negative, 0 to 1
    #[arg(long, value_name = "SHARE")]
    negative_share: Option<f64>,
    /// Demand categories of each region, 1 or 2; default 2
    #[arg(long)]
    categories: Option<usize>,
}

impl Synth {
    pub(super) fn run(self) -> Result<Outcome> {
        if self.gravity.gravity {
            return self.by_shares();
        }
        let settings = match self.regions {
            Some(regions) => Some(self.look.settings(regions, self.seed)?),
            None if self.look == Description::default() => None,
            None => {
                return Err(Error::invalid("the embedded default has a size and a look of its own", "add --regions for a random table"));
            }
        };
        // before long work, not after it
        write::table_may_write(&self.output, None, self.force)?;
        let table = match settings {
            None => synth::provinces(self.seed),
            Some(settings) => {
                let what = format!("a table of {} regions x {} sectors", settings.regions, settings.sectors);
                memory::require(&what, settings.bytes(), "ask for fewer regions or sectors, or for fewer flows with --per-column")?;
                synth::table(&settings)
            }
        };
        write::table(&table, &self.output, None, self.force)?;
        let (regions, rows, flows) = (table.labels.region_count(), table.dim(), table.z.nnz());
        self.tell(&format!("{regions} regions, {rows} rows, {flows} flows"))
    }
}

impl Synth {
    /// Writes a table by its trade shares.
    fn by_shares(&self) -> Result<Outcome> {
        if self.look != (Description { sectors: self.look.sectors, ..Description::default() }) {
            return Err(Error::invalid("--gravity takes --regions, --sectors, --classes and --kernels only", "leave the other flags out"));
        }
        if !snapshot::is_named(&self.output) {
            let message = format!("{}: trade shares are written as a snapshot", self.output.display());
            return Err(Error::invalid(message, "name FILE.isard with --output"));
        }
        let most = u32::MAX as usize;
        let usual = GravitySettings::default();
        let regions = count("regions", self.regions, 1, most, usual.regions)?;
        let products = count("sectors", self.look.sectors, 1, most, 10)?;
        let settings = GravitySettings {
            regions,
            products,
            classes: count("classes", self.gravity.classes, 1, regions, usual.classes.min(regions))?,
            kernels: count("kernels", self.gravity.kernels, 1, products, usual.kernels.min(products))?,
            seed: self.seed,
            ..usual
        };
        snapshot::may_write(&self.output, self.force)?;
        let what = format!("trade shares of {regions} regions x {products} sectors");
        memory::require(&what, settings.bytes(), "ask for fewer regions, sectors or kernels")?;
        let table = synth::gravity(&settings);
        write::share_table(&table, &self.output, self.force)?;
        let (rows, classes, kernels) = (table.dim(), settings.classes, settings.kernels);
        self.tell(&format!("{regions} regions, {rows} rows, {classes} technologies, {kernels} kernels"))
    }

    /// Says what was written.
    fn tell(&self, what: &str) -> Result<Outcome> {
        if !self.quiet {
            print(&tongue::told(&format!("SYNTHETIC: {what} in {}\n", self.output.display())))?;
        }
        Ok(Outcome::Certified)
    }
}

impl Description {
    /// The settings of these flags.
    fn settings(&self, regions: usize, seed: u64) -> Result<Settings> {
        let usual = Settings::default();
        if self.density.is_some() && self.per_column.is_some() {
            return Err(Error::invalid("--density and --per-column both say how many flows there are", "give one of them"));
        }
        let settings = Settings {
            regions: count("regions", Some(regions), 1, u32::MAX as usize, usual.regions)?,
            sectors: count("sectors", self.sectors, 1, u32::MAX as usize, 10)?,
            density: share("density", self.density, 0.0, 1.0, usual.density)?,
            skew: share("skew", self.skew, 0.1, 0.4, usual.skew)?,
            categories: count("categories", self.categories, 1, 2, usual.categories)?,
            trade_shares: self.trade_shares.map(|misfit| share("trade-shares", Some(misfit), 0.0, 1.0, 0.0)).transpose()?,
            domestic_share: share("domestic-share", self.domestic_share, 0.0, 1.0, usual.domestic_share)?,
            negative_share: share("negative-share", self.negative_share, 0.0, 1.0, usual.negative_share)?,
            seed,
            ..usual
        };
        let n = settings.dim().filter(|n| u32::try_from(*n).is_ok()).ok_or_else(|| {
            let message = format!("{regions} regions x {} sectors are more rows than column numbers of 32 bits reach", settings.sectors);
            Error::unsupported(message, "ask for fewer regions or sectors")
        })?;
        if settings.trade_shares.is_some() && regions == 1 {
            return Err(Error::invalid("--trade-shares needs trade: there is one region", "ask for more --regions"));
        }
        Ok(Settings {
            per_column: self.per_column.map(|k| count("per-column", Some(k), 1, n, 0)).transpose()?,
            zero_output: count("zero-output", self.zero_output, 0, n - 1, 0)?,
            ..settings
        })
    }
}

/// A flag within its range, or the default.
fn within<T: PartialOrd + std::fmt::Display>(flag: &str, kind: &str, value: Option<T>, range: (T, T), default: T) -> Result<T> {
    match value {
        None => Ok(default),
        Some(v) if v >= range.0 && v <= range.1 => Ok(v),
        Some(v) => Err(Error::range(format!("--{flag} must be {kind} from {} to {}, not {v}", range.0, range.1), "see isard synth --help")),
    }
}

fn share(flag: &str, value: Option<f64>, low: f64, high: f64, default: f64) -> Result<f64> {
    within(flag, "a share", value, (low, high), default)
}

fn count(flag: &str, value: Option<usize>, low: usize, high: usize, default: usize) -> Result<usize> {
    within(flag, "a whole number", value, (low, high), default)
}
