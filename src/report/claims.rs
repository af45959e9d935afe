//! What holds of payments for every cost between a lowest and a highest and over all cost sources, as a sheet and in words.

use serde_json::{Value, json};

use super::Report;
use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::compensation::{CLAIM_DRAWS, Claim, Claims, Standing};

/// What is known of claims: none were asked for, what they are, or why there are none.
type Found<'a> = Option<&'a Result<Claims, String>>;

/// The claims in words, one line each, or why there are none; empty where no cost has a range.
pub(super) fn lines(regions: &[String], claims: Found) -> Vec<String> {
    match claims {
        None => Vec::new(),
        Some(Err(why)) => vec![format!("no claim over the costs between low and high: {why}")],
        Some(Ok(c)) => vec![line(regions, c, c.payer, "pays"), line(regions, c, c.receiver, "receives")],
    }
}

fn line(regions: &[String], all: &Claims, claim: Claim, does: &str) -> String {
    let several = all.sources > 1;
    let drawn = claim.share.map_or("no draw, for an end is infinite".into(), |s| format!("{:.1} % of draws", 100.0 * s));
    let from = match all.ranged {
        0 => "of the costs of the sources".to_string(),
        _ if several => format!("from the costs between low and high; first in {} of {} cost sources", claim.sources, all.sources),
        _ => "from the costs between low and high".to_string(),
    };
    let share = match (all.ranged, claim.share) {
        (0, Some(_)) => format!("first in {} of {} cost sources, none of which has low and high", claim.sources, all.sources),
        (_, None) => drawn.clone(),
        _ => format!("in {drawn} {from}"),
    };
    let each = if several { " of each cost source" } else { "" };
    match (claim.region, claim.standing) {
        (Some(r), Standing::Proven) => format!("{} {does} most: proven for every cost between low and high{each}", regions[r]),
        (Some(r), Standing::Probable) => format!("{} {does} most: probable, {share}", regions[r]),
        (Some(r), Standing::Open) => format!("who {does} most is open: {} {share}", regions[r]),
        (None, _) => format!("who {does} most is open: {drawn}"),
    }
}

/// Adds the claims to a document.
pub(super) fn add<'r>(report: &'r Report, found: &'r Result<Claims, String>, unit: &str, d: &mut Document<'r>) {
    let c = match found {
        Ok(c) => c,
        Err(why) => {
            d.put("claims", json!({"none": why}));
            return;
        }
    };
    let regions = report.regions();
    let several = c.sources > 1;
    let object = |claim: Claim| -> Value {
        let mut own =
            json!({"region": claim.region.map(|r| regions[r].clone()), "standing": claim.standing.name(), "share_of_draws": claim.share});
        if several {
            own["cost_sources"] = json!(claim.sources);
        }
        own
    };
    let mut all = json!({"pays_most": object(c.payer), "receives_most": object(c.receiver), "net_low": c.ends.iter().map(|e| e[0]).collect::<Vec<_>>(),
        "net_high": c.ends.iter().map(|e| e[1]).collect::<Vec<_>>(), "draws": CLAIM_DRAWS,
        "reads": "net_low and net_high are ends that no net payment passes for any cost between low and high; shares of draws carry no bound"});
    if several {
        all["cost_sources"] = json!(c.sources);
        all["cost_sources_with_a_range"] = json!(c.ranged);
    }
    d.put("claims", all);
    let end = |k: usize| c.ends.iter().map(|e| Cell::Number(e[k])).collect::<Vec<_>>();
    let columns = vec![("least net".to_string(), String::new(), end(0)), ("most net".to_string(), String::new(), end(1))];
    let sheet = Sheet::of_columns(Axis::of("region", regions.clone()), Layout::Beside, columns);
    let title = if several { "Net payments over all cost sources and their costs between low and high" } else { TITLE };
    let draws = format!("{CLAIM_DRAWS} draws, uniform and independent over the regions: a choice, for no distribution of costs is known");
    let counted = if several {
        "each cost source counts alike; one without low and high has its costs in every draw"
    } else {
        "draws of one cost source: other estimates are counted where several are given (`cost` A,B `sensitivity`)"
    };
    d.sheets.push(
        sheet
            .file("claims", "ends that net payments do not pass", unit)
            .page(title)
            .notes(lines(&regions, Some(found)))
            .notes([draws, counted.to_string()]),
    );
}

/// The title of the page over one cost source.
const TITLE: &str = "Net payments over all unit costs between low and high";
