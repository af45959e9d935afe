//! Technologies of simulated panels: from draws to inputs, GDP, CO2 and the cost of the last tonne.
//!
//! ```text
//! quadratic  S = exp(.35 z), d = .2 r3 + .06 w3, s = 2 (.4 x1 + .3 x2 + .3 x3) + d,  b* = .7 s - .15 x1 - .1 x2 - .15 x3 + .15 d^2,
//!            y* = s - b*, both moved by u S along (1, -1);  price (1 - w) / w, w = .7 + .3 d
//! translog   ln y* = .3 k + .35 l + .35 e + (.2 + bias q) c - .06 c^2 + trend q,  b* = 2.5 exp(e + c);
//!            price (.2 - .12 c + bias q) y* / b*
//! production y* = exp(.35 k + .35 l + .3 e + trend q) - .375 F a^2, F = exp(e), b* = 2.5 F (1 - a), a the share caught;  price .3 a;
//!            burning less (.3 Y / F - .375 a^2) / (2.5 (1 - a))
//! two fuels  energy of two fuels, 1/2 the elasticity of substitution below it, bought at p + tau times carbon;  price tau
//! null       translog without c: price 0
//! ```
//! `q` counts years from the last one; capital, labour and energy `k, l, e` follow size.

use super::Design;

/// What a region draws in a year.
pub(super) struct Draw {
    pub size: f64,
    pub lasting: [f64; 6],
    pub passing: [f64; 4],
    /// `u`.
    pub loss: f64,
    /// Years from the last one: 0 or negative.
    pub time: f64,
}

/// What a region has in a year, before noise.
pub(super) struct Point {
    pub inputs: [f64; 3],
    pub gdp: f64,
    pub co2: f64,
    pub price: f64,
    pub burning: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Technology {
    Quadratic,
    Translog,
    Production,
    TwoFuels,
    Null,
}

/// CO2 of a unit of energy before any is caught or saved.
const CARBON: f64 = 2.5;

impl Technology {
    pub(super) fn point(self, design: &Design, draw: &Draw) -> Point {
        match self {
            Technology::Quadratic => quadratic(draw),
            Technology::Translog => translog(design, draw, true),
            Technology::Null => translog(design, draw, false),
            Technology::Production => production(design, draw),
            Technology::TwoFuels => two_fuels(design, draw),
        }
    }
}

/// Logarithms of capital, labour and energy, which spread by `own` besides size.
fn logarithms(design: &Design, draw: &Draw, own: f64) -> [f64; 3] {
    let (l, r, w) = (design.size * draw.size, draw.lasting, draw.passing);
    let growth = if design.trend == 0.0 { [0.0; 2] } else { [0.06 * draw.time, 0.03 * draw.time] };
    [l + own * r[0] + 0.03 * w[0] + growth[0], l + own * r[1] + 0.02 * w[1], l + own * r[2] + 0.02 * w[2] + growth[1]]
}

fn quadratic(draw: &Draw) -> Point {
    let scale = (0.35 * draw.size).exp().clamp(0.5, 2.0);
    let x: [f64; 3] = std::array::from_fn(|n| scale * (0.15 * draw.lasting[n] + 0.05 * draw.passing[n]).exp());
    let d = (0.2 * draw.lasting[3] + 0.06 * draw.passing[3]).clamp(-0.45, 0.45);
    let sum = 2.0 * (0.4 * x[0] + 0.3 * x[1] + 0.3 * x[2]) + d;
    let co2 = 0.7 * sum - 0.15 * x[0] - 0.1 * x[1] - 0.15 * x[2] + 0.15 * d * d;
    let weight = 0.7 + 0.3 * d;
    let loss = draw.loss * scale;
    Point { inputs: x, gdp: sum - co2 - loss, co2: co2 + loss, price: (1.0 - weight) / weight, burning: None }
}

fn translog(design: &Design, draw: &Draw, counts: bool) -> Point {
    let [k, l, e] = logarithms(design, draw, 0.35);
    let c = (0.3 * draw.lasting[3] + 0.05 * draw.passing[3]).clamp(-0.9, 0.9);
    let first = 0.2 + design.bias * draw.time;
    let of_carbon = if counts { first * c - 0.06 * c * c } else { 0.0 };
    let gdp = (0.3 * k + 0.35 * l + 0.35 * e + of_carbon + design.trend * draw.time).exp();
    let co2 = CARBON * (e + c).exp();
    let price = if counts { (first - 0.12 * c) * gdp / co2 } else { 0.0 };
    // energy carries its carbon: at constant c, GDP answers to energy
    let burning = counts.then(|| 0.35 * gdp / co2);
    Point { inputs: [k, l, e].map(f64::exp), gdp: gdp * (-draw.loss).exp(), co2, price, burning }
}

fn production(design: &Design, draw: &Draw) -> Point {
    let [k, l, e] = logarithms(design, draw, 0.3);
    let caught = (0.3 * (0.4 * draw.lasting[3] + 0.1 * draw.passing[3]).exp()).clamp(0.03, 0.7);
    let (made, energy) = ((0.35 * k + 0.35 * l + 0.3 * e + design.trend * draw.time).exp(), e.exp());
    let cost = 0.3 * CARBON * energy * caught * caught / 2.0;
    Point {
        inputs: [k.exp(), l.exp(), energy],
        gdp: made * (-draw.loss).exp() - cost,
        co2: CARBON * energy * (1.0 - caught),
        price: 0.3 * caught,
        burning: Some((0.3 * made / energy - 0.375 * caught * caught) / (CARBON * (1.0 - caught))),
    }
}

/// CO2 of a unit of the dirty and of the clean fuel.
const FUELS: [f64; 2] = [2.7, 1.6];

fn two_fuels(design: &Design, draw: &Draw) -> Point {
    let [k, l, _] = logarithms(design, draw, 0.3);
    let r = draw.lasting;
    let share = (0.6 + 0.08 * r[2]).clamp(0.35, 0.85);
    let tax = 0.03 * (0.5 * r[3] + 0.1 * draw.passing[3]).exp();
    let bought = [0.05 * (0.2 * r[4]).exp(), 0.12 * (0.2 * r[5]).exp()];
    let paid = [bought[0] + FUELS[0] * tax, bought[1] + FUELS[1] * tax];
    let shares = [share, 1.0 - share];
    let level = (0.35 * k + 0.35 * l + design.trend * draw.time).exp();
    let price = 1.0 / (shares[0].powi(2) / paid[0] + shares[1].powi(2) / paid[1]);
    let energy = (0.3 * level / price).powf(1.0 / 0.7);
    let burnt: [f64; 2] = std::array::from_fn(|j| energy * (shares[j] * price / paid[j]).powi(2));
    let made = level * energy.powf(0.3);
    Point {
        inputs: [k.exp(), l.exp(), burnt[0] + burnt[1]],
        gdp: made * (-draw.loss).exp() - bought[0] * burnt[0] - bought[1] * burnt[1],
        co2: FUELS[0] * burnt[0] + FUELS[1] * burnt[1],
        price: tax,
        burning: None,
    }
}
