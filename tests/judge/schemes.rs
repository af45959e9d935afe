//! The decompositions of exports, written out on full inverses: records by exporter, sector, partner and term.

use super::number::{Number, ZERO, exact, one};
use super::truth::{Matrix, To, Truth, inverse, per, times, transposed, zeros};

/// One record: exporter, row, partner, term, value.
pub type Record = (usize, Option<usize>, Option<To>, &'static str, Number);

struct Content {
    c: Vec<Number>,
    m: Matrix,
    own: Vec<Number>,
    foreign: Vec<Number>,
    local: Vec<Number>,
    abroad: Vec<Number>,
    unexplained: Vec<Number>,
    /// Final use at home, its local output, and the local output of exports.
    home: Vec<Number>,
    home_output: Vec<Number>,
    export_output: Vec<Number>,
    partners: Vec<To>,
}

impl Content {
    fn new(t: &Truth, value: bool) -> Self {
        let c = if value { t.v.clone() } else { t.f.clone() };
        let m = t.origins(&c);
        let n = t.n;
        let abroad = if value && t.t.imports.is_some() { transposed(&t.b, &t.m) } else { vec![ZERO; n] };
        let own = (0..n).map(|i| m[t.region[i]][i]).collect();
        let foreign = (0..n).map(|i| (0..t.regions).filter(|&s| s != t.region[i]).map(|s| m[s][i]).sum::<Number>() + abroad[i]).collect();
        let u = if value { transposed(&t.b, &t.unexplained()) } else { vec![ZERO; n] };
        let home: Vec<Number> = (0..n)
            .map(|i| {
                let here = |d: &To| matches!(d, To::Stock | To::Error) || *d == To::Region(t.region[i]);
                (0..t.to.len()).filter(|&k| here(&t.to[k])).map(|k| t.y[i][k]).sum()
            })
            .collect();
        let partners = t.partners();
        let sold: Vec<Number> = (0..n).map(|i| partners.iter().map(|p| t.export(i, *p)).sum()).collect();
        Content {
            local: transposed(&t.l, &c),
            home_output: times(&t.l, &home),
            export_output: times(&t.l, &sold),
            c,
            m,
            own,
            foreign,
            abroad,
            unexplained: u,
            home,
            partners,
        }
    }
}

fn goods(t: &Truth, i: usize, p: To) -> Number {
    let k = match p {
        To::Region(r) if r == t.region[i] => None,
        p => t.column(p),
    };
    k.map_or(ZERO, |k| t.y[i][k])
}

/// `A_sr x` for row i.
fn bought(t: &Truth, i: usize, p: To, x: &[Number]) -> Number {
    match p {
        To::Region(r) => t.rows(r).map(|j| t.a[i][j] * x[j]).sum(),
        _ => ZERO,
    }
}

pub fn records(t: &Truth, scheme: &str, value: bool) -> Vec<Record> {
    let content = Content::new(t, value);
    match scheme {
        "kww" => kww(t, &content),
        "wwz" => wwz(t, &content),
        "borin-mancini-source" => source(t, &content),
        "borin-mancini-sink" => sink(t, &content),
        "eebt" => pairs(t, &content, |i, p| vec![("EEBT", content.local[i] * t.export(i, p))]),
        "extraction" => extraction(t, &content),
        "routes" => routes(t, &content),
        _ => Vec::new(),
    }
}

fn pairs(t: &Truth, c: &Content, terms: impl Fn(usize, To) -> Vec<(&'static str, Number)>) -> Vec<Record> {
    let mut all = Vec::new();
    for i in 0..t.n {
        for &p in c.partners.iter().filter(|p| **p != To::Region(t.region[i])) {
            let mut found = terms(i, p);
            found.push(("UNEXPLAINED", c.unexplained[i] * t.export(i, p)));
            all.extend(found.into_iter().map(|(name, v)| (t.region[i], Some(i), Some(p), name, v)));
        }
    }
    all
}

fn kww(t: &Truth, c: &Content) -> Vec<Record> {
    let mut all = Vec::new();
    let final_sum = |i: usize| c.partners.iter().map(|p| goods(t, i, *p)).sum::<Number>();
    let sold = |i: usize| c.partners.iter().map(|p| t.export(i, *p)).sum::<Number>();
    let traded =
        |i: usize, x: &[Number]| (0..t.regions).filter(|&r| r != t.region[i]).map(|r| bought(t, i, To::Region(r), x)).sum::<Number>();
    for s in 0..t.regions {
        let here = |of: &dyn Fn(usize) -> Number| t.over(s, of);
        let there = |of: &dyn Fn(usize) -> Number| (0..t.n).filter(|&i| t.region[i] != s).map(|i| c.m[s][i] * of(i)).sum::<Number>();
        let back = |i: usize| goods(t, i, To::Region(s));
        let gap = |i: usize| c.own[i] - c.local[i];
        let terms = [
            ("DVA_FIN", here(&|i| c.own[i] * final_sum(i))),
            ("DVA_INT", there(&|i| c.home[i])),
            ("DVA_INTrex", there(&|i| final_sum(i) - back(i))),
            ("RDV_FIN", there(&back)),
            ("RDV_INT", here(&|i| gap(i) * c.home[i])),
            ("DDC", here(&|i| gap(i) * sold(i))),
            ("FVA_FIN", here(&|i| c.foreign[i] * final_sum(i))),
            ("FVA_INT", here(&|i| c.foreign[i] * traded(i, &c.home_output))),
            ("FDC", here(&|i| c.foreign[i] * traded(i, &c.export_output))),
            ("UNEXPLAINED", here(&|i| c.unexplained[i] * sold(i))),
        ];
        all.extend(terms.into_iter().map(|(name, v)| (s, None, None, name, v)));
    }
    all
}

fn extraction(t: &Truth, c: &Content) -> Vec<Record> {
    let sold = |i: usize| c.partners.iter().map(|p| t.export(i, *p)).sum::<Number>();
    (0..t.regions)
        .flat_map(|s| {
            let terms = [
                ("DVA", t.over(s, |i| c.c[i] * (t.x[i] - c.home_output[i]))),
                ("DDC", t.over(s, |i| (c.own[i] - c.local[i]) * sold(i))),
                ("FC", t.over(s, |i| c.foreign[i] * sold(i))),
                ("UNEXPLAINED", t.over(s, |i| c.unexplained[i] * sold(i))),
            ];
            terms.into_iter().map(move |(name, v)| (s, None, None, name, v))
        })
        .collect()
}

fn wwz(t: &Truth, c: &Content) -> Vec<Record> {
    let (n, r) = (t.n, t.regions);
    let from = |s: usize, of: &dyn Fn(usize) -> Number| {
        let b: Vec<Number> = (0..n).map(|i| if t.region[i] == s { of(i) } else { ZERO }).collect();
        times(&t.b, &b)
    };
    let q: Matrix = (0..r).map(|s| from(s, &|i| c.home[i])).collect();
    let fx: Matrix = (0..r).map(|s| from(s, &|i| c.partners.iter().map(|p| goods(t, i, *p)).sum())).collect();
    // w[u][s]: output for final goods from u to s; sx[s] its sum over u
    let w: Vec<Matrix> = (0..r).map(|u| (0..r).map(|s| from(u, &|i| goods(t, i, To::Region(s)))).collect()).collect();
    let sum = |of: &dyn Fn(usize) -> Number| (0..r).map(of).sum::<Number>();
    pairs(t, c, |i, p| {
        let s = t.region[i];
        let part = |of: &dyn Fn(usize, usize) -> Number| match p {
            To::Region(k) => t.rows(k).map(|j| t.a[i][j] * of(k, j)).sum::<Number>(),
            _ => ZERO,
        };
        let partner = match p {
            To::Region(k) => c.m[k][i],
            _ => c.abroad[i],
        };
        let (l, third) = (c.local[i], c.foreign[i] - partner);
        let sx = |j: usize| sum(&|u| w[u][s][j]);
        vec![
            ("DVA_FIN", c.own[i] * goods(t, i, p)),
            ("DVA_INT", l * part(&|k, j| q[k][j])),
            ("DVA_INTrexI1", l * part(&|k, j| sum(&|u| q[u][j]) - q[k][j] - q[s][j])),
            ("DVA_INTrexF", l * part(&|k, j| fx[k][j] - w[k][s][j])),
            ("DVA_INTrexI2", l * part(&|k, j| sum(&|u| fx[u][j]) - fx[k][j] - fx[s][j] - (sx(j) - w[k][s][j]))),
            ("RDV_INT", l * part(&|_, j| q[s][j])),
            ("RDV_FIN", l * part(&|k, j| w[k][s][j])),
            ("RDV_FIN2", l * part(&|k, j| sx(j) - w[k][s][j])),
            ("OVA_FIN", third * goods(t, i, p)),
            ("MVA_FIN", partner * goods(t, i, p)),
            ("OVA_INT", third * part(&|_, j| c.home_output[j])),
            ("MVA_INT", partner * part(&|_, j| c.home_output[j])),
            ("DDC_FIN", l * part(&|_, j| fx[s][j])),
            ("DDC_INT", (c.own[i] - l) * part(&|_, j| t.x[j])),
            ("ODC", third * part(&|_, j| c.export_output[j])),
            ("MDC", partner * part(&|_, j| c.export_output[j])),
        ]
    })
}

/// The inverse where region s sells no intermediates.
fn without_sales(t: &Truth, s: usize) -> Option<Matrix> {
    let mut m = zeros(t.n, t.n);
    for (i, row) in m.iter_mut().enumerate() {
        for (j, v) in row.iter_mut().enumerate() {
            let keep = t.region[i] != s || t.region[j] == s;
            *v = if i == j { one() } else { ZERO } - if keep { t.a[i][j] } else { ZERO };
        }
    }
    inverse(m)
}

fn source(t: &Truth, c: &Content) -> Vec<Record> {
    let mut first = vec![ZERO; t.n];
    for s in 0..t.regions {
        let Some(b) = without_sales(t, s) else { return Vec::new() };
        let imports = c.abroad.iter().any(|a| !a.is_zero());
        let m = if imports { t.m.clone() } else { vec![ZERO; t.n] };
        let start: Vec<Number> = (0..t.n).map(|i| m[i] + if t.region[i] == s { ZERO } else { c.c[i] }).collect();
        let found = transposed(&b, &start);
        t.rows(s).for_each(|i| first[i] = found[i]);
    }
    pairs(t, c, |i, p| {
        let e = t.export(i, p);
        let used = goods(t, i, p) + bought(t, i, p, &c.home_output);
        let l = c.local[i];
        vec![
            ("DAVAX", l * used),
            ("GVCF", l * (e - used)),
            ("DDC", (c.own[i] - l) * e),
            ("FVA", first[i] * e),
            ("FDC", (c.foreign[i] - first[i]) * e),
        ]
    })
}

fn sink(t: &Truth, c: &Content) -> Vec<Record> {
    let n = t.n;
    // by exporter: local outputs of the six parts of what importers use
    let mut parts: Vec<[Vec<Number>; 6]> = Vec::new();
    for s in 0..t.regions {
        let Some(b) = without_sales(t, s) else { return Vec::new() };
        let for_member = |l: To| {
            let y: Vec<Number> = (0..n)
                .map(|i| {
                    let at = t.region[i];
                    if l == To::Region(at) {
                        c.home[i]
                    } else if at == s {
                        ZERO
                    } else {
                        goods(t, i, l)
                    }
                })
                .collect();
            times(&b, &y)
        };
        let e: Vec<Number> =
            (0..n).map(|i| if t.region[i] == s { c.partners.iter().map(|p| t.export(i, *p)).sum() } else { ZERO }).collect();
        let mut outside = vec![ZERO; n];
        for &l in c.partners.iter().filter(|l| **l != To::Region(s)) {
            outside.iter_mut().zip(for_member(l)).for_each(|(a, b)| *a = *a + b);
        }
        let sent = |x: &[Number]| -> Vec<Number> {
            let g: Vec<Number> =
                (0..n).map(|i| (0..t.regions).filter(|&r| r != t.region[i]).map(|r| bought(t, i, To::Region(r), x)).sum()).collect();
            times(&t.l, &g)
        };
        let third: Vec<Number> =
            (0..n).map(|i| c.partners.iter().filter(|p| **p != To::Region(s)).map(|p| goods(t, i, *p)).sum()).collect();
        let back: Vec<Number> = (0..n).map(|i| goods(t, i, To::Region(s))).collect();
        parts.push([
            c.home_output.clone(),
            times(&t.l, &third),
            sent(&outside),
            times(&t.l, &back),
            sent(&for_member(To::Region(s))),
            sent(&times(&b, &e)),
        ]);
    }
    pairs(t, c, |i, p| {
        let [here, third, on, back, on_back, again]: [Number; 6] = std::array::from_fn(|k| bought(t, i, p, &parts[t.region[i]][k]));
        let (own, foreign, y) = (c.own[i], c.foreign[i], goods(t, i, p));
        vec![
            ("VAX1", own * y),
            ("VAX2", own * here),
            ("VAX3", own * third),
            ("VAX4", own * on),
            ("REF1", own * back),
            ("REF2", own * on_back),
            ("DDC", own * again),
            ("FVA1", foreign * y),
            ("FVA2", foreign * here),
            ("FVA3", foreign * (third + back)),
            ("FVA4", foreign * (on + on_back)),
            ("FDC", foreign * again),
        ]
    })
}

fn routes(t: &Truth, c: &Content) -> Vec<Record> {
    const NAMES: [&str; 9] = ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"];
    let partners: Vec<To> = (0..t.regions).map(To::Region).chain([To::Export, To::Stock, To::Error]).collect();
    let found = t.routes_by_partner(&c.c, &partners);
    let mut all = Vec::new();
    for (i, row) in found.iter().enumerate() {
        for (p, terms) in partners.iter().zip(row) {
            all.extend(terms.iter().zip(NAMES).map(|(v, name)| (t.region[i], Some(i), Some(*p), name, *v)));
        }
    }
    all
}

/// Linkages of row i, by name; the means are over rows with output.
pub fn linkages(t: &Truth, value: bool) -> Vec<(&'static str, Vec<Number>)> {
    let (f, q) = if value { (&t.v, &t.va) } else { (&t.f, &t.q) };
    let ones = vec![one(); t.n];
    let ahead = |b: &[Number], idle: Number| -> Vec<Number> {
        let x = times(&t.b, b);
        (0..t.n).map(|i| if t.x[i].is_zero() { idle } else { x[i] / t.x[i] }).collect()
    };
    let normal = |v: &[Number]| -> Option<Vec<Number>> {
        let counted: Vec<Number> = (0..t.n).filter(|&i| !t.x[i].is_zero()).map(|i| v[i]).collect();
        let mean = counted.iter().copied().sum::<Number>() / exact(counted.len() as f64);
        if mean.is_zero() {
            return None;
        }
        Some(per(v, &vec![mean; t.n]))
    };
    let all = [
        ("backward", "backward_normalised", transposed(&t.b, &ones)),
        ("forward", "forward_normalised", ahead(&t.x, one())),
        ("weighted_backward", "weighted_backward_normalised", transposed(&t.b, f)),
        ("weighted_forward", "weighted_forward_normalised", ahead(q, ZERO)),
    ];
    let mut out = Vec::new();
    for (name, normalised, v) in all {
        if let Some(n) = normal(&v) {
            out.push((normalised, n));
        }
        if name == "backward" {
            out.push(("downstreamness", v.clone()));
        }
        if name == "forward" {
            out.push(("upstreamness", v.clone()));
        }
        out.push((name, v));
    }
    out
}
