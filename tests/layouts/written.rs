//! The miniature in each layout, as files of a folder.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::Workbook;

use super::mini::{Col, Mini, Row};

/// A table in a layout: the name of the layout, the file or folder, the table, its rows of value added, whether it has satellites.
pub struct Written {
    pub name: &'static str,
    pub path: PathBuf,
    pub mini: Mini,
    pub values: Vec<(&'static str, Row)>,
    pub accounts: bool,
}

const R: [&str; 3] = ["AUS", "BRA", "ROW"];
const S: [&str; 3] = ["A01_02", "C10T12", "D35"];
const T: &str = "\t";

fn s(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| t.to_string()).collect()
}

fn text(grid: &[Vec<String>], separator: &str) -> String {
    grid.iter().map(|row| row.join(separator) + "\n").collect()
}

fn put(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// A workbook of these sheets; what reads as a number is one.
pub fn book(folder: &Path, name: &str, sheets: &[(&str, Vec<Vec<String>>)]) -> PathBuf {
    let mut book = Workbook::new();
    for (sheet, grid) in sheets {
        let page = book.add_worksheet().set_name(*sheet).unwrap();
        for (r, row) in grid.iter().enumerate() {
            for (c, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                match cell.parse::<f64>() {
                    Ok(number) => page.write(r as u32, c as u16, number).unwrap(),
                    Err(_) => page.write(r as u32, c as u16, cell).unwrap(),
                };
            }
        }
    }
    let path = folder.join(name);
    std::fs::create_dir_all(folder).unwrap();
    book.save(&path).unwrap();
    path
}

fn oecd(folder: &Path, name: &'static str, file: &str, last: &str, names: [&str; 4], corner: &str) -> Written {
    let categories = if name == "oecd-2016" { ["HFCE", "GFCF", "INV"] } else { ["HFCE", "INVNT", last] };
    let mini = Mini::new(&R, &S, &categories, &["taxes", "value added"]);
    let [taxes, value, output, total] = names;
    let mut columns = mini.columns(&[if total == "DISC" { Col::Nothing } else { Col::Output }]);
    if name == "oecd-2016" {
        // by item and then country
        columns[9..18].sort_by_key(|c| if let Col::Demand(d) = c { (d % 3, d / 3) } else { (0, 0) });
    }
    let rows = match name {
        "oecd-2016" => mini.rows(&[Row::ValuesFrom(0), Row::Output]),
        "oecd-2023" => mini.rows(&[Row::Value(0), Row::Value(1), Row::Output]),
        _ => mini.rows(&[Row::Share(0), Row::Share(1), Row::Share(2), Row::Value(1), Row::Output]),
    };
    let side = |row| {
        vec![match row {
            Row::Sector(i) => format!("{}_{}", mini.row(i).0, mini.row(i).1),
            Row::Share(r) => format!("{}_{taxes}", R[r]),
            Row::Value(0) => taxes.to_string(),
            Row::Output => output.to_string(),
            _ => value.to_string(),
        }]
    };
    let head = |column| {
        vec![match column {
            Col::Sector(j) => format!("{}_{}", mini.row(j).0, mini.row(j).1),
            Col::Demand(d) if name == "oecd-2016" => format!("{}_{}", mini.demand(d).1, mini.demand(d).0),
            Col::Demand(d) => format!("{}_{}", mini.demand(d).0, mini.demand(d).1),
            _ => total.to_string(),
        }]
    };
    let mut grid = mini.grid(&rows, &columns, side, head);
    grid[0][0] = corner.to_string();
    let path = put(folder, file, text(&grid, ","));
    let values = match name {
        "oecd-2016" => vec![("VA+TAXSUB", Row::ValuesFrom(0))],
        "oecd-2023" => vec![("TLS", Row::Value(0)), ("VA", Row::Value(1))],
        _ => vec![("TAXSUB", Row::Value(0)), ("VALU", Row::Value(1))],
    };
    Written { name, path, mini, values, accounts: false }
}

const FIGARO: [&str; 6] = ["D21X31", "OP_RES", "OP_NRES", "D1", "D29X39", "B2A3G"];

fn figaro(folder: &Path, flat: bool) -> Written {
    let mini = Mini::new(&["AT", "FIGW1", "FR"], &S, &["P3_S13", "P3_S14", "P51G"], &FIGARO);
    let values: Vec<(&str, Row)> = FIGARO.iter().enumerate().map(|(k, name)| (*name, Row::Value(k))).collect();
    let rows = mini.rows(&values.iter().map(|v| v.1).collect::<Vec<_>>());
    let columns = mini.columns(&[]);
    let side = |row: Row| match row {
        Row::Sector(i) => (mini.row(i).0.to_string(), mini.row(i).1.to_string()),
        Row::Value(k) => ("W2".to_string(), FIGARO[k].to_string()),
        _ => unreachable!(),
    };
    let head = |column: Col| match column {
        Col::Sector(j) => (mini.row(j).0.to_string(), mini.row(j).1.to_string()),
        Col::Demand(d) => (mini.demand(d).0.to_string(), mini.demand(d).1.to_string()),
        _ => unreachable!(),
    };
    let path = if flat {
        let mut lines = vec![s(&["icioiRow", "icioiCol", "refArea", "rowIi", "counterpartArea", "colIi", "obsValue"])];
        for row in &rows {
            for column in &columns {
                let ((a, b), (c, d)) = (side(*row), head(*column));
                lines.push(vec![format!("{a}_{b}"), format!("{c}_{d}"), a, b, c, d, mini.number(*row, *column).to_string()]);
            }
        }
        put(folder, "flat.csv", text(&lines, ","))
    } else {
        let join = |(a, b): (String, String)| vec![format!("{a}_{b}")];
        let mut grid = mini.grid(&rows, &columns, |r| join(side(r)), |c| join(head(c)));
        grid[0][0] = "rowLabels".into();
        put(folder, "matrix.csv", text(&grid, ","))
    };
    Written { name: if flat { "figaro-flat" } else { "figaro" }, path, mini, values, accounts: false }
}

fn wiod(folder: &Path, late: bool) -> Written {
    let (demand, codes): ([&str; 3], [&str; 7]) = if late {
        (["c57", "c58", "c61"], ["TXSP", "EXP_adj", "PURR", "PURNR", "VA", "IntTTM", "GO"])
    } else {
        (["c37", "c38", "c42"], ["r99", "r61", "r62", "r63", "r64", "", "r69"])
    };
    const NAMES: [&str; 6] = [
        "taxes less subsidies on products",
        "Cif/ fob adjustments on exports",
        "Direct purchases abroad by residents",
        "Purchases on the domestic territory by non-residents",
        "Value added at basic prices",
        "International Transport Margins",
    ];
    let categories: [&str; 3] =
        if late { ["CONS_h", "CONS_np", "INVEN"] } else { ["Final consumption by households", "NPISH", "Changes in inventories"] };
    // 19 is a number in the sheet
    let mini = Mini::new(&R, &["AtB", "19", "E"], &categories, &NAMES);
    let rows = mini.rows(&[vec![Row::Intermediate], (0..6).map(Row::Value).collect(), vec![Row::Output]].concat());
    let columns = mini.columns(&[Col::Output]);
    let side = |row| match row {
        Row::Sector(i) => s(&[mini.row(i).1, "a name", mini.row(i).0, &format!("{}{}", if late { 'r' } else { 'c' }, i % 3 + 1)]),
        Row::Intermediate => {
            s(&[if late { "II_fob" } else { "" }, "Total intermediate consumption", "TOT", if late { "r65" } else { "r60" }])
        }
        Row::Value(k) if late => s(&[codes[k], NAMES[k], "TOT", "r66"]),
        Row::Value(k) => s(&["", NAMES[k], "", codes[k]]),
        _ => s(&[if late { "GO" } else { "" }, "Output at basic prices", "TOT", if late { "r73" } else { "r69" }]),
    };
    let head = |column| match column {
        Col::Sector(j) => s(&[mini.row(j).1, "a name", mini.row(j).0, &format!("c{}", j % 3 + 1)]),
        Col::Demand(d) => s(&[if late { mini.demand(d).1 } else { "" }, mini.demand(d).1, mini.demand(d).0, demand[d % 3]]),
        _ => s(&[if late { "GO" } else { "" }, "Total output", if late { "TOT" } else { "" }, if late { "c62" } else { "" }]),
    };
    let mut grid = mini.grid(&rows, &columns, side, head);
    grid[0][0] = "(industry-by-industry)".into();
    grid[1][0] = "(millions of US$)".into();
    grid.splice(0..0, [s(&["World Input-Output Table"]), s(&["3 countries, in current prices"])]);
    let path = book(folder, "wiot.xlsx", &[("2009", grid)]);
    let values = (0..6).map(|k| (if late { codes[k] } else { NAMES[k] }, Row::Value(k))).collect();
    Written { name: if late { "wiod-2016" } else { "wiod-2013" }, path, mini, values, accounts: false }
}

fn long_run(folder: &Path) -> Written {
    let mini = Mini::new(&R, &S, &["xCONS_h", "xCONS_g", "xINV"], &["xTXSP", "xVA"]);
    let mut lines = vec![s(&["year", "row_country", "row_id", "row_isic3", "col_country", "col_isic3", "value"])];
    let values = vec![("xTXSP", Row::Value(0)), ("xVA", Row::Value(1))];
    for row in mini.rows(&[Row::Intermediate, Row::Value(0), Row::Value(1), Row::Output]) {
        for column in mini.columns(&[Col::Output]) {
            let (a, b) = match row {
                Row::Sector(i) => mini.row(i),
                Row::Intermediate => ("xTOT", "xII"),
                Row::Value(k) => ("xTOT", ["xTXSP", "xVA"][k]),
                _ => ("xTOT", "xGO"),
            };
            let (c, d) = match column {
                Col::Sector(j) => mini.row(j),
                Col::Demand(d) => mini.demand(d),
                _ => ("xTOT", "xGO"),
            };
            lines.push(s(&["1965", a, "1", b, c, d, &mini.number(row, column).to_string()]));
        }
    }
    Written { name: "wiod-long-run", path: put(folder, "lr.csv", text(&lines, ",")), mini, values, accounts: false }
}

fn eora26(folder: &Path) -> Written {
    let mini = Mini::new(&R, &S, &["Households", "Inventories"], &["Wages", "Surplus"]);
    let (sectors, demand) = ((0..mini.n()).map(Col::Sector).collect::<Vec<_>>(), (0..mini.d()).map(Col::Demand).collect::<Vec<_>>());
    let (values, accounts) = ([Row::Value(0), Row::Value(1)], [Row::Account(0), Row::Account(1)]);
    for (name, rows, columns) in [
        ("T", mini.rows(&[]), &sectors),
        ("FD", mini.rows(&[]), &demand),
        ("VA", values.to_vec(), &sectors),
        ("Q", accounts.to_vec(), &sectors),
        ("QY", accounts.to_vec(), &demand),
    ] {
        put(folder, &format!("Eora26_2010_bp_{name}.txt"), text(&mini.numbers(&rows, columns), T));
    }
    // the lists end their lines in a tab
    let list = |pairs: Vec<(&str, &str)>, what: &str| -> String {
        pairs.iter().map(|(r, i)| format!("Name of {r}\t{r}\t{what}\t{i}\t\n")).collect()
    };
    put(folder, "labels_T.txt", list((0..mini.n()).map(|i| mini.row(i)).collect(), "Industries"));
    put(folder, "labels_FD.txt", list((0..mini.d()).map(|d| mini.demand(d)).collect(), "Final Demand"));
    put(folder, "labels_VA.txt", "Primary Inputs\tWages\t\nPrimary Inputs\tSurplus\t\n");
    put(folder, "labels_Q.txt", "I-GHG-CO2 emissions (Gg)\tTotal\t\nI-GHG-CH4 emissions (Gg)\tTotal\t\n");
    Written {
        name: "eora26",
        path: folder.into(),
        mini,
        values: vec![("Wages", Row::Value(0)), ("Surplus", Row::Value(1))],
        accounts: true,
    }
}

fn eora_full(folder: &Path) -> Written {
    let mini = Mini::new(&R, &["Industries/Wheat, rice", "Commodities/Meat"], &["Households", "Inventories"], &["Wages", "Surplus"]);
    let (sectors, demand) = ((0..mini.n()).map(Col::Sector).collect::<Vec<_>>(), (0..mini.d()).map(Col::Demand).collect::<Vec<_>>());
    let accounts = [Row::Account(0), Row::Account(1)];
    let mut value_added = Vec::new();
    for r in 0..3 {
        for k in 0..2 {
            // a country's rows stand in its own columns alone
            value_added.push((0..6).map(|j| if j / 2 == r { mini.v[[k, j]] } else { 0.0 }.to_string()).collect::<Vec<_>>());
        }
    }
    for (name, grid) in [
        ("T", mini.numbers(&mini.rows(&[]), &sectors)),
        ("Y", mini.numbers(&mini.rows(&[]), &demand)),
        ("V", value_added),
        ("Q", mini.numbers(&accounts, &mini.columns(&[]))),
    ] {
        put(folder, &format!("2015_Mother_{name}-Results_2015_000_Markup001(full).csv"), text(&grid, ","));
    }
    let list = |rows: Vec<(String, String, String)>| {
        let line =
            |(k, (r, e, i)): (usize, &(String, String, String))| format!("{}, \"Country {r}\", \"{r}\", \"{e}\", \"{i}\", \n", k + 1);
        "No, Country, CountryA3, Entity, Sector, \n".to_string() + &rows.iter().enumerate().map(line).collect::<String>()
    };
    let split = |i: usize| {
        let (r, item) = mini.row(i);
        let (entity, item) = item.split_once('/').unwrap();
        (r.to_string(), entity.to_string(), item.to_string())
    };
    put(folder, "index_t.csv", list((0..6).map(split).collect()));
    put(folder, "index_y.csv", list((0..6).map(|d| (mini.demand(d).0.into(), "Final Demand".into(), mini.demand(d).1.into())).collect()));
    let values = R.iter().flat_map(|r| ["Wages", "Surplus"].map(|v| (r.to_string(), "Primary Inputs".to_string(), v.to_string())));
    put(folder, "index_v.csv", list(values.collect()));
    put(folder, "index_q.csv", "No, IndicatorCode, LineItems, \n1, \"I-GHG\", \"CO2\", \n2, \"I-GHG\", \"CH4\", \n");
    Written {
        name: "eora-full",
        path: folder.into(),
        mini,
        values: vec![("Wages", Row::Value(0)), ("Surplus", Row::Value(1))],
        accounts: true,
    }
}

fn exiobase(folder: &Path) -> Written {
    let mini = Mini::new(&R, &S, &["Households", "Inventories"], &["Wages", "Surplus"]);
    let per = |grid: Vec<Vec<String>>, labels: usize| -> Vec<Vec<String>> {
        let rate = |(c, cell): (usize, &String)| {
            if c < labels { cell.clone() } else { (cell.parse::<f64>().unwrap() / mini.x[c - labels]).to_string() }
        };
        grid.iter().enumerate().map(|(k, row)| if k < 2 { row.clone() } else { row.iter().enumerate().map(rate).collect() }).collect()
    };
    let sectors: Vec<Col> = (0..mini.n()).map(Col::Sector).collect();
    let demand: Vec<Col> = (0..mini.d()).map(Col::Demand).collect();
    let head = |column| match column {
        Col::Sector(j) => s(&[mini.row(j).0, mini.row(j).1]),
        Col::Demand(d) => s(&[mini.demand(d).0, mini.demand(d).1]),
        _ => unreachable!(),
    };
    let row = |unit: &'static str| {
        let mini = &mini;
        move |row| match row {
            Row::Sector(i) => s(&[mini.row(i).0, mini.row(i).1, unit]),
            Row::Value(k) => s(&[&mini.values[k], unit]),
            Row::Account(k) => s(&[&mini.accounts[k], "air", unit]),
            _ => unreachable!(),
        }
    };
    let (values, accounts) = ([Row::Value(0), Row::Value(1)], [Row::Account(0), Row::Account(1)]);
    put(folder, "mrIot.txt", text(&per(mini.grid(&mini.rows(&[]), &sectors, row("M.EUR/M.EUR"), head), 3), T));
    put(folder, "mrFinalDemand.txt", text(&mini.grid(&mini.rows(&[]), &demand, row("M.EUR"), head), T));
    put(folder, "mrFactorInputs.txt", text(&per(mini.grid(&values, &sectors, row("M.EUR/M.EUR"), head), 2), T));
    put(folder, "mrEmissions.txt", text(&per(mini.grid(&accounts, &sectors, row("kg/M.EUR"), head), 3), T));
    put(folder, "mrFDEmissions.txt", text(&mini.grid(&accounts, &demand, row("kg"), head), T));
    Written {
        name: "exiobase-2",
        path: folder.into(),
        mini,
        values: vec![("Wages", Row::Value(0)), ("Surplus", Row::Value(1))],
        accounts: true,
    }
}

fn units(mini: &Mini, levels: &[&str]) -> Vec<Vec<String>> {
    let mut all = vec![s(&["", "", "unit"])];
    for sector in &mini.sectors {
        let (level, item) = sector.split_once('/').unwrap_or((levels[0], sector));
        all.push(s(&[level, item, "M EUR"]));
    }
    all.extend(mini.values.iter().map(|v| s(&["Factor of production", v, "M EUR"])));
    all.extend(mini.accounts.iter().map(|v| s(&["Satellite account", v, "kt"])));
    all
}

fn mario(folder: &Path, name: &'static str) -> Written {
    let sectors: &[&str] = if name == "mario-sut" { &["Activity/Farms", "Commodity/Farms"] } else { &["Farms", "Trade"] };
    let mini = Mini::new(&["Reg1", "Reg2"], sectors, &["Final demand", "Stocks"], &["Taxes", "Wages"]);
    let level = |i: usize| {
        let (region, sector) = mini.row(i);
        let (level, item) = sector.split_once('/').unwrap_or(("Sector", sector));
        s(&[region, level, item])
    };
    let head = |column| match column {
        Col::Sector(j) => level(j),
        Col::Demand(d) => s(&[mini.demand(d).0, "Consumption category", mini.demand(d).1]),
        _ => unreachable!(),
    };
    let side = |row| match row {
        Row::Sector(i) => level(i),
        Row::Value(k) => s(&["-", "Factor of production", &mini.values[k]]),
        Row::Account(k) => s(&["-", "Satellite account", &mini.accounts[k]]),
        _ => unreachable!(),
    };
    let below = [Row::Value(0), Row::Value(1), Row::Account(0), Row::Account(1)];
    let (rows, columns) = (mini.rows(&below), mini.columns(&[]));
    let path = match name {
        "mario-csv" => {
            let short = |row| vec![side(row)[2].clone()];
            let (sectors, demand) = (columns[..4].to_vec(), columns[4..].to_vec());
            let named = |mut grid: Vec<Vec<String>>, width: usize| {
                for (row, name) in ["Region", "Level", "Item"].iter().enumerate() {
                    grid[row][0] = name.to_string();
                }
                // pandas writes the names of the levels of the index into a line of their own
                let mut line = vec![String::new(); grid[0].len()];
                line[..width].clone_from_slice(&s(&["Region", "Level", "Item"])[3 - width..]);
                grid.insert(3, line);
                text(&grid, ",")
            };
            put(folder, "flows/Z.csv", named(mini.grid(&rows[..4], &sectors, side, head), 3));
            put(folder, "flows/Y.csv", named(mini.grid(&rows[..4], &demand, side, head), 3));
            put(folder, "flows/V.csv", named(mini.grid(&below[..2], &sectors, short, head), 1));
            put(folder, "flows/E.csv", named(mini.grid(&below[2..], &sectors, short, head), 1));
            put(folder, "flows/EY.csv", named(mini.grid(&below[2..], &demand, short, head), 1));
            let mut x = mini.grid(&rows[..4], &[Col::Output], side, |_| s(&["production"]));
            x[0][..3].clone_from_slice(&s(&["Region", "Level", "Item"]));
            put(folder, "flows/X.csv", text(&x, ","));
            put(folder, "flows/units.csv", text(&units(&mini, &["Sector"]), ","));
            folder.join("flows")
        }
        "mario-data" => {
            let heading = "Scenario,Matrix,Region_from,Sector_from,Factor of production_from,Satellite account_from,Region_to,Sector_to,Consumption category_to,Value\n";
            let mut lines = String::from(heading);
            for (k, row) in rows.iter().enumerate() {
                for column in &columns {
                    let (from, to) = (side(*row), head(*column));
                    let region = if k < 4 { from[0].as_str() } else { "" };
                    let at = |level: &str| if from[1] == level { from[2].as_str() } else { "" };
                    let to_at = |level: &str| if to[1] == level { to[2].as_str() } else { "" };
                    let flows = matches!(column, Col::Demand(_));
                    let matrix = match (row, flows) {
                        (Row::Sector(_), false) => "z",
                        (Row::Sector(_), true) => "Y",
                        (Row::Value(_), false) => "v",
                        (Row::Value(_), true) => "VY",
                        (_, false) => "e",
                        (_, true) => "EY",
                    };
                    let number = mini.number(*row, *column);
                    let number = if let Col::Sector(j) = column { number / mini.x[*j] } else { number };
                    lines += &format!(
                        "baseline,{matrix},{region},{},{},{},{},{},{},{number}\n",
                        at("Sector"),
                        at("Factor of production"),
                        at("Satellite account"),
                        to[0],
                        to_at("Sector"),
                        to_at("Consumption category")
                    );
                }
            }
            put(folder, "data.csv", lines)
        }
        "mario-table" => {
            let side = |row| match row {
                Row::Sector(i) => s(&[mini.row(i).0, mini.row(i).1]),
                other => s(&["", &side(other)[2]]),
            };
            let grid = mini.grid(&rows, &columns, side, |c| s(&[&head(c)[0], &head(c)[2]]));
            book(folder, "table.xlsx", &[("data", grid), ("units", units(&mini, &["Sector"]))])
        }
        _ => book(folder, "flows.xlsx", &[("flows", mini.grid(&rows, &columns, side, head)), ("units", units(&mini, &["Sector"]))]),
    };
    Written { name, path, mini, values: vec![("Taxes", Row::Value(0)), ("Wages", Row::Value(1))], accounts: true }
}

fn adb(folder: &Path) -> Written {
    let codes = ["r99", "r61", "r62", "r63", "r64", "trs"];
    let names = ["Taxes on products", "CIF", "Purchases abroad", "Purchases at home", "Value added at basic prices", "Margins"];
    let mini = Mini::new(&R, &["Agriculture, fishing", "Mining", "Construction"], &["Households", "NPISH", "Inventories"], &names);
    let rows = mini.rows(&[vec![Row::Intermediate], (0..6).map(Row::Value).collect(), vec![Row::Output]].concat());
    let side = |row| match row {
        Row::Sector(i) => s(&["", mini.row(i).1, mini.row(i).0, &format!("c{}", i % 3 + 1)]),
        Row::Intermediate => s(&["", "Intermediate input total", "TOT", "r60"]),
        Row::Value(k) => s(&["", names[k], "TOT", codes[k]]),
        _ => s(&["", "TOTAL", "TOT", "r69"]),
    };
    let head = |column| match column {
        Col::Sector(j) => s(&["0001", mini.row(j).1, mini.row(j).0, &format!("c{}", j % 3 + 1)]),
        Col::Demand(d) => s(&["1001", mini.demand(d).1, mini.demand(d).0, ["F1", "F2", "F5"][d % 3]]),
        _ => s(&["", "TOTAL", "ToT", ""]),
    };
    let mut grid = mini.grid(&rows, &mini.columns(&[Col::Output]), side, head);
    grid.insert(0, s(&["Multiregional Input-Output Table 2022"]));
    let legend = vec![s(&["Code", "Economy"]), s(&["AUS", "Australia"])];
    let path = book(folder, "adb.xlsx", &[("Legend", legend), ("ADB MRIO 2022", grid)]);
    Written { name: "adb", path, values: (0..6).map(|k| (names[k], Row::Value(k))).collect(), mini, accounts: false }
}

fn useeio(folder: &Path) -> Written {
    let mini = Mini::new(&["US", "RoUS"], &["1111A0", "211000"], &["F01000", "F04000"], &["V00100", "V00300"]);
    let id = |i: usize| format!("{}/{}", mini.row(i).1, mini.row(i).0);
    let side = |row| {
        vec![match row {
            Row::Sector(i) => id(i),
            Row::Value(k) => format!("{}/US", mini.values[k]),
            Row::Account(k) => format!("{}/emission/air/kg", mini.accounts[k]),
            _ => unreachable!(),
        }]
    };
    let head = |column| {
        vec![match column {
            Col::Sector(j) => id(j),
            Col::Demand(d) => format!("{}/{}", mini.demand(d).1, mini.demand(d).0),
            _ => "q".into(),
        }]
    };
    let rate = |grid: Vec<Vec<String>>| -> Vec<Vec<String>> {
        let one =
            |(c, cell): (usize, &String)| if c == 0 { cell.clone() } else { (cell.parse::<f64>().unwrap() / mini.x[c - 1]).to_string() };
        grid.iter().enumerate().map(|(k, row)| if k == 0 { row.clone() } else { row.iter().enumerate().map(one).collect() }).collect()
    };
    let sectors: Vec<Col> = (0..mini.n()).map(Col::Sector).collect();
    let path = book(
        folder,
        "model.xlsx",
        &[
            ("V", mini.grid(&mini.rows(&[]), &sectors, side, head)),
            ("U", mini.grid(&mini.rows(&[Row::Value(0), Row::Value(1)]), &mini.columns(&[]), side, head)),
            ("A", rate(mini.grid(&mini.rows(&[]), &sectors, side, head))),
            ("B", rate(mini.grid(&[Row::Account(0), Row::Account(1)], &sectors, side, head))),
            ("q", mini.grid(&mini.rows(&[]), &[Col::Output], side, head)),
        ],
    );
    Written { name: "useeio", path, mini, values: Vec::new(), accounts: true }
}

fn gloria(folder: &Path) -> Written {
    let mini = Mini::new(
        &["AFG", "CHN", "DYE"],
        &["Wheat, rice", "Trade"],
        &["Households P.3h", "Inventories P.52"],
        &["Wages D.1", "Surplus B.2n"],
    );
    let full = |grid: Vec<Vec<String>>, products: bool| -> Vec<Vec<String>> {
        // each region has its industries and then its products
        let wide = |row: &Vec<String>| {
            row.chunks(2)
                .flat_map(|c| if products { [s(&["0", "0"]), c.to_vec()] } else { [c.to_vec(), s(&["0", "0"])] }.concat())
                .collect()
        };
        grid.iter().map(wide).collect()
    };
    let (sectors, demand) = ((0..mini.n()).map(Col::Sector).collect::<Vec<_>>(), (0..mini.d()).map(Col::Demand).collect::<Vec<_>>());
    let use_rows = full(mini.numbers(&mini.rows(&[]), &sectors), false);
    let (mut t, mut y) = (Vec::new(), Vec::new());
    for r in 0..3 {
        for k in 0..2 {
            let make: Vec<String> = (0..6).map(|j| if j == 2 * r + k { mini.x[j] } else { 0.0 }.to_string()).collect();
            t.extend(full(vec![make], true));
            y.push(vec!["0".to_string(); 6]);
        }
        t.extend_from_slice(&use_rows[2 * r..2 * r + 2]);
        y.extend(mini.numbers(&[Row::Sector(2 * r), Row::Sector(2 * r + 1)], &demand));
    }
    let v: Vec<Vec<String>> =
        (0..6).map(|q| (0..6).map(|j| if j / 2 == q / 2 { mini.v[[q % 2, j]] } else { 0.0 }.to_string()).collect()).collect();
    let accounts = [Row::Account(0), Row::Account(1)];
    let file = |name: &str| format!("2026_120secMother_AllCountries_002_{name}-Results_2022_060_Markup001(full).csv");
    for (name, grid) in [("T", t), ("Y", y), ("V", full(v, false))] {
        put(folder, &format!("GLORIA_MRIOs_60_2022/{}", file(name)), text(&grid, ","));
    }
    put(folder, &format!("sat/{}", file("TQ")), text(&full(mini.numbers(&accounts, &sectors), false), ","));
    put(folder, &format!("sat/{}", file("YQ")), text(&mini.numbers(&accounts, &demand), ","));
    let list = |head: &[&str], rows: Vec<Vec<String>>| [vec![s(head)], rows].concat();
    let regions = (0..3).map(|r| s(&["1", &mini.regions[r], "a name"])).collect();
    let names = (0..2).map(|k| s(&["1", &mini.sectors[k]])).collect();
    let items = (0..2).map(|k| s(&["1", &mini.values[k], &mini.categories[k]])).collect();
    let satellites = (0..2).map(|k| s(&["1", "Emissions", &mini.accounts[k], "kt"])).collect();
    book(
        folder,
        "GLORIA_ReadMe_060.xlsx",
        &[
            ("Regions", list(&["Lfd_Nr", "Region_acronyms", "Region_names"], regions)),
            ("Sectors", list(&["Lfd_Nr", "Sector_names"], names)),
            ("Value added and final demand", list(&["Lfd_Nr", "Value_added_names", "Final_demand_names"], items)),
            ("Satellites", list(&["Lfd_Nr", "Sat_head_indicator", "Sat_indicator", "Sat_unit"], satellites)),
        ],
    );
    Written {
        name: "gloria",
        path: folder.into(),
        mini,
        values: vec![("Wages D.1", Row::Value(0)), ("Surplus B.2n", Row::Value(1))],
        accounts: true,
    }
}

/// Industries and products of a supply and use table, as rows or columns.
fn halves(mini: &Mini) -> (Vec<usize>, Vec<usize>) {
    (0..mini.n()).partition(|i| i % 4 < 2)
}

fn figaro_sut(folder: &Path, flat: bool) -> Written {
    let mini = Mini::supply_use(&["AT", "FIGW1", "FR"], ["A01", "D35", "CPA_A01", "CPA_D35"], &["P3_S13", "P51G"], &FIGARO);
    let values: Vec<(&str, Row)> = FIGARO.iter().enumerate().map(|(k, name)| (*name, Row::Value(k))).collect();
    let (industries, products) = halves(&mini);
    let side = |row: Row| match row {
        Row::Sector(i) => (mini.row(i).0.to_string(), mini.row(i).1.to_string()),
        Row::Value(k) => ("W2".to_string(), FIGARO[k].to_string()),
        _ => unreachable!(),
    };
    let head = |column: Col| match column {
        Col::Sector(j) => side(Row::Sector(j)),
        Col::Demand(d) => (mini.demand(d).0.to_string(), mini.demand(d).1.to_string()),
        _ => unreachable!(),
    };
    let rows: Vec<Row> = products.iter().map(|i| Row::Sector(*i)).chain(values.iter().map(|v| v.1)).collect();
    let columns: Vec<Col> = industries.iter().map(|j| Col::Sector(*j)).chain((0..mini.d()).map(Col::Demand)).collect();
    // supply: a row of a product, a column of the industry that makes it
    let made = |i: usize, j: usize| mini.z[[j, i]].to_string();
    let label = |(a, b): (String, String)| format!("{a}_{b}");
    if flat {
        let line =
            |(a, b): (String, String), (c, d): (String, String), v: String| vec![format!("{a}_{b}"), format!("{c}_{d}"), a, b, c, d, v];
        let heading = |what: &str| {
            vec![s(&[&format!("ic{what}Row"), &format!("ic{what}Col"), "refArea", "rowPi", "counterpartArea", "colPi", "obsValue"])]
        };
        let (mut uses, mut supply) = (heading("use"), heading("sup"));
        uses.extend(rows.iter().flat_map(|r| columns.iter().map(|c| line(side(*r), head(*c), mini.number(*r, *c).to_string()))));
        let pairs = products.iter().flat_map(|i| industries.iter().map(move |j| (*i, *j)));
        supply.extend(pairs.map(|(i, j)| line(side(Row::Sector(i)), side(Row::Sector(j)), made(i, j))));
        put(folder, "flatfile_eu-ic-use_25ed_2022.csv", text(&uses, ","));
        put(folder, "flatfile_eu-ic-supply_25ed_2022.csv", text(&supply, ","));
    } else {
        let mut uses = mini.grid(&rows, &columns, |r| vec![label(side(r))], |c| vec![label(head(c))]);
        uses[0][0] = "rowLabels".into();
        let mut supply =
            vec![["rowLabels".to_string()].into_iter().chain(industries.iter().map(|j| label(side(Row::Sector(*j))))).collect()];
        supply.extend(
            products
                .iter()
                .map(|i| [label(side(Row::Sector(*i)))].into_iter().chain(industries.iter().map(|j| made(*i, *j))).collect::<Vec<_>>()),
        );
        put(folder, "matrix_eu-ic-use_25ed_2022.csv", text(&uses, ","));
        put(folder, "matrix_eu-ic-supply_25ed_2022.csv", text(&supply, ","));
    }
    Written { name: if flat { "figaro-sut-flat" } else { "figaro-sut" }, path: folder.into(), mini, values, accounts: false }
}

fn exiobase_sut(folder: &Path) -> Written {
    let names = ["industries/Farms", "industries/Mills", "products/Wheat", "products/Flour"];
    let mini = Mini::supply_use(&R, names, &["Households", "Inventories"], &["Wages", "Surplus"]);
    let (industries, products) = halves(&mini);
    let own = |i: usize| s(&[mini.row(i).0, mini.row(i).1.split_once('/').unwrap().1]);
    let head = |column| match column {
        Col::Sector(j) => own(j),
        Col::Demand(d) => s(&[mini.demand(d).0, mini.demand(d).1]),
        _ => unreachable!(),
    };
    let side = |row| match row {
        Row::Sector(i) => own(i),
        Row::Value(k) => vec![mini.values[k].clone()],
        _ => unreachable!(),
    };
    // pandas names the levels in the corner and in a line of their own
    let named = |mut grid: Vec<Vec<String>>| {
        (grid[0][0], grid[1][0]) = ("region".into(), "sector".into());
        let mut line = vec![String::new(); grid[0].len()];
        line[0] = "region".into();
        grid.insert(2, line);
        text(&grid, T)
    };
    let rows: Vec<Row> = products.iter().map(|i| Row::Sector(*i)).collect();
    let columns: Vec<Col> = industries.iter().map(|j| Col::Sector(*j)).collect();
    let demand: Vec<Col> = (0..mini.d()).map(Col::Demand).collect();
    put(folder, "MRSUT_2011/use.csv", named(mini.grid(&rows, &columns, side, head)));
    put(folder, "MRSUT_2011/final_demand.csv", named(mini.grid(&rows, &demand, side, head)));
    put(folder, "MRSUT_2011/value_added.csv", named(mini.grid(&[Row::Value(0), Row::Value(1)], &columns, side, head)));
    let mut supply = mini.grid(&rows, &columns, side, head);
    for (row, i) in supply[2..].iter_mut().zip(&products) {
        row[2..].iter_mut().zip(&industries).for_each(|(cell, j)| *cell = mini.z[[*j, *i]].to_string());
    }
    put(folder, "MRSUT_2011/supply.csv", named(supply));
    Written {
        name: "exiobase-sut",
        path: folder.into(),
        mini,
        values: vec![("Wages", Row::Value(0)), ("Surplus", Row::Value(1))],
        accounts: false,
    }
}

fn eora_country(folder: &Path) -> Written {
    let mini = Mini::new(&["AUS"], &["Industries/Farms", "Commodities/Wheat"], &["Households", "Inventories"], &["Wages", "Surplus"]);
    let entity = |i: usize| mini.row(i).1.split_once('/').unwrap();
    let below = [Row::Value(0), Row::Value(1), Row::Account(0), Row::Account(1)];
    let side = |row| match row {
        Row::Sector(i) => s(&["Australia", "AUS", entity(i).0, entity(i).1]),
        Row::Value(k) => s(&["Australia", "AUS", "Primary Inputs", &mini.values[k]]),
        Row::Account(k) => s(&[&(k + 1).to_string(), "I-GHG", "GHG (Gg)", &mini.accounts[k]]),
        _ => s(&["China", "CHN", "ImportsFrom", "Total"]),
    };
    let head = |column| match column {
        Col::Sector(j) => s(&["Australia", "AUS", entity(j).0, entity(j).1]),
        Col::Demand(d) => s(&["Australia", "AUS", "Final Demand", mini.demand(d).1]),
        Col::Output => s(&["China", "CHN", "ExportsTo", "Total"]),
        Col::Nothing => s(&["Japan", "JPN", "ExportsTo", "Total"]),
    };
    let mut grid = mini.grid(&mini.rows(&below), &mini.columns(&[Col::Output, Col::Nothing]), side, head);
    // what goes abroad is one and two for each sector, and nothing of the rest
    for (k, row) in grid.iter_mut().skip(4).enumerate() {
        let width = row.len();
        for (at, value) in [(width - 2, "1"), (width - 1, "2")] {
            row[at] = if k < 2 { value } else { "0" }.to_string();
        }
    }
    let path = put(folder, "IO_AUS_2015_BasicPrice.txt", text(&grid, T));
    let mut mini = mini;
    mini.x += 3.0;
    mini.accounts = vec!["GHG (Gg)/CO2".into(), "GHG (Gg)/CH4".into()];
    Written { name: "eora-country", path, mini, values: vec![("Wages", Row::Value(0)), ("Surplus", Row::Value(1))], accounts: true }
}

/// The miniature in every described layout, below a folder.
pub fn all(folder: &Path) -> Vec<Written> {
    let at = |name: &str| folder.join(name);
    let mut all = vec![
        oecd(&at("o16"), "oecd-2016", "ICIO2016_2003.csv", "", ["TAXSUB", "VA+TAXSUB", "OUT", "DISC"], ""),
        oecd(&at("o18"), "oecd-2018", "ICIO2018_2010.CSV", "P33", ["TAXSUB", "VALU", "OUTPUT", "TOTAL"], ""),
        oecd(&at("o21"), "oecd-2021", "ICIO2021_2018.csv", "DPABR", ["TAXSUB", "VALU", "OUTPUT", "TOTAL"], ""),
        oecd(&at("o23"), "oecd-2023", "2020_SML.csv", "DPABR", ["TLS", "VA", "OUT", "OUT"], "V1"),
        figaro(&at("f"), false),
        figaro(&at("ff"), true),
        wiod(&at("w13"), false),
        wiod(&at("w16"), true),
        long_run(&at("lr")),
        eora26(&at("e26")),
        eora_full(&at("ef")),
        exiobase(&at("x2")),
        adb(&at("adb")),
        useeio(&at("us")),
        gloria(&at("gl")),
        figaro_sut(&at("fs"), false),
        figaro_sut(&at("fsf"), true),
        exiobase_sut(&at("xs")),
        eora_country(&at("ec")),
    ];
    all.extend(["mario-csv", "mario-data", "mario-xlsx", "mario-sut", "mario-table"].map(|name| mario(&at(name), name)));
    all
}
