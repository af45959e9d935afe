//! A page for people: one file that holds figures, tables, verdicts, methods and sources of a document, in English and Chinese.
//!
//! Nothing comes from the network; the page reads without its script, which adds order, focus and sorting. Every number shown is
//! rounded from the object that [`super::json`] writes, which lies in the page in full precision. Figures are made of the keys of
//! that object, tables of the sheets: no analysis is known here, and one that is added gets its tables at once.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::words::{say, translated, unit};
use crate::labels::Tongue;
use crate::report::document::Document;
use data::Data;
pub use files::figures;
#[cfg(feature = "png")]
pub use files::png;

mod abatement;
mod bars;
mod bench;
mod changes;
mod colours;
mod convergence;
mod data;
mod files;
mod heat;
mod image;
mod map;
mod method;
mod payments;
mod plot;
mod proof;
mod sankey;
mod stressors;
mod tables;
mod terms;
mod tiles;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Regions whose flows stand in the page; those of all stand in the object beside it.
pub const SHOWN: usize = 40;

/// Whether a page holds a part of its document, so that the whole object is written beside it.
pub fn is_part(document: &Document) -> bool {
    let several = document.facts.get("stressors").and_then(Value::as_array).is_some_and(|all| all.iter().any(Value::is_object));
    document.head.regions.len() > SHOWN || document.facts.contains_key("sensitivity") || several
}

/// What stands between these is of the run, not of the result: a run that is repeated has another date.
pub const RUN: [&str; 2] = ["<!--run-->", "<!--/run-->"];

/// What a page needs beside its document.
pub struct Page<'a> {
    /// What was run: `run`, `flows`.
    pub command: &'a str,
    /// The command line.
    pub line: String,
    /// When, UTC.
    pub date: String,
    /// Processor and system.
    pub platform: String,
    /// Threads that worked.
    pub threads: usize,
    /// The name of the file that holds the whole object, where the page holds a part.
    pub beside: Option<String>,
}

/// Writes the page of a document.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document, page: &Page, out: &mut dyn Write) -> io::Result<()> {
    let object = super::json::object(document);
    let data = Data::new(&object, document, page);
    let markup = whole(document, page, &data);
    out.write_all(markup.into_string().as_bytes())
}

fn whole(document: &Document, page: &Page, data: &Data) -> Markup {
    let title = title(page.command);
    let chinese = Tongue::for_readers(document.head.tongue, document.head.language) == Tongue::Zh;
    html! {
        (DOCTYPE)
        html lang=(if chinese { "zh" } else { "en" }) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("isard ", env!("CARGO_PKG_VERSION")));
                title { (title.0) " · " (title.1) " · isard" }
                style { (PreEscaped(colours::style())) (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (say("Skip to content", "跳到正文")) }
                (bar(document, data, chinese))
                main #main {
                    h1 { (say(title.0, title.1)) }
                    (lede(document, data))
                    (proof::chips(document))
                    (drawings(document, data))
                    (tables::all(document, data))
                    (proof::section(document, data))
                    (method::section(page.command, data, document))
                    (method::provenance(document, page))
                    footer { (say("Written by isard. Numbers are the program's: shown digits are rounded, hover or open the data block for all of them.", "由 isard 生成。所示数字经过舍入，完整数字见数据块。")) }
                }
                div #tip role="status" aria-hidden="true" {}
                script type="application/json" id="data" { (PreEscaped(data.block())) }
                script { (PreEscaped(script())) }
            }
        }
    }
}

/// The script without indents and remarks.
fn script() -> String {
    SCRIPT.lines().map(str::trim).filter(|l| !l.starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn title(command: &str) -> (&'static str, &'static str) {
    match command {
        "run" => ("Who emits for whom, who answers, who pays", "谁为谁排放，谁负责，谁支付"),
        "flows" => ("Who emits for whom", "谁为谁排放"),
        "responsibility" => ("Who answers for which emissions", "谁对排放负责"),
        "compensate" => ("Who pays whom how much", "谁向谁支付多少"),
        "accounts" => ("Carbon accounts by region and sector", "分地区分部门的碳账户"),
        "decompose" => ("What exports are made of", "出口的构成"),
        "structural" => ("What changed, and why", "变化及其原因"),
        "linkages" => ("Which sectors matter", "关键部门"),
        "bench" => ("How fast solvers are", "求解器比较"),
        "cost" => ("What a tonne less costs", "减排一吨的成本"),
        _ => ("Results", "结果"),
    }
}

fn bar(document: &Document, data: &Data, chinese: bool) -> Markup {
    let radio = |group: &str, id: &str, on: bool, label: Markup| {
        html! { label { input type="radio" name=(group) id=(id) checked[on]; span { (label) } } }
    };
    let sections = [
        ("#terms", "Terms", "各项", data.at("scheme").is_some()),
        ("#changes", "Changes", "变化", data.at("meanings.intensity").is_some()),
        ("#curve", "Costs", "成本", data.at("costs").is_some()),
        ("#map", "Map", "地图", data.has_flows()),
        ("#flows", "Flows", "流向", data.has_flows()),
        ("#duty", "Responsibility", "责任", data.has_accounts()),
        ("#pay", "Payments", "补偿", data.has_payments()),
        ("#tables", "Tables", "数据表", document.sheets.iter().any(|s| s.page)),
        ("#proof", "Certificate", "证书", true),
        ("#method", "Method", "方法", true),
    ];
    html! {
        header.bar { div {
            strong { "isard" }
            nav aria-label="Sections" data-zh-label="章节" { @for (to, en, zh, there) in sections { @if there { a href=(to) { (say(en, zh)) } } } }
            fieldset.seg {
                legend { "Language / 语言" }
                (radio("lang", "lang-en", !chinese, html! { span lang="en" { "English" } }))
                (radio("lang", "lang-zh", chinese, html! { span lang="zh" { "中文" } }))
            }
            fieldset.seg {
                legend { "Theme / 主题" }
                (radio("theme", "theme-auto", true, say("Auto", "自动")))
                (radio("theme", "theme-light", false, say("Light", "浅色")))
                (radio("theme", "theme-dark", false, say("Dark", "深色")))
            }
        } }
    }
}

fn lede(document: &Document, data: &Data) -> Markup {
    let about = &document.head.about;
    html! {
        @if !about.is_empty() { p.lede { (translated(about)) } }
        @if let Some(text) = data.object.get("sign").and_then(Value::as_str) {
            p.sub { (translated(text)) @if !data.unit.is_empty() { " · " (say("unit", "单位")) " " (unit(&data.unit)) } }
        }
    }
}

/// Everything that is drawn.
fn drawings(document: &Document, data: &Data) -> Markup {
    html! {
        @if data.at("scheme").is_some() { (terms::section(document, data)) }
        @if data.at("runs").is_some() { (bench::section(data)) }
        (changes::section(document, data))
        (abatement::section(data))
        @if data.has_flows() {
            (stressors::section(data))
            (bars::key_figures(data))
            (bars::shares(data))
            div.two {
                (map::section(data))
                (bars::destinations(data))
            }
            (heat::section(data))
            (sankey::section(data))
        }
        @if data.has_accounts() {
            div.two.even id="duty" {
                (bars::principles(data))
                @if data.has_flows() { (bars::waterfall(data)) }
            }
        }
        @if data.has_payments() { (payments::section(data)) }
    }
}
