//! `isard detect`: is this table made of trade shares, and how is it best kept and solved?

use clap::Args;
use ndarray::Axis;

use super::load::{Loaded, examine_for};
use super::options::TableInput;
use super::{Outcome, write};
use crate::error::Result;
use crate::operator::detect::EQUAL;
use crate::operator::{Direction, Fit, Misfit, Storage};
use crate::plan::plan;
use crate::report::detection::{Detection, Passes, Recommended};
use crate::report::sheet::Sheet;
use crate::solve::{Method, Prepared, Reason, RelativeResidual, Stopping};
use crate::study::room::Goal;
use crate::system::System;
use crate::table::Table;
use crate::write::csv;

/// What every method is tried to.
const RESIDUAL: f64 = 1e-10;
/// What it may take.
const MOST_PASSES: usize = 300;
/// The methods that are tried; direct LU makes no passes.
const TRIED: [Method; 5] =
    [Method::PowerSeries, Method::Gmres, Method::RegionGaussSeidel, Method::GmresRegionGaussSeidel, Method::TradeShareRefinement];

#[derive(Args)]
#[command(after_help = "Examples:\n\
\x20 isard detect wiot_2011.npz\n\
\x20 isard detect table.isard --json")]
pub(super) struct Detect {
    #[command(flatten)]
    input: TableInput,
}

impl Detect {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = self.input.options();
        let Loaded { table, .. } = examine_for(&options, Goal::System)?;
        let system = System::new(table.clone());
        let misfit = Fit::new(system.rows(), &table.labels.offsets, table.x.as_slice())?.misfit(system.rows(), EQUAL);
        let passes: Vec<Passes> = TRIED.into_iter().map(|method| tried(&system, method)).collect();
        let stored = system.clone().stored(None, false)?;
        let regular = table.labels.offsets.windows(2).all(|w| w[1] - w[0] == table.labels.rows(0).len());
        let (names, products) = products(&table, options.language());
        let detection = Detection {
            table: table.provenance.files.first().map_or("embedded table".into(), |s| s.path.display().to_string()),
            stamp: table.provenance.stamp.clone(),
            regions: table.labels.region_count(),
            products,
            rows: table.dim(),
            regular,
            recommended: recommended(&misfit, &passes, regular, Storage::auto(system.dim(), table.z.nnz(), false)),
            plan: [1, table.labels.region_count()].map(|columns| plan(&stored, columns)).into(),
            misfit,
            names,
            passes,
        };
        let mut document = detection.document();
        let (best, by) = (&detection.recommended, detection.recommended.method);
        let method = by.map_or("none of these methods".into(), |m| format!("--method {m}"));
        let recommended = Sheet::words(format!("Recommended: --operator {}, {method}", best.operator));
        document.sheets.push(recommended.notes([best.because.clone()]));
        for (plan, columns) in detection.plan.iter().zip(["one right-hand side", "one a region"]) {
            let title = format!("Without options, {columns}: {}, {}", plan.storage, plan.method.name());
            document.sheets.push(Sheet::words(title).notes([plan.why.clone()]));
        }
        write::document(&options, document, csv::files)
    }
}

/// The sectors of the region that has most, and how many.
fn products(table: &Table, language: crate::labels::Language) -> (Vec<String>, usize) {
    let rows = (0..table.labels.region_count()).map(|r| table.labels.rows(r)).max_by_key(|rows| rows.len()).unwrap_or(0..0);
    (table.labels.sectors[rows.clone()].iter().map(|s| s.label(language)).collect(), rows.len())
}

/// How many passes a method takes for the sum of all demand.
fn tried(system: &System, method: Method) -> Passes {
    let name = method.name();
    let ready = match Prepared::new(method, &system.given()) {
        Ok(ready) => ready,
        Err(e) => return Passes { method: name, passes: None, reason: None, refused: Some(e.to_string()) },
    };
    let b = system.demand.sum_axis(Axis(1)).insert_axis(Axis(1));
    let stopping = Stopping { max_iter: MOST_PASSES, ..Stopping::default() };
    let found = ready.solve(Direction::Forward, b.view(), &RelativeResidual::new(RESIDUAL, b.view()), &stopping, &|_| true);
    Passes { method: name, passes: Some(found.passes), reason: found.reasons.first().copied(), refused: None }
}

/// The smallest exact form of A, and the method with the fewest passes, the simpler one where two need as many.
fn recommended(misfit: &Misfit, passes: &[Passes], regular: bool, usual: Storage) -> Recommended {
    let works = |p: &&Passes| TRIED.iter().any(|m| m.name() == p.method && m.works_on(usual));
    let converged = passes.iter().filter(|p| p.reason == Some(Reason::Converged)).filter(works);
    let best = converged.min_by_key(|p| p.passes).map(|p| p.method);
    let [csr, dense, _, corrected] = &misfit.forms;
    let other = if usual == Storage::Dense { dense } else { csr };
    if regular && 2 * corrected.bytes <= other.bytes {
        let times = other.bytes as f64 / corrected.bytes.max(1) as f64;
        let exact = if misfit.exact { "exact trade shares" } else { "trade shares with a sparse correction" };
        let method = passes.iter().find(|p| p.method == Method::TradeShareRefinement.name() && p.reason == Some(Reason::Converged));
        return Recommended {
            operator: Storage::TradeShare.name(),
            method: method.map(|p| p.method).or(best),
            because: format!("{exact}: a pass reads {times:.1} times less than {} rows", other.name),
        };
    }
    let because = if !regular && 2 * corrected.bytes <= other.bytes {
        "the trade-share form would be smaller, but needs as many products in every region".to_string()
    } else {
        format!(
            "the trade-share form with its correction would not halve what a pass over {} rows reads; the fit still serves to precondition",
            other.name
        )
    };
    Recommended { operator: usual.name(), method: best, because }
}
