//! Steps of colour for light and dark pages: nine from little to much, seven from one side to the other, each with the ink that
//! can be read on it (contrast 4.5 or more, WCAG 2.1, 1.4.3).

/// Little to much, on a light page; lightness falls.
pub(super) const LIGHT: [&str; 9] = ["f2f6fa", "dce8f3", "c2d8ea", "a3c6df", "7fb0d3", "5696c3", "2f77a8", "1b5a8a", "0c406b"];
/// Little to much, on a dark page; lightness rises.
const DARK: [&str; 9] = ["1b2631", "203443", "254559", "2b5873", "346d8e", "4a8cb4", "68a8ce", "8dc3e3", "bcdff1"];
/// Negative to positive, on a light page.
pub(super) const LIGHT_ENDS: [&str; 7] = ["1f669e", "75aad2", "c0d9ec", "f3f1ed", "f6d5ad", "e3a055", "a5560c"];
/// Negative to positive, on a dark page.
const DARK_ENDS: [&str; 7] = ["6ab3e2", "3a749e", "27495f", "232c36", "543c22", "935d27", "e8a155"];
/// Names of the steps from negative to positive.
pub(super) const NAMES: [&str; 7] = ["n3", "n2", "n1", "z0", "p1", "p2", "p3"];
/// Colours of lines, points and terms on a light page, as in the style (`k0` to `k7`).
pub(super) const ENDS: [&str; 8] = ["0f4c76", "bd6510", "2e7d32", "8e44ad", "b71c1c", "00838f", "6d4c41", "5d6d7e"];
/// Inks.
const INKS: [&str; 2] = ["10151b", "ffffff"];

/// Relative luminance of a colour.
fn luminance(hex: &str) -> f64 {
    let part = |k: usize| {
        let v = f64::from(u8::from_str_radix(&hex[k..k + 2], 16).expect("six hexadecimal digits")) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

/// The ink that is read best on a colour.
pub(super) fn ink(colour: &str) -> &'static str {
    if contrast(colour, INKS[0]) >= contrast(colour, INKS[1]) { INKS[0] } else { INKS[1] }
}

/// The variables of one theme.
fn theme(steps: &[&str; 9], ends: &[&str; 7]) -> String {
    let names: Vec<String> = (0..9).map(|k| format!("q{k}")).chain(NAMES.map(String::from)).collect();
    names.iter().zip(steps.iter().chain(ends)).map(|(name, c)| format!("--{name}:#{c};--{name}t:#{};", ink(c))).collect()
}

/// The style of the steps: variables of both themes, and a class for each step.
pub(super) fn style() -> String {
    let (light, dark) = (theme(&LIGHT, &LIGHT_ENDS), theme(&DARK, &DARK_ENDS));
    let names = (0..9).map(|k| format!("q{k}")).chain(NAMES.map(String::from));
    let classes: String = names.map(|n| format!(".{n}{{--c:var(--{n});--t:var(--{n}t)}}")).collect();
    format!(
        ":root{{{light}}}@media (prefers-color-scheme:dark){{html:not(:has(#theme-light:checked)){{{dark}}}}}\
         html:has(#theme-dark:checked){{{dark}}}{classes}"
    )
}

/// The step of a value between 0 and `most`: by its square root, so that small ones differ.
pub(super) fn step(v: f64, most: f64) -> String {
    let part = if most > 0.0 && v.is_finite() { (v.max(0.0) / most).min(1.0).sqrt() } else { 0.0 };
    format!("q{}", (part * 8.999) as usize)
}

/// The step of a value between `-most` and `most`.
pub(super) fn side(v: f64, most: f64) -> &'static str {
    let part = if most > 0.0 && v.is_finite() { (v / most).clamp(-1.0, 1.0) } else { 0.0 };
    let size = part.abs();
    let k = if size < 0.02 {
        0
    } else if size < 0.2 {
        1
    } else if size < 0.5 {
        2
    } else {
        3
    };
    NAMES[if part < 0.0 { 3 - k } else { 3 + k }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_can_be_read_on_every_step() {
        for c in LIGHT.iter().chain(&DARK).chain(&LIGHT_ENDS).chain(&DARK_ENDS) {
            assert!(contrast(c, ink(c)) >= 4.5, "{c}: {}", contrast(c, ink(c)));
        }
    }

    #[test]
    fn lightness_falls_on_light_pages_and_rises_on_dark_ones() {
        assert!(LIGHT.windows(2).all(|w| luminance(w[0]) > luminance(w[1])));
        assert!(DARK.windows(2).all(|w| luminance(w[0]) < luminance(w[1])));
    }

    #[test]
    fn steps_reach_both_ends() {
        assert_eq!([step(0.0, 4.0), step(4.0, 4.0), step(f64::NAN, 4.0)], ["q0", "q8", "q0"]);
        assert_eq!([side(-4.0, 4.0), side(0.0, 4.0), side(4.0, 4.0)], ["n3", "z0", "p3"]);
    }
}
