//! The study behind a written result: from the command and the options that its manifest records, as `--key=value`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use super::options::{KEYS, Placing, Spanning};
use super::{Analysis, Side, Study};
use crate::error::{Error, Result};

/// Lists whose members commas divide; of other lists each value is one member.
const DIVIDED: [&str; 5] = ["accept", "views", "vary-principles", "vary-duties", "vary-rules"];

/// The study that `command` did with the recorded `options`; `None` for commands that do none, such as `solve` and `import`.
///
/// # Errors
/// When an option or its value is unknown to this version, or the study file of `run` cannot be read.
pub fn recorded(command: &str, options: &[String]) -> Result<Option<Study>> {
    if ![
        "run",
        "flows",
        "accounts",
        "decompose",
        "linkages",
        "structural",
        "responsibility",
        "compensate",
        "aggregate",
        "split",
        "sparsify",
    ]
    .contains(&command)
    {
        return Ok(None);
    }
    let (mut places, mut given) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
    let mut only_places = false;
    for option in options {
        match option.strip_prefix("--").filter(|_| !only_places) {
            Some("") => only_places = true,
            Some(flag) => {
                let (name, value) = flag.split_once('=').unwrap_or((flag, "true"));
                given.entry(name.to_string()).or_default().push(value.to_string());
            }
            None => places.push(option.as_str()),
        }
    }
    let mut own = |name: &str| given.remove(name).and_then(|mut values| values.pop());
    let (scheme, before, after) =
        (own("scheme"), ["sheet-before", "emissions-before"].map(&mut own), ["sheet-after", "emissions-after"].map(&mut own));
    let after_solving = own("after").is_some();
    let study = of_keys(&given)?;
    let place = |k: usize| places.get(k).map(|p| Path::new(p).to_path_buf());
    let side = |k: usize, [sheet, emissions]: [Option<String>; 2]| Side {
        table: place(k).unwrap_or_default(),
        sheet,
        emissions: emissions.map(Into::into),
        given: None,
    };
    let analysis = match command {
        "structural" => Analysis::Structural(Box::new([side(0, before), side(1, after)])),
        _ => Analysis::of_command(command, &scheme.unwrap_or_default(), after_solving)?,
    };
    let study = match (&analysis, place(0)) {
        (Analysis::Run, Some(file)) => study.or(Study::from_file(&file)?),
        (Analysis::Run | Analysis::Structural(_), _) | (_, None) => study,
        (_, Some(_)) if places.len() > 1 => {
            let years = Some(places.iter().map(PathBuf::from).collect());
            Study { spanning: Spanning { years }, ..study }
        }
        (_, table) => Study { placing: Placing { table }, ..study },
    };
    Ok(Some(Study { analysis, ..study }))
}

/// The study of keys and texts, each text read as what its key takes.
fn of_keys(given: &BTreeMap<String, Vec<String>>) -> Result<Study> {
    let mut groups = BTreeMap::<&'static str, toml::Table>::new();
    for (name, values) in given {
        let Some((.., group)) = KEYS.iter().find(|k| k.0.replace('_', "-") == *name) else {
            let known: Vec<String> = KEYS.iter().map(|k| k.0.replace('_', "-")).collect();
            return Err(Error::unknown("option", name, &known));
        };
        let fits = |value: &Value| {
            let alone = toml::Table::from_iter([(name.clone(), value.clone())]);
            Study::from_groups(BTreeMap::from([(*group, alone)])).is_ok()
        };
        let Some(value) = readings(name, values).into_iter().find(fits) else {
            return Err(Error::invalid(format!("--{name}={} is not what {name} takes", values.join(",")), "run the command again"));
        };
        groups.entry(group).or_default().insert(name.clone(), value);
    }
    Study::from_groups(groups).map_err(|e| Error::invalid(e.message(), "run the command again"))
}

/// What the texts of a key may mean, the first that its key takes being right.
fn readings(name: &str, values: &[String]) -> Vec<Value> {
    let list = |members: Vec<&str>| Value::Array(members.into_iter().map(|m| Value::String(m.to_string())).collect());
    let divided = || list(values.iter().flat_map(|v| v.split(',')).collect());
    let whole = list(values.iter().map(String::as_str).collect());
    let [text] = values else { return if DIVIDED.contains(&name) { vec![divided()] } else { vec![whole] } };
    let mut all = vec![Value::String(text.clone())];
    all.extend(text.parse().ok().map(Value::Boolean));
    all.extend(text.parse().ok().map(Value::Integer));
    all.extend(text.parse().ok().map(Value::Float));
    // several numbers in one text
    all.extend(text.split(',').map(|t| t.parse().map(Value::Float)).collect::<std::result::Result<Vec<Value>, _>>().ok().map(Value::Array));
    all.push(if DIVIDED.contains(&name) { divided() } else { whole });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decompose::Scheme;

    fn of(command: &str, options: &[&str]) -> Study {
        recorded(command, &options.iter().map(|o| o.to_string()).collect::<Vec<_>>()).unwrap().unwrap()
    }

    #[test]
    fn every_kind_of_value_is_read_as_its_key_takes_it() {
        let study = of(
            "compensate",
            &[
                "--price=100",
                "--tolerance=1e-8",
                "--compare=true",
                "--vary-duties=shared,net-flow",
                "--factor=a, 2001",
                "--seed=3",
                "--sheet=2007",
                "t",
            ],
        );
        assert_eq!((study.paying.price, study.solving.tolerance, study.reading.seed), (Some(100.0), Some(1e-8), Some(3)));
        assert_eq!(study.paying.vary_duties.map(|d| d.len()), Some(2));
        assert_eq!(study.reading.factor, Some(vec!["a, 2001".to_string()]));
        assert_eq!(study.reading.sheet.as_deref(), Some("2007"));
        assert_eq!(study.placing.table.as_deref(), Some(Path::new("t")));
    }

    #[test]
    fn commands_have_their_analyses_and_places() {
        assert_eq!(of("decompose", &["--scheme=wwz", "--", "-t"]).analysis, Analysis::Decompose(Scheme::Wwz));
        let Analysis::Structural(sides) = of("structural", &["--sheet-after=b", "x", "y"]).analysis else { panic!("two tables") };
        assert_eq!((sides[0].sheet.as_deref(), sides[1].sheet.as_deref(), sides[1].table.as_path()), (None, Some("b"), Path::new("y")));
        assert!(recorded("solve", &[]).unwrap().is_none());
        assert!(recorded("flows", &["--nothing=1".to_string()]).is_err());
    }
}
