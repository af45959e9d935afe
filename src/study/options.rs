//! Every choice of a study, by group: plain data, keys of a study file, and flags where there is a command.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use super::elsewhere::Engine;
use super::groups::{one_or_many, options};
#[cfg(feature = "cli")]
use super::words::{method, storage, word};
use crate::audit::ZeroOutput;
use crate::compensation::{CostOf, Duty, PriceRule};
use crate::decompose::views::View;
use crate::formats::Encoding;
use crate::inventory::Missing;
use crate::labels::{Language, Tongue};
use crate::responsibility::{Basis, Level, Principle};
use crate::split::RangeOf;
use crate::table::Table;
use crate::units::Gwp;

options! {
    /// Where the table is.
    Placing placing "data" {
        /// Table: a folder (pymrio, long-form CSV), .isard, .zip, .npz, .xls or .xlsx
        #[cfg_attr(feature = "cli", arg(long, value_name = "PATH", help_heading = "Data"))]
        table: PathBuf,
    }
    /// Which tables are put side by side.
    Spanning spanning "data" {
        /// Tables of several years or scenarios, by repeating the option or as further tables: accounts, payments and ranks side by
        /// side
        #[cfg_attr(feature = "cli", arg(long, num_args = 1, value_name = "PATH", help_heading = "Data"))]
        years: Vec<PathBuf>,
    }
    /// What is read.
    Reading reading "data" {
        /// Format of the table, by a name that isard formats lists; default what the content tells
        #[cfg_attr(feature = "cli", arg(long, value_name = "NAME", help_heading = "Data"))]
        format: String,
        /// Description of the layout of the table (TOML), in place of a format; isard import prints one to begin with
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        layout: PathBuf,
        /// Sheet of a workbook, or file of an archive
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Data"))]
        sheet: String,
        /// Emission rows of a pymrio table, as EXTENSION/ROW; several by repeating the option or separated by commas (a name that
        /// has commas itself is taken whole). In decompose also what is followed: value-added, emissions, or the name of a stressor
        #[cfg_attr(feature = "cli", arg(long, num_args = 1, value_name = "EXTENSION/ROW", help_heading = "Data"))]
        factor: Vec<String>,
        /// Money unit of a table that names none, such as "10^4 yuan"
        #[cfg_attr(feature = "cli", arg(long, value_name = "UNIT", help_heading = "Data"))]
        table_unit: String,
        /// Encoding of text files; default utf8
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Encoding>(), help_heading = "Data"))]
        encoding: Encoding,
        /// Emission inventory: CEADs workbook, region x sector matrix, or long form (CSV, .gz)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        emissions: PathBuf,
        /// Unit of the emissions where no file names it: kg, t, kt, Mt, 10^4 t, "Mt CO2" ...
        #[cfg_attr(feature = "cli", arg(long, value_name = "UNIT", help_heading = "Data"))]
        emissions_unit: String,
        /// Let --table-unit or --emissions-unit replace what a file says, in case the file is wrong; numbers are not converted
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Data"))]
        override_unit: bool,
        /// Greenhouse gases as one stressor by warming over 100 years (gwp100-ar4, gwp100-ar5, gwp100-ar6), or stressors by the factors of
        /// FILE (CSV: stressor, with * for any text, factor, unit, result); the new one comes first, in place of its parts
        #[cfg_attr(feature = "cli", arg(long, value_name = "gwp100-ar6|FILE", help_heading = "Data"))]
        characterise: PathBuf,
        /// Sector concordance of the inventory (columns source, target), as FILE or FILE:COLUMN
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        concordance: PathBuf,
        /// Regions and sectors that the inventory lacks; default fail
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Missing>(), help_heading = "Data"))]
        missing_emissions: Missing,
        /// Emissions and purchases of sectors without output; default fail
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<ZeroOutput>(), help_heading = "Data"))]
        zero_output: ZeroOutput,
        /// Audit codes to accept at level FAIL, separated by commas
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_name = "CODES", help_heading = "Data"))]
        accept: Vec<String>,
        /// Largest file that is read, counted after it is unpacked, such as 20GB; default half of the available memory
        #[cfg_attr(feature = "cli", arg(long, value_name = "SIZE", help_heading = "Data"))]
        max_size: String,
        /// Stamp on every output, such as MODELLED
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Data"))]
        stamp: String,
        /// Seed of the embedded synthetic table
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Data"))]
        seed: u64,
    }
    /// How regions and sectors are aggregated before anything is solved.
    Aggregating aggregating "data" {
        /// Regions of the aggregated table (CSV: source, target and, where a region goes to several, weight)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        aggregate_regions: PathBuf,
        /// Sectors of the aggregated table (CSV: source, target and, where a sector goes to several, weight; a column region
        /// limits a line to one region)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        aggregate_sectors: PathBuf,
    }
    /// Into which parts sectors or regions are split, and what is known of them.
    Splitting splitting "data" {
        /// Parts of sectors by their shares of output (CSV: parent, part, share, or value in place of share; region, where it is
        /// not for all)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_shares: PathBuf,
        /// Who buys which part (CSV: part, buyer, share of the part in what the buyer takes of its sector, or value)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_sales: PathBuf,
        /// What each part buys (CSV: part, input, share of the part in what its sector takes of the input, or value)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_inputs: PathBuf,
        /// Emissions of parts (CSV: parent, part, share)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_emissions: PathBuf,
        /// Parts of regions in place of sectors (CSV: parent, part, share, or value in place of share; sector, where a line is about
        /// one sector, a category of demand, final demand or households)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_regions: PathBuf,
        /// With parts of regions: trade between them by gravity, from distances (CSV: origin, destination, distance)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_distances: PathBuf,
        /// How trade of parts falls with distance: distance^-beta; default 1
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Data"))]
        split_beta: f64,
        /// With parts of regions: known trade in place of gravity (CSV: product, origin, destination, value)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Data"))]
        split_trade: PathBuf,
        /// Table whose regions take the place of one region, such as provinces of a nation in a world table
        #[cfg_attr(feature = "cli", arg(long, value_name = "TABLE", help_heading = "Data"))]
        split_nest: PathBuf,
        /// The region that the nested table stands for
        #[cfg_attr(feature = "cli", arg(long, value_name = "REGION", help_heading = "Data"))]
        split_into: String,
        /// Range of each footprint over all splits that agree: both (by purchases and by sales), purchases, which is faster, or none;
        /// default both
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<RangeOf>(), help_heading = "Data"))]
        split_range: RangeOf,
    }
    /// Which flows are left out.
    Dropping dropping "data" {
        /// Leave out flows below this share of their buyer's output; several thresholds, separated by commas, are compared
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_name = "SHARES", help_heading = "Data"))]
        drop_below: Vec<f64>,
    }
    /// Which emissions are accounted for.
    Choosing choosing "data" {
        /// Which stressor to account for, by name; default the first
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Accounting"))]
        stressor: String,
    }
    /// How systems are solved.
    Solving solving "solve" {
        /// Method of the solves; default auto
        #[cfg_attr(feature = "cli", arg(long, value_parser = method(), help_heading = "Solve"))]
        method: String,
        /// How A is stored (trade-share with a sparse correction that makes it exact); default auto
        #[cfg_attr(feature = "cli", arg(long, value_parser = storage(), help_heading = "Solve"))]
        operator: String,
        /// Bound to reach, relative to each entry; default 1e-9
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Solve"))]
        tolerance: f64,
        /// Absolute floor of the bounds, as a share of all emissions; default 1e-15
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Solve"))]
        floor: f64,
    }
    /// When solves give up.
    Limiting limiting "solve" {
        /// Passes after which a column gives up; default 10000
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Solve"))]
        max_iter: usize,
        /// Time limit of the solves in seconds; default none
        #[cfg_attr(feature = "cli", arg(long, value_name = "SECONDS", help_heading = "Solve"))]
        max_time: f64,
    }
    /// Which engine solves.
    Engaging engaging "solve" {
        /// Engine: local, or mpi, whose processes under mpirun or srun share the rows of a snapshot; default local
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Engine>(), help_heading = "Solve"))]
        engine: Engine,
    }
    /// What a long solve keeps for a restart.
    Keeping keeping "solve" {
        /// File that the state of the solve is written to while it goes on, and at SIGTERM or SIGUSR1, which then end it with
        /// exit code 75; removed when the solve is done
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Solve"))]
        checkpoint: PathBuf,
        /// Seconds between two checkpoints; default 600
        #[cfg_attr(feature = "cli", arg(long, value_name = "SECONDS", help_heading = "Solve"))]
        checkpoint_every: f64,
        /// Go on from the checkpoint, if it is there
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Solve"))]
        resume: bool,
    }
    /// How responsibility is shared.
    Sharing sharing "share" {
        /// Theta, the share that a region keeps, by region, sector, or pair of regions; default region
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Level>(), help_heading = "Accounting"))]
        share_level: Level,
        /// Value added in theta; default own
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Basis>(), help_heading = "Accounting"))]
        share_basis: Basis,
        /// Leave exports abroad out of theta
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting"))]
        share_without_exports: bool,
        /// Emissions of exports abroad stay with the exporting region
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting"))]
        export_home: bool,
        /// Share that sellers pass on along supply chains, from 0 to 1; default one less value added over net output
        #[cfg_attr(feature = "cli", arg(long, value_name = "SHARE", help_heading = "Accounting"))]
        alpha: f64,
        /// Shares passed on by pair of regions (CSV: origin, destination, alpha; the destination export is abroad)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Accounting"))]
        alpha_pairs: PathBuf,
        /// Responsibility by region of emission too, for every principle that has one
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting"))]
        by_emitter: bool,
        /// Responsibility by every principle; default for run and compensate the six that need few solves
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Accounting"))]
        all_principles: bool,
        /// Share of production in the production-consumption mix; default 0.5
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Accounting"))]
        gamma: f64,
    }
    /// In what detail flows are shown.
    Viewing viewing "view" {
        /// Views of the flows, separated by commas
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<View>(), value_name = "LIST", help_heading = "Views"))]
        views: Vec<View>,
        /// Groups of regions to add up over: eight-regions, north-south, or a CSV file (name, group)
        #[cfg_attr(feature = "cli", arg(long, value_name = "LIST|FILE", help_heading = "Views"))]
        group_regions: PathBuf,
        /// Groups of sectors to add up over in the views (CSV: name, group)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Views"))]
        group_sectors: PathBuf,
        /// Number of largest flows between regions or groups to list
        #[cfg_attr(feature = "cli", arg(long, value_name = "K", help_heading = "Views"))]
        top: usize,
        /// Emissions per unit of GDP: table (its own value added), or a CSV file (region, gdp or gdp_UNIT)
        #[cfg_attr(feature = "cli", arg(long, value_name = "table|FILE", help_heading = "Views"))]
        gdp: PathBuf,
    }
    /// What numbers per head are made with.
    Counting counting "view" {
        /// Persons by region (CSV: region, population or population_10k), for numbers per head
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Views"))]
        population: PathBuf,
    }
    /// Who pays whom, at what price.
    Paying paying "pay" {
        /// Unit abatement costs by region (CSV: region, cost_yuan_per_t; or what isard cost wrote, CSV or JSON), as FILE or FILE:COLUMN; several, by repeating the option or separated by commas, for --sensitivity
        #[cfg_attr(feature = "cli", arg(long, num_args = 1, value_name = "FILES", help_heading = "Compensation"))]
        #[serde(deserialize_with = "one_or_many")]
        cost: Vec<PathBuf>,
        /// One price per tonne for all regions, in yuan
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Compensation"))]
        price: f64,
        /// Duty that payments settle; default shared
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Duty>(), help_heading = "Compensation"))]
        duty: Duty,
        /// Price of a tonne between two regions; default receiver
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<PriceRule>(), help_heading = "Compensation"))]
        price_rule: PriceRule,
        /// Market price per tonne for the rule ets
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Compensation"))]
        ets_price: f64,
        /// The payer's bargaining weight for the rule nash; default 0.5
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Compensation"))]
        bargaining: f64,
        /// Principle behind the gap duties; default shared
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Principle>(), help_heading = "Compensation"))]
        gap_principle: Principle,
        /// Warming potentials, for emissions of CH4, N2O and others at a price per tonne of CO2
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Gwp>(), help_heading = "Compensation"))]
        gwp: Gwp,
        /// All duties and price rules side by side
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation"))]
        compare: bool,
        /// Gaps valued at each region's own cost without closing, marked UNBALANCED, with the residual
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation"))]
        unbalanced: bool,
        /// The market optimum on abatement cost curves: those of --curves, or straight lines through the unit costs
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation"))]
        market: bool,
        /// What a tonne of a whole duty costs: integral (the mean over all its tonnes; default where a curve exists), marginal (the price of one tonne for all)
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<CostOf>(), help_heading = "Compensation"))]
        cost_of: CostOf,
        /// Abatement cost curves (CSV: region, kind, a, b, c, max, of; or measures: region, measure, tonnes, cost_yuan_per_t)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Compensation"))]
        curves: PathBuf,
        /// Net payments under every principle, cost source, duty and price rule
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Compensation"))]
        sensitivity: bool,
        /// Principles that --sensitivity goes through, separated by commas; default all
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<Principle>(), value_name = "LIST", help_heading = "Compensation"))]
        vary_principles: Vec<Principle>,
        /// Duties that --sensitivity goes through; default all
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<Duty>(), value_name = "LIST", help_heading = "Compensation"))]
        vary_duties: Vec<Duty>,
        /// Price rules that --sensitivity goes through; default all
        #[cfg_attr(feature = "cli", arg(long, value_delimiter = ',', num_args = 1, value_parser = word::<PriceRule>(), value_name = "LIST", help_heading = "Compensation"))]
        vary_rules: Vec<PriceRule>,
        /// Regions that --sensitivity follows, by repeating the option or separated by commas; default the top payer and receiver
        #[cfg_attr(feature = "cli", arg(long, num_args = 1, value_name = "REGIONS", help_heading = "Compensation"))]
        follow: Vec<String>,
    }
    /// What is kept of the solves.
    Tracing tracing "write" {
        /// Write the convergence history to FILE (CSV: solve, method, pass, error / allowed error, active columns)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Solve"))]
        history: PathBuf,
    }
    /// How much of a result stands on the page.
    Paging paging "write" {
        /// Every table, solve, check and verdict in place of one page
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        full: bool,
    }
    /// What is made for readers.
    Presenting presenting "write" {
        /// A page for people: FILE.html with figures, tables, verdicts, methods and sources, in English and Chinese
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE.html", help_heading = "Output"))]
        report: PathBuf,
        /// A workbook: FILE.xlsx with a sheet for each table, and one on methods and sources
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE.xlsx", help_heading = "Output"))]
        workbook: PathBuf,
        /// The tables of a page as text for a manuscript: FILE.md (Markdown) or FILE.tex (LaTeX)
        #[cfg_attr(feature = "cli", arg(long, value_name = "FILE", help_heading = "Output"))]
        tables: PathBuf,
        /// Folder for the drawn figures of a page, each an SVG file: map, heat map, ribbons, curves
        #[cfg_attr(feature = "cli", arg(long, value_name = "DIR", help_heading = "Output"))]
        figures: PathBuf,
    }
    /// In which language isard speaks.
    Wording wording "write" {
        /// Language of headings, notes and messages of text, pages, workbooks and tables, and of labels unless --labels says
        /// otherwise; default en. JSON and CSV keep their keys
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Tongue>(), help_heading = "Output"))]
        lang: Tongue,
    }
    /// In which units results are written.
    Measuring measuring "write" {
        /// Unit of emissions in every output: t, kt, Mt, 10^4 t, 万吨, 亿吨 ...; default that of the table
        #[cfg_attr(feature = "cli", arg(long, value_name = "UNIT", help_heading = "Output"))]
        unit: String,
        /// Unit of money in every output: yuan, 10^4 yuan, 万元, 亿元, million EUR ...; default 10^8 of the currency for payments
        #[cfg_attr(feature = "cli", arg(long, value_name = "UNIT", help_heading = "Output"))]
        money: String,
    }
    /// What proves flows elsewhere.
    Proving proving "write" {
        /// Folder for a proof of every flow, which scripts/check_proof.py checks against the published table without isard
        #[cfg_attr(feature = "cli", arg(long, value_name = "DIR", help_heading = "Output"))]
        proof: PathBuf,
    }
    /// In which form the files of a result are written.
    Forming forming "write" {
        /// One file tidy.csv in place of all CSV files: a record for each number, with region, sector, value, bound and unit
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        tidy: bool,
        /// CSV files for Excel: UTF-8 with a byte order mark, which files with Chinese labels always have
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        excel: bool,
    }
    /// How results are written, and by how many threads.
    Writing writing "write" {
        /// Language of labels; default as in the table, English for the built-in lists
        #[cfg_attr(feature = "cli", arg(long, value_parser = word::<Language>(), help_heading = "Output"))]
        labels: Language,
        /// One JSON object on standard output
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        json: bool,
        /// Folder for CSV and JSON files; for import a folder or a FILE.isard
        #[cfg_attr(feature = "cli", arg(long, short, value_name = "DIR", help_heading = "Output"))]
        output: PathBuf,
        /// Put an apostrophe before labels in CSV files that a spreadsheet would take for a formula (= + - @)
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        csv_safe: bool,
        /// Replace an output that isard wrote before
        #[cfg_attr(feature = "cli", arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        force: bool,
        /// Print nothing but errors; --json and --output write as ever
        #[cfg_attr(feature = "cli", arg(long, short, num_args = 0..=1, require_equals = true, default_missing_value = "true", help_heading = "Output"))]
        quiet: bool,
        /// Threads; default all cores
        #[cfg_attr(feature = "cli", arg(long, help_heading = "Solve"))]
        threads: usize,
    }
}
