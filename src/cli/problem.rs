//! What the options of `isard solve` name: a table, a file of trade shares, or flows that stay in their file.

use std::sync::Arc;

use super::load::{self, Loaded};
use super::watch;
use crate::error::{Error, Result};
use crate::formats;
use crate::leontief::source::{Data, Source};
use crate::operator::Storage;
use crate::study::Study as Options;
use crate::study::elsewhere;
use crate::study::room::{self, Goal};
use crate::{memory, snapshot};

/// Reads what the options name: a file of trade shares, or a table, audited.
pub(super) fn read(options: &Options) -> Result<(Data, Source)> {
    if let Some(engine) = elsewhere::engine(options)? {
        let path = elsewhere::snapshot_of(options, engine)?;
        if snapshot::content(path)? == snapshot::Content::Shares {
            options.set_process()?;
            let (data, source) = shares(options, path)?;
            // every process keeps shares of its own
            drop(source);
            return Ok((data, Source::Elsewhere(engine.open(path, false)?.matrix)));
        }
        options.set_process()?;
        let Loaded { table, .. } = elsewhere::table(options, engine, &watch(options))?;
        let rows = engine.open(path, false)?;
        return Ok((Data::Table(table), Source::Elsewhere(rows.matrix)));
    }
    let as_snapshot = options.reading.format.as_deref().is_none_or(|name| name == formats::snapshot::FORMAT.name);
    let path = options.placing.table.as_deref().filter(|p| as_snapshot && snapshot::is_snapshot(p));
    if let Some(path) = path {
        if snapshot::content(path)? == snapshot::Content::Shares {
            options.set_process()?;
            return shares(options, path);
        }
        // what the options change in a table, and its zero rows, are judged with its flows
        if options.storage()? == Some(Storage::TradeShare) && options.reading.emissions.is_none() && options.reading.zero_output.is_none() {
            options.set_process()?;
            return in_file(options, path);
        }
        if matches!(options.storage()?, None | Some(Storage::Dense))
            && let Some((table, flows)) = load::load_full(options, path)?
        {
            return Ok((Data::Table(Arc::new(table)), Source::Full(Box::new(flows))));
        }
    }
    let Loaded { table, .. } = load::load_for(options, Goal::System)?;
    Ok((Data::Table(table), Source::Table))
}

/// Reads a table but for its flows.
fn in_file(options: &Options, path: &std::path::Path) -> Result<(Data, Source)> {
    let flows = snapshot::open(path)?;
    room::shares(path, &flows)?;
    let mut table = flows.without_flows()?;
    table.provenance.files.insert(0, flows.source());
    if let Some(i) = table.x.iter().position(|x| !x.is_finite()) {
        let place = format!("{}: {}", path.display(), table.labels.row_name(i));
        return Err(Error::format(place, format!("output is {}, expected a finite number", table.x[i]), "correct the table"));
    }
    if let Some(stamp) = &options.reading.stamp {
        table.provenance.stamp = Some(stamp.clone());
    }
    Ok((Data::Table(Arc::new(table)), Source::Flows(Box::new(flows))))
}

/// Reads a file of trade shares.
fn shares(options: &Options, path: &std::path::Path) -> Result<(Data, Source)> {
    if options.reading.emissions.is_some() {
        return Err(Error::invalid("--emissions is for tables: a file of trade shares has its own", "leave --emissions out"));
    }
    if let Some(storage) = options.storage()?.filter(|s| *s != Storage::TradeShare) {
        let message = format!("{}: the file holds trade shares, which the {} operator does not keep", path.display(), storage.name());
        return Err(Error::unsupported(message, "leave --operator out"));
    }
    let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
    memory::require(&path.display().to_string(), bytes, "use a machine with more memory")?;
    let mut table = snapshot::read_shares(path)?;
    table.check()?;
    if let Some(stamp) = &options.reading.stamp {
        table.provenance.stamp = Some(stamp.clone());
    }
    Ok(Source::of_shares(table))
}
