//! Where numbers must be finite: NaN and infinity are found before they reach the parameters.

use ndarray::{ArrayRef, ArrayViewD, Dimension};

use crate::compute::kernels;
use crate::{Error, Float, Layout, Result};

/// An error that names the place, unless all elements are finite.
pub(crate) fn check_finite<A: Float, D: Dimension>(
    op: &'static str,
    what: &str,
    x: &ArrayRef<A, D>,
) -> Result<()> {
    let finite = match x.as_slice() {
        Some(x) => kernels::all_finite(x),
        None => x.rows().into_iter().all(|row| match row.to_slice() {
            Some(row) => kernels::all_finite(row),
            None => row.iter().all(|x| x.is_finite()),
        }),
    };
    if finite { Ok(()) } else { check_finite_arrays(op, [(what, x.view().into_dyn())]) }
}

/// [`check_finite`] for arrays that lie one after the other.
pub(crate) fn check_finite_values<A: Float>(op: &'static str, layout: &Layout, values: &[A]) -> Result<()> {
    if kernels::all_finite(values) {
        return Ok(());
    }
    let arrays = layout.arrays().map(|(name, shape, elements)| {
        (name, ArrayViewD::from_shape(shape, &values[elements]).expect("as many elements as the shape has"))
    });
    check_finite_arrays(op, arrays)
}

/// [`check_finite`] for arrays with their names.
pub(crate) fn check_finite_arrays<'a, A: Float>(
    op: &'static str,
    arrays: impl IntoIterator<Item = (&'a str, ArrayViewD<'a, A>)>,
) -> Result<()> {
    for (name, values) in arrays {
        if let Some((place, value)) = values.indexed_iter().find(|(_, value)| !value.is_finite()) {
            let what = format!("`{name}`{:?}", place.as_array_view().to_vec());
            return Err(Error::NotFinite { op, what, found: value.as_f64() });
        }
    }
    Ok(())
}
