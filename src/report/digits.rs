//! How many digits people see.

/// As many decimals as the largest number needs for six digits.
pub(crate) fn decimals(numbers: impl Iterator<Item = f64>) -> usize {
    let most = numbers.filter(|v| v.is_finite()).fold(0.0, |a: f64, v| a.max(v.abs()));
    if most == 0.0 { 2 } else { (4.0 - most.log10().floor()).clamp(0.0, 12.0) as usize }
}

/// Numbers from here on are written with an exponent: all their digits say no more than the first ones.
const LONG: f64 = 1e16;

/// A number with `decimals` decimals; a zero has no sign.
pub(crate) fn fixed(v: f64, decimals: usize) -> String {
    if v.is_finite() && v.abs() >= LONG {
        return format!("{v:.5e}");
    }
    let text = format!("{v:.decimals$}");
    // a negative zero says nothing
    if text.trim_start_matches('-').chars().all(|c| c == '0' || c == '.') { text.trim_start_matches('-').to_string() } else { text }
}
