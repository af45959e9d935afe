//! pymrio's folder as its `save_all` writes it (0.7): `Z.txt Y.txt x.txt unit.txt`, an extension `factor_inputs` of value added and one
//! `emissions` of accounts, each with `file_parameters.json`, and `metadata.json`.

use serde_json::{Value, json};

use super::{Form, Frame, Header, columns, demand_everywhere, flows, has_households, households, line, only_core, rows};
use crate::error::Result;
use crate::table::Table;
use crate::write::folder::Folder;
use crate::write::manifest::date;

const TAB: u8 = b'\t';

/// Refuses what has no place in the layout.
pub(super) fn writable(table: &Table) -> Result<()> {
    only_core(table, Form::Pymrio)?;
    demand_everywhere(&table.labels, Form::Pymrio)
}

/// Writes all files.
pub(super) fn fill(table: &Table, folder: &mut Folder) -> Result<()> {
    let (rows, columns) = (rows(&table.labels), columns(&table.labels));
    let header = |labels: &[[&str; 2]], inner: &'static str| -> Header {
        let level = |k: usize| labels.iter().map(|l| l[k].to_string()).collect();
        vec![("region", level(0)), (inner, level(1))]
    };
    let (over_rows, over_columns) = (header(&rows, "sector"), header(&columns, "category"));
    let frame = |header: &Header, index, rows| Frame { separator: TAB, index, header: header.clone(), rows };
    let by_row: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(ToString::to_string).collect()).collect();
    let z = frame(&over_rows, &["region", "sector"], by_row.clone());
    folder.add("Z.txt", &|out| z.write(out, |i, row| flows(table, i, row)))?;
    let y = frame(&over_columns, &["region", "sector"], by_row);
    folder.add("Y.txt", &|out| {
        y.write(out, |i, row| {
            row.clear();
            row.extend(table.y.row(i));
        })
    })?;
    folder.add("x.txt", &|out| {
        line(out, TAB, &["region", "sector", "indout"])?;
        rows.iter().zip(&table.x).try_for_each(|(r, x)| line(out, TAB, &[r[0], r[1], &x.to_string()]))
    })?;
    folder.add("unit.txt", &|out| {
        line(out, TAB, &["region", "sector", "unit"])?;
        rows.iter().try_for_each(|r| line(out, TAB, &[r[0], r[1], &table.unit]))
    })?;
    let two = |name: &str, header: &str| json!({"name": name, "nr_index_col": "2", "nr_header": header});
    let files = json!({"Z": two("Z.txt", "2"), "Y": two("Y.txt", "2"), "x": two("x.txt", "1"), "unit": two("unit.txt", "1")});
    object(folder, "file_parameters.json", &json!({"files": files, "systemtype": "IOSystem"}))?;

    let one = |name: &str, header: &str| json!({"name": name, "nr_index_col": "1", "nr_header": header});
    let mut history = vec![format!("{} - FILEIO -  written by isard {}", date(), env!("CARGO_PKG_VERSION"))];
    history.extend(table.provenance.notes.iter().map(|n| format!("{} - NOTE -  {n}", date())));
    if !table.value_added.is_empty() {
        let names: Vec<Vec<String>> = table.value_added.iter().map(|(n, _)| vec![n.given.clone()]).collect();
        let f = frame(&over_rows, &["inputtype"], names.clone());
        folder.add("factor_inputs/F.txt", &|out| {
            f.write(out, |k, row| {
                row.clear();
                row.extend(&table.value_added[k].1);
            })
        })?;
        folder.add("factor_inputs/unit.txt", &|out| {
            line(out, TAB, &["inputtype", "unit"])?;
            names.iter().try_for_each(|n| line(out, TAB, &[&n[0], &table.unit]))
        })?;
        let files = json!({"F": one("F.txt", "2"), "unit": one("unit.txt", "1")});
        let parameters = json!({"files": files, "systemtype": "Extension", "name": "Factor Inputs"});
        object(folder, "factor_inputs/file_parameters.json", &parameters)?;
    }
    if !table.stressors.is_empty() {
        let names: Vec<Vec<String>> = table.stressors.iter().map(|s| vec![s.name.clone()]).collect();
        let f = frame(&over_rows, &["stressor"], names.clone());
        folder.add("emissions/F.txt", &|out| {
            f.write(out, |k, row| {
                row.clear();
                row.extend(&table.stressors[k].direct);
            })
        })?;
        folder.add("emissions/unit.txt", &|out| {
            line(out, TAB, &["stressor", "unit"])?;
            table.stressors.iter().try_for_each(|s| line(out, TAB, &[&s.name, &s.unit]))
        })?;
        let mut files = json!({"F": one("F.txt", "2"), "unit": one("unit.txt", "1")});
        if has_households(table) {
            let f_y = frame(&over_columns, &["stressor"], names);
            folder.add("emissions/F_Y.txt", &|out| f_y.write(out, |k, row| households(table, k, row)))?;
            files["F_Y"] = one("F_Y.txt", "2");
            history.push(format!("{} - NOTE -  F_Y: emissions of households stand under the first category of their region", date()));
        }
        object(folder, "emissions/file_parameters.json", &json!({"files": files, "systemtype": "Extension", "name": "Emissions"}))?;
    }
    history.reverse();
    let metadata = json!({"description": "", "name": "isard", "system": null, "version": "", "history": history});
    object(folder, "metadata.json", &metadata)
}

fn object(folder: &mut Folder, name: &str, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value).expect("plain values") + "\n";
    folder.add(name, &|out| out.write_all(text.as_bytes()))
}
