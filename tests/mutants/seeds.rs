//! A sound file for every reader, and the command that reads it.

use std::path::Path;
use std::process::Command;

use super::draw::Table;
use super::isard;

#[path = "../ceads_generator.rs"]
#[allow(dead_code)]
mod ceads_generator;
#[path = "../sic_generator.rs"]
#[allow(dead_code)]
mod sic_generator;

pub struct Reader {
    pub name: &'static str,
    /// Files that are damaged, by path in the folder of the run.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files that are needed beside them.
    beside: Vec<(String, Vec<u8>)>,
    pub words: Vec<String>,
    /// Whether the file is a zip archive, and whether checksums cover its numbers.
    pub archive: bool,
    pub checked: bool,
}

impl Reader {
    pub fn write(&self, folder: &Path) {
        for (name, bytes) in self.files.iter().chain(&self.beside) {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// All files below a folder.
fn files(folder: &Path, below: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        let name = format!("{below}{}", entry.file_name().unwrap().to_string_lossy());
        if entry.is_dir() {
            found.extend(files(&entry, &format!("{name}/")));
        } else {
            found.push((name, std::fs::read(&entry).unwrap()));
        }
    }
    found.sort();
    found
}

fn synth(folder: &Path, words: &[&str]) {
    let done = Command::new(isard()).arg("synth").args(words).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

const PYMRIO: [(&str, &str); 8] = [
    (
        "p/file_parameters.json",
        r#"{"files": {"Z": {"name": "Z.txt", "nr_index_col": "2", "nr_header": "2"}, "Y": {"name": "Y.txt", "nr_index_col": "2", "nr_header": "2"}, "x": {"name": "x.txt", "nr_index_col": "2", "nr_header": "1"}, "unit": {"name": "unit.txt", "nr_index_col": "2", "nr_header": "1"}}, "systemtype": "IOSystem"}"#,
    ),
    (
        "p/Z.txt",
        "region\t\tN\tN\tS\nsector\t\tfood\tsteel\tfood\nregion\tsector\t\t\t\nN\tfood\t1\t2\t0\nN\tsteel\t1\t0\t3\nS\tfood\t0\t4\t5\n",
    ),
    ("p/Y.txt", "region\t\tN\tN\tS\ncategory\t\tC\tG\tC\nregion\tsector\t\t\t\nN\tfood\t6\t1\t0\nN\tsteel\t7\t0\t9\nS\tfood\t0\t2\t9\n"),
    ("p/x.txt", "region\tsector\tindout\nN\tfood\t10\nN\tsteel\t20\nS\tfood\t20\n"),
    ("p/unit.txt", "region\tsector\tunit\nN\tfood\tM EUR\nN\tsteel\tM EUR\nS\tfood\tM EUR\n"),
    (
        "p/air/file_parameters.json",
        r#"{"files": {"F": {"name": "F.txt", "nr_index_col": "1", "nr_header": "2"}, "unit": {"name": "unit.txt", "nr_index_col": "1", "nr_header": "1"}}, "systemtype": "Extension", "name": "air"}"#,
    ),
    ("p/air/F.txt", "region\tN\tN\tS\nsector\tfood\tsteel\tfood\nstressor\t\t\t\nCO2\t10\t20\t30\n"),
    ("p/air/unit.txt", "stressor\tunit\nCO2\tkt\n"),
];

/// Every reader with its seed.
pub fn readers() -> Vec<Reader> {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path();
    Table::draw(0).write(at);
    synth(at, &["--regions", "3", "--sectors", "2", "--seed", "5", "--output", "long"]);
    synth(at, &["--regions", "3", "--sectors", "2", "--seed", "5", "--output", "t.isard"]);
    synth(at, &["--gravity", "--regions", "6", "--sectors", "4", "--classes", "2", "--kernels", "2", "--output", "f.isard"]);
    use ceads_generator::{Codes, Layout, Numbers};
    let layout = Layout {
        title: None,
        regions: vec!["Beijing", "Tianjin"],
        sectors: vec!["Agriculture".into(), "Mining".into(), "Services".into()],
        categories: 5,
        value_added: 4,
        intermediate_total: true,
        first_row: 4,
        chinese: false,
        merged: false,
        codes: Codes::Text,
        province_first: true,
        exports: true,
        error: Some("Others"),
        co2: Some("CO2 (Mt)"),
    };
    ceads_generator::write(&at.join("ceads.xlsx"), &layout, &Numbers::new(&layout), &["2017"]);
    sic_generator::write(&at.join("sic.xlsx"), &["2007-8"], |_| {});
    let read = |name: &str| (name.to_string(), std::fs::read(at.join(name)).unwrap());
    let text = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let words =
        |line: &str| line.split(' ').chain(["--json", "-q", "--threads", "1"]).map(|w| w.replace("8_yuan", "8 yuan")).collect::<Vec<_>>();
    let plain = |name, files: Vec<(String, Vec<u8>)>, line: &str| Reader {
        name,
        files,
        beside: Vec::new(),
        words: words(line),
        archive: false,
        checked: false,
    };
    let table = || vec![read("t.isard")];
    let pymrio: Vec<(String, Vec<u8>)> = PYMRIO.iter().map(|(name, t)| text(name, t)).collect();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in &pymrio {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    let zipped = zip.finish().unwrap().into_inner();
    let mut npy = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (6, 2), }".to_vec();
    npy.resize(127, b' ');
    npy.push(b'\n');
    (0..12).for_each(|k| npy.extend_from_slice(&f64::from(k).to_le_bytes()));
    let panel: String = (2010..2014)
        .flat_map(|y| {
            (1..=6).map(move |r| format!("r{r},{y},{},{},{},{},{}\n", 10 * r + y - 2000, 20 * r, 5 * r + 1, 30 * r + (y - 2010), 7 * r))
        })
        .collect();
    let beside = |reader: Reader, beside: Vec<(String, Vec<u8>)>| Reader { beside, ..reader };
    vec![
        Reader { archive: true, checked: true, ..plain("npz", vec![read("table.npz")], "flows table.npz") },
        plain("long", files(&at.join("long"), "long/"), "flows long"),
        Reader { checked: true, ..plain("snapshot", table(), "flows t.isard") },
        plain("factors", vec![read("f.isard")], "solve f.isard"),
        plain("pymrio", pymrio, "flows p --factor air/CO2"),
        Reader { archive: true, checked: true, ..plain("pymrio-zip", vec![("p.zip".into(), zipped)], "flows p.zip --factor air/CO2") },
        Reader { archive: true, checked: true, ..plain("ceads", vec![read("ceads.xlsx")], "flows ceads.xlsx") },
        Reader { archive: true, ..plain("sic", vec![read("sic.xlsx")], "audit sic.xlsx --sheet 2007-8") },
        beside(
            plain(
                "columns-csv",
                vec![text("d.csv", "region,sector,a,b\nr1,s01,1,2\nr2,s02,3,0\nr3,s01,1e-3,5\n")],
                "solve t.isard --demand d.csv",
            ),
            table(),
        ),
        beside(plain("columns-npy", vec![("d.npy".into(), npy)], "solve t.isard --demand d.npy"), table()),
        beside(
            plain("costs", vec![text("c.csv", "region,cost_yuan_per_t\nr1,100\nr2,200\nr3,50\n")], "compensate t.isard --cost c.csv"),
            table(),
        ),
        beside(
            plain(
                "emissions",
                vec![text("e.csv", "region,sector,value\nr1,s01,1\nr1,s02,2\nr2,s01,3\nr2,s02,4\nr3,s01,5\nr3,s02,6\n")],
                "flows t.isard --emissions e.csv --emissions-unit Mt",
            ),
            table(),
        ),
        beside(
            plain("groups", vec![text("g.csv", "name,group\nr1,north\nr2,north\nr3,south\n")], "flows t.isard --group-regions g.csv"),
            table(),
        ),
        beside(
            plain("population", vec![text("n.csv", "region,population\nr1,100\nr2,200\nr3,300\n")], "flows t.isard --population n.csv"),
            table(),
        ),
        beside(
            plain(
                "alpha",
                vec![text(
                    "a.csv",
                    "origin,destination,alpha\nr1,r2,0.5\nr1,r3,0.5\nr2,r1,0.4\nr2,r3,1\nr3,r1,0\nr3,r2,0.3\nr1,export,1\nr2,export,1\nr3,export,1\n",
                )],
                "responsibility t.isard --alpha-pairs a.csv",
            ),
            table(),
        ),
        beside(
            plain(
                "study",
                vec![text("s.toml", "table = \"t.isard\"\nstressor = \"CO2\"\nprice = 100.0\nduty = \"shared\"\n")],
                "run s.toml",
            ),
            table(),
        ),
        plain(
            "panel",
            vec![text("panel.csv", &format!("region,year,capital,labour,energy,gdp,co2\n{panel}"))],
            "cost panel.csv --gdp-unit 10^8_yuan --co2-unit Mt --prices constant --capital-prices constant --estimator quadratic --direction both --placebo 0",
        ),
    ]
}
