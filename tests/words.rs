//! Commands that explain: words, two results side by side, the machine.

use crate::support::isard;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let done = isard().args(arguments).output().unwrap();
    (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
}

#[test]
fn a_word_is_explained_in_both_languages_and_an_unknown_one_names_its_neighbours() {
    let (code, text) = run(&["explain", "Theta"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("value added") && text.contains("formula:") && text.contains("doi:"), "{text}");
    let (_, text) = run(&["explain", "theta", "--labels", "zh"]);
    assert!(text.contains("增加值") && !text.contains("Own value added"), "{text}");
    let (code, text) = run(&["explain", "certifid"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("certified"), "{text}");
}

#[test]
fn two_results_are_compared_by_label_within_and_beyond_their_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let result = |name: &str, options: &[&str]| {
        let to = folder.path().join(name);
        let done = isard().args(["flows", "--quiet"]).args(options).arg("--output").arg(&to).output().unwrap();
        assert!(done.status.success());
        to.to_str().unwrap().to_string()
    };
    let (one, two, other) = (result("one", &[]), result("two", &["--method", "gmres"]), result("other", &["--seed", "3"]));
    let (code, text) = run(&["compare", &one, &two]);
    assert_eq!(code, Some(0));
    assert!(text.contains("nothing moved beyond the bounds"), "{text}");
    let (_, text) = run(&["compare", &one, &other, "--top", "3"]);
    assert!(text.contains("moves beyond the bounds") && text.contains("flow["), "{text}");
    let responsibility = {
        let to = folder.path().join("shares");
        assert!(isard().args(["responsibility", "-q", "--output"]).arg(&to).output().unwrap().status.success());
        to.to_str().unwrap().to_string()
    };
    let (code, text) = run(&["compare", &one, &responsibility]);
    assert!(code == Some(2) && text.contains("differ in their command"), "{text}");
    // a number moved by hand is found, with its labels
    let path = folder.path().join("two").join("result.json");
    let mut object: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let (row, column) = (object["regions"][2].clone(), object["destinations"][5].clone());
    object["flow"][2][5] = (object["flow"][2][5].as_f64().unwrap() + 1.0).into();
    std::fs::write(&path, object.to_string()).unwrap();
    let (_, text) = run(&["compare", &one, &two]);
    let named = format!("flow[{}][{}]", row.as_str().unwrap(), column.as_str().unwrap());
    assert!(text.contains("The largest of 1 moves") && text.contains(&named), "{text}");
}

#[test]
fn results_of_other_regions_and_strangers_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    std::fs::write(&file, "{\"a\": 1}").unwrap();
    let (code, text) = run(&["compare", file.to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(code, Some(2));
    assert!(text.contains("not a result of isard"), "{text}");
}

#[test]
fn the_doctor_names_threads_memory_and_bandwidth() {
    let (code, text) = run(&["doctor"]);
    assert_eq!(code, Some(0), "{text}");
    for said in ["threads", "memory", "GB/s", "instructions"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}
