//! Inventories, concordances and costs: what is read, what is joined, what is refused.

use isard::inventory::{Missing, attach};
use isard::io::emissions::{InventoryOptions, builtin_concordance, read};
use isard::io::{Options, read as read_table};

use crate::workbooks::shared;

#[test]
fn the_real_sic_table_and_its_wide_inventory_join_completely() {
    let (Some(table), Some(emissions)) =
        (shared("china/irio_sic_2002_2007/China_IRIO_2002_2007_SIC.xls"), shared("china/irio_sic_2002_2007/co2_2007_8x17_Mt.csv"))
    else {
        return;
    };
    let mut table = read_table(&table, &Options { sheet: Some("2007-17".into()), ..Options::default() }).unwrap();
    let inventory = read(&emissions, &InventoryOptions::default()).unwrap();
    assert_eq!((inventory.unit.as_str(), inventory.stressor.as_str()), ("Mt", "CO2"));
    let findings = attach(&mut table, &inventory, None, Missing::Fail).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let found = table.stressors[0].direct.sum();
    assert!((found - inventory.values.sum()).abs() < 1e-9 * found);
    assert_eq!(table.stressors[0].direct[0], 14.771041105664649);
    assert_eq!(table.provenance.files.len(), 2);
}

#[test]
fn the_real_ceads_inventory_is_read_whole() {
    let Some(path) = shared("china/ceads_co2/Emission_Inventories_for_30_Provinces_2017.xlsx") else { return };
    let inventory = read(&path, &InventoryOptions::default()).unwrap();
    assert_eq!(inventory.values.dim(), (30, 45));
    assert_eq!((inventory.unit.as_str(), inventory.stressor.as_str()), ("Mt", "CO2"));
    assert!((inventory.total() - 9725.613962122528).abs() < 1e-8, "{}", inventory.total());
    assert!((inventory.households.as_ref().unwrap().sum() - 445.6037546256321).abs() < 1e-9);
    assert!(inventory.remarks.is_empty());
    let map = builtin_concordance(42).unwrap();
    assert!(inventory.sectors.iter().all(|s| map.rows.iter().any(|(source, _)| s.matches(source))));
}
