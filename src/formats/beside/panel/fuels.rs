//! Fuels among the inputs of a panel, each with the CO2 of a tonne of it: `COLUMN=FACTOR`.
//!
//! Tonnes are those of the heading, of coal equivalent (`coal_10kt_sce`) or of the fuel (`coal_10kt`). Fuels take the place of energy
//! as one input; how far their CO2 is from that of the panel is noted.

use super::PanelOptions;
use super::headings::column;
use crate::cost::{Fuel, Panel};
use crate::error::{Error, Result};
use crate::formats::beside::prices::coal;
use crate::formats::tools::rows::Rows;
use crate::units::{Unit, in_heading};

/// Reads the fuels that options name.
pub(super) fn settle(rows: &Rows, options: &PanelOptions, panel: &mut Panel) -> Result<()> {
    for text in &options.fuels {
        let such = "write `fuel` COLUMN=FACTOR, tonnes of CO2 per tonne, such as `fuel` coal_10kt_sce=2.66";
        let (name, emission_factor) =
            text.rsplit_once('=').ok_or_else(|| Error::invalid(format!("`fuel` {text} names no emission factor"), such))?;
        let heading = &rows.header[column(rows, name)?];
        let Some(input) = panel.input_names.iter().position(|n| n == heading) else {
            let text = format!("fuel \"{heading}\" is none of the inputs: {}", panel.input_names.join(", "));
            return Err(Error::invalid(text, "name every fuel in `inputs` too, and leave the sum of energy out"));
        };
        let known = emission_factor.trim().parse::<f64>().ok().filter(|f| *f > 0.0 && f.is_finite());
        let emission_factor = known.ok_or_else(|| {
            Error::invalid(format!("the CO2 emission_factor of {heading} must be above 0, found \"{emission_factor}\""), such)
        })?;
        let mass = || in_heading(heading, Unit::mass).and_then(|(_, unit)| unit.ok()).map(|unit| unit.scale.value());
        let tonnes = coal(heading).or_else(mass).ok_or_else(|| {
            let text = format!("the unit of fuel \"{heading}\" is not known");
            Error::format(rows.place.clone(), text, "call the column coal_10kt_sce, or coal_10kt")
        })?;
        if panel.fuels.iter().any(|f| f.input == input) {
            return Err(Error::invalid(format!("fuel {heading} is named twice"), "name each fuel once"));
        }
        panel.fuels.push(Fuel { input, tonnes: emission_factor * tonnes, coal: coal(heading) });
    }
    if panel.fuels.is_empty() {
        return Ok(());
    }
    let (regions, t) = (panel.regions.len(), panel.price_year);
    let part = |r: usize| {
        let burnt: f64 = panel.fuels.iter().map(|f| f.tonnes * panel.inputs[[r, t, f.input]]).sum();
        burnt / (panel.co2[[r, t]] * panel.tonnes_per_co2)
    };
    let (low, high) = (0..regions).map(part).fold((f64::INFINITY, f64::NEG_INFINITY), |a, v| (a.0.min(v), a.1.max(v)));
    panel.notes.push(format!("the fuels named make {low:.3} to {high:.3} of the CO2 of a region in {}", panel.years[t]));
    Ok(())
}
