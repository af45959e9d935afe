//! Tests of labels, keys and loose comparison.

use super::*;

#[test]
fn spellings_of_a_province_lead_to_one_name() {
    let spellings = ["Inner Mongolia", "InnerMongolia", "内蒙古", "内蒙古自治区", "inner-mongolia", "Neimenggu"];
    for given in spellings {
        let name = Name::region(given);
        assert_eq!(name.given, given);
        assert!(if given.is_ascii() {
            name.en == given && name.zh == "内蒙古"
        } else {
            name.en == "Inner Mongolia" && name.zh == given
        });
        assert!(spellings.iter().all(|other| name.matches(other) && find(std::slice::from_ref(&name), other) == Some(0)), "{given}");
    }
    assert_eq!(Name::region("Shannxi").zh, "陕西");
    assert_eq!(Name::region("Shanxi").zh, "山西");
    assert_eq!(Name::region("广西壮族自治区").en, "Guangxi");
    for nan in ["Henan", "Hunan", "Hainan", "Yunnan"] {
        assert_eq!(Name::region(nan).en, nan);
    }
}

#[test]
fn names_are_found_as_written_and_loosely_only_where_one_fits() {
    let names = |list: &[&str]| list.iter().map(|n| Name::region(n)).collect::<Vec<_>>();
    let codes = names(&["1.1", "11", "Power (+)", "Power (-)"]);
    let index = Index::new(codes.iter().enumerate());
    for (name, at) in [("11", Some(1)), ("1.1", Some(0)), ("1-1", None), ("power (+)", None), ("Power  (-)", Some(3))] {
        assert_eq!((find(&codes, name), index.get(name)), (at, at), "{name}");
    }
    let places = names(&["吉林省", "吉林市", "São Tomé", "济南"]);
    let index = Index::new(places.iter().enumerate());
    for (name, at) in [("吉林", 0), ("Jilin", 0), ("吉林市", 1), ("Sa\u{303}o Tome\u{301}", 2), ("sao tome", 9), ("济南市", 3)] {
        assert_eq!(find(&places, name).unwrap_or(9), at, "{name}");
        assert!(name == "济南市" || index.get(name).unwrap_or(9) == at, "{name}");
    }
}

#[test]
fn regions_that_come_twice_are_refused() {
    let rows = [("a", "x"), ("b", "x"), ("a", "y")].map(|(r, s)| (r.to_string(), s.to_string()));
    let error = Labels::from_pairs(&rows, &[], "t.csv").unwrap_err();
    assert!(error.to_string().contains("not contiguous"), "{error}");
    // final demand category by category, given to regions in turn
    let rows = [("a", "x"), ("b", "x")].map(|(r, s)| (r.to_string(), s.to_string()));
    let demand = [("a", "h"), ("a", "h"), ("b", "g"), ("b", "g")].map(|(r, s)| (r.to_string(), s.to_string()));
    let error = Labels::from_pairs(&rows, &demand, "t.npz").unwrap_err();
    assert!(error.to_string().contains("a has the category \"h\" of final demand twice"), "{error}");
}
