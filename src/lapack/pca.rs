//! [`Pca`]: data in the few directions along which it varies most.

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut1, Axis, s};

use super::centred::{Centred, Rows};
use super::{check_sums, rounding, singular};
use crate::data::Dataset;
use crate::{Affine, Error, Float, Input, Result};

/// Principal component analysis: the orthonormal directions along which data varies most, in the order of their
/// variances.
///
/// For `x: [rows, columns]` with means μ the components V: `[columns, components]` are eigenvectors of the
/// covariance (x − μ)ᵀ(x − μ) / (rows − 1), and its largest eigenvalues their variances σ². Then
///
/// | | as fitted | [`whitened`](Self::whitened) |
/// |---|---|---|
/// | [`transform`](Self::transform) | y = (x − μ)·V | y = (x − μ)·V/σ, each column of variance 1 |
/// | [`inverse`](Self::inverse) | y·Vᵀ + μ | y·σVᵀ + μ |
///
/// The inverse of a transform is the data's projection: of all with so many dimensions the nearest to it.
///
/// With as many rows as columns or more, components are found by way of the covariance, summed up in f64 from a
/// block of rows at a time: about a second for 60,000 × 784 on two cores. Squares have half of the digits, so that a
/// deviation of less than some 10⁻⁸ of the first one's is lost; f32 has no more digits anyway. With fewer rows
/// they come from the singular values of the centred data itself, a copy in f64.
///
/// A direction is as good as its opposite: here the largest element of each component is positive, so that the same
/// data gives the same components. Sources: Pearson, *On Lines and Planes of Closest Fit to Systems of Points in
/// Space*, 1901; Hotelling, *Analysis of a Complex of Statistical Variables into Principal Components*, 1933.
///
/// ```
/// use blasnet::lapack::Pca;
/// use ndarray::array;
///
/// // Along (3, 4), and hardly to its side.
/// let x = array![[3.0, 4.0], [-3.0, -4.0], [6.08, 7.94], [-6.08, -7.94]] + 100.0;
/// let pca = Pca::fit(&x, 1)?;
/// assert!(pca.components().abs_diff_eq(&array![[0.6, 0.8]], 0.02));
/// assert!(pca.explained_variance_ratio()[0] > 0.999);
///
/// let y = pca.transform(&x)?;
/// assert_eq!(y.dim(), (4, 1));
/// assert!(pca.inverse(&y)?.abs_diff_eq(&x, 0.1));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Pca<A> {
    components: Array2<A>,
    variances: Array1<f64>,
    total_variance: f64,
    /// A variance that is not above this is what rounding left of none.
    no_variance: f64,
    /// x·V − μ·V, and whitened each column of it over σ.
    forward: Affine<A>,
    /// y·Vᵀ + μ, and whitened each row of Vᵀ times σ.
    backward: Affine<A>,
}

impl<A: Float> Pca<A> {
    /// The first components of `x: [rows, columns]`.
    ///
    /// # Errors
    ///
    /// If there are fewer than two rows; if `components` is 0 or more than rows or columns; if a number is not
    /// finite, or so large that a sum of squares is not.
    pub fn fit(x: &ArrayRef2<A>, components: usize) -> Result<Self> {
        Self::fit_rows(x, components)
    }

    /// [`fit`](Self::fit) to a data set's images, as floats in [0, 1]; where there are as many images as pixels,
    /// never more than a block of them at a time.
    ///
    /// # Errors
    ///
    /// As `fit`.
    ///
    /// ```
    /// use blasnet::Dataset;
    /// use blasnet::lapack::Pca;
    /// use ndarray::array;
    ///
    /// let data = Dataset::new(array![[0, 255], [255, 0], [51, 204]], vec![0, 1, 0], 2)?;
    /// let pca = Pca::<f32>::fit_on(&data, 1)?;
    /// assert!((pca.explained_variance_ratio()[0] - 1.0).abs() < 1e-12);
    ///
    /// // As a data set is read by a network: sparse where that is faster.
    /// let x = data.to_floats();
    /// let y = match data.sparse() {
    ///     Some(pixels) => pca.transform(pixels)?,
    ///     None => pca.transform(&x)?,
    /// };
    /// assert!(pca.inverse(&y)?.abs_diff_eq(&x, 1e-6));
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn fit_on(data: &Dataset, components: usize) -> Result<Self> {
        Self::fit_rows(data, components)
    }

    fn fit_rows(x: &(impl Rows + ?Sized), components: usize) -> Result<Self> {
        let (rows, columns) = x.dim();
        if rows < 2 {
            return Err(Error::Invalid {
                what: "the number of rows",
                found: rows.to_string(),
                expected: "at least 2, as one does not vary".into(),
            });
        }
        let most = rows.min(columns);
        if !(1..=most).contains(&components) {
            return Err(Error::Invalid {
                what: "the number of components",
                found: components.to_string(),
                expected: format!("1 to {most}, the lesser of {rows} rows and {columns} columns"),
            });
        }
        let x = Centred::new("Pca::fit", "x", x)?;
        let (variances, directions) = directions(&x)?;
        let kept = components;
        let components = directions.slice(s![..kept, ..]).mapv(A::of);
        let (forward, backward) = ways(&x.mean.mapv(A::of), &components, &Array1::ones(kept))?;
        Ok(Self {
            // Nor is there a use for one whose root's reciprocal A cannot hold.
            no_variance: (rounding(rows, columns) * variances[0])
                .max(A::min_positive_value().as_f64().powi(2)),
            total_variance: variances.sum(),
            variances: variances.slice_move(s![..kept]),
            components,
            forward,
            backward,
        })
    }

    /// The same components, but transformed data has variance 1 in each of them: what a network trains on at one
    /// rate for all.
    ///
    /// # Errors
    ///
    /// If a component has no variance but what rounding leaves, max(rows, columns) · 2⁻⁵² of the first one's:
    /// there is nothing to stretch but noise. The error tells how many components have some.
    ///
    /// ```
    /// use blasnet::lapack::Pca;
    /// use ndarray::{Axis, array};
    ///
    /// let x = array![[1.0, 2.0, 0.0], [3.0, 1.0, 0.0], [5.0, 4.0, 0.0], [7.0, 3.0, 0.0]];
    /// let y = Pca::fit(&x, 2)?.whitened()?.transform(&x)?;
    /// assert!(y.var_axis(Axis(0), 1.0).abs_diff_eq(&array![1.0, 1.0], 1e-12));
    ///
    /// let error = Pca::fit(&x, 3)?.whitened().unwrap_err().to_string();
    /// assert!(error.ends_with("2 components have such"), "{error}");
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn whitened(self) -> Result<Self> {
        if let Some(k) = self.variances.iter().position(|&variance| variance <= self.no_variance) {
            return Err(Error::Invalid {
                what: "a component's variance",
                found: format!("{:e} in component {k}", self.variances[k]),
                expected: format!(
                    "more than rounding leaves, {:e}; {k} components have such",
                    self.no_variance
                ),
            });
        }
        let deviations = self.variances.mapv(f64::sqrt);
        let (forward, backward) = ways(self.mean(), &self.components, &deviations)?;
        Ok(Self { forward, backward, ..self })
    }

    /// `x: [batch, columns]` by its components, `[batch, components]`. A sparse `x` stays so: see [`Input`].
    ///
    /// One product, from which that of the means is taken away: rounding is relative to the data, not to what
    /// is left of it. Where means are some thousand times as large as deviations, and digits are few (f32), take them
    /// away first.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not as long as those of the data that was fitted to.
    pub fn transform<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        let x = x.into();
        check_columns("Pca::transform", "x", x.dim(), self.components.ncols())?;
        self.forward.apply(x)
    }

    /// The data `[batch, columns]` with these components, `y: [batch, components]`.
    ///
    /// # Errors
    ///
    /// If the rows of `y` are not as long as there are components.
    pub fn inverse(&self, y: &ArrayRef2<A>) -> Result<Array2<A>> {
        check_columns("Pca::inverse", "y", y.dim(), self.components.nrows())?;
        self.backward.apply(y)
    }

    /// μ, the means of the columns: `[columns]`.
    pub fn mean(&self) -> &Array1<A> {
        self.backward.b()
    }

    /// Vᵀ: each row a component, of length 1, `[components, columns]`.
    pub fn components(&self) -> &Array2<A> {
        &self.components
    }

    /// σ²: the variance of the data along each component, `[components]`.
    pub fn explained_variance(&self) -> &Array1<f64> {
        &self.variances
    }

    /// The share that each component has in the sum of all columns' variances, `[components]`; 0 where nothing
    /// varies.
    pub fn explained_variance_ratio(&self) -> Array1<f64> {
        let total = self.total_variance;
        self.variances.mapv(|variance| if total > 0.0 { variance / total } else { 0.0 })
    }
}

/// The variances along all directions, the largest first, and the directions as rows.
fn directions(x: &Centred<'_, impl Rows + ?Sized>) -> Result<(Array1<f64>, Array2<f64>)> {
    let (rows, columns) = x.dim();
    let few = rows < columns;
    let matrix = if few { x.to_array() } else { x.squares() };
    check_sums(&matrix)?;
    let (values, directions) = singular("Pca::fit", matrix, true)?;
    let squares = if few { values.mapv(|value| value * value) } else { values };
    check_sums(&squares)?;
    let mut directions = directions.expect("asked for");
    directions.rows_mut().into_iter().for_each(turn);
    Ok((squares / (rows - 1) as f64, directions))
}

/// Turns a direction so that its largest element is positive: of several as large, but for rounding, the first.
fn turn(mut direction: ArrayViewMut1<'_, f64>) {
    let largest = direction.fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let first = direction.iter().find(|x| x.abs() > largest * (1.0 - 1e-8));
    if first.is_some_and(|&x| x < 0.0) {
        direction.map_inplace(|x| *x = -*x);
    }
}

/// From data to components, one of them measured in each of these units, and back.
fn ways<A: Float>(
    mean: &Array1<A>,
    components: &Array2<A>,
    units: &Array1<f64>,
) -> Result<(Affine<A>, Affine<A>)> {
    let forward = Array2::from_shape_fn(components.t().dim(), |(column, k)| {
        A::of(components[(k, column)].as_f64() / units[k])
    });
    let offsets = forward.axis_iter(Axis(1)).map(|w| {
        let dot: f64 = w.iter().zip(mean).map(|(w, mean)| w.as_f64() * mean.as_f64()).sum();
        A::of(-dot)
    });
    let offsets = offsets.collect();
    let backward = Array2::from_shape_fn(components.dim(), |(k, column)| {
        A::of(components[(k, column)].as_f64() * units[k])
    });
    Ok((Affine::new(forward, offsets)?, Affine::new(backward, mean.clone())?))
}

fn check_columns(
    op: &'static str,
    what: &'static str,
    (rows, columns): (usize, usize),
    expected: usize,
) -> Result<()> {
    if columns == expected {
        return Ok(());
    }
    Err(Error::Shape { op, what, found: vec![rows, columns], expected: format!("[batch, {expected}]") })
}
