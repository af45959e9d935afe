//! How fast solvers are: convergence by passes, a performance profile, time against accuracy, and a roofline of memory bandwidth.
//!
//! Profile: Dolan, Moré 2002, *Mathematical Programming* 91, doi:10.1007/s101070100263, with the storages as problems. Roofline:
//! Williams, Waterman, Patterson 2009, *Communications of the ACM* 52, doi:10.1145/1498765.1498785.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde_json::Value;

use super::data::Data;
use super::plot::{Axis, Count, Series, figure};
use crate::write::words::say;

/// Methods that a figure holds.
const MOST: usize = 8;

struct Run {
    operator: String,
    method: String,
    seconds: f64,
    solve: f64,
    passes: f64,
    residual: f64,
    bytes: f64,
    by_pass: Vec<f64>,
}

fn runs(data: &Data) -> Vec<Run> {
    let number = |v: &Value, key: &str| v.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let done =
        data.object.get("runs").and_then(Value::as_array).into_iter().flatten().filter(|r| r.get("failed").is_some_and(Value::is_null));
    done.map(|r| Run {
        operator: text(r, "operator"),
        method: text(r, "method"),
        seconds: number(r, "setup_s") + number(r, "solve_s"),
        solve: number(r, "solve_s"),
        passes: number(r, "passes"),
        residual: number(r, "residual"),
        bytes: number(r, "bytes_of_entries"),
        by_pass: r.get("residual_by_pass").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect(),
    })
    .collect()
}

/// The figures; nothing where no run succeeded.
pub(super) fn section(data: &Data) -> Markup {
    let runs = runs(data);
    if runs.is_empty() {
        return html! {};
    }
    html! {
        div.two.even { (convergence(&runs)) (accuracy(&runs)) }
        div.two.even { (profile(&runs)) (roofline(&runs, data)) }
    }
}

/// The methods, the fastest first, each on the storage on which it was fastest: runs come in the order of time.
fn fastest(runs: &[Run]) -> Vec<&Run> {
    let mut found: Vec<&Run> = Vec::new();
    for run in runs {
        if !found.iter().any(|r| r.method == run.method) {
            found.push(run);
        }
    }
    found
}

fn convergence(runs: &[Run]) -> Markup {
    let slow: Vec<&Run> = fastest(runs).into_iter().filter(|r| r.by_pass.len() > 1).take(MOST).collect();
    if slow.is_empty() {
        return html! {};
    }
    let points = |r: &Run| (1..).zip(&r.by_pass).map(|(pass, v)| (f64::from(pass), *v)).collect();
    let series: Vec<Series> = slow
        .into_iter()
        .map(|r| Series { name: (r.method.clone(), r.method.clone()), points: points(r), joined: true, labels: Vec::new() })
        .collect();
    let all = || series.iter().flat_map(|s| s.points.iter());
    let x = Axis::of("passes over A", "对 A 的遍数", Count::Plain, all().map(|p| p.0));
    let y = Axis::of("relative residual", "相对残差", Count::Log, all().map(|p| p.1));
    html! { section.card aria-labelledby="h-conv" {
        h2 #h-conv { (say("Convergence", "收敛过程")) }
        p.sub { (say("The residual after each pass of a method, on the storage on which it was fastest.", "各方法每遍之后的残差，取其最快的存储形式。")) }
        (figure(&x, &y, &series, ("Residual of each method by passes", "各方法按遍数的残差")))
    } }
}

fn profile(runs: &[Run]) -> Markup {
    let mut best: BTreeMap<&str, f64> = BTreeMap::new();
    runs.iter().for_each(|r| {
        let least = best.entry(&r.operator).or_insert(f64::INFINITY);
        *least = least.min(r.seconds);
    });
    let series: Vec<Series> = fastest(runs)
        .into_iter()
        .take(MOST)
        .map(|r| {
            let m = r.method.as_str();
            let mut ratios: Vec<f64> = runs.iter().filter(|r| r.method == m).map(|r| r.seconds / best[r.operator.as_str()]).collect();
            ratios.sort_by(f64::total_cmp);
            let mut points = vec![(1.0, 0.0)];
            for (k, ratio) in ratios.iter().enumerate() {
                points.push((*ratio, k as f64 / best.len() as f64));
                points.push((*ratio, (k + 1) as f64 / best.len() as f64));
            }
            Series { name: (m.into(), m.into()), points, joined: true, labels: Vec::new() }
        })
        .collect();
    let all = || series.iter().flat_map(|s| s.points.iter());
    let x = Axis::of("times the fastest", "为最快者的倍数", Count::Log, all().map(|p| p.0));
    let y = Axis::of("share of storages", "存储形式的份额", Count::Plain, [0.0, 1.0].into_iter());
    html! { section.card aria-labelledby="h-prof" {
        h2 #h-prof { (say("Performance profile", "性能剖面")) }
        p.sub { (say("The share of storages on which a method is within so many times the fastest one (Dolan, Moré 2002).", "在多大份额的存储形式上，某方法不超过最快者的若干倍（Dolan, Moré 2002）。")) }
        (figure(&x, &y, &series, ("Performance profile by method", "各方法的性能剖面")))
    } }
}

fn accuracy(runs: &[Run]) -> Markup {
    let operators: BTreeSet<&str> = runs.iter().map(|r| r.operator.as_str()).collect();
    let series: Vec<Series> = operators
        .into_iter()
        .take(MOST)
        .map(|o| {
            let own: Vec<&Run> = runs.iter().filter(|r| r.operator == o).collect();
            let labels = own.iter().map(|r| format!("{} {}: {:.4} s, {:.1e}", r.operator, r.method, r.seconds, r.residual)).collect();
            Series { name: (o.into(), o.into()), points: own.iter().map(|r| (r.seconds, r.residual)).collect(), joined: false, labels }
        })
        .collect();
    let all = || series.iter().flat_map(|s| s.points.iter());
    let x = Axis::of("seconds, setup and solve", "秒（准备与求解）", Count::Log, all().map(|p| p.0));
    let y = Axis::of("relative residual reached", "达到的相对残差", Count::Log, all().map(|p| p.1));
    html! { section.card aria-labelledby="h-acc" {
        h2 #h-acc { (say("Time to accuracy", "达到精度的时间")) }
        p.sub { (say("Left and below is better; a point is one method on one storage.", "越靠左下越好；每点为一种方法与一种存储。")) }
        (figure(&x, &y, &series, ("Time and residual of each run", "各次运行的时间与残差")))
    } }
}

fn roofline(runs: &[Run], data: &Data) -> Markup {
    let key = |k: &str| data.number(k).unwrap_or(f64::NAN);
    let (triad, flops) = (key("triad_bytes_per_s"), 2.0 * key("entries") * key("columns"));
    let work = |r: &Run| flops * r.passes;
    let usable: Vec<&Run> = runs.iter().filter(|r| r.bytes > 0.0 && r.solve > 0.0 && r.passes > 0.0).collect();
    if usable.is_empty() || !triad.is_finite() {
        return html! {};
    }
    let points: Vec<(f64, f64)> = usable.iter().map(|r| (work(r) / r.bytes, work(r) / r.solve / 1e9)).collect();
    let labels = usable
        .iter()
        .zip(&points)
        .map(|(r, p)| format!("{} {}: {:.2} flops/byte, {:.2} Gflop/s", r.operator, r.method, p.0, p.1))
        .collect();
    let x = Axis::of("flops per byte of entries", "每字节元素的浮点运算数", Count::Log, points.iter().map(|p| p.0));
    let roof = vec![(x.ends().0, x.ends().0 * triad / 1e9), (x.ends().1, x.ends().1 * triad / 1e9)];
    let y = Axis::of("Gflop/s", "每秒十亿次浮点运算", Count::Log, points.iter().chain(&roof).map(|p| p.1));
    let series = [
        Series {
            name: ("memory bandwidth (triad)".into(), "内存带宽（triad）".into()), points: roof, joined: true, labels: Vec::new()
        },
        Series { name: ("runs".into(), "运行".into()), points, joined: false, labels },
    ];
    html! { section.card aria-labelledby="h-roof" {
        h2 #h-roof { (say("Roofline", "屋顶线模型")) }
        p.sub { (say("What the memory allows, and what each run reached; points above the line work in the caches (Williams, Waterman, Patterson 2009).", "内存所允许的与各次运行所达到的；线以上的点在缓存中运行（Williams, Waterman, Patterson 2009）。")) }
        (figure(&x, &y, &series, ("Speed of runs below the roof of memory bandwidth", "各次运行的速度与内存带宽上限")))
    } }
}
