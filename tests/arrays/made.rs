//! Containers made here, byte by byte.

use std::fs;

use isard::formats::{Reading, read};

fn refusal(path: &std::path::Path) -> String {
    read(path, &Reading::default()).unwrap_err().to_string()
}

/// Two regions of one sector: `Z = (1 2; 3 4)`, `Y = (7 0; 1 12)`.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("Z.mtx", "%%MatrixMarket matrix coordinate real general\n2 2 4\n1 1 1\n1 2 2\n2 1 3\n2 2 4\n");
    put("Y.mtx", "%%MatrixMarket matrix array real general\n2 2\n7\n1\n0\n12\n");
    put("x.mtx", "%%MatrixMarket matrix array real general\n2 1\n10\n20\n");
    put("sectors.csv", "region,sector\nA,steel\nB,steel\n");
    put("categories.csv", "region,category\nA,households\nB,households\n");
    folder
}

#[test]
fn a_folder_of_matrix_market_has_its_labels_beside() {
    let folder = folder();
    for path in [folder.path().to_path_buf(), folder.path().join("Z.mtx")] {
        let table = read(&path, &Reading::default()).unwrap();
        assert_eq!(table.labels.row_name(1), "B / steel");
        assert_eq!(table.labels.categories[1].given, "households");
        assert_eq!(table.z.to_dense(), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(table.y, ndarray::array![[7.0, 0.0], [1.0, 12.0]]);
        assert!(table.remarks.iter().all(|r| !r.code.starts_with("orientation")), "{:?}", table.remarks);
    }
}

#[test]
fn flows_that_lie_transposed_are_turned_and_told() {
    let folder = folder();
    fs::write(folder.path().join("Z.mtx"), "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n").unwrap();
    let table = read(folder.path(), &Reading::default()).unwrap();
    assert_eq!(table.z.to_dense(), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
    let told = table.remarks.iter().find(|r| r.code == "orientation").unwrap();
    assert!(told.message.contains("transposed"), "{}", told.message);
    // where neither way adds up it says by how much
    fs::write(folder.path().join("x.mtx"), "%%MatrixMarket matrix array real general\n2 1\n10\n25\n").unwrap();
    let table = read(folder.path(), &Reading::default()).unwrap();
    let gap = table.remarks.iter().find(|r| r.code == "balance-gap").unwrap();
    assert!(gap.message.contains("row 2"), "{}", gap.message);
    // where nothing tells it says so
    fs::remove_file(folder.path().join("x.mtx")).unwrap();
    let table = read(folder.path(), &Reading::default()).unwrap();
    assert!(table.remarks.iter().any(|r| r.code == "orientation-unchecked"));
}

#[test]
fn symmetric_matrices_are_read_by_both_halves() {
    let folder = folder();
    let path = folder.path().join("Z.mtx");
    fs::write(&path, "%%MatrixMarket matrix coordinate real symmetric\n% by hand\n2 2 3\n1 1 1\n2 1 2\n2 2 4\n").unwrap();
    assert_eq!(read(&path, &Reading::default()).unwrap().z.to_dense(), ndarray::array![[1.0, 2.0], [2.0, 4.0]]);
    fs::write(&path, "%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n4\n").unwrap();
    assert_eq!(read(&path, &Reading::default()).unwrap().z.to_dense(), ndarray::array![[1.0, 2.0], [2.0, 4.0]]);
}

#[test]
fn matrix_market_is_refused_with_the_line() {
    let folder = folder();
    let path = folder.path().join("Z.mtx");
    let head = "%%MatrixMarket matrix coordinate real general\n";
    for (text, words) in [
        (format!("{head}2 2 9\n1 1 1\n"), "Z.mtx:4: 9 entries are said, the file has 1"),
        (format!("{head}2 2 999999999999\n1 1 1\n"), "Z.mtx:2: 999999999999 entries"),
        (format!("{head}2 2 1\n3 1 1\n"), "Z.mtx:3: the position 3 is not within 1 to 2"),
        (format!("{head}2 2 2\n1 1 1\n1 1 2\n"), "row 1, column 1 comes twice"),
        (format!("{head}2 2 1\n1 1 1,5\n"), "Z.mtx:3"),
        (format!("{head}999999999 999999999 1\n1 1 1\n"), "999999999 x 999999999 cells are said"),
        ("%%MatrixMarket matrix array complex general\n1 1\n1 1\n".into(), "no kind of matrix"),
        ("%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n".into(), "the file ends before row 2, column 2"),
        ("%%MatrixMarket matrix array real general\n99999999999 99999999999\n1\n".into(), "numbers are said"),
    ] {
        fs::write(&path, text).unwrap();
        let found = refusal(&path);
        assert!(found.contains(words), "{words}: {found}");
    }
}
