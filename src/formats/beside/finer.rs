//! Names that lead to names with a number: concordances with weights, shares of parts, structures of sales and inputs.

use std::path::Path;

use crate::aggregate::{Record, Records};
use crate::error::{Error, Result};
use crate::formats::Encoding;
use crate::formats::tools::rows::{REGION, Rows};

/// Headings of a file of one kind: what a line leads from and to, and its number.
pub struct Kind {
    /// Headings of what a line leads from.
    source: &'static [&'static str],
    /// Headings of what it leads to.
    target: &'static [&'static str],
    /// Headings of a number that is a weight or share.
    share: &'static [&'static str],
    /// Whether amounts may take the place of shares.
    amounts: bool,
    /// Whether every line has a number; a weight that is left out is 1.
    numbered: bool,
    /// Headings of what a line is about: the region of sectors, the sector of regions.
    about: &'static [&'static str],
}

/// Headings of amounts.
const AMOUNT: [&str; 4] = ["value", "amount", "flow", "数值"];
/// Headings of the region of a buyer or supplier.
const PARTNER: [&str; 3] = ["partnerregion", "buyerregion", "inputregion"];

/// A concordance: source, target, weight.
pub const CONCORDANCE: Kind = Kind {
    source: &["source", "from"],
    target: &["target", "to", "group"],
    share: &["weight", "share", "权重"],
    amounts: false,
    numbered: false,
    about: &REGION,
};
/// Output shares: parent, part, share.
pub const SHARES: Kind = Kind {
    source: &["parent", "sector"],
    target: &["part", "subsector"],
    share: &["share", "weight", "份额"],
    amounts: true,
    numbered: true,
    about: &REGION,
};
/// Parts of regions: parent, part, share, and the sector, category of demand or households that a line is about.
pub const PLACES: Kind = Kind {
    source: &["parent", "region", "province", "省"],
    target: &["part", "subregion", "city", "市"],
    share: &["share", "weight", "份额"],
    amounts: true,
    numbered: true,
    about: &["sector", "product", "部门"],
};
/// Sales: part, buyer, share of the part in what the buyer takes of the parent.
pub const SALES: Kind =
    Kind { source: &["part"], target: &["buyer"], share: &["share", "份额"], amounts: true, numbered: true, about: &REGION };
/// Inputs: part, input, share of the part in what the parent takes of the input.
pub const INPUTS: Kind =
    Kind { source: &["part"], target: &["input", "supplier"], share: &["share", "份额"], amounts: true, numbered: true, about: &REGION };

/// Reads a file of one kind; a column `region` (of parts of regions `sector`) says what a line is about, one `partner_region` which
/// region of the other side.
///
/// # Errors
/// When a column is missing, a cell is empty or no number.
pub fn records(path: &Path, kind: &Kind, encoding: Encoding) -> Result<Records> {
    let rows = Rows::read(path, encoding)?;
    let (source, target) = (rows.column(kind.source)?, rows.column(kind.target)?);
    let (share, amount) = (rows.column(kind.share)?, if kind.amounts { rows.column(&AMOUNT)? } else { None });
    let names = [kind.source[0], kind.target[0], kind.share[0]];
    let (Some(source), Some(target)) = (source, target) else {
        let text = format!("expected the columns {}, found {}", names.join(", "), rows.header.join(", "));
        return Err(Error::format(&rows.place, text, format!("write one line for each pair: {}", names.join(","))));
    };
    if let (Some(a), Some(b)) = (share, amount) {
        let text = format!("columns \"{}\" and \"{}\" are both given", rows.header[a], rows.header[b]);
        return Err(Error::format(rows.heading(b), text, "keep one: shares add up to 1, amounts are divided by their sum"));
    }
    let number = share.or(amount);
    if kind.numbered && number.is_none() {
        let text = format!("expected a column {}, found {}", names[2], rows.header.join(", "));
        return Err(Error::format(&rows.place, text, "give shares in a column share, or amounts in a column value"));
    }
    let (region, partner) = (rows.column(kind.about)?, rows.column(&PARTNER)?);
    let used: Vec<usize> = [Some(source), Some(target), number, region, partner].into_iter().flatten().collect();
    rows.nothing_else(&used, &[names[0], names[1], names[2], kind.about[0]])?;
    let mut all = Vec::with_capacity(rows.records.len());
    for (i, (_, cells)) in rows.records.iter().enumerate() {
        if cells[source].is_empty() || cells[target].is_empty() {
            let text = format!("\"{}\" leads to \"{}\": one of the two is empty", cells[source], cells[target]);
            return Err(Error::format(rows.line(i), text, "name both, or delete the line"));
        }
        let number = number.map_or(Ok(1.0), |c| rows.number(i, c))?;
        if number < 0.0 {
            return Err(Error::format(rows.line(i), format!("the number is {number}, expected 0 or more"), "correct the line"));
        }
        let cell = |c: Option<usize>| c.map(|c| cells[c].clone()).filter(|t| !t.is_empty());
        all.push(Record {
            region: cell(region),
            source: cells[source].clone(),
            target: cells[target].clone(),
            partner: cell(partner),
            number,
            place: rows.line(i),
        });
    }
    Ok(Records { place: rows.place, rows: all, amounts: amount.is_some(), source: Some(rows.source) })
}
