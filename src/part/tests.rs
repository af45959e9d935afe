//! Tests of parts: what is there before a name is given, what stays, and what is refused.

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn put(mut file: File, text: &str) {
    file.write_all(text.as_bytes()).unwrap();
}

/// Whether files without names exist where the tests write.
fn without_names(folder: &Path) -> bool {
    unnamed::create(folder).is_some()
}

/// Both kinds of part, of a file and of a folder with `count` files in it.
fn folder_of(target: &Path, hidden: bool, count: usize) -> Part {
    let mut part = Part::folder(target).unwrap();
    if hidden {
        part.body.named(&mut parts(), target, true).unwrap();
    }
    (0..count).for_each(|k| put(part.add(&format!("f{k}")).unwrap(), &k.to_string()));
    part
}

#[test]
fn nothing_has_a_name_before_it_is_published() {
    let top = tempfile::tempdir().unwrap();
    let (file, mut out) = Part::file(&top.path().join("a.csv")).unwrap();
    out.write_all(b"1").unwrap();
    let folder = folder_of(&top.path().join("b"), false, 3);
    if without_names(top.path()) {
        assert_eq!(names(top.path()), [""; 0]);
    }
    file.publish(None).unwrap();
    folder.publish(None).unwrap();
    assert_eq!(names(top.path()), ["a.csv", "b"]);
    assert_eq!(names(&top.path().join("b")), ["f0", "f1", "f2"]);
    assert_eq!(std::fs::read(top.path().join("a.csv")).unwrap(), b"1");
}

#[test]
fn what_is_dropped_or_fails_leaves_nothing() {
    let top = tempfile::tempdir().unwrap();
    for hidden in [false, true] {
        let target = top.path().join("b");
        drop(folder_of(&target, hidden, 2));
        drop(Part::file(&top.path().join("a")).unwrap());
        std::fs::write(&target, "mine").unwrap();
        folder_of(&target, hidden, 2).publish(None).unwrap_err();
        Part::file(&target).unwrap().0.publish(None).unwrap_err();
        assert_eq!((names(top.path()), std::fs::read(&target).unwrap()), (vec!["b".to_string()], b"mine".to_vec()));
        std::fs::remove_file(&target).unwrap();
        std::fs::create_dir(&target).unwrap();
        Part::file(&target).unwrap().0.publish(Some(&[])).unwrap_err();
        folder_of(&target, hidden, 2).publish(None).unwrap_err();
        assert_eq!((names(top.path()), names(&target).len()), (vec!["b".to_string()], 0));
        std::fs::remove_dir(&target).unwrap();
    }
}

#[test]
fn what_came_to_a_folder_since_stays() {
    let top = tempfile::tempdir().unwrap();
    for hidden in [false, true] {
        let target = top.path().join(if hidden { "h" } else { "u" });
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("old"), "old").unwrap();
        std::fs::write(target.join("stranger"), "mine").unwrap();
        let told = folder_of(&target, hidden, 1).publish(Some(&["old".into()])).unwrap_err().to_string();
        assert_eq!(names(&target), ["f0"]);
        let kept = names(top.path()).into_iter().find(|n| n.starts_with('.') && !told.is_empty() && told.contains(n.as_str())).unwrap();
        assert_eq!(names(&top.path().join(&kept)), ["stranger"], "{told}");
        std::fs::remove_dir_all(top.path().join(kept)).unwrap();
    }
}

#[test]
fn the_old_goes_with_all_that_is_named() {
    let top = tempfile::tempdir().unwrap();
    for hidden in [false, true] {
        let (folder, file) = (top.path().join("r"), top.path().join("h.csv"));
        folder_of(&folder, hidden, 2)
            .publish(None)
            .or_else(|_| folder_of(&folder, hidden, 2).publish(Some(&["f0".into(), "f1".into()])))
            .unwrap();
        folder_of(&folder, hidden, 1).publish(Some(&["f0".into(), "f1".into()])).unwrap();
        assert_eq!(names(&folder), ["f0"]);
        folder_of(&folder, hidden, 2).publish(Some(&["f0".into()])).unwrap();
        for text in ["one", "two"] {
            let (mut part, out) = Part::file(&file).unwrap();
            put(out, text);
            if hidden {
                part.body.named(&mut parts(), &file, false).unwrap();
            }
            part.publish(file.exists().then_some(&[])).unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), text.as_bytes());
        }
        assert_eq!(names(top.path()), ["h.csv", "r"]);
    }
}

#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    let top = tempfile::tempdir().unwrap();
    let (aim, link) = (top.path().join("aim"), top.path().join("link"));
    std::os::unix::fs::symlink(&aim, &link).unwrap();
    Part::file(&link).unwrap().0.publish(None).unwrap_err();
    folder_of(&link, false, 1).publish(None).unwrap_err();
    Part::file(&link).unwrap().0.publish(Some(&[])).unwrap();
    assert!(!aim.exists() && std::fs::symlink_metadata(&link).unwrap().is_file(), "the link itself is replaced");
}

#[test]
fn a_folder_of_many_files_does_not_keep_them_all_open() {
    let top = tempfile::tempdir().unwrap();
    let target = top.path().join("many");
    let part = folder_of(&target, false, unnamed::most() + 5);
    assert!(matches!(part.body, Body::Named(_)));
    part.publish(None).unwrap();
    assert_eq!(names(&target).len(), unnamed::most() + 5);
    assert_eq!(std::fs::read(target.join("f3")).unwrap(), b"3");
    let mut twice = folder_of(&top.path().join("twice"), false, 1);
    assert!(twice.add("f0").is_err());
}
