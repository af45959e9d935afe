//! Units of GDP and CO2 as panels write them: `10^8 yuan`, `亿元`, `100M`, `Mt`, `10kt`, `万吨`, alone or ending a heading.
//!
//! A unit is a number, a multiple and a word: `10kt` = 10 x 10^3 t, `100M` = 100 x 10^6, `10^8 yuan` = 10^8 x 1.

/// What one unit is in money units, and which money; `None` when the text is no such unit. Money that is not named is yuan.
pub(crate) fn money(text: &str) -> Option<(f64, String)> {
    let (number, rest) = number(text.trim())?;
    // a bare number is a unit only as a power of ten: 2017 is not one
    let power = number >= 1e3 && number.log10().fract() == 0.0;
    for (word, scale) in [("百亿元", 1e10), ("十亿元", 1e9), ("亿元", 1e8), ("百万元", 1e6), ("万元", 1e4), ("千元", 1e3), ("元", 1.0)]
    {
        if rest == word {
            return Some((number * scale, "yuan".into()));
        }
    }
    let (scale, word) = multiple(rest);
    let money = match word.to_lowercase().as_str() {
        "" if power || scale != 1.0 => "yuan",
        "yuan" | "cny" | "rmb" | "元" => "yuan",
        "usd" | "dollar" | "dollars" | "$" => "usd",
        "eur" | "euro" | "euros" => "eur",
        _ => return None,
    };
    Some((number * scale, money.into()))
}

/// Tonnes in one unit; `None` when the text is no such unit.
pub(crate) fn mass(text: &str) -> Option<f64> {
    let (number, rest) = number(text.trim())?;
    let rest = rest.trim_end_matches("CO2").trim_end_matches("co2").trim();
    for (word, scale) in [("亿吨", 1e8), ("百万吨", 1e6), ("万吨", 1e4), ("千吨", 1e3), ("吨", 1.0)] {
        if rest == word {
            return Some(number * scale);
        }
    }
    if let Ok(tonnes) = crate::cost::tonnes_per(rest) {
        return Some(number * tonnes);
    }
    let (scale, word) = multiple(rest);
    ["t", "tonne", "tonnes", "ton", "tons"].contains(&word.to_lowercase().as_str()).then_some(number * scale)
}

/// The unit at the end of a heading: in brackets, or after the last `_`.
pub(crate) fn of_heading<T>(heading: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let inside = heading.trim_end().trim_end_matches([')', '）', ']']);
    if inside.len() < heading.trim_end().len()
        && let Some((_, unit)) = inside.rsplit_once(['(', '（', '['])
    {
        return read(unit);
    }
    let (before, last) = heading.rsplit_once(['_', ' '])?;
    let pair = before.rsplit_once(['_', ' ']).map(|(_, first)| format!("{first} {last}"));
    pair.and_then(|p| read(&p)).or_else(|| read(last))
}

/// A leading number, `1` where there is none: `100`, `1e8`, `10^8`.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = |t: &str, also: &[char]| t.find(|c: char| !c.is_ascii_digit() && !also.contains(&c)).unwrap_or(t.len());
    let at = end(text, &['.']);
    if at == 0 {
        return Some((1.0, text));
    }
    let (head, rest) = text.split_at(at);
    let base: f64 = head.parse().ok()?;
    if let Some(power) = rest.strip_prefix('^').or_else(|| rest.strip_prefix('e')).filter(|p| p.starts_with(|c: char| c.is_ascii_digit())) {
        let at = end(power, &[]);
        let exponent: i32 = power[..at].parse().ok().filter(|e| *e <= 30)?;
        let value = if rest.starts_with('^') { base.powi(exponent) } else { format!("{base}e{exponent}").parse().ok()? };
        return Some((value, power[at..].trim()));
    }
    Some((base, rest.trim()))
}

/// `million`, `M`, `k` ... before a word.
fn multiple(text: &str) -> (f64, &str) {
    let words = [("thousand", 1e3), ("million", 1e6), ("billion", 1e9), ("trillion", 1e12), ("mn", 1e6), ("bn", 1e9)];
    let letters = [("k", 1e3), ("K", 1e3), ("M", 1e6), ("G", 1e9)];
    for (word, scale) in words.into_iter().chain(letters) {
        let known = |rest: &str| {
            rest.is_empty() || rest.starts_with(' ') || ["t", "yuan", "cny", "rmb", "usd", "eur"].contains(&rest.to_lowercase().as_str())
        };
        if let Some(rest) = text.strip_prefix(word).filter(|rest| known(rest)) {
            return (scale, rest.trim());
        }
    }
    (1.0, text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_money_and_mass_are_read_as_they_are_written() {
        for (text, scale) in
            [("10^8 yuan", 1e8), ("1e8 yuan", 1e8), ("100M", 1e8), ("亿元", 1e8), ("万元", 1e4), ("million yuan", 1e6), ("yuan", 1.0)]
        {
            assert_eq!(money(text), Some((scale, "yuan".to_string())), "{text}");
        }
        assert_eq!(money("million USD"), Some((1e6, "usd".into())));
        for text in ["current", "real", "", "gdp", "10^8 apples", "2017"] {
            assert_eq!(money(text), None, "{text}");
        }
        for (text, scale) in [("Mt", 1e6), ("10kt", 1e4), ("万吨", 1e4), ("million tonnes", 1e6), ("t", 1.0), ("Gg", 1e3), ("Mt CO2", 1e6)]
        {
            assert_eq!(mass(text), Some(scale), "{text}");
        }
        assert_eq!(mass("sectoral"), None);
        assert_eq!(of_heading("gdp_current_100M", money), Some((1e8, "yuan".into())));
        assert_eq!(of_heading("地区生产总值（亿元）", money), Some((1e8, "yuan".into())));
        assert_eq!(of_heading("gdp_million_usd", money), Some((1e6, "usd".into())));
        assert_eq!(of_heading("co2_sectoral_Mt", mass), Some(1e6));
        assert_eq!(of_heading("gdp", money), None);
    }
}
