//! The value of a key in the first lines of a description, at compile time: the table of formats is a constant.

/// The text in quotation marks of the line `KEY = "..."`.
///
/// # Panics
/// At compile time, when there is no such line.
pub(crate) const fn value(text: &'static str, key: &str) -> &'static str {
    let (bytes, name) = (text.as_bytes(), key.as_bytes());
    let mut at = 0;
    while at < bytes.len() {
        let mut k = 0;
        while k < name.len() && at + k < bytes.len() && bytes[at + k] == name[k] {
            k += 1;
        }
        if k == name.len() && (at == 0 || bytes[at - 1] == b'\n') && bytes[at + k] == b' ' {
            let mut start = at + k;
            while bytes[start] != b'"' {
                start += 1;
            }
            let mut end = start + 1;
            while bytes[end] != b'"' {
                end += 1;
            }
            return text.split_at(end).0.split_at(start + 1).1;
        }
        at += 1;
    }
    panic!("the description lacks a key");
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_key_is_found_at_the_start_of_a_line() {
        assert_eq!(super::value("# name = \"no\"\nname = \"a b\"\nlong = \"c\"\n", "name"), "a b");
        assert_eq!(super::value("name = \"a b\"\nlong = \"c\"\n", "long"), "c");
    }
}
