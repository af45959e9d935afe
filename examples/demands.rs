//! Thousands of demands through one prepared model, every entry of every answer with its bound.
//!
//! `cargo run --release --example demands -- [TABLE] [DEMANDS]` prints how many demands a second; without a table it takes the
//! embedded one of 31 provinces x 42 sectors.

use std::path::Path;
use std::time::Instant;

use isard::{Leontief, Stopping, System, Watch, formats, synth};
use ndarray::Array2;

fn main() -> isard::Result<()> {
    let mut words = std::env::args().skip(1);
    let table = match words.next() {
        Some(file) => formats::read(Path::new(&file), &formats::Reading::default())?,
        None => synth::provinces(2017),
    };
    let count: usize = words.next().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;
    let begun = Instant::now();
    let Some(inverse) = model.inverse()? else {
        println!("the system is not proven productive: no answer has a bound");
        return Ok(());
    };
    println!("prepared in {:.2} s", begun.elapsed().as_secs_f64());

    // demand k is gross output of the row, raised here and lowered there
    let output = &model.system.output;
    let demands = Array2::from_shape_fn((inverse.dim(), count), |(i, k)| output[i].abs() * (1 + (i * 7 + k * 13) % 5) as f64);
    let begun = Instant::now();
    let answers = inverse.outputs(demands.view());
    let spent = begun.elapsed().as_secs_f64();
    let widest = (0..count).flat_map(|k| (0..inverse.dim()).map(move |i| (i, k))).map(|(i, k)| answers.entry(i, k));
    let widest = widest.filter(|e| e.value > 0.0).map(|e| e.bound / e.value).fold(0.0, f64::max);
    println!("{:.0} demands a second; widest bound {widest:.1e} of its entry", count as f64 / spent);
    let first = answers.entry(0, 0);
    println!("{}, first demand: {} +- {:.1e}", model.system.labels().row_name(0), first.value, first.bound);
    Ok(())
}
