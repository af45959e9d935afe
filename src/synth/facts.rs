//! The built-in facts and hand-made numbers behind the synthetic provinces, parsed from `fixtures/`.

use crate::labels::{Name, records};

/// A province: public facts, and how far it leans to each kind of sector.
pub(super) struct Province {
    pub name: Name,
    /// Position of the capital on the unit sphere.
    pub capital: [f64; 3],
    /// Gross domestic product, 10^4 yuan.
    pub gdp: f64,
    /// Population, 10^4 persons.
    pub population: f64,
    /// CO2 in Mt, where the province has an inventory.
    pub co2: Option<f64>,
    /// Openness to trade abroad.
    pub coast: f64,
    /// Lean to each of [`Facts::kinds`].
    pub lean: Vec<f64>,
    /// Share of its electricity that burns nothing.
    pub clean: f64,
}

/// A sector of the national technology.
pub(super) struct Sector {
    pub name: Name,
    /// Index into [`Facts::kinds`]; `None` = located where its product is used.
    pub kind: Option<usize>,
    /// Value added per unit of output.
    pub value_added: f64,
    /// Weights in rural, urban, government and fixed capital demand.
    pub demand: [f64; 4],
    /// Weight in exports abroad.
    pub exports: f64,
    /// Imported share of use.
    pub imports: f64,
    /// CO2, t per 10^4 yuan of output.
    pub co2: f64,
    /// Whether the product can be stored.
    pub good: bool,
}

/// Everything the generator starts from.
pub(super) struct Facts {
    pub provinces: Vec<Province>,
    pub sectors: Vec<Sector>,
    pub kinds: Vec<String>,
    /// Inputs per unit of output (sectors x sectors), columns sum to `1 - value_added`.
    pub technology: Vec<Vec<f64>>,
}

/// What every sector buys besides its main inputs, in parts of a common basket.
const BASKET: [(usize, f64); 33] = [
    (6, 3.0),
    (8, 1.0),
    (10, 5.0),
    (11, 5.0),
    (12, 8.0),
    (14, 4.0),
    (15, 6.0),
    (16, 6.0),
    (17, 3.0),
    (18, 3.0),
    (19, 5.0),
    (20, 4.0),
    (21, 1.0),
    (22, 2.0),
    (23, 2.0),
    (24, 9.0),
    (25, 1.0),
    (26, 1.0),
    (28, 25.0),
    (29, 18.0),
    (30, 6.0),
    (31, 4.0),
    (32, 16.0),
    (33, 5.0),
    (34, 12.0),
    (35, 2.0),
    (36, 3.0),
    (37, 1.0),
    (38, 3.0),
    (39, 1.0),
    (40, 0.5),
    (41, 1.0),
    (42, 1.0),
];

/// Reads the built-in tables.
pub(super) fn facts() -> Facts {
    let technology: Vec<Vec<String>> = records(include_str!("../../fixtures/synthetic/technology.csv")).collect();
    let names: Vec<Vec<String>> = records(include_str!("../../fixtures/facts/sectors_42_2017.csv")).collect();
    let head = include_str!("../../fixtures/synthetic/places.csv").lines().next().expect("a header");
    let heads: Vec<&str> = head.split(',').collect();
    let kinds: Vec<String> = heads[2..heads.len() - 1].iter().map(|k| k.to_string()).collect();
    let sectors = technology.iter().zip(&names).map(|(row, name)| sector(row, name, &kinds)).collect();
    let places = records(include_str!("../../fixtures/synthetic/places.csv"));
    let publics = records(include_str!("../../fixtures/facts/provinces_2017.csv"));
    let provinces = publics.zip(places).map(|(fact, place)| province(&fact, &place)).collect();
    Facts { provinces, sectors, kinds, technology: coefficients(&technology) }
}

fn number(cell: &str) -> f64 {
    cell.parse().expect("built-in tables hold numbers")
}

fn sector(row: &[String], name: &[String], kinds: &[String]) -> Sector {
    let code = number(&row[0]);
    assert_eq!(row[0], name[0], "technology and names in one order");
    Sector {
        name: Name { given: name[1].clone(), en: name[1].clone(), zh: name[2].clone() },
        kind: kinds.iter().position(|k| *k == row[1]),
        value_added: number(&row[2]) / 1000.0,
        demand: [3, 4, 5, 6].map(|c| number(&row[c])),
        exports: number(&row[7]),
        imports: number(&row[8]) / 100.0,
        co2: number(&row[9]),
        good: code <= 22.0,
    }
}

fn province(fact: &[String], place: &[String]) -> Province {
    assert_eq!(fact[0], place[0], "places and facts in one order");
    let (latitude, longitude) = (number(&fact[3]), number(&fact[4]));
    let lean: Vec<f64> = place[1..].iter().map(|c| number(c)).collect();
    let radians = std::f64::consts::PI / 180.0;
    let (north, east) = (latitude * radians, longitude * radians);
    Province {
        name: Name::region(&fact[0]),
        capital: [cosine(north) * cosine(east), cosine(north) * sine(east), sine(north)],
        gdp: number(&fact[5]) * 1e4,
        population: number(&fact[6]),
        co2: (!fact[7].is_empty()).then(|| number(&fact[7])),
        coast: lean[0],
        lean: lean[1..lean.len() - 1].to_vec(),
        clean: lean[lean.len() - 1],
    }
}

/// `cos` by its series, exact to rounding below 2.5 and alike on every machine.
fn cosine(angle: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..16 {
        term *= -angle * angle / f64::from((2 * k - 1) * (2 * k));
        sum += term;
    }
    sum
}

fn sine(angle: f64) -> f64 {
    cosine(angle - std::f64::consts::FRAC_PI_2)
}

fn coefficients(rows: &[Vec<String>]) -> Vec<Vec<f64>> {
    let count = rows.len();
    let basket: f64 = BASKET.iter().map(|b| b.1).sum();
    let mut technology = vec![vec![0.0; count]; count];
    for (j, row) in rows.iter().enumerate() {
        let mut rest = 1000.0 - number(&row[2]);
        for input in row[10].split(' ') {
            let (code, amount) = input.split_once(':').expect("inputs are written code:amount");
            let i: usize = code.parse().expect("codes are numbers");
            technology[i - 1][j] += number(amount) / 1000.0;
            rest -= number(amount);
        }
        assert!(rest > 0.0, "inputs of sector {} exceed its output less value added", row[0]);
        for (code, part) in BASKET {
            technology[code - 1][j] += rest * part / basket / 1000.0;
        }
    }
    technology
}
