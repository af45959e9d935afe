//! Compensation: cases worked out on paper, laws, the market optimum against a grid, the sensitivity.

use std::fs;

use assert_cmd::Command;
use isard::Bounded;
use isard::compensation::{
    Choices, Compensation, Corner, CostSource, Curve, Division, Duty, Main, PriceRule, Pricing, Shape, compare, compensate, divisions,
    duties, gaps, linear_at_mean_rate, market, sensitivity, settle, unbalanced,
};
use isard::cost::UnitCosts;
use isard::decompose::Flows;
use isard::responsibility::{Account, Principle, SharingRule, accounts, consumption};
use isard::solve::{Method, Stopping};
use isard::synth;
use isard::system::{Destination, System};
use isard::watch::Watch;
use ndarray::Array2;
use proptest::prelude::*;
use serde_json::Value;

use crate::laws::quiet;
use crate::oracle::matrix;
use crate::support::{isard, shared};

fn exact(v: f64) -> Bounded {
    Bounded::exact(v)
}

/// Flows of R regions (row emits for column) and what each emits for exports, in Mt.
fn by_hand(flow: &[&[f64]], export: &[f64]) -> Flows {
    let r = flow.len();
    Flows {
        flow: Array2::from_shape_fn((r, r + 1), |(s, k)| exact(if k < r { flow[s][k] } else { export[s] })),
        destinations: (0..r).map(Destination::Region).chain([Destination::Export]).collect(),
        direct: (0..r).map(|s| exact(flow[s].iter().sum::<f64>() + export[s])).collect(),
        households: None,
        unit: "Mt".into(),
        rtol: 1e-9,
        floor: 1e-15,
    }
}

fn costs(value: &[f64]) -> UnitCosts {
    UnitCosts { value: value.iter().map(|v| isard::Bounded::exact(*v)).collect(), money: "yuan".into(), ..UnitCosts::default() }
}

/// Charges `(1 - theta_s) Flow[s, r]`.
fn charges(flows: &Flows, theta: &[f64]) -> Array2<Bounded> {
    let r = flows.region_count();
    Array2::from_shape_fn((r, r), |(s, k)| if s == k { Bounded::ZERO } else { exact(1.0 - theta[s]) * flows.flow[[s, k]] })
}

fn division(flows: &Flows, theta: &[f64]) -> Division {
    Division { name: "by hand".into(), account: consumption(flows), charged: Some(charges(flows, theta)) }
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

const RULES: Pricing = Pricing { rule: PriceRule::Receiver, ets: Some(50.0), bargaining: 0.25, whole: None };

/// Two regions: 1 emits 10 for itself, 6 for 2 and 4 for export; 2 emits 2 for 1, 5 for itself and 3 for export. A tonne
/// less costs 100 yuan in 1 and 300 in 2.
fn two() -> (Flows, UnitCosts, Division) {
    let flows = by_hand(&[&[10.0, 6.0], &[2.0, 5.0]], &[4.0, 3.0]);
    let division = division(&flows, &[0.5, 0.25]);
    (flows, costs(&[100.0, 300.0]), division)
}

#[test]
fn two_regions_pay_what_paper_says_under_every_rule() {
    let (flows, costs, division) = two();
    // net flow: 2 owes 1 for 6 - 2 = 4 Mt. At 100 yuan/t that is 4e8 yuan = 4; payer 12; mean 8; lower 4; higher 12;
    // national (20 * 100 + 10 * 300) / 30 = 166.67, so 6.667; market at 50: 2; Nash with b = 0.25:
    // 0.75 * 300 + 0.25 * 100 = 250, so 10
    let expected = [12.0, 4.0, 8.0, 4.0, 12.0, 20.0 / 3.0, 2.0, 10.0];
    // shared: T[1,2] = 0.5 * 6 = 3, T[2,1] = 0.75 * 2 = 1.5, so 2 owes 1 for 1.5 Mt: 1.5 / 4 of the above
    // gaps of consumption: 1 has 12 - 20 = -8, 2 has 11 - 10 = 1, so 2 owes 1 for 1 Mt: 1 / 4 of the above
    for (&rule, net) in PriceRule::ALL.iter().zip(expected) {
        for (duty, tonnes) in [(Duty::NetFlow, 4.0), (Duty::Shared, 1.5), (Duty::GapProrata, 1.0)] {
            let found = settle(duty, &division, &flows, &costs, &Pricing { rule, ..RULES }, 1e6).unwrap();
            near(found.duties[[1, 0]].value, tonnes);
            near(found.net[0].value, net * tonnes / 4.0);
            near(found.net[1].value, -net * tonnes / 4.0);
            assert_eq!((found.payments[[0, 1]], found.unit.as_str()), (Bounded::ZERO, "10^8 yuan"));
        }
    }
    // the fund: 2 pays 1 Mt * 300 = 3, all of it goes to 1
    let fund = settle(Duty::GapFund, &division, &flows, &costs, &RULES, 1e6).unwrap();
    near(fund.net[0].value, 3.0);
    assert!(fund.notes.iter().any(|n| n.contains("receivers for 8.000000 Mt less")), "{:?}", fund.notes);
}

#[test]
fn three_regions_share_a_gap_pro_rata_and_a_fund_by_claims() {
    let flows = by_hand(&[&[1.0, 0.0, 0.0], &[4.0, 1.0, 0.0], &[2.0, 0.0, 1.0]], &[0.0, 0.0, 0.0]);
    // consumption 7, 1, 1; production 1, 5, 3: gaps +6, -4, -2
    let division = division(&flows, &[0.0; 3]);
    assert_eq!(gaps(&flows, &division.account).iter().map(|g| g.value).collect::<Vec<_>>(), [6.0, -4.0, -2.0]);
    let costs = costs(&[100.0, 200.0, 600.0]);
    // pro rata: 6 * 4/6 = 4 Mt to region 2 and 2 Mt to region 3; at the receiver's price 8 and 12
    let prorata = settle(Duty::GapProrata, &division, &flows, &costs, &RULES, 1e6).unwrap();
    for (r, net) in [-20.0, 8.0, 12.0].into_iter().enumerate() {
        near(prorata.net[r].value, net);
    }
    // fund: 6 Mt * 100 = 6; claims 4 * 200 = 8 and 2 * 600 = 12, so 2.4 and 3.6
    let fund = settle(Duty::GapFund, &division, &flows, &costs, &RULES, 1e6).unwrap();
    for (r, net) in [-6.0, 2.4, 3.6].into_iter().enumerate() {
        near(fund.net[r].value, net);
    }
    // a fund whose receivers have no cost cannot be paid out
    let error = settle(Duty::GapFund, &division, &flows, &self::costs(&[100.0, 0.0, 0.0]), &RULES, 1e6).unwrap_err();
    assert!(error.to_string().contains("none has a claim"), "{error}");
}

#[test]
fn gaps_at_own_cost_are_unbalanced_by_the_residual_that_is_shown() {
    let (flows, costs, division) = two();
    // 1 would receive 8 Mt * 100 = 8, 2 would pay 1 Mt * 300 = 3: 5 are missing; the gaps miss the exports, 4 + 3 Mt
    let u = unbalanced(&division, &flows, &costs, 1e6);
    for (found, expected) in [(u.net[0], 8.0), (u.net[1], -3.0), (u.residual, 5.0), (u.gap_residual, -7.0)] {
        near(found.value, expected);
        assert!((found.value - expected).abs() <= found.bound);
    }
}

#[test]
fn a_comparison_has_every_duty_and_rule_once_and_says_what_is_left_out() {
    let (flows, costs, division) = two();
    let (all, left_out) = compare(&division, &division, &flows, &costs, &RULES, 1e6).unwrap();
    assert_eq!((all.len(), left_out.len()), (3 * PriceRule::ALL.len() + 1, 0));
    assert!(Compensation::all_balanced(&all).holds);
    let (all, left_out) = compare(&division, &division, &flows, &costs, &Pricing { ets: None, ..RULES }, 1e6).unwrap();
    assert_eq!(all.len(), 3 * (PriceRule::ALL.len() - 1) + 1);
    assert!(left_out[0].contains("ets") && left_out[0].contains("`ets-price`"), "{left_out:?}");
}

/// Owed by payer (row) to receiver, in t.
fn owed(rows: &[&[f64]]) -> Array2<Bounded> {
    Array2::from_shape_fn((rows.len(), rows.len()), |(r, s)| exact(rows[r][s]))
}

fn line(a: f64, b: f64, max: f64) -> Curve {
    Curve::new("r", Shape::Linear { a, b }, 1.0, max).unwrap()
}

#[test]
fn the_market_of_two_lines_is_as_on_paper() {
    // 2 owes 10 t; MAC_1 = 10 a, MAC_2 = 20 + 30 a. lambda/10 + (lambda - 20)/30 = 10, so lambda = 80, a = (8, 2);
    // 2 pays 80 * 8 = 640; costs 5 * 64 = 320 and 20 * 2 + 15 * 4 = 100; alone 20 * 10 + 15 * 100 = 1700
    let duty = owed(&[&[0.0, 0.0], &[10.0, 0.0]]);
    let curves = [line(0.0, 10.0, 100.0), line(20.0, 30.0, 100.0)];
    let m = market(&duty, &curves, "yuan", 1.0).unwrap();
    for (found, expected) in [
        (m.price, 80.0),
        (m.abated[0], 8.0),
        (m.abated[1], 2.0),
        (m.net[0], 640e-8),
        (m.net[1], -640e-8),
        (m.cost[0], 320e-8),
        (m.cost[1], 100e-8),
        (m.saving.unwrap(), 1280e-8),
    ] {
        assert!((found.value - expected).abs() <= found.bound && found.bound <= 1e-11 * expected.abs(), "{found:?} {expected}");
    }
    assert!(m.checks().iter().all(|c| c.holds));
    // the second curve above the price: MAC_2(0) = 500 > 100 = MAC_1(10)
    let m = market(&duty, &[curves[0], line(500.0, 30.0, 100.0)], "yuan", 1.0).unwrap();
    near(m.price.value, 100.0);
    assert_eq!(m.corner, [Corner::Inside, Corner::Nothing]);
    // the first curve below the price: it gives its 3 t, the other 7 at 20 + 210
    let m = market(&duty, &[line(0.0, 10.0, 3.0), curves[1]], "yuan", 1.0).unwrap();
    near(m.price.value, 230.0);
    assert_eq!(m.corner, [Corner::Cap, Corner::Inside]);
    assert!(m.checks().iter().all(|c| c.holds));
    // a region that cannot meet its own duty at home: no saving to state
    let m = market(&duty, &[curves[0], line(20.0, 30.0, 9.0)], "yuan", 1.0).unwrap();
    assert!(m.saving.is_none() && m.autarky[1].is_none());
    // a region with nothing to abate has no condition to meet, whatever its first tonne would cost
    let nothing = Curve::new("r", Shape::Linear { a: 900.0, b: 30.0 }, 0.0, 1.0).unwrap();
    let three = owed(&[&[0.0, 0.0, 0.0], &[10.0, 0.0, 0.0], &[0.0, 0.0, 0.0]]);
    let m = market(&three, &[curves[0], curves[1], nothing], "yuan", 1.0).unwrap();
    near(m.price.value, 80.0);
    assert_eq!(m.corner, [Corner::Inside, Corner::Inside, Corner::Unable]);
    assert!(m.checks().iter().all(|c| c.holds), "{:?}", m.checks());
    // all curves together fall short
    let error = market(&duty, &[line(0.0, 10.0, 3.0), line(20.0, 30.0, 6.0)], "yuan", 1.0).unwrap_err().to_string();
    assert!(error.contains("1.000000e1 t are owed") && error.contains("9.000000e0 t"), "{error}");
    assert!(market(&owed(&[&[0.0, 0.0], &[0.0, 0.0]]), &curves, "yuan", 1.0).unwrap_err().to_string().contains("no market"));
}

#[test]
fn between_a_cap_and_the_next_curve_the_price_is_known_only_up_to_the_gap() {
    // 3 t owed, the first curve ends at 3 t (30 yuan), the second starts at 500: any price between will do
    let duty = owed(&[&[0.0, 0.0], &[3.0, 0.0]]);
    let m = market(&duty, &[line(0.0, 10.0, 3.0), line(500.0, 30.0, 10.0)], "yuan", 1.0).unwrap();
    assert!(m.price.value - m.price.bound <= 30.0 + 1e-9 && m.price.value + m.price.bound >= 500.0 - 1e-9, "{:?}", m.price);
    near(m.abated[0].value, 3.0);
}

#[test]
fn straight_lines_pass_through_the_unit_cost_at_the_mean_rate() {
    let (flows, costs, _) = two();
    let duty = owed(&[&[0.0, 0.0], &[3.0, 0.0]]);
    // 3 of 30 Mt: at 10 % of its emissions each region's marginal cost is its unit cost
    let curves = linear_at_mean_rate(&duty, &flows, &costs, &["a".into(), "b".into()], 1e6).unwrap();
    near(curves[0].marginal(2e6).value, 100.0);
    near(curves[1].marginal(1e6).value, 300.0);
    near(curves[1].capacity(), 10e6);
    let error = linear_at_mean_rate(&duty, &flows, &self::costs(&[1.0, 0.0]), &["a".into(), "b".into()], 1e6).unwrap_err();
    assert!(error.to_string().contains("curve of b"), "{error}");
}

fn any_flows() -> impl Strategy<Value = (Flows, Vec<f64>, Vec<f64>)> {
    (2usize..6).prop_flat_map(|r| {
        let numbers = proptest::collection::vec(0.0..50.0f64, r * (r + 1));
        let (theta, cost) = (proptest::collection::vec(0.0..1.0f64, r), proptest::collection::vec(1.0..3000.0f64, r));
        (numbers, theta, cost).prop_map(move |(v, theta, cost)| {
            let rows: Vec<Vec<f64>> = (0..r).map(|s| v[s * r..(s + 1) * r].to_vec()).collect();
            let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            (by_hand(&rows, &v[r * r..]), theta, cost)
        })
    })
}

fn any_curve() -> impl Strategy<Value = Curve> {
    let shape = prop_oneof![
        (0.0..500.0f64, 10.0..5000.0f64).prop_map(|(a, b)| Shape::Linear { a, b }),
        (0.0..500.0f64, 10.0..5000.0f64, -0.4..2.0f64).prop_map(|(a, b, c)| Shape::Quadratic { a, b, c: c * b }),
        (0.0..500.0f64, 10.0..5000.0f64).prop_map(|(alpha, b)| Shape::Nordhaus { alpha, beta: -b }),
        (2.0..8.0f64, 0.3..2.0f64).prop_map(|(alpha, beta)| Shape::LogLog { alpha, beta }),
    ];
    (shape, 1.0..100.0f64, 0.1..0.9f64).prop_map(|(shape, base, max)| Curve::new("r", shape, base, max).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn payments_sum_to_zero_grow_with_cost_and_do_not_depend_on_the_order((flows, theta, cost) in any_flows(), factor in 0.1..9.0f64, turn in 1usize..5) {
        let r = flows.region_count();
        let order: Vec<usize> = (0..r).map(|k| (k + turn) % r).collect();
        let turned = Flows {
            flow: Array2::from_shape_fn(flows.flow.dim(), |(s, k)| flows.flow[[order[s], if k < r { order[k] } else { k }]]),
            direct: order.iter().map(|&s| flows.direct[s]).collect(),
            ..flows.clone()
        };
        let pick = |v: &[f64]| order.iter().map(|&k| v[k]).collect::<Vec<_>>();
        let (here, there) = (division(&flows, &theta), division(&turned, &pick(&theta)));
        for &duty in &Duty::ALL {
            for &rule in &PriceRule::ALL {
                let pricing = Pricing { rule, ets: Some(50.0), bargaining: 0.5, whole: None };
                let paid = settle(duty, &here, &flows, &costs(&cost), &pricing, 1e6).unwrap();
                let total = paid.total().value;
                prop_assert!(paid.balance().value.abs() <= (1e-13 * total).max(1e-300));
                prop_assert!(paid.balance().value.abs() <= paid.balance().bound);
                for s in 0..r {
                    let pairs: f64 = (0..r).map(|k| paid.payments[[k, s]].value - paid.payments[[s, k]].value).sum();
                    prop_assert!((pairs - paid.net[s].value).abs() <= 1e-12 * total.max(1.0));
                }
                let dearer: Vec<f64> = cost.iter().map(|c| factor * c).collect();
                let pricing_up = Pricing { ets: Some(50.0 * factor), ..pricing };
                let more = settle(duty, &here, &flows, &costs(&dearer), &pricing_up, 1e6).unwrap();
                let other = settle(duty, &there, &turned, &costs(&pick(&cost)), &pricing, 1e6).unwrap();
                for (s, &from) in order.iter().enumerate() {
                    let scaled = factor * paid.net[s].value;
                    prop_assert!((more.net[s].value - scaled).abs() <= more.net[s].bound + factor * paid.net[s].bound, "{duty:?} {rule:?}");
                    let (x, y) = (paid.net[from], other.net[s]);
                    prop_assert!((x.value - y.value).abs() <= x.bound + y.bound, "{duty:?} {rule:?}: {x:?} {y:?}");
                }
            }
        }
    }

    #[test]
    fn flows_within_their_bounds_give_payments_within_theirs((flows, theta, cost) in any_flows(), shift in proptest::collection::vec(-1.0..1.0f64, 30), wide in 1e-9..1e-2f64) {
        let mut loose = flows.clone();
        let r = flows.region_count();
        loose.flow.iter_mut().zip(&shift).for_each(|(f, s)| *f = Bounded::new(f.value + s * wide, wide));
        loose.direct = (0..r).map(|s| loose.flow.row(s).iter().copied().sum()).collect();
        for &duty in &Duty::ALL {
            for &rule in &PriceRule::ALL {
                let pricing = Pricing { rule, ets: Some(50.0), bargaining: 0.5, whole: None };
                let truth = settle(duty, &division(&flows, &theta), &flows, &costs(&cost), &pricing, 1e6).unwrap();
                let found = settle(duty, &division(&loose, &theta), &loose, &costs(&cost), &pricing, 1e6).unwrap();
                for (t, f) in truth.payments.iter().zip(&found.payments).chain(truth.net.iter().zip(&found.net)) {
                    prop_assert!((t.value - f.value).abs() <= f.bound + t.bound, "{duty:?} {rule:?}: {t:?} {f:?}");
                }
            }
        }
        let (t, f) = (unbalanced(&division(&flows, &theta), &flows, &costs(&cost), 1e6), unbalanced(&division(&loose, &theta), &loose, &costs(&cost), 1e6));
        let sum: f64 = f.net.iter().map(|n| n.value).sum();
        prop_assert!((sum - f.residual.value).abs() <= f.residual.bound);
        prop_assert!((t.residual.value - f.residual.value).abs() <= t.residual.bound + f.residual.bound);
    }

    #[test]
    fn no_other_division_of_the_duty_costs_less_than_the_market(curves in proptest::collection::vec(any_curve(), 3), part in proptest::collection::vec(0.01..0.9f64, 3)) {
        let duty: Vec<f64> = curves.iter().zip(&part).map(|(c, p)| p * c.capacity()).collect();
        let all: f64 = duty.iter().sum();
        let rows = [[0.0, duty[0], 0.0], [duty[1], 0.0, 0.0], [duty[2], 0.0, 0.0]];
        let m = market(&owed(&[&rows[0], &rows[1], &rows[2]]), &curves, "yuan", 1.0).unwrap();
        prop_assert!(m.checks().iter().all(|c| c.holds), "{:?}", m.checks());
        let saving = m.saving.unwrap();
        prop_assert!(saving.value >= -saving.bound);
        let least: Bounded = m.cost.iter().copied().sum();
        for (c, (a, corner)) in curves.iter().zip(m.abated.iter().zip(&m.corner)) {
            prop_assert!(a.value >= 0.0 && a.value <= c.capacity());
            let slope = c.marginal(a.value);
            let room = slope.bound + m.price.bound + 1e-9 * m.price.value.abs();
            match corner {
                Corner::Inside => prop_assert!((slope.value - m.price.value).abs() <= room),
                Corner::Nothing => prop_assert!(slope.value >= m.price.value - room),
                Corner::Cap => prop_assert!(slope.value <= m.price.value + room),
                Corner::Unable => prop_assert!(false, "every curve gives something"),
            }
        }
        // every division on a grid of 60 x 60 costs at least as much, and the best of them hardly more: rounding the
        // optimum down to the grid moves less than a cell of each region to the third
        let cell = [0, 1].map(|r: usize| all.min(curves[r].capacity()) / 60.0);
        let mut best = f64::INFINITY;
        for i in 0..=60 {
            for k in 0..=60 {
                let (a, b) = (cell[0] * f64::from(i), cell[1] * f64::from(k));
                let c = all - a - b;
                if (0.0..=curves[2].capacity()).contains(&c) {
                    best = best.min(curves[0].cost(a).value + curves[1].cost(b).value + curves[2].cost(c).value);
                }
            }
        }
        let (least, moved) = (least.value * 1e8, cell[0] + cell[1]);
        prop_assert!(least <= best * (1.0 + 1e-9), "{least} {best}");
        if m.abated[2].value + moved < curves[2].capacity() {
            let steepest = curves[2].marginal(m.abated[2].value + moved).value;
            prop_assert!(best - least <= moved * steepest * (1.0 + 1e-9) + 1e-12, "{least} {best}");
        }
    }

    #[test]
    fn a_duty_within_its_bound_gives_a_market_within_its_bounds(curves in proptest::collection::vec(any_curve(), 2), part in 0.05..0.8f64, shift in -1.0..1.0f64, wide in 1e-9..1e-3f64) {
        let duty = part * (curves[0].capacity() + curves[1].capacity());
        let room = wide * duty;
        let at = |d: Bounded| market(&Array2::from_shape_fn((2, 2), |(r, s)| if (r, s) == (0, 1) { d } else { Bounded::ZERO }), &curves, "yuan", 1.0).unwrap();
        let (truth, found) = (at(exact(duty)), at(Bounded::new(duty + shift * room, room)));
        let inside = |t: Bounded, f: Bounded| (t.value - f.value).abs() <= f.bound + t.bound;
        prop_assert!(inside(truth.price, found.price), "{:?} {:?}", truth.price, found.price);
        for r in 0..2 {
            prop_assert!(inside(truth.abated[r], found.abated[r]) && inside(truth.net[r], found.net[r]) && inside(truth.cost[r], found.cost[r]));
        }
    }
}

/// A synthetic table settled by two cost sources, everything varied.
#[test]
fn a_sensitivity_goes_through_every_principle_rule_and_source() {
    let table = synth::table(&synth::Settings { regions: 4, sectors: 5, seed: 21, ..synth::Settings::default() });
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let flows = isard::decompose::flows(&leontief, 0);
    let rule = SharingRule::default();
    let known = accounts(&leontief, 0, &flows, &rule, 0.5).unwrap();
    let all = divisions(&leontief, 0, &flows, &rule, &known, &Principle::ALL).unwrap();
    let sources = [("one", [100.0, 400.0, 250.0, 900.0]), ("two", [900.0, 250.0, 400.0, 100.0])].map(|(name, value)| CostSource {
        name: name.into(),
        costs: costs(&value),
        whole: None,
    });
    let choices = Choices {
        divisions: &all,
        costs: &sources,
        duties: &Duty::ALL,
        rules: &PriceRule::ALL,
        pricing: RULES,
        tonnes: 1e6,
        watch: &Watch::default(),
    };
    let main = Main { division: "shared".into(), duty: Duty::Shared, rule: PriceRule::Receiver };
    let v = sensitivity(&flows, &choices, &main, &[]).unwrap();
    assert!(v.check.holds, "{:?}", v.check);
    // every principle has gap settings but production, whose gaps are zero: named as left out
    let nobody_owes: Vec<&str> = v
        .left_out
        .iter()
        .filter_map(|l| l.strip_prefix("gap-prorata: no region answers for more than it emits by "))
        .flat_map(|l| l.split(", "))
        .collect();
    for principle in Principle::ALL {
        let settings = v.settings.iter().filter(|s| s.division == principle.name() && s.duty == Duty::GapProrata).count();
        let left_out = nobody_owes.contains(&principle.name());
        assert!(if left_out { settings == 0 } else { settings == 2 * PriceRule::ALL.len() }, "{principle:?}: {settings}");
    }
    assert!(nobody_owes.contains(&"production"));
    // every setting is what a settlement of its own gives
    for s in &v.settings {
        let pricing = PriceRule::ALL.iter().find(|r| r.name() == s.price).copied().unwrap_or(PriceRule::Payer);
        let division = all.iter().find(|d| d.name == s.division).unwrap_or(&all[0]);
        let alone = settle(s.duty, division, &flows, &sources[s.cost].costs, &Pricing { rule: pricing, ..RULES }, 1e6).unwrap();
        assert_eq!(alone.net, s.net);
        let mut order: Vec<usize> = (0..4).collect();
        order.sort_by(|&a, &b| s.net[a].value.total_cmp(&s.net[b].value));
        assert_eq!(order.iter().map(|&r| s.rank[r]).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!((s.payer.unwrap().0, s.receiver.unwrap().0), (order[0], order[3]));
    }
    assert_eq!(v.follow, [v.main().payer.unwrap().0, v.main().receiver.unwrap().0]);
    let (pays, receives) = v.counts().iter().fold((0, 0), |a, c| (a.0 + c.1, a.1 + c.2));
    assert_eq!((pays, receives), (v.settings.len(), v.settings.len()));
    for axis in ["division", "duty", "cost", "price"] {
        let settings: usize = v.effects().iter().filter(|e| e.axis == axis).map(|e| e.settings).sum();
        assert_eq!(settings, v.settings.len(), "{axis}");
    }
    let elsewhere = Main { duty: Duty::NetFlow, ..main };
    let error = sensitivity(&flows, &Choices { duties: &[Duty::Shared], ..choices }, &elsewhere, &[]).unwrap_err().to_string();
    assert!(error.contains("main setting (net-flow by none, price receiver)"), "{error}");
}

#[test]
fn where_nobody_answers_for_more_than_he_emits_nobody_pays_and_it_is_said() {
    // all final demand abroad: consumption is 0, every gap is negative
    let flows = by_hand(&[&[0.0, 0.0], &[0.0, 0.0]], &[4.0, 3.0]);
    let here = division(&flows, &[0.5; 2]);
    for duty in [Duty::GapProrata, Duty::GapFund] {
        let paid = settle(duty, &here, &flows, &costs(&[1.0, 2.0]), &RULES, 1e6).unwrap();
        assert_eq!(paid.total(), Bounded::ZERO);
        assert!(paid.notes.iter().any(|n| n.contains("nobody pays")), "{:?}", paid.notes);
    }
}

#[test]
fn a_principle_without_charges_cannot_stand_behind_the_shared_duty() {
    let (flows, costs, division) = two();
    let account: Account = division.account.clone();
    let error = settle(Duty::Shared, &Division { charged: None, ..division }, &flows, &costs, &RULES, 1e6).unwrap_err().to_string();
    assert!(error.contains("who is charged"), "{error}");
    // and the old way, duty by duty, gives the same as the new one
    let paid = compensate(Duty::GapFund, duties(Duty::GapFund, &flows, &charges(&flows, &[0.5; 2]), &account), &flows, &costs, &RULES, 1e6)
        .unwrap();
    near(paid.net[0].value, 3.0);
}

#[test]
fn payments_on_a_real_table_follow_from_the_flows_that_others_computed() {
    let (Some(file), Some(check)) = (
        shared("china/mrio_30x42_2007_modelled/mrio30x42_2007.npz"),
        shared("china/mrio_30x42_2007_modelled/check_embodied_co2_30x30_Mt.csv"),
    ) else {
        return;
    };
    let table = isard::formats::read(&file, &Default::default()).unwrap();
    let flow = matrix(&check, 1, 1);
    let system = System::new(table.clone());
    let leontief = quiet(&system, Method::Direct, Stopping::default());
    let flows = isard::decompose::flows(&leontief, 0);
    let cost: Vec<f64> = (0..30).map(|r| 300.0 + 97.0 * f64::from((7 * r) % 30)).collect();
    let production: Vec<f64> = (0..30).map(|s| table.labels.rows(s).map(|i| table.stressors[0].direct[i]).sum()).collect();
    let national = cost.iter().zip(&production).map(|(c, q)| c * q).sum::<f64>() / production.iter().sum::<f64>();
    let gap: Vec<f64> = (0..30).map(|r| (0..30).map(|s| flow[[s, r]]).sum::<f64>() - production[r]).collect();
    let due: f64 = gap.iter().map(|g| (-g).max(0.0)).sum();
    let here = division(&flows, &[0.0; 30]);
    for &rule in &PriceRule::ALL {
        let price = |r: usize, s: usize| match rule {
            PriceRule::Payer => cost[r],
            PriceRule::Receiver => cost[s],
            PriceRule::Mean => (cost[r] + cost[s]) / 2.0,
            PriceRule::Min => cost[r].min(cost[s]),
            PriceRule::Max => cost[r].max(cost[s]),
            PriceRule::National => national,
            PriceRule::Ets => 50.0,
            PriceRule::Nash if cost[r] > cost[s] => 0.75 * cost[r] + 0.25 * cost[s],
            PriceRule::Nash => cost[s],
        };
        // consumption charges every flow to its user, so the shared duty under it is the net flow
        for duty in [Duty::NetFlow, Duty::Shared, Duty::GapProrata] {
            let owes = |r: usize, s: usize| match duty {
                Duty::GapProrata => gap[r].max(0.0) * (-gap[s]).max(0.0) / due,
                _ => (flow[[s, r]] - flow[[r, s]]).max(0.0),
            };
            let found = settle(duty, &here, &flows, &costs(&cost), &Pricing { rule, ..RULES }, 1e6).unwrap();
            let total = found.total().value;
            for r in 0..30 {
                let pays = |r: usize, s: usize| owes(r, s) * price(r, s) * 1e6 / 1e8;
                let net: f64 = (0..30).filter(|&s| s != r).map(|s| pays(s, r) - pays(r, s)).sum();
                assert!((found.net[r].value - net).abs() <= 1e-11 * total, "{duty:?} {rule:?} {r}: {} {net}", found.net[r].value);
            }
        }
    }
    let fund = settle(Duty::GapFund, &here, &flows, &costs(&cost), &RULES, 1e6).unwrap();
    let filled: f64 = (0..30).map(|r| gap[r].max(0.0) * cost[r] / 100.0).sum();
    let claims: f64 = (0..30).map(|s| (-gap[s]).max(0.0) * cost[s]).sum();
    for r in 0..30 {
        let net = filled * (-gap[r]).max(0.0) * cost[r] / claims - gap[r].max(0.0) * cost[r] / 100.0;
        assert!((fund.net[r].value - net).abs() <= 1e-11 * filled, "{r}: {} {net}", fund.net[r].value);
    }
}

fn json(command: &mut Command) -> Value {
    let run = command.assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn fails(command: &mut Command, words: &[&str]) {
    let run = command.assert().code(2);
    let text = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    for word in words {
        assert!(text.contains(word), "\"{word}\" is not in: {text}");
    }
}

/// A table of three regions, r1 to r3, and a folder to work in.
fn small() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table");
    isard().args(["synth", "--regions", "3", "--sectors", "4", "--seed", "5", "--output"]).arg(&table).assert().success();
    (folder, table)
}

#[test]
fn the_command_prints_what_is_asked_for_and_nothing_else() {
    let (folder, table) = small();
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let cost = place("cost.csv", "region,cost_yuan_per_t\nr1,100\nr2,300\nr3,200\n");
    let people = place("people.csv", "region,population_10k\nr1,1\nr2,2\nr3,4\n");
    let plain = json(isard().arg("compensate").arg(&table).arg("--cost").arg(&cost).arg("--json"));
    for key in ["comparison", "unbalanced", "market", "sensitivity", "net_per_head"] {
        assert!(plain.get(key).is_none(), "{key}");
    }
    let asked = ["--compare", "--unbalanced", "--market", "--sensitivity", "--ets-price", "60", "--json"];
    let o = json(isard().arg("compensate").arg(&table).arg("--cost").arg(&cost).arg("--population").arg(&people).args(asked));
    assert_eq!(o["net"], plain["net"]);
    assert_eq!(o["comparison"].as_array().unwrap().len(), 25);
    assert_eq!(o["unbalanced"]["flag"], "UNBALANCED");
    let net = |k: usize| o["net"][k].as_f64().unwrap();
    for (k, people) in [1e4, 2e4, 4e4].into_iter().enumerate() {
        let per_head = o["net_per_head"][k]["value"].as_f64().unwrap();
        assert!((per_head - net(k) * 1e8 / people).abs() <= 1e-9 * per_head.abs());
        let per_gdp = o["net_per_gdp"][k]["value"].as_f64().unwrap();
        assert!((per_gdp - net(k) * 1e8 / o["gdp"][k].as_f64().unwrap()).abs() <= 1e-12);
    }
    assert!(o["market"]["price"].as_f64().unwrap() > 0.0);
    assert!(!o["sensitivity"]["settings"].as_array().unwrap().is_empty());
    let checks = o["checks"].to_string();
    for words in ["in all 25 settings", "market transfers add up to zero", "marginal costs equal the market price"] {
        assert!(checks.contains(words), "{words}");
    }
    // the same by a study file, with all tables written
    fails(isard().arg("compensate").arg(&table).args(["--price", "1", "--table-unit", "M.EUR"]), &["10^4 yuan", "M.EUR"]);
    let study = place(
        "study.toml",
        "table = \"table\"\ncost = [\"cost.csv\"]\npopulation = \"people.csv\"\ncompare = true\nunbalanced = true\nmarket = true\n\
         sensitivity = true\nets-price = 60.0\nvary-rules = [\"payer\", \"receiver\"]\nfollow = [\"r1\"]\n",
    );
    let out = folder.path().join("out");
    let run = isard().arg("run").arg(&study).arg("--output").arg(&out).assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    for words in [
        "UNBALANCED",
        "Market optimum: price",
        "Net payments by duty and price rule",
        "Sensitivity of net payments",
        "net per head",
        "net / GDP",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    for name in ["comparison.csv", "unbalanced.csv", "market.csv", "sensitivity.csv", "settings.csv"] {
        let text = fs::read_to_string(out.join(name)).unwrap();
        assert!(text.lines().next().unwrap().contains('['), "{name} has no unit");
    }
    isard().arg("verify").arg(&out).assert().success();
}

#[test]
fn cost_sources_are_named_by_file_or_column() {
    let (folder, table) = small();
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let many = place("many.csv", "region,ddf_cost_yuan_per_t,sbm_cost_yuan_per_t\nr1,100,900\nr2,300,250\nr3,200,10\n");
    let one = place("one.csv", "region,cost_yuan_per_t\nr1,900\nr2,250\nr3,10\n");
    let compensate = || {
        let mut command = isard();
        command.arg("compensate").arg(&table);
        command
    };
    fails(compensate().args(["--cost", &many]), &["found 2: ddf_cost_yuan_per_t, sbm_cost_yuan_per_t", "--sensitivity"]);
    fails(compensate().args(["--cost", &format!("{many},{one}")]), &["2 cost files", "--sensitivity"]);
    let column = json(compensate().args(["--json", "--cost", &format!("{many}:sbm_cost_yuan_per_t")]));
    let alone = json(compensate().args(["--json", "--cost", &one]));
    assert_eq!(column["net"], alone["net"]);
    fails(compensate().args(["--cost", &format!("{many}:sbm")]), &["sbm"]);
    let o = json(compensate().args(["--json", "--sensitivity", "--cost", &format!("{many},{one}"), "--follow", "r2,r3"]));
    let mut names: Vec<String> =
        o["sensitivity"]["settings"].as_array().unwrap().iter().map(|s| s["cost"].as_str().unwrap().to_string()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names, ["many:ddf_cost_yuan_per_t", "many:sbm_cost_yuan_per_t", "one"]);
    assert_eq!(o["sensitivity"]["follow"], serde_json::json!(["r2", "r3"]));
    fails(compensate().args(["--price", "3", "--sensitivity", "--follow", "r9"]), &["unknown region \"r9\""]);
}

#[test]
fn populations_and_curves_that_do_not_fit_are_refused() {
    let (folder, table) = small();
    let path = folder.path().join("file.csv");
    let refused = |flag: &str, text: &str, words: &[&str]| {
        fs::write(&path, text).unwrap();
        fails(isard().arg("compensate").arg(&table).args(["--price", "100", flag]).arg(&path), words);
    };
    refused("--population", "region,value\nr1,1\n", &["expected a column population"]);
    refused("--population", "region,population\nr1,1\nr2,2\n", &["1 of 3 regions", "r3"]);
    refused("--population", "region,population\nr1,1\nr2,0\nr3,1\n", &["file.csv:3:2", "above 0"]);
    refused("--population", "region,population\nr1,1\nr1,2\nr3,1\n", &["comes twice"]);
    let head = "region,kind,a,b,c,max,of\n";
    refused("--curves", "region,kind,a,b\n", &["expected a column max"]);
    refused("--curves", &format!("{head}r1,linear,0,0,,0.5,rate\n"), &["curve of r1", "does not rise"]);
    refused("--curves", &format!("{head}r1,cubic,0,1,,0.5,rate\n"), &["kind of cost curve", "cubic"]);
    refused("--curves", &format!("{head}r1,linear,0,1,,0.5,percent\n"), &["file.csv:2", "percent"]);
    refused("--curves", &format!("{head}r1,linear,0,1,,40,rate\n"), &["largest reduction", "40"]);
    refused("--curves", &format!("{head}r1,linear,0,1,,1,rate\n"), &["2 of 3 regions", "r2, r3"]);
    refused(
        "--curves",
        &format!("{head}r1,linear,0,1,,1,t\nr2,linear,0,1,,1,t\nr3,linear,0,1,,1,t\n"),
        &["duty-exceeds-emissions", "reaches to 1.000000e0 t"],
    );
    // the four kinds together
    let good = format!("{head}r1,linear,10,900,,1,rate\nr2,quadratic,5,300,200,1,rate\nr3,nordhaus,0,-400,,0.9,rate\n");
    fs::write(&path, good).unwrap();
    let o = json(isard().arg("compensate").arg(&table).args(["--price", "100", "--json", "--curves"]).arg(&path));
    assert!(o["market"]["notes"].to_string().contains("file.csv"));
}
