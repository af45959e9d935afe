//! The choices of `isard cost`: how the panel is read, and the estimator with the options that have an effect on it.

use super::{Cost, SEED};
use crate::cost::{Disposal, Draws, Effects, Estimator, Reference, Replicates, Returns, Settings};
use crate::error::{Error, Result};
use crate::formats::beside::panel::PanelOptions;

impl Cost {
    pub(super) fn panel_options(&self) -> PanelOptions {
        PanelOptions {
            region: self.region.clone(),
            year: self.year.clone(),
            gdp: self.gdp.clone(),
            co2: None,
            inputs: self.inputs.clone(),
            gdp_unit: self.gdp_unit.clone(),
            co2_unit: self.co2_unit.clone(),
            override_unit: self.override_unit,
            years: self.years,
            price_year: self.price_year,
            missing: self.missing,
            prices: self.prices,
            deflator: self.deflator.clone(),
            rebase: self.rebase.clone(),
            capital_prices: self.capital_prices.clone(),
            fuels: self.fuel.clone(),
            encoding: self.encoding,
        }
    }

    /// Refuses options that the estimator does not use.
    fn has_effect(&self, estimator: Estimator) -> Result<()> {
        use Estimator::{ByProduction, Convex, Frontier, LocalShare, LogLinear, Quadratic, Slacks};
        let regression = self.tau.is_some() || self.norm.is_some();
        let options: [(&str, bool, &[Estimator]); 10] = [
            ("--fuel", !self.fuel.is_empty(), &[ByProduction]),
            ("--window", self.window.is_some(), &[LocalShare, Convex, LogLinear, ByProduction, Quadratic]),
            ("--tau and --norm", regression, &[Convex, ByProduction]),
            ("--bandwidth", self.bandwidth.is_some(), &[LocalShare]),
            ("--draws", self.draws.is_some(), &[LocalShare]),
            ("--direction", self.direction.is_some(), &[Quadratic, Frontier, Slacks, Convex]),
            ("--effects", self.effects != Effects::default(), &[Quadratic, Frontier, Slacks]),
            ("--returns", self.returns != Returns::default(), &[Quadratic, Frontier, Slacks, Convex, ByProduction]),
            ("--disposal", self.disposal != Disposal::default(), &[Quadratic, Frontier, Slacks]),
            ("--reference", self.reference != Reference::default(), &[Quadratic, Frontier, Slacks]),
        ];
        for (option, given, users) in options {
            if given && !users.contains(&estimator) {
                let users: Vec<&str> = users.iter().map(|e| e.name()).collect();
                let text = format!("{option} has no effect on estimator {}", estimator.name());
                return Err(Error::no_effect(text, format!("drop it, or pass --estimator with one of: {}", users.join(", "))));
            }
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> Result<Settings> {
        let estimator = self.estimator.unwrap_or_default();
        self.has_effect(estimator)?;
        let replicates = self.spread.map(|s| match s {
            Replicates::Bootstrap { draws, .. } => Replicates::Bootstrap { draws, seed: self.seed.unwrap_or(SEED) },
            Replicates::LeaveOneOut => s,
        });
        Ok(Settings {
            estimator,
            direction: self.direction,
            effects: self.effects,
            returns: self.returns,
            disposal: self.disposal,
            reference: self.reference,
            face: self.face,
            window: self.window,
            tau: self.tau.unwrap_or(0.5),
            norm: self.norm.unwrap_or_default(),
            bandwidth: self.bandwidth.unwrap_or(1.0),
            draws: self.draws.map(|draws| Draws { draws, seed: self.seed.unwrap_or(SEED) }),
            cap: self.cap,
            floor: self.floor,
            replicates,
            solver: self.solver,
            ..Settings::new(estimator, self.direction)
        })
    }
}
