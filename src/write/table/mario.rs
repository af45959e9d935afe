//! MARIO's folder of CSV files (1.3): `Z Y X V E EY VY units`, with the levels Sector, Consumption category, Factor of production and
//! Satellite account. MARIO needs value added and accounts: where the table has none, a row `-` of zeros stands for them.

use std::collections::BTreeSet;

use super::{Form, Frame, Header, columns, demand_everywhere, flows, households, line, only_core, rows};
use crate::error::{Error, Result};
use crate::table::Table;
use crate::write::folder::Folder;

const COMMA: u8 = b',';

/// What stands for rows that there are none of.
pub(super) const NONE: &str = "-";

/// Refuses what has no place in the layout.
pub(super) fn writable(table: &Table, form: Form) -> Result<()> {
    only_core(table, form)?;
    demand_everywhere(&table.labels, form)?;
    let labels = &table.labels;
    let sectors = |r: usize| labels.sectors[labels.rows(r)].iter().map(|s| &s.given).collect::<BTreeSet<_>>();
    let categories = |r: usize| labels.categories[labels.demand(r)].iter().map(|s| &s.given).collect::<BTreeSet<_>>();
    match (1..labels.region_count()).find(|&r| sectors(r) != sectors(0) || categories(r) != categories(0)) {
        None => Ok(()),
        Some(r) => {
            let text = format!(
                "{} has other sectors or categories of final demand than {}, and MARIO needs the same in all regions",
                labels.regions[r].given, labels.regions[0].given
            );
            Err(Error::unsupported(text, "write one of the forms long, pymrio and matrices, or a snapshot"))
        }
    }
}

/// (level, item, unit) of all items.
pub(super) fn units(table: &Table) -> Vec<[String; 3]> {
    let mut seen = BTreeSet::new();
    let sectors = table.labels.sectors.iter().map(|s| s.given.clone()).filter(|s| seen.insert(s.clone())).collect::<Vec<_>>();
    let mut all: Vec<[String; 3]> = sectors.into_iter().map(|s| ["Sector".into(), s, table.unit.clone()]).collect();
    let none = |empty: bool| empty.then(|| NONE.to_string());
    let added = table.value_added.iter().map(|(n, _)| n.given.clone()).chain(none(table.value_added.is_empty()));
    all.extend(added.map(|n| ["Factor of production".into(), n, table.unit.clone()]));
    let accounts = table.stressors.iter().map(|s| (s.name.clone(), s.unit.clone()));
    let accounts = accounts.chain(none(table.stressors.is_empty()).map(|n| (n, "None".into())));
    all.extend(accounts.map(|(n, u)| ["Satellite account".into(), n, u]));
    all
}

/// Value added or emissions of row `k`, or zeros.
pub(super) fn numbers<'t>(list: impl Iterator<Item = &'t ndarray::Array1<f64>>, k: usize, n: usize, row: &mut Vec<f64>) {
    row.clear();
    row.extend(list.skip(k).take(1).flatten());
    row.resize(n, 0.0);
}

/// Writes all files.
pub(super) fn fill(table: &Table, folder: &mut Folder) -> Result<()> {
    let (rows, columns) = (rows(&table.labels), columns(&table.labels));
    let header = |labels: &[[&str; 2]], level: &str| -> Header {
        let of = |k: usize| labels.iter().map(|l| l[k].to_string()).collect();
        vec![("Region", of(0)), ("Level", vec![level.to_string(); labels.len()]), ("Item", of(1))]
    };
    let (over_rows, over_columns) = (header(&rows, "Sector"), header(&columns, "Consumption category"));
    let frame = |header: &Header, index, rows| Frame { separator: COMMA, index, header: header.clone(), rows };
    let three: &[&str] = &["Region", "Level", "Item"];
    let by_row: Vec<Vec<String>> = rows.iter().map(|r| vec![r[0].into(), "Sector".into(), r[1].into()]).collect();
    let (z, y) = (frame(&over_rows, three, by_row.clone()), frame(&over_columns, three, by_row));
    folder.add("Z.csv", &|out| z.write(out, |i, row| flows(table, i, row)))?;
    folder.add("Y.csv", &|out| {
        y.write(out, |i, row| {
            row.clear();
            row.extend(table.y.row(i));
        })
    })?;
    folder.add("X.csv", &|out| {
        line(out, COMMA, &["Region", "Level", "Item", "production"])?;
        rows.iter().zip(&table.x).try_for_each(|(r, x)| line(out, COMMA, &[r[0], "Sector", r[1], &x.to_string()]))
    })?;
    let units = units(table);
    let named = |level: &str| -> Vec<Vec<String>> { units.iter().filter(|u| u[0] == level).map(|u| vec![u[1].clone()]).collect() };
    let (added, accounts) = (named("Factor of production"), named("Satellite account"));
    let (n, d) = (rows.len(), columns.len());
    let item: &[&str] = &["Item"];
    let v = frame(&over_rows, item, added.clone());
    folder.add("V.csv", &|out| v.write(out, |k, row| numbers(table.value_added.iter().map(|(_, v)| v), k, n, row)))?;
    let vy = frame(&over_columns, item, added);
    folder.add("VY.csv", &|out| {
        vy.write(out, |_, row| {
            row.clear();
            row.resize(d, 0.0);
        })
    })?;
    let e = frame(&over_rows, item, accounts.clone());
    folder.add("E.csv", &|out| e.write(out, |k, row| numbers(table.stressors.iter().map(|s| &s.direct), k, n, row)))?;
    let ey = frame(&over_columns, item, accounts);
    folder.add("EY.csv", &|out| {
        ey.write(out, |k, row| match table.stressors.get(k) {
            Some(_) => households(table, k, row),
            None => {
                row.clear();
                row.resize(d, 0.0);
            }
        })
    })?;
    folder.add("units.csv", &|out| {
        line(out, COMMA, &["Level", "Item", "Unit"])?;
        units.iter().try_for_each(|[level, name, unit]| line(out, COMMA, &[level, name, unit]))
    })
}
