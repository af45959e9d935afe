//! Why emissions differ between two tables: intensity, technology, trade, level and composition of final demand.
//!
//! `cargo run --example structural`

use std::sync::Arc;

use isard::structural::{FIVE, Followed, How, structural};
use isard::synth::{Settings, table};

fn main() -> isard::Result<()> {
    let before = Arc::new(table(&Settings { regions: 3, sectors: 4, seed: 1, ..Settings::default() }));
    let after = Arc::new(table(&Settings { regions: 3, sectors: 4, seed: 2, ..Settings::default() }));
    let change = structural(&before, &after, &Followed::Stressor(None), &How::default())?;
    let all = change.before.len() - 1; // the last entry is the sum over all regions
    println!("{}: {:.3} -> {:.3} {}", change.factor, change.before[all].value, change.after[all].value, change.unit);
    for (k, name) in FIVE.iter().enumerate() {
        let effect = change.five.mean[[all, k]];
        println!("{name}: {:+.3} +- {:.1e}", effect.value, effect.bound);
    }
    println!("checks hold: {}", change.checks.iter().all(|check| check.holds));
    Ok(())
}
