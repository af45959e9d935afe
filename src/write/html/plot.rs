//! Two axes with numbers, points and lines, as SVG by hand: what every figure with axes is drawn on.

use maud::{Markup, html};

use crate::write::words::say;

pub(super) const WIDTH: f64 = 640.0;
pub(super) const HEIGHT: f64 = 340.0;
pub(super) const LEFT: f64 = 64.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 48.0;

/// How an axis counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Count {
    /// By differences.
    Plain,
    /// By powers of ten.
    Log,
}

/// One axis: both names, how it counts, its ends.
pub(super) struct Axis {
    en: String,
    zh: String,
    count: Count,
    low: f64,
    high: f64,
}

impl Axis {
    /// An axis that holds all numbers.
    pub(super) fn of(en: &str, zh: &str, count: Count, numbers: impl Iterator<Item = f64>) -> Self {
        let usable = |v: &f64| v.is_finite() && (count == Count::Plain || *v > 0.0);
        let (mut low, mut high) = numbers.filter(usable).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if low > high {
            (low, high) = (1.0, 10.0);
        }
        match count {
            Count::Plain => {
                let step = step(high.max(0.0) - low.min(0.0));
                low = (low.min(0.0) / step).floor() * step;
                high = ((high / step).ceil() * step).max(low + step);
            }
            Count::Log => {
                low = 10f64.powf(low.log10().floor());
                high = 10f64.powf(high.log10().ceil()).max(10.0 * low);
            }
        }
        Axis { en: en.into(), zh: zh.into(), count, low, high }
    }

    /// The lowest and the highest number that it holds.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// From 0 at the low end to 1 at the high one.
    fn part(&self, v: f64) -> f64 {
        match self.count {
            Count::Plain => (v - self.low) / (self.high - self.low),
            Count::Log => (v.max(self.low).log10() - self.low.log10()) / (self.high.log10() - self.low.log10()),
        }
    }

    fn ticks(&self) -> Vec<f64> {
        match self.count {
            Count::Plain => {
                let step = step(self.high - self.low);
                (0..=((self.high - self.low) / step).round() as usize).map(|k| self.low + k as f64 * step).collect()
            }
            Count::Log => {
                let (from, to) = (self.low.log10().round() as i32, self.high.log10().round() as i32);
                let every = ((to - from) / 7 + 1) as usize;
                (from..=to).step_by(every).map(|e| 10f64.powi(e)).collect()
            }
        }
    }

    fn said(&self, v: f64) -> String {
        if self.count == Count::Log || (v != 0.0 && !(1e-3..1e5).contains(&v.abs())) {
            format!("{v:.0e}")
        } else {
            format!("{}", (v * 1e6).round() / 1e6)
        }
    }
}

/// A step of 1, 2 or 5 times a power of ten that goes about five times into a span.
fn step(span: f64) -> f64 {
    let rough = span.max(f64::MIN_POSITIVE) / 5.0;
    let ten = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * ten).find(|s| *s >= rough * 0.999).unwrap_or(10.0 * ten)
}

/// A name of a line or point: both languages.
pub(super) type Named = (String, String);

/// What is drawn: points with their numbers, joined or not; of a class of its own.
pub(super) struct Series {
    /// Both names.
    pub name: Named,
    /// Places.
    pub points: Vec<(f64, f64)>,
    /// Whether they are joined.
    pub joined: bool,
    /// What each point is, where it has a name of its own.
    pub labels: Vec<String>,
}

/// The view box of a figure of this height.
pub(super) fn size(height: f64) -> String {
    format!("0 0 {WIDTH} {height}")
}

/// The figure: axes, series in classes `k0` to `k7`, and a key where there are several.
pub(super) fn figure(x: &Axis, y: &Axis, series: &[Series], about: (&str, &str)) -> Markup {
    let (across, up) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let place = |(a, b): (f64, f64)| (LEFT + across * x.part(a), TOP + up * (1.0 - y.part(b)));
    let usable = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
    let path = |s: &Series| {
        let points: Vec<String> = s.points.iter().filter(|p| usable(p)).map(|p| place(*p)).map(|(a, b)| format!("{a:.1} {b:.1}")).collect();
        format!("M{}", points.join("L"))
    };
    html! {
        svg.plot viewBox=(size(HEIGHT)) role="img" aria-label=(about.0) data-zh-label=(about.1) {
            @for t in y.ticks() { @let h = place((x.low, t)).1; line.grid x1=(LEFT) y1=(format!("{h:.1}")) x2=(WIDTH - RIGHT) y2=(format!("{h:.1}")) {} text.end x=(LEFT - 7.0) y=(format!("{:.1}", h + 4.0)) { (y.said(t)) } }
            @for t in x.ticks() { @let w = place((t, y.low)).0; line.grid x1=(format!("{w:.1}")) y1=(TOP) x2=(format!("{w:.1}")) y2=(HEIGHT - BOTTOM) {} text.mid x=(format!("{w:.1}")) y=(HEIGHT - BOTTOM + 17.0) { (x.said(t)) } }
            text.mid x=(LEFT + across / 2.0) y=(HEIGHT - 10.0) { tspan.en { (x.en) } tspan.zh { (x.zh) } }
            text.mid transform=(format!("translate(14 {}) rotate(-90)", TOP + up / 2.0)) { tspan.en { (y.en) } tspan.zh { (y.zh) } }
            @for (k, s) in series.iter().enumerate() {
                @if s.joined { path class=(format!("pl k{}", k % 8)) d=(path(s)) {} }
                @else { @for (at, p) in s.points.iter().enumerate().filter(|(_, p)| usable(p)) {
                    @let (a, b) = place(*p);
                    circle class=(format!("pt k{}", k % 8)) cx=(format!("{a:.1}")) cy=(format!("{b:.1}")) r="4.5" { @if let Some(label) = s.labels.get(at) { title { (label) } } }
                } }
            }
        }
        @if series.len() > 1 { ul.key { @for (k, s) in series.iter().enumerate() { li { i class=(format!("k{}", k % 8)) {} (say(&s.name.0, &s.name.1)) } } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_numbers_and_its_ticks_are_round() {
        let plain = Axis::of("", "", Count::Plain, [3.0, 47.0].into_iter());
        assert_eq!((plain.low, plain.high, plain.ticks().len()), (0.0, 50.0, 6));
        let log = Axis::of("", "", Count::Log, [0.03, 400.0].into_iter());
        assert_eq!((log.said(log.low), log.said(log.high)), ("1e-2".into(), "1e3".into()));
        assert!((log.part(log.high) - 1.0).abs() < 1e-12 && log.part(log.low) == 0.0);
    }
}
