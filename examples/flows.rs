//! Emissions by region of origin and of final demand, each with its bound.
//!
//! `cargo run --example flows -- [TABLE]`; without a table it draws one of 4 regions x 6 sectors.

use isard::labels::Language;
use isard::{Leontief, Stopping, System, Watch, audit, decompose, formats, synth};

fn main() -> isard::Result<()> {
    let table = match std::env::args().nth(1) {
        Some(file) => formats::read(file.as_ref(), &formats::Reading::default())?,
        None => synth::table(&synth::Settings::default()),
    };
    audit::refuse(&audit::audit(&table), &[])?;
    let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
    let flows = decompose::flows(&model, 0);
    let labels = model.system.labels();
    for ((origin, k), flow) in flows.flow.indexed_iter() {
        let (origin, destination) = (labels.regions[origin].label(Language::En), flows.destinations[k]);
        let destination = destination.label(labels, Language::En);
        println!("{origin} for {destination}: {} +- {:.1e} {}", flow.value, flow.bound, flows.unit);
    }
    println!("certified: {}", flows.certified());
    Ok(())
}
