//! The slow, obvious answer: Gaussian elimination in double-double arithmetic (about 32 digits), on the table itself.

use isard::Table;
use isard::system::System;

/// A number as an unevaluated sum of two f64.
#[derive(Clone, Copy, Debug)]
pub struct Double(pub f64, pub f64);

impl Double {
    pub const ZERO: Double = Double(0.0, 0.0);

    fn sum(a: f64, b: f64) -> Double {
        let s = a + b;
        let t = s - a;
        Double(s, (a - (s - t)) + (b - t))
    }

    fn quick(a: f64, b: f64) -> Double {
        let s = a + b;
        Double(s, b - (s - a))
    }

    pub fn add(self, o: Double) -> Double {
        let s = Double::sum(self.0, o.0);
        let t = Double::sum(self.1, o.1);
        let u = Double::quick(s.0, s.1 + t.0);
        Double::quick(u.0, u.1 + t.1)
    }

    pub fn neg(self) -> Double {
        Double(-self.0, -self.1)
    }

    pub fn mul(self, o: Double) -> Double {
        let p = self.0 * o.0;
        let e = self.0.mul_add(o.0, -p);
        Double::quick(p, e + self.0 * o.1 + self.1 * o.0)
    }

    pub fn div(self, o: Double) -> Double {
        let q1 = self.0 / o.0;
        let r = self.add(o.mul(Double(q1, 0.0)).neg());
        let q2 = r.0 / o.0;
        let r = r.add(o.mul(Double(q2, 0.0)).neg());
        Double::quick(q1, q2).add(Double(r.0 / o.0, 0.0))
    }

    /// `value - self`, in f64.
    pub fn distance(self, value: f64) -> f64 {
        (Double(value, 0.0).add(self.neg())).0.abs()
    }
}

/// `(I - A) X = B` with `A = Z diag(1/x)` formed in double-double; `None` when singular.
pub fn solve(table: &Table, b: &[Vec<f64>]) -> Option<Vec<Vec<Double>>> {
    let n = table.dim();
    let mut m = vec![vec![Double::ZERO; n]; n];
    for (i, row) in m.iter_mut().enumerate() {
        row[i] = Double(1.0, 0.0);
    }
    for (i, row) in table.z.outer_iterator().enumerate() {
        for (j, &z) in row.iter() {
            if table.x[j] != 0.0 {
                m[i][j] = m[i][j].add(Double(z, 0.0).div(Double(table.x[j], 0.0)).neg());
            }
        }
    }
    eliminate(m, b)
}

/// `M X = B`; `None` when singular.
pub fn eliminate(mut m: Vec<Vec<Double>>, b: &[Vec<f64>]) -> Option<Vec<Vec<Double>>> {
    let (n, k) = (m.len(), b[0].len());
    let mut x: Vec<Vec<Double>> = b.iter().map(|r| r.iter().map(|&v| Double(v, 0.0)).collect()).collect();
    for p in 0..n {
        let pivot = (p..n).max_by(|&a, &c| m[a][p].0.abs().total_cmp(&m[c][p].0.abs()))?;
        if m[pivot][p].0 == 0.0 {
            return None;
        }
        m.swap(p, pivot);
        x.swap(p, pivot);
        for i in p + 1..n {
            if m[i][p].0 == 0.0 {
                continue;
            }
            let factor = m[i][p].div(m[p][p]).neg();
            for j in p..n {
                let add = factor.mul(m[p][j]);
                m[i][j] = m[i][j].add(add);
            }
            for c in 0..k {
                let add = factor.mul(x[p][c]);
                x[i][c] = x[i][c].add(add);
            }
        }
    }
    for p in (0..n).rev() {
        for c in 0..k {
            let mut v = x[p][c];
            for j in p + 1..n {
                v = v.add(m[p][j].mul(x[j][c]).neg());
            }
            x[p][c] = v.div(m[p][p]);
        }
    }
    Some(x)
}

/// The flow matrix (origin region x destination) of a stressor.
pub fn flows(table: &Table, stressor: usize) -> Option<Vec<Vec<Double>>> {
    let system = System::new(table);
    let b: Vec<Vec<f64>> = system.demand.rows().into_iter().map(|r| r.to_vec()).collect();
    let x = solve(table, &b)?;
    let labels = &table.labels;
    let q = &table.stressors[stressor].direct;
    Some(
        (0..labels.region_count())
            .map(|s| {
                (0..system.destinations.len())
                    .map(|k| {
                        labels
                            .rows(s)
                            .filter(|&i| table.x[i] != 0.0)
                            .fold(Double::ZERO, |sum, i| sum.add(Double(q[i], 0.0).div(Double(table.x[i], 0.0)).mul(x[i][k])))
                    })
                    .collect()
            })
            .collect(),
    )
}
