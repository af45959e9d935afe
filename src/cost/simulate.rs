//! Panels whose true prices are known: twelve designs to measure estimators with, and one in which nothing is to be found.
//!
//! A region draws its size `z`, `r_0 .. r_5` and a lasting inefficiency; a year in it `w_0 .. w_3`, noise of GDP and CO2 and an
//! inefficiency of its own, all standard normal. The technology turns them into inputs, GDP, CO2 and the cost of the last tonne
//! at the point before inefficiency and noise. The same seed gives the same panel.

mod bench;
mod technology;

use ndarray::{Array2, Array3};

pub use bench::{Cell, Entrant, Gating, Score, entrants, run, score};
use technology::{Draw, Technology};

use super::panel::Panel;
use super::rules::Headings;
use crate::labels::Name;
use crate::random::Random;

/// How the data of a panel come about.
#[derive(Debug, Clone, Copy)]
pub struct Design {
    /// Its name: A1 .. C3, N.
    pub name: &'static str,
    /// Number of regions.
    pub regions: usize,
    /// Number of years.
    pub years: usize,
    technology: Technology,
    /// Inefficiency: the scale of `u`.
    inefficiency: f64,
    /// Standard deviations of the noise in the logarithms of GDP and of CO2.
    noise: [f64; 2],
    /// Growth of GDP per year; inputs grow where it is not 0.
    trend: f64,
    /// Growth per year of the elasticity of GDP to CO2.
    bias: f64,
    /// Standard deviation of the logarithm of size.
    size: f64,
    /// Regions whose last year has 1.6 times the GDP and half the CO2.
    outliers: &'static [usize],
}

const CLEAN: Design = Design {
    name: "",
    regions: 30,
    years: 10,
    technology: Technology::Translog,
    inefficiency: 0.0,
    noise: [0.0; 2],
    trend: 0.0,
    bias: 0.0,
    size: 0.8,
    outliers: &[],
};

use Technology::{Null, Production, Quadratic, Translog, TwoFuels};

/// The twelve designs and the null.
pub const DESIGNS: [Design; 13] = [
    Design { name: "A1", technology: Quadratic, years: 1, ..CLEAN },
    Design { name: "A2", technology: Quadratic, inefficiency: 0.1, ..CLEAN },
    Design { name: "A3", technology: Quadratic, inefficiency: 0.1, noise: [0.03, 0.03], ..CLEAN },
    Design { name: "D1", technology: Translog, ..CLEAN },
    Design { name: "D2", technology: Translog, years: 1, inefficiency: 0.2, noise: [0.05, 0.05], size: 0.9, ..CLEAN },
    Design {
        name: "D3",
        technology: Translog,
        years: 18,
        inefficiency: 0.2,
        noise: [0.05, 0.05],
        trend: 0.03,
        bias: 0.005,
        size: 0.9,
        ..CLEAN
    },
    Design { name: "D4", technology: Translog, inefficiency: 0.2, noise: [0.05, 0.08], outliers: &[3, 8, 13], ..CLEAN },
    Design { name: "B1", technology: Production, ..CLEAN },
    Design { name: "B2", technology: Production, years: 18, inefficiency: 0.2, noise: [0.03, 0.03], trend: 0.02, ..CLEAN },
    Design { name: "C1", technology: TwoFuels, ..CLEAN },
    Design { name: "C2", technology: TwoFuels, inefficiency: 0.2, noise: [0.03, 0.03], ..CLEAN },
    Design { name: "C3", technology: TwoFuels, years: 18, inefficiency: 0.2, noise: [0.05, 0.05], trend: 0.02, ..CLEAN },
    Design { name: "N", technology: Null, inefficiency: 0.2, noise: [0.03, 0.03], ..CLEAN },
];

/// A panel with its true prices.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// The panel; prices are wanted of its last year.
    pub panel: Panel,
    /// The cost of the last tonne in the last year (R), in units of GDP per unit of CO2.
    pub truth: Vec<f64>,
    /// The same if only less burning counts; `None` where the technology has no such answer.
    pub burning: Option<Vec<f64>>,
}

impl Design {
    /// The design of a name; `None` for another.
    pub fn named(name: &str) -> Option<Design> {
        DESIGNS.into_iter().find(|d| d.name.eq_ignore_ascii_case(name))
    }

    /// The same design with other numbers of regions and years.
    pub fn sized(self, regions: Option<usize>, years: Option<usize>) -> Design {
        Design { regions: regions.unwrap_or(self.regions), years: years.unwrap_or(self.years), ..self }
    }

    /// The panel of a seed.
    pub fn panel(&self, seed: u64) -> Simulated {
        let mut random = Random::from_state(seed);
        let (r, t) = (self.regions, self.years);
        let (mut inputs, mut gdp, mut co2) = (Array3::zeros((r, t, 3)), Array2::zeros((r, t)), Array2::zeros((r, t)));
        let (mut truth, mut burning) = (Vec::with_capacity(r), Vec::with_capacity(r));
        for region in 0..r {
            let size = random.normal();
            let lasting: [f64; 6] = std::array::from_fn(|_| random.normal());
            let lasting_loss = random.normal().abs();
            for year in 0..t {
                let passing: [f64; 4] = std::array::from_fn(|_| random.normal());
                let noise: [f64; 2] = std::array::from_fn(|_| random.normal());
                let loss = self.inefficiency * (0.7 * lasting_loss + 0.3 * random.normal().abs());
                let draw = Draw { size, lasting, passing, loss, time: year as f64 - (t - 1) as f64 };
                let point = self.technology.point(self, &draw);
                let last = year == t - 1;
                let [more, less] = if last && self.outliers.contains(&region) { [1.6, 0.5] } else { [1.0; 2] };
                gdp[[region, year]] = point.gdp * (self.noise[0] * noise[0]).exp() * more;
                co2[[region, year]] = point.co2 * (self.noise[1] * noise[1]).exp() * less;
                (0..3).for_each(|n| inputs[[region, year, n]] = point.inputs[n]);
                if last {
                    truth.push(point.price);
                    burning.extend(point.burning);
                }
            }
        }
        let panel = Panel {
            regions: (1..=r).map(|i| Name::plain(format!("region {i}"))).collect(),
            years: (1..=t as i32).collect(),
            input_names: ["capital", "labour", "energy"].map(String::from).to_vec(),
            inputs,
            gdp,
            co2,
            money_per_gdp: 1.0,
            money: "unit".into(),
            tonnes_per_co2: 1.0,
            price_year: t - 1,
            borrowed: Vec::new(),
            notes: Vec::new(),
            sources: Vec::new(),
            roles: Headings::of(&["capital", "labour", "energy"].map(String::from)),
            fuels: Vec::new(),
        };
        Simulated { panel, truth, burning: (burning.len() == r).then_some(burning) }
    }
}

#[cfg(test)]
mod tests {
    use crate::random::Random;

    #[test]
    fn draws_are_those_of_splitmix64_to_the_last_bit() {
        let mut random = Random::from_state(1);
        let uniforms: [f64; 3] = std::array::from_fn(|_| random.inside());
        assert_eq!(uniforms, [0.566_561_575_172_281, 0.745_781_757_262_701_2, 0.971_002_753_586_796_2]);
        let mut random = Random::from_state(1);
        let normals: [f64; 3] = std::array::from_fn(|_| random.normal());
        assert_eq!(normals, [-0.028_249_746_095_854_695, -0.227_919_522_867_635_17, 0.103_090_951_685_739_73]);
    }
}
