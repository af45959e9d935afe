//! A paragraph on methods in both languages, made of what a run did, with its references.

use serde_json::Value;

use crate::report::document::Document;

/// The paragraph.
pub(super) struct Methods {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
    /// What it cites.
    pub references: Vec<&'static str>,
}

const LEONTIEF: &str = "Leontief, W. (1970). Environmental repercussions and the economic structure. Review of Economics and Statistics 52, 262-271. doi:10.2307/1926294";
const PROOF: &str =
    "Berman, A., Plemmons, R. J. (1994). Nonnegative Matrices in the Mathematical Sciences. SIAM. doi:10.1137/1.9781611971262";
const CONSUMPTION: &str = "Peters, G. P. (2008). From production-based to consumption-based national emission inventories. Ecological Economics 65, 13-23. doi:10.1016/j.ecolecon.2007.10.014";
const SHARED: &str = "Lenzen, M., Murray, J., Sack, F., Wiedmann, T. (2007). Shared producer and consumer responsibility. Ecological Economics 61, 27-42. doi:10.1016/j.ecolecon.2006.05.018";
const INCOME: &str = "Marques, A., Rodrigues, J., Lenzen, M., Domingos, T. (2012). Income-based environmental responsibility. Ecological Economics 84, 57-65. doi:10.1016/j.ecolecon.2012.09.010";
/// What schemes of decomposition are read in.
const SCHEMES: [(&str, &str); 7] = [
    (
        "kww",
        "Koopman, R., Wang, Z., Wei, S.-J. (2014). Tracing value-added and double counting in gross exports. American Economic Review 104, 459-494. doi:10.1257/aer.104.2.459",
    ),
    (
        "wwz",
        "Wang, Z., Wei, S.-J., Zhu, K. (2013). Quantifying international production sharing at the bilateral and sector levels. NBER working paper 19677. doi:10.3386/w19677",
    ),
    ("borin-mancini-source", BORIN_MANCINI),
    ("borin-mancini-sink", BORIN_MANCINI),
    ("eebt", CONSUMPTION),
    (
        "extraction",
        "Los, B., Timmer, M. P., de Vries, G. J. (2016). Tracing value-added and double counting in gross exports: comment. American Economic Review 106, 1958-1966. doi:10.1257/aer.20140883",
    ),
    (
        "routes",
        "Meng, B., Peters, G. P., Wang, Z., Li, M. (2018). Tracing CO2 emissions in global value chains. Energy Economics 73, 24-42. doi:10.1016/j.eneco.2018.05.013",
    ),
];
const BORIN_MANCINI: &str = "Borin, A., Mancini, M. (2023). Measuring what matters in value-added trade. Economic Systems Research 35, 586-613. doi:10.1080/09535314.2022.2153221";

impl Methods {
    /// What a document says of its own making.
    pub(super) fn new(document: &Document) -> Self {
        let fact = |key: &str| document.facts.get(key);
        let text = |key: &str| fact(key).and_then(Value::as_str);
        let plan = |key: &str| fact("plan").and_then(|p| p.get(key)).and_then(Value::as_str);
        let regions = document.head.regions.len();
        let mut references = vec![LEONTIEF, PROOF];
        let (mut en, mut zh) = (Vec::new(), Vec::new());
        let mut say = |e: String, z: String| {
            en.push(e);
            zh.push(z);
        };
        if let Some(stressor) = text("stressor").filter(|_| regions > 0) {
            say(
                format!(
                    "{stressor} embodied in the final demand of {regions} regions was computed with the multi-regional Leontief model, E = f (I - A)^-1 Y."
                ),
                format!("采用多区域列昂惕夫模型 E = f (I - A)^-1 Y 计算了 {regions} 个地区最终需求所隐含的 {stressor}。"),
            );
        } else if regions > 0 {
            say(
                format!("A multi-regional Leontief model of {regions} regions was used."),
                format!("采用了 {regions} 个地区的多区域列昂惕夫模型。"),
            );
        }
        if let (Some(method), Some(storage)) = (plan("method"), plan("storage")) {
            say(
                format!(
                    "The system was solved by {method} (matrix kept as {storage}) with isard {}; the inverse was not formed.",
                    env!("CARGO_PKG_VERSION")
                ),
                format!("使用 isard {}，以 {method} 方法（矩阵存储 {storage}）求解，未计算逆矩阵。", env!("CARGO_PKG_VERSION")),
            );
        }
        if !document.verdicts.is_empty() {
            let numbers: usize = document.verdicts.iter().map(|v| v.numbers).sum();
            let tolerance = document.verdicts.iter().map(|v| v.tolerance).fold(0.0, f64::max);
            if document.certified() {
                say(
                    format!(
                        "Each of {numbers} numbers carries a proven bound on its arithmetic error, rounding included, within {tolerance:.0e} of its value or a named floor; errors of the data are not covered."
                    ),
                    format!(
                        "{numbers} 个数字均附有经证明的计算误差界（含舍入误差），不超过其值的 {tolerance:.0e} 或所列下限；数据本身的误差不在其内。"
                    ),
                );
            } else {
                say(
                    "Some numbers are not proven to the tolerance; the verdicts name them.".into(),
                    "部分数字未达到证明所需的容许值，见各部分结论。".into(),
                );
            }
        }
        if let Some(Value::Object(accounts)) = fact("responsibility") {
            let names: Vec<&str> = accounts.keys().map(String::as_str).collect();
            let chinese: Vec<String> = names.iter().map(|n| super::words::chinese(n).unwrap_or_else(|| (*n).into())).collect();
            say(
                format!("Responsibility was divided by these principles: {}.", names.join(", ")),
                format!("按以下原则划分责任：{}。", chinese.join("、")),
            );
            let cited = [("consumption", CONSUMPTION), ("shared", SHARED), ("income", INCOME)];
            references.extend(cited.iter().filter(|(name, _)| accounts.contains_key(*name)).map(|(_, r)| *r));
        }
        if let (Some(scheme), Some(factor)) = (text("scheme"), text("factor")) {
            let of = |w: &'_ str| super::words::chinese(w).unwrap_or_else(|| w.to_string());
            say(
                format!("Gross exports were decomposed by {scheme}, following {factor}."),
                format!("按 {scheme} 对总出口分解，追踪{}。", of(factor)),
            );
            let cited = SCHEMES.iter().find(|(name, _)| *name == scheme).map(|(_, cited)| *cited);
            references.extend(cited);
        }
        if let (Some(duty), Some(rule)) = (text("duty"), text("price_rule")) {
            let of = |w: &'_ str| super::words::chinese(w).unwrap_or_else(|| w.to_string());
            say(
                format!("Payments are the duty \"{duty}\" times the price \"{rule}\"; they add up to zero."),
                format!("补偿额为责任量（{}）乘以价格（{}），收支相抵为零。", of(duty), of(rule)),
            );
        }
        if let Some(stamp) = document.head.stamp {
            say(
                format!("The data are {stamp}: the numbers must not be quoted as results."),
                format!("数据标记为 {stamp}：所列数字不得作为结果引用。"),
            );
        }
        Methods { en: en.join(" "), zh: zh.concat(), references }
    }
}
