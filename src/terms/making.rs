//! Words of tables made from tables: aggregation, finer sectors and regions, flows left out, balances and builds.

use super::{Term, term};

const BLAIR: &str = "Miller, Blair 2009, section 4.9";
const MORIMOTO: &str = "Morimoto 1970, doi:10.2307/1927606";
const RAS: &str = "Junius, Oosterhaven 2003, doi:10.1080/0953531022000056954; Lenzen, Gallego, Wood 2009, doi:10.1080/09535310802688661";
const MOSES: &str = "Chenery 1953; Moses 1955; Leontief, Strout 1963";

/// The words.
pub(super) const MAKING: &[Term] = &[
    term(
        &["coarse", "fine", "aggregation error", "error in %", "footprint of", "rows that cause it"],
        "Footprints of the aggregated (coarse) and of the given (fine) table, and what aggregation before solving does to each: error = fine less coarse, row by row.",
        "汇总表（粗）与原表（细）的足迹，以及先汇总后求解带来的误差：误差 = 细 - 粗，可逐行分解。",
        "J - J_c = z' r,  z = T(f),  r = y - x_h + A x_h,  x_h = W X_c",
        MORIMOTO,
    ),
    term(
        &["parts cancel", "part"],
        "What one row contributes, or a part of a sector or region; contributions of rows cancel as often as their sizes exceed their sum.",
        "单行的贡献，或部门、地区的组成部分；各行贡献的绝对值之和与其和之比表示相互抵消的倍数。",
        "sum |z_i r_i| / |sum z_i r_i|",
        MORIMOTO,
    ),
    term(
        &["output share", "parts", "of", "proportional split", "拆分"],
        "Parts of a sector or region, what they are parts of, and their share of its output. With output shares alone the split is an operator, and no result of the table changes.",
        "部门或地区的组成部分、其所属对象及其产出份额。仅有产出份额时拆分为算子，原表结果不变。",
        "A_fine = W A C,  C (I - A_fine)^-1 b = (I - A)^-1 C b",
        BLAIR,
    ),
    term(
        &["difference"],
        "The footprint of the finer table less that of the table: what knowledge of sales, inputs and emissions of the parts changes.",
        "拆分后与拆分前足迹之差：由各部分的销售、投入与排放信息所致。",
        "",
        BLAIR,
    ),
    term(
        &["lowest", "highest", "price of not knowing"],
        "What a footprint can be over all splits with these output and emission shares, imports and value added, whatever sales and inputs are; both ends are proven.",
        "在给定产出份额、排放份额、进口与增加值下，所有可能拆分的足迹上下限；两端均经证明。",
        "m = f + max over A of A' m, inputs of a part in [0, z_ij] with a given sum",
        "Puterman 1994, ch. 6; MacQueen 1966, doi:10.1016/0022-247X(66)90060-6",
    ),
    term(
        &["footprint"],
        "Emissions anywhere for the final demand of a region, without what households emit themselves.",
        "一地区最终需求在各地引起的排放，不含居民直接排放。",
        "J_r = f' (I - A)^-1 Y_r",
        "Leontief 1970, doi:10.2307/1926294",
    ),
    term(
        &["direct emissions", "for the own region"],
        "What the sectors of a region, or of a part of one, emit themselves, and what of it is for the final demand of the own region.",
        "地区（或其组成部分）各部门自身的排放，以及其中为本地区最终需求的部分。",
        "sum_i e_pi q_i",
        "",
    ),
    term(
        &["threshold", "flows left out", "in %", "sum of flows", "sum in %", "largest effect", "largest in %", "moves at most"],
        "Flows below a share of their buyer's output are left out: how many, how much money, and the most that a footprint moves, proven.",
        "略去低于购买方产出一定份额的流量：数量、金额及足迹最大变动（经证明）。",
        "|J - J_t| <= Z' |A - A_t| X",
        "",
    ),
    term(
        &["line", "target", "became", "standard errors", "standard_errors"],
        "A row, column or total that is to have a sum. In KRAS targets that contradict each other give way, measured in their standard errors.",
        "需达到给定合计的行、列或总量。KRAS 中相互矛盾的目标按其标准误让步。",
        "",
        RAS,
    ),
    term(
        &["kind", "low", "high"],
        "Whether a line is a row, a column or a total, and the range that its sum is to lie in; both ends are equal where the target is a number.",
        "该行是行、列还是总量，以及其合计应处的区间；目标为单一数值时两端相等。",
        "",
        RAS,
    ),
    term(
        &["factor", "balance", "ras", "gras", "kras", "平衡"],
        "By what the positive cells of a line are multiplied and its negative ones divided, so that sums are met and zeros and signs stay.",
        "为满足合计，正值乘以、负值除以的因子；零值与符号保持不变。",
        "z = z0 r_i s_j g_k where z0 > 0, z0 / (r_i s_j g_k) where z0 < 0;  min sum |z0| t ln(t/e), t = z/z0",
        RAS,
    ),
    term(
        &["product", "outflow", "inflow", "outflow factor", "inflow factor", "closing"],
        "What all regions send to others and take from others of a product, without transit. Both totals should be equal; factors bring them to one.",
        "各地区某产品对其他地区的流出与流入（不含过境）。两者合计应相等；以因子调至一致。",
        "sum_r OUT_ir f_out = sum_r IN_ir f_in = trade_i",
        MOSES,
    ),
    term(
        &["build", "gravity", "transit", "beta"],
        "One table from regional ones: transit taken off, outflow closed against inflow, trade by gravity brought to both, the whole brought to output.",
        "由各地区表编制区域间表：扣除过境，流出与流入闭合，引力模型贸易调至合计，再整体平衡至产出。",
        "T0_i^sr = O_is N_ir d_sr^-beta;  Z_sr = rhat_s that^sr Z^r chat_r",
        MOSES,
    ),
    term(
        &["variant", "variant of the least", "variant of the largest", "spread", "output left over"],
        "One set of choices of a build (closing-transit-imports-beta), which of them give the least and the largest of a number, and what the error column holds, as a share of output.",
        "编表的一组选择（闭合-过境-进口-beta）、使数值最小与最大的方案，以及误差列占产出的份额。",
        "",
        "",
    ),
    term(
        &["share"],
        "Emissions for own, other regions' and foreign final demand as shares of their sum.",
        "为本地区、其他地区与国外最终需求的排放占三者之和的份额。",
        "",
        "",
    ),
];
