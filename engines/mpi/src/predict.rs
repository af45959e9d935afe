//! `isard-mpi --predict`: times that the model of a pass predicts for other machines; nothing here is measured.
//!
//! A pass on P nodes, one rank each, n rows, N entries, k columns in panels of p:
//!
//! ```text
//! compute  = max((N / P + M) k / rate, bytes ceil(k / p) / (P memory))    M: what each rank repeats, technologies of factors
//! lead     = 8 n k vectors / memory                         what rank 0 does alone, all its cores
//! spread   = 8 n k / net + latency ceil(log2 P) panels      a pipelined tree: every node takes the panel once
//! collect  = 8 n k (P - 1) / P / net + latency (P - 1) panels    all parts go to one node
//! ```
//! One node neither spreads nor collects. Hockney, *The communication challenge for MPP*, Parallel Computing 20 (1994): time =
//! latency + bytes / bandwidth.

use std::fmt::Write as _;
use std::process::ExitCode;

/// A node and its network.
#[derive(Clone, Copy)]
struct Hardware {
    /// Multiply-adds a second of the product on all cores, entries in memory.
    rate: f64,
    /// Bytes a second of memory.
    memory: f64,
    /// Bytes a second of one network port.
    net: f64,
    /// Seconds of a message.
    latency: f64,
}

/// 64 cores at half the rate of a core with AVX-512 (6e9 on the machine of benches/RESULTS.md), eight channels of DDR4-3200, one
/// port of 200 Gbit/s.
const NODE: Hardware = Hardware { rate: 64.0 * 3e9, memory: 160e9, net: 22e9, latency: 2e-6 };

/// Panels: columns of one where n is above 50,000, and where it is not.
const PANELS: [f64; 2] = [16.0, 32.0];
/// Reads and writes of a panel by rank 0 in a pass of the series: b, x, r, d, the judge.
const VECTORS: f64 = 7.0;
/// Passes of the series down to 1e-9.
const PASSES: f64 = 45.0;

/// A system.
struct System {
    name: &'static str,
    rows: f64,
    /// Multiply-adds of one column, and bytes that a panel reads.
    work: f64,
    /// Multiply-adds of one column that every rank repeats.
    repeated: f64,
    bytes: f64,
}

/// Full tables, ten bytes an entry, and factors of 3,142 regions x 546 products in two kernels of 32 bits and three technologies.
fn systems() -> [System; 3] {
    let full = |name, rows: f64| System { name, rows, work: rows * rows, repeated: 0.0, bytes: 10.0 * rows * rows };
    let (r, s) = (3_142.0, 546.0);
    let factors = System {
        name: "1,715,532, factors",
        rows: r * s,
        work: s * r * r,
        repeated: r * s * s,
        bytes: 2.0 * 4.0 * r * r + 3.0 * 8.0 * s * s,
    };
    [full("33,075, full", 33_075.0), full("94,856, full", 94_856.0), factors]
}

/// Seconds of a pass: compute, lead, spread, collect.
fn pass(system: &System, columns: f64, nodes: f64, node: Hardware) -> [f64; 4] {
    let panel = PANELS[usize::from(system.rows <= 50_000.0)];
    let panels = (columns / panel).ceil();
    let compute = ((system.work / nodes + system.repeated) * columns / node.rate).max(system.bytes * panels / (nodes * node.memory));
    let numbers = 8.0 * system.rows * columns;
    let lead = numbers * VECTORS / node.memory;
    if nodes == 1.0 {
        return [compute, lead, 0.0, 0.0];
    }
    let spread = numbers / node.net + node.latency * nodes.log2().ceil() * panels;
    let collect = numbers * (nodes - 1.0) / nodes / node.net + node.latency * (nodes - 1.0) * panels;
    [compute, lead, spread, collect]
}

/// The table.
fn table() -> String {
    let mut text = format!(
        "PREDICTED, not measured: seconds of a solve of {PASSES} passes of the power series, one rank a node.\n\
         A node: {:.0}e9 multiply-adds/s, memory {:.0} GB/s, network {:.0} GB/s, {:.0} us a message.\n\n\
         | rows | columns |{}\n|---|---|{}\n",
        NODE.rate / 1e9,
        NODE.memory / 1e9,
        NODE.net / 1e9,
        NODE.latency * 1e6,
        nodes().map(|p| format!(" {p} |")).collect::<String>(),
        nodes().map(|_| "---|").collect::<String>(),
    );
    for system in systems() {
        for columns in [1.0, 31.0, 1_000.0] {
            let times = nodes().map(|p| PASSES * pass(&system, columns, p as f64, NODE).iter().sum::<f64>());
            let cells: String = times.map(|t| if t < 0.1 { format!(" {t:.3} |") } else { format!(" {t:.2} |") }).collect();
            let _ = writeln!(text, "| {} | {columns} |{cells}", system.name);
        }
    }
    text
}

fn nodes() -> impl Iterator<Item = u32> {
    (0..=5).map(|p| 4u32.pow(p))
}

/// The exit code, where a prediction is what is asked for.
pub(crate) fn asked() -> Option<ExitCode> {
    let asked = std::env::args_os().nth(1).is_some_and(|a| a == "--predict");
    asked.then(|| {
        print!("{}", table());
        ExitCode::SUCCESS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_computes_and_others_talk() {
        for system in systems() {
            let [compute, lead, spread, collect] = pass(&system, 31.0, 1.0, NODE);
            assert!(compute > 0.0 && lead > 0.0 && spread == 0.0 && collect == 0.0);
            let four = pass(&system, 31.0, 4.0, NODE);
            let repeated = system.repeated * 31.0 / NODE.rate;
            assert!((four[0] - repeated - (compute - repeated) / 4.0).abs() < 1e-9 && four[2] > 0.0 && four[3] > 0.0);
        }
    }
}
