//! Money for a mass (`yuan/t`, `元/吨`, `USD_per_t`), and units at the end of headings.

use crate::bounded::{Bounded, gamma, up};

use super::{Of, Prices, Read, Scale, Unit, Unread};

/// Money for a mass, such as `yuan/t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// The money.
    pub money: Unit,
    /// The mass that it is paid for.
    pub mass: Unit,
}

impl Rate {
    /// Reads money per mass: `yuan/t`, `元/吨`, `10^4 yuan per kt CO2`, `USD_per_t`.
    ///
    /// # Errors
    /// When either side is not what it must be, or there is no second side.
    pub fn read(text: &str) -> Read<Rate> {
        let plain = text.replace('_', " ").replace(['（', '［', '['], "(").replace(['）', '］', ']'], ")");
        // prices may be stated behind the mass
        if let Some((before, inside)) = plain.trim().strip_suffix(')').and_then(|p| p.rsplit_once('('))
            && let Ok(Unit { of: Of::Number, scale: Scale::ONE, prices, .. }) = Unit::read(inside)
        {
            let mut rate = Rate::read(before)?;
            if rate.money.prices != Prices::default() && rate.money.prices != prices {
                return Err(Unread { text: text.trim().into(), why: "it states two kinds of prices".into() });
            }
            rate.money.prices = prices;
            return Ok(rate);
        }
        let low = plain.to_lowercase();
        let at = |word: &str| (low.len() == plain.len()).then(|| low.find(word)).flatten().map(|p| (p, p + word.len()));
        let Some((end, start)) = at(" per ").or_else(|| at("/")).or_else(|| at("／")).or_else(|| at("每")) else {
            return Err(Unread {
                text: text.trim().into(),
                why: "it does not say what the money is paid for: money per mass is due".into(),
            });
        };
        let in_all = |e: Unread| Unread { text: text.trim().into(), why: format!("\"{}\": {}", e.text, e.why) };
        let money = Unit::money(&plain[..end]).map_err(in_all)?;
        let mass = Unit::mass(&plain[start..]).map_err(in_all)?;
        Ok(Rate { money, mass })
    }

    /// The rate at the end of a heading: in brackets, or as in `ddf_cost_yuan_per_t`.
    pub fn in_heading(heading: &str) -> Option<Read<Rate>> {
        let plain = heading.trim().replace('_', " ");
        if plain.ends_with([')', '）', ']']) {
            return in_heading(&plain, Rate::read).map(|(_, rate)| rate);
        }
        let low = plain.to_lowercase();
        let at = if low.len() == plain.len() { low.find(" per ").or_else(|| low.find('/')) } else { None }?;
        let money = match in_heading(&plain[..at], Unit::money)?.1 {
            Ok(money) => money,
            Err(e) => return Some(Err(e)),
        };
        Some(Rate::read(&format!("{money}{}", &plain[at..])))
    }

    /// The currency.
    pub fn currency(&self) -> &'static str {
        self.money.currency().unwrap_or("money")
    }

    /// A number of these as money (in its currency) per tonne.
    pub fn per_tonne(&self, number: f64) -> Option<f64> {
        self.money.scale.over(self.mass.scale).map(|scale| scale.of(number))
    }

    /// The same of a number within its bound, which the rounding of the conversion widens.
    pub fn within(&self, number: Bounded) -> Bounded {
        let (Some(value), Some(one)) = (self.per_tonne(number.value), self.per_tonne(1.0)) else {
            return Bounded::new(f64::NAN, f64::INFINITY);
        };
        if one == 1.0 {
            return number;
        }
        // a product and a quotient of numbers that are themselves rounded
        let bound = up(up(number.bound * one) * (1.0 + gamma(4.0)) + gamma(4.0) * value.abs());
        Bounded::new(value, if value == 0.0 && number.bound == 0.0 { 0.0 } else { bound })
    }
}

/// What stands before the unit of a heading, and the unit at its end: in brackets, or behind blanks or `_`; none where the heading
/// ends in no unit.
pub fn in_heading<T>(heading: &str, read: impl Fn(&str) -> Read<T>) -> Option<(String, Read<T>)> {
    let plain = heading.trim().replace(['（', '［', '['], "(").replace(['）', '］', ']'], ")");
    if let Some((before, inside)) = plain.strip_suffix(')').and_then(|p| p.rsplit_once('(')) {
        return Some((before.trim().to_string(), read(inside)));
    }
    let cuts: Vec<usize> = plain.match_indices(['_', ' ']).map(|(at, _)| at + 1).collect();
    // the longest end that is a unit: 10^4 yuan before yuan
    let (k, found) = cuts.iter().enumerate().find_map(|(k, &at)| read(&plain[at..]).ok().map(|found| (k, found)))?;
    let word = &plain[if k == 0 { 0 } else { cuts[k - 1] }..cuts[k] - 1];
    // a number before it would be lost: 104 yuan is no unit; a year and the prices of a year (2017p) are names
    let year = word.strip_suffix(['p', 'P']).unwrap_or(word);
    let number = word.starts_with(|c: char| c.is_ascii_digit()) && !(year.len() == 4 && year.starts_with(['1', '2']));
    let why = || format!("the number {word} before \"{}\" has no meaning here", &plain[cuts[k]..]);
    let found = if number { Err(Unread { text: plain.clone(), why: why() }) } else { Ok(found) };
    Some((plain[..cuts[k] - 1].to_string(), found))
}
