//! One order of the rows and columns that several files give: which labels stand in both axes, and which in one alone.

use std::collections::{HashMap, HashSet};

use super::{About, Axis, Block, Gather, Label, Side};
use crate::error::{Error, Result, did_you_mean};
use crate::finding::{Finding, Level};
use crate::labels::{Labels, Name, sector_names};

/// Where each registered row and column stands in the table.
pub(super) struct Shape {
    /// The labels of the table.
    pub(super) labels: Labels,
    /// Registered rows in the order of the table.
    pub(super) rows: Vec<u32>,
    /// For each registered column its place among the sectors.
    pub(super) sector: Vec<Option<u32>>,
    /// For each registered column its place in final demand.
    pub(super) demand: Vec<Option<u32>>,
    /// Rows and columns that are left out and must be empty.
    pub(super) dropped: (Vec<u32>, HashSet<u32>),
}

fn of(axis: &Axis, block: Block) -> Vec<u32> {
    (0..axis.labels.len() as u32).filter(|&k| axis.labels[k as usize].block == block).collect()
}

impl Shape {
    /// The order of the table.
    ///
    /// # Errors
    /// When rows and columns have other labels, or a file lacks some.
    pub(super) fn new(gather: &mut Gather, about: &About) -> Result<Self> {
        let (rows, columns) = (of(&gather.rows, Block::Intermediate), of(&gather.columns, Block::Intermediate));
        let missing = |what: &str| Error::format(&about.place, format!("no {what} of the file is one of sectors"), "name the right layout");
        if rows.is_empty() {
            return Err(missing("row"));
        }
        if columns.is_empty() {
            return Err(missing("column"));
        }
        same(gather, &rows, &columns)?;
        each_whole(gather)?;
        let order = order(gather, &rows, &columns, about);
        let name = |k: u32| &gather.rows.labels[k as usize];
        let mut regions: Vec<String> = Vec::new();
        for &k in &order {
            if regions.last() != Some(&name(k).region) {
                regions.push(name(k).region.clone());
            }
        }
        let is_dropped = |region: &String| gather.drop.contains(region);
        let (gone, kept): (Vec<u32>, Vec<u32>) = order.into_iter().partition(|&k| is_dropped(&name(k).region));
        let demand = demand(gather, &regions, about)?;
        let mut offsets = vec![0];
        let mut demand_offsets = vec![0];
        for region in &regions {
            offsets.push(offsets[offsets.len() - 1] + kept.iter().filter(|&&k| name(k).region == *region).count());
            let own = |&&c: &&u32| gather.columns.labels[c as usize].region == *region;
            demand_offsets.push(demand_offsets[demand_offsets.len() - 1] + demand.iter().filter(own).count());
        }
        let labels = Labels {
            regions: regions.iter().map(|r| Name::region(r)).collect(),
            sectors: sector_names(kept.iter().map(|&k| name(k).item.as_str())),
            offsets,
            categories: demand.iter().map(|&c| Name::plain(gather.columns.labels[c as usize].item.as_str())).collect(),
            demand_offsets,
        };
        let places: HashMap<&Label, u32> = kept.iter().enumerate().map(|(at, &k)| (name(k), at as u32)).collect();
        let columns = &gather.columns.labels;
        let sector = columns.iter().map(|l| places.get(l).copied()).collect();
        let mut by_column = vec![None; columns.len()];
        demand.iter().enumerate().for_each(|(at, &c)| by_column[c as usize] = Some(at as u32));
        let gone_columns = (0..columns.len() as u32).filter(|&c| {
            let label = &columns[c as usize];
            label.block == Block::Intermediate && is_dropped(&label.region)
        });
        let dropped = (gone, gone_columns.collect());
        Ok(Shape { labels, rows: kept, sector, demand: by_column, dropped })
    }
}

/// Refuses a label that stands in the rows or the columns alone.
fn same(gather: &Gather, rows: &[u32], columns: &[u32]) -> Result<()> {
    let lonely = |own: &Axis, ids: &[u32], other: &Axis| ids.iter().copied().find(|&k| !other.index.contains_key(&own.labels[k as usize]));
    let (row, column) = (lonely(&gather.rows, rows, &gather.columns), lonely(&gather.columns, columns, &gather.rows));
    let known = |axis: &Axis, ids: &[u32]| ids.iter().map(|&k| axis.labels[k as usize].shown()).collect::<Vec<_>>();
    let at = |axis: &Axis, k: u32| (axis.labels[k as usize].shown(), axis.places[k as usize].clone());
    let help = "correct the label, or name its code in the description of the layout; a file that is cut off lacks rows";
    match (row, column) {
        (None, None) => merging(gather, help),
        (Some(r), Some(c)) => {
            let ((row, place), (column, other)) = (at(&gather.rows, r), at(&gather.columns, c));
            let text = format!(
                "unknown row \"{row}\": no column has this label and no list of codes names it; nor has any row that of column \"{column}\" at {other}"
            );
            Err(Error::format(place, text, help))
        }
        (Some(r), None) => {
            let (row, place) = at(&gather.rows, r);
            let near = did_you_mean(&row, &known(&gather.columns, columns));
            let text = format!("unknown row \"{row}\": no column has this label and no list of codes names it");
            Err(Error::format(place, text, format!("{help}; {near}")))
        }
        (None, Some(c)) => {
            let (column, place) = at(&gather.columns, c);
            let near = did_you_mean(&column, &known(&gather.rows, rows));
            let text = format!("unknown column \"{column}\": no row has this label and no list of codes names it");
            Err(Error::format(place, text, format!("{help}; {near}")))
        }
    }
}

/// The same of regions that are added to another: a row that only other rows make up for is missing.
fn merging(gather: &Gather, help: &str) -> Result<()> {
    let of = |side: Side| gather.merging.get(&side);
    let (Some(rows), Some(columns)) = (of(Side::Row), of(Side::Column)) else { return Ok(()) };
    let Some(lonely) = rows.symmetric_difference(columns).next() else { return Ok(()) };
    let (in_rows, axis) = (rows.contains(lonely), if rows.contains(lonely) { &gather.rows } else { &gather.columns });
    let (own, other) = if in_rows { ("row", "column") } else { ("column", "row") };
    let place = axis.seen.get(lonely).and_then(|all| all.first()).map_or_else(String::new, |(_, at)| at.clone());
    let text = format!("unknown {own} \"{}\": no {other} has this label and no list of codes names it", lonely.shown());
    Err(Error::format(place, text, help))
}

/// Refuses a file that has some of the sectors or categories and not all.
fn each_whole(gather: &Gather) -> Result<()> {
    for side in [Side::Row, Side::Column] {
        for block in [Block::Intermediate, Block::FinalDemand] {
            let axis = if side == Side::Row { &gather.rows } else { &gather.columns };
            let count = |k: usize| gather.parts[k].counts.get(&(side, block)).copied().unwrap_or(0);
            let all = axis.seen.keys().filter(|l| l.block == block).count();
            if let Some(short) = (0..gather.parts.len()).find(|&k| !gather.parts[k].partial && count(k) > 0 && count(k) < all) {
                let lacks =
                    |(label, places): &(&Label, &Vec<(usize, String)>)| label.block == block && places.iter().all(|(p, _)| *p != short + 1);
                let missing = axis.seen.iter().filter(lacks).min_by_key(|(label, _)| *label);
                let text = format!(
                    "expected {all} {}s of {} as in all files, found {}{}",
                    side.name(),
                    block.name(),
                    count(short),
                    missing.map_or(String::new(), |(l, at)| format!("; \"{}\" of {} is missing", l.shown(), at[0].1))
                );
                return Err(Error::format(&gather.parts[short].place, text, "fetch or export the file again"));
            }
        }
    }
    Ok(())
}

/// Registered rows in the order of the columns where these stand by region, else in their own.
fn order(gather: &mut Gather, rows: &[u32], columns: &[u32], about: &About) -> Vec<u32> {
    let by_columns: Vec<u32> = columns.iter().filter_map(|&c| gather.rows.index.get(&gather.columns.labels[c as usize]).copied()).collect();
    let by_region = |ids: &[u32]| {
        let mut seen = HashSet::new();
        let runs = ids.chunk_by(|a, b| gather.rows.labels[*a as usize].region == gather.rows.labels[*b as usize].region);
        runs.map(|run| &gather.rows.labels[run[0] as usize].region).all(|region| seen.insert(region))
    };
    let (mut order, which) = match (by_region(&by_columns), by_region(rows)) {
        (true, _) => (by_columns, "columns"),
        (false, true) => (rows.to_vec(), "rows"),
        (false, false) => (by_columns, "columns, region by region"),
    };
    let regular = by_region(&order);
    if !regular {
        let mut first = HashMap::new();
        for &k in &order {
            let next = first.len();
            first.entry(gather.rows.labels[k as usize].region.clone()).or_insert(next);
        }
        order.sort_by_key(|&k| first[&gather.rows.labels[k as usize].region]);
    }
    if order != rows {
        let text = format!(
            "{}: the rows stand in another order than the columns, or not by region; the table has that of the {which}",
            about.place
        );
        if regular {
            gather.remark(Finding::new(Level::Warn, "rows-reordered", text));
        } else {
            gather.note(text);
        }
    }
    order
}

/// Columns of final demand, region by region in the order of the rows.
fn demand(gather: &Gather, regions: &[String], about: &About) -> Result<Vec<u32>> {
    let columns = &gather.columns;
    let mut ids = of(columns, Block::FinalDemand);
    if ids.is_empty() {
        let help = "name the layout that the file has; final demand is needed";
        return Err(Error::format(&about.place, "no column of the file is one of final demand", help));
    }
    let rank = |c: u32| regions.iter().position(|r| *r == columns.labels[c as usize].region);
    if let Some(&c) = ids.iter().find(|&&c| rank(c).is_none()) {
        let text = format!("final demand of region \"{}\", which has no rows", columns.labels[c as usize].region);
        return Err(Error::format(&columns.places[c as usize], text, did_you_mean(&columns.labels[c as usize].region, regions)));
    }
    ids.sort_by_key(|&c| rank(c));
    Ok(ids)
}
