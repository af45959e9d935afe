//! Responsibility of each region by every principle, and theta: the share of its outflows that a region keeps.
//!
//! `cargo run --example responsibility`

use isard::responsibility::{SharingRule, accounts};
use isard::{Leontief, Stopping, System, Watch, decompose, synth};

fn main() -> isard::Result<()> {
    let table = synth::table(&synth::Settings::default());
    let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
    let flows = decompose::flows(&model, 0);
    // 0.5: the share of production in the mix of production and consumption
    let (accounts, theta) = accounts(&model, 0, &flows, &SharingRule::default(), 0.5)?;
    for account in accounts {
        let regions: Vec<String> = account.regions.iter().map(|v| format!("{:.3}", v.value)).collect();
        println!("{}: {} {}", account.principle.name(), regions.join(" "), flows.unit);
    }
    for (r, theta) in theta.region.iter().enumerate() {
        println!("theta of {}: {:.4} +- {:.1e}", model.system.labels().regions[r].given, theta.value, theta.bound);
    }
    Ok(())
}
