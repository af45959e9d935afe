//! What the choices of a study mean: method, storage, tolerances, rules; and how a result echoes them.

use std::time::Duration;

use super::options::KEYS;
use super::{Analysis, Study};
use crate::compensation::Pricing;
use crate::error::{Error, Result};
use crate::labels::{Labels, Language, Tongue};
use crate::operator::Storage;
use crate::responsibility::{PassedOn, Principle, Rules, SharingRule};
use crate::solve::{Method, Stopping};

/// The group that an option belongs to, such as `presenting` of `report`.
pub(crate) fn group(option: &str) -> Option<&'static str> {
    let field = option.replace('-', "_");
    KEYS.iter().find(|(key, ..)| *key == field).map(|(.., group)| *group)
}

/// Whether an option bears on numbers or labels; else it says where they go and how much of them is shown.
pub(crate) fn bears_on_results(option: &str) -> bool {
    match group(option) {
        Some("engaging" | "keeping" | "tracing" | "paging" | "wording" | "presenting" | "proving" | "forming") => false,
        Some("writing") => ["labels", "csv-safe"].contains(&option),
        _ => true,
    }
}

impl Study {
    /// The choices as a result echoes them: those that bear on its numbers and labels.
    pub fn echo(&self) -> serde_json::Value {
        let mut echo: serde_json::Map<_, _> = self.values().into_iter().filter(|(key, _)| bears_on_results(key)).collect();
        if self.given.is_some() {
            echo.insert("table".into(), self.table_name().into());
        }
        serde_json::Value::Object(echo)
    }

    /// Whether the embedded table is the one to use, as no other is named or given.
    pub fn is_embedded(&self) -> bool {
        self.given.is_none() && self.placing.table.is_none()
    }

    /// The table in a message.
    pub(super) fn table_name(&self) -> String {
        match (&self.given, &self.placing.table) {
            (Some(table), _) => table.provenance.files.first().map_or_else(|| "table in memory".into(), |f| f.path.display().to_string()),
            (None, Some(path)) => path.display().to_string(),
            (None, None) => "the embedded table".into(),
        }
    }

    /// The method asked for; `None` for auto.
    pub fn method(&self) -> Result<Option<Method>> {
        match self.solving.method.as_deref() {
            None | Some("auto") => Ok(None),
            Some(name) => name.parse().map(Some),
        }
    }

    /// The storage asked for; `None` for auto.
    pub fn storage(&self) -> Result<Option<Storage>> {
        match self.solving.operator.as_deref() {
            None | Some("auto") => Ok(None),
            Some(name) => name.parse().map(Some),
        }
    }

    /// When to stop.
    pub fn stopping(&self) -> Result<Stopping> {
        let default = Stopping::default();
        let positive = |value: Option<f64>, default: f64, flag: &str| match value {
            None => Ok(default),
            Some(v) if v > 0.0 && v < 1.0 => Ok(v),
            Some(v) => {
                let text = format!("`{flag}` must lie between 0 and 1, not {v}: a bound as large as the number itself proves nothing");
                Err(Error::range(text, format!("leave it out for {default:e}")))
            }
        };
        let max_time = match self.limiting.max_time {
            None => None,
            Some(v) => Some(Duration::try_from_secs_f64(v).ok().filter(|d| !d.is_zero()).ok_or_else(|| {
                let text = format!("`max-time` must be a number of seconds above 0, not {v}");
                Error::range(text, "leave it out for no limit")
            })?),
        };
        if self.limiting.max_iter == Some(0) {
            let text = "`max-iter` must be at least 1, not 0";
            return Err(Error::range(text, format!("leave it out for {}", default.max_iter)));
        }
        Ok(Stopping {
            rtol: positive(self.solving.tolerance, default.rtol, "tolerance")?,
            floor: positive(self.solving.floor, default.floor, "floor")?,
            max_iter: self.limiting.max_iter.unwrap_or(default.max_iter),
            max_time,
        })
    }

    /// The sharing rule.
    pub fn sharing(&self) -> SharingRule {
        SharingRule {
            level: self.sharing.share_level.unwrap_or_default(),
            basis: self.sharing.share_basis.unwrap_or_default(),
            without_exports: self.sharing.share_without_exports.unwrap_or(false),
            export_home: self.sharing.export_home.unwrap_or(false),
        }
    }

    /// How every principle is to be computed; reads the shares by pair.
    pub fn rules(&self, labels: &Labels) -> Result<Rules> {
        let passed = match (self.sharing.alpha, &self.sharing.alpha_pairs) {
            (Some(_), Some(_)) => return Err(Error::invalid("both `alpha` and `alpha-pairs` are given", "keep one of them")),
            (Some(share), None) => PassedOn::Uniform(share),
            (None, Some(file)) => {
                PassedOn::Pairs(crate::formats::beside::regional::passed_on(file, self.reading.encoding.unwrap_or_default(), labels)?)
            }
            (None, None) => PassedOn::ValueAdded,
        };
        Ok(Rules { sharing: self.sharing(), gamma: self.sharing.gamma.unwrap_or(0.5), passed, base_only: !self.wants_all_principles() })
    }

    /// Whether principles beyond the base ones are asked for, or needed by what is asked for.
    fn wants_all_principles(&self) -> bool {
        let further = |p: &Principle| !Principle::ALL[..Principle::BASE].contains(p);
        let asked = [self.sharing.all_principles, self.sharing.by_emitter, self.paying.sensitivity].into_iter().any(|o| o.unwrap_or(false));
        asked
            || self.paying.gap_principle.as_ref().is_some_and(further)
            || self.sharing.alpha.is_some()
            || self.sharing.alpha_pairs.is_some()
    }

    /// The price rule with what it needs.
    pub fn pricing(&self) -> Pricing<'static> {
        Pricing {
            rule: self.paying.price_rule.unwrap_or_default(),
            ets: self.paying.ets_price,
            bargaining: self.paying.bargaining.unwrap_or(0.5),
            whole: None,
        }
    }

    /// Whether the text is one page: of the whole chain and of payments, unless everything is asked for.
    pub fn is_short(&self) -> bool {
        matches!(self.analysis, Analysis::Run | Analysis::Compensate) && !self.paging.full.unwrap_or(false)
    }

    /// Whether one file of records takes the place of all CSV files.
    pub fn is_tidy(&self) -> bool {
        self.forming.tidy.unwrap_or(false)
    }

    /// Language of labels.
    pub fn language(&self) -> Language {
        let spoken = if self.wording.lang == Some(Tongue::Zh) { Language::Zh } else { Language::default() };
        self.writing.labels.unwrap_or(spoken)
    }

    /// Language of text and messages.
    pub fn tongue(&self) -> Tongue {
        self.wording.lang.unwrap_or_default()
    }

    /// Whether to print JSON.
    pub fn json(&self) -> bool {
        self.writing.json.unwrap_or(false)
    }

    /// Whether to leave messages out.
    pub fn quiet(&self) -> bool {
        self.writing.quiet.unwrap_or(false)
    }
}
