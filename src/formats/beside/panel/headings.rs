//! The columns of a panel: named by options or recognised by their headings, with the units that these say.

use super::PanelOptions;
use crate::error::{Error, Result};
use crate::formats::tools::rows::{REGION, Rows};
use crate::labels::key;
use crate::units::{Of, Read, Scale, Unit, in_heading};

/// Which column is what.
pub(in crate::formats::beside) struct Columns {
    pub(in crate::formats::beside) region: usize,
    pub(in crate::formats::beside) year: usize,
    pub(in crate::formats::beside) gdp: usize,
    pub(super) co2: usize,
    pub(super) inputs: Vec<usize>,
}

pub(in crate::formats::beside) const YEAR: [&str; 3] = ["year", "年份", "年"];

impl Columns {
    pub(super) fn find(rows: &Rows, options: &PanelOptions) -> Result<Self> {
        let exactly = |names: &'static [&'static str]| move |h: &str| names.contains(&key(h).as_str()) || names.contains(&h.trim());
        let gdp = |h: &str| key(h).starts_with("gdp") || key(h).starts_with("grp") || h.contains("生产总值");
        let co2 =
            |h: &str| key(h).contains("co2") || h.contains("二氧化碳") || h.contains("碳排放") || key(h).starts_with("carbonemission");
        Ok(Columns {
            region: one(rows, options.region.as_deref(), "regions", "`region`", exactly(&REGION))?,
            year: one(rows, options.year.as_deref(), "years", "`year`", exactly(&YEAR))?,
            gdp: one(rows, options.gdp.as_deref(), "GDP", "`gdp`", gdp)?,
            co2: one(rows, options.co2.as_deref(), "CO2", "`co2`", co2)?,
            inputs: inputs(rows, &options.inputs)?,
        })
    }

    pub(super) fn said(&self, rows: &Rows) -> String {
        let name = |c: usize| rows.header[c].as_str();
        let inputs: Vec<&str> = self.inputs.iter().map(|&c| name(c)).collect();
        let read = |c: &usize| [self.region, self.year].contains(c) || self.numbers().any(|n| n == *c);
        let others: Vec<&str> = (0..rows.header.len()).filter(|c| !read(c)).map(name).collect();
        let rest = if others.is_empty() { String::new() } else { format!("; not read: {}", others.join(", ")) };
        format!("GDP from column {}, CO2 from {}, inputs {}{rest}", name(self.gdp), name(self.co2), inputs.join(", "))
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> + '_ {
        [self.gdp, self.co2].into_iter().chain(self.inputs.iter().copied())
    }
}

/// The column that is named, or the only one that is recognised.
pub(in crate::formats::beside) fn one(
    rows: &Rows,
    named: Option<&str>,
    what: &str,
    flag: &str,
    known: impl Fn(&str) -> bool,
) -> Result<usize> {
    if let Some(name) = named {
        return column(rows, name);
    }
    let found: Vec<usize> = (0..rows.header.len()).filter(|&c| known(&rows.header[c])).collect();
    if let [c] = found[..] {
        return Ok(c);
    }
    let names: Vec<&str> = if found.is_empty() { &rows.header } else { &rows.header[..] }.iter().map(String::as_str).collect();
    let among: Vec<&str> = if found.is_empty() { names } else { found.iter().map(|&c| names[c]).collect() };
    let text = format!("expected one column of {what}, recognised {} among {}", found.len(), among.join(", "));
    Err(Error::format(rows.heading(0), text, format!("pass {flag} COLUMN")))
}

pub(in crate::formats::beside) fn column(rows: &Rows, name: &str) -> Result<usize> {
    let exact = rows.header.iter().position(|h| h == name.trim());
    exact.or_else(|| rows.header.iter().position(|h| key(h) == key(name))).ok_or_else(|| Error::unknown("column", name, &rows.header))
}

fn inputs(rows: &Rows, named: &[String]) -> Result<Vec<usize>> {
    let found: Vec<usize> = if named.is_empty() {
        let known = |h: &str| {
            let k = key(h);
            ["capital", "labour", "labor", "employ", "energy"].iter().any(|w| k.starts_with(w))
                || ["资本", "劳动", "就业", "从业", "能源"].iter().any(|w| h.contains(w))
        };
        (0..rows.header.len()).filter(|&c| known(&rows.header[c])).collect()
    } else {
        let mut found = Vec::new();
        for name in named {
            // a heading with commas is one name
            match column(rows, name) {
                Ok(c) => found.push(c),
                Err(_) if name.contains(',') => found.extend(name.split(',').map(|n| column(rows, n.trim())).collect::<Result<Vec<_>>>()?),
                Err(unknown) => return Err(unknown),
            }
        }
        found
    };
    if found.is_empty() {
        let text = format!("no column of inputs recognised among {}", rows.header.join(", "));
        return Err(Error::format(rows.heading(0), text, "pass `inputs` with their names, such as `inputs` capital,labour,energy"));
    }
    if let Some(twice) = found.iter().enumerate().find(|(i, c)| found[..*i].contains(c)) {
        return Err(Error::invalid(format!("input {} is named twice", rows.header[*twice.1]), "name each input once"));
    }
    Ok(found)
}

/// The unit of GDP, and the tonnes of CO2 in one unit of it.
pub(super) fn units(rows: &Rows, columns: &Columns, options: &PanelOptions, notes: &mut Vec<String>) -> Result<(Unit, f64)> {
    let mut overridden = 0;
    let mut one = |c: usize, option: &Option<String>, flag: &'static str, such: &str, read: &dyn Fn(&str) -> Read<Unit>| {
        let place = rows.heading(c);
        let heading = &rows.header[c];
        let said = match in_heading(heading, read) {
            Some((_, Ok(unit))) => Some(unit),
            // what the option names is not asked of the heading
            Some((_, Err(e))) if option.is_none() => {
                return Err(e.at(place, format!("correct the heading, or pass {flag}, such as {flag} \"{such}\"")));
            }
            _ => None,
        };
        let Some(text) = option else {
            let help = || format!("pass {flag}, such as {flag} \"{such}\"");
            return said.ok_or_else(|| Error::format(place, format!("the unit of column \"{heading}\" is not known"), help()));
        };
        let asked = read(text).map_err(|e| e.alone(format!("pass {flag} with a unit such as {such}")))?;
        match said {
            Some(said) if !said.same(&asked) && !options.override_unit => Err(Error::format(
                place,
                format!("column \"{heading}\" is in {said}, but {flag} says {text}"),
                format!("leave {flag} out, or add `override-unit` if the heading is wrong"),
            )),
            Some(said) if !said.same(&asked) => {
                overridden += 1;
                notes.push(format!(
                    "WARN: column \"{heading}\" is in {said} by its heading, which {flag} {text} replaces (`override-unit`)"
                ));
                Ok(asked)
            }
            _ => Ok(asked),
        }
    };
    let gdp = one(columns.gdp, &options.gdp_unit, "`gdp-unit`", "10^8 yuan", &|text| Unit::money_or(text, "yuan"))?;
    let co2 = one(columns.co2, &options.co2_unit, "`co2-unit`", "Mt", &Unit::mass)?;
    if options.override_unit && overridden == 0 {
        return Err(Error::no_effect("`override-unit` has no effect: no option contradicts a heading", "leave it out"));
    }
    notes.extend(gdp.notes.iter().chain(&co2.notes).map(|note| format!("WARN: {note}")));
    let (gas, note) = if let Of::Mass(Some(gas)) = co2.of { gas.co2(None)? } else { (Scale::ONE, None) };
    notes.extend(note);
    let tonnes = co2.scale.times(gas).expect("units are within 10^24");
    Ok((gdp, tonnes.value()))
}
