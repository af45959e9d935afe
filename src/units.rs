//! Units as people write them, in English and Chinese: understood to the last sign, or refused with the rest named.
//!
//! A unit is a product of multiples (`10^4`, `million`, `亿`, `k`) and one thing measured: money, a mass (of a gas), or
//! another. `Mt CO2` is 10^6 t of CO2, `亿元` 10^8 yuan, `yuan/kt` a thousandth of a yuan per tonne. Where a word has two
//! readings (`MT`, `兆`, `¥`) both are told and none is taken. Masses: BIPM, *The International System of Units*, 9th ed.;
//! pounds and tons: NIST Special Publication 811, appendix B.8.

use std::fmt;

use crate::error::Error;

mod gas;
mod rate;
mod scale;
mod stated;
mod words;

pub use gas::{Gas, Gwp};
pub use rate::{Rate, in_heading};
pub use scale::Scale;
pub use stated::Stated;
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
            Err(0) => return refuse(format!("\"{}\" is no unit", body.trim())),
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
