//! The order in which people sort names: 9 before 10.

/// A name as texts, each with the number behind it.
pub type Natural = Vec<(String, Option<u128>)>;

pub fn natural(name: &str) -> Natural {
    let mut parts = Natural::new();
    let mut rest = name;
    while !rest.is_empty() {
        let (text, behind) =
            rest.split_at(rest.find(|sign: char| sign.is_ascii_digit()).unwrap_or(rest.len()));
        let end = behind.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(behind.len());
        // More digits than that are sorted in front, and nobody has them.
        parts.push((text.to_owned(), behind[..end].parse().ok()));
        rest = &behind[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_as_numbers() {
        let mut names = ["b1", "a1000x10", "a100x500", "a", "a100x10", "a/t2", "9"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["9", "a", "a100x10", "a100x500", "a1000x10", "a/t2", "b1"]);
    }
}
