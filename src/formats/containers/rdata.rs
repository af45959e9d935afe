//! R's serialised objects, as `saveRDS` and `save` write them (XDR, versions 2 and 3), as named arrays.
//!
//! | in R | here |
//! |---|---|
//! | numeric, integer, logical, with or without `dim` | numbers; missing ones are NaN |
//! | character, factor | texts |
//! | list, data frame | its parts, `name/part` |
//! | `dgCMatrix` and its like | a sparse matrix |
//!
//! Functions, formulas, environments and pointers are left out. Source: R Internals, section 1.8.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

use super::{Compressed, Container, Content, DEEPEST, Named};
use crate::error::{Error, Result};
use crate::formats::tools::input::refuse_controls;
use crate::watch::Watch;
use tree::{Node, Tree, Value};

mod tree;

/// Reads all objects; that of `saveRDS`, which has no name, gets the name `stem`.
pub(super) fn read(raw: &[u8], stem: &str, place: &str, watch: &Watch) -> Result<Container> {
    let saved = raw.starts_with(b"RDX");
    let root = Tree::read(if saved { &raw[5..] } else { raw }, place, watch)?;
    let mut found = Container::default();
    match (saved, root.value) {
        (true, Value::Pairs(all)) => {
            for (name, node) in all {
                objects(node, &name, 0, &mut found, place)?;
            }
        }
        (true, _) => return Err(Error::format(place, "the file of R's save holds no list of objects", "save them again")),
        (false, value) => objects(Node { value, attributes: root.attributes }, stem, 0, &mut found, place)?,
    }
    Ok(found)
}

/// Takes an object and its parts under `path`.
fn objects(node: Node, path: &str, depth: usize, found: &mut Container, place: &str) -> Result<()> {
    let at = || format!("{place}[{path}]");
    let wrong = |text: String| Error::format(at(), text, "save the object again");
    if depth > DEEPEST {
        return Err(wrong(format!("lists are nested more than {DEEPEST} times")));
    }
    refuse_controls(path, |_| format!("{place}, the name of an object"))?;
    let classes = node.texts("class");
    let axes = node.axes();
    match node.value {
        Value::Numbers(codes) if classes.iter().any(|c| c == "factor") => {
            let levels = node.attributes.iter().find(|(n, _)| n == "levels").map(|(_, l)| l.strings()).unwrap_or_default();
            let text = |code: f64| match code {
                c if c.is_nan() => Ok(String::new()),
                c if c >= 1.0 && c <= levels.len() as f64 => Ok(levels[c as usize - 1].clone()),
                c => Err(wrong(format!("a factor of {} levels has the code {c}", levels.len()))),
            };
            push(found, path, axes, Content::Texts(codes.into_iter().map(text).collect::<Result<_>>()?), place)
        }
        Value::Numbers(flat) => {
            let shape: Vec<usize> = match node.attributes.iter().find(|(n, _)| n == "dim").map(|(_, d)| &d.value) {
                Some(Value::Numbers(d)) => d.iter().map(|&v| if v >= 0.0 { v as usize } else { 0 }).collect(),
                _ => vec![flat.len()],
            };
            if shape.iter().try_fold(1usize, |all, &d| all.checked_mul(d)) != Some(flat.len()) {
                return Err(wrong(format!("{} numbers where its dim says {shape:?}", flat.len())));
            }
            let all = ArrayD::from_shape_vec(IxDyn(&shape).f(), flat).map_err(|e| wrong(e.to_string()))?;
            push(found, path, axes, Content::Numbers(all), place)
        }
        Value::Texts(list) => push(found, path, axes, Content::Texts(list.into_iter().map(Option::unwrap_or_default).collect()), place),
        Value::List(parts) => {
            let names = node.attributes.iter().find(|(n, _)| n == "names").map(|(_, l)| l.strings()).unwrap_or_default();
            for (k, part) in parts.into_iter().enumerate() {
                let name = names.get(k).filter(|n| !n.is_empty()).cloned().unwrap_or_else(|| (k + 1).to_string());
                objects(part, &format!("{path}/{name}"), depth + 1, found, place)?;
            }
            Ok(())
        }
        Value::Pairs(parts) => {
            for (name, part) in parts {
                objects(part, &format!("{path}/{name}"), depth + 1, found, place)?;
            }
            Ok(())
        }
        Value::S4 if classes.first().is_some_and(|c| matches!(c.as_str(), "dgCMatrix" | "dgRMatrix" | "dgTMatrix" | "dsCMatrix")) => {
            let sparse = sparse(&node, &classes[0], &at())?;
            let names: Vec<Vec<String>> = match node.attributes.iter().find(|(n, _)| n == "Dimnames").map(|(_, d)| &d.value) {
                Some(Value::List(axes)) => axes.iter().map(Node::strings).collect(),
                _ => Vec::new(),
            };
            push(found, path, names, Content::Sparse(sparse), place)
        }
        Value::S4 => {
            found.left_out.push(format!("{path} (an object of class {})", classes.first().map_or("", String::as_str)));
            Ok(())
        }
        Value::Null => Ok(()),
        Value::Other(kind) => {
            found.left_out.push(format!("{path} ({kind})"));
            Ok(())
        }
    }
}

fn push(found: &mut Container, path: &str, axes: Vec<Vec<String>>, content: Content, place: &str) -> Result<()> {
    let texts: &[String] = if let Content::Texts(list) = &content { list } else { &[] };
    for text in texts.iter().chain(axes.iter().flatten()) {
        refuse_controls(text, |_| format!("{place}[{path}]"))?;
    }
    found.arrays.push(Named { path: path.to_string(), axes, content });
    Ok(())
}

/// A sparse matrix of the package Matrix by its slots; a symmetric one by both its halves.
fn sparse(node: &Node, class: &str, place: &str) -> Result<Compressed> {
    let wrong = |text: String| Error::format(place, text, "save the matrix again");
    let slot = |name: &str| match node.attributes.iter().find(|(n, _)| n == name).map(|(_, s)| &s.value) {
        Some(Value::Numbers(list)) => Ok(list),
        _ => Err(wrong(format!("a {class} without the slot {name}"))),
    };
    let whole = |name: &str| -> Result<Vec<u32>> {
        let one = |&v: &f64| if v >= 0.0 { Ok(v as u32) } else { Err(wrong(format!("{v} in the slot {name}"))) };
        slot(name)?.iter().map(one).collect()
    };
    let [rows, columns] = whole("Dim")?[..] else { return Err(wrong(format!("a {class} whose Dim has not two lengths"))) };
    let shape = (rows as usize, columns as usize);
    let values = slot("x")?.clone();
    let starts = |name: &str| -> Result<Vec<usize>> { Ok(whole(name)?.into_iter().map(|v| v as usize).collect()) };
    match class {
        "dgRMatrix" => Compressed::new(shape, true, starts("p")?, whole("j")?, values, place),
        "dgTMatrix" => {
            let (i, j) = (whole("i")?, whole("j")?);
            if i.len() != values.len() || j.len() != values.len() {
                return Err(wrong(format!("{} rows, {} columns and {} values", i.len(), j.len(), values.len())));
            }
            let bytes = values.len().saturating_mul(64);
            let entries: Vec<_> = i.into_iter().zip(j).zip(values).map(|((i, j), v)| (i, j, v)).collect();
            Compressed::from_entries(shape, &entries, true, bytes, place)
        }
        _ => {
            let half = Compressed::new(shape, false, starts("p")?, whole("i")?, values, place)?;
            if class == "dgCMatrix" {
                return Ok(half);
            }
            if shape.0 != shape.1 {
                return Err(wrong(format!("a symmetric matrix of {} x {}", shape.0, shape.1)));
            }
            let mut entries = Vec::new();
            half.each(|i, j, v| {
                entries.push((i as u32, j as u32, v));
                if i != j {
                    entries.push((j as u32, i as u32, v));
                }
            });
            let bytes = (shape.0 + entries.len()).saturating_mul(64);
            Compressed::from_entries(shape, &entries, true, bytes, place)
        }
    }
}
