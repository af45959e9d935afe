//! Units: every spelling gives the factor worked out here, every rest is refused, and what is written reads back.

use isard::units::{Gas, Of, Rate, Unit, in_heading};
use proptest::prelude::*;

/// Number words with their factors, by hand.
const MULTIPLES: [(&str, f64); 33] = [
    ("", 1.0),
    ("10^3 ", 1e3),
    ("10^4 ", 1e4),
    ("10⁴ ", 1e4),
    ("10**4 ", 1e4),
    ("1e4 ", 1e4),
    ("1E+8 ", 1e8),
    ("10,000 ", 1e4),
    ("10 000 ", 1e4),
    ("100,000,000 ", 1e8),
    ("10000", 1e4),
    ("１０００ ", 1e3),
    ("thousand ", 1e3),
    ("Thousand ", 1e3),
    ("ten thousand ", 1e4),
    ("10 thousand ", 1e4),
    ("hundred million ", 1e8),
    ("100 million ", 1e8),
    ("million ", 1e6),
    ("Millions of ", 1e6),
    ("mln ", 1e6),
    ("billion ", 1e9),
    ("Billion ", 1e9),
    ("trillion ", 1e12),
    ("千", 1e3),
    ("万", 1e4),
    ("萬", 1e4),
    ("十万", 1e5),
    ("百万", 1e6),
    ("亿", 1e8),
    ("十亿", 1e9),
    ("百亿", 1e10),
    ("万亿", 1e12),
];

const MASSES: [(&str, f64); 24] = [
    ("g", 1e-6),
    ("kg", 1e-3),
    ("t", 1.0),
    ("tonne", 1.0),
    ("tonnes", 1.0),
    ("Tonnes", 1.0),
    ("metric tons", 1.0),
    ("metric_tons", 1.0),
    ("ton", 1.0),
    ("Mg", 1.0),
    ("kt", 1e3),
    ("kton", 1e3),
    ("Gg", 1e3),
    ("kilotonnes", 1e3),
    ("Mt", 1e6),
    ("Tg", 1e6),
    ("MMT", 1e6),
    ("Gt", 1e9),
    ("Pg", 1e9),
    ("吨", 1.0),
    ("公斤", 1e-3),
    ("short tons", 0.907_184_74),
    ("long ton", 1.016_046_908_8),
    ("lb", 0.000_453_592_37),
];

const GASES: [(&str, Option<&str>); 16] = [
    ("", None),
    (" CO2", Some("CO2")),
    ("CO2", Some("CO2")),
    (" CO₂", Some("CO2")),
    (" of CO2", Some("CO2")),
    (" (CO2)", Some("CO2")),
    ("（二氧化碳）", Some("CO2")),
    (" CO2e", Some("CO2e")),
    (" CO2-eq.", Some("CO2e")),
    (" CO2 equivalent", Some("CO2e")),
    (" C", Some("C")),
    (" carbon", Some("C")),
    (" CH4", Some("CH4")),
    (" N2O", Some("N2O")),
    (" HFC-134a", Some("HFC-134a")),
    (" SO2", Some("SO2")),
];

const MONEYS: [(&str, &str); 14] = [
    ("yuan", "yuan"),
    ("Yuan", "yuan"),
    ("RMB", "yuan"),
    ("CNY", "yuan"),
    ("元", "yuan"),
    ("元人民币", "yuan"),
    ("EUR", "EUR"),
    ("euro", "EUR"),
    ("€", "EUR"),
    ("USD", "USD"),
    ("US$", "USD"),
    ("美元", "USD"),
    ("JPY", "JPY"),
    ("GBP", "GBP"),
];

fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 4e-16 * expected.abs()
}

fn of<T: Copy + std::fmt::Debug + 'static>(list: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(list)
}

proptest! {
    #[test]
    fn a_mass_is_its_number_times_its_ton_and_reads_back((number, n) in of(&MULTIPLES), (mass, m) in of(&MASSES), (gas, g) in of(&GASES)) {
        let text = format!("{number}{mass}{gas}");
        let unit = Unit::mass(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(near(unit.scale.value(), n * m), "{text}: {} {}", unit.scale.value(), n * m);
        let found = if let Of::Mass(gas) = unit.of { gas.map(Gas::name) } else { None };
        prop_assert_eq!(found, g, "{}", text);
        let again = Unit::mass(&unit.to_string()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(again.scale == unit.scale && again.of == unit.of, "{text}: {unit}");
    }

    #[test]
    fn money_is_its_number_of_its_currency_on_either_side((number, n) in of(&MULTIPLES), (money, c) in of(&MONEYS), behind: bool, year in proptest::option::of(1952u16..2050)) {
        let text = if behind { format!("{money} {number}") } else { format!("{number}{money}") };
        let text = year.map_or(text.clone(), |y| format!("{text} ({y} prices)"));
        let unit = Unit::money(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(near(unit.scale.value(), n) && unit.currency() == Some(c) && unit.prices.year == year, "{text}: {unit:?}");
        let again = Unit::money(&unit.to_string()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(again.to_string(), unit.to_string());
        prop_assert!(again.same(&unit));
    }

    #[test]
    fn a_rate_is_the_quotient_whatever_its_words((number, n) in of(&MULTIPLES), (money, c) in of(&MONEYS), (below, b) in of(&MULTIPLES), (mass, m) in of(&MASSES), how in 0..4usize) {
        let per = ["/", " per ", " / ", "每"][how];
        let text = format!("{number}{money}{per}{below}{mass}");
        let rate = Rate::read(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(near(rate.per_tonne(1.0).unwrap(), n / (b * m)), "{text}");
        prop_assert_eq!(rate.money.currency(), Some(c));
    }

    #[test]
    fn a_rest_is_refused_and_named((number, _) in of(&MULTIPLES), (mass, _) in of(&MASSES), rest in of(&["xyz", "%", "Coal", "apples", "?", "+", "per head", "=", "-", "7", "104"])) {
        for text in [format!("{number}{mass} {rest}"), format!("{number}yuan {rest}"), format!("{rest} {number}{mass}")] {
            let error = Unit::read(&text).err();
            prop_assert!(error.as_ref().is_some_and(|e| e.to_string().contains(&text.trim().to_string())), "{text}: {error:?}");
        }
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,40}") {
        if let Ok(unit) = Unit::read(&text) {
            prop_assert!(unit.scale.value() > 0.0);
            prop_assert!(Unit::read(&unit.to_string()).is_ok_and(|again| again.scale == unit.scale && again.of == unit.of), "{text}: {unit}");
        }
        let _ = (Rate::read(&text), Rate::in_heading(&text), in_heading(&text, Unit::money));
    }
}

#[test]
fn words_with_two_readings_are_refused_with_both() {
    for (text, readings) in [
        ("MT", ["metric tons", "megatonnes"]),
        ("MT CO2", ["metric tons", "megatonnes"]),
        ("MTCO2e", ["metric tons", "megatonnes"]),
        ("mt", ["metric tons", "megatonnes"]),
        ("10 MT", ["metric tons", "megatonnes"]),
        ("兆吨", ["10^6", "10^12"]),
        ("万¥", ["yuan", "yen"]),
        ("￥", ["yuan", "yen"]),
        ("m t", ["milli", "million"]),
        ("mton", ["milli", "million"]),
        ("10e4 t", ["10^n", "10 times"]),
        ("10.000 yuan", ["three decimals", "three digits"]),
        ("万元（亿元）", ["万元", "亿元"]),
    ] {
        let error = Unit::read(text).unwrap_err().to_string();
        assert!(readings.iter().all(|r| error.contains(r)), "{text}: {error}");
    }
}

#[test]
fn what_is_only_partly_understood_is_refused() {
    for text in [
        "",
        "yuan EUR",
        "t CO2 CH4",
        "t t",
        "million million yuan",
        "10 4 yuan",
        "104 yuan",
        "-10 t",
        "1-10 t",
        ".1 t",
        "1,5 t",
        "ktoe",
        "Mtce",
        "t coal",
        "yuan/t/t",
        "万元/人",
        "Mt CO2 2017",
        "t 2010 prices",
        "million (10^6) yuan",
        "constant current yuan",
        "10^99 t",
        "C",
        "CO2",
        "kilo",
        "Mt oe",
        "tonsx",
        "yuan per",
        "/t",
        "10^4 10^5 10^9 10^12 t",
        "kg SO2 CO2",
    ] {
        let read = Unit::money(text).err().and(Unit::mass(text).err());
        assert!(read.is_some(), "{text}: {:?}", Unit::read(text));
    }
    for text in ["yuan/MWh", "万元/人", "yuan", "yuan/tce", "元/度", "USD/t/yr2", "t/yuan", "yuan/t apples", "yuan/", "yuan/kg kg"] {
        assert!(Rate::read(text).is_err(), "{text}: {:?}", Rate::read(text));
    }
    assert!(Rate::read("yuan/MWh").unwrap_err().to_string().contains("energy (kWh), and a mass is due"));
    assert!(Unit::money("bushels of wheat").unwrap_err().to_string().contains("bushels"));
    assert!(Unit::mass("10^4 t coal").unwrap_err().to_string().contains("\"coal\""));
}

#[test]
fn units_of_the_published_tables_are_read() {
    for (text, scale, currency) in [
        ("M EUR", 1e6, "EUR"),
        ("M.EUR", 1e6, "EUR"),
        ("MEUR", 1e6, "EUR"),
        ("Mill USD", 1e6, "USD"),
        ("Million USD", 1e6, "USD"),
        ("US$ million", 1e6, "USD"),
        ("thousand USD", 1e3, "USD"),
        ("USD m", 1e6, "USD"),
        ("EUR bn", 1e9, "EUR"),
        ("10^4 RMB yuan", 1e4, "yuan"),
        ("亿元", 1e8, "yuan"),
        ("（亿元）", 1e8, "yuan"),
        ("万元（10^4 yuan）", 1e4, "yuan"),
        ("万元（人民币）", 1e4, "yuan"),
        ("按当年生产者价格计算，万元", 1e4, "yuan"),
        ("million US dollars (constant 2010 prices)", 1e6, "USD"),
        ("亿元(2010年不变价)", 1e8, "yuan"),
    ] {
        let unit = Unit::money(text).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((unit.scale.value(), unit.currency()), (scale, Some(currency)), "{text}");
    }
    let constant = Unit::money("million 2010 US$ constant").unwrap();
    assert_eq!((constant.prices.year, constant.prices.constant), (Some(2010), Some(true)));
    assert!(!constant.same(&Unit::money("million 2015 USD").unwrap()) && constant.same(&Unit::money("million USD").unwrap()));
    for (text, scale) in
        [("10kt", 1e4), ("MtCO2", 1e6), ("tC", 1.0), ("GtC", 1e9), ("10^4 t CO2", 1e4), ("kg CO2 eq.", 1e-3), ("Mt CO2/yr", 1e6)]
    {
        assert_eq!(Unit::mass(text).unwrap_or_else(|e| panic!("{e}")).scale.value(), scale, "{text}");
    }
    assert_eq!(Unit::persons("万人").unwrap().scale.value(), 1e4);
    assert_eq!(Unit::persons("1000 p").unwrap().scale.value(), 1e3);
    assert!(Unit::mass("ton").unwrap().notes[0].contains("short ton") && Unit::mass("t").unwrap().notes.is_empty());
}

#[test]
fn headings_end_in_their_unit() {
    let money = |heading: &str| in_heading(heading, Unit::money).map(|(_, u)| u.map(|u| u.to_string()).map_err(|e| e.to_string()));
    assert_eq!(money("gdp_million_usd"), Some(Ok("10^6 USD".into())));
    assert_eq!(money("地区生产总值（亿元）"), Some(Ok("10^8 yuan".into())));
    assert_eq!(money("gdp_10^4_yuan"), Some(Ok("10^4 yuan".into())));
    assert_eq!(money("gdp"), None);
    assert!(money("gdp_104_yuan").unwrap().unwrap_err().contains("104"));
    assert!(money("gdp (bushels)").unwrap().unwrap_err().contains("bushels"));
    for (heading, per_tonne) in [
        ("cost_yuan_per_t", 1.0),
        ("ddf_cost_yuan_per_t", 1.0),
        ("cost_yuan_per_kt", 1e-3),
        ("cost_yuan_per_kg", 1e3),
        ("cost_10^4 yuan_per_10^4 t", 1.0),
        ("Cost (USD/t)", 1.0),
        ("成本（万元/万吨）", 1.0),
        ("成本（元每千吨）", 1e-3),
        ("price_million_yuan_per_Mt_CO2", 1.0),
    ] {
        let rate = Rate::in_heading(heading).unwrap().unwrap_or_else(|e| panic!("{e}"));
        assert!(near(rate.per_tonne(1.0).unwrap(), per_tonne), "{heading}");
    }
    assert!(Rate::in_heading("cost_yuan_per_MWh").unwrap().is_err());
    assert!(Rate::in_heading("cost").is_none());
}
