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
            all.push((format!("{kind}-{k}.svg"), whole(picture, key, tongue, document.head.stamp)));
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
fn whole(picture: &str, key: &str, tongue: Tongue, stamp: Option<&str>) -> String {
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
        .hr rect{width:19px;height:19px}.tile rect{width:58px;height:58px;rx:7px}.own{fill:#ffffff;stroke:#515c68;stroke-width:.8}.rl,.sl,.end{text-anchor:end}.pos{fill:#bd6510}.neg{fill:#1f669e}.axis{stroke:#515c68}\
        .link{fill:none;stroke:#4a9bc6;stroke-opacity:.5}.node{fill:#0f4c76}.w6{font-weight:bold}.grid{stroke:#d9dde1}.pl{fill:none;stroke-width:2.2}.stamp{fill:#7d4400;font-weight:bold}"
}
