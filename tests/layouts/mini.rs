//! A small balanced table whose numbers are sums of quarters, so that every sum is exact, and grids of its cells.

use isard::Table;
use ndarray::{Array1, Array2, Axis};

use super::apart;

/// The table. R regions, S sectors each, C categories each.
pub struct Mini {
    pub regions: Vec<String>,
    pub sectors: Vec<String>,
    pub categories: Vec<String>,
    pub values: Vec<String>,
    pub accounts: Vec<String>,
    pub z: Array2<f64>,
    pub y: Array2<f64>,
    pub x: Array1<f64>,
    pub v: Array2<f64>,
    pub f: Array2<f64>,
    pub fy: Array2<f64>,
}

/// A row of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row {
    Sector(usize),
    Value(usize),
    /// All values behind this one, added up.
    ValuesFrom(usize),
    /// The first value, this part of the regions' shares.
    Share(usize),
    Intermediate,
    Output,
    Account(usize),
}

/// A column of a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Col {
    Sector(usize),
    Demand(usize),
    Output,
    Nothing,
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| n.to_string()).collect()
}

impl Mini {
    pub fn new(regions: &[&str], sectors: &[&str], categories: &[&str], values: &[&str]) -> Self {
        let (r, s, c) = (regions.len(), sectors.len(), categories.len());
        let n = r * s;
        let mut state = 7_u64;
        let mut draw = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % most) as f64 / 4.0
        };
        let z = Array2::from_shape_fn((n, n), |(i, j)| if (i + 2 * j) % 5 == 0 { 0.0 } else { draw(80) });
        let bought = z.sum_axis(Axis(0));
        let mut y = Array2::from_shape_fn((n, r * c), |_| draw(60));
        y[[1, 1]] = -2.5;
        for i in 0..n {
            // demand at home makes value added positive
            y[[i, i / s * c]] += (bought[i] + 64.0).ceil();
        }
        let x = z.sum_axis(Axis(1)) + y.sum_axis(Axis(1));
        let mut v = Array2::from_shape_fn((values.len(), n), |_| draw(40));
        let others = v.sum_axis(Axis(0)) - v.row(values.len() - 1);
        v.row_mut(values.len() - 1).assign(&(&x - &bought - others));
        let (f, fy) = (Array2::from_shape_fn((2, n), |_| draw(400)), Array2::from_shape_fn((2, r * c), |_| draw(90)));
        let [regions, sectors, categories, values] = [regions, sectors, categories, values].map(texts);
        Mini { regions, sectors, categories, values, accounts: texts(&["CO2", "CH4"]), z, y, x, v, f, fy }
    }

    /// A supply and use table of two industries and two products of each region: products sell to industries and final demand,
    /// industries to the products that they make at home; industries have value added.
    pub fn supply_use(regions: &[&str], sectors: [&str; 4], categories: &[&str], values: &[&str]) -> Self {
        let mut mini = Mini::new(regions, &sectors, categories, values);
        let is_product = |i: usize| i % 4 > 1;
        for i in 0..mini.n() {
            for j in 0..mini.n() {
                let makes = !is_product(i) && is_product(j) && i / 4 == j / 4;
                let uses = is_product(i) && !is_product(j);
                if !makes && !uses {
                    mini.z[[i, j]] = 0.0;
                }
            }
        }
        let (made, bought) = (mini.z.sum_axis(Axis(1)), mini.z.sum_axis(Axis(0)));
        for i in 0..mini.n() {
            let home = i / 4 * mini.categories.len();
            if is_product(i) {
                mini.y[[i, home]] += bought[i] - made[i] - mini.y.row(i).sum();
                mini.x[i] = bought[i];
                mini.v.column_mut(i).fill(0.0);
            } else {
                mini.y.row_mut(i).fill(0.0);
                mini.x[i] = made[i];
                let last = mini.v.nrows() - 1;
                mini.v[[last, i]] = 0.0;
                mini.v[[last, i]] = made[i] - bought[i] - mini.v.column(i).sum();
            }
        }
        mini
    }

    pub fn n(&self) -> usize {
        self.x.len()
    }

    pub fn d(&self) -> usize {
        self.y.ncols()
    }

    /// Region and sector of a row.
    pub fn row(&self, i: usize) -> (&str, &str) {
        (&self.regions[i / self.sectors.len()], &self.sectors[i % self.sectors.len()])
    }

    /// Region and category of a column of final demand.
    pub fn demand(&self, d: usize) -> (&str, &str) {
        (&self.regions[d / self.categories.len()], &self.categories[d % self.categories.len()])
    }

    pub fn number(&self, row: Row, column: Col) -> f64 {
        match (row, column) {
            (Row::Sector(i), Col::Sector(j)) => self.z[[i, j]],
            (Row::Sector(i), Col::Demand(d)) => self.y[[i, d]],
            (Row::Sector(i), Col::Output) => self.x[i],
            (Row::Value(k), Col::Sector(j)) => self.v[[k, j]],
            (Row::ValuesFrom(k), Col::Sector(j)) => (k..self.v.nrows()).map(|k| self.v[[k, j]]).sum(),
            (Row::Share(r), Col::Sector(j)) => self.v[[0, j]] * if r == 0 { 1.5 } else { -0.5 / (self.regions.len() - 1) as f64 },
            (Row::Intermediate, Col::Sector(j)) => self.z.column(j).sum(),
            (Row::Output, Col::Sector(j)) => self.x[j],
            (Row::Output | Row::Intermediate, Col::Demand(d)) => self.y.column(d).sum(),
            (Row::Account(k), Col::Sector(j)) => self.f[[k, j]],
            (Row::Account(k), Col::Demand(d)) => self.fy[[k, d]],
            _ => 0.0,
        }
    }

    /// Sectors, and then `more`.
    pub fn rows(&self, more: &[Row]) -> Vec<Row> {
        (0..self.n()).map(Row::Sector).chain(more.iter().copied()).collect()
    }

    /// Sectors, final demand, and then `more`.
    pub fn columns(&self, more: &[Col]) -> Vec<Col> {
        (0..self.n()).map(Col::Sector).chain((0..self.d()).map(Col::Demand)).chain(more.iter().copied()).collect()
    }

    /// Cells with labels: `side` gives those of a row, `head` those of a column, from the top.
    pub fn grid(
        &self,
        rows: &[Row],
        columns: &[Col],
        side: impl Fn(Row) -> Vec<String>,
        head: impl Fn(Col) -> Vec<String>,
    ) -> Vec<Vec<String>> {
        let width = side(rows[0]).len();
        let heads: Vec<Vec<String>> = columns.iter().map(|c| head(*c)).collect();
        let mut all: Vec<Vec<String>> = (0..heads[0].len())
            .map(|level| std::iter::repeat_n(String::new(), width).chain(heads.iter().map(|h| h[level].clone())).collect())
            .collect();
        all.extend(rows.iter().map(|r| side(*r).into_iter().chain(columns.iter().map(|c| self.number(*r, *c).to_string())).collect()));
        all
    }

    /// The numbers alone.
    pub fn numbers(&self, rows: &[Row], columns: &[Col]) -> Vec<Vec<String>> {
        rows.iter().map(|r| columns.iter().map(|c| self.number(*r, *c).to_string()).collect()).collect()
    }

    /// Compares names and numbers; `values` are the rows of value added as they were written, `accounts` whether there are satellites.
    pub fn check(&self, name: &str, table: &Table, values: &[(&str, Row)], accounts: bool) {
        let labels = &table.labels;
        assert_eq!(labels.regions.iter().map(|n| n.given.as_str()).collect::<Vec<_>>(), self.regions, "{name}");
        for i in 0..self.n() {
            let region = labels.regions[labels.region_of(i)].given.as_str();
            assert_eq!((region, labels.sectors[i].given.as_str()), self.row(i), "{name}");
        }
        for d in 0..self.d() {
            assert_eq!(labels.categories[d].given, self.demand(d).1, "{name}");
        }
        assert!(apart(&table.z.to_dense(), &self.z) < 1e-12, "{name}: Z");
        assert!(apart(&table.y, &self.y) < 1e-12, "{name}: Y");
        assert!(apart(&table.x, &self.x) < 1e-12, "{name}: x");
        assert_eq!(table.value_added.len(), values.len(), "{name}");
        for ((found, row), (label, written)) in table.value_added.iter().zip(values) {
            let expected: Vec<f64> = (0..self.n()).map(|j| self.number(*written, Col::Sector(j))).collect();
            assert_eq!(found.given, *label, "{name}");
            assert!(apart(row, &expected) < 1e-12, "{name}: {label}");
        }
        assert_eq!(table.stressors.len(), if accounts { 2 } else { 0 }, "{name}");
        for (k, stressor) in table.stressors.iter().enumerate() {
            assert!(apart(&stressor.direct, self.f.row(k)) < 1e-12, "{name}: F");
            if let Some(households) = &stressor.households {
                let c = self.categories.len();
                let expected: Vec<f64> = (0..self.regions.len()).map(|r| (0..c).map(|k2| self.fy[[k, r * c + k2]]).sum()).collect();
                assert!(apart(households, &expected) < 1e-12, "{name}: FY");
            }
        }
    }
}
