//! What holds of payments for every cost between a lowest and a highest, as a sheet and in words.

use serde_json::{Value, json};

use super::Report;
use super::document::Document;
use super::sheet::{Axis, Cell, Layout, Sheet};
use crate::compensation::{Claim, Claims, Standing};

/// The claims in words, one line each; empty where there are none.
pub fn lines(regions: &[String], claims: Option<&Claims>) -> Vec<String> {
    let Some(c) = claims else { return Vec::new() };
    vec![line(regions, c.payer, "pays"), line(regions, c.receiver, "receives")]
}

fn line(regions: &[String], claim: Claim, does: &str) -> String {
    let share = claim.share.map_or("no draw, for an end is infinite".into(), |s| format!("{:.1} % of draws", 100.0 * s));
    match (claim.region, claim.standing) {
        (Some(r), Standing::Proven) => format!("{} {does} most: proven for every cost between low and high", regions[r]),
        (Some(r), Standing::Probable) => format!("{} {does} most: probable, in {share} from the costs between low and high", regions[r]),
        (Some(r), Standing::Open) => format!("who {does} most is open: {} in {share} from the costs between low and high", regions[r]),
        (None, _) => format!("who {does} most is open: {share}"),
    }
}

/// Adds the claims to a document.
pub fn add<'r>(report: &'r Report, c: &'r Claims, unit: &str, d: &mut Document<'r>) {
    let regions = report.regions();
    let object = |claim: Claim| -> Value {
        json!({"region": claim.region.map(|r| regions[r].clone()), "standing": claim.standing.name(), "share_of_draws": claim.share})
    };
    let draws = crate::compensation::CLAIM_DRAWS;
    d.put("claims", json!({"pays_most": object(c.payer), "receives_most": object(c.receiver), "net_low": c.ends.iter().map(|e| e[0]).collect::<Vec<_>>(),
        "net_high": c.ends.iter().map(|e| e[1]).collect::<Vec<_>>(), "draws": draws,
        "reads": "net_low and net_high are ends that no net payment passes for any cost between low and high; shares of draws carry no bound"}));
    let end = |k: usize| c.ends.iter().map(|e| Cell::Number(e[k])).collect::<Vec<_>>();
    let columns = vec![("least net".to_string(), String::new(), end(0)), ("most net".to_string(), String::new(), end(1))];
    let sheet = Sheet::of_columns(Axis::of("region", regions.clone()), Layout::Beside, columns);
    let title = "Net payments over all unit costs between low and high";
    let draws = format!("{draws} draws, uniform and independent over the regions: a choice, for no distribution of costs is known");
    d.sheets
        .push(sheet.file("claims", "ends that net payments do not pass", unit).page(title).notes(lines(&regions, Some(c))).notes([draws]));
}
