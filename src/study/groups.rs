//! Groups of options: one list of fields gives the group, its place in a study, and its keys in a study file.

use std::path::PathBuf;

use serde::Deserialize;

macro_rules! options {
    ($($(#[$about:meta])* $group:ident $part:ident $table:literal { $($(#[$meta:meta])* $field:ident : $type:ty),+ $(,)? })+) => {
        $($(#[$about])*
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "cli", derive(clap::Args))]
        #[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
        pub struct $group { $($(#[$meta])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>),+ }

        impl $group {
            /// These options, and `other` wherever they say nothing.
            fn or(self, other: Self) -> Self {
                $group { $($field: self.$field.or(other.$field)),+ }
            }
        })+

        /// Every choice of a study, by group. A command takes the groups that it uses.
        #[derive(Debug, Clone, Default)]
        #[cfg_attr(feature = "cli", derive(clap::Args))]
        pub struct Study {
            /// What is to be found out.
            #[cfg_attr(feature = "cli", arg(skip))]
            pub analysis: Analysis,
            /// A table in memory, in place of one that is named.
            #[cfg_attr(feature = "cli", arg(skip))]
            pub given: Option<Arc<Table>>,
            $($(#[$about])* #[cfg_attr(feature = "cli", command(flatten))] pub $part: $group),+
        }

        /// The table of a study file that a key belongs to, and its group.
        pub(super) const KEYS: &[(&str, &str, &str)] = &[$($((stringify!($field), $table, stringify!($part))),+),+];

        impl Study {
            /// This study, and `other` wherever it says nothing.
            pub fn or(self, other: Study) -> Study {
                Study { analysis: self.analysis, given: self.given.or(other.given), $($part: self.$part.or(other.$part)),+ }
            }

            /// The options as keys and values, in the order of the groups.
            pub(super) fn values(&self) -> serde_json::Map<String, serde_json::Value> {
                let mut all = serde_json::Map::new();
                $(if let serde_json::Value::Object(own) = serde_json::to_value(&self.$part).expect("options are plain data") {
                    all.extend(own);
                })+
                all
            }

            /// The options from the values of each group.
            pub(super) fn from_groups(mut groups: std::collections::BTreeMap<&'static str, toml::Table>) -> std::result::Result<Self, toml::de::Error> {
                Ok(Study {
                    $($part: groups.remove(stringify!($part)).unwrap_or_default().try_into()?,)+
                    ..Study::default()
                })
            }
        }

        $(impl From<$group> for Study {
            fn from($part: $group) -> Study {
                Study { $part, ..Study::default() }
            }
        })+
    };
}

pub(super) use options;

/// A list in a study file, where a single name may stand alone.
pub(super) fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<PathBuf>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(PathBuf),
        Many(Vec<PathBuf>),
    }
    Ok(Some(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(path) => vec![path],
        OneOrMany::Many(paths) => paths,
    }))
}
