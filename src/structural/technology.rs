//! Input coefficients of two tables as technology times trade shares, and the mixtures of the two.
//!
//! `h_pj = sum_s a_(s,p),j` over the rows of product p, `t = a / h`. With the technology of one year and the trade of the
//! other, `a = a' h / h'`. One product at a time: memory is two rows of h and the coefficients themselves.

use crate::system::coefficients;
use crate::table::{Sparse, Table};

/// A of both years, columns that have output in one year only taken from it.
pub(super) struct Pair {
    years: [Sparse; 2],
    /// Rows of each product.
    products: Vec<Vec<usize>>,
    /// For each year, the columns that were taken from the other.
    pub borrowed: [Vec<usize>; 2],
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Pair {
    /// The coefficients of two tables with the same labels.
    pub(super) fn new(before: &Table, after: &Table) -> Self {
        let tables = [before, after];
        let own = tables.map(|t| coefficients(&t.z, &t.x));
        let borrowed =
            [0, 1].map(|k| (0..before.dim()).filter(|&j| tables[k].x[j] == 0.0 && tables[1 - k].x[j] != 0.0).collect::<Vec<_>>());
        let years = [0, 1].map(|k| with_columns(&own[k], &own[1 - k], &borrowed[k]));
        let (of, names) = before.labels.products();
        let mut products: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
        of.iter().enumerate().for_each(|(i, p)| products[*p].push(i));
        let count = borrowed[0].len() + borrowed[1].len();
        let mut notes = Vec::new();
        if count > 0 {
            notes.push(format!("{count} sectors have output in one table only: their inputs and intensity are the same in both"));
        }
        Pair { years, products, borrowed, notes }
    }

    /// A with the technology of year `technology` and the trade of year `trade`.
    pub(super) fn mixed(&self, technology: usize, trade: usize) -> Sparse {
        if technology == trade {
            return self.years[technology].clone();
        }
        let n = self.years[0].rows();
        let (own, other) = (&self.years[technology], &self.years[trade]);
        let mut rows: Vec<(Vec<u32>, Vec<f64>)> = vec![Default::default(); n];
        for product in &self.products {
            let (needed, shared) = (needs(own, product), needs(other, product));
            for &i in product {
                // trade of the other year where it has any, else that of the own
                let entries = line(other, i).filter(|(j, _)| needed[*j] != 0.0).map(|(j, v)| (j, v * (needed[j] / shared[j])));
                let alone = line(own, i).filter(|(j, _)| shared[*j] == 0.0);
                let mut row: Vec<(usize, f64)> = entries.chain(alone).filter(|(_, v)| *v != 0.0).collect();
                row.sort_unstable_by_key(|(j, _)| *j);
                rows[i] = row.into_iter().map(|(j, v)| (j as u32, v)).unzip();
            }
        }
        assembled(n, rows)
    }

    /// More roundings behind an entry of a mixture than behind one of A.
    pub(super) fn roundings(&self, technology: usize, trade: usize) -> f64 {
        let longest = self.products.iter().map(Vec::len).max().unwrap_or(0) as f64;
        if technology == trade { 0.0 } else { 2.0 * longest + 6.0 }
    }
}

/// The entries of row `i`.
fn line(a: &Sparse, i: usize) -> impl Iterator<Item = (usize, f64)> {
    let range = a.indptr().outer_inds_sz(i);
    a.indices()[range.clone()].iter().map(|&j| j as usize).zip(a.data()[range].iter().copied())
}

/// Sums over the rows of a product, column by column; where parts have both signs, the sum of their sizes.
fn needs(a: &Sparse, product: &[usize]) -> Vec<f64> {
    let (mut sum, mut size) = (vec![0.0; a.cols()], vec![0.0f64; a.cols()]);
    for &i in product {
        for (j, v) in line(a, i) {
            sum[j] += v;
            size[j] += v.abs();
        }
    }
    // equal to its size or to minus it where all parts have one sign: the same additions in the same order
    sum.into_iter().zip(size).map(|(sum, size): (f64, f64)| if sum.abs() == size { sum } else { size }).collect()
}

/// `a` with some columns taken from `b`, where `a` has nothing.
fn with_columns(a: &Sparse, b: &Sparse, columns: &[usize]) -> Sparse {
    if columns.is_empty() {
        return a.clone();
    }
    let n = a.rows();
    let mut taken = vec![false; n];
    columns.iter().for_each(|&j| taken[j] = true);
    let rows = (0..n)
        .map(|i| {
            let mut row: Vec<(usize, f64)> = line(a, i).filter(|(j, _)| !taken[*j]).chain(line(b, i).filter(|(j, _)| taken[*j])).collect();
            row.sort_unstable_by_key(|(j, _)| *j);
            row.into_iter().map(|(j, v)| (j as u32, v)).unzip()
        })
        .collect();
    assembled(n, rows)
}

fn assembled(n: usize, rows: Vec<(Vec<u32>, Vec<f64>)>) -> Sparse {
    let mut indptr = vec![0];
    let (mut indices, mut data) = (Vec::new(), Vec::new());
    for (columns, values) in rows {
        indices.extend(columns);
        data.extend(values);
        indptr.push(indices.len());
    }
    Sparse::new((n, n), indptr, indices, data)
}
