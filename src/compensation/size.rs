//! Payments against the size of a region: per unit of gross domestic product, and per head.
//!
//! The product of a region is the value added of its columns, `sum of the rows`, or `x - 1'Z - imports` where the
//! table gives no row; units such as `10^4 yuan` are turned into yuan. No share is given where currencies differ.

use super::MONEY;
use crate::bounded::{Bounded, sum_exact};
use crate::finding::{Finding, Level};
use crate::labels::Labels;
use crate::table::Table;
use crate::units::Unit;

/// What payments are compared with.
#[derive(Debug, Clone)]
pub struct Size {
    /// Value added by region, in money (R), where its unit is known and is that of the payments.
    pub product: Option<Vec<Bounded>>,
    /// Persons by region (R), where given.
    pub population: Option<Vec<f64>>,
    /// Money units in one unit of the payments.
    pub per: f64,
    /// Why something is missing.
    pub notes: Vec<String>,
}

impl Size {
    /// The size of each region for payments in `money`.
    pub fn new(table: &Table, money: &str, population: Option<Vec<f64>>) -> Self {
        let mut size = Size { product: None, population, per: MONEY, notes: Vec::new() };
        match (Unit::money(&table.unit), Unit::money(money)) {
            (Ok(unit), Ok(paid)) if unit.of == paid.of => {
                let scale = Bounded::exact(unit.scale.value());
                size.product = Some(gross_product(table).into_iter().map(|v| v * scale).collect());
            }
            (Ok(unit), _) => {
                size.notes.push(format!("no share of GDP: the table is in {unit}, the payments are in {money}"));
            }
            (Err(_), _) if table.unit.is_empty() => {
                size.notes.push("no share of GDP: the table does not say its money unit (`table-unit`)".into());
            }
            (Err(e), _) => size.notes.push(format!("no share of GDP: of the table, {e}")),
        }
        size
    }

    /// A payment of region `r` as a share of its product; none where the product is not above 0.
    pub fn per_product(&self, r: usize, payment: Bounded) -> Option<Bounded> {
        let product = self.product.as_ref()?[r];
        (product.value > product.bound).then(|| payment * Bounded::exact(self.per) / product)
    }

    /// Regions that pay or receive more than a fifth of the value added that the table gives them: a unit is likely wrong.
    pub fn too_large(&self, net: &[Bounded], labels: &Labels) -> Vec<Finding> {
        const FIFTH: f64 = 0.2;
        let share = |r: usize| self.per_product(r, net[r]).map(|s| (s.value.abs(), r)).filter(|(s, _)| *s > FIFTH);
        let say = |(share, r): (f64, usize)| {
            let name = &labels.regions[r].en;
            let percent = if share < 1e9 { format!("{:.0}", 100.0 * share) } else { format!("{:.1e}", 100.0 * share) };
            let text = format!(
                "{name} {} {percent} % of its value added; check the units of the costs, the emissions and the table",
                if net[r].value < 0.0 { "pays" } else { "receives" },
            );
            Finding::new(Level::Warn, "payment-above-fifth", text).region(name.clone()).numbers(share, FIFTH)
        };
        (0..net.len()).filter_map(share).map(say).collect()
    }

    /// A payment of region `r`, in money per person.
    pub fn per_head(&self, r: usize, payment: Bounded) -> Option<Bounded> {
        let people = self.population.as_ref()?[r];
        Some(payment * Bounded::exact(self.per) / Bounded::exact(people))
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
    for row in table.z.view().outer_iterator() {
        row.iter().for_each(|(j, v)| terms[region[j]].push(-v));
    }
    for (r, list) in terms.iter_mut().enumerate() {
        list.extend(table.imports.iter().flat_map(|m| labels.rows(r).map(|i| -m[i])));
    }
    terms.iter().map(sum_exact).collect()
}
