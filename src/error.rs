//! What can go wrong outside isard, said with the place, both numbers and the next step.

use std::path::{Path, PathBuf};

use crate::finding::Finding;

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something failed, for a program that acts on it; messages are for people and may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The operating system refused a file.
    File,
    /// A file does not say what it must.
    Content,
    /// A name that is in none of the known lists.
    Name,
    /// Choices or data that do not go together.
    Conflict,
    /// A number outside the range it may lie in.
    Range,
    /// Arrays or tables whose sizes do not go together.
    Shape,
    /// Units that do not go together.
    Unit,
    /// Something is needed and was not given.
    Missing,
    /// A choice that would change nothing.
    NoEffect,
    /// Too few observations for what is asked.
    TooFew,
    /// More memory than there is.
    Memory,
    /// What this form of a system or of a file does not offer.
    Unsupported,
    /// A system that uses up more than it makes: it has no answer.
    NotProductive,
    /// A solve that found no answer.
    NotSolved,
    /// A file that is there already and is not replaced.
    InTheWay,
    /// Findings of the audit at level FAIL.
    Audit,
    /// The work was ended from outside.
    Cancelled,
}

/// A mistake outside the program: in a file, a name, an option or the data themselves.
///
/// Messages are lower-case fragments; [`Error::help`] is the next step for the user, [`Error::cause`] what a program may act
/// on. Both name an option as a study file does, in backticks: `method`, `max-size`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file.
    #[error("{path}: cannot {action}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `write`, `create`.
        action: &'static str,
        /// The system's own words.
        source: std::io::Error,
    },
    /// A file was read but does not say what it must.
    #[error("{place}: {message}")]
    Format {
        /// `file`, `file:line:column`, or `file[sheet]!cell`.
        place: String,
        /// What was expected and what was found.
        message: String,
        /// The next step.
        help: String,
    },
    /// A name that is in none of the known lists.
    #[error("unknown {kind} \"{name}\"")]
    Unknown {
        /// `region`, `sector`, `stressor`, `option` ...
        kind: &'static str,
        /// What the user wrote.
        name: String,
        /// "did you mean ...", or what there is to choose from.
        help: String,
    },
    /// The audit found what must not be solved.
    #[error("the audit refuses this table: {} finding(s) at level FAIL", findings.len())]
    Refused {
        /// The findings at level FAIL.
        findings: Vec<Finding>,
    },
    /// `I - A` has no inverse on a range of rows.
    #[error("I - A is singular on rows {first} to {last} (counted from 0)")]
    Singular {
        /// The first row.
        first: usize,
        /// The last row.
        last: usize,
    },
    /// The work was ended from outside.
    #[error("cancelled{}{stage}", if stage.is_empty() { "" } else { " during: " })]
    Cancelled {
        /// What was being done.
        stage: String,
    },
    /// Options or inputs with which nothing can be done.
    #[error("{message}")]
    Invalid {
        /// Why not.
        cause: Cause,
        /// What is wrong.
        message: String,
        /// The next step.
        help: String,
    },
}

impl Error {
    /// A file that does not say what it must.
    pub fn format(place: impl ToString, message: impl ToString, help: impl ToString) -> Self {
        Error::Format { place: place.to_string(), message: message.to_string(), help: help.to_string() }
    }

    /// The operating system refused `path`.
    pub fn io(path: &Path, action: &'static str, source: std::io::Error) -> Self {
        Error::Io { path: path.to_path_buf(), action, source }
    }

    /// What a program may act on.
    pub fn cause(&self) -> Cause {
        match self {
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::AlreadyExists => Cause::InTheWay,
            Error::Io { .. } => Cause::File,
            Error::Format { .. } => Cause::Content,
            Error::Unknown { .. } => Cause::Name,
            Error::Refused { .. } => Cause::Audit,
            Error::Singular { .. } => Cause::NotProductive,
            Error::Cancelled { .. } => Cause::Cancelled,
            Error::Invalid { cause, .. } => *cause,
        }
    }

    /// `name` is not one of `known`; the help offers the nearest.
    pub fn unknown<S: AsRef<str>>(kind: &'static str, name: &str, known: &[S]) -> Self {
        Error::Unknown { kind, name: name.to_string(), help: did_you_mean(name, known) }
    }

    /// The next step, where there is one to name.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::Io { source, action, .. } => Some(match (source.kind(), *action) {
                (std::io::ErrorKind::NotFound, _) => {
                    "check the path; relative paths start at the working folder, or at the study file's folder".into()
                }
                (std::io::ErrorKind::PermissionDenied, _) => "check the permissions of this path".into(),
                (std::io::ErrorKind::AlreadyExists, _) => "name a folder that does not exist yet, or pass `force` to replace it".into(),
                _ => return None,
            }),
            Error::Format { help, .. } | Error::Unknown { help, .. } | Error::Invalid { help, .. } => {
                (!help.is_empty()).then(|| help.clone())
            }
            Error::Singular { .. } => {
                Some("the system has no unique answer there: run `isard audit` to find the sectors that are not productive".into())
            }
            Error::Cancelled { .. } => None,
            Error::Refused { .. } => Some("mend the data, or name the option that says how each finding is to be treated".into()),
        }
    }
}

/// Makers of [`Error::Invalid`], one for each cause.
macro_rules! causes {
    ($($(#[$about:meta])* $maker:ident $cause:ident;)+) => {
        impl Error {
            $($(#[$about])*
            pub fn $maker(message: impl ToString, help: impl ToString) -> Self {
                Error::Invalid { cause: Cause::$cause, message: message.to_string(), help: help.to_string() }
            })+
        }
    };
}

causes! {
    /// Options or inputs that do not go together.
    invalid Conflict;
    /// A number outside the range it may lie in.
    range Range;
    /// Arrays or tables whose sizes do not go together.
    shape Shape;
    /// Units that do not go together.
    unit Unit;
    /// Something is needed and was not given.
    missing Missing;
    /// A choice that would change nothing.
    no_effect NoEffect;
    /// Too few observations for what is asked.
    too_few TooFew;
    /// More memory than there is.
    memory Memory;
    /// What this form of a system or of a file does not offer.
    unsupported Unsupported;
    /// A system that has no answer.
    not_productive NotProductive;
    /// A solve that found no answer.
    not_solved NotSolved;
    /// A file that is there already and is not replaced.
    in_the_way InTheWay;
}

/// A message with each option in backticks as a flag; what else stands in backticks stays.
pub(crate) fn flags(text: &str, is_option: impl Fn(&str) -> bool) -> std::borrow::Cow<'_, str> {
    let parts: Vec<&str> = text.split('`').collect();
    let (mut told, mut after_option, mut changed) = (String::with_capacity(text.len() + 8), true, false);
    for (k, part) in parts.iter().enumerate() {
        let option = !after_option && k + 1 < parts.len() && is_option(part);
        told += match (option, after_option) {
            (true, _) => "--",
            (_, true) => "",
            _ => "`",
        };
        told += part;
        (after_option, changed) = (option, changed || option);
    }
    if changed { told.into() } else { text.into() }
}

/// "did you mean ...?" where something is near, else what there is to choose from.
pub fn did_you_mean<S: AsRef<str>>(name: &str, known: &[S]) -> String {
    let near = known
        .iter()
        .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), &k.as_ref().to_lowercase()), k.as_ref()))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, best)) => format!("did you mean \"{best}\"?"),
        None if known.is_empty() => String::new(),
        None => {
            let shown: Vec<&str> = known.iter().take(12).map(AsRef::as_ref).collect();
            let more = if known.len() > shown.len() { format!(" and {} more", known.len() - shown.len()) } else { String::new() };
            format!("known: {}{more}", shown.join(", "))
        }
    }
}
