//! The verdicts on payments: which floors each number is judged against.

use super::{Compensation, Settlement};
use crate::bounded::{Bounded, largest};
use crate::decompose::Flows;
use crate::verdict::{Verdict, floor};

/// The verdicts on payments, the market and the sensitivity, as far as there are any. Floors are the tolerance as a share: of
/// all direct emissions, of what these cost at the highest price, of what the market abates and turns over.
pub fn verdicts(s: &Settlement, flows: &Flows, regions: &[String]) -> Vec<Verdict> {
    let (rtol, width) = (flows.rtol, regions.len());
    let emitted = floor(rtol, flows.direct.iter().map(|d| d.value.abs()).sum());
    let money = |c: &Compensation| floor(rtol, c.worth);
    let own = |r: usize| regions[r].clone();
    let pair = |i: usize| format!("{} to {}", regions[i / width], regions[i % width]);
    let c = &s.payments;
    let mut payments = Verdict::new("payments", rtol);
    payments.judge("duty", emitted, c.duties.iter().copied(), pair);
    payments.judge("payment", money(c), c.payments.iter().copied(), pair);
    payments.judge("net", money(c), c.net.iter().copied(), own);
    payments.judge("all payments", money(c), [c.total(), c.balance()], |i| ["sum", "balance"][i].into());
    let share = |verdict: &mut Verdict, name: &str, of: &dyn Fn(usize) -> Option<Bounded>| {
        let known: Vec<(usize, Bounded)> = (0..width).filter_map(|r| of(r).map(|v| (r, v))).collect();
        let most = largest(known.iter().map(|(_, v)| v.value.abs()));
        verdict.judge(name, floor(rtol, most), known.iter().map(|k| k.1), |i| regions[known[i].0].clone());
    };
    share(&mut payments, "net per GDP", &|r| s.size.per_product(r, c.net[r]));
    share(&mut payments, "net per head", &|r| s.size.per_head(r, c.net[r]));
    share(&mut payments, "GDP", &|r| s.size.product.as_ref().map(|p| p[r]));
    for c in &s.comparison {
        payments.judge(&format!("{} / {}", c.duty.name(), c.price_name()), money(c), c.net.iter().copied().chain([c.total()]), |r| {
            regions.get(r).cloned().unwrap_or("all".into())
        });
    }
    if let Some(u) = &s.unbalanced {
        payments.judge("gap", emitted, u.gap.iter().copied().chain([u.gap_residual]), |r| regions.get(r).cloned().unwrap_or("all".into()));
        payments.judge("gap at own cost", money(c), u.net.iter().copied().chain([u.residual]), |r| {
            regions.get(r).cloned().unwrap_or("all".into())
        });
    }
    let mut all = vec![payments];
    if let Some(m) = &s.market {
        let mut market = Verdict::new("market", rtol);
        let duty = m.duty.iter().map(|d| d.value.abs()).sum::<f64>();
        let worth = floor(rtol, duty * m.price.value / s.size.per);
        market.judge("price", floor(rtol, 0.0), [m.price], |_| "lambda".into());
        market.judge("duty", floor(rtol, duty), m.duty.iter().copied(), own);
        market.judge("abated", floor(rtol, duty), m.abated.iter().copied(), own);
        market.judge("marginal cost", floor(rtol, m.price.value), m.marginal.iter().copied(), own);
        market.judge("net", worth, m.net.iter().copied(), own);
        market.judge("cost", worth, m.cost.iter().copied(), own);
        share(&mut market, "cost at home", &|r| m.autarky[r]);
        market.judge("saving", worth, m.saving, |_| "all".into());
        all.push(market);
    }
    if let Some(v) = &s.sensitivity {
        let mut sensitivity = Verdict::new("sensitivity", rtol);
        for set in &v.settings {
            let name = v.axes(set).map(|(_, choice)| choice).join(" / ");
            sensitivity.judge(&name, floor(rtol, set.worth), set.net.iter().copied().chain([set.total]), |r| {
                regions.get(r).cloned().unwrap_or("all".into())
            });
        }
        // hundreds of settings with floors of their own: the largest says enough
        let most = largest(sensitivity.floors.iter().map(|f| f.1));
        sensitivity.floors = vec![("net, at most".into(), most)];
        all.push(sensitivity);
    }
    all
}
