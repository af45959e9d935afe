//! What figures are drawn from: the keys of the object of a document, with regions in both languages.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{Page, SHOWN};
use crate::labels::Name;
use crate::report::digits::{decimals, fixed};
use crate::report::document::Document;
use crate::write::words::say;

/// The object of a document, and what figures ask of it.
pub(super) struct Data<'a> {
    /// All of it.
    pub object: &'a Value,
    /// Unit of the flows; empty if there are none.
    pub unit: String,
    names: Vec<Name>,
    /// The regions that figures show, in the order of the table.
    pub shown: Vec<usize>,
    beside: Option<&'a str>,
}

/// Keys that hold rows of regions by columns of regions.
const MATRICES: [&str; 6] = ["flow", "bound", "payments", "payments_bound", "duties", "duties_bound"];

/// Keys that no figure asks for: left to the object beside the page, where there is one.
const BESIDE: [&str; 6] =
    ["duties", "duties_bound", "payments", "payments_bound", "responsibility_bound", "responsibility_without_households_bound"];

impl<'a> Data<'a> {
    /// Reads an object.
    pub(super) fn new(object: &'a Value, document: &Document, page: &'a Page) -> Self {
        let given = strings(object.get("regions"));
        let labels = if given.is_empty() { document.head.regions.iter().map(|n| n.en.clone()).collect() } else { given };
        let named = |k: usize| document.head.regions.get(k).cloned().unwrap_or_else(|| Name::plain(labels[k].clone()));
        let names: Vec<Name> = (0..labels.len()).map(named).collect();
        let unit = object.get("unit").and_then(Value::as_str).unwrap_or_default().to_string();
        let mut data = Data { object, unit, names, shown: Vec::new(), beside: page.beside.as_deref() };
        let direct = data.list("direct");
        let mut order: Vec<usize> = (0..labels.len()).collect();
        if labels.len() > SHOWN && direct.len() == labels.len() {
            order.sort_by(|a, b| direct[*b].total_cmp(&direct[*a]));
            order.truncate(SHOWN);
            order.sort_unstable();
        }
        data.shown = order;
        data
    }

    /// Number of regions.
    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// Whether there is a matrix of flows between the regions.
    pub(super) fn has_flows(&self) -> bool {
        !self.names.is_empty() && self.object.get("flow").and_then(Value::as_array).is_some_and(|rows| rows.len() == self.count())
    }

    /// Whether there are accounts by principle.
    pub(super) fn has_accounts(&self) -> bool {
        !self.names.is_empty() && self.object.get("responsibility_without_households").is_some_and(Value::is_object)
    }

    /// Whether there are payments.
    pub(super) fn has_payments(&self) -> bool {
        !self.names.is_empty() && self.list("net").len() == self.count()
    }

    /// A region in both languages.
    pub(super) fn region(&self, k: usize) -> Markup {
        let Name { en, zh, .. } = &self.names[k];
        if en == zh {
            html! { (en) }
        } else {
            say(en, zh)
        }
    }

    /// A region in both languages, or `label` where the object has no list of regions.
    pub(super) fn named(&self, k: usize, label: &str) -> Markup {
        if k < self.names.len() {
            self.region(k)
        } else {
            html! { (label) }
        }
    }

    /// A region in English, or as given.
    pub(super) fn label(&self, k: usize) -> &str {
        &self.names[k].en
    }

    /// A region in Chinese, or as given.
    pub(super) fn label_zh(&self, k: usize) -> &str {
        &self.names[k].zh
    }

    /// The value under a path with dots.
    pub(super) fn at(&self, path: &str) -> Option<&'a Value> {
        path.split('.').try_fold(self.object, |v, key| v.get(key))
    }

    /// A number under a path.
    pub(super) fn number(&self, path: &str) -> Option<f64> {
        self.at(path).and_then(Value::as_f64)
    }

    /// Numbers under a path; what is not defined is no number.
    pub(super) fn list(&self, path: &str) -> Vec<f64> {
        numbers(self.at(path))
    }

    /// A row of a matrix.
    pub(super) fn row(&self, key: &str, k: usize) -> Vec<f64> {
        numbers(self.object.get(key).and_then(|m| m.get(k)))
    }

    /// One entry of a matrix.
    pub(super) fn entry(&self, key: &str, k: usize, l: usize) -> f64 {
        self.object.get(key).and_then(|m| m.get(k)).and_then(|r| r.get(l)).and_then(Value::as_f64).unwrap_or(f64::NAN)
    }

    /// What regions emit for others, less what others emit for them.
    pub(super) fn net_outflow(&self) -> Vec<f64> {
        let out = |k: usize| (0..self.count()).filter(|&l| l != k).map(|l| self.entry("flow", k, l)).sum::<f64>();
        let into = |k: usize| (0..self.count()).filter(|&l| l != k).map(|l| self.entry("flow", l, k)).sum::<f64>();
        (0..self.count()).map(|k| out(k) - into(k)).collect()
    }

    /// The object without the rows of regions that the page does not show, safe inside a script element.
    pub(super) fn block(&self) -> String {
        let Value::Object(all) = self.object else { return "{}".into() };
        let mut pruned: Map<String, Value> = all.iter().map(|(key, v)| (key.clone(), self.pruned(key, v))).collect();
        let names = self.names.iter().map(|n| json!([n.en, n.zh])).collect::<Value>();
        pruned.insert("page".into(), json!({"names": names, "shown": self.shown, "whole": self.beside}));
        Value::Object(pruned).to_string().replace('<', "\\u003c")
    }

    fn pruned(&self, key: &str, v: &Value) -> Value {
        let whole = self.shown.len() == self.count();
        match v {
            Value::Array(rows) if !whole && MATRICES.contains(&key) => self.shown.iter().filter_map(|&k| rows.get(k)).cloned().collect(),
            _ if !whole && ["views", "by_emitter", "routes"].contains(&key) => Value::Null,
            // hundreds of settings, and as many stressors as the table has: the whole of them is beside the page
            Value::Object(all) if key == "sensitivity" => {
                all.iter().filter(|(k, _)| *k != "settings").map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            _ if key == "stressors" && self.beside.is_some() => Value::Null,
            _ if BESIDE.contains(&key) && self.beside.is_some() => Value::Null,
            v => v.clone(),
        }
    }

    /// A sentence on the file of the whole object, if there is one.
    pub(super) fn whole(&self) -> Markup {
        html! { @if let Some(file) = self.beside { p.sub { (say(&format!("All numbers with their bounds: {file}."), &format!("全部数字及其误差界：{file}。"))) } } }
    }

    /// A sentence on what is left out, if anything is.
    pub(super) fn left_out(&self) -> Markup {
        let (shown, all) = (self.shown.len(), self.count());
        let file = self.beside.unwrap_or("result.json");
        html! {
            @if shown < all {
                p.sub {
                    (say(
                        &format!("The {shown} regions with the largest emissions of {all}; all of them: {file}."),
                        &format!("仅示排放最大的 {shown} 个地区（共 {all} 个）；全部见 {file}。"),
                    ))
                }
            }
        }
    }
}

/// Numbers of a list; what is not defined is no number.
pub(super) fn numbers(v: Option<&Value>) -> Vec<f64> {
    let number = |v: &Value| v.as_f64().or_else(|| v.get("value").and_then(Value::as_f64)).unwrap_or(f64::NAN);
    v.and_then(Value::as_array).map(|list| list.iter().map(number).collect()).unwrap_or_default()
}

/// Words of a list.
pub(super) fn strings(v: Option<&Value>) -> Vec<String> {
    v.and_then(Value::as_array).map(|l| l.iter().filter_map(Value::as_str).map(String::from).collect()).unwrap_or_default()
}

/// The largest size of numbers; what is not finite does not count.
pub(super) fn largest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.filter(|v| v.is_finite()).fold(0.0, |a: f64, v| a.max(v.abs()))
}

/// Digits for numbers that stand together on a page: four, or as many as the largest needs before its point.
pub(super) fn digits(numbers: &[f64]) -> usize {
    decimals(numbers.iter().copied()).saturating_sub(2)
}

/// A number as the page shows it; what is not defined is a dash.
pub(super) fn shown(v: f64, decimals: usize) -> String {
    if v.is_finite() { grouped(&fixed(v, decimals)) } else { "–".into() }
}

/// With a sign, for what flows one way or the other.
pub(super) fn signed(v: f64, decimals: usize) -> String {
    let text = shown(v, decimals);
    if v > 0.0 && text.chars().any(|c| ('1'..='9').contains(&c)) { format!("+{text}") } else { text.replace('-', "−") }
}

/// Thousands apart.
fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("−", rest));
    let (whole, part) = rest.split_once('.').map_or((rest, None), |(w, p)| (w, Some(p)));
    let mut out = String::from(sign);
    for (k, c) in whole.chars().enumerate() {
        if k > 0 && (whole.len() - k) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_signed() {
        assert_eq!(shown(1234567.25, 1), "1,234,567.2");
        assert_eq!(signed(-1234.0, 0), "−1,234");
        assert_eq!(signed(0.001, 1), "0.0");
        assert_eq!(signed(12.0, 1), "+12.0");
        assert_eq!(shown(f64::NAN, 1), "–");
    }
}
