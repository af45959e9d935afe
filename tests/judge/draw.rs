//! Tables drawn to break what sums, differences and bounds promise, and their files.

use std::io::Write;
use std::path::Path;

/// A small generator (splitmix64): the same tables for the same seed everywhere.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Draw(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x51_7C_C1_B7_27_22_0A_95)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In `[low, high)`.
    pub fn from(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * ((self.next() >> 11) as f64 / (1_u64 << 53) as f64)
    }

    /// `10^e`, e in `[low, high)`.
    pub fn size(&mut self, low: f64, high: f64) -> f64 {
        10f64.powf(self.from(low, high))
    }
}

/// What a table has of its own.
pub const KINDS: [&str; 18] = [
    "plain",
    "signed-categories",
    "many-categories",
    "signed-value-added",
    "derived-value-added",
    "imbalance",
    "nine-decades",
    "units-apart",
    "zero-output",
    "zero-stressor",
    "near-singular",
    "negative-cells",
    "unequal-regions",
    "extreme-size",
    "demand-sums-to-0",
    "stock-and-error",
    "mixed-sizes",
    "extreme-stressor",
];

pub struct Table {
    pub kind: &'static str,
    pub seed: u64,
    /// Sectors by region.
    pub sizes: Vec<usize>,
    pub z: Vec<Vec<f64>>,
    pub y: Vec<Vec<f64>>,
    pub x: Vec<f64>,
    pub exports: Option<Vec<f64>>,
    pub stock: Option<Vec<f64>>,
    pub error: Option<Vec<f64>>,
    pub imports: Option<Vec<f64>>,
    pub value_added: Vec<Vec<f64>>,
    pub q: Vec<f64>,
    pub households: Option<Vec<f64>>,
    /// Yuan per tonne by region.
    pub costs: Vec<f64>,
}

impl Table {
    pub fn n(&self) -> usize {
        self.sizes.iter().sum()
    }

    pub fn region(&self) -> Vec<usize> {
        self.sizes.iter().enumerate().flat_map(|(r, &s)| vec![r; s]).collect()
    }

    /// The sector of a row within its region; equal names are equal numbers.
    pub fn product(&self, i: usize) -> usize {
        let region = self.region();
        i - region.iter().position(|r| *r == region[i]).unwrap()
    }

    pub fn products(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or(0)
    }

    pub fn draw(seed: u64) -> Table {
        let mut d = Draw::new(seed);
        let kind = KINDS[(seed % KINDS.len() as u64) as usize];
        let regions = 2 + d.below(3);
        let sectors = 1 + d.below(3);
        let mut sizes = vec![sectors; regions];
        if kind == "unequal-regions" {
            sizes = (0..regions).map(|_| 1 + d.below(4)).collect();
        }
        let n: usize = sizes.iter().sum();
        let categories = match kind {
            "signed-categories" | "demand-sums-to-0" => 3,
            "many-categories" => 301,
            _ => 1 + d.below(2),
        };
        let (low, high) = match kind {
            "nine-decades" => (0.0, 9.0),
            "mixed-sizes" => (-120.0, 120.0),
            _ => (0.0, 1.0),
        };
        let scale: Vec<f64> = (0..n).map(|_| d.size(low, high)).collect();
        // coefficients first, then output, then what is left for demand
        let most = match kind {
            "near-singular" => 1.0 - d.size(-9.0, -3.0),
            _ => d.from(0.2, 0.8),
        };
        let mut a = vec![vec![0.0; n]; n];
        for j in 0..n {
            let mut sum = 0.0;
            for row in a.iter_mut() {
                row[j] = if d.below(5) == 0 { 0.0 } else { d.from(0.0, 1.0) };
                sum += row[j];
            }
            for row in a.iter_mut() {
                row[j] *= if sum == 0.0 { 0.0 } else { most / sum };
            }
        }
        if kind == "negative-cells" {
            for _ in 0..1 + d.below(3) {
                let (i, j) = (d.below(n), d.below(n));
                a[i][j] *= -0.3;
            }
        }
        // output that A and some demand make: a few rounds of x = A x + y
        let base: Vec<f64> = scale.iter().map(|s| s * d.from(0.5, 2.0)).collect();
        let mut x = base.clone();
        for _ in 0..30 {
            x = (0..n).map(|i| base[i] + (0..n).map(|j| a[i][j] * x[j]).sum::<f64>()).collect();
        }
        let mut z: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| a[i][j] * x[j]).collect()).collect();
        let idle = (kind == "zero-output" && n > 2).then(|| d.below(n));
        if let Some(k) = idle {
            z.iter_mut().for_each(|row| row[k] = 0.0);
            z[k].iter_mut().for_each(|v| *v = 0.0);
        }
        let mut y = vec![vec![0.0; regions * categories]; n];
        for (i, row) in y.iter_mut().enumerate() {
            let size = if Some(i) == idle { 0.0 } else { base[i] };
            for r in 0..regions {
                let part = size * d.from(0.05, 1.0) / regions as f64;
                let cells = &mut row[r * categories..(r + 1) * categories];
                match kind {
                    "signed-categories" => cells.copy_from_slice(&[1e6 * d.from(0.5, 1.0), part * 1e-2, 0.0]),
                    "many-categories" => {
                        cells.fill(part * 1e-16);
                        cells[0] = part;
                    }
                    "demand-sums-to-0" => {
                        let v = part * d.from(0.0, 1.0);
                        cells.copy_from_slice(&[v, part * 0.3, -v]);
                    }
                    _ => cells.iter_mut().for_each(|c| *c = part / categories as f64),
                }
                if kind == "signed-categories" {
                    cells[2] = -cells[0];
                }
            }
        }
        let mut exports = (d.below(3) > 0).then(|| base.iter().map(|b| b * d.from(0.0, 0.5)).collect::<Vec<f64>>());
        let mut stock =
            (kind == "stock-and-error" || d.below(6) == 0).then(|| base.iter().map(|b| b * d.from(-0.05, 0.1)).collect::<Vec<f64>>());
        let error = (kind == "stock-and-error").then(|| base.iter().map(|b| b * d.from(-1e-4, 1e-4)).collect::<Vec<f64>>());
        if let Some(k) = idle {
            [&mut exports, &mut stock].into_iter().flatten().for_each(|c| c[k] = 0.0);
        }
        let mut x: Vec<f64> = (0..n)
            .map(|i| {
                let rest: f64 = [&exports, &stock, &error].into_iter().flatten().map(|c| c[i]).sum();
                z[i].iter().sum::<f64>() + y[i].iter().sum::<f64>() + rest
            })
            .collect();
        if kind == "imbalance" {
            let part = d.size(-13.0, -6.0);
            x.iter_mut().for_each(|x| *x *= 1.0 + part * d.from(-1.0, 1.0));
        }
        if let Some(k) = idle {
            x[k] = 0.0;
        }
        let bought = |z: &[Vec<f64>], j: usize| z.iter().map(|row| row[j]).sum::<f64>();
        let imports = (d.below(2) == 0).then(|| (0..n).map(|j| (x[j] - bought(&z, j)).max(0.0) * d.from(0.0, 0.5)).collect::<Vec<f64>>());
        let left = |j: usize| x[j] - bought(&z, j) - imports.as_ref().map_or(0.0, |m| m[j]);
        let value_added: Vec<Vec<f64>> = match kind {
            "derived-value-added" => Vec::new(),
            "signed-value-added" => {
                let up: Vec<f64> = (0..n).map(|_| 1e9 * d.from(0.5, 1.0)).collect();
                vec![(0..n).map(left).collect(), up.clone(), up.iter().map(|v| -v).collect()]
            }
            _ if d.below(4) == 0 => Vec::new(),
            _ => vec![(0..n).map(left).collect()],
        };
        let mut imports = imports;
        if kind == "derived-value-added" {
            // value added of 1e-9 of output is what is left
            imports = Some((0..n).map(|j| x[j] - bought(&z, j) - x[j] * 1e-9 * d.from(0.5, 1.0)).collect());
        }
        let mut q: Vec<f64> = (0..n).map(|i| x[i].max(0.0) * d.from(0.0, 2.0)).collect();
        let mut households = (d.below(2) == 0).then(|| (0..regions).map(|_| d.from(0.0, 1.0)).collect::<Vec<f64>>());
        match kind {
            "zero-stressor" => {
                q.fill(0.0);
                households = None;
            }
            "units-apart" => {
                let apart = d.size(-15.0, 15.0);
                q.iter_mut().for_each(|v| *v *= apart);
            }
            "extreme-stressor" => {
                // down to numbers below the smallest normal one
                let factor = 2f64.powi([1000, -900, -1030][d.below(3)]);
                q.iter_mut().chain(households.iter_mut().flatten()).for_each(|v| *v *= factor);
            }
            _ => {}
        }
        let costs = (0..regions).map(|_| (d.from(10.0, 5000.0) * 8.0).round() / 8.0).collect();
        let mut table = Table { kind, seed, sizes, z, y, x, exports, stock, error, imports, value_added, q, households, costs };
        if kind == "extreme-size" {
            let factor = 2f64.powi(if d.below(2) == 0 { 900 } else { -900 } + d.below(40) as i32);
            table.scale(factor);
        }
        table
    }

    /// All money times a power of two.
    fn scale(&mut self, factor: f64) {
        let rows = self.z.iter_mut().chain(&mut self.y).chain(&mut self.value_added).chain(std::iter::once(&mut self.x));
        let others = [&mut self.exports, &mut self.stock, &mut self.error, &mut self.imports].into_iter().flatten();
        rows.chain(others).flat_map(|r| r.iter_mut()).for_each(|v| *v *= factor);
    }

    pub fn region_name(r: usize) -> String {
        format!("r{}", r + 1)
    }

    /// A `.npz` that has every cell bit for bit, and unit costs as CSV.
    pub fn write(&self, folder: &Path) {
        let (n, regions) = (self.n(), self.sizes.len());
        let file = std::fs::File::create(folder.join("table.npz")).unwrap();
        let mut zip = zip::ZipWriter::new(file);
        let mut put = |name: &str, kind: &str, shape: &[usize], data: &[u8]| {
            let shape: String = shape.iter().map(|s| format!("{s}, ")).collect();
            let mut head = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
            while (head.len() + 11) % 64 != 0 {
                head.push(' ');
            }
            head.push('\n');
            let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            zip.start_file(format!("{name}.npy"), stored).unwrap();
            zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
            zip.write_all(&(head.len() as u16).to_le_bytes()).unwrap();
            zip.write_all(head.as_bytes()).unwrap();
            zip.write_all(data).unwrap();
        };
        let bytes = |v: &[f64]| v.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        put("Z", "<f8", &[n, n], &bytes(&self.z.concat()));
        put("Y", "<f8", &[n, self.y[0].len()], &bytes(&self.y.concat()));
        put("x", "<f8", &[n], &bytes(&self.x));
        let columns = [("exports", &self.exports), ("stock", &self.stock), ("error", &self.error), ("imports", &self.imports)];
        for (name, column) in columns {
            if let Some(column) = column {
                put(name, "<f8", &[n], &bytes(column));
            }
        }
        if !self.value_added.is_empty() {
            put("va", "<f8", &[self.value_added.len(), n], &bytes(&self.value_added.concat()));
        }
        put("emissions", "<f8", &[n], &bytes(&self.q));
        if let Some(h) = &self.households {
            put("households", "<f8", &[regions], &bytes(h));
        }
        let text = |words: &[String]| {
            let width = words.iter().map(|w| w.chars().count()).max().unwrap_or(1);
            let put = |w: &String| {
                let mut cells: Vec<u32> = w.chars().map(u32::from).collect();
                cells.resize(width, 0);
                cells.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
            };
            (format!("<U{width}"), words.iter().flat_map(put).collect::<Vec<u8>>())
        };
        let region = self.region();
        let (names, sectors): (Vec<String>, Vec<String>) =
            (0..n).map(|i| (Self::region_name(region[i]), format!("s{}", self.product(i) + 1))).unzip();
        for (name, words) in [("regions", names), ("sectors", sectors)] {
            let (kind, data) = text(&words);
            put(name, &kind, &[n], &data);
        }
        for (name, word) in [("unit", "10^4 yuan"), ("emissions_unit", "t")] {
            let (kind, data) = text(&[word.to_string()]);
            put(name, &kind, &[1], &data);
        }
        zip.finish().unwrap();
        let lines: String = self.costs.iter().enumerate().map(|(r, c)| format!("{},{c}\n", Self::region_name(r))).collect();
        std::fs::write(folder.join("cost.csv"), format!("region,cost_yuan_per_t\n{lines}")).unwrap();
        // the right-hand sides of a whole inverse, and demand of both signs
        let head: String = (0..n).map(|k| format!(",e{k}")).collect();
        let rows: String = (0..n)
            .map(|i| {
                let unit: String = (0..n).map(|k| if i == k { ",1" } else { ",0" }).collect();
                format!("{},s{}{unit},{}\n", Self::region_name(region[i]), self.product(i) + 1, if i % 2 == 0 { 1.0 } else { -1.0 })
            })
            .collect();
        std::fs::write(folder.join("units.csv"), format!("region,sector{head},signs\n{rows}")).unwrap();
    }
}
