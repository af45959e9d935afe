//! Choices that work only beside another one: refused where that one is missing, because they would have no effect.

use super::{Analysis, Study};
use crate::compensation::{CostOf, Duty, PriceRule};
use crate::error::{Error, Result};

impl Study {
    /// Refuses choices that nothing would use.
    ///
    /// # Errors
    /// Naming the option and what it needs.
    pub fn needed(&self) -> Result<()> {
        let Study { placing, spanning, reading, splitting, keeping, viewing, paying, paging, tracing, proving, forming, writing, .. } =
            self;
        let several = spanning.years.is_some();
        let emissions = reading.emissions.is_some();
        let views = viewing.views.is_some();
        let sensitivity = paying.sensitivity == Some(true);
        let every_rule = paying.compare == Some(true) || sensitivity;
        let rule = |wanted: PriceRule| every_rule || paying.price_rule == Some(wanted);
        let gaps = every_rule || paying.unbalanced == Some(true) || matches!(paying.duty, Some(Duty::GapProrata | Duty::GapFund));
        let settled = paying.cost.is_some() || paying.price.is_some() || paying.curves.is_some() || (self.is_embedded() && !several);
        let asks_payments = paying.duty.is_some() || paying.price_rule.is_some() || every_rule || paying.market == Some(true);
        if reading.seed.is_some() && (!self.is_embedded() || several) {
            let text = "`seed` has no effect: it draws the embedded table, and another table is named";
            return Err(Error::no_effect(text, "leave it out, or name no table"));
        }
        if viewing.top == Some(0) {
            return Err(Error::range("`top` must be at least 1, not 0", "leave it out to list no largest flows"));
        }
        if let Some((option, needs)) = self.unmeasured(settled) {
            return Err(Error::no_effect(format!("`{option}` has no effect: it needs {needs}"), "leave it out"));
        }
        let (tidy, excel) = (self.is_tidy(), forming.excel == Some(true));
        // shares of emissions go with parts of sectors or of regions
        let parted = splitting.split_regions.is_some();
        let nested = splitting.split_nest.is_some();
        let emitted = (!parted).then_some(&splitting.split_emissions);
        let text_files = self.analysis == Analysis::Accounts && !tidy;
        let cases = [
            (keeping.resume.is_some() && keeping.checkpoint.is_none(), "resume", "`checkpoint` FILE"),
            (keeping.checkpoint_every.is_some() && keeping.checkpoint.is_none(), "checkpoint-every", "`checkpoint` FILE"),
            (tidy && writing.output.is_none(), "tidy", "`output` DIR"),
            (excel && writing.output.is_none(), "excel", "`output` DIR"),
            (excel && text_files, "excel", "CSV files, which isard accounts writes with `tidy`"),
            (paging.full == Some(true) && (self.json() || self.quiet()), "full", "text on standard output, without `json` or `quiet`"),
            (several && viewing.top.is_some(), "top", "a single table"),
            (
                several && (views || viewing.group_regions.is_some() || viewing.gdp.is_some()),
                "`views`, `group-regions` or `gdp`",
                "a single table",
            ),
            (several && self.counting.population.is_some(), "population", "a single table"),
            (
                several && (every_rule || paying.market == Some(true) || paying.unbalanced == Some(true)),
                "`compare`, `sensitivity`, `unbalanced` or `market`",
                "a single table",
            ),
            (several && tracing.history.is_some(), "history", "a single table"),
            (several && proving.proof.is_some(), "proof", "a single table"),
            (reading.format.is_some() && (placing.table.is_none() && !several), "format", "a table"),
            (reading.layout.is_some() && (placing.table.is_none() && !several), "layout", "a table"),
            (reading.sheet.is_some() && (placing.table.is_none() && !several), "sheet", "a table"),
            (reading.concordance.is_some() && !emissions, "concordance", "`emissions` FILE"),
            (splitting.split_range.is_some() && !matches!(self.analysis, Analysis::Split(_)), "split-range", "isard split"),
            (splitting.split_range.is_some() && (parted || nested), "split-range", "parts of sectors, `split-shares` FILE"),
            (
                splitting.split_shares.is_none()
                    && [&splitting.split_sales, &splitting.split_inputs].into_iter().chain(emitted).any(|o| o.is_some()),
                "`split-sales`, `split-inputs` or `split-emissions`",
                "`split-shares` FILE",
            ),
            (!parted && splitting.split_distances.is_some(), "split-distances", "`split-regions` FILE"),
            (!parted && splitting.split_trade.is_some(), "split-trade", "`split-regions` FILE"),
            (nested && splitting.split_into.is_none(), "split-nest", "`split-into` REGION"),
            (!nested && splitting.split_into.is_some(), "split-into", "`split-nest` TABLE"),
            (splitting.split_beta.is_some() && splitting.split_distances.is_none(), "split-beta", "`split-distances` FILE"),
            (
                self.dropping.drop_below.is_some() && self.analysis != Analysis::Sparsify,
                "drop-below",
                "isard sparsify, which proves what it costs",
            ),
            (reading.missing_emissions.is_some() && !emissions, "missing-emissions", "`emissions` FILE"),
            (viewing.group_sectors.is_some() && !views, "group-sectors", "`views` LIST"),
            (asks_payments && !settled, "`duty`, `price-rule`, `compare`, `sensitivity` or `market`", "`cost` FILES or `price` PRICE"),
            (paying.ets_price.is_some() && !rule(PriceRule::Ets), "ets-price", "`price-rule` ets, `compare` or `sensitivity`"),
            (paying.bargaining.is_some() && !rule(PriceRule::Nash), "bargaining", "`price-rule` nash, `compare` or `sensitivity`"),
            (paying.gap_principle.is_some() && !gaps, "gap-principle", "`duty` gap-prorata or gap-fund, `compare` or `unbalanced`"),
            (
                paying.curves.is_some()
                    && paying.market == Some(false)
                    && paying.cost_of == Some(CostOf::Marginal)
                    && paying.cost.is_some(),
                "curves",
                "`market` or `cost-of` integral",
            ),
            (paying.cost_of.is_some() && !settled, "cost-of", "`cost` FILES, `price` PRICE or `curves` FILE"),
            (paying.vary_principles.is_some() && !sensitivity, "vary-principles", "`sensitivity`"),
            (paying.vary_duties.is_some() && !sensitivity, "vary-duties", "`sensitivity`"),
            (paying.vary_rules.is_some() && !sensitivity, "vary-rules", "`sensitivity`"),
            (paying.follow.is_some() && !sensitivity, "follow", "`sensitivity`"),
        ];
        match cases.iter().find(|c| c.0) {
            None => Ok(()),
            Some((_, option, needs)) => {
                let named = if option.starts_with('`') { option.to_string() } else { format!("`{option}`") };
                Err(Error::no_effect(format!("{named} has no effect: it needs {needs}"), format!("leave it out, or give {needs}")))
            }
        }
    }
}
