//! What becomes of the emissions and purchases of sectors without output, which no coefficient `q / x` can carry.
//!
//! Nothing happens unless a policy is named; what it moves is reported with region, sector and amount (method 1.3).

use serde::{Deserialize, Serialize};

use super::{Cell, Finding, Level, amount, at, figure};
use crate::table::{Sparse, Table};

/// Policy for sectors with `x = 0` that emit or buy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroOutput {
    /// Leave the table as it is; the audit refuses it.
    #[default]
    Fail,
    /// Their emissions are set to zero and their purchases removed from Z.
    LeaveOut,
    /// Their emissions go to the other sectors of the region in proportion to these sectors' emissions (to output where
    /// none emits); their purchases are removed from Z.
    Spread,
}

/// Applies `policy`; every amount moved is a WARN, and the choice is noted in the provenance.
///
/// Removed purchases leave the sellers' rows unbalanced by the same amount, which goes to the destination `error`.
pub fn treat_zero_output(table: &mut Table, policy: ZeroOutput) -> Vec<Finding> {
    if policy == ZeroOutput::Fail {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for k in 0..table.stressors.len() {
        findings.extend(move_emissions(table, k, policy));
    }
    findings.extend(remove_purchases(table));
    let name = if policy == ZeroOutput::Spread { "spread" } else { "leave-out" };
    if !findings.is_empty() {
        table.provenance.notes.push(format!(
            "`zero-output` {name}: {} amount(s) of sectors without output were moved or left out, listed in the audit",
            findings.len()
        ));
    }
    findings
}

fn move_emissions(table: &mut Table, k: usize, policy: ZeroOutput) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut direct = table.stressors[k].direct.clone();
    let (gas, unit) = (&table.stressors[k].name, &table.stressors[k].unit);
    for r in 0..table.labels.region_count() {
        let rows = table.labels.rows(r);
        let (idle, busy): (Vec<usize>, Vec<usize>) = rows.partition(|&i| table.x[i] == 0.0);
        let emitting: f64 = busy.iter().map(|&i| direct[i]).sum();
        let weight = |i: usize| if emitting > 0.0 { table.stressors[k].direct[i] / emitting } else { table.x[i] };
        let whole: f64 = busy.iter().map(|&i| weight(i)).sum();
        for i in idle {
            let moved = direct[i];
            if moved == 0.0 {
                continue;
            }
            let name = table.labels.row_name(i);
            let done = if policy == ZeroOutput::LeaveOut {
                "left out of every account by `zero-output` leave-out"
            } else if whole > 0.0 {
                busy.iter().for_each(|&j| direct[j] += moved * weight(j) / whole);
                "spread over the other sectors of its region by `zero-output` spread"
            } else {
                continue;
            };
            direct[i] = 0.0;
            let cell = Cell::new(i, moved, 0.0);
            findings.push(at(
                table,
                Level::Warn,
                "zero-output-emissions",
                &cell,
                format!("{name} has no output: its {} {unit} {gas} are {done}", figure(moved)),
            ));
        }
    }
    table.stressors[k].direct = direct;
    findings
}

fn remove_purchases(table: &mut Table) -> Vec<Finding> {
    let n = table.dim();
    let mut removed = vec![0.0; n];
    let mut touched = vec![false; n];
    for row in table.z.view().outer_iterator() {
        for (j, &v) in row.iter().filter(|(j, v)| table.x[*j] == 0.0 && **v != 0.0) {
            removed[j] += v;
            touched[j] = true;
        }
    }
    if !touched.contains(&true) {
        return Vec::new();
    }
    let (mut indptr, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for row in table.z.view().outer_iterator() {
        for (j, &v) in row.indices().iter().zip(row.data()).filter(|(j, _)| !touched[**j as usize]) {
            indices.push(*j);
            data.push(v);
        }
        indptr.push(data.len());
    }
    table.z = Sparse::new((n, n), indptr, indices, data).into();
    let report = |j: usize| {
        let cell = Cell { row: j, column: Some(j), found: removed[j], expected: 0.0 };
        let (name, what) = (table.labels.row_name(j), amount(removed[j], &table.unit));
        let message = format!("{name} has no output: its purchases of {what} are removed from Z and go to the destination `error`");
        at(table, Level::Warn, "zero-output-purchases", &cell, message)
    };
    (0..n).filter(|&j| touched[j]).map(report).collect()
}
