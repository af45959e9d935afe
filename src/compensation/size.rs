//! Payments against the size of a region: per unit of gross domestic product, and per head.
//!
//! The product of a region is the value added of its columns, `sum of the rows`, or `x - 1'Z - imports` where the
//! table gives no row; units such as `10^4 yuan` are turned into yuan. Nothing is said where currencies differ.

use super::MONEY;
use crate::bounded::{Bounded, sum_exact};
use crate::table::Table;

/// What payments are compared with.
#[derive(Debug, Clone, Default)]
pub struct Size {
    /// Value added by region, in money (R), where its unit is known and is that of the payments.
    pub product: Option<Vec<Bounded>>,
    /// Persons by region (R), where given.
    pub population: Option<Vec<f64>>,
    /// Why something is missing.
    pub notes: Vec<String>,
}

impl Size {
    /// The size of each region for payments in `money`.
    pub fn new(table: &Table, money: &str, population: Option<Vec<f64>>) -> Self {
        let mut size = Size { product: None, population, notes: Vec::new() };
        match money_of(&table.unit) {
            Some((factor, currency)) if currency == currency_of(money) => {
                size.product = Some(gross_product(table).into_iter().map(|v| v * Bounded::exact(factor)).collect());
            }
            Some((_, currency)) => {
                size.notes.push(format!("no share of GDP: the table is in {currency}, the payments are in {money}"));
            }
            None if table.unit.is_empty() => {
                size.notes.push("no share of GDP: the table does not say its money unit (--table-unit)".into());
            }
            None => {
                size.notes.push(format!("no share of GDP: the money unit of the table (\"{}\") is not one of yuan, EUR ...", table.unit));
            }
        }
        size
    }

    /// A payment of region `r` in [`MONEY`] as a share of its product; none where the product is not above 0.
    pub fn per_product(&self, r: usize, payment: Bounded) -> Option<Bounded> {
        let product = self.product.as_ref()?[r];
        (product.value > product.bound).then(|| payment * Bounded::exact(MONEY) / product)
    }

    /// A payment of region `r` in [`MONEY`], in money per person.
    pub fn per_head(&self, r: usize, payment: Bounded) -> Option<Bounded> {
        let people = self.population.as_ref()?[r];
        Some(payment * Bounded::exact(MONEY) / Bounded::exact(people))
    }
}

/// Value added of each region (R), in the table's unit.
pub fn gross_product(table: &Table) -> Vec<Bounded> {
    let labels = &table.labels;
    if !table.value_added.is_empty() {
        let rows = |r: usize| table.value_added.iter().flat_map(move |(_, row)| labels.rows(r).map(move |i| &row[i]));
        return (0..labels.region_count()).map(|r| sum_exact(rows(r))).collect();
    }
    let mut terms: Vec<Vec<f64>> = (0..labels.region_count()).map(|r| labels.rows(r).map(|i| table.x[i]).collect()).collect();
    let region: Vec<usize> = (0..table.dim()).map(|i| labels.region_of(i)).collect();
    for row in table.z.outer_iterator() {
        row.iter().for_each(|(j, v)| terms[region[j]].push(-v));
    }
    for (r, list) in terms.iter_mut().enumerate() {
        list.extend(table.imports.iter().flat_map(|m| labels.rows(r).map(|i| -m[i])));
    }
    terms.iter().map(sum_exact).collect()
}

/// How much money one unit is, and the currency: `10^4 yuan` is (10000, `yuan`).
pub fn money_of(unit: &str) -> Option<(f64, String)> {
    let text = unit.trim();
    let powers = [("10^3 ", 1e3), ("10^4 ", 1e4), ("10^6 ", 1e6), ("10^8 ", 1e8), ("10^9 ", 1e9)];
    let words = [("M.", 1e6), ("million ", 1e6), ("Million ", 1e6), ("Mio ", 1e6), ("thousand ", 1e3), ("billion ", 1e9)];
    let chinese = [("百万", 1e6), ("万", 1e4), ("亿", 1e8)];
    let (factor, rest) = powers
        .iter()
        .chain(&words)
        .chain(&chinese)
        .find_map(|(prefix, factor)| text.strip_prefix(prefix).map(|rest| (*factor, rest)))
        .unwrap_or((1.0, text));
    let currency = currency_of(rest);
    ["yuan", "EUR", "USD", "JPY", "GBP"].contains(&currency.as_str()).then_some((factor, currency))
}

/// One name for each currency.
fn currency_of(text: &str) -> String {
    match text.trim().to_lowercase().as_str() {
        "yuan" | "rmb" | "cny" | "元" | "人民币" => "yuan".into(),
        "eur" | "euro" | "euros" => "EUR".into(),
        "usd" | "us$" | "us dollars" | "dollars" => "USD".into(),
        other => other.to_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_units_are_understood_or_refused() {
        for (unit, expected) in [
            ("10^4 yuan", Some((1e4, "yuan"))),
            ("10^8 RMB", Some((1e8, "yuan"))),
            ("万元", Some((1e4, "yuan"))),
            ("亿元", Some((1e8, "yuan"))),
            ("yuan", Some((1.0, "yuan"))),
            ("M.EUR", Some((1e6, "EUR"))),
            ("million USD", Some((1e6, "USD"))),
            ("", None),
            ("bushels", None),
            ("10^5 yuan", None),
        ] {
            assert_eq!(money_of(unit), expected.map(|(f, c)| (f, c.to_string())), "{unit}");
        }
    }
}
