//! Words of headings and of decompositions, each with its definition in both languages.

use super::{BM, KWW, LENZEN, PETERS, Term, WWZ, term};

/// The words.
pub const HEADINGS: &[Term] = &[
    term(&["region", "sector", "exporter", "partner", "origin", "destination"], "The region or sector of the table that a row or column is about: where emissions arise (origin), whose final demand causes them (destination), who exports, and who buys.", "行或列所指的地区或部门：排放地、最终需求地、出口地区与购买方。", "", ""),
    term(&["direct", "for itself", "for others", "by others for it"], "Emissions of a region's sectors in all; for its own final demand; for that of other regions; and what other regions emit for its final demand.", "本地区各部门的全部直接排放；为本地区最终需求的；为其他地区最终需求的；其他地区为其最终需求的排放。", "direct_s = sum_r E_sr + exports + stock + error", PETERS),
    term(&["export", "abroad"], "Emissions for exports abroad: a destination of its own. In accounts, what the rest of the world answers for.", "为出口的排放，单列；在账户中为世界其他地区所负的责任。", "", ""),
    term(&["largest bound"], "The widest bound among the numbers of a row.", "一行数字中最宽的误差界。", "", ""),
    term(&["emissions", "total", "sum", "all", "all payments"], "Sums over the rows or columns shown; a sum carries the bounds of its parts.", "对所示行或列求和；合计带有各部分的误差界。", "", ""),
    term(&["households", "of which households"], "What households emit themselves, by heating and driving: no demand of industries causes it, so it stands beside the accounts.", "居民自身（取暖、驾车）的直接排放，与账户并列。", "", ""),
    term(&["pays", "receives", "net", "pays most", "receives most"], "What a region pays to others, receives from them, and the difference: positive receives. Payments add up to zero.", "地区支付、受偿及其差额（正为受偿）；收支相抵为零。", "net_r = sum_s (payment_sr - payment_rs)", ""),
    term(&["net / GDP", "net per GDP", "net per head"], "Net payment as a share of the value added of the region, or per person.", "净补偿占本地区增加值的比例，或人均。", "", ""),
    term(&["gap", "unbalanced"], "What a region answers for beyond what it emits. UNBALANCED: gaps valued at each region's own cost, which do not add up to zero.", "地区所负责任超出其排放的部分。不平衡：各以自身成本计价，收支不相抵。", "G = account - production", ""),
    term(&["abates", "marginal cost", "stands", "cost", "cost at home", "market optimum"], "The market optimum: what a region abates, the cost of its last tonne, where it stands on its curve, what abatement costs it, and what its whole duty would cost it alone.", "市场最优：地区的减排量、最后一吨的成本、在曲线上的位置、减排成本，以及独自完成责任的成本。", "", ""),
    term(&["sensitivity", "setting", "settings", "choice"], "Net payments under every combination of principle, duty, cost source and price rule; a setting is one combination, a choice one value of one of them.", "各原则、责任、成本来源与价格规则组合下的净补偿；设定为一种组合，选择为其中一项的取值。", "", ""),
    term(&["least net", "most net", "median", "rank"], "The least, the greatest and the middle net payment over all settings; the place of a region in the order from largest payer (1) to largest receiver.", "全部设定中净补偿的最小、最大与中位值；由最大支付方（1）到最大受偿方的位次。", "", ""),
    term(&["payer stays", "receiver stays", "mostly"], "In how many settings the largest payer or receiver is that of the main setting, and who it mostly is otherwise.", "最大支付方或受偿方与主设定相同的设定数，以及其余情况下多为谁。", "", ""),
    term(&["levels", "alone", "with others", "variance of ranks"], "How many values a choice takes, the share of the variance of ranks that it makes alone, and that with all interactions it takes part in.", "选择的取值数、其单独造成的位次方差份额，以及连同全部交互作用的份额。", "", "Sobol 1993; Saltelli et al. 2008"),
    term(&["extraction", "extract"], "What would be lost if an exporter's deliveries to others were taken out of the table: hypothetical extraction.", "假设抽取：若将出口地区对外交付从表中抽去所失去的量。", "v' (L - L*) y", "Los, Timmer, de Vries 2016, doi:10.1257/aer.20140883; Dietzenbacher, Lahr 2013"),
    term(&["upstreamness", "downstreamness"], "The mean number of steps from a sector to final use, and from primary inputs to it; equal to its forward and backward linkage.", "部门到最终使用、初始投入到部门的平均环节数；等于前向与后向关联。", "upstreamness = F(x)/x, downstreamness = T(1)", "Antràs et al. 2012, doi:10.1257/aer.102.3.412"),
    term(&["class", "backward", "forward", "weak"], "Key sectors lie above the mean in both directions, backward or forward ones in one, weak ones in none.", "两个方向均高于平均为关键部门；仅一个方向为后向或前向；均低于平均为弱。", "", "Miller, Blair 2009, ch. 12"),
    term(&["D_pba_reg", "D_cba_reg", "D_imp_reg", "D_exp_reg"], "Accounts by region with pymrio's names: production, consumption, imports and exports.", "按地区的账户（pymrio 名称）：生产、消费、进口与出口。", "", "Stadler 2021, doi:10.5334/jors.251"),
    term(&["DVA", "DVA_FIN", "DVA_INT", "DVA_INTrex", "DVA_INTrexI1", "DVA_INTrexI2", "DVA_INTrexF"], "Own content of exports: in final goods, in intermediates used by the direct importer, and in intermediates that it sends on.", "出口中的自有内涵：最终品、直接进口方使用的中间品、以及其转出的中间品。", "", WWZ),
    term(&["RDV_FIN", "RDV_INT", "RDV_FIN2"], "Own content that returns home: in final goods or in intermediates.", "返回国内的自有内涵：随最终品或中间品。", "", WWZ),
    term(&["FVA_FIN", "FVA_INT", "OVA_FIN", "OVA_INT", "MVA_FIN", "MVA_INT"], "Foreign content of exports, of third members (OVA) and of the importer (MVA), in final goods and intermediates.", "出口中的国外内涵：第三方（OVA）与进口方（MVA），随最终品与中间品。", "", KWW),
    term(&["DDC_FIN", "DDC_INT", "ODC", "MDC"], "Content counted twice, because it crosses the same border again: own, of third members, of the importer.", "重复计算的内涵（再次过境）：自有、第三方、进口方。", "", WWZ),
    term(&["UNEXPLAINED"], "Content that neither value added nor imports of the table explain: the columns do not add up.", "数据表的增加值与进口均不能解释的内涵：列不平衡。", "", ""),
    term(&["DC", "FC", "GVCF", "GVCB", "DAVAX"], "Sums of terms: domestic and foreign content; forward and backward participation in global value chains; value used by direct importers.", "各项的合计：国内与国外内涵；全球价值链前向与后向参与；直接进口方使用的增加值。", "DC = DVA + DDC, FC = FVA + FDC, GVC = GVCF + GVCB", BM),
    term(&["VAX1", "VAX2", "VAX3", "VAX4", "REF1", "REF2", "FVA1", "FVA2", "FVA3", "FVA4"], "Parts of VAX, REF and FVA by the way goods take: final goods, intermediates used by the direct importer, or sent on.", "VAX、REF、FVA 按去向的划分：最终品、直接进口方使用的中间品、或再转出。", "", BM),
    term(&["before", "after", "change"], "Emissions in the first and in the second table, and the difference that determinants explain.", "首表与末表的排放，及由各因素解释的差额。", "", "Dietzenbacher, Los 1998, doi:10.1080/09535319800000023"),
    term(&["intensity", "technology", "trade", "level", "composition"], "The determinants of a change: factor per output, inputs per output, origin of inputs, amount and make-up of final demand.", "变化的因素：单位产出的要素、投入系数、投入来源、最终需求的水平与构成。", "", "Dietzenbacher, Los 1998, doi:10.1080/09535319800000023"),
    term(&["determinant", "mean", "least", "largest", "polar mean"], "A determinant's effect depends on the order in which determinants change: the mean, the least and the largest over all orders, and the mean of the two polar ones.", "因素的效应取决于变化次序：各次序的平均、最小、最大，以及两极次序的平均。", "", "Dietzenbacher, Los 1998, doi:10.1080/09535319800000023"),
    term(&["own", "other"], "Shares of emissions for final demand of the same region and of other regions.", "为本地区与其他地区最终需求的排放份额。", "", LENZEN),
];
