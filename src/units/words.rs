//! The words that units are written in, and the cutting of a text into them: every sign is understood, or the rest is named.
//!
//! A text is first brought to one form (full width to half width, `₂` to `2`, `⁴` to `^4`, joins to blanks) and then cut into
//! the longest words that leave no rest. Symbols keep their case (`Mg` is a tonne, `mg` is not), words do not.

use super::{Gas, Scale};

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Word {
    /// A multiple.
    Times(Scale),
    /// A multiple that is one word with what follows it: the k of kton.
    Prefix(Scale),
    /// A mass, in tonnes; a remark where the word has a second reading that is not taken.
    Mass(Scale, &'static str),
    /// Money, and whether its name leaves something open.
    Money(&'static str, &'static str),
    /// The gas.
    Gas(Gas),
    /// Something else that is measured: symbol and kind, and how many of the symbol.
    Other(&'static str, &'static str, Scale),
    /// The year of prices.
    Year(u16),
    /// Prices of one year for all years.
    Constant,
    /// Prices of each year.
    Current,
    /// `m`: a million of money, and for all else milli or million.
    Small,
    /// A word without a meaning of its own, such as `of`.
    Nothing,
    /// A word with two readings.
    Either(&'static str),
}

const fn ten(e: i32) -> Scale {
    Scale::ten(e)
}

const TON: &str = "a ton is read as a metric ton of 1000 kg; write short ton or long ton for the others";
const DOLLAR: &str = "dollars are read as US dollars";

/// Spelled in any case.
const WORDS: &[(&[&str], Word)] = &[
    (&["hundred", "百"], Word::Times(ten(2))),
    (&["ten", "十"], Word::Times(ten(1))),
    (&["thousand", "thousands", "kilo", "千"], Word::Times(ten(3))),
    (&["万", "萬"], Word::Times(ten(4))),
    (&["lakh"], Word::Times(ten(5))),
    (&["million", "millions", "mill", "mil", "mio", "mln", "mn", "mega", "百万"], Word::Times(ten(6))),
    (&["十万"], Word::Times(ten(5))),
    (&["千万", "crore"], Word::Times(ten(7))),
    (&["亿", "億"], Word::Times(ten(8))),
    (&["billion", "billions", "bln", "bn", "giga", "十亿"], Word::Times(ten(9))),
    (&["百亿"], Word::Times(ten(10))),
    (&["千亿"], Word::Times(ten(11))),
    (&["trillion", "trillions", "tera", "万亿"], Word::Times(ten(12))),
    (&["peta"], Word::Times(ten(15))),
    (&["兆"], Word::Either("10^6 or 10^12")),
    (&["tonne", "tonnes", "metric ton", "metric tons", "metric tonne", "metric tonnes", "吨", "公吨"], Word::Mass(Scale::ONE, "")),
    (&["ton", "tons"], Word::Mass(Scale::ONE, TON)),
    (&["short ton", "short tons", "us ton", "us tons", "短吨"], Word::Mass(SHORT_TON, "")),
    (&["long ton", "long tons", "imperial ton", "imperial tons", "长吨"], Word::Mass(LONG_TON, "")),
    (&["lb", "lbs"], Word::Mass(POUND, "")),
    (&["gram", "grams", "克"], Word::Mass(ten(-6), "")),
    (&["kg", "kgs", "公斤", "千克"], Word::Mass(ten(-3), "")),
    (&["kt", "gg"], Word::Mass(ten(3), "")),
    (&["mmt"], Word::Mass(ten(6), "")),
    (&["gt", "pg"], Word::Mass(ten(9), "")),
    (&["tg"], Word::Mass(ten(6), "")),
    (&["yuan", "cny", "rmb", "renminbi", "元", "人民币", "人民币元"], Word::Money("yuan", "")),
    (&["eur", "euro", "euros", "€", "欧元"], Word::Money("EUR", "")),
    (&["usd", "us$", "us dollar", "us dollars", "u.s. dollar", "u.s. dollars", "美元"], Word::Money("USD", "")),
    (&["dollar", "dollars", "$"], Word::Money("USD", DOLLAR)),
    (&["jpy", "yen", "日元"], Word::Money("JPY", "")),
    (&["gbp", "£", "pound sterling", "pounds sterling", "英镑"], Word::Money("GBP", "")),
    (&["krw", "韩元"], Word::Money("KRW", "")),
    (&["hkd", "hk$", "港元"], Word::Money("HKD", "")),
    (&["twd", "nt$", "新台币"], Word::Money("TWD", "")),
    (&["inr"], Word::Money("INR", "")),
    (&["cad", "ca$"], Word::Money("CAD", "")),
    (&["aud", "au$"], Word::Money("AUD", "")),
    (&["chf"], Word::Money("CHF", "")),
    (&["sek"], Word::Money("SEK", "")),
    (&["nok"], Word::Money("NOK", "")),
    (&["dkk"], Word::Money("DKK", "")),
    (&["brl"], Word::Money("BRL", "")),
    (&["rub"], Word::Money("RUB", "")),
    (&["mxn"], Word::Money("MXN", "")),
    (&["zar"], Word::Money("ZAR", "")),
    (&["try"], Word::Money("TRY", "")),
    (&["idr"], Word::Money("IDR", "")),
    (&["sgd"], Word::Money("SGD", "")),
    (&["thb"], Word::Money("THB", "")),
    (&["pln"], Word::Money("PLN", "")),
    (&["czk"], Word::Money("CZK", "")),
    (&["¥"], Word::Either("yuan or yen")),
    (&["co2", "carbon dioxide", "二氧化碳"], Word::Gas(Gas::Co2)),
    (
        &[
            "co2e",
            "co2 e",
            "co2eq",
            "co2 eq",
            "co2 equiv",
            "co2 equivalent",
            "co2 equivalents",
            "carbon dioxide equivalent",
            "二氧化碳当量",
        ],
        Word::Gas(Gas::Co2e),
    ),
    (&["carbon", "碳"], Word::Gas(Gas::Carbon)),
    (&["c eq", "ceq", "carbon equivalent", "碳当量"], Word::Gas(Gas::CarbonEquivalent)),
    (&["methane", "甲烷"], Word::Gas(Gas::Other("CH4"))),
    (&["nitrous oxide", "氧化亚氮"], Word::Gas(Gas::Other("N2O"))),
    (&["tce", "吨标准煤", "吨标煤"], Word::Other("tce", "energy", ten(0))),
    (&["kgce"], Word::Other("tce", "energy", ten(-3))),
    (&["toe"], Word::Other("toe", "energy", ten(0))),
    (&["kwh", "千瓦时"], Word::Other("kWh", "energy", ten(0))),
    (&["mwh"], Word::Other("kWh", "energy", ten(3))),
    (&["gwh"], Word::Other("kWh", "energy", ten(6))),
    (&["twh"], Word::Other("kWh", "energy", ten(9))),
    (&["gj"], Word::Other("GJ", "energy", ten(0))),
    (&["tj"], Word::Other("GJ", "energy", ten(3))),
    (&["pj"], Word::Other("GJ", "energy", ten(6))),
    (&["ej"], Word::Other("GJ", "energy", ten(9))),
    (&["m3", "m^3", "cubic metre", "cubic metres", "立方米"], Word::Other("m3", "volume", ten(0))),
    (&["m2", "m^2"], Word::Other("m2", "area", ten(0))),
    (&["km2", "km^2"], Word::Other("m2", "area", ten(6))),
    (&["ha", "hectare", "hectares"], Word::Other("m2", "area", ten(4))),
    (&["person", "persons", "people", "head", "capita", "p", "人"], Word::Other("persons", "a number of persons", ten(0))),
    (&["h", "hr", "hour", "hours"], Word::Other("h", "time", ten(0))),
    (&["constant", "real", "不变价", "不变价格", "可比价"], Word::Constant),
    (&["current", "nominal", "当年价", "当年价格", "现价", "当年"], Word::Current),
    (&["of", "in", "at", "prices", "price", "basic", "producer", "producers", "purchaser", "purchasers"], Word::Nothing),
    (&["年", "价格", "价", "按", "以", "计", "计算", "生产者", "购买者"], Word::Nothing),
];

/// Spelled as they stand.
const SYMBOLS: &[(&str, Word)] = &[
    ("k", Word::Times(ten(3))),
    ("K", Word::Times(ten(3))),
    ("M", Word::Times(ten(6))),
    ("m", Word::Small),
    ("B", Word::Times(ten(9))),
    ("G", Word::Times(ten(9))),
    ("t", Word::Mass(Scale::ONE, "")),
    ("g", Word::Mass(ten(-6), "")),
    ("Mg", Word::Mass(Scale::ONE, "")),
    ("mg", Word::Mass(ten(-9), "")),
    ("Mt", Word::Mass(ten(6), "")),
    ("MT", Word::Either("metric tons (t) or megatonnes (Mt)")),
    ("mt", Word::Either("metric tons (t) or megatonnes (Mt)")),
    ("C", Word::Gas(Gas::Carbon)),
];

/// 2000 pounds.
pub(super) const SHORT_TON: Scale = Scale::new(90_718_474, 100_000_000);
/// 2240 pounds.
pub(super) const LONG_TON: Scale = Scale::new(10_160_469_088, 10_000_000_000);
/// A pound, in tonnes.
pub(super) const POUND: Scale = Scale::new(45_359_237, 100_000_000_000);

/// One form for all spellings of a text.
pub(super) fn normal(text: &str) -> String {
    let given: Vec<char> = text.trim().replace("**", "^").chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(given.len());
    let mut raised = false;
    for (i, &c) in given.iter().enumerate() {
        let superscript = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻".chars().position(|s| s == c);
        if let Some(k) = superscript {
            out.extend((!raised).then_some('^'));
            out.extend("0123456789-".chars().nth(k));
            raised = true;
            continue;
        }
        raised = false;
        let half = if ('\u{ff01}'..='\u{ff5e}').contains(&c) { char::from_u32(c as u32 - 0xfee0).unwrap_or(c) } else { c };
        let c = match half {
            '₀'..='₉' => char::from(b'0' + (c as u32 - '₀' as u32) as u8),
            '￥' => '¥',
            '−' | '–' | '‐' | '‑' => '-',
            '【' | '[' | '「' => '(',
            '】' | ']' | '」' => ')',
            '×' | '*' | '·' | '・' | '_' => ' ',
            '、' | ';' | ':' => ',',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        let before = out.last().copied().unwrap_or(' ');
        let next = given.get(i + 1).copied().unwrap_or(' ');
        match c {
            '-' if joins(&out, before, next) => out.push(' '),
            ' ' if before == ' ' || before == '^' || next == '^' => {}
            c => out.push(c),
        }
    }
    out.into_iter().collect::<String>().trim().to_string()
}

/// Whether a dash joins two words; else it is a sign, or stands between two numbers.
fn joins(out: &[char], before: char, next: char) -> bool {
    let exponent =
        before == '^' || ("eE".contains(before) && out.len() > 1 && out[out.len() - 2].is_ascii_digit() && next.is_ascii_digit());
    !exponent && before != ' ' && next != ' ' && !(before.is_ascii_digit() && next.is_ascii_digit())
}

/// Every way in which a word may begin `text`, longest first.
fn beginnings(text: &str) -> Vec<(usize, Word)> {
    let mut found: Vec<(usize, Word)> = Vec::new();
    let low = text.to_lowercase();
    // lengths in `low` are those in `text` only where no letter changes its length
    if low.len() == text.len() {
        for (names, word) in WORDS {
            // blanks may have been lost beside Chinese signs
            let joined = names.iter().filter(|n| n.contains(' ')).map(|n| n.replace(' ', ""));
            found.extend(joined.filter(|n| low.starts_with(n.as_str())).map(|n| (n.len(), *word)));
            found.extend(names.iter().filter(|n| low.starts_with(**n)).map(|n| (n.len(), *word)));
        }
        for name in Gas::others() {
            let plain = name.to_lowercase().replace('-', " ");
            let spellings = [plain.replace(' ', ""), plain];
            found.extend(spellings.iter().filter(|n| low.starts_with(n.as_str())).map(|n| (n.len(), Word::Gas(Gas::Other(name)))));
        }
    }
    found.extend(SYMBOLS.iter().filter(|(s, _)| text.starts_with(s)).map(|(s, word)| (s.len(), *word)));
    found.extend(number(text));
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found
}

/// A number at the beginning: a power of ten, or a year of prices.
fn number(text: &str) -> Option<(usize, Word)> {
    let digits = |t: &str| t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
    let mut end = digits(text);
    if end == 0 {
        return None;
    }
    let mut plain = text[..end].to_string();
    // groups of three, by commas or blanks
    while end <= 15 && [',', ' '].iter().any(|s| text[end..].starts_with(*s)) && digits(&text[end + 1..]) == 3 && plain.len() <= 15 {
        plain += &text[end + 1..end + 4];
        end += 4;
    }
    if let Some(part) = text[end..].strip_prefix('.').map(digits).filter(|n| *n > 0 && *n <= 12) {
        if part == 3 && !plain.starts_with('0') {
            return Some((end + 4, Word::Either("a number with three decimals or with groups of three digits")));
        }
        plain += &text[end..=end + part];
        end += 1 + part;
    }
    let raised = text[end..].starts_with('^');
    if raised || (text[end..].starts_with(['e', 'E']) && text[end + 1..].starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c))) {
        let sign = usize::from(text[end + 1..].starts_with(['-', '+']));
        let length = digits(&text[end + 1 + sign..]);
        let exponent: i32 = text[end + 1..end + 1 + sign + length].parse().ok().filter(|e: &i32| e.abs() <= 24)?;
        let end = end + 1 + sign + length;
        return match (plain.as_str(), raised) {
            ("10", true) | ("1" | "1.0", false) => Some((end, Word::Times(ten(exponent)))),
            ("10", false) => Some((end, Word::Either("10^n or 10 times 10^n"))),
            _ => None,
        };
    }
    let value: f64 = plain.parse().ok()?;
    if let Some(e) = (-12..=18).find(|&e| value == ten(e).value()) {
        return Some((end, Word::Times(ten(e))));
    }
    (plain.len() == 4).then(|| plain.parse().ok()).flatten().filter(|y| (1900..2100).contains(y)).map(|y| (end, Word::Year(y)))
}

/// The words of a text in its normal form, or how far it was understood.
pub(super) fn words(text: &str) -> Result<Vec<Word>, usize> {
    let mut furthest = 0;
    let mut found = Vec::new();
    // texts are short; a limit keeps a long one from being tried in all its ways
    let mut tries = 20_000;
    if cut(text, 0, &mut found, &mut furthest, &mut tries) {
        return Ok(found);
    }
    // the whole word is the rest: coal, not oal
    let letters = text[..furthest].bytes().rev().take_while(u8::is_ascii_alphabetic).count();
    Err(if text[furthest..].starts_with(|c: char| c.is_ascii_alphabetic()) { furthest - letters } else { furthest })
}

fn cut(text: &str, at: usize, found: &mut Vec<Word>, furthest: &mut usize, tries: &mut usize) -> bool {
    let at = at + blank(&text[..at], &text[at..]);
    *furthest = at.max(*furthest);
    if at == text.len() {
        return true;
    }
    for (length, word) in beginnings(&text[at..]) {
        *tries = tries.saturating_sub(1);
        if *tries == 0 {
            return false;
        }
        let (behind, letter) = (&text[at + length..], |c: char| c.is_ascii_alphabetic());
        found.push(match word {
            Word::Times(scale) if text[..at + length].ends_with(letter) && behind.starts_with(letter) => Word::Prefix(scale),
            word => word,
        });
        if cut(text, at + length, found, furthest, tries) {
            return true;
        }
        found.pop();
    }
    false
}

/// The length of what stands between two words and means nothing: no dot or comma that may be a decimal one.
fn blank(before: &str, rest: &str) -> usize {
    let mut last = before.chars().next_back();
    let mut signs = rest.char_indices().peekable();
    while let Some((at, c)) = signs.next() {
        let number = signs.peek().is_some_and(|(_, n)| n.is_ascii_digit());
        let decimal = number && (c == '.' || (c == ',' && last.is_some_and(|l| l.is_ascii_digit())));
        if !" .,()".contains(c) || decimal {
            return at;
        }
        last = Some(c);
    }
    rest.len()
}
