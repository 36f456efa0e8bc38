//! The rules of CSR, and what breaks them.

/// What is wrong with the starts of rows that should have so many entries in all. There is at least one start.
pub(super) fn wrong_start(starts: &[usize], entries: usize) -> Option<String> {
    if starts[0] != 0 {
        return Some(format!("row 0 starts at entry {}, expected 0", starts[0]));
    }
    for (row, ends) in starts.windows(2).enumerate() {
        if ends[1] < ends[0] {
            return Some(format!(
                "row {row} starts at entry {0} and ends before {1}, expected an end of at least {0}",
                ends[0], ends[1]
            ));
        }
    }
    let rows = starts.len() - 1;
    if starts[rows] == entries {
        return None;
    }
    Some(match rows.checked_sub(1) {
        Some(last) => format!("row {last}, the last, ends before entry {}, expected {entries}", starts[rows]),
        None => format!("there is no row, and there are {entries} entries, expected none"),
    })
}

/// What is wrong with the columns of rows whose starts are right.
pub(super) fn wrong_place(columns: usize, starts: &[usize], places: &[usize]) -> Option<String> {
    for (row, ends) in starts.windows(2).enumerate() {
        let mut before = None;
        for &place in &places[ends[0]..ends[1]] {
            if place >= columns {
                return Some(format!("row {row} has column {place}, expected columns below {columns}"));
            }
            match before {
                Some(before) if before == place => {
                    return Some(format!("row {row} has column {place} twice, expected each once"));
                }
                Some(before) if before > place => {
                    return Some(format!(
                        "row {row} has column {place} after column {before}, expected ascending columns"
                    ));
                }
                _ => before = Some(place),
            }
        }
    }
    None
}
