//! `isard-mpi --export TABLE PREFIX`: A and total demand as plain arrays for other programs, by which `scripts/compare-petsc` compares.
//!
//! `PREFIX.starts` (n + 1 64-bit integers), `PREFIX.columns` (32-bit), `PREFIX.values` and `PREFIX.demand` (doubles: final demand by
//! region, column by column), little-endian.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use isard::error::{Error, Result};
use isard::snapshot;

/// The exit code, where an export is what is asked for.
pub(crate) fn asked() -> Option<ExitCode> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let [option, table, prefix] = &words[..] else { return None };
    if option != "--export" {
        return None;
    }
    Some(match export(Path::new(table), &prefix.to_string_lossy()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    })
}

fn export(table: &Path, prefix: &str) -> Result<()> {
    let file = snapshot::open(table)?;
    let without = file.with_flows_elsewhere()?;
    let rows = file.z_rows(0..file.dim())?;
    let write = |ending: &str, bytes: &mut dyn Iterator<Item = [u8; 8]>, length: usize| {
        let path = format!("{prefix}.{ending}");
        let failed = |e| Error::io(Path::new(&path), "write", e);
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&path).map_err(failed)?);
        for number in bytes {
            out.write_all(&number[..length]).map_err(failed)?;
        }
        out.flush().map_err(failed)
    };
    write("starts", &mut rows.indptr.iter().map(|s| s.to_le_bytes()), 8)?;
    write("columns", &mut rows.indices.iter().map(|j| u64::from(*j).to_le_bytes()), 4)?;
    let coefficient = |(j, v): (&u32, &f64)| (v / without.x[*j as usize]).to_le_bytes();
    write("values", &mut rows.indices.iter().zip(rows.data).map(coefficient), 8)?;
    let (demand, _) = without.demand_by_region();
    write("demand", &mut demand.columns().into_iter().flat_map(|c| c.to_vec()).map(f64::to_le_bytes), 8)
}
