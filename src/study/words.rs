//! Choices that users name on the command line: each option lists its own values in help and in errors.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::de::value::Error as Unparsed;
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use crate::operator::Storage;
use crate::solve::Method;

/// A word of the list of a type, in the spelling of the study file.
pub(crate) fn word<T: DeserializeOwned + Clone + Send + Sync + 'static>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(variants::<T>()).try_map(|text| parse(&text))
}

/// A word of a list by itself.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let deserializer: serde::de::value::StrDeserializer<Unparsed> = text.into_deserializer();
    T::deserialize(deserializer).map_err(|e| e.to_string())
}

/// A method by name, or `auto`.
pub(super) fn method() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Method::ALL.iter().map(|m| m.name())))
}

/// A form of storage by name, or `auto`.
pub(super) fn storage() -> PossibleValuesParser {
    PossibleValuesParser::new(std::iter::once("auto").chain(Storage::ALL.iter().map(|s| s.name())))
}

/// The names of the variants of an enum, as its own deserializer tells them.
fn variants<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    let _ = T::deserialize(Variants(&mut found));
    found
}

/// A source of nothing, which is asked which variants there are.
struct Variants<'v>(&'v mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Variants<'_> {
    type Error = Unparsed;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unparsed> {
        Err(Unparsed::custom("no enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, variants: &'static [&'static str], _: V) -> Result<V::Value, Unparsed> {
        *self.0 = variants;
        Err(Unparsed::custom("asked for its variants alone"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compensation::PriceRule;
    use crate::labels::Language;

    #[test]
    fn a_type_names_its_own_words() {
        let names: Vec<&str> = PriceRule::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(variants::<PriceRule>(), names);
        assert_eq!(variants::<Language>().len(), 3);
        assert!(variants::<f64>().is_empty());
    }
}
