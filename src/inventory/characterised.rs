//! Characterisation: several stressors as one, each times what a unit of it counts for.
//!
//! c = sum_k q_k f_k, with q_k the warming potential of gas k over 100 years (IPCC, fourth to sixth report), or the factor that
//! a table of the user gives; Heijungs, Suh 2002, *The Computational Structure of Life Cycle Assessment*, ch. 8. Units are
//! exact fractions. Each number of the new row is a sum of products, each rounded at most three times: the row is the data
//! from then on, and bounds hold for it as it is.

use ndarray::Array1;

use crate::bounded::Sum;
use crate::error::{Error, Result};
use crate::labels::fits;
use crate::table::Stressor;
use crate::units::{Gas, Gwp, Of, Scale, Unit};

/// What a user's table says that stressors count for.
#[derive(Debug, Clone)]
pub struct CharacterisationFactors {
    /// Name of the new stressor.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Lines: names of stressors (`*` stands for any text), the factor, the unit that one of the stressor is counted in.
    pub lines: Vec<Line>,
    /// The file, for messages.
    pub place: String,
}

/// A line of a table of factors.
#[derive(Debug, Clone)]
pub struct Line {
    /// Name, or a pattern.
    pub stressor: String,
    /// What one unit of it counts for.
    pub factor: f64,
    /// The unit of the stressor that the factor is for; nothing: the one it has.
    pub per: Option<String>,
    /// Place in the file.
    pub place: String,
}

/// Puts the warming of all greenhouse gases in place of the gases; what is none stays behind it.
///
/// # Errors
/// When no stressor is a greenhouse gas with a known unit, or one of them is their sum already.
pub fn by_potential(stressors: &mut Vec<Stressor>, gwp: Gwp, notes: &mut Vec<String>) -> Result<()> {
    let mut parts: Vec<(usize, Scale)> = Vec::new();
    let mut unit: Option<Scale> = None;
    let (mut told, mut whole) = (Vec::new(), Vec::new());
    for (k, stressor) in stressors.iter().enumerate() {
        let read = Unit::read(&stressor.unit).ok();
        let in_unit = read.as_ref().and_then(|u| if let Of::Mass(gas) = u.of { gas } else { None });
        let Some(gas) = in_unit.or_else(|| Gas::of_name(&stressor.name).ok().flatten()) else { continue };
        let other = matches!(gas, Gas::Other(_));
        let Ok((counts, _)) = gas.co2(other.then_some(gwp)) else { continue };
        let Some(Unit { of: Of::Mass(_), scale, .. }) = read else {
            let text = format!("{}: the unit \"{}\" is no mass: what a tonne of it warms is unknown", stressor.name, stressor.unit);
            return Err(Error::unit(text, "name the unit with `emissions-unit`"));
        };
        if gas == Gas::Co2e && Gas::of_name(&stressor.name).ok().flatten() == Some(Gas::Co2e) {
            whole.push(stressor.name.clone());
        }
        let base = *unit.get_or_insert(scale);
        let factor = counts.times(scale).and_then(|s| s.over(base));
        parts.push((k, factor.ok_or_else(|| Error::unit(format!("{}: the unit is beyond all sizes", stressor.name), "correct it"))?));
        told.push(format!("{} x {}", stressor.name, counts.value()));
    }
    if parts.is_empty() {
        let names: Vec<&str> = stressors.iter().map(|s| s.name.as_str()).collect();
        let text = format!("`characterise` gwp100-{} finds no greenhouse gas among the stressors: {}", gwp.name(), names.join(", "));
        return Err(Error::no_effect(text, "name rows of CO2, CH4, N2O ... with `factor`, or a table of factors"));
    }
    if let (Some(sum), true) = (whole.first(), parts.len() > 1) {
        let text = format!("{sum} is a sum of greenhouse gases already, beside {} others: it would count twice", parts.len() - 1);
        return Err(Error::invalid(text, "read either the sum or the gases, by `factor`"));
    }
    let base = &stressors[parts[0].0].unit;
    let unit = match Unit::read(base) {
        Ok(read) => Unit { of: Of::Mass(Some(Gas::Co2e)), ..read }.to_string(),
        Err(_) => base.clone(),
    };
    notes.push(format!("characterised by warming over 100 years, {}: {}", gwp.name(), told.join(", ")));
    let parts: Vec<(usize, Weight)> = parts.into_iter().map(|(k, s)| (k, Weight::Exact(s))).collect();
    replace(stressors, &parts, format!("GWP100 {}", gwp.name().to_uppercase()), unit, notes);
    Ok(())
}

/// Puts what a table of factors makes of the stressors in place of those that it names.
///
/// # Errors
/// When no line meets a stressor, two meet the same, or a unit does not go with that of the stressor.
pub fn by_factors(stressors: &mut Vec<Stressor>, factors: &CharacterisationFactors, notes: &mut Vec<String>) -> Result<()> {
    let mut parts: Vec<(usize, Weight)> = Vec::new();
    let mut idle = Vec::new();
    for line in &factors.lines {
        let met: Vec<usize> = (0..stressors.len()).filter(|&k| fits(&line.stressor, &stressors[k].name)).collect();
        if met.is_empty() {
            idle.push(line.stressor.clone());
        }
        for k in met {
            if parts.iter().any(|(other, _)| *other == k) {
                let text = format!("\"{}\" meets {}, which another line has met before", line.stressor, stressors[k].name);
                return Err(Error::format(&line.place, text, "write one line for each stressor"));
            }
            parts.push((k, Weight::Number(line.factor, scale(&stressors[k], line)?)));
        }
    }
    if parts.is_empty() {
        let names: Vec<&str> = stressors.iter().map(|s| s.name.as_str()).collect();
        let text = format!("no line names a stressor of the table: {}", names.join(", "));
        return Err(Error::format(&factors.place, text, "name the stressors as the table does; * stands for any text"));
    }
    if !idle.is_empty() {
        notes.push(format!("{}: lines that meet no stressor: {}", factors.place, idle.join(", ")));
    }
    notes.push(format!("characterised by {}: {} of {} stressors count", factors.place, parts.len(), stressors.len()));
    replace(stressors, &parts, factors.name.clone(), factors.unit.clone(), notes);
    Ok(())
}

/// How many of the units of a line one unit of the stressor is.
fn scale(stressor: &Stressor, line: &Line) -> Result<Scale> {
    let Some(per) = &line.per else { return Ok(Scale::ONE) };
    let both = Unit::read(&stressor.unit).ok().zip(Unit::read(per).ok());
    let of = |of: Of| if let Of::Mass(_) = of { Of::Mass(None) } else { of };
    both.filter(|(own, per)| of(own.of) == of(per.of)).and_then(|(own, per)| own.scale.over(per.scale)).ok_or_else(|| {
        let text = format!("the factor is for \"{per}\", and {} is counted in \"{}\"", stressor.name, stressor.unit);
        Error::format(&line.place, text, "give the factor for the unit of the table, or one of the same kind")
    })
}

/// What a stressor counts for.
enum Weight {
    Exact(Scale),
    Number(f64, Scale),
}

impl Weight {
    fn of(&self, v: f64) -> f64 {
        match self {
            Weight::Exact(scale) => scale.of(v),
            Weight::Number(factor, scale) => factor * scale.of(v),
        }
    }
}

fn replace(stressors: &mut Vec<Stressor>, parts: &[(usize, Weight)], name: String, unit: String, notes: &mut Vec<String>) {
    let sum = |of: &dyn Fn(&Stressor) -> Option<&Array1<f64>>| -> Option<Array1<f64>> {
        let there: Vec<(&Array1<f64>, &Weight)> = parts.iter().filter_map(|(k, w)| of(&stressors[*k]).map(|v| (v, w))).collect();
        let length = there.first()?.0.len();
        Some(Array1::from_shape_fn(length, |i| {
            let mut all = Sum::default();
            there.iter().for_each(|(v, w)| all.add(w.of(v[i])));
            all.bounded().value
        }))
    };
    let without: Vec<&str> =
        parts.iter().filter(|(k, _)| stressors[*k].households.is_none()).map(|(k, _)| stressors[*k].name.as_str()).collect();
    let households = sum(&|s| s.households.as_ref());
    if households.is_some() && !without.is_empty() {
        notes.push(format!("{name}: no emissions of households are known of {}", without.join(", ")));
    }
    let direct = sum(&|s| Some(&s.direct)).unwrap_or_default();
    let mut k = 0;
    stressors.retain(|_| {
        k += 1;
        !parts.iter().any(|(part, _)| *part == k - 1)
    });
    stressors.insert(0, Stressor { name, unit, direct, households });
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn stressor(name: &str, unit: &str, direct: [f64; 2], households: Option<[f64; 1]>) -> Stressor {
        Stressor {
            name: name.into(),
            unit: unit.into(),
            direct: array![direct[0], direct[1]],
            households: households.map(|h| array![h[0]]),
        }
    }

    #[test]
    fn gases_become_one_by_their_potentials_and_units_and_what_is_none_stays() {
        let mut all = vec![
            stressor("CO2 - combustion - air", "kt", [1000.0, 2000.0], Some([50.0])),
            stressor("NOX - combustion - air", "t", [1.0, 1.0], None),
            stressor("CH4 - combustion - air", "t", [100.0, 0.0], Some([10.0])),
            stressor("N2O - air", "kg", [0.0, 1e6], None),
        ];
        let mut notes = Vec::new();
        by_potential(&mut all, Gwp::Ar5, &mut notes).expect("three gases");
        assert_eq!(all.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["GWP100 AR5", "NOX - combustion - air"]);
        // 28 and 265 times, by hand: 100 t CH4 = 2.8 kt, 1000 t N2O = 265 kt
        assert_eq!(all[0].direct, array![1002.8, 2265.0]);
        assert_eq!(all[0].households, Some(array![50.28]));
        assert!(Unit::read(&all[0].unit).expect("a unit").same(&Unit::read("kt CO2e").expect("a unit")), "{}", all[0].unit);
        assert!(notes.iter().any(|n| n.contains("N2O") && n.contains("households")));
    }

    #[test]
    fn a_sum_beside_its_parts_and_nothing_at_all_are_refused() {
        let mut twice = vec![stressor("GHG", "kt CO2e", [1.0, 1.0], None), stressor("CH4", "kt", [1.0, 1.0], None)];
        assert!(by_potential(&mut twice, Gwp::Ar6, &mut Vec::new()).is_err_and(|e| e.to_string().contains("twice")));
        let mut none = vec![stressor("SO2", "kt", [1.0, 1.0], None)];
        assert!(by_potential(&mut none, Gwp::Ar6, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_table_of_factors_meets_names_by_pattern_and_converts_units() {
        let line = |stressor: &str, factor, per: Option<&str>| Line {
            stressor: stressor.into(),
            factor,
            per: per.map(String::from),
            place: "f.csv:2".into(),
        };
        let table = |lines| CharacterisationFactors { name: "acid".into(), unit: "t SO2-eq".into(), lines, place: "f.csv".into() };
        let start = || {
            vec![
                stressor("SO2 - a", "kt", [1.0, 2.0], None),
                stressor("NOX", "kt", [3.0, 4.0], None),
                stressor("CO2", "kt", [9.0, 9.0], None),
            ]
        };
        let (mut all, mut notes) = (start(), Vec::new());
        by_factors(&mut all, &table(vec![line("SO2*", 1.0, Some("t")), line("NOX", 500.0, None), line("HCl", 0.9, None)]), &mut notes)
            .expect("two");
        assert_eq!(all[0].direct, array![2500.0, 4000.0]);
        assert_eq!((all.len(), all[1].name.as_str()), (2, "CO2"));
        assert!(notes[0].contains("HCl"));
        let refused = |lines| by_factors(&mut start(), &table(lines), &mut Vec::new()).is_err();
        assert!(refused(vec![line("SO2*", 1.0, None), line("*", 1.0, None)]));
        assert!(refused(vec![line("SO2*", 1.0, Some("TJ"))]) && refused(vec![line("Hg", 1.0, None)]));
    }
}
