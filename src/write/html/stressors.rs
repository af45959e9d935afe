//! Every stressor of a table that has several: a switch, and for the one that is chosen whose demand its emissions serve.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::data::{Data, digits, largest, shown};
use crate::write::words::{say, unit};

/// Regions that are shown of each stressor.
const SHOWN: usize = 12;

/// The switch and the bars of every stressor; nothing where there is one.
pub(super) fn section(data: &Data) -> Markup {
    let Some(Value::Array(all)) = data.object.get("stressors") else { return html! {} };
    if all.len() < 2 || !all.iter().all(|s| s.get("flow").is_some_and(Value::is_array)) {
        return html! {};
    }
    let main = data.at("stressor").and_then(Value::as_str).unwrap_or_default();
    let name = |s: &Value| s.get("stressor").and_then(Value::as_str).unwrap_or_default().to_string();
    let rules: String = (0..all.len()).map(|k| format!("html:has(#sw-{k}:checked) .sw-{k}{{display:block}}")).collect();
    let first = all.iter().position(|s| name(s) == main).unwrap_or(0);
    html! {
        section.card #stressors aria-labelledby="h-sw" {
            style { ".sw{display:none}" (PreEscaped(rules)) }
            h2 #h-sw { (say(&format!("{} stressors", all.len()), &format!("{} 种环境负荷", all.len()))) }
            p.sub { (say("Choose one. The figures below are about ", "选择其一。以下各图针对")) (main) "." }
            fieldset.seg.many { legend { "Stressor / 环境负荷" }
                @for (k, s) in all.iter().enumerate() { label { input type="radio" name="sw" id=(format!("sw-{k}")) checked[k == first]; span { (name(s)) } } }
            }
            @for (k, s) in all.iter().enumerate() { div class=(format!("sw sw-{k}")) { (one(data, s)) } }
        }
    }
}

fn one(data: &Data, s: &Value) -> Markup {
    let direct = super::data::numbers(s.get("direct"));
    let measured = s.get("unit").and_then(Value::as_str).unwrap_or_default();
    let share = |key: &str| {
        s.get("shares").and_then(|v| v.get(key)).and_then(Value::as_f64).map_or("–".into(), |v| format!("{} %", shown(100.0 * v, 2)))
    };
    let (total, decimals) = (direct.iter().sum::<f64>(), digits(&direct));
    let mut order: Vec<usize> = (0..direct.len()).collect();
    order.sort_by(|a, b| direct[*b].total_cmp(&direct[*a]));
    order.truncate(SHOWN);
    let most = largest(direct.iter().copied());
    html! {
        p { b data-v=(total) { (shown(total, digits(&[total]))) } " " (unit(measured)) ": " (say("own final demand ", "本地区最终需求 ")) (share("own")) ", " (say("other regions' ", "其他地区 ")) (share("other")) ", " (say("exports ", "出口 ")) (share("export")) }
        ul.b.stacked { @for k in order {
            @let flows = super::data::numbers(s.get("flow").and_then(|f| f.get(k)));
            @let own = flows.get(k).copied().unwrap_or(0.0);
            @let outside: f64 = flows.iter().skip(data.count()).sum();
            @let others = flows.iter().take(data.count()).sum::<f64>() - own;
            li data-r=(k) {
                span.nm { (data.region(k)) }
                span.tr { @for (class, v) in [("c-own", own), ("c-oth", others), ("c-exp", outside)] {
                    i class=(class) style=(format!("--a:{:.3};--s:{:.3}", if most > 0.0 { (100.0 * v / most).clamp(0.0, 100.0) } else { 0.0 }, if direct[k] > 0.0 { (100.0 * v / direct[k]).clamp(0.0, 100.0) } else { 0.0 })) {}
                } }
                b data-v=(direct[k]) { (shown(direct[k], decimals)) }
            }
        } }
        @if direct.len() > SHOWN { p.sub { (say(&format!("The {SHOWN} regions with the largest emissions of {}.", direct.len()), &format!("{} 个地区中排放最大的 {SHOWN} 个。", direct.len()))) } }
    }
}
