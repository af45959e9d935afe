//! One unit that a file and an option both speak of: they agree, or the option is refused unless it was told to replace.

use super::{MASS, MONEY, Of, Unit};
use crate::error::{Error, Result};

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
                    format!("{}: \"{file}\" as the file says is replaced by {} \"{option}\" (`override-unit`)", self.what, self.flag);
                Ok((option.to_string(), Some(note)))
            }
            _ => Err(Error::unit(
                format!("the unit of {}: the file says \"{file}\", {} says \"{option}\"", self.what, self.flag),
                format!(
                    "leave {} out, or add `override-unit` if the file is wrong: its numbers are then taken to be in {option}",
                    self.flag
                ),
            )),
        }
    }
}
