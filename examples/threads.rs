//! One model for many threads: 1,000 demands from 8 threads, a study that another thread cancels, flows with their bounds.
//!
//! `cargo run --release --example threads -- [TABLE]`; without a table it draws one of 5 regions x 8 sectors.

use std::sync::mpsc::sync_channel;

use isard::{Error, Leontief, Stopping, Study, System, Watch, decompose, formats, study, synth};
use ndarray::Array2;

fn main() -> isard::Result<()> {
    let table = match std::env::args().nth(1) {
        Some(file) => formats::read(file.as_ref(), &formats::Reading::default())?,
        None => synth::table(&synth::Settings { regions: 5, sectors: 8, ..Default::default() }),
    };
    let model = Leontief::new(System::new(table), None, Stopping::default(), Watch::default())?;

    let Some(inverse) = model.inverse()? else {
        println!("the system is not proven productive: no answer has a bound");
        return Ok(());
    };
    let answer = |thread: usize| {
        let demands = Array2::from_shape_fn((inverse.dim(), 125), |(i, k)| ((i + thread * 125 + k) % 10) as f64);
        let answers = inverse.outputs(demands.view());
        let entries = (0..125).flat_map(|k| (0..inverse.dim()).map(move |i| (i, k)));
        entries.map(|(i, k)| answers.entry(i, k)).map(|e| e.bound / e.value).fold(0.0, f64::max)
    };
    let widest = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|t| scope.spawn(move || answer(t))).collect();
        threads.into_iter().map(|t| t.join().expect("no thread panics")).fold(0.0, f64::max)
    });
    println!("1000 demands, widest bound {widest:.1e} of its entry");

    // the channel holds no event, so the study waits at its second one until the receiver is dropped
    let (tell, events) = sync_channel(0);
    let watch = Watch::default().on_progress(move |stage, _| drop(tell.send(stage.to_string())));
    let copy = watch.clone();
    let running = std::thread::spawn(move || study::run(&Study::default(), &copy));
    println!("cancelling in stage {}", events.recv().unwrap_or_default());
    watch.cancel();
    drop(events);
    match running.join().expect("no study panics") {
        Err(Error::Cancelled { stage }) => println!("cancelled in stage {stage}"),
        ended => println!("certified: {}", ended?.certified()),
    }

    let flows = decompose::flows(&model, 0);
    for ((s, k), flow) in flows.flow.indexed_iter() {
        println!("region {s} for destination {k}: {} +- {:.1e} {}", flow.value, flow.bound, flows.unit);
    }
    Ok(())
}
