//! The drawn figures of a page as files of their own: SVG that needs no page, its colours written out for a light ground.
//!
//! Programs for figures know classes but no variables of CSS; so every class has its colour here, and one language is shown.

use maud::Markup;

use super::colours::{ENDS, LIGHT, LIGHT_ENDS, NAMES, ink};
use super::data::Data;
use super::plot::{HEIGHT, LEFT, WIDTH, size};
use super::{Page, abatement, bench, convergence, heat, map, sankey};
use crate::labels::Tongue;
use crate::report::document::Document;

/// Classes of pictures that are drawn by hand.
const KINDS: [&str; 4] = ["map", "heat", "sankey", "plot"];

/// Height of a line of a key.
const LINE: f64 = 20.0;

/// Name and content of each figure, in the order of the page.
pub fn figures(document: &Document, page: &Page) -> Vec<(String, String)> {
    let object = crate::write::json::object(document);
    let data = Data::new(&object, document, page);
    let tongue = Tongue::for_readers(document.head.tongue, document.head.language);
    let mut sections: Vec<Markup> = vec![bench::section(&data), abatement::section(&data)];
    if data.has_flows() {
        sections.extend([map::section(&data), heat::section(&data), sankey::section(&data)]);
    }
    sections.push(convergence::section(document));
    let mut all: Vec<(String, String)> = Vec::new();
    for section in sections {
        for (kind, picture, key) in pictures(&section.into_string()) {
            let k = all.iter().filter(|(name, _)| name.starts_with(kind)).count() + 1;
            all.push((format!("{kind}-{k}.svg"), whole(kind, picture, key, tongue, document.head.stamp)));
        }
    }
    all
}

/// The pictures in a piece of a page, each with the key of its colours, a list that stands behind it or nothing.
fn pictures(text: &str) -> Vec<(&'static str, &str, &str)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("<svg class=\"") {
        let Some(end) = text[at..].find("</svg>").map(|e| at + e) else { continue };
        let class = &text[at + "<svg class=\"".len()..];
        if let Some(kind) = KINDS.iter().find(|k| class.starts_with(&format!("{k}\""))) {
            let key = text[end..].strip_prefix("</svg><ul class=\"key\">").and_then(|list| list.split_once("</ul>"));
            found.push((*kind, &text[at..end], key.map_or("", |(list, _)| list)));
        }
    }
    found
}

/// A picture with its style, its size, the key of its colours and the stamp of its data.
fn whole(kind: &str, picture: &str, key: &str, tongue: Tongue, stamp: Option<&str>) -> String {
    let picture = sized(kind, &quoted(picture));
    let open = picture.find('>').map_or(0, |at| at + 1);
    let (lines, more) = legend(key);
    let mut head = picture[..open].replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
    if more > 0.0 {
        head = head.replacen(&size(HEIGHT), &size(HEIGHT + more), 1);
    }
    let other = tongue.pick("zh", "en");
    let said = stamp.map_or(String::new(), |s| format!("<text class=\"stamp\" x=\"4\" y=\"12\">{}</text>", tongue.say(s)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{head}<style>.{other}{{display:none}}{}</style>{}{lines}{said}</svg>\n",
        style(),
        &picture[open..]
    )
}

/// Quotes around the attributes that the page, as HTML, leaves bare.
fn quoted(picture: &str) -> String {
    let (mut out, mut inside, mut text) = (String::with_capacity(picture.len() + picture.len() / 8), false, picture.chars().peekable());
    while let Some(c) = text.next() {
        out.push(c);
        match c {
            '<' => inside = true,
            '>' => inside = false,
            '"' if inside => out.extend(text.by_ref().take_while(|c| *c != '"').chain(['"'])),
            '=' if inside && text.peek() != Some(&'"') => {
                out.push('"');
                while let Some(c) = text.next_if(|c| !c.is_whitespace() && !matches!(c, '>' | '/')) {
                    out.push(c);
                }
                out.push('"');
            }
            _ => {}
        }
    }
    out
}

/// Sizes that the style of the page gives: not every program for figures takes them from there.
fn sized(kind: &str, picture: &str) -> String {
    match kind {
        "map" => picture.replace("<rect data-v", "<rect width=\"58\" height=\"58\" rx=\"7\" data-v"),
        "heat" => picture
            .split_inclusive('>')
            .map(|tag| match tag.split_once("<rect class=\"") {
                Some((before, rest)) if !rest.contains("width=") => format!("{before}<rect width=\"19\" height=\"19\" class=\"{rest}"),
                _ => tag.to_string(),
            })
            .collect(),
        _ => picture.to_string(),
    }
}

/// The key of a figure with axes as lines below it, two beside one another, and the height that they take.
fn legend(key: &str) -> (String, f64) {
    let items: Vec<(&str, &str)> = key.split("<li>").filter_map(|item| item.strip_prefix("<i class=\"")?.split_once("\"></i>")).collect();
    let mut lines = String::new();
    for (at, (class, words)) in items.iter().enumerate() {
        let (x, y) = (LEFT + (at % 2) as f64 * (WIDTH - LEFT) / 2.0, HEIGHT + 14.0 + (at / 2) as f64 * LINE);
        // the page leaves the quotes of attributes away, which only HTML allows
        let words = words.trim_end_matches("</li>").replace("</span>", "</tspan>");
        let words =
            ["en", "zh"].iter().fold(words, |w, l| w.replace(&format!("<span class={l} lang={l}>"), &format!("<tspan class=\"{l}\">")));
        lines += &format!(
            "<circle class=\"pt {class}\" cx=\"{x}\" cy=\"{}\" r=\"5\"/><text x=\"{}\" y=\"{y}\">{words}</text>",
            y - 4.0,
            x + 11.0
        );
    }
    (lines, items.len().div_ceil(2) as f64 * LINE)
}

fn style() -> String {
    let steps = (0..9).map(|k| format!("q{k}")).zip(LIGHT).chain(NAMES.map(String::from).into_iter().zip(LIGHT_ENDS));
    let mut out: String = steps.map(|(n, c)| format!("rect.{n},.{n} rect{{fill:#{c}}}.{n} text{{fill:#{}}}", ink(c))).collect();
    out += &ENDS.iter().enumerate().map(|(k, c)| format!(".pl.k{k}{{stroke:#{c}}}.pt.k{k}{{fill:#{c}}}")).collect::<String>();
    out + "text{font-family:sans-serif;font-size:11.5px;fill:#18202a}.tile text,.mid{text-anchor:middle}.tn{font-size:10.4px}.tv{font-size:12.5px;font-weight:bold}\
        .own{fill:#ffffff;stroke:#515c68;stroke-width:.8}.rl,.sl,.end{text-anchor:end}.pos{fill:#bd6510}.neg{fill:#1f669e}.axis{stroke:#515c68}\
        .link{fill:none;stroke:#4a9bc6;stroke-opacity:.5}.node{fill:#0f4c76}.w6{font-weight:bold}.grid{stroke:#d9dde1}.pl{fill:none;stroke-width:2.2}.stamp{fill:#7d4400;font-weight:bold}"
}

/// A figure as PNG, three dots for each of its units, with the fonts of the system.
///
/// # Errors
/// When the picture cannot be read or holds no dot.
#[cfg(feature = "png")]
pub fn png(svg: &str) -> Result<Vec<u8>, String> {
    use resvg::{tiny_skia, usvg};
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let tree = usvg::Tree::from_str(svg, &options).map_err(|e| e.to_string())?;
    let size = tree.size().to_int_size().scale_by(3.0).ok_or("no size")?;
    let mut dots = tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("no size")?;
    dots.fill(tiny_skia::Color::WHITE);
    resvg::render(&tree, tiny_skia::Transform::from_scale(3.0, 3.0), &mut dots.as_mut());
    dots.encode_png().map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_attributes_get_quotes_and_texts_stay() {
        let was = "<g class=hr data-i=3><rect class=q5 x=118 /><text x=\"1\">a=b > 'c'</text></g>";
        assert_eq!(quoted(was), "<g class=\"hr\" data-i=\"3\"><rect class=\"q5\" x=\"118\" /><text x=\"1\">a=b > 'c'</text></g>");
    }
}
