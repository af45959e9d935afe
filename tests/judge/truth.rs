//! What every printed number is, from the cells of a table as stored: the formulas written out on full inverses.

use super::draw::Table;
use super::number::{Number, ZERO, exact, one};

pub type Matrix = Vec<Vec<Number>>;

pub fn zeros(rows: usize, columns: usize) -> Matrix {
    vec![vec![ZERO; columns]; rows]
}

pub fn times(a: &Matrix, b: &[Number]) -> Vec<Number> {
    a.iter().map(|row| row.iter().zip(b).map(|(x, y)| *x * *y).sum()).collect()
}

/// `a' b`.
pub fn transposed(a: &Matrix, b: &[Number]) -> Vec<Number> {
    let mut out = vec![ZERO; a.first().map_or(0, Vec::len)];
    for (row, b) in a.iter().zip(b) {
        for (to, v) in out.iter_mut().zip(row) {
            *to = *to + *v * *b;
        }
    }
    out
}

/// The inverse, by elimination with the largest pivot.
pub fn inverse(mut m: Matrix) -> Option<Matrix> {
    let n = m.len();
    let mut x = zeros(n, n);
    (0..n).for_each(|i| x[i][i] = one());
    for p in 0..n {
        let pivot = (p..n).max_by(|&a, &b| m[a][p].abs().partial_cmp(&m[b][p].abs()).unwrap())?;
        if m[pivot][p].is_zero() {
            return None;
        }
        m.swap(p, pivot);
        x.swap(p, pivot);
        let scale = one() / m[p][p];
        for v in m[p].iter_mut().chain(&mut x[p]) {
            *v = *v * scale;
        }
        let (row, other) = (m[p].clone(), x[p].clone());
        for i in (0..n).filter(|&i| i != p) {
            let factor = m[i][p];
            if factor.is_zero() {
                continue;
            }
            m[i].iter_mut().zip(&row).for_each(|(v, r)| *v = *v - factor * *r);
            x[i].iter_mut().zip(&other).for_each(|(v, r)| *v = *v - factor * *r);
        }
    }
    Some(x)
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum To {
    Region(usize),
    Export,
    Stock,
    Error,
}

/// The table as a system, everything exact.
pub struct Truth<'a> {
    pub t: &'a Table,
    pub n: usize,
    pub regions: usize,
    pub region: Vec<usize>,
    pub x: Vec<Number>,
    pub z: Matrix,
    pub a: Matrix,
    /// `(I - A)^-1` and that of the domestic blocks.
    pub b: Matrix,
    pub l: Matrix,
    pub to: Vec<To>,
    /// Demand by destination (n x K), and output for it.
    pub y: Matrix,
    pub out: Matrix,
    /// Value added of every column, in all.
    pub va: Vec<Number>,
    pub v: Vec<Number>,
    pub m: Vec<Number>,
    pub q: Vec<Number>,
    pub f: Vec<Number>,
}

pub fn per(v: &[Number], x: &[Number]) -> Vec<Number> {
    v.iter().zip(x).map(|(v, x)| if x.is_zero() { ZERO } else { *v / *x }).collect()
}

pub fn of(v: &[f64]) -> Vec<Number> {
    v.iter().map(|v| exact(*v)).collect()
}

impl<'a> Truth<'a> {
    /// `None` where the system or a domestic block is singular.
    pub fn new(t: &'a Table) -> Option<Self> {
        let (n, regions, region) = (t.n(), t.sizes.len(), t.region());
        let x = of(&t.x);
        let z: Matrix = t.z.iter().map(|r| of(r)).collect();
        let a: Matrix = z.iter().map(|r| per(r, &x)).collect();
        let open = |keep: &dyn Fn(usize, usize) -> bool| {
            let mut m = zeros(n, n);
            for i in 0..n {
                for j in 0..n {
                    let unit = if i == j { one() } else { ZERO };
                    m[i][j] = if keep(i, j) { unit - a[i][j] } else { unit };
                }
            }
            inverse(m)
        };
        let b = open(&|_, _| true)?;
        let l = open(&|i, j| region[i] == region[j])?;
        let mut to: Vec<To> = (0..regions).map(To::Region).collect();
        let width = t.y[0].len() / regions;
        let columns = |i: usize, r: usize| t.y[i][r * width..(r + 1) * width].iter().map(|v| exact(*v)).sum::<Number>();
        let mut y: Matrix = (0..n).map(|i| (0..regions).map(|r| columns(i, r)).collect()).collect();
        let mut left: Vec<Number> = (0..n).map(|i| x[i] - z[i].iter().copied().sum() - y[i].iter().copied().sum()).collect();
        for (column, d) in [(&t.exports, To::Export), (&t.stock, To::Stock)] {
            if let Some(column) = column {
                to.push(d);
                for i in 0..n {
                    y[i].push(exact(column[i]));
                    left[i] = left[i] - exact(column[i]);
                }
            }
        }
        to.push(To::Error);
        (0..n).for_each(|i| y[i].push(left[i]));
        let bought = |j: usize| (0..n).map(|i| z[i][j]).sum::<Number>();
        let imports = t.imports.as_ref().map_or(vec![ZERO; n], |m| of(m));
        let va: Vec<Number> = if t.value_added.is_empty() {
            (0..n).map(|j| x[j] - bought(j) - imports[j]).collect()
        } else {
            (0..n).map(|j| t.value_added.iter().map(|row| exact(row[j])).sum()).collect()
        };
        let q = of(&t.q);
        let columns: Vec<Vec<Number>> = (0..to.len()).map(|k| y.iter().map(|r| r[k]).collect::<Vec<_>>()).collect();
        let outs: Vec<Vec<Number>> = columns.iter().map(|c| times(&b, c)).collect();
        let out = (0..n).map(|i| outs.iter().map(|o| o[i]).collect()).collect();
        Some(Truth { v: per(&va, &x), m: per(&imports, &x), f: per(&q, &x), t, n, regions, region, x, z, a, b, l, to, y, out, va, q })
    }

    pub fn column(&self, d: To) -> Option<usize> {
        self.to.iter().position(|t| *t == d)
    }

    fn demand(&self, i: usize, d: To) -> Number {
        self.column(d).map_or(ZERO, |k| self.y[i][k])
    }

    pub fn rows(&self, s: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.n).filter(move |&i| self.region[i] == s)
    }

    /// `sum over rows of s` of something.
    pub fn over(&self, s: usize, of: impl Fn(usize) -> Number) -> Number {
        self.rows(s).map(of).sum()
    }

    /// `T(E_s c)` (R of n).
    pub fn origins(&self, c: &[Number]) -> Matrix {
        (0..self.regions)
            .map(|s| {
                let own: Vec<Number> = (0..self.n).map(|i| if self.region[i] == s { c[i] } else { ZERO }).collect();
                transposed(&self.b, &own)
            })
            .collect()
    }

    /// Flows (R x K).
    pub fn flow(&self) -> Matrix {
        (0..self.regions).map(|s| (0..self.to.len()).map(|k| self.over(s, |i| self.f[i] * self.out[i][k])).collect()).collect()
    }

    pub fn direct(&self) -> Vec<Number> {
        (0..self.regions).map(|s| self.over(s, |i| self.q[i])).collect()
    }

    pub fn households(&self) -> Vec<Number> {
        self.t.households.as_ref().map_or(vec![ZERO; self.regions], |h| of(h))
    }

    /// What the columns leave unexplained per unit of output.
    pub fn unexplained(&self) -> Vec<Number> {
        (0..self.n).map(|j| one() - (0..self.n).map(|i| self.a[i][j]).sum() - self.v[j] - self.m[j]).collect()
    }

    fn traded(&self, i: usize, r: usize, x: &[Number]) -> Number {
        self.rows(r).map(|j| self.a[i][j] * x[j]).sum()
    }

    fn outputs(&self, d: To) -> Vec<Number> {
        self.column(d).map_or(vec![ZERO; self.n], |k| self.out.iter().map(|r| r[k]).collect())
    }

    /// Right-hand sides of the nine routes of row i towards region r alone, or everybody (`None`).
    fn route_column(&self, i: usize, partner: Option<To>, simple: &[Number]) -> [Number; 9] {
        let s = self.region[i];
        let mut c = [ZERO; 9];
        let own = matches!(partner, None | Some(To::Region(_))) && partner.is_none_or(|p| p == To::Region(s));
        if own {
            c[0] = self.demand(i, To::Region(s));
        }
        for r in (0..self.regions).filter(|&r| r != s && partner.is_none_or(|p| p == To::Region(r))) {
            let through = |d: To| self.traded(i, r, &self.outputs(d));
            c[1] = c[1] + through(To::Region(s));
            c[2] = c[2] + self.demand(i, To::Region(r));
            let near = self.traded(i, r, simple);
            let all: Number = (0..self.regions).filter(|&u| u != s).map(|u| through(To::Region(u))).sum();
            c[3] = c[3] + near;
            c[4] = c[4] + (all - near);
            c[6] = c[6] + through(To::Export);
            c[7] = c[7] + through(To::Error);
            c[8] = c[8] + through(To::Stock);
        }
        for (k, d) in [(5, To::Export), (7, To::Error), (8, To::Stock)] {
            if partner.is_none_or(|p| p == d) {
                c[k] = c[k] + self.demand(i, d);
            }
        }
        c
    }

    fn simple(&self) -> Vec<Number> {
        let own: Vec<Number> = (0..self.n).map(|i| self.demand(i, To::Region(self.region[i]))).collect();
        times(&self.l, &own)
    }

    /// Routes of a factor by region (R x 9).
    pub fn routes(&self) -> Matrix {
        let simple = self.simple();
        let c: Vec<[Number; 9]> = (0..self.n).map(|i| self.route_column(i, None, &simple)).collect();
        let columns: Vec<Vec<Number>> = (0..9).map(|k| times(&self.l, &c.iter().map(|r| r[k]).collect::<Vec<_>>())).collect();
        (0..self.regions).map(|s| (0..9).map(|k| self.over(s, |i| self.f[i] * columns[k][i])).collect()).collect()
    }

    /// Routes of factor c by row and partner (the regions, then those outside).
    pub fn routes_by_partner(&self, f: &[Number], partners: &[To]) -> Vec<Vec<[Number; 9]>> {
        let simple = self.simple();
        let mut out = vec![vec![[ZERO; 9]; partners.len()]; self.n];
        for (p, partner) in partners.iter().enumerate() {
            let c: Vec<[Number; 9]> = (0..self.n).map(|i| self.route_column(i, Some(*partner), &simple)).collect();
            for k in 0..9 {
                let x = times(&self.l, &c.iter().map(|r| r[k]).collect::<Vec<_>>());
                (0..self.n).for_each(|i| out[i][p][k] = f[i] * x[i]);
            }
        }
        out
    }

    /// Deliveries of row i to a partner: a region or abroad.
    pub fn export(&self, i: usize, p: To) -> Number {
        match p {
            To::Region(r) if r == self.region[i] => ZERO,
            To::Region(r) => self.rows(r).map(|j| self.z[i][j]).sum::<Number>() + self.demand(i, p),
            _ => self.demand(i, To::Export),
        }
    }

    pub fn partners(&self) -> Vec<To> {
        (0..self.regions).map(To::Region).chain(self.t.exports.as_ref().map(|_| To::Export)).collect()
    }

    /// theta by region, and the outflows below it.
    pub fn theta(&self) -> Vec<(Number, Number)> {
        let own = self.origins(&self.v);
        let e = |i: usize| self.partners().into_iter().map(|p| self.export(i, p)).sum::<Number>();
        (0..self.regions)
            .map(|s| {
                let below = self.over(s, e);
                (if below.is_zero() { one() } else { self.over(s, |i| own[s][i] * e(i)) / below }, below)
            })
            .collect()
    }

    /// The members' columns of a matrix by emitter: regions, abroad, stock, error.
    fn member(&self, d: To) -> usize {
        match d {
            To::Region(r) => r,
            To::Export => self.regions,
            To::Stock => self.regions + 1,
            To::Error => self.regions + 2,
        }
    }

    /// By principle: who answers for what was emitted where (R x (R + 3)).
    pub fn by_emitter(&self, principle: &str) -> Option<Matrix> {
        let r = self.regions;
        let flow = self.flow();
        let mut m = zeros(r, r + 3);
        match principle {
            "production" => (0..r).for_each(|s| m[s][s] = self.direct()[s]),
            "consumption" => {
                for s in 0..r {
                    for (k, d) in self.to.iter().enumerate() {
                        m[s][self.member(*d)] = flow[s][k];
                    }
                }
            }
            "shared" => {
                let theta = self.theta();
                for s in 0..r {
                    for (k, d) in self.to.iter().enumerate() {
                        let kept = match d {
                            To::Region(d) if *d == s => one(),
                            To::Region(_) | To::Export => theta[s].0,
                            _ => ZERO,
                        };
                        m[s][s] = m[s][s] + kept * flow[s][k];
                        let at = self.member(*d);
                        m[s][at] = m[s][at] + (one() - kept) * flow[s][k];
                    }
                }
            }
            "income" => {
                let u = self.unexplained();
                let mut columns = self.origins(&self.v);
                columns.push(transposed(&self.b, &self.m));
                columns.push(vec![ZERO; self.n]);
                columns.push(transposed(&self.b, &u));
                for s in 0..r {
                    for (k, c) in columns.iter().enumerate() {
                        m[s][k] = self.over(s, |i| self.q[i] * c[i]);
                    }
                }
            }
            "production-consumption" | "consumption-income" => {
                let (a, b) = principle.split_once('-')?;
                let (a, b, half) = (self.by_emitter(a)?, self.by_emitter(b)?, exact(0.5));
                for s in 0..r {
                    for k in 0..r + 3 {
                        m[s][k] = half * a[s][k] + half * b[s][k];
                    }
                }
            }
            "value-capture" => {
                let carbon = self.origins(&self.f);
                let mut shares = self.origins(&self.v);
                shares.push(transposed(&self.b, &self.m));
                shares.push(vec![ZERO; self.n]);
                shares.push(transposed(&self.b, &self.unexplained()));
                for s in 0..r {
                    for (k, share) in shares.iter().enumerate() {
                        m[s][k] = (0..self.n).map(|i| carbon[s][i] * share[i] * self.y[i].iter().copied().sum()).sum();
                    }
                }
            }
            "supply-chain" | "supply-chain-net" | "supply-chain-border" => return self.supply_chain(principle),
            _ => return None,
        }
        Some(m)
    }

    /// `1 - va / (x - z_ii)`, kept within 0 and 1.
    fn alpha(&self) -> Vec<Number> {
        let kept = |i: usize| {
            let net = self.x[i] - self.z[i][i];
            if self.x[i].is_zero() || net <= ZERO {
                return ZERO;
            }
            let share = self.va[i] / net;
            if share < ZERO {
                ZERO
            } else if share > one() {
                one()
            } else {
                share
            }
        };
        (0..self.n).map(|i| one() - kept(i)).collect()
    }

    fn supply_chain(&self, principle: &str) -> Option<Matrix> {
        let (n, r, alpha) = (self.n, self.regions, self.alpha());
        let border = principle.ends_with("border");
        let to = |i: usize, d: To| match d {
            To::Stock | To::Error if border => one(),
            To::Region(s) if border && s == self.region[i] => one(),
            _ => alpha[i],
        };
        let pass = |i: usize, j: usize| if principle.ends_with("net") && i == j { one() } else { to(i, To::Region(self.region[j])) };
        let mut open = zeros(n, n);
        for i in 0..n {
            for j in 0..n {
                open[i][j] = (if i == j { one() } else { ZERO }) - pass(i, j) * self.a[i][j];
            }
        }
        let inverse = inverse(open)?;
        let mut m = zeros(r, r + 3);
        for s in 0..r {
            let c: Vec<Number> = (0..n).map(|i| if self.region[i] == s { self.f[i] } else { ZERO }).collect();
            let carried = transposed(&inverse, &c);
            for i in (0..n).filter(|&i| !self.x[i].is_zero()) {
                let at = self.region[i];
                let mut kept: Number = (0..n).map(|j| (one() - pass(i, j)) * self.a[i][j] * self.x[j]).sum();
                for (k, d) in self.to.iter().enumerate() {
                    kept = kept + (one() - to(i, *d)) * self.y[i][k];
                    let place = self.member(*d);
                    m[s][place] = m[s][place] + carried[i] * to(i, *d) * self.y[i][k];
                }
                m[s][at] = m[s][at] + carried[i] * kept;
            }
        }
        Some(m)
    }

    /// Consumption held to the mean direct intensity of each product that leaves its region for good; row, product.
    pub fn technology_adjusted(&self) -> Option<Vec<Number>> {
        let consumption = self.by_emitter("consumption")?;
        let mut account: Vec<Number> = (0..self.regions + 3).map(|k| consumption.iter().map(|r| r[k]).sum()).collect();
        let left = |i: usize| {
            let away = (0..self.to.len()).filter(|&k| match self.to[k] {
                To::Region(r) => r != self.region[i],
                d => d == To::Export,
            });
            away.map(|k| self.out[i][k]).sum::<Number>()
        };
        for p in 0..self.t.products() {
            let rows: Vec<usize> = (0..self.n).filter(|&i| self.t.product(i) == p).collect();
            let sold: Number = rows.iter().map(|&i| left(i)).sum();
            if sold.is_zero() {
                continue;
            }
            let mean = rows.iter().map(|&i| self.f[i] * left(i)).sum::<Number>() / sold;
            for &i in &rows {
                account[self.region[i]] = account[self.region[i]] + (self.f[i] - mean) * left(i);
            }
        }
        Some(account)
    }
}
