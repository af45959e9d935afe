//! Choices by name: an enum's list of all choices, the name of each in options and output, and how a name is read.

/// Gives an enum `ALL`, `name` and `FromStr`: the type, what it is a choice of, and its
/// variants with their names.
macro_rules! named {
    ($type:ident, $kind:literal, $($variant:ident => $name:literal),+ $(,)?) => {
        // as far as the type is seen, so are its choices
        #[allow(unreachable_pub)]
        impl $type {
            /// Every choice, in the order of printing.
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$variant),+];

            /// Its name in options and output.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::error::Error;

            fn from_str(name: &str) -> $crate::error::Result<Self> {
                let known = $type::ALL.map($type::name);
                $type::ALL.into_iter().find(|v| v.name() == name).ok_or_else(|| $crate::error::Error::unknown($kind, name, &known))
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Fruit {
        Apple,
        Pear,
    }

    named!(Fruit, "fruit", Apple => "apple", Pear => "pear");

    #[test]
    fn a_choice_is_read_by_its_name_and_a_near_one_is_proposed() {
        assert_eq!(Fruit::ALL, [Fruit::Apple, Fruit::Pear]);
        assert!(Fruit::ALL.into_iter().all(|f| f.name().parse::<Fruit>().unwrap() == f));
        let error = "pears".parse::<Fruit>().unwrap_err();
        assert!(error.to_string().contains("fruit") && error.help().unwrap().contains("\"pear\""), "{error}");
    }
}
