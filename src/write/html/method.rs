//! How the numbers were made: formulas with their sources, the options in use, provenance, and how to cite.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

use super::Page;
use super::data::Data;
use crate::report::document::Document;
use crate::write::words::say;

/// The formulas that a page needs.
pub(super) fn section(command: &str, data: &Data, document: &Document) -> Markup {
    html! {
        section.card #method aria-labelledby="h-method" {
            h2 #h-method { (say("Method", "方法")) }
            div.prose {
                p { (say(
                    "The table is a linear system: gross output x meets the demand by industries, given by the coefficients A, and final demand Y. With emissions f per unit of output, the emissions of region s for the final demand of region r are",
                    "数据表是一个线性系统：总产出 x 满足由系数 A 给出的中间需求与最终需求 Y。记单位产出排放为 f，则 s 地区为 r 地区最终需求的排放为",
                )) }
                (flow())
                p { (say(
                    "The inverse is never formed. Each solve is followed by its recomputed residual; a vector that covers the emissions proves a bound for every number, rounding included (Berman, Plemmons 1994; Higham 2002).",
                    "不计算逆矩阵。每次求解后重新计算残差，并以一个覆盖排放的向量证明每个数字的误差界，已含舍入误差（Berman, Plemmons 1994；Higham 2002）。",
                )) }
                (plan(data))
                @if data.has_accounts() { (principles()) }
                @if data.has_payments() { p { (say(
                    "Compensation: duty (tonnes) times price (money per tonne). What a region pays, others receive.",
                    "补偿：责任量（吨）乘以价格。一地区所付即其他地区所得。",
                )) } }
                @if command == "decompose" { p { (say("Gross exports are split by the scheme named above each table; terms add up to the content of exports.", "出口按各表所列方案分解，各项之和等于出口所含总量。")) } }
                @if let Some(line) = worst(document) { p { (line) } }
            }
        }
    }
}

fn flow() -> Markup {
    html! {
        math display="block" {
            msub { mi { "E" } mrow { mi { "s" } mi { "r" } } } mo { "=" }
            munder { mo { "∑" } mi { "i" } } msub { mi { "f" } mrow { mi { "s" } mi { "i" } } }
            msub { mrow { mo { "[" } msup { mrow { mo { "(" } mi { "I" } mo { "−" } mi { "A" } mo { ")" } } mrow { mo { "−" } mn { "1" } } } msub { mi { "Y" } mi { "r" } } mo { "]" } } mrow { mi { "s" } mi { "i" } } }
        }
    }
}

fn principles() -> Markup {
    html! {
        ul {
            li { b { (say("Production", "生产")) } ": " (say("direct emissions of the region's sectors.", "本地区各部门的直接排放。")) }
            li { b { (say("Consumption", "消费")) } ": " (say("emissions anywhere for the region's final demand (Peters 2008, doi:10.1016/j.ecolecon.2007.10.014).", "为本地区最终需求在各地产生的排放（Peters 2008, doi:10.1016/j.ecolecon.2007.10.014）。")) }
            li { b { (say("Shared", "共担")) } ": " (say("the origin keeps of its outflows the share θ that its own value added has in them; the user takes the rest (Lenzen et al. 2007, doi:10.1016/j.ecolecon.2006.05.018; Xu et al.).", "排放地按本地增加值在流出中的份额 θ 保留责任，其余归使用地（Lenzen 等 2007, doi:10.1016/j.ecolecon.2006.05.018）。")) }
            li { b { (say("Income", "收入")) } ": " (say("emissions that the region's primary inputs enable downstream (Marques et al. 2012, doi:10.1016/j.ecolecon.2012.09.010).", "由本地区初始投入在下游促成的排放（Marques 等 2012, doi:10.1016/j.ecolecon.2012.09.010）。")) }
        }
    }
}

fn plan(data: &Data) -> Markup {
    let of = |key: &str| data.at(&format!("plan.{key}")).and_then(Value::as_str);
    html! {
        @if let (Some(method), Some(storage)) = (of("method"), of("storage")) {
            p { (say("Solved by ", "求解方法：")) code { (method) } (say(", the matrix kept as ", "，矩阵存储为 ")) code { (storage) } "." @if let Some(why) = of("why") { " " (why) "." } }
        }
    }
}

fn worst(document: &Document) -> Option<Markup> {
    let v =
        document.verdicts.iter().filter_map(|v| v.worst.as_ref()).max_by(|a, b| (a.bound / a.allowed).total_cmp(&(b.bound / b.allowed)))?;
    let zh = crate::write::words::chinese(&v.name).unwrap_or_else(|| v.name.clone());
    Some(say(
        &format!("The widest bound against what is allowed: {}, {} ± {:.1e}, allowed {:.1e}.", v.name, v.value, v.bound, v.allowed),
        &format!("相对容许值最宽的误差界：{}，{} ± {:.1e}，容许 {:.1e}。", zh, v.value, v.bound, v.allowed),
    ))
}

/// Inputs, command, version and machine; how to cite.
pub(super) fn provenance(document: &Document, page: &Page) -> Markup {
    let from = &document.head.provenance;
    let files = from.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let version = env!("CARGO_PKG_VERSION");
    let year = page.date.get(..4).unwrap_or_default();
    let bibtex = format!(
        "@software{{isard,\n  title   = {{isard: certified embodied-carbon accounting on multi-regional input-output tables}},\n  version = {{{version}}},\n  year    = {{{year}}}\n}}"
    );
    html! {
        section.card #provenance aria-labelledby="h-prov" {
            h2 #h-prov { (say("Provenance and citation", "来源与引用")) }
            dl.prov {
                dt { (say("Program", "程序")) } dd { "isard " (version) }
                dt { (say("Command", "命令")) } dd { code { (page.line) } }
                // a run that is repeated has another date
                (PreEscaped(super::RUN[0]))
                dt { (say("Date", "日期")) } dd { (page.date) }
                dt { (say("Machine", "机器")) } dd { (page.platform) ", " (page.threads) " " (say("threads", "线程")) }
                (PreEscaped(super::RUN[1]))
                @for file in &files {
                    dt { (say("Input", "输入")) } dd { (text(file, "path")) @let hash = text(file, "sha256"); @if !hash.is_empty() { br; code { "SHA-256 " (hash) } } }
                }
                @if let Some(object) = document.head.options.as_object().filter(|o| !o.is_empty()) {
                    dt { (say("Options", "选项")) } dd { @for (key, v) in object { code { (key) " = " (v.to_string()) } " " } }
                }
            }
            details { summary { "BibTeX" } pre tabindex="0" { (bibtex) } }
        }
    }
}
