//! Payments between regions, from a study built in code: the embedded SYNTHETIC table, one price for all regions.
//!
//! `cargo run --example payments`

use isard::study::options::{Paying, Reading};
use isard::study::{self, Analysis};
use isard::{Study, Watch};

fn main() -> isard::Result<()> {
    let study = Study {
        analysis: Analysis::Compensate,
        reading: Reading { seed: Some(7), ..Reading::default() },
        paying: Paying { price: Some(100.0), ..Paying::default() }, // yuan per tonne
        ..Study::default()
    };
    let results = study::run(&study, &Watch::default().on_note(|note| eprintln!("{note}")))?;
    if let Some((report, settled)) = results.report().and_then(|r| Some((r, r.compensation.as_ref()?))) {
        for (region, net) in report.regions().iter().zip(&settled.payments.net) {
            println!("{region} receives {:.1} +- {:.1e} {}", net.value, net.bound, settled.payments.unit);
        }
    }
    println!("certified: {}", results.certified());
    Ok(())
}
