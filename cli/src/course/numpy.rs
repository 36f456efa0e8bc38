//! Arrays as NumPy prints them by default: `[0.  0.  0.5 2. ]`.

use ndarray::{ArrayRef, ArrayViewD, Dimension};

/// Decimals at most.
const PRECISION: usize = 8;

/// The array in brackets, each number with the decimals that it needs, up to 8, all as wide as the
/// widest and their points below each other.
///
/// NumPy goes over to exponents below 1e-4, from 1e8 on, and where one element is more than a
/// thousand times another: no array of the course does.
pub fn text<D: Dimension>(array: &ArrayRef<f64, D>) -> String {
    let (whole, decimals) = array
        .iter()
        .map(|&value| parts(value))
        .fold((0, 0), |(whole, decimals), (left, right)| (whole.max(left.len()), decimals.max(right.len())));
    let number = |value| {
        let (left, right) = parts(value);
        format!("{left:>whole$}.{right:<decimals$}")
    };
    nested(array.view().into_dyn(), &number, 1)
}

/// What stands left and right of the point, the right without zeros at its end.
fn parts(value: f64) -> (String, String) {
    let digits = format!("{value:.PRECISION$}");
    let (left, right) = digits.split_once('.').unwrap_or((&digits, ""));
    (left.to_owned(), right.trim_end_matches('0').to_owned())
}

/// The brackets; rows stand below each other, `depth` columns in.
fn nested(array: ArrayViewD<'_, f64>, number: &dyn Fn(f64) -> String, depth: usize) -> String {
    match array.ndim() {
        0 => array.iter().map(|&value| number(value)).collect(),
        dimensions => {
            let between = match dimensions {
                1 => " ".to_owned(),
                more => "\n".repeat(more - 1) + &" ".repeat(depth),
            };
            let items: Vec<String> = array.outer_iter().map(|item| nested(item, number, depth + 1)).collect();
            format!("[{}]", items.join(&between))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use ndarray::{array, aview1};

    // Each is what `print(np.array(…))` of NumPy 2 shows.
    #[test]
    fn arrays_look_like_numpys() {
        assert_eq!(text(&array![0.0, 0.0, 0.5, 2.0]), "[0.  0.  0.5 2. ]");
        assert_eq!(text(&array![-0.0, 0.0, 1.0, 2.0]), "[-0.  0.  1.  2.]");
        assert_eq!(text(&array![1.0 / 3.0, -10.0]), "[  0.33333333 -10.        ]");
        assert_eq!(text(&array![0.1 + 0.2]), "[0.3]");
        assert_eq!(text(&array![[1.0, 1.25], [-0.5, 10.0]]), "[[ 1.    1.25]\n [-0.5  10.  ]]");
        assert_eq!(text(&array![[[1.0], [2.0]], [[3.0], [4.0]]]), "[[[1.]\n  [2.]]\n\n [[3.]\n  [4.]]]");
        assert_eq!(text(&aview1(&[])), "[]");
    }
}
