//! Payments for whole duties and over ranges of costs: curves against sums and areas, claims against corners of the box, the
//! decomposition of ranks against a grid worked out on paper.

use isard::Bounded;
use isard::bounded::upper;
use isard::compensation::{
    Abatement, Abatements, Case, Compensation, CostSource, Curve, Division, Duty, Linear, Measure, PriceRule, Pricing, Sensitivity,
    Setting, Shape, Standing, claims, decomposition, linear, settle,
};
use isard::cost::UnitCosts;
use isard::decompose::Flows;
use isard::responsibility::consumption;
use isard::system::Destination;
use ndarray::Array2;

use crate::support::isard;

fn exact(v: f64) -> Bounded {
    Bounded::exact(v)
}

struct Draws(u64);

impl Draws {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn near(a: f64, b: f64, relative: f64) {
    assert!((a - b).abs() <= relative * b.abs().max(1e-300), "{a} is not {b}");
}

/// Curves of every kind with about 100 yuan for the first tonne of 1,000.
fn every() -> Vec<Abatement> {
    let measures = [("a", 300.0, -20.0), ("b", 500.0, 140.0), ("c", 200.0, 90.0)];
    vec![
        Abatement::Flat(exact(100.0)),
        Abatement::Share { product: exact(1e6), emissions: exact(1000.0), elasticity: exact(0.1) },
        Abatement::measures("r", measures.map(|(n, tonnes, cost)| Measure { name: n.into(), tonnes, cost }).to_vec()).unwrap(),
        Abatement::Rising(Curve::new("r", Shape::Power { c: 100.0, k: 1.7 }, 1000.0, 0.9).unwrap()),
        Abatement::Rising(Curve::new("r", Shape::Linear { a: 100.0, b: 30.0 }, 1000.0, 0.9).unwrap()),
        Abatement::Surface { emissions: 1000.0, planes: vec![[0.0, 500.0], [1e5, 250.0], [2.5e5, 80.0]] },
    ]
}

#[test]
fn the_cost_of_a_whole_duty_begins_at_nothing_is_convex_and_no_less_than_the_first_price_for_all() {
    for curve in every() {
        let cost = |a: f64| curve.cost("r", exact(a)).unwrap();
        assert_eq!(cost(0.0), Bounded::ZERO, "{curve:?}");
        let first = curve.marginal(0.0).value;
        for step in 1..40 {
            let a = 20.0 * f64::from(step);
            assert!(upper(cost(a)) >= first * a - 1e-9 * (1.0 + (first * a).abs()), "{curve:?} at {a}");
            let second = cost(a + 20.0).value - 2.0 * cost(a).value + cost(a - 20.0).value;
            assert!(second >= -1e-9 * cost(a).value.abs().max(1.0), "{curve:?} at {a}: {second}");
            // the sum of marginal costs over small steps, which shares no code with the integral
            let pieces = 4000;
            let area: f64 = (0..pieces).map(|i| curve.marginal(a * (f64::from(i) + 0.5) / f64::from(pieces)).value).sum::<f64>() * a
                / f64::from(pieces);
            assert!((cost(a).value - area).abs() <= 2e-3 * area.abs() + 20.0, "{curve:?} at {a}: {} {area}", cost(a).value);
            if let Some(credit) = curve.credit(a) {
                assert!(credit.value <= first * a * (1.0 + 1e-12) && credit.value > 0.0, "{curve:?} at {a}");
            }
        }
        let loose = curve.cost("r", Bounded::new(500.0, 1.0)).unwrap();
        for a in [499.0, 499.5, 500.5, 501.0] {
            assert!((cost(a).value - loose.value).abs() <= loose.bound * (1.0 + 1e-9), "{curve:?}: {loose:?} at {a}");
        }
    }
}

#[test]
fn the_share_form_costs_what_the_table_of_method_says_and_a_duty_beyond_emissions_is_refused() {
    // C / (p a) for eps 0.5 and 0.05: 1.03 to 1.05 at a tenth, 1.17 to 1.36 at half
    for (part, least, most) in [(0.1, 1.025, 1.055), (0.3, 1.085, 1.185), (0.5, 1.165, 1.365), (0.8, 1.375, 1.935)] {
        let over = |eps: f64| {
            let curve = Abatement::Share { product: exact(2e6), emissions: exact(1000.0), elasticity: exact(eps) };
            curve.cost("r", exact(1000.0 * part)).unwrap().value / (curve.marginal(0.0).value * 1000.0 * part)
        };
        assert!(over(0.5) >= least && over(0.5) < over(0.05) && over(0.05) <= most, "{part}: {} {}", over(0.5), over(0.05));
    }
    let share = &every()[1];
    let text = share.cost("Hebei", exact(1000.0)).unwrap_err().to_string();
    assert!(text.contains("duty-exceeds-emissions: the duty of Hebei is 1.000000e3 t"), "{text}");
    assert!(every()[2].cost("Hebei", exact(1001.0)).unwrap_err().to_string().contains("duty-exceeds-measures"));
    assert!(every()[0].cost("Hebei", exact(1e9)).is_ok());
    assert!(Abatement::measures("r", vec![Measure { name: "m".into(), tonnes: -1.0, cost: 1.0 }]).is_err());
}

#[test]
fn a_surface_costs_the_sum_of_its_steps_and_measures_theirs() {
    // from 1000 down: slope 80 to the kink of planes 2 and 3 at b = 1.5e5 / 170, 250 to 400, 500 below
    let surface = every().pop().unwrap();
    let kink = 1.5e5 / 170.0;
    near(surface.cost("r", exact(800.0)).unwrap().value, 80.0 * (1000.0 - kink) + 250.0 * (kink - 400.0) + 500.0 * 200.0, 1e-12);
    near(every()[2].cost("r", exact(700.0)).unwrap().value, -20.0 * 300.0 + 90.0 * 200.0 + 140.0 * 200.0, 1e-14);
    near(every()[3].cost("r", exact(500.0)).unwrap().value, 1000.0 * 100.0 * 0.5f64.powf(2.7) / 2.7, 1e-12);
}

/// Flows of R regions drawn at random, and their consumption accounts.
fn drawn(count: usize, z: &mut Draws) -> (Flows, Division) {
    let flow = Array2::from_shape_fn((count, count + 1), |_| exact((10.0 * z.unit()).floor()));
    let direct = (0..count).map(|s| exact(flow.row(s).iter().map(|b| b.value).sum())).collect();
    let destinations = (0..count).map(Destination::Region).chain([Destination::Export]).collect();
    let flows = Flows { flow, destinations, direct, households: None, unit: "Mt".into(), rtol: 1e-9, floor: 1e-15 };
    let charged = Array2::from_shape_fn((count, count), |(s, r)| if s == r { Bounded::ZERO } else { exact(0.5) * flows.flow[[s, r]] });
    let division = Division { name: "drawn".into(), account: consumption(&flows), charged: Some(charged) };
    (flows, division)
}

#[test]
fn whole_duties_are_paid_at_their_mean_price_and_still_add_up_to_zero() {
    let mut z = Draws(9);
    let (flows, division) = drawn(4, &mut z);
    let curves = (0..4).map(|r| Abatement::Share {
        product: exact(1e11),
        emissions: flows.direct[r] * exact(1e6),
        elasticity: exact(0.05 * (r + 1) as f64),
    });
    let whole = Abatements { regions: (0..4).map(|r| format!("r{r}")).collect(), curves: curves.collect() };
    let value = whole.curves.iter().map(|c| c.marginal(0.0)).collect();
    let costs = UnitCosts { value, money: "yuan".into(), ..UnitCosts::default() };
    for &duty in &Duty::ALL {
        for &rule in &PriceRule::ALL {
            let pricing = Pricing { rule, ets: Some(50.0), bargaining: 0.5, whole: Some(&whole) };
            let Ok(found) = settle(duty, &division, &flows, &costs, &pricing, 1e6) else { continue };
            assert!(found.balance().value.abs() <= 1e-12 * found.total().value && found.balance().value.abs() <= found.balance().bound);
            let margin = settle(duty, &division, &flows, &costs, &Pricing { whole: None, ..pricing }, 1e6).unwrap();
            if [PriceRule::Payer, PriceRule::Receiver, PriceRule::Mean].contains(&rule) || duty == Duty::GapFund {
                assert!(found.total().value >= margin.total().value, "{duty:?} {rule:?}");
            }
            // every receiver gets the integral over all that is owed to it
            if rule == PriceRule::Receiver && duty != Duty::GapFund {
                for s in 0..4 {
                    let owed: f64 = found.duties.column(s).iter().map(|d| d.value * 1e6).sum();
                    let paid: f64 = found.payments.column(s).iter().map(|p| p.value * 1e8).sum();
                    near(paid, whole.curves[s].cost("r", exact(owed)).unwrap().value, 1e-12);
                }
            }
        }
    }
}

fn net(linear: &Linear, cost: &[f64]) -> Vec<f64> {
    linear
        .slope
        .rows()
        .into_iter()
        .zip(&linear.constant)
        .map(|(row, k)| row.iter().zip(cost).map(|(m, c)| m.value * c).sum::<f64>() + k.value)
        .collect()
}

#[test]
fn claims_over_a_box_are_those_of_all_its_corners() {
    let (mut z, count) = (Draws(4), 5);
    let mut proven = 0;
    for case in 0..60 {
        let (flows, division) = drawn(count, &mut z);
        let rule = [PriceRule::Receiver, PriceRule::Payer, PriceRule::Mean, PriceRule::National, PriceRule::Ets][case % 5];
        let duty = [Duty::NetFlow, Duty::Shared, Duty::GapProrata][case % 3];
        let pricing = Pricing { rule, ets: Some(50.0), bargaining: 0.5, whole: None };
        let width = 0.6 * z.unit();
        let ends: Vec<[Bounded; 2]> =
            (0..count).map(|_| 100.0 * (1.0 + z.unit())).map(|c| [exact(c * (1.0 - width)), exact(c * (1.0 + width))]).collect();
        let value: Vec<Bounded> = ends.iter().map(|[low, high]| (*low + *high) * exact(0.5)).collect();
        let costs = UnitCosts { value: value.clone(), money: "yuan".into(), range: Some(ends.clone()), ..UnitCosts::default() };
        let found: Compensation = settle(duty, &division, &flows, &costs, &pricing, 1e6).unwrap();
        let form = linear(duty, &found.duties, &flows, &pricing, exact(1e-2)).unwrap();
        // the linear form is the settlement
        for (a, b) in net(&form, &value.iter().map(|v| v.value).collect::<Vec<_>>()).iter().zip(&found.net) {
            assert!((a - b.value).abs() <= 1e-9 * (1.0 + b.value.abs()), "{duty:?} {rule:?}: {a} {b:?}");
        }
        let said = claims(&form, &ends);
        let mut most = vec![[f64::INFINITY, f64::NEG_INFINITY]; count];
        let (mut payers, mut receivers) = (vec![true; count], vec![true; count]);
        // every corner, and a thousand random ones again
        for corner in (0..1_u32 << count).chain((0..1000).map(|_| (z.unit() * 32.0) as u32)) {
            let cost: Vec<f64> = (0..count).map(|j| ends[j][(corner >> j & 1) as usize].value).collect();
            let net = net(&form, &cost);
            for k in 0..count {
                most[k] = [most[k][0].min(net[k]), most[k][1].max(net[k])];
                payers[k] &= net[k] < -1e-9 && (0..count).all(|i| i == k || net[k] < net[i] - 1e-9);
                receivers[k] &= net[k] > 1e-9 && (0..count).all(|i| i == k || net[k] > net[i] + 1e-9);
            }
        }
        for (claim, holds) in [(said.payer, &payers), (said.receiver, &receivers)] {
            assert_eq!(claim.standing == Standing::Proven, holds.iter().any(|h| *h), "{duty:?} {rule:?} {claim:?} {holds:?}");
            if claim.standing == Standing::Proven {
                proven += 1;
                assert!(holds[claim.region.unwrap()] && claim.share == Some(1.0), "{claim:?}");
            }
        }
        for (ends, most) in said.ends.iter().zip(&most) {
            for k in 0..2 {
                assert!((ends[k] - most[k]).abs() <= 1e-9 * (1.0 + most[k].abs()), "{ends:?} {most:?}");
            }
        }
    }
    assert!((5..115).contains(&proven), "{proven} of 120 claims proven: the cases say little");
    let (flows, division) = drawn(3, &mut z);
    let costs = UnitCosts { value: vec![exact(1.0); 3], money: "yuan".into(), ..UnitCosts::default() };
    let pricing = Pricing { rule: PriceRule::Receiver, ets: None, bargaining: 0.5, whole: None };
    let found = settle(Duty::Shared, &division, &flows, &costs, &pricing, 1e6).unwrap();
    let endless = vec![[exact(1.0), exact(f64::INFINITY)]; 3];
    let said = claims(&linear(Duty::Shared, &found.duties, &flows, &pricing, exact(1e-2)).unwrap(), &endless);
    assert!(said.payer.share.is_none() && said.ends.iter().all(|e| !e[0].is_nan() && !e[1].is_nan()), "{said:?}");
    let case = Case { duty: Duty::Shared, division: &division, flows: &flows, pricing, tonnes: 1e6 };
    let source = CostSource { name: "one".into(), costs, whole: None };
    assert!(case.claims(&[source], &found).unwrap().is_none(), "costs without ends give no claims");
}

#[test]
fn claims_of_rules_that_are_not_linear_hold_at_every_cost_of_the_box() {
    let (mut z, count) = (Draws(11), 4);
    let (mut proven, mut refuted) = (0, 0);
    for case in 0..60 {
        let (flows, division) = drawn(count, &mut z);
        let rule = [PriceRule::Min, PriceRule::Max, PriceRule::Nash, PriceRule::Receiver, PriceRule::Mean][case % 5];
        let duty = [Duty::NetFlow, Duty::Shared, Duty::GapProrata][case % 3];
        // the last two rules along shares of CO2, which bend the price
        let along = case % 5 > 2;
        let width = 0.4 * z.unit();
        let ends: Vec<[Bounded; 2]> =
            (0..count).map(|_| 100.0 * (1.0 + z.unit())).map(|c| [exact(c * (1.0 - width)), exact(c * (1.0 + width))]).collect();
        let (product, emissions) = (exact(1e11), |r: usize| flows.direct[r] * exact(2e6));
        let whole = |value: &[Bounded]| Abatements {
            regions: (0..count).map(|r| format!("r{r}")).collect(),
            curves: (0..count)
                .map(|r| Abatement::Share { product, emissions: emissions(r), elasticity: value[r] * emissions(r) / product })
                .collect(),
        };
        let source = |value: Vec<Bounded>| CostSource {
            name: "one".into(),
            whole: along.then(|| whole(&value)),
            costs: UnitCosts { value, money: "yuan".into(), range: Some(ends.clone()), ..UnitCosts::default() },
        };
        let middle = source(ends.iter().map(|[low, high]| (*low + *high) * exact(0.5)).collect());
        let pricing = Pricing { rule, ets: None, bargaining: 0.3, whole: None };
        let paid =
            |s: &CostSource| settle(duty, &division, &flows, &s.costs, &Pricing { whole: s.whole.as_ref(), ..pricing }, 1e6).unwrap();
        let found = paid(&middle);
        let all = Case { duty, division: &division, flows: &flows, pricing, tonnes: 1e6 };
        let said = all.claims(std::slice::from_ref(&middle), &found).unwrap().unwrap().unwrap();
        let (mut payers, mut receivers) = (vec![true; count], vec![true; count]);
        let corners = (0..1_u32 << count).map(|c| (0..count).map(|j| ends[j][(c >> j & 1) as usize].value).collect::<Vec<f64>>());
        let inside: Vec<Vec<f64>> =
            (0..100).map(|_| ends.iter().map(|[low, high]| low.value + (high.value - low.value) * z.unit()).collect()).collect();
        for cost in corners.chain(inside) {
            let net: Vec<f64> = paid(&source(cost.into_iter().map(exact).collect())).net.iter().map(|n| n.value).collect();
            for k in 0..count {
                let room = 1e-9 * (1.0 + net[k].abs());
                assert!(said.ends[k][0] <= net[k] + room && net[k] <= said.ends[k][1] + room, "{duty:?} {rule:?}: {net:?} {said:?}");
                payers[k] &= net[k] < 0.0 && (0..count).all(|i| i == k || net[k] <= net[i]);
                receivers[k] &= net[k] > 0.0 && (0..count).all(|i| i == k || net[k] >= net[i]);
            }
        }
        for (claim, holds) in [(said.payer, &payers), (said.receiver, &receivers)] {
            refuted += usize::from(!holds.contains(&true));
            if claim.standing == Standing::Proven {
                proven += 1;
                assert!(holds[claim.region.unwrap()] && claim.share == Some(1.0), "{duty:?} {rule:?} {claim:?} {holds:?}");
            }
        }
        // what a setting of the sensitivity says is what is proven of the payer and the receiver of these costs
        let tops = [said.payer, said.receiver].map(|c| c.region);
        let held = all.held(&middle, &found, tops).unwrap().unwrap();
        assert_eq!(held, [said.payer, said.receiver].map(|c| c.standing == Standing::Proven), "{said:?}");
    }
    assert!(proven >= 10 && refuted >= 10, "{proven} proven, {refuted} refuted of 120: the cases say little");
}

#[test]
fn several_cost_sources_count_alike_and_a_source_that_disagrees_opens_a_claim() {
    let mut z = Draws(3);
    let (flows, division) = drawn(3, &mut z);
    let pricing = Pricing { rule: PriceRule::Payer, ets: None, bargaining: 0.5, whole: None };
    let source = |value: [f64; 3], range: Option<f64>| {
        let range = range.map(|w| value.iter().map(|c| [exact(c * (1.0 - w)), exact(c * (1.0 + w))]).collect());
        let costs = UnitCosts { value: value.map(exact).to_vec(), money: "yuan".into(), range, ..UnitCosts::default() };
        CostSource { name: format!("{value:?}"), costs, whole: None }
    };
    let case = Case { duty: Duty::NetFlow, division: &division, flows: &flows, pricing, tonnes: 1e6 };
    let claims = |sources: &[CostSource]| {
        let first = settle(Duty::NetFlow, &division, &flows, &sources[0].costs, &pricing, 1e6).unwrap();
        case.claims(sources, &first).unwrap().unwrap().unwrap()
    };
    let owes = |found: &Compensation, k: usize| found.duties.row(k).iter().map(|d| d.value).sum::<f64>();
    let first = settle(Duty::NetFlow, &division, &flows, &UnitCosts::uniform(100.0, "yuan", 3), &pricing, 1e6).unwrap();
    let debtors: Vec<usize> = (0..3).filter(|&k| owes(&first, k) > 0.0).collect();
    let (a, b) = (debtors[0], debtors[1]);
    let with = |r: usize| std::array::from_fn(|k| if k == r { 1e5 } else { 100.0 });
    let (one, same, other) = (source(with(a), Some(0.05)), source(with(a), None), source(with(b), Some(0.05)));
    let agreed = claims(&[one.clone(), same.clone()]).payer;
    assert_eq!((agreed.region, agreed.standing, agreed.sources), (Some(a), Standing::Proven, 2));
    let split = claims(&[one.clone(), same.clone(), other.clone()]);
    assert_eq!((split.payer.region, split.payer.standing, split.payer.sources), (Some(a), Standing::Open, 2), "{split:?}");
    assert!((split.payer.share.unwrap() - 2.0 / 3.0).abs() < 1e-12 && (split.sources, split.ranged) == (3, 2));
    // nine of ten sources: probable, although each of them proves its own
    let ten: Vec<CostSource> = std::iter::repeat_n(one, 9).chain([other]).collect();
    assert_eq!((claims(&ten).payer.standing, claims(&ten).payer.sources), (Standing::Probable, 9));
    // points alone prove nothing over costs that nobody gave
    assert_eq!(claims(&[same.clone(), same]).payer.standing, Standing::Probable);
}

/// A grid of two divisions, two sources and two prices whose ranks are `f`.
fn grid(f: impl Fn(usize, usize, usize) -> usize) -> Sensitivity {
    let mut settings = Vec::new();
    for (d, c, p) in (0..8).map(|k| (k >> 2 & 1, k >> 1 & 1, k & 1)) {
        settings.push(Setting {
            division: ["consumption", "income"][d].into(),
            duty: Duty::GapProrata,
            cost: c,
            price: ["payer", "receiver"][p],
            net: vec![Bounded::ZERO],
            total: Bounded::ZERO,
            rank: vec![f(d, c, p)],
            ranks: vec![[1, 1]],
            worth: 0.0,
            payer: None,
            receiver: None,
            held: None,
        });
    }
    Sensitivity {
        costs: vec!["one".into(), "two".into()],
        ranged: vec![false; 2],
        settings,
        main: 0,
        follow: Vec::new(),
        left_out: Vec::new(),
        check: isard::check::Check { name: String::new(), holds: true, found: 0.0, limit: 0.0 },
        unit: "10^8 yuan".into(),
    }
}

#[test]
fn the_variance_of_ranks_is_shared_out_as_on_paper() {
    // 1 + 3 d + c: variances 9/4 and 1/4
    let plain = decomposition(&grid(|d, c, _| 1 + 3 * d + c)).unwrap();
    let alone: Vec<f64> = plain.components.iter().map(|c| c.alone).collect();
    for (found, expected) in alone.iter().zip([0.9, 0.1, 0.0, 0.0]) {
        assert!((found - expected).abs() < 1e-12, "{plain:?}");
    }
    assert!(plain.together.abs() < 1e-12 && plain.cells == 8 && plain.left_out.is_empty());
    // 1 + 2 d p = 1 + d + p - ... : on +-1/2, 2 d p = 1/2 + d' + p' + 2 d' p', variances 1/4, 1/4, 1/4
    let joint = decomposition(&grid(|d, _, p| 1 + 2 * d * p)).unwrap();
    let of = |axis: &str| joint.components.iter().find(|c| c.axis == axis).unwrap().clone();
    assert!((of("division").alone - 1.0 / 3.0).abs() < 1e-12 && (of("division").total - 2.0 / 3.0).abs() < 1e-12, "{joint:?}");
    assert!((joint.together - 1.0 / 3.0).abs() < 1e-12 && of("cost").total.abs() < 1e-12);
    assert!(decomposition(&grid(|_, _, _| 1)).is_none());
}

#[test]
fn the_command_pays_along_measures_shares_and_flat_prices_and_says_what_ranges_prove() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |line: &[&str]| {
        let done = isard().current_dir(at).args(line).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap())
    };
    let json = |line: &[&str]| {
        let (code, out, error) = run(&[line, &["--json"]].concat());
        (code, serde_json::from_str::<serde_json::Value>(&out).unwrap_or_else(|_| panic!("{line:?}: {error}")))
    };
    assert_eq!(run(&["synth", "--regions", "3", "--sectors", "3", "-o", "t"]).0, 0);
    let put = |name: &str, text: &str| std::fs::write(at.join(name), text).unwrap();
    put(
        "measures.csv",
        "region,measure,tonnes_Mt,cost_yuan_per_t\nr1,boilers,1e6,100\nr1,kilns,1e6,400\nr2,boilers,1e6,250\nr3,boilers,1e6,300\n",
    );
    put("flat.csv", "region,kind,a,b,c,max,of\nr1,flat,100,0,0,1,rate\nr2,flat,250,0,0,1,rate\nr3,flat,300,0,0,1,rate\n");
    put("cost.csv", "region,cost_yuan_per_t,low_yuan_per_t,high_yuan_per_t\nr1,100,90,110\nr2,250,200,280\nr3,300,290,310\n");
    let (code, plain) = json(&["compensate", "t", "--cost", "cost.csv"]);
    assert_eq!(code, 0);
    for name in ["measures.csv", "flat.csv"] {
        // enough of the first measure for everything: its price for all, as a flat price and as unit costs
        let (code, whole) = json(&["compensate", "t", "--curves", name]);
        assert_eq!(code, 0, "{}", whole["uncertified_because"]);
        for (a, b) in whole["net"].as_array().unwrap().iter().zip(plain["net"].as_array().unwrap()) {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-9), "{name}: {a} {b}");
        }
    }
    let (code, _, error) = run(&["compensate", "t", "--curves", "flat.csv", "--market"]);
    assert!(code == 2 && error.contains("do not rise strictly"), "{error}");
    put("measures.csv", "region,measure,tonnes,cost_yuan_per_t\nr1,boilers,1,100\nr2,boilers,1,250\nr3,boilers,1,300\n");
    let (code, _, error) = run(&["compensate", "t", "--curves", "measures.csv"]);
    assert!(code == 2 && error.contains("duty-exceeds-measures") && error.contains("--cost-of marginal"), "{error}");
    let said = &plain["claims"];
    assert!(["proven", "probable", "open"].contains(&said["pays_most"]["standing"].as_str().unwrap()), "{said}");
    let (_, page, _) = run(&["compensate", "t", "--cost", "cost.csv"]);
    assert!(page.contains("pays most") && page.contains("between low and high"), "{page}");
    let (code, page, _) = run(&["compensate", "t", "--price", "1e300", "--full"]);
    let digits = page.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
    assert!(code < 2 && digits < Some(40), "a cell of {digits:?} digits");
    let (code, _, error) = run(&["compensate", "t", "--price", "inf"]);
    assert!(code == 2 && error.contains("--price") && error.contains("inf"), "{error}");
    let (code, _, error) = run(&["compensate", "t", "--cost", "cost.csv", "--cost-of", "integral"]);
    assert!(code == 2 && error.contains("no curve of its costs exists"), "{error}");
}

#[test]
fn the_command_gives_claims_or_the_reason_and_no_cost_that_is_not_known_is_called_0() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let run = |line: &[&str]| {
        let done = isard().current_dir(at).env("COLUMNS", "400").args(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
    };
    assert_eq!(run(&["synth", "--regions", "3", "--sectors", "3", "-o", "t"]).0, 0);
    let put = |name: &str, text: &str| std::fs::write(at.join(name), text).unwrap();
    let head = "region,cost_yuan_per_t,low_yuan_per_t,high_yuan_per_t\n";
    for (name, line, says) in
        [("low.csv", "r1,100,,110", "give both low and high"), ("cost.csv", "r1,,90,110", "a cost that is not known is not 0")]
    {
        put(name, &format!("{head}{line}\nr2,250,200,280\nr3,300,290,310\n"));
        let (code, _, error) = run(&["compensate", "t", "--cost", name]);
        assert!(code == 2 && error.contains(says) && error.contains(&format!("{name}:2:")) && !error.contains("written as 0"), "{error}");
    }
    put("measures.csv", "region,measure,tonnes_Mt,cost_yuan_per_t\nr1,a,1e6,100\nr2,b,1e6,\nr3,c,1e6,300\n");
    let (code, _, error) = run(&["compensate", "t", "--curves", "measures.csv"]);
    assert!(code == 2 && error.contains("measure whose tonnes or cost are not known has no line"), "{error}");
    put("measures.csv", "region,measure,tonnes_Mt,cost_yuan_per_t\nr1,a,1e6,100\nr2,b,1e6,200\nr3,c,1e6,300\n");
    let (code, page, _) = run(&["compensate", "t", "--curves", "measures.csv"]);
    assert!(code == 0 && page.matches("abatement-beyond-emissions").count() == 3 && page.contains("more than the"), "{page}");
    let whole = "means over whole duties";
    let full = |line: &[&str]| run(&[&["compensate", "t"], line, &["--full"]].concat()).1;
    assert!(full(&["--curves", "measures.csv"]).contains(whole));
    for (rule, says) in [(&["national"][..], "one national price"), (&["ets", "--ets-price", "60"], "market price for every tonne")] {
        let page = full(&[&["--curves", "measures.csv", "--price-rule"], rule].concat());
        assert!(page.contains(says) && !page.contains(whole), "{page}");
    }
    // one price for all tonnes is linear in costs, whatever --cost-of says
    put("one.csv", &format!("{head}r1,100,90,110\nr2,100,80,120\nr3,100,50,150\n"));
    let said = |line: &[&str]| {
        let (code, page, error) = run(&[&["compensate", "t", "--cost"], line].concat());
        assert_eq!(code, 0, "{error}");
        page
    };
    let claim = |page: &str| page.split("10^8 yuan = ").nth(1).unwrap().split("WARN").next().unwrap().to_string();
    assert_eq!(claim(&said(&["one.csv", "--cost-of", "integral"])), claim(&said(&["one.csv"])));
    assert!(said(&["one.csv"]).contains("pays most"));
    for rule in ["nash", "min", "max"] {
        let page = said(&["one.csv", "--price-rule", rule]);
        assert!(page.contains("pays most") && page.contains("receives most"), "{page}");
    }
    let page = said(&["one.csv", "--duty", "gap-fund", "--gap-principle", "consumption"]);
    assert!(page.contains("no claim over the costs between low and high: what a fund pays"), "{page}");
    let page = said(&["one.csv", "--curves", "measures.csv"]);
    assert!(page.contains("no claim over the costs between low and high: whole duties cost what the curves say"), "{page}");
    // several sources are counted, and the sensitivity says what low and high leave of the top
    put("two.csv", &format!("{head}r1,200,190,210\nr2,100,80,120\nr3,100,50,150\n"));
    let (code, page, error) = run(&["compensate", "t", "--cost", "one.csv,two.csv", "--sensitivity", "--full"]);
    assert!(code == 0 && page.contains("cost source") && page.contains("over low and high of the costs"), "{error} {page}");
    let (_, json, _) = run(&["compensate", "t", "--cost", "one.csv,two.csv", "--sensitivity", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&object["claims"]["cost_sources"], &object["claims"]["cost_sources_with_a_range"]), (&2.into(), &2.into()));
    let settings = object["sensitivity"]["settings"].as_array().unwrap();
    let fund = |s: &serde_json::Value| s["price"] == "fund";
    assert!(settings.iter().all(|s| s["over_low_and_high"].is_object() != fund(s)) && settings.iter().any(fund));
}
