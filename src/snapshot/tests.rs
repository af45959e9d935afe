//! Files that are well sealed and wrong inside: every checksum is right, and what they say is not to be believed.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::header::Header;
use super::prelude::{Content, LENGTH, Prelude};
use super::section::{Kind, Section};
use super::{BLOCK, VERSION, aligned, decode, encode, open, write};
use crate::error::{Error, Result};
use crate::synth;
use crate::table::Table;

fn small() -> Table {
    synth::table(&synth::Settings { regions: 2, sectors: 3, density: 0.5, ..synth::Settings::default() })
}

/// A snapshot taken apart: its header, and its bytes up to there.
fn parts(folder: &Path) -> (Header, Vec<u8>) {
    let path = folder.join("whole.isard");
    write(&small(), &path, false).unwrap();
    let bytes = std::fs::read(path).unwrap();
    let prelude = Prelude::read(&bytes[..LENGTH], bytes.len() as u64, Path::new("")).unwrap();
    let at = prelude.header_at as usize;
    (decode(&bytes[at..]).unwrap(), bytes[..at].to_vec())
}

/// Puts the parts together again with right checksums.
fn seal(folder: &Path, mut header: Header, mut body: Vec<u8>) -> PathBuf {
    for s in &mut header.sections {
        let end = s.offset.saturating_add(s.bytes) as usize;
        if let Some(bytes) = body.get(s.offset as usize..end) {
            s.checksums = bytes.chunks(BLOCK).map(crc32fast::hash).collect();
        }
    }
    let bytes = encode(&header).unwrap();
    close(folder, &mut body, &bytes)
}

fn close(folder: &Path, body: &mut Vec<u8>, header: &[u8]) -> PathBuf {
    let (header_at, header_length) = (body.len() as u64, header.len() as u64);
    let prelude = Prelude {
        content: Content::Table,
        file: header_at + header_length,
        header_at,
        header_length,
        header_checksum: crc32fast::hash(header),
    };
    body[..LENGTH].copy_from_slice(&prelude.to_bytes());
    let path = folder.join("sealed.isard");
    std::fs::write(&path, [body.as_slice(), header].concat()).unwrap();
    path
}

fn use_all(path: &Path) -> Result<Table> {
    let snapshot = open(path)?;
    let table = snapshot.table();
    let n = snapshot.dim();
    let rows = snapshot.z_rows(0..n).map(|rows| rows.iter().map(|(_, c, v)| c.len() + v.len()).sum::<usize>());
    assert!(table.is_err() || rows.is_ok());
    let _ = (snapshot.verify(), snapshot.labels(), snapshot.z_rows(n / 2..n), snapshot.entries(), snapshot.regions().count());
    table
}

fn section<'h>(header: &'h mut Header, name: &str) -> &'h mut Section {
    header.sections.iter_mut().find(|s| s.name == name).unwrap()
}

fn refused(path: &Path) -> String {
    match use_all(path) {
        Ok(_) => panic!("{} was accepted", path.display()),
        Err(e @ Error::Format { .. }) => e.to_string(),
        Err(e) => panic!("another kind of error: {e}"),
    }
}

#[test]
fn parts_put_together_again_are_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let (header, body) = parts(folder.path());
    let sealed = seal(folder.path(), header, body);
    assert_eq!(std::fs::read(sealed).unwrap(), std::fs::read(folder.path().join("whole.isard")).unwrap());
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    type Change = fn(&mut Header);
    let changes: [(&str, Change); 16] = [
        ("starts past the file", |h| section(h, "x").offset = u64::MAX - 63),
        ("starts at an odd byte", |h| section(h, "x").offset += 8),
        ("is longer than the file", |h| section(h, "z.data").shape = vec![1 << 60]),
        ("has a product past all numbers", |h| section(h, "y").shape = vec![u64::MAX, u64::MAX]),
        ("has two extents", |h| section(h, "x").shape = vec![6, 1]),
        ("is of another kind", |h| section(h, "x").kind = Kind::U64),
        ("has another name", |h| section(h, "x").name = "z.transposed".into()),
        ("comes twice", |h| section(h, "exports").name = "x".into()),
        ("is missing", |h| drop(h.sections.pop())),
        ("has a number past the names", |h| h.names.clear()),
        ("has a region without rows to name", |h| h.regions.clear()),
        ("has row ranges that fall", |h| h.offsets = vec![0, 7, 6]),
        ("has row ranges from 1", |h| h.offsets[0] = 1),
        ("has more rows than there are columns", |h| h.offsets[2] = 1 << 33),
        ("has no ranges", |h| h.demand_offsets.clear()),
        ("has a checksum too few", |h| {
            let x = section(h, "x").clone();
            h.sections.push(Section { name: "stock".into(), checksums: Vec::new(), offset: x.offset, ..x });
        }),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (what, change) in changes {
        let (mut header, body) = parts(folder.path());
        std::fs::remove_file(folder.path().join("whole.isard")).unwrap();
        change(&mut header);
        let message = refused(&seal(folder.path(), header, body));
        assert!(message.contains("damaged snapshot"), "{what}: {message}");
    }
}

#[test]
fn rows_that_are_no_rows_are_refused() {
    type Change = fn(&mut [u8]);
    let changes: [(&str, &str, Change); 5] = [
        ("z.indptr", "rise", |b| b[..8].copy_from_slice(&1u64.to_le_bytes())),
        ("z.indptr", "rise", |b| b[8..16].copy_from_slice(&u64::MAX.to_le_bytes())),
        ("z.indptr", "rise", |b| b[48..].copy_from_slice(&3u64.to_le_bytes())),
        ("z.indices", "", |b| b[..4].copy_from_slice(&6u32.to_le_bytes())),
        ("z.indices", "", |b| b[4..8].copy_from_slice(&0u32.to_le_bytes())),
    ];
    for (name, says, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let (mut header, mut body) = parts(folder.path());
        let s = section(&mut header, name);
        change(&mut body[s.offset as usize..(s.offset + s.bytes) as usize]);
        let path = seal(folder.path(), header, body);
        assert!(refused(&path).contains(says));
        let rows = open(&path).unwrap().z_rows(0..6).unwrap_err().to_string();
        assert!(rows.contains(name) && rows.contains("rise"), "{rows}");
    }
}

#[test]
fn opening_reads_no_number_of_the_table() {
    // 4 GB of a sparse file whose blocks all have wrong checksums: it opens, and the first use of a block refuses it
    let folder = tempfile::tempdir().unwrap();
    let (mut header, mut body) = parts(folder.path());
    let entries = 1u64 << 28;
    let mut end = LENGTH as u64;
    for s in &mut header.sections {
        if ["z.indices", "z.data"].contains(&s.name.as_str()) {
            s.shape = vec![entries];
            s.bytes = entries * s.kind.size();
            s.checksums = vec![1; s.blocks() as usize];
        }
        s.offset = aligned(end).unwrap();
        end = s.offset + s.bytes;
    }
    let bytes = encode(&header).unwrap();
    let path = close(folder.path(), &mut body, &bytes);
    let (header_at, header_length) = (aligned(end).unwrap(), bytes.len() as u64);
    let prelude = Prelude {
        content: Content::Table,
        file: header_at + header_length,
        header_at,
        header_length,
        header_checksum: crc32fast::hash(&bytes),
    };
    let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    if file.set_len(prelude.file).is_err() {
        return println!("skipped: no sparse files here");
    }
    std::io::Write::write_all(&mut file, &prelude.to_bytes()).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(header_at)).unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    let snapshot = open(&path).unwrap();
    assert_eq!(snapshot.entries() as u64, entries);
    assert!(header_length < 1 << 20, "{header_length} bytes were read");
    let refusal = snapshot.section_f64("z.data").unwrap_err().to_string();
    assert!(refusal.contains("checksum"), "{refusal}");
    assert!(snapshot.verify().is_err());
}

#[test]
fn a_newer_version_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (header, body) = parts(folder.path());
    let path = seal(folder.path(), header, body);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let message = refused(&path);
    assert!(
        message.contains(&format!("format version {}", VERSION + 1)) && message.contains(&format!("versions 1 to {VERSION}")),
        "{message}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_in_a_sealed_file_lead_to_an_error_or_a_table(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        in_header in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (header, mut body) = parts(folder.path());
        let mut bytes = encode(&header).unwrap();
        for (at, value) in changes {
            if in_header {
                let k = at.index(bytes.len());
                bytes[k] = value;
            } else {
                let k = LENGTH + at.index(body.len() - LENGTH);
                body[k] = value;
            }
        }
        let path = if in_header { close(folder.path(), &mut body, &bytes) } else { seal(folder.path(), header, body) };
        if let Err(e) = use_all(&path) {
            prop_assert!(matches!(e, Error::Format { .. } | Error::Invalid { .. }), "{e}");
        }
    }
}
