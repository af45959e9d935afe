//! The built-in lists of provinces and sectors, in English and Chinese, with other spellings in use.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::key;

/// The lists by key: English and Chinese name.
pub(super) struct Lists {
    pub(super) regions: HashMap<String, (String, String)>,
    pub(super) sectors: Vec<HashMap<String, (String, String)>>,
}

/// Other spellings of a province, as they occur in published tables.
const ALIASES: [(&str, &str); 8] = [
    ("Shannxi", "Shaanxi"),
    ("Neimenggu", "Inner Mongolia"),
    ("Inner-Mongolia", "Inner Mongolia"),
    ("Nei Mongol", "Inner Mongolia"),
    ("Xizang", "Tibet"),
    ("Ningxia Hui", "Ningxia"),
    ("Xinjiang Uygur", "Xinjiang"),
    ("Guangxi Zhuang", "Guangxi"),
];

/// The built-in lists.
pub(super) fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut regions = HashMap::new();
        for (text, en, zh) in
            [(include_str!("../../fixtures/facts/provinces_2017.csv"), 0, 1), (include_str!("../../fixtures/facts/regions_8.csv"), 1, 2)]
        {
            for row in records(text) {
                let pair = (row[en].clone(), row[zh].clone());
                regions.insert(key(&row[en]), pair.clone());
                regions.insert(key(&row[zh]), pair);
            }
        }
        for (alias, en) in ALIASES {
            let pair = regions.get(&key(en)).expect("aliases name listed provinces").clone();
            regions.insert(key(alias), pair);
        }
        let sectors = [include_str!("../../fixtures/facts/sectors_42_2017.csv"), include_str!("../../fixtures/facts/sectors_17_sic.csv")]
            .map(|text| {
                records(text)
                    .flat_map(|row| [(key(&row[1]), (row[1].clone(), row[2].clone())), (key(&row[2]), (row[1].clone(), row[2].clone()))])
                    .collect()
            })
            .into();
        Lists { regions, sectors }
    })
}

/// The records of a built-in CSV table, without its header.
pub fn records(text: &'static str) -> impl Iterator<Item = Vec<String>> {
    csv::Reader::from_reader(text.as_bytes())
        .into_records()
        .map(|r| r.expect("built-in tables are well formed").iter().map(str::to_string).collect::<Vec<_>>())
        .collect::<Vec<_>>()
        .into_iter()
}
