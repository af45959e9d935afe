//! What the words of results mean: a definition in both languages, the formula, the source.

use headings::HEADINGS;
use making::MAKING;

mod headings;
mod making;

/// A word of the field.
pub struct Term {
    /// Its name in results, and other names that are looked for.
    pub names: &'static [&'static str],
    /// Definition in English.
    pub en: &'static str,
    /// Definition in Chinese.
    pub zh: &'static str,
    /// Formula; empty if there is none.
    pub formula: &'static str,
    /// Source; empty if it is isard's own.
    pub source: &'static str,
}

const fn term(names: &'static [&'static str], en: &'static str, zh: &'static str, formula: &'static str, source: &'static str) -> Term {
    Term { names, en, zh, formula, source }
}

const LENZEN: &str = "Lenzen, Murray, Sack, Wiedmann 2007, doi:10.1016/j.ecolecon.2006.05.018";
const PETERS: &str = "Peters 2008, doi:10.1016/j.ecolecon.2007.10.014";
const WWZ: &str = "Wang, Wei, Zhu 2013, NBER w19677";
const KWW: &str = "Koopman, Wang, Wei 2014, doi:10.1257/aer.104.2.459";
const BM: &str = "Borin, Mancini 2023, doi:10.1080/09535314.2022.2153221";
const PYMRIO: &str = "Stadler 2021, doi:10.5334/jors.251";

/// The words of the field; those of headings beside them ([`all`]).
pub const TERMS: &[Term] = &[
    term(
        &["flow", "flows", "embodied emissions", "隐含排放"],
        "Emissions in region s that the final demand of region r causes, directly and through all suppliers.",
        "r 地区最终需求通过全部供应链在 s 地区引起的排放。",
        "E_sr = sum_i f_si [ (I - A)^-1 Y_r ]_si",
        "Leontief 1970, doi:10.2307/1926294",
    ),
    term(
        &["certified", "certificate", "bound", "误差界", "获证"],
        "The exact result for the table as given lies within the bound of each printed number, rounding included, and each bound is within the tolerance or a named floor. Errors in the data are not covered.",
        "对所给数据表，每个数字的精确值都在其误差界之内（含舍入误差），且误差界不超过容许值或所列下限。不涉及数据本身的误差。",
        "|c'(x - x*)| <= z'|r|  where  z >= 0, z'(I - |A|) >= |c|', r = b - (I - A) x",
        "Berman, Plemmons 1994, ch. 6; Higham 2002, ch. 3",
    ),
    term(
        &["tolerance", "floor", "容许值"],
        "What a bound may be: the tolerance times the number, or the floor of the section where the number is smaller.",
        "误差界的上限：容许值乘以数值，或该部分的下限。",
        "bound <= max(tolerance |value|, floor)",
        "",
    ),
    term(
        &["production", "pba", "D_pba", "生产者责任"],
        "Direct emissions of the region's sectors.",
        "本地区各部门的直接排放。",
        "q_s = sum_i f_si x_si",
        PETERS,
    ),
    term(
        &["consumption", "cba", "D_cba", "消费者责任"],
        "Emissions anywhere for the region's final demand.",
        "为本地区最终需求在各地产生的排放。",
        "sum_s E_sr",
        PETERS,
    ),
    term(
        &["shared", "共担责任"],
        "The region of origin keeps the share theta of what it emits for others; the user answers for the rest.",
        "排放地对其为他人的排放保留份额 θ，其余由使用地负责。",
        "own + theta out + (1 - theta of the origin) in",
        LENZEN,
    ),
    term(
        &["theta", "retained share", "sharing factor", "自留份额"],
        "Own value added in a region's outflows, as a share of these outflows.",
        "本地区增加值在其流出中的份额。",
        "theta_s = value added of s in its outflows / outflows of s",
        LENZEN,
    ),
    term(
        &["income", "收入责任"],
        "Emissions that the region's primary inputs enable in those that use its products.",
        "本地区初始投入在下游使用者处促成的排放。",
        "v' (I - B)^-1, B = diag(1/x) Z",
        "Marques et al. 2012, doi:10.1016/j.ecolecon.2012.09.010",
    ),
    term(
        &["supply-chain", "supply-chain-net", "supply-chain-border", "供应链分担"],
        "Each seller keeps a share of the responsibility that every sale carries and hands on the rest.",
        "每个卖方保留每笔销售所携责任的一部分，其余传递下去。",
        "alpha_i = 1 - v_i / (net output of i)",
        LENZEN,
    ),
    term(
        &["value-capture", "增加值获取"],
        "The carbon of each final product goes to where the value added of its chain is earned.",
        "每种最终产品的碳按其产业链增加值的获取地分配。",
        "",
        "",
    ),
    term(
        &["technology-adjusted", "技术调整"],
        "Consumption, with exports credited at the market's mean intensity instead of the exporter's own.",
        "以市场平均强度计出口的消费者责任。",
        "",
        "Kander et al. 2015, doi:10.1038/nclimate2555",
    ),
    term(
        &["production-consumption", "consumption-income"],
        "A mix of two principles: gamma of production and 1 - gamma of consumption, or half consumption and half income.",
        "两种原则的加权：生产与消费，或消费与收入各半。",
        "gamma P + (1 - gamma) C",
        PETERS,
    ),
    term(
        &["net outflow", "balance of emissions embodied in trade", "净流出"],
        "What a region emits for other regions, less what they emit for it.",
        "为其他地区的排放减去其他地区为其的排放。",
        "sum_r (E_sr - E_rs)",
        PETERS,
    ),
    term(&["stock"], "Emissions for changes in inventories; a destination of its own.", "存货变动引起的排放，单列。", "", ""),
    term(
        &["error"],
        "Emissions for the row remainder: what a row sells beyond its stated uses. Kept as a destination, never spread.",
        "行余项（总产出与所列用途之差）对应的排放，单列，不分摊。",
        "x - Z 1 - Y 1",
        "",
    ),
    term(
        &["duty", "责任量"],
        "The tonnes that a payment is for: net flow, outflow, the shared part, or the gap between two accounts.",
        "补偿所依据的吨数：净流量、流出量、共担部分或两账户之差。",
        "",
        "",
    ),
    term(
        &["price rule", "receiver", "payer", "nash", "uniform", "ets", "fund"],
        "The price of a tonne of duty: the receiver's or the payer's unit abatement cost, their mean, one price for all, a bargain, a market's price, or a fund's.",
        "每吨责任的价格：受偿方或支付方的单位减排成本、均值、统一价、议价、碳市场价或基金价。",
        "payment = duty x price",
        "",
    ),
    term(
        &["net-flow", "gap-prorata", "gap-fund"],
        "Duties: net-flow, what a region emits for another less the reverse; gap-prorata, what a region answers for beyond its production, paid in proportion to those that answer for less; gap-fund, the same through a fund.",
        "责任规则：净流量；缺口按比例；缺口入基金。",
        "",
        "",
    ),
    term(
        &["national", "min", "max"],
        "Price rules: national, the mean of all unit costs weighed by direct emissions; min and max, the lower or the higher cost of the two regions.",
        "价格规则：按直接排放加权的平均成本；两地区成本的较低者或较高者。",
        "",
        "",
    ),
    term(
        &["integral", "marginal"],
        "What a duty costs: integral, all its tonnes along the cost curve; marginal, the price of the first tonne for all.",
        "责任的成本：沿成本曲线积分；或按第一吨的价格计。",
        "C(a) = integral of the marginal cost from 0 to a",
        "",
    ),
    term(
        &["proven", "probable", "open"],
        "What holds over a range of costs: proven, for every cost between low and high; probable, in at least 90 % of draws; open, neither.",
        "在成本区间内：已证（对区间内任何成本成立）、可能（至少 90 % 的抽样成立）、未定。",
        "",
        "",
    ),
    term(
        &["identified", "placebo", "if forced", "ranges"],
        "Whether a panel can tell a price: GDP must respond to CO2, and the price must lie above those of placebos, panels with CO2 per energy permuted over regions. Otherwise ranges are printed, and the point as 'if forced'.",
        "面板数据能否识别价格：GDP 须对 CO2 有响应，且价格须高于安慰剂（单位能源 CO2 在地区间置换）的价格；否则只给区间。",
        "",
        "",
    ),
    term(
        &["uncertified", "without a bound"],
        "UNCERTIFIED: a bound is wider than allowed, or a check fails; exit code 1. WITHOUT A BOUND: numbers that carry none and are in no verdict.",
        "未获证：误差界超过容许值或检查未通过；无误差界：该数字不附误差界，不参与结论。",
        "",
        "",
    ),
    term(
        &["market", "市场"],
        "The allowances trade that meets all duties at least cost; its price is equal everywhere.",
        "以最低成本满足全部责任的交易；各地价格相等。",
        "min sum C_i(a_i), sum a_i = sum duty_i",
        "",
    ),
    term(
        &["kww"],
        "Nine terms of a country's gross exports: value added exported, returned, foreign, and counted twice.",
        "一国总出口的九项分解：出口增加值、返回、国外及重复计算。",
        "",
        KWW,
    ),
    term(&["wwz", "D_WWZ"], "Sixteen terms of gross exports by sector and partner.", "按部门与贸易伙伴的总出口十六项分解。", "", WWZ),
    term(
        &["borin-mancini", "VAX", "REF", "DDC", "FVA", "FDC", "GVC"],
        "Gross exports by first (source) or last (sink) crossing: VAX value absorbed abroad, REF returned, FVA foreign, DDC and FDC counted twice.",
        "按首次（来源）或末次（去向）过境的总出口分解：VAX 国外吸收，REF 返回，FVA 国外增加值，DDC 与 FDC 重复计算。",
        "",
        BM,
    ),
    term(
        &["eebt"],
        "Emissions embodied in bilateral trade: domestic emissions of gross exports, intermediates not followed abroad.",
        "双边贸易隐含排放：总出口的国内排放，不追踪境外中间投入。",
        "f_s L_ss e_sr",
        PETERS,
    ),
    term(
        &["routes", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9"],
        "The way from emission to final use: local, returned, final goods, intermediates used by the direct importer, complex chains, exports abroad direct or through others.",
        "从排放到最终使用的路径：本地、返回、最终品、直接进口方使用的中间品、复杂链、直接或转口出口。",
        "",
        "Meng, Peters, Wang, Li 2018, doi:10.1016/j.eneco.2018.05.013",
    ),
    term(
        &["D_imp", "D_exp", "M", "S", "L"],
        "pymrio's names: S emissions per unit of output, M multipliers, L the Leontief inverse, D_imp and D_exp emissions in imports and exports.",
        "pymrio 的名称：S 单位产出排放，M 乘数，L 列昂惕夫逆，D_imp、D_exp 进出口隐含排放。",
        "M = S L",
        PYMRIO,
    ),
    term(
        &["linkage", "key sector", "backward linkage", "forward linkage", "关联"],
        "How much a sector draws from others (backward) and delivers to them (forward), against the mean of all; key sectors lie above 1 in both.",
        "部门对其他部门的后向与前向关联，相对平均值；两者均大于 1 为关键部门。",
        "",
        "Miller, Blair 2009, ch. 12",
    ),
    term(
        &["structural", "sda"],
        "The change between two tables, split into intensity, technology, structure and level of demand; means over all orders.",
        "两表间变化按强度、技术、需求结构与水平的分解；取各次序的平均。",
        "",
        "Dietzenbacher, Los 1998, doi:10.1080/09535319800000023",
    ),
    term(
        &["trade shares", "factored"],
        "A table whose imports of a product have the same origin in every use; kept by its shares and technologies, which are small.",
        "每种产品的进口在各用途中来源相同的数据表；以其因子存储。",
        "A_sr = diag(t_sr) H_r",
        "Chenery 1953; Moses 1955",
    ),
    term(
        &["snapshot", ".isard"],
        "A table as isard writes it: checksummed sections that are mapped, not read.",
        "isard 的数据表文件：带校验和，按映射使用。",
        "",
        "",
    ),
];

/// Every term.
pub fn all() -> impl Iterator<Item = &'static Term> {
    TERMS.iter().chain(HEADINGS).chain(MAKING)
}

/// What a heading of a table means: its unit, its region and the words around a name are left out.
pub fn heading(text: &str) -> Option<&'static Term> {
    let named = |name: &str| all().find(|t| t.names.iter().any(|n| n.eq_ignore_ascii_case(name.trim())));
    let bare = text.split(" (").next().unwrap_or(text);
    named(text).or_else(|| named(bare)).or_else(|| bare.split(", ").find_map(named)).or_else(|| named(bare.strip_prefix("median ")?))
}

/// The term with a name, whatever its case; else those whose names contain it.
pub fn find(name: &str) -> Vec<&'static Term> {
    let wanted = name.trim().to_lowercase();
    let exact: Vec<&Term> = all().filter(|t| t.names.iter().any(|n| n.to_lowercase() == wanted)).collect();
    if !exact.is_empty() || wanted.is_empty() {
        return exact;
    }
    all().filter(|t| t.names.iter().any(|n| n.to_lowercase().contains(&wanted))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responsibility::Principle;

    #[test]
    fn no_name_stands_for_two_terms_and_every_term_has_both_languages() {
        let names: Vec<&str> = all().flat_map(|t| t.names).copied().collect();
        for (k, name) in names.iter().enumerate() {
            assert!(!names[..k].contains(name), "{name}");
        }
        assert!(all().all(|t| !t.en.is_empty() && t.zh.chars().any(|c| c >= '\u{4e00}')));
    }

    #[test]
    fn principles_are_explained() {
        for principle in Principle::ALL {
            assert!(!find(principle.name()).is_empty(), "{}", principle.name());
        }
        assert_eq!(find("THETA")[0].names[0], "theta");
        assert!(find("no such word").is_empty());
    }
}
