//! All estimators side by side: the median of their shares, their span, how far they agree on the order.
//!
//! Kendall's `W = 12 sum_i (R_i - mean R)^2 / (m^2 (n^3 - n) - m sum (t^3 - t))` over the rank sums `R_i` of n regions by m
//! estimators, `t` the sizes of ties: 1 where all give one order, about `1 / m` where orders have nothing in common. Kendall,
//! Smith 1939, doi:10.1214/aoms/1177732186. The price is that of the median share; it assumes nothing, and no more
//! can be said for it than for the estimators that it stands between.

use super::estimate::{ranks, run};
use super::local_share::price;
use super::panel::Units;
use super::price::{Beside, Found, Mark};
use super::settings::{Direction, Disposal, Estimator, NO_BOUND, Settings};
use crate::error::{Error, Result};

/// The estimators, each with its standard choices.
fn members(settings: &Settings) -> Vec<(&'static str, Settings)> {
    let one = |name, estimator, direction| {
        (name, Settings { solver: settings.solver, watch: settings.watch.clone(), ..Settings::new(estimator, direction) })
    };
    let (own, both) = (Some(Direction::Own), Some(Direction::Both));
    let mut all = vec![
        one("local-share", Estimator::LocalShare, None),
        one("convex", Estimator::Convex, both),
        one("log-linear", Estimator::LogLinear, None),
        one("by-production", Estimator::ByProduction, None),
        one("slacks", Estimator::Slacks, None),
        one("frontier", Estimator::Frontier, own),
        one("quadratic", Estimator::Quadratic, both),
    ];
    all.iter_mut().filter(|m| m.0 == "frontier").for_each(|m| m.1.disposal = Disposal::OneSided);
    all
}

/// Kendall's coefficient of concordance; `None` below two orders or three regions.
pub fn kendall(columns: &[Vec<f64>]) -> Option<f64> {
    let (m, n) = (columns.len() as f64, columns.first()?.len());
    if columns.len() < 2 || n < 3 {
        return None;
    }
    let all: Vec<Vec<f64>> = columns.iter().map(|c| ranks(c)).collect();
    let sums: Vec<f64> = (0..n).map(|i| all.iter().map(|r| r[i]).sum()).collect();
    let mean = m * (n as f64 + 1.0) / 2.0;
    let apart: f64 = sums.iter().map(|s| (s - mean).powi(2)).sum();
    // each member of a tie of t counts t^2 - 1
    let tied = |r: &Vec<f64>| r.iter().map(|v| (r.iter().filter(|w| *w == v).count() as f64).powi(2) - 1.0).sum::<f64>();
    let ties: f64 = all.iter().map(tied).sum();
    let n = n as f64;
    let most = m * m * (n.powi(3) - n) - m * ties;
    (most > 0.0).then(|| 12.0 * apart / most)
}

pub(super) fn prices(units: &Units, weights: &[f64], year: usize, settings: &Settings) -> Result<Found> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for (name, choices) in members(settings) {
        settings.watch.check()?;
        match run(units, weights, year, &choices) {
            Ok(f) => {
                let column: Vec<Option<f64>> = f.marks.iter().map(|m| m.as_ref().map(|m| m.price(choices.face).value)).collect();
                found.push((name, column));
            }
            Err(why) => notes.push(format!("{name} is left out: {why}")),
        }
    }
    let regions: Vec<usize> = (0..units.regions).filter(|&r| weights[r] > 0.0).collect();
    if found.len() < 2 {
        let text = format!("{} of 7 estimators have a result: {}", found.len(), notes.join("; "));
        return Err(Error::not_solved(text, "add regions or years, or name one estimator"));
    }
    let of = |column: &[Option<f64>], r: usize| column[r].unwrap_or(f64::NAN);
    let mut marks = vec![None; units.regions];
    for &r in &regions {
        let k = units.at(r, year);
        let ratio = units.y[k] / units.b[k];
        let prices: Vec<f64> = found.iter().map(|(_, c)| of(c, r)).collect();
        let mut shares: Vec<f64> = prices.iter().map(|p| if p.is_infinite() { 1.0 } else { p.max(0.0) / (p.max(0.0) + ratio) }).collect();
        shares.sort_by(f64::total_cmp);
        let half = shares.len() / 2;
        let median = if shares.len() % 2 == 1 { shares[half] } else { 0.5 * (shares[half - 1] + shares[half]) };
        let ends = prices.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b]: [f64; 2], p| [a.min(*p), b.max(*p)]);
        let beside = found.iter().zip(&prices).map(|((name, _), p)| Beside { name, prices: [*p; 3] }).collect();
        marks[r] = Some(Mark::regression(f64::NAN, [price(median, ratio), ends[0], ends[1]], beside, NO_BOUND));
    }
    let columns: Vec<Vec<f64>> = found.iter().map(|(_, c)| regions.iter().map(|&r| of(c, r)).collect()).collect();
    let agreement = kendall(&columns).map_or("not defined".to_string(), |w| format!("{w:.2}"));
    notes.push(format!(
        "{} estimators with their standard choices; low and high are the least and the greatest of their prices; Kendall's W of the orders {agreement}",
        found.len()
    ));
    Ok(Found { marks, checks: Vec::new(), notes, spans: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::kendall;

    #[test]
    fn concordance_is_one_for_one_order_and_that_of_the_book_for_three() {
        assert_eq!(kendall(&[vec![1.0, 2.0, 3.0], vec![10.0, 20.0, 30.0]]), Some(1.0));
        // Siegel, Castellan 1988, nonparametric statistics, ch. 9: three raters, six objects
        let raters = [[1.0, 6.0, 3.0, 2.0, 5.0, 4.0], [1.0, 5.0, 6.0, 4.0, 2.0, 3.0], [6.0, 3.0, 2.0, 5.0, 4.0, 1.0]];
        let found = kendall(&raters.map(|r| r.to_vec())).unwrap();
        assert!((found - 0.162).abs() < 5e-4, "{found}");
        assert_eq!(kendall(&[vec![1.0, 2.0, 3.0]]), None);
    }
}
