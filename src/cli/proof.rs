//! `--proof DIR`: what another program needs to prove every flow from the published table alone.
//!
//! `x.npy` (n x K, output for each destination), `w.npy` (n) with `w - |A|'w > 0`, `z.npy` (n x R) with
//! `z_s - |A|'z_s >= |E_s f|`, `flow.npy` and `bound.npy` (R x K), `proof.json` with the hash of every file read. Then
//! `|flow - f_s'F(Y_r)| <= z_s'|y_r - x_r + A x_r|`, whatever made x, w and z. `scripts/check_proof.py` does so.

use std::io::Write;
use std::path::Path;

use ndarray::{Array2, ArrayView2};
use serde_json::json;

use super::{note, write};
use crate::error::Result;
use crate::formats::beside::columns::to_npy;
use crate::inputs;
use crate::leontief::Factor;
use crate::report::Report;
use crate::study::Study;
use crate::system::Destination;
use crate::write::folder::Content;

/// Writes the proof of the flows of a report.
pub(super) fn write(study: &Study, folder: &Path, report: &Report) -> Result<()> {
    let (leontief, flows) = (&report.leontief, report.main_flows());
    let multipliers = leontief.multipliers(Factor::Stressor(report.stressor));
    let Some(cover) = &multipliers.cover else {
        note(study, "no proof is written: the system is not proven productive");
        return Ok(());
    };
    let destinations: Vec<String> = flows
        .destinations
        .iter()
        .map(|d| match d {
            Destination::Region(r) => format!("region {r}"),
            Destination::Export => "exports".into(),
            Destination::Stock => "stock".into(),
            Destination::Error => "error".into(),
        })
        .collect();
    let about = json!({
        "isard": env!("CARGO_PKG_VERSION"), "inputs": inputs::all(), "table": leontief.system.table.provenance.files, "stressor": leontief.system.table.stressors[report.stressor].name,
        "regions": report.regions(), "destinations": destinations, "unit": flows.unit,
    });
    let about = format!("{about:#}\n");
    let w = &cover.weight().w;
    let w = ArrayView2::from_shape((w.len(), 1), w).expect("one column");
    let part = |pick: fn(&crate::Bounded) -> f64| flows.flow.map(pick);
    let arrays: [(&str, Array2<f64>); 5] = [
        ("x.npy", leontief.outputs().x.clone()),
        ("w.npy", w.to_owned()),
        ("z.npy", cover.vectors()),
        ("flow.npy", part(|b| b.value)),
        ("bound.npy", part(|b| b.bound)),
    ];
    let contents: Vec<_> = arrays.iter().map(|(_, a)| move |out: &mut dyn Write| out.write_all(&to_npy(a.view()))).collect();
    let about = |out: &mut dyn Write| out.write_all(about.as_bytes());
    let mut files: Vec<(&str, Content)> = vec![("proof.json", &about)];
    files.extend(arrays.iter().zip(&contents).map(|((name, _), content)| (*name, content as Content)));
    write::by_flag(study, Some("proof"), folder, &files)
}
