//! Units as people write them, in English and Chinese: understood to the last sign, or refused with the rest named.
//!
//! A unit is a product of multiples (`10^4`, `million`, `亿`, `k`) and one thing measured: money, a mass (of a gas), or
//! another. `Mt CO2` is 10^6 t of CO2, `亿元` 10^8 yuan, `yuan/kt` a thousandth of a yuan per tonne. Where a word has two
//! readings (`MT`, `兆`, `¥`) both are told and none is taken. Masses: BIPM, *The International System of Units*, 9th ed.;
//! pounds and tons: NIST Special Publication 811, appendix B.8.

use std::fmt;

use crate::error::{Error, Result};

mod gas;
mod scale;
mod words;

pub use gas::{Gas, Gwp};
pub use scale::Scale;
use words::{LONG_TON, POUND, SHORT_TON, Word, normal, words};

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Money, by the name of the currency: `yuan`, `EUR`.
    Money(&'static str),
    /// A mass in tonnes, of a gas where one is named.
    Mass(Option<Gas>),
    /// Anything else: the symbol counted in, and what kind of thing that is.
    Other(&'static str, &'static str),
    /// Nothing but a number.
    Number,
}

/// The prices that money is counted in, as far as they are stated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prices {
    /// Whose prices.
    pub year: Option<u16>,
    /// Whether they are the same for all years.
    pub constant: Option<bool>,
}

/// A unit that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// How many of the basic unit: of the currency, or tonnes.
    pub scale: Scale,
    /// What is measured.
    pub of: Of,
    /// The prices, for money.
    pub prices: Prices,
    /// What must be said of the reading.
    pub notes: Vec<String>,
}

/// Money for a mass, such as `yuan/t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// The money.
    pub money: Unit,
    /// The mass that it is paid for.
    pub mass: Unit,
}

/// A text that is no unit of the kind that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The text.
    pub text: String,
    /// What is wrong, the rest named.
    pub why: String,
}

/// Units to offer where one is refused.
pub const MONEY: &str = "10^4 yuan, 万元, 10^8 yuan, 亿元, million EUR, M.EUR, billion USD";
/// As [`MONEY`], for masses.
pub const MASS: &str = "kg, t, kt, Gg, Mt, Gt, 10^4 t, 吨, 万吨, short ton, long ton, each also of CO2, CO2e, C, CH4 ...";

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "the unit \"{}\" is not understood: {}", self.text, self.why)
    }
}

impl Unread {
    /// The error at a place in a file.
    pub fn at(&self, place: impl fmt::Display, help: impl fmt::Display) -> Error {
        Error::format(place, self, help)
    }

    /// The error where no file is to blame.
    pub fn alone(&self, help: impl fmt::Display) -> Error {
        Error::invalid(self, help)
    }
}

/// What a reader of units gives.
pub type Read<T> = std::result::Result<T, Unread>;

impl Unit {
    /// Reads any unit but a rate.
    ///
    /// # Errors
    /// With what is left over, or both readings of a word that has two.
    pub fn read(text: &str) -> Read<Unit> {
        let plain = normal(text);
        let yearly = ["/yr", "/year", "/a", "/ yr", "/ year", "per year", "per yr", "per annum", "/年", "每年"];
        let body = yearly.iter().find_map(|y| plain.strip_suffix(y)).unwrap_or(&plain);
        // one unit in two languages: the brackets hold the same once more
        if let Some((before, inside)) = body.strip_suffix(')').and_then(|b| b.split_once('('))
            && let (Ok(a), Ok(b)) = (Unit::whole(text, before), Unit::whole(text, inside))
            && a.of != Of::Number
            && b.of != Of::Number
        {
            // or nothing but the currency
            let currency = b.scale == Scale::ONE && b.currency().is_some() && a.of == b.of;
            return if a.same(&b) || currency {
                Ok(a)
            } else {
                Err(Unread { text: text.trim().into(), why: format!("\"{}\" and \"{}\" are two units", before.trim(), inside.trim()) })
            };
        }
        Unit::whole(text, body)
    }

    /// Reads all of `body`, which is `text` in its normal form.
    fn whole(text: &str, body: &str) -> Read<Unit> {
        let refuse = |why: String| Err(Unread { text: text.trim().into(), why });
        let found = match words(body) {
            Ok(found) if found.is_empty() => return refuse("it is empty".into()),
            Ok(found) => found,
            Err(at) if at == 0 => return refuse(format!("\"{}\" is no unit", body.trim())),
            Err(at) => return refuse(format!("the rest \"{}\" has no meaning here", body[at..].trim())),
        };
        let mut unit = Unit { scale: Scale::ONE, of: Of::Number, prices: Prices::default(), notes: Vec::new() };
        let (mut gas, mut multiples, mut small, mut prefixed) = (None, Vec::new(), false, false);
        for word in found {
            let mut base = |of: Of, scale: Scale, note: &str| {
                if unit.of != Of::Number && unit.of != of {
                    return Err(format!("it names two things, {} and {}", unit.of, of));
                }
                if unit.of == of && !matches!(of, Of::Money(_)) {
                    return Err(format!("it names {of} twice"));
                }
                unit.of = of;
                unit.scale = unit.scale.times(scale).ok_or("it is too large")?;
                if !note.is_empty() {
                    unit.notes.push(format!("\"{}\": {note}", text.trim()));
                }
                Ok(())
            };
            let done = match word {
                Word::Times(scale) if multiples.contains(&scale) => Err("it may be meant once or twice: a multiple is repeated".into()),
                Word::Times(scale) => {
                    multiples.push(scale);
                    unit.scale.times(scale).map(|s| unit.scale = s).ok_or_else(|| "it is too large".into())
                }
                Word::Prefix(_) if prefixed => Err("a multiple stands before a multiple".into()),
                Word::Prefix(scale) => {
                    prefixed = true;
                    unit.scale.times(scale).map(|s| unit.scale = s).ok_or_else(|| "it is too large".into())
                }
                Word::Mass(scale, note) => base(Of::Mass(None), scale, note),
                Word::Money(name, note) => base(Of::Money(name), Scale::ONE, note),
                Word::Other(name, kind, scale) => base(Of::Other(name, kind), scale, ""),
                Word::Gas(found) if gas.is_some_and(|g| g != found) => Err("it names two gases".into()),
                Word::Gas(found) => {
                    gas = Some(found);
                    Ok(())
                }
                Word::Year(year) if unit.prices.year.is_some_and(|y| y != year) => Err("it names two years".into()),
                Word::Year(year) => {
                    unit.prices.year = Some(year);
                    Ok(())
                }
                Word::Constant | Word::Current if unit.prices.constant == Some(word == Word::Current) => {
                    Err("prices are constant or current, not both".into())
                }
                Word::Constant | Word::Current => {
                    unit.prices.constant = Some(word == Word::Constant);
                    Ok(())
                }
                Word::Small if small => Err("m stands there twice".into()),
                Word::Small => {
                    small = true;
                    unit.scale.times(Scale::ten(6)).map(|s| unit.scale = s).ok_or_else(|| "it is too large".into())
                }
                Word::Nothing => Ok(()),
                Word::Either(readings) => Err(format!("it may be {readings}; write the one that is meant")),
            };
            if let Err(why) = done {
                return refuse(why);
            }
        }
        match (unit.of, gas) {
            (Of::Mass(_), _) => unit.of = Of::Mass(gas),
            (_, Some(gas)) => return refuse(format!("{} stands there without a mass", gas.name())),
            _ => {}
        }
        if unit.prices != Prices::default() && !matches!(unit.of, Of::Money(_) | Of::Number) {
            return refuse(format!("prices belong to money, not to {}", unit.of));
        }
        if small && !matches!(unit.of, Of::Money(_)) {
            return refuse("m may be milli or million; write the one that is meant".into());
        }
        if !(1e-18..=1e24).contains(&unit.scale.value()) {
            return refuse("it is beyond all units".into());
        }
        Ok(unit)
    }

    /// Reads money.
    ///
    /// # Errors
    /// As [`Unit::read`], and for anything that is no money.
    pub fn money(text: &str) -> Read<Unit> {
        Unit::read(text).and_then(|unit| match unit.of {
            Of::Money(_) => Ok(unit),
            of => Err(Unread { text: text.trim().into(), why: format!("it is {of}, and money is due") }),
        })
    }

    /// Reads money, or a multiple that does not say of which money: that of `currency`, and the assumption told in the notes.
    ///
    /// # Errors
    /// As [`Unit::read`], and for anything that is no money.
    pub fn money_or(text: &str, currency: &'static str) -> Read<Unit> {
        match Unit::read(text)? {
            unit if unit.of == Of::Number && unit.scale != Scale::ONE => {
                let note = format!("\"{}\" names no currency: it is taken as {currency}", text.trim());
                Ok(Unit { of: Of::Money(currency), notes: vec![note], ..unit })
            }
            _ => Unit::money(text),
        }
    }

    /// Reads a mass.
    ///
    /// # Errors
    /// As [`Unit::read`], and for anything that is no mass.
    pub fn mass(text: &str) -> Read<Unit> {
        Unit::read(text).and_then(|unit| match unit.of {
            Of::Mass(_) => Ok(unit),
            of => Err(Unread { text: text.trim().into(), why: format!("it is {of}, and a mass is due") }),
        })
    }

    /// Reads a number of persons: `10^4`, `万人`, `1000 p`.
    ///
    /// # Errors
    /// As [`Unit::read`], and for anything that is no number of persons.
    pub fn persons(text: &str) -> Read<Unit> {
        Unit::read(text).and_then(|unit| match unit.of {
            Of::Other("persons", _) | Of::Number if unit.prices == Prices::default() => Ok(unit),
            of => Err(Unread { text: text.trim().into(), why: format!("it is {of}, and a number of persons is due") }),
        })
    }

    /// The gas that a text names and nothing else.
    pub fn gas(text: &str) -> Option<Gas> {
        match words(&normal(text)).ok()?.as_slice() {
            [Word::Gas(gas)] => Some(*gas),
            _ => None,
        }
    }

    /// Whether both are the same unit; a gas or a price year that only one of them names makes no difference.
    pub fn same(&self, other: &Unit) -> bool {
        let of = match (self.of, other.of) {
            (Of::Mass(Some(a)), Of::Mass(Some(b))) => a == b,
            (Of::Mass(_), Of::Mass(_)) => true,
            (a, b) => a == b,
        };
        of && self.scale == other.scale && self.prices.meets(other.prices)
    }

    /// The currency, for money.
    pub fn currency(&self) -> Option<&'static str> {
        if let Of::Money(name) = self.of { Some(name) } else { None }
    }
}

impl Prices {
    /// Whether both may be the same prices.
    pub fn meets(self, other: Self) -> bool {
        let year = self.year.zip(other.year).is_none_or(|(a, b)| a == b);
        year && self.constant.zip(other.constant).is_none_or(|(a, b)| a == b)
    }
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
}

/// What a file and an option say of one unit.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    /// Whose unit, for messages: `emissions`.
    pub what: &'a str,
    /// What the file says, where it does.
    pub file: Option<&'a str>,
    /// What the option says.
    pub option: Option<&'a str>,
    /// The option.
    pub flag: &'static str,
    /// Whether the option may take the place of what the file says (`--override-unit`).
    pub replace: bool,
}

impl Stated<'_> {
    /// The one unit of both, empty where neither says one, and a remark where the option took the place of the file's.
    ///
    /// # Errors
    /// Naming both, when the option contradicts the file and may not, or when it is no unit.
    pub fn agreed(self) -> Result<(String, Option<String>)> {
        let file = self.file.map(str::trim).filter(|f| !f.is_empty());
        let Some(option) = self.option else { return Ok((file.unwrap_or_default().to_string(), None)) };
        let asked = Unit::read(option).map_err(|e| e.alone(format!("pass {} with one of: {MASS}; {MONEY}", self.flag)))?;
        let Some(file) = file else { return Ok((option.to_string(), None)) };
        match Unit::read(file) {
            // the option may add the gas
            Ok(said) if said.same(&asked) => {
                let adds = matches!((said.of, asked.of), (Of::Mass(None), Of::Mass(Some(_))));
                Ok((if adds { option } else { file }.to_string(), None))
            }
            _ if self.replace => {
                let note =
                    format!("{}: \"{file}\" as the file says is replaced by {} \"{option}\" (--override-unit)", self.what, self.flag);
                Ok((option.to_string(), Some(note)))
            }
            _ => Err(Error::invalid(
                format!("the unit of {}: the file says \"{file}\", {} says \"{option}\"", self.what, self.flag),
                format!(
                    "leave {} out, or add --override-unit if the file is wrong: its numbers are then taken to be in {option}",
                    self.flag
                ),
            )),
        }
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
    // a number before it would be lost: 104 yuan is no unit
    let number = word.starts_with(|c: char| c.is_ascii_digit()) && !(word.len() == 4 && word.starts_with(['1', '2']));
    let why = || format!("the number {word} before \"{}\" has no meaning here", &plain[cuts[k]..]);
    let found = if number { Err(Unread { text: plain.clone(), why: why() }) } else { Ok(found) };
    Some((plain[..cuts[k] - 1].to_string(), found))
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Of::Money(name) => write!(f, "money ({name})"),
            Of::Mass(_) => write!(f, "a mass"),
            Of::Other(name, kind) => write!(f, "{kind} ({name})"),
            Of::Number => write!(f, "a number without a unit"),
        }
    }
}

/// `10^8 yuan`, `Mt CO2`: reads back as the same unit.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let times = |scale: Scale, of: &str| match scale.exponent() {
            Some(0) => Some(of.to_string()),
            Some(e) => Some(format!("10^{e} {of}")),
            None => None,
        };
        let text = match self.of {
            Of::Money(name) => times(self.scale, name),
            Of::Other(name, _) => times(self.scale, name),
            Of::Number => times(self.scale, "").map(|t| if t.is_empty() { "1".into() } else { t.trim().to_string() }),
            Of::Mass(_) => {
                let symbols = [(-6, "g"), (-3, "kg"), (0, "t"), (3, "kt"), (6, "Mt"), (9, "Gt")];
                let symbol = symbols.iter().find(|(e, _)| Scale::ten(*e) == self.scale).map(|(_, s)| (*s).to_string());
                symbol.or_else(|| times(self.scale, "t")).or_else(|| {
                    let tons = [(SHORT_TON, "short ton"), (LONG_TON, "long ton"), (POUND, "lb")];
                    tons.iter().find_map(|(scale, name)| times(self.scale.over(*scale)?, name))
                })
            }
        };
        write!(f, "{}", text.unwrap_or_else(|| format!("{:e} of {}", self.scale.value(), self.of)))?;
        if let Of::Mass(Some(gas)) = self.of {
            write!(f, " {}", gas.name())?;
        }
        let constant = self.prices.constant.map(|c| if c { "constant" } else { "current" });
        let year = self.prices.year.map(|y| y.to_string());
        let stated: Vec<&str> = constant.into_iter().chain(year.as_deref()).collect();
        if stated.is_empty() { Ok(()) } else { write!(f, " ({} prices)", stated.join(" ")) }
    }
}
