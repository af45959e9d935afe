//! What a report says of the machine, masked: bounds, residuals, passes, times, threads, signs of nothing.

/// A report without the numbers that depend on the order of roundings, and without the width that they give their columns.
pub fn report(text: &str) -> String {
    let mut section = "";
    let mut masked = String::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            section = line.split(' ').next().unwrap();
        }
        // the version and the platform that made a result
        let by = line.find(", by version ").and_then(|from| Some((from, from + line[from..].find(", made")?)));
        let line = &by.map_or(line.to_string(), |(from, to)| format!("{}, by version #{}", &line[..from], &line[to..]));
        let indent = line.len() - line.trim_start().len();
        let mut columns: Vec<String> = line.trim().split("  ").map(str::trim).filter(|c| !c.is_empty()).map(words).collect();
        let body = indent > 0 && !columns.is_empty();
        match section {
            // passes end where rounding begins
            "Solves" | "Passes"
                if body && columns.len() > 1 && columns[columns.len() - 1] != "passes" && columns[columns.len() - 1] != "residual" =>
            {
                let known = if section == "Solves" { columns.len() - 2 } else { 1 };
                columns.truncate(known);
                columns.push("#".into());
            }
            // which number is the worst depends on the bounds
            "Verdicts" if body && columns.len() == 4 && columns[0] != "section" => columns[3] = "#".into(),
            _ => {}
        }
        masked.push_str(&" ".repeat(indent));
        masked.push_str(&columns.join("  "));
        masked.push('\n');
    }
    masked
}

/// An error without checksums, sizes of files and numbers of cores.
pub fn machine(text: &str) -> String {
    let all: Vec<&str> = text.split(' ').collect();
    let masked = all.iter().enumerate().map(|(k, word)| {
        let next = all.get(k + 1).copied().unwrap_or_default();
        let counted = ["bytes", "cores", "on"].iter().any(|unit| next.starts_with(unit)) || all[..k].ends_with(&["at", "least"]);
        let hash = ["checksum", "is"].iter().any(|before| all[..k].ends_with(&[before]));
        let end = word.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(word.len());
        let number = &word[..end];
        if counted && number.parse::<u64>().is_ok() || hash && number.len() == 8 {
            format!("#{}", &word[end..])
        } else {
            (*word).to_string()
        }
    });
    masked.collect::<Vec<_>>().join(" ")
}

/// The words of a column, numbers masked or cut.
fn words(column: &str) -> String {
    let all: Vec<&str> = column.split(' ').collect();
    let masked = all.iter().enumerate().map(|(k, word)| {
        let start = word.find(|c| c != '(').unwrap_or(0);
        let end = word.rfind(|c| !",;:)".contains(c)).map_or(start, |at| at + word[at..].chars().next().map_or(1, char::len_utf8));
        let (before, number, after) = (&word[..start], &word[start..end.max(start)], &word[end.max(start)..]);
        let Ok(value) = number.parse::<f64>() else { return (*word).to_string() };
        let next = all.get(k + 1).map(|w| w.trim_end_matches([',', ';', ')']));
        let share_of_bounds = all[k + 1..].starts_with(&["of", "both", "bounds"]);
        if number.contains('e') || share_of_bounds || next == Some("s") || next == Some("threads") {
            return format!("{before}#{after}");
        }
        let number = if value == 0.0 { number.trim_start_matches('-') } else { number };
        let places = number.find('.').map_or(number.len(), |point| number.len().min(point + 7));
        format!("{before}{}{after}", &number[..places])
    });
    masked.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_mask_takes_what_depends_on_the_machine_and_nothing_else() {
    let text = "Emissions, Mt  [SYNTHETIC]\n  r1   -0.0000   4.5142   3e-15\n  sum 3711.1657845303325 +- 1.9e-12, in 0.051 s (2 threads)\nSolves\n  family  method  passes  residual\n  weight  direct        1   1.1e-16\nVerdicts\n  flows    35   certified   2.6e-15 of 1.0e-11: r3\n";
    let masked = "Emissions, Mt  [SYNTHETIC]\n  r1  0.0000  4.5142  #\n  sum 3711.165784 +- #, in # s (# threads)\nSolves\n  family  method  passes  residual\n  weight  direct  #\nVerdicts\n  flows  35  certified  #\n";
    assert_eq!(report(text), masked);
    let made = "result: isard flows, by version 0.1.0 on x86_64-linux-avx2, made with direct\n  apart by 0.89 of both bounds at most\n";
    assert_eq!(report(made), "result: isard flows, by version #, made with direct\n  apart by # of both bounds at most\n");
    assert_eq!(
        machine("checksum 4828f4ad, stored is a3344a91\nof 2907 bytes; use all cores"),
        "checksum #, stored is #\nof # bytes; use all cores"
    );
}
