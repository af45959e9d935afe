//! What a tonne less costs: prices against carbon intensity, with the curves that are fitted to them.

use maud::{Markup, html};
use serde_json::Value;

use super::data::Data;
use super::plot::{Axis, Count, Series, figure};
use crate::write::words::{say, unit};

/// Points of a curve.
const POINTS: usize = 80;

/// Marginal cost at an intensity, by the form of a curve (`cost::curve`).
fn at(form: &str, [a, b, c]: [f64; 3], reference: f64, u: f64) -> f64 {
    match form {
        "log-log" => (a + b * u.ln()).exp(),
        "semi-log" => (a + b * u).exp(),
        "nordhaus" => a + b * (u / reference).ln(),
        _ => a + b * u + c * u * u,
    }
}

/// The points and curves of a panel's prices.
pub(super) fn section(data: &Data) -> Markup {
    let Some(Value::Array(costs)) = data.object.get("costs") else { return html! {} };
    let number = |v: &Value, key: &str| v.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let price = |v: &Value| {
        let own = number(v, "cost");
        if own.is_nan() { number(v, "if_forced") } else { own }
    };
    let known: Vec<&Value> = costs.iter().filter(|c| price(c).is_finite() && number(c, "intensity_t_per_10k").is_finite()).collect();
    if known.is_empty() {
        return html! {};
    }
    let points: Vec<(f64, f64)> = known.iter().map(|c| (number(c, "intensity_t_per_10k"), price(c))).collect();
    let labels = known
        .iter()
        .zip(&points)
        .map(|(c, p)| format!("{} / {}: {:.3}, {:.1}", text(c, "region"), text(c, "region_zh"), p.0, p.1))
        .collect();
    let ends = points.iter().fold((f64::INFINITY, 0.0f64), |(l, h), p| (l.min(p.0), h.max(p.0)));
    let mut series = vec![Series { name: ("regions".into(), "地区".into()), points, joined: false, labels }];
    for fit in data.object.get("curves").and_then(Value::as_array).into_iter().flatten() {
        let list = super::data::numbers(fit.get("coefficients"));
        let (Some(&[a, b, c]), form) = (list.first_chunk::<3>(), text(fit, "form")) else { continue };
        let along = |k: usize| ends.0 + (ends.1 - ends.0) * k as f64 / (POINTS - 1) as f64;
        let curve = (0..POINTS).map(along).map(|u| (u, at(&form, [a, b, c], number(fit, "reference"), u))).collect();
        let name = format!("{form}, R2 {:.3}", number(fit, "r_squared"));
        series.push(Series { name: (name.clone(), name), points: curve, joined: true, labels: Vec::new() });
    }
    let all = || series[0].points.iter();
    let measured = text(data.object, "unit");
    let y = Axis::of(
        &format!("price of a tonne, {measured}"),
        &format!("每吨价格，{}", crate::labels::Tongue::Zh.unit(&measured)),
        Count::Plain,
        all().map(|p| p.1),
    );
    let x = Axis::of("t CO2 per 10^4 of GDP", "每万元生产总值的 CO2，吨", Count::Plain, all().map(|p| p.0));
    html! {
        section.card #curve aria-labelledby="h-curve" {
            h2 #h-curve { (say("What a tonne less costs, by carbon intensity", "减排一吨的成本与碳强度")) }
            p.sub { (unit(&measured)) ". " (text(data.object, "method")) }
            @if data.object.get("identified").and_then(Value::as_str) == Some("no") || known[0].get("if_forced").is_some() {
                p.sub { b { (say("The data do not identify these prices: points are the price if forced.", "数据不能识别这些价格：所示为强行取值。")) } }
            }
            (figure(&x, &y, &series, ("Prices of a tonne against carbon intensity, by region", "各地区每吨价格与碳强度")))
        }
    }
}
