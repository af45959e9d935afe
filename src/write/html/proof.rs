//! What a reader must know before the numbers, and what proves them: stamp, verdicts, audit, identities, solves.

use maud::{Markup, html};

use super::data::Data;
use crate::finding::{Finding, Level};
use crate::report::document::Document;
use crate::verdict::SCOPE;
use crate::write::words::messages::told;
use crate::write::words::{say, translated};

fn findings<'d>(document: &'d Document) -> Vec<&'d Finding> {
    document.head.findings.iter().flat_map(|f| f.iter()).collect()
}

fn count(all: &[&Finding], level: Level) -> usize {
    all.iter().filter(|f| f.level == level).count()
}

/// Stamp, verdict and warnings, above the first number.
pub(super) fn chips(document: &Document) -> Markup {
    let all = findings(document);
    let (fail, warn) = (count(&all, Level::Fail), count(&all, Level::Warn));
    let numbers: usize = document.verdicts.iter().map(|v| v.numbers).sum();
    html! {
        ul.chips {
            @match document.head.stamp {
                Some("SYNTHETIC") => li.stamp { (say("SYNTHETIC: made up to try the program, no number may be quoted", "合成数据：仅供试用，任何数字不得引用")) },
                Some(stamp) => li.stamp { (stamp) ": " (say("modelled data, do not quote these numbers as results", "模型数据，请勿作为结果引用")) },
                None => {},
            }
            @if document.verdicts.is_empty() { li { (say("no numbers with bounds", "无带误差界的数字")) } }
            @else if document.certified() { li.cert { (say(&format!("CERTIFIED (arithmetic): {numbers} numbers within their bounds"), &format!("已获证（算术）：{numbers} 个数字均在误差界之内"))) } }
            @else { li.bad { (say("UNCERTIFIED: see the certificate", "未获证：见证书")) } }
            @if fail > 0 { li.bad { (fail) " " (say("failure(s) in the audit, accepted", "项审计未通过（已接受）")) } }
            @if warn > 0 { li { a href="#proof" { (warn) " " (say("warning(s) about the data", "条数据警告")) } } }
            @for w in document.warnings.iter() { li.stamp { (told(&w.message)) } }
        }
    }
}

/// The certificate, the audit, identities and solves.
pub(super) fn section(document: &Document, data: &Data) -> Markup {
    let all = findings(document);
    let list = |level: Level, class: &'static str| html! { @for f in all.iter().filter(|f| f.level == level) { li class=(class) { code { (f.code) } " " (told(&f.message)) } } };
    let worst = document.checks.iter().map(|c| if c.limit > 0.0 { c.found / c.limit } else { 0.0 }).fold(0.0, f64::max);
    html! {
        section.card #proof aria-labelledby="h-proof" {
            h2 #h-proof { (say("Certificate and audit", "证书与审计")) }
            @if !document.verdicts.is_empty() { (seal(document)) }
            @if let Some(why) = &document.fallback { p.sub { (told(why)) } }
            @if !all.is_empty() {
                h3 { (say(
                    &format!("Audit: {} FAIL, {} WARN, {} PASS", count(&all, Level::Fail), count(&all, Level::Warn), count(&all, Level::Pass)),
                    &format!("审计：{} 项失败，{} 项警告，{} 项通过", count(&all, Level::Fail), count(&all, Level::Warn), count(&all, Level::Pass)),
                )) }
                ul.find { (list(Level::Fail, "fail")) (list(Level::Warn, "warn")) }
                details { summary { (count(&all, Level::Pass)) " " (say("checks passed", "项检查通过")) } ul.find { (list(Level::Pass, "pass")) } }
            }
            @if !document.checks.is_empty() {
                h3 { (say(
                    &format!("{} identities must hold; the worst uses {worst:.1e} of what is allowed", document.checks.len()),
                    &format!("{} 个恒等式必须成立；最差者用去容许值的 {worst:.1e}", document.checks.len()),
                )) }
                ul.checks { @for c in document.checks { li.no[!c.holds] { span { (told(&c.name)) } span.num { (format!("{:.1e} ≤ {:.0e}", c.found, c.limit)) } } } }
            }
            (super::convergence::section(document))
            (solves(document))
            (notes(document, data))
        }
    }
}

fn seal(document: &Document) -> Markup {
    html! {
        div.seal.open[!document.certified()] {
            svg viewBox="0 0 40 40" aria-hidden="true" {
                circle cx="20" cy="20" r="18" fill="none" stroke="currentColor" stroke-width="2.5" {}
                path d=(if document.certified() { "m12 20.5 6 6L29 14" } else { "M20 10v13M20 28v2" }) fill="none" stroke="currentColor" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round" {}
            }
            div {
                p { b { @if document.certified() { (say("CERTIFIED (arithmetic). For the table as given, the truth lies within the bound of each number.", "已获证（算术）。对所给数据表而言，每个数字的真值都在其误差界之内。")) } @else { (say("UNCERTIFIED. Some numbers may be off by more than the tolerance.", "未获证。部分数字的误差可能超过容许值。")) } } }
                p { (translated(SCOPE)) }
            }
        }
        div.scroll tabindex="0" role="region" aria-label="Verdicts by section" data-zh-label="各部分结论" { table.plain {
            thead { tr { th scope="col" { (say("section", "部分")) } th scope="col" { (say("numbers", "数字")) } th scope="col" { (say("verdict", "结论")) } th scope="col" { (say("allowed", "容许值")) } th scope="col" { (say("the worst number", "最差数字")) } } }
            tbody { @for v in &document.verdicts { tr {
                th scope="row" { (translated(v.section)) }
                td { (v.numbers) }
                td class=(if v.certified { "yes" } else { "no" }) { @if v.certified { (say("certified", "获证")) } @else { (say("UNCERTIFIED", "未获证")) } }
                td { (format!("{:.0e}", v.tolerance)) }
                td { @if let Some(w) = &v.worst { (told(&w.name)) ": " (format!("{} ± {:.1e}", w.value, w.bound)) } }
            } } }
        } }
        @for reason in document.reasons() { p.sub { (told(&reason)) } }
    }
}

fn solves(document: &Document) -> Markup {
    html! {
        @if !document.solves.is_empty() { details {
            summary { (document.solves.len()) " " (say("solves", "次求解")) }
            div.scroll tabindex="0" role="region" aria-label="Solves" data-zh-label="求解" { table.plain {
                thead { tr { @for (en, zh) in [("solve", "求解"), ("method", "方法"), ("storage", "存储"), ("columns", "列数"), ("passes", "遍数"), ("residual", "残差")] { th scope="col" { (say(en, zh)) } } } }
                tbody { @for s in &document.solves { tr { th scope="row" { (told(&s.name)) } td { (s.method) } td { (s.operator) } td { (s.columns) } td { (s.passes) } td { (format!("{:.1e}", s.residual)) } } } }
            } }
        } }
    }
}

fn notes(document: &Document, data: &Data) -> Markup {
    let from = super::data::strings(data.at("compensation_notes"));
    let all: Vec<&String> = document.head.notes.iter().chain(document.notes.iter()).chain(&from).collect();
    html! { @if !all.is_empty() { details { summary { (all.len()) " " (say("notes on the data and the choices made", "条关于数据与所作选择的说明")) } ul.prose { @for note in all { li { (told(note)) } } } } } }
}
