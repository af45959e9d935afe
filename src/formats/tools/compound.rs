//! Compound files (the container of .xls), checked before a reader of workbooks follows their chains.
//!
//! A file is cut into sectors. The file allocation table gives for each sector the next of its chain, so a chain can lead
//! to itself; no chain has more sectors than the file. A second table does the same for streams below 4,096 bytes.
//!
//! Microsoft, [MS-CFB] Compound File Binary File Format, 2.1 to 2.6.

use std::collections::HashSet;

/// Bytes that open a compound file.
pub(crate) const MARK: [u8; 4] = [0xd0, 0xcf, 0x11, 0xe0];

const END_OF_CHAIN: u32 = 0xffff_fffe;
/// Numbers from here on are no sectors.
const RESERVED: u32 = 0xffff_fffa;
/// Streams shorter than this lie in the sectors of 64 bytes.
const SHORT: u64 = 4096;
const SHORT_SECTOR: usize = 64;
/// Bytes of an entry of the directory.
const ENTRY: usize = 128;

type Checked<T> = std::result::Result<T, String>;

/// A file and its sectors.
struct Sectors<'a> {
    raw: &'a [u8],
    size: usize,
    /// How many there are, the last perhaps shorter.
    count: usize,
}

fn word(bytes: &[u8], at: usize) -> Checked<u32> {
    let four = bytes.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
    four.map(u32::from_le_bytes).ok_or_else(|| format!("it ends within the number at byte {at}"))
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b))
}

impl<'a> Sectors<'a> {
    /// The bytes of a sector; sector 0 follows the header.
    fn get(&self, id: u32) -> Checked<&'a [u8]> {
        let start = (id as usize + 1) * self.size;
        if id as usize >= self.count || start >= self.raw.len() {
            return Err(format!("sector {id} is not in the file, which has {}", self.count));
        }
        Ok(&self.raw[start..self.raw.len().min(start + self.size)])
    }
}

/// The sectors of a chain in order: at most `most`, each within the table and no one twice.
fn chain(what: &str, start: u32, next: &[u32], most: usize) -> Checked<Vec<u32>> {
    let (mut ids, mut id) = (Vec::new(), start);
    while id != END_OF_CHAIN {
        if id as usize >= next.len() || id as usize >= most {
            return Err(format!("the chain of {what} leads to sector {id}, there are {}", next.len().min(most)));
        }
        if ids.len() >= most {
            return Err(format!("the chain of {what} leads back to itself: it has more sectors than the file, {most}"));
        }
        ids.push(id);
        id = next[id as usize];
    }
    Ok(ids)
}

/// The file allocation table, from the list of its sectors in the header and in the sectors that continue it.
fn table(sectors: &Sectors, header: &[u8]) -> Checked<Vec<u32>> {
    let (mut list, mut id, mut visited) = (words(&header[76..512]).collect::<Vec<_>>(), word(header, 68)?, HashSet::new());
    while id < RESERVED {
        if !visited.insert(id) {
            return Err("the list of its table leads back to itself".into());
        }
        list.extend(words(sectors.get(id)?));
        id = list.pop().unwrap_or(END_OF_CHAIN); // the last number is that of the next sector
    }
    let (mut next, mut seen) = (Vec::new(), HashSet::new());
    for id in list.into_iter().filter(|id| *id < RESERVED) {
        if !seen.insert(id) {
            return Err(format!("sector {id} is twice in the list of its table"));
        }
        next.extend(words(sectors.get(id)?));
    }
    Ok(next)
}

/// Walks every chain of a compound file.
///
/// # Errors
/// When one leads back to itself, out of the file, or is shorter than its stream; without the name of the file.
pub(crate) fn check(raw: &[u8]) -> Checked<()> {
    let header = raw.get(..512).ok_or("it is shorter than its header")?;
    let size = match u16::from_le_bytes([header[30], header[31]]) {
        9 => 512,
        12 => 4096,
        other => return Err(format!("its sectors have 2^{other} bytes, expected 2^9 or 2^12")),
    };
    let sectors = Sectors { raw, size, count: raw.len().div_ceil(size).saturating_sub(1) };
    let next = table(&sectors, header)?;
    let read = |what: &str, start: u32| -> Checked<Vec<u8>> {
        let mut bytes = Vec::new();
        for id in chain(what, start, &next, sectors.count)? {
            bytes.extend_from_slice(sectors.get(id)?);
        }
        Ok(bytes)
    };
    let directory = read("the directory", word(header, 48)?)?;
    let short = if word(header, 64)? > 0 { read("the table of short streams", word(header, 60)?)? } else { Vec::new() };
    let short: Vec<u32> = words(&short).collect();
    let mut room = 0;
    for (k, entry) in directory.chunks_exact(ENTRY).enumerate() {
        let (kind, start, low, high) = (entry[66], word(entry, 116)?, word(entry, 120)?, word(entry, 124)?);
        // the upper half of a length is not written in files of small sectors
        let length = u64::from(low) | if size == 512 { 0 } else { u64::from(high) << 32 };
        let what = format!("stream {k}");
        let (held, unit) = match kind {
            5 if short.is_empty() => continue,
            5 => (chain("the short streams", start, &next, sectors.count)?.len(), size),
            2 if length == 0 => continue,
            2 if length < SHORT => (chain(&what, start, &short, room)?.len(), SHORT_SECTOR),
            2 => (chain(&what, start, &next, sectors.count)?.len(), size),
            _ => continue,
        };
        if ((held * unit) as u64) < length {
            return Err(format!("{what} has {length} bytes, its sectors hold {}", held * unit));
        }
        if kind == 5 {
            room = held * size / SHORT_SECTOR;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compound file: header, one sector of table, one of directory (root and a workbook of 8 sectors), then the workbook.
    fn file() -> Vec<u8> {
        let mut raw = vec![0; 512 * 11];
        let mut put = |at: usize, value: u32| raw[at..at + 4].copy_from_slice(&value.to_le_bytes());
        put(28, 0x0009_fffe);
        put(32, 6);
        put(44, 1);
        put(48, 1);
        put(60, END_OF_CHAIN);
        put(68, END_OF_CHAIN);
        (0..109).for_each(|k| put(76 + 4 * k, u32::MAX));
        put(76, 0);
        (0..128).for_each(|k| put(512 + 4 * k, u32::MAX));
        put(512, 0xffff_fffd);
        put(512 + 4, END_OF_CHAIN);
        (2..9).for_each(|k| put(512 + 4 * k, k as u32 + 1));
        put(512 + 4 * 9, END_OF_CHAIN);
        put(1024 + 116, END_OF_CHAIN);
        put(1024 + ENTRY + 116, 2);
        put(1024 + ENTRY + 120, 4096);
        raw[..4].copy_from_slice(&MARK);
        raw[1024 + 66] = 5;
        raw[1024 + ENTRY + 66] = 2;
        raw
    }

    fn altered(at: usize, value: u32) -> String {
        let mut raw = file();
        raw[at..at + 4].copy_from_slice(&value.to_le_bytes());
        check(&raw).unwrap_err()
    }

    #[test]
    fn chains_that_lead_to_themselves_or_out_of_the_file_are_found() {
        check(&file()).unwrap();
        assert!(altered(512 + 4, 1).contains("the directory leads back"), "the directory is its own next sector");
        assert!(altered(512 + 4 * 9, 2).contains("stream 1 leads back"), "the workbook begins again");
        assert!(altered(512 + 4 * 9, 77).contains("leads to sector 77"));
        assert!(altered(48, 4000).contains("leads to sector 4000"));
        assert!(altered(512 + 4 * 5, END_OF_CHAIN).contains("has 4096 bytes, its sectors hold 2048"));
        assert!(altered(80, 0).contains("twice in the list"));
        assert!(altered(68, 3).contains("not in the file") || altered(68, 3).contains("list"), "a list of zeros");
        assert!(altered(30, 0x0003_0003).contains("2^3"));
        assert!(check(&file()[..400]).is_err());
        for end in (512..file().len()).step_by(97) {
            let _ = check(&file()[..end]); // no place to cut makes it go on for ever
        }
    }
}
