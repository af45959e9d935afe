//! One model with threads of its own, for many callers: 1,000 demands from 8 threads, a study that another thread cancels, flows with their bounds.
//!
//! `cargo run --release --example threads -- [TABLE]`; without a table it draws one of 5 regions x 8 sectors.

use std::sync::mpsc::sync_channel;

use isard::{Error, Leontief, Stopping, Study, System, Threads, Watch, decompose, formats, study, synth};
use ndarray::Array2;

fn main() -> isard::Result<()> {
    let table = match std::env::args().nth(1) {
        Some(file) => formats::read(file.as_ref(), &formats::Reading::default())?,
        None => synth::table(&synth::Settings { regions: 5, sectors: 8, ..Default::default() }),
    };
    let watch = Watch::default().on_threads(Threads::new(4)?);
    let model = Leontief::new(System::new(table), None, Stopping::default(), watch)?;

    let inverse = model.inverse()?.expect("a table with a spectral radius below 1 has one");
    std::thread::scope(|scope| {
        for (thread, inverse) in (0..8).zip(std::iter::repeat(&inverse)) {
            scope.spawn(move || {
                let demands = Array2::from_shape_fn((inverse.dim(), 125), |(i, k)| ((i + thread * 125 + k) % 10) as f64);
                let output = inverse.outputs(demands.view()).entry(0, 124);
                println!("demand {}: row 0 makes {} +- {:.1e}", thread * 125 + 124, output.value, output.bound);
            });
        }
    });

    // the channel holds no event, so the study waits at its second one until the receiver is dropped
    let (tell, events) = sync_channel(0);
    let watch = Watch::default().on_progress(move |stage, _| drop(tell.send(stage.to_string())));
    let copy = watch.clone();
    let running = std::thread::spawn(move || study::run(&Study::default(), &copy));
    println!("the first stage is {}", events.recv().unwrap_or_default());
    watch.cancel();
    drop(events);
    if let Err(Error::Cancelled { stage }) = running.join().expect("a study does not panic") {
        println!("cancelled in stage {stage}");
    }

    for (place, flow) in decompose::flows(&model, 0).flow.indexed_iter() {
        println!("origin and destination {place:?}: {} +- {:.1e}", flow.value, flow.bound);
    }
    Ok(())
}
