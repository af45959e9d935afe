//! One table of words for both languages, of pages, workbooks and tables.

use maud::{Markup, html};

use crate::labels::Language;

/// The same in both languages; the page shows one of them.
pub fn say(en: &str, zh: &str) -> Markup {
    html! { span.en lang="en" { (en) } span.zh lang="zh" { (zh) } }
}

/// A word of the program in both languages, or as it is where the table lacks it.
pub fn translated(word: &str) -> Markup {
    match WORDS.iter().find(|(en, _)| *en == word) {
        Some((en, zh)) => say(en, zh),
        None => html! { (word) },
    }
}

/// A word in the language of the labels, or as it is where the table lacks it.
pub fn worded(word: &str, language: Language) -> &str {
    if language == Language::Zh { chinese(word).unwrap_or(word) } else { word }
}

/// The Chinese of a word.
pub fn chinese(word: &str) -> Option<&'static str> {
    WORDS.iter().find(|(en, _)| *en == word).map(|(_, zh)| *zh)
}

/// Headings, principles, routes, terms and rules.
pub const WORDS: &[(&str, &str)] = &[
    ("rows emit for the final demand of columns", "行为列的最终需求排放"),
    ("production", "生产者责任"),
    ("consumption", "消费者责任"),
    ("shared", "共担责任"),
    ("income", "收入责任"),
    ("production-consumption", "生产与消费折中"),
    ("consumption-income", "消费与收入折中"),
    ("supply-chain", "供应链分担"),
    ("supply-chain-net", "供应链分担（净额）"),
    ("supply-chain-border", "供应链分担（过境）"),
    ("value-capture", "增加值获取"),
    ("technology-adjusted", "技术调整的消费"),
    ("theta", "自留份额 θ"),
    ("households", "居民直接排放"),
    ("direct", "直接排放"),
    ("for itself", "为本地区"),
    ("for others", "为其他地区"),
    ("by others for it", "其他地区为其排放"),
    ("net outflow", "净流出"),
    ("export", "出口"),
    ("abroad", "国外"),
    ("stock", "存货变动"),
    ("error", "误差项"),
    ("total", "合计"),
    ("all", "合计"),
    ("region", "地区"),
    ("sector", "部门"),
    ("origin", "排放地"),
    ("destination", "最终需求地"),
    ("flow", "流量"),
    ("emissions", "排放"),
    ("largest bound", "最大误差界"),
    ("bound", "误差界"),
    ("pays", "支付"),
    ("receives", "受偿"),
    ("net", "净额"),
    ("net, positive receives", "净额（正为受偿）"),
    ("price", "价格"),
    ("duty", "责任规则"),
    ("cost", "成本"),
    ("payer", "支付方成本"),
    ("receiver", "受偿方成本"),
    ("mean", "平均成本"),
    ("uniform", "统一价格"),
    ("nash", "纳什议价"),
    ("fund", "基金"),
    ("market", "市场"),
    ("ets", "碳市场价格"),
    ("net-flow", "净流量"),
    ("gap-prorata", "缺口按比例"),
    ("gap-fund", "缺口入基金"),
    ("outflow", "流出量"),
    ("r1", "路径1"),
    ("r2", "路径2"),
    ("r3", "路径3"),
    ("r4", "路径4"),
    ("r5", "路径5"),
    ("r6", "路径6"),
    ("r7", "路径7"),
    ("r8", "路径8"),
    ("r9", "路径9"),
    ("flows", "流量"),
    ("routes", "路径"),
    ("accounts", "账户"),
    ("responsibility", "责任"),
    ("payments", "补偿"),
    ("identities", "恒等式"),
    ("views", "视图"),
    ("decomposition", "分解"),
    ("linkages", "关联"),
    ("structural", "结构分解"),
    ("market optimum", "市场最优"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responsibility::Principle;

    #[test]
    fn every_principle_and_every_route_has_its_chinese() {
        for principle in Principle::ALL {
            assert!(chinese(principle.name()).is_some(), "{}", principle.name());
        }
        for (route, _) in crate::decompose::ROUTES {
            assert!(chinese(route).is_some(), "{route}");
        }
    }

    #[test]
    fn no_word_stands_twice() {
        for (k, (en, zh)) in WORDS.iter().enumerate() {
            assert!(!zh.is_empty() && !WORDS[..k].iter().any(|(other, _)| other == en), "{en}");
        }
    }
}
