//! A matrix of many regions as a picture in the page: one point for each flow, as a PNG of 9 colours in a data URI.
//!
//! PNG: W3C Recommendation, *Portable Network Graphics*, 2nd ed. (a palette, no filter, one zlib stream); base64: RFC 4648.

use std::io::Write;

use maud::{Markup, html};

use super::colours::{LIGHT, step};
use super::data::{Data, largest};
use crate::write::words::say;

/// Regions from which the field is a picture too.
pub(super) const FROM: usize = 60;
/// Points to a side of the picture, about: a flow takes several of them where there are few.
const SIDE: usize = 760;

/// The picture of all regions; nothing where the field shows them.
pub(super) fn section(data: &Data) -> Markup {
    let n = data.count();
    if n <= FROM {
        return html! {};
    }
    let rows: Vec<Vec<f64>> = (0..n).map(|k| data.row("flow", k)).collect();
    let most = largest((0..n).flat_map(|i| (0..n).filter(move |j| *j != i).map(move |j| (i, j))).map(|(i, j)| rows[i][j]));
    let each = (SIDE / n).max(1);
    let shade = |i: usize, j: usize| if i == j { 8 } else { step(rows[i][j], most).trim_start_matches('q').parse::<u8>().unwrap_or(0) };
    let mut points = Vec::with_capacity(n * each * (n * each + 1));
    for i in 0..n {
        let line: Vec<u8> = (0..n).flat_map(|j| std::iter::repeat_n(shade(i, j), each)).collect();
        (0..each).for_each(|_| {
            points.push(0);
            points.extend_from_slice(&line);
        });
    }
    let source = format!("data:image/png;base64,{}", base64(&png(n * each, &points)));
    html! {
        h3 { (say(&format!("All {n} regions: rows emit, columns cause"), &format!("全部 {n} 个地区：行排放，列引起"))) }
        p.sub { (say("In the order of the table; the darker, the larger. The diagonal is each region for itself.", "按数据表的顺序；颜色越深流量越大。对角线为各地区自身。")) }
        img.matrix width=(n * each) height=(n * each) alt=(format!("Flows between {n} regions by colour")) src=(source);
    }
}

/// A square picture of palette indices, each line after its filter byte.
fn png(side: usize, points: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], content: &[u8]| {
        let mut sum = crc32fast::Hasher::new();
        sum.update(kind);
        sum.update(content);
        out.extend_from_slice(&(content.len() as u32).to_be_bytes());
        out.extend_from_slice(kind);
        out.extend_from_slice(content);
        out.extend_from_slice(&sum.finalize().to_be_bytes());
    };
    let size = (side as u32).to_be_bytes();
    // 8 bits a point, colours from the palette
    chunk(b"IHDR", &[&size[..], &size, &[8, 3, 0, 0, 0]].concat());
    let palette: Vec<u8> = LIGHT.iter().flat_map(|c| (0..3).map(|k| u8::from_str_radix(&c[2 * k..2 * k + 2], 16).unwrap_or(0))).collect();
    chunk(b"PLTE", &palette);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let done = packed.write_all(points).and_then(|()| packed.finish());
    chunk(b"IDAT", &done.expect("memory takes every picture"));
    chunk(b"IEND", &[]);
    out
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let all = three.iter().fold(0u32, |a, b| a << 8 | u32::from(*b)) << (8 * (3 - three.len()));
        for k in 0..4 {
            let letter = LETTERS[(all >> (18 - 6 * k) & 63) as usize] as char;
            out.push(if k <= three.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_letters_as_in_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
