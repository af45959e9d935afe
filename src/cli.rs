//! The command: options as plain data, one file per subcommand, each a straight list of calls.
//!
//! Data go to standard output, messages to standard error. Exit code 0: certified; 1: not converged, not certified
//! or not verified; 2: bad input or usage.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::Result;
use crate::labels::Tongue;
use crate::{guard, memory};
use told::{note, print, progress, stream, watch};

mod accounts;
mod aggregate;
mod audit;
mod balance;
mod batch;
mod bench;
mod build;
mod compare;
mod compensate;
mod completions;
mod cost;
mod decompose;
mod detect;
mod doctor;
mod engine;
mod explain;
mod fault;
mod first;
mod flows;
mod formats;
mod import;
mod keep;
mod linkages;
mod load;
mod options;
mod problem;
mod process;
mod progress;
mod proof;
mod responsibility;
mod run;
mod solve;
mod sparsify;
mod split;
mod structural;
mod study;
mod synth;
mod told;
mod tongue;
mod verify;
mod words;
mod write;

const EXAMPLES: &str = "Examples:
  isard run                                         the whole chain on an embedded synthetic table
  isard run study.toml --output results             a study file; every key is also a flag
  isard flows table.npz --json                      flow matrix with bounds, for scripts
  isard flows SIC.xls --sheet 2007-17 --emissions co2_2007_8x17_Mt.csv
  isard formats MRIO2017.xlsx                       which layout a file has, and how that is told
  isard audit MRIO2017.xlsx                         what is wrong with a table
  isard balance table.npz --output balanced.isard   rows and columns brought to their sums
  isard detect wiot_2011.npz                        how near to trade shares, how to solve it
  isard decompose wiot_2011.npz --scheme wwz        sixteen terms of gross exports, by sector and partner
  isard compensate MRIO2017.xlsx --emissions inventory.xlsx --cost cost.csv --price-rule nash
  isard cost panel.csv --output cost                    shadow prices from a panel, for compensate
  isard solve table.isard --demand regions          output for each destination, with bounds
  isard verify results MRIO2017.xlsx                re-check a written result
  isard run --report page.html                      a page with figures, tables and methods, in two languages
  isard explain theta                               what a word of a result means

Exit codes: 0 certified, 1 not converged or not certified, 2 bad input or usage.";

#[derive(Parser)]
#[command(name = "isard", version, long_version = long_version(), about = "Certified embodied carbon on multi-regional input-output tables", after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

// one of them is made in a run
#[allow(clippy::large_enum_variant)]
#[derive(Subcommand)]
enum Command {
    /// The whole chain: audit, flows, routes, responsibility, compensation
    Run(run::Run),
    /// The formats of tables that are read, or which of them a file is
    Formats(formats::Formats),
    /// Check a table before anything is solved
    Audit(audit::Audit),
    /// Bring rows and columns of a table to their sums: RAS, GRAS, KRAS
    Balance(balance::Balance),
    /// One table of many regions from the input-output tables of each, and how far it depends on the choices
    Build(build::Build),
    /// Test how well trade shares reproduce a table, and recommend a storage and a method
    Detect(detect::Detect),
    /// Emissions by region of origin and final destination, with trade routes
    Flows(flows::Flows),
    /// Production, consumption, import and export accounts in pymrio's shapes
    Accounts(accounts::Accounts),
    /// Exports, or emissions, split by origin, way and final use: trade routes, KWW, WWZ, Borin-Mancini, EEBT, extraction
    Decompose(decompose::Decompose),
    /// Backward and forward linkages of every sector, and which are key
    Linkages(linkages::Linkages),
    /// Why emissions changed between two tables
    Structural(structural::Structural),
    /// Who is responsible, by every principle
    Responsibility(responsibility::Responsibility),
    /// Who pays whom how much
    Compensate(compensate::Compensate),
    /// What a tonne less costs in each region, from a panel of inputs, GDP and CO2
    Cost(cost::Cost),
    /// Any right-hand side on a table, by any method and operator, with a proof of the error
    Solve(solve::Solve),
    /// Many scenarios of one table from one plan: demands, changes, draws; in parts, and after kills
    Batch(batch::BatchRun),
    /// Put the parts of a batch together, or list what is missing
    Merge(batch::MergeParts),
    /// Compare methods and operators on a table
    Bench(bench::Bench),
    /// Re-check a written result from the files alone, by another method
    Verify(verify::Verify),
    /// What differs between two results, beyond their bounds or not
    Compare(compare::Compare),
    /// What a word of a result means, its formula and source
    Explain(explain::Explain),
    /// What this machine gives isard: threads, memory, bandwidth
    Doctor(doctor::Doctor),
    /// Read a table of any known layout and write it as a snapshot (.isard) or a long-form CSV folder
    Import(import::Import),
    /// Fewer regions and sectors by concordance, and what that does to every footprint
    Aggregate(aggregate::Aggregate),
    /// Finer sectors from output shares, sales, inputs and emission shares, with the range of all that agree
    Split(split::Split),
    /// What leaving small flows out costs each footprint, proven
    Sparsify(sparsify::Sparsify),
    /// Write a synthetic table as a snapshot (.isard) or a long-form CSV folder
    Synth(synth::Synth),
    /// Print a script that completes commands and options in a shell
    Completions(completions::Completions),
    /// Write manual pages
    Man(completions::Man),
}

/// Version, commit where the build names one, target and features.
fn long_version() -> String {
    use std::env::consts::{ARCH, OS};
    let version = env!("CARGO_PKG_VERSION");
    let commit = option_env!("ISARD_COMMIT").map(|c| format!(" ({c})")).unwrap_or_default();
    let library = [("gnu", cfg!(target_env = "gnu")), ("musl", cfg!(target_env = "musl")), ("msvc", cfg!(target_env = "msvc"))];
    let library = library.iter().find(|l| l.1).map(|l| format!("-{}", l.0)).unwrap_or_default();
    format!("{version}{commit}\ntarget: {ARCH}-{OS}{library}\nfeatures: cli")
}

/// Whether every printed number is certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every number is certified.
    Certified,
    /// Something did not converge, is not certified, or did not verify.
    NotCertified,
    /// A signal ended a solve, whose checkpoint a restart goes on from.
    Suspended,
}

impl From<bool> for Outcome {
    fn from(certified: bool) -> Self {
        if certified { Outcome::Certified } else { Outcome::NotCertified }
    }
}

/// Parses the command line, runs, and says how it went.
pub fn main() -> ExitCode {
    guard::be_silent();
    fault::tell();
    if let Some(code) = first::asked() {
        return code;
    }
    let (words, tongue) = tongue::understood(std::env::args_os());
    tongue::speak(tongue);
    let (matches, cli) = match parsed(words, tongue) {
        Ok(parsed) => parsed,
        Err(usage) => return told::explain(&usage, tongue),
    };
    crate::part::removed_on_signals();
    write::begin(&matches);
    told::end(guard::caught(|| memory::limit_from_environment().and_then(|()| cli.command.run())))
}

/// The command line, and what it says.
fn parsed(words: Vec<OsString>, tongue: Tongue) -> std::result::Result<(ArgMatches, Cli), clap::Error> {
    let matches = command(tongue).try_get_matches_from(words)?;
    let cli = Cli::from_arg_matches(&matches)?;
    Ok((matches, cli))
}

/// Short names of options on the commands that they are made for.
const SHORT: [(&str, &str, &str); 13] = [
    ("aggregate", "aggregate_regions", "to-regions"),
    ("aggregate", "aggregate_sectors", "to-sectors"),
    ("split", "split_shares", "shares"),
    ("split", "split_sales", "sales"),
    ("split", "split_inputs", "inputs"),
    ("split", "split_emissions", "emission-shares"),
    ("split", "split_range", "range"),
    ("split", "split_regions", "regions"),
    ("split", "split_distances", "distances"),
    ("split", "split_beta", "beta"),
    ("split", "split_trade", "trade"),
    ("split", "split_nest", "nest"),
    ("split", "split_into", "into"),
];

/// The command line, where a value may be a negative number: the range of an option refuses it, with what it takes.
fn command(tongue: Tongue) -> clap::Command {
    let takes = |arg: &clap::Arg| {
        let one = arg.get_num_args().is_none_or(|n| n.min_values() > 0);
        arg.get_long().is_some() && one && matches!(arg.get_action(), clap::ArgAction::Set | clap::ArgAction::Append)
    };
    let all = tongue::of_help(Cli::command(), tongue)
        .mut_subcommands(|own| own.mut_args(|arg| if takes(&arg) { arg.allow_negative_numbers(true) } else { arg }));
    SHORT
        .iter()
        .fold(all, |all, &(command, option, short)| all.mut_subcommand(command, |own| own.mut_arg(option, |arg| arg.visible_alias(short))))
}

impl Command {
    fn run(self) -> Result<Outcome> {
        match self {
            Command::Run(c) => c.run(),
            Command::Formats(c) => c.run(),
            Command::Audit(c) => c.run(),
            Command::Balance(c) => c.run(),
            Command::Build(c) => c.run(),
            Command::Detect(c) => c.run(),
            Command::Flows(c) => c.run(),
            Command::Accounts(c) => c.run(),
            Command::Decompose(c) => c.run(),
            Command::Linkages(c) => c.run(),
            Command::Structural(c) => c.run(),
            Command::Responsibility(c) => c.run(),
            Command::Compensate(c) => c.run(),
            Command::Cost(c) => c.run(),
            Command::Solve(c) => c.run(),
            Command::Batch(c) => c.run(),
            Command::Merge(c) => c.run(),
            Command::Bench(c) => c.run(),
            Command::Verify(c) => c.run(),
            Command::Compare(c) => c.run(),
            Command::Explain(c) => c.run(),
            Command::Doctor(c) => c.run(),
            Command::Import(c) => c.run(),
            Command::Aggregate(c) => c.run(),
            Command::Split(c) => c.run(),
            Command::Sparsify(c) => c.run(),
            Command::Synth(c) => c.run(),
            Command::Completions(c) => c.run(command(Tongue::En)),
            Command::Man(c) => c.run(command(Tongue::En)),
        }
    }
}
