//! [`Dataset`]: images as bytes beside their labels, and how a batch of them becomes floats.

#[cfg(test)]
mod tests;

use crate::compute::flat::{row_major, write_elements, write_one_hot};
use crate::compute::kernels;
use crate::{Error, Float, Result, SparseMatrix};
use ndarray::{Array2, ArrayRef2, ArrayView2};
use std::fmt;
use std::sync::OnceLock;

/// Labelled images: one row of pixels (bytes) and one label an image.
///
/// Pixels stay bytes, a quarter of what `f32` takes, until [`gather`](Self::gather) makes floats of
/// a batch. A float is its pixel / 255, so in [0, 1], correctly rounded.
///
/// ```
/// use blasnet::data::Dataset;
/// use ndarray::array;
///
/// let data = Dataset::new(array![[0, 255], [51, 0]], vec![2, 0], 3)?;
/// assert_eq!(data.to_floats::<f64>(), array![[0.0, 1.0], [0.2, 0.0]]);
/// assert_eq!(data.one_hot::<f64>(), array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Clone)]
pub struct Dataset {
    /// `[n, pixels]`, in standard layout: a row is contiguous.
    pixels: Array2<u8>,
    labels: Vec<u8>,
    classes: usize,
    input: InputForm,
    /// The pixels that are not 0, for layers that read them alone; made when the first one asks.
    sparse: OnceLock<Option<SparseMatrix<u8>>>,
}

/// How a network's first layer reads the images of a [`Dataset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum InputForm {
    /// As is faster: sparse up to about half of the pixels that are not 0, else dense; see
    /// [`Input::auto`](crate::Input::auto).
    #[default]
    Auto,
    /// All pixels, as floats; products by BLAS.
    Dense,
    /// The pixels that are not 0 alone. The result is the same but for rounding.
    Sparse,
}

/// Two data sets are equal when their images and labels are; how they are read does not count.
impl PartialEq for Dataset {
    fn eq(&self, other: &Self) -> bool {
        (&self.pixels, &self.labels, self.classes) == (&other.pixels, &other.labels, other.classes)
    }
}

impl Eq for Dataset {}

impl Dataset {
    /// `pixels: [n, pixels]` and `n` labels below `classes`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `classes` is not 1 to 256, which are as many as a byte can tell apart;
    /// [`Error::Data`] if the counts differ, or, with its row, for a label that is no class.
    pub fn new(pixels: Array2<u8>, labels: Vec<u8>, classes: usize) -> Result<Self> {
        Self::with_names(pixels, labels, classes, "pixels", "labels")
    }

    /// [`new`](Self::new), with errors that name the files that the arrays came from.
    pub(super) fn with_names(
        pixels: Array2<u8>,
        labels: Vec<u8>,
        classes: usize,
        pixels_name: &str,
        labels_name: &str,
    ) -> Result<Self> {
        if !(1..=256).contains(&classes) {
            return Err(Error::Invalid {
                what: "classes",
                found: classes.to_string(),
                expected: "1 to 256".into(),
            });
        }
        let wrong = |problem| Error::Data { file: labels_name.to_owned(), problem };
        if labels.len() != pixels.nrows() {
            return Err(wrong(format!(
                "holds {} labels, expected {}, one for each image of {pixels_name}",
                labels.len(),
                pixels.nrows()
            )));
        }
        if let Some(row) = labels.iter().position(|&label| usize::from(label) >= classes) {
            return Err(wrong(format!("row {row} has label {}, expected 0 to {}", labels[row], classes - 1)));
        }
        let (pixels, input, sparse) = (row_major(pixels), InputForm::default(), OnceLock::new());
        Ok(Self { pixels, labels, classes, input, sparse })
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of classes: labels are below it, and [`one_hot`](Self::one_hot) has as many columns.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The pixels as bytes, `[n, pixels]`, in standard layout.
    #[must_use]
    pub fn images(&self) -> ArrayView2<'_, u8> {
        self.pixels.view()
    }

    /// The pixels of one.
    fn image(&self, row: usize) -> &[u8] {
        self.pixels.row(row).to_slice().expect("a row is contiguous")
    }

    /// The labels, `n` of them.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The same images, to be read in this form by whoever trains or evaluates on them; at first they are
    /// read as is faster, [`InputForm::Auto`].
    #[must_use]
    pub fn read_as(self, input: InputForm) -> Self {
        Self { input, sparse: OnceLock::new(), ..self }
    }

    /// The pixels that are not 0, if it is these that a first layer of any usual width reads: see
    /// [`read_as`](Self::read_as), and [`sparse_for`](Self::sparse_for) for narrow layers.
    ///
    /// The first call makes them, shared out on rayon's current pool: 22 MB beside MNIST's 47.
    ///
    /// ```
    /// use blasnet::data::{Dataset, InputForm};
    /// use ndarray::array;
    ///
    /// let data = Dataset::new(array![[0, 0, 0, 255], [0, 51, 0, 0]], vec![2, 0], 3)?;
    /// assert_eq!(data.sparse().expect("mostly zeros").density(), 0.25);
    /// assert!(data.read_as(InputForm::Dense).sparse().is_none());
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn sparse(&self) -> Option<&SparseMatrix<u8>> {
        let make = || match self.input {
            InputForm::Auto => SparseMatrix::from_dense_if_faster(&self.pixels),
            InputForm::Dense => None,
            InputForm::Sparse => Some(SparseMatrix::from_dense(&self.pixels)),
        };
        if self.sparse.get().is_none() {
            // Not inside of `get_or_init`: a thread that waits for its share of the work may meanwhile be handed
            // other work of rayon's, which comes here, too, and would wait for the first for ever.
            let _ = self.sparse.set(make());
        }
        self.sparse.get().expect("just set").as_ref()
    }

    /// All images as floats in [0, 1], `[n, pixels]`.
    ///
    /// For MNIST's 60,000 that is 188 MB as `f32`; training needs only [`gather`](Self::gather).
    #[must_use]
    pub fn to_floats<A: Float>(&self) -> Array2<A> {
        let mut floats = Array2::zeros(self.pixels.raw_dim());
        write_elements(&mut floats, |floats| {
            kernels::pixels(self.pixels.as_slice().expect("standard layout"), floats);
        });
        floats
    }

    /// All labels, `[n, classes]`: 1 in the label's column, 0 elsewhere.
    #[must_use]
    pub fn one_hot<A: Float>(&self) -> Array2<A> {
        let mut t = Array2::zeros((self.len(), self.classes));
        write_one_hot(self.labels.iter().copied().map(usize::from), &mut t);
        t
    }

    /// Writes the images and labels of `rows` to a batch: row `k` of `x: [batch, pixels]` becomes
    /// image `rows[k]` as [`to_floats`](Self::to_floats) has it, row `k` of `t: [batch, classes]`
    /// its label as [`one_hot`](Self::one_hot) has it. Allocates nothing.
    ///
    /// # Panics
    /// If `x` or `t` has another shape, or a row is not below [`len`](Self::len).
    ///
    /// ```
    /// use blasnet::data::Dataset;
    /// use ndarray::{Array2, array};
    ///
    /// let data = Dataset::new(array![[0, 255], [51, 0]], vec![2, 0], 3)?;
    /// let (mut x, mut t) = (Array2::zeros((3, 2)), Array2::zeros((3, 3)));
    /// data.gather::<f64>(&[1, 0, 1], &mut x, &mut t);
    /// assert_eq!(x, array![[0.2, 0.0], [0.0, 1.0], [0.2, 0.0]]);
    /// assert_eq!(t, array![[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    #[track_caller]
    pub fn gather<A: Float>(&self, rows: &[usize], x: &mut ArrayRef2<A>, t: &mut ArrayRef2<A>) {
        let (batch, pixels) = (rows.len(), self.pixels.ncols());
        if x.dim() != (batch, pixels) {
            wrong_shape("x", x.shape(), [batch, pixels]);
        }
        if t.dim() != (batch, self.classes) {
            wrong_shape("t", t.shape(), [batch, self.classes]);
        }
        if let Some(&row) = rows.iter().find(|&&row| row >= self.len()) {
            no_such_row(row, self.len());
        }
        self.gather_labels(rows, t);
        self.gather_images_into(rows, x);
    }

    /// The rows before this one and the rows from it on, read in the same form: to hold some out for validation.
    ///
    /// # Errors
    ///
    /// If there are fewer rows.
    ///
    /// ```
    /// use blasnet::data::Dataset;
    /// use ndarray::array;
    ///
    /// let data = Dataset::new(array![[0, 255], [51, 0], [7, 7]], vec![2, 0, 1], 3)?;
    /// let (train, validation) = data.split_at(2)?;
    /// assert_eq!((train.labels(), validation.labels()), (&[2, 0][..], &[1][..]));
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn split_at(&self, row: usize) -> Result<(Self, Self)> {
        if row > self.len() {
            return Err(Error::Invalid {
                what: "the row to split at",
                found: row.to_string(),
                expected: format!("at most {}, the rows of the data", self.len()),
            });
        }
        let columns = self.pixels.ncols();
        let pixels = self.pixels.as_slice().expect("standard layout").split_at(row * columns);
        let labels = self.labels.split_at(row);
        let part = |pixels: &[u8], labels: &[u8]| Self {
            // Not the half of a view: one without rows is no array of its own to ndarray.
            pixels: Array2::from_shape_vec((labels.len(), columns), pixels.to_vec())
                .expect("whole rows, as many as labels"),
            labels: labels.to_vec(),
            classes: self.classes,
            input: self.input,
            sparse: OnceLock::new(),
        };
        Ok((part(pixels.0, labels.0), part(pixels.1, labels.1)))
    }

    /// The pixels that are not 0, if these are what a first layer of this many units reads, in training and in
    /// [`evaluate`](crate::evaluate); `None` if it reads all pixels.
    ///
    /// Layers of a few units gain less from zeros than wide ones, so that [`InputForm::Auto`] may mean sparse input for
    /// one network and dense input for another. The first call makes the matrix, as [`sparse`](Self::sparse) does.
    ///
    /// ```
    /// use blasnet::data::{Dataset, InputForm};
    /// use blasnet::{Activation, Loss, Mlp};
    /// use ndarray::Array2;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let data = Dataset::new(Array2::from_diag_elem(100, 255), vec![0; 100], 2)?;
    /// let builder = Mlp::<f32>::builder(100).hidden(500, Activation::Relu);
    /// let network = builder
    ///     .output(2, Loss::SoftmaxCrossEntropy)
    ///     .build(&mut Xoshiro256PlusPlus::seed_from_u64(0))?;
    /// let first_layer = network.sizes()[1];
    /// assert_eq!(data.sparse_for(first_layer).expect("mostly zeros").density(), 0.01);
    /// assert!(data.read_as(InputForm::Dense).sparse_for(first_layer).is_none());
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    #[must_use]
    pub fn sparse_for(&self, units: usize) -> Option<&SparseMatrix<u8>> {
        let pixels = self.sparse()?;
        (self.input == InputForm::Sparse || pixels.is_faster_for(units)).then_some(pixels)
    }

    /// The images of [`gather`](Self::gather), without their labels; the rows exist.
    pub(crate) fn gather_images<A: Float>(&self, rows: &[usize]) -> Array2<A> {
        let mut x = Array2::zeros((rows.len(), self.pixels.ncols()));
        self.gather_images_into(rows, &mut x);
        x
    }

    /// The same into `x`, whose shape fits.
    pub(crate) fn gather_images_into<A: Float>(&self, rows: &[usize], x: &mut ArrayRef2<A>) {
        for (k, &row) in rows.iter().enumerate() {
            // While this image is converted, the next one comes from memory.
            if let Some(&next) = rows.get(k + 1) {
                kernels::prefetch_all(self.image(next));
            }
            write_elements(&mut x.row_mut(k), |x| kernels::pixels(self.image(row), x));
        }
    }

    /// An error unless a network with so many `[inputs, outputs]` can learn from these images.
    pub(crate) fn check_fits(&self, network: [usize; 2]) -> Result<()> {
        let data = [self.pixels.ncols(), self.classes];
        if data == network {
            return Ok(());
        }
        Err(Error::Invalid {
            what: "the network's [inputs, outputs]",
            found: format!("{network:?}"),
            expected: format!("{data:?}, the data's [pixels, classes]"),
        })
    }

    /// An error unless these are rows, at least one.
    pub(crate) fn check_rows(&self, rows: &[usize]) -> Result<()> {
        if rows.is_empty() {
            return Err(Error::empty_batch());
        }
        match rows.iter().find(|&&row| row >= self.len()) {
            None => Ok(()),
            Some(row) => Err(Error::Invalid {
                what: "a row of the batch",
                found: row.to_string(),
                expected: format!("a number below {}, the rows of the data", self.len()),
            }),
        }
    }

    /// [`gather`](Self::gather) without the images; shapes fit.
    pub(crate) fn gather_labels<A: Float>(&self, rows: &[usize], t: &mut ArrayRef2<A>) {
        write_one_hot(rows.iter().map(|&row| usize::from(self.labels[row])), t);
    }
}

#[cold]
#[track_caller]
fn wrong_shape(what: &str, found: &[usize], expected: [usize; 2]) -> ! {
    panic!("Dataset::gather: `{what}` has shape {found:?}, expected {expected:?}");
}

#[cold]
#[track_caller]
fn no_such_row(row: usize, len: usize) -> ! {
    panic!("Dataset::gather: row {row} was asked for, expected rows below {len}");
}

/// Sizes, not contents: 47 million pixels help nobody.
impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("images", &self.pixels.shape())
            .field("classes", &self.classes)
            .finish_non_exhaustive()
    }
}
