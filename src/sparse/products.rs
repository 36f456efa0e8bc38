//! Products of a sparse matrix with a dense one, block by block of the dense one's columns.

use std::ops::Range;

use ndarray::{Array2, ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut2, Axis, s};

use super::{PairList, RowTile, SparseRows, row_tiles};
use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::columns::{Columns, ColumnsMut};
use crate::compute::kernels::{self, Isa, Put, Tile, block_columns, columns_of_block};
use crate::compute::parallel::{self, Split, in_pieces};

/// The columns of each block of so many columns.
pub(crate) fn blocks<A: Float>(isa: Isa, columns: usize) -> impl Iterator<Item = Range<usize>> {
    let width = block_columns::<A>(isa);
    (0..columns).step_by(width).map(move |first| first..(first + width).min(columns))
}

/// Room for a tile of W, which is copied there to lie densely.
#[derive(Debug)]
pub(crate) struct Packing<A>(Aligned<A>);

impl<A: Float> Packing<A> {
    pub(crate) fn new() -> Self {
        Self(Aligned::zeros(0))
    }

    /// Makes room for tiles of what `x` is multiplied with.
    pub(crate) fn reserve(&mut self, isa: Isa, x: &SparseRows<'_, A>) {
        let elements = if is_packed(x) { x.column_tiles().width * block_columns::<A>(isa) } else { 0 };
        if self.0.len() < elements {
            self.0 = Aligned::zeros(elements);
        }
    }

    /// These rows of W beside each other, each filled up with zeros to `width`.
    fn pack(&mut self, w: ArrayView2<'_, A>, width: usize) -> Columns<'_, A> {
        let (rows, columns) = w.dim();
        let packed = &mut self.0[..rows * width];
        for (packed, w) in packed.chunks_exact_mut(width).zip(w.rows()) {
            let (packed, rest) = packed.split_at_mut(columns);
            packed.copy_from_slice(w.to_slice().expect("weights are row-major"));
            rest.fill(A::zero());
        }
        Columns::of(ArrayView2::from_shape((rows, width), packed).expect("cut to this shape"))
    }
}

/// Whether rows of W are needed so often that it pays to copy them.
fn is_packed<A: Float>(x: &SparseRows<'_, A>) -> bool {
    2 * x.average() * super::most_rows(x.len()) >= x.columns()
}

/// h = x·W + b in a block, for a tile of rows; max(0, h) with `relu`.
///
/// W has the block's columns, or all that it has room for. b and h have as many as the block has room for, h those rows.
pub(crate) fn multiply_block<A: Float>(
    isa: Isa,
    (x, tile): (&SparseRows<'_, A>, &RowTile<A>),
    w: ArrayView2<'_, A>,
    b: &[A],
    relu: bool,
    packing: &mut Packing<A>,
    h: &mut ColumnsMut<'_, A>,
) {
    let tiles = x.column_tiles();
    let lies_densely = w.strides()[0].unsigned_abs() == h.width();
    for number in 0..tiles.count {
        let (w, first) = if lies_densely || !is_packed(x) {
            (Columns::of(w), 0)
        } else {
            let first = number * tiles.width;
            let w = w.slice(s![first..(first + tiles.width).min(w.nrows()), ..]);
            (packing.pack(w, h.width()), first)
        };
        let begin = (number == 0).then_some(b);
        let tile_of_columns = Tile { number, first, begin, relu: relu && number + 1 == tiles.count };
        kernels::multiply_rows(isa, tile.view(), tile_of_columns, w, h.some(0..h.width()));
    }
}

/// z = x·W + b; shapes fit.
pub(crate) fn multiply<A: Float>(
    x: SparseRows<'_, A>,
    w: &ArrayRef2<A>,
    b: &ArrayRef1<A>,
    z: &mut ArrayRef2<A>,
) {
    let (isa, w) = (Isa::best(), w.as_standard_layout());
    let pieces = parallel::pieces(x.len() * x.average() * w.ncols()).min(x.len());
    in_pieces(Results { first: 0, z: z.view_mut() }, 1, pieces, |Results { first, mut z }| {
        let (mut tile, mut packing) = (RowTile::new(), Packing::new());
        tile.reserve(&x);
        packing.reserve(isa, &x);
        let mut h = Aligned::zeros(super::most_rows(x.len()) * block_columns::<A>(isa));
        let mut begin = Aligned::zeros(block_columns::<A>(isa));
        for rows in row_tiles(z.nrows()) {
            tile.gather(&x, first + rows.start..first + rows.end);
            for columns in blocks::<A>(isa, w.ncols()) {
                let width = columns_of_block::<A>(isa, columns.len());
                let begin = &mut begin[..width];
                begin.fill(A::zero());
                begin.iter_mut().zip(b.slice(s![columns.clone()])).for_each(|(begin, &b)| *begin = b);
                let h = &mut h[..rows.len() * width];
                let mut h = ArrayViewMut2::from_shape((rows.len(), width), h).expect("cut to this shape");
                let w = w.slice(s![.., columns.clone()]);
                let to = &mut ColumnsMut::of(h.view_mut());
                multiply_block(isa, (&x, &tile), w, begin, false, &mut packing, to);
                z.slice_mut(s![rows.clone(), columns.clone()]).assign(&h.slice(s![.., ..columns.len()]));
            }
        }
    });
}

/// product = xᵀ·d; shapes fit.
pub(crate) fn transposed_multiply<A: Float>(
    x: SparseRows<'_, A>,
    d: &ArrayRef2<A>,
    product: &mut ArrayRef2<A>,
) {
    if !product.is_standard_layout() {
        let mut row_major = Array2::zeros(product.raw_dim());
        transposed_multiply(x, d, &mut row_major);
        return product.assign(&row_major);
    }
    let isa = Isa::best();
    let of_rows = |rows: Range<usize>| {
        let mut list = PairList::new();
        list.reserve(&x, rows.len());
        list.sort(&x, rows);
        list
    };
    let lists: Vec<_> = row_tiles(x.len()).map(of_rows).collect();
    if lists.is_empty() {
        return product.fill(A::zero());
    }
    let pieces = parallel::pieces(x.len() * x.average() * d.ncols());
    let work =
        Blocks { blocks: &blocks::<A>(isa, d.ncols()).collect::<Vec<_>>(), product: product.view_mut() };
    let pieces = pieces.min(work.blocks.len());
    in_pieces(work, 1, pieces, |Blocks { blocks, mut product }| {
        let first = blocks[0].start;
        for columns in blocks {
            let width = columns_of_block::<A>(isa, columns.len());
            let mut product = product.slice_mut(s![.., columns.start - first..columns.end - first]);
            for (rows, list) in row_tiles(x.len()).zip(&lists) {
                let put = if rows.start == 0 { Put::Replace } else { Put::Add };
                let mut packed = Aligned::zeros(rows.len() * width);
                let d = d.slice(s![rows.clone(), columns.clone()]);
                for (packed, d) in packed.chunks_exact_mut(width).zip(d.rows()) {
                    packed.iter_mut().zip(d).for_each(|(packed, &d)| *packed = d);
                }
                let d = ArrayView2::from_shape((rows.len(), width), &packed[..]).expect("cut to this shape");
                kernels::add_columns(
                    isa,
                    list.view(),
                    Columns::of(d),
                    put,
                    ColumnsMut::of(product.view_mut()),
                );
            }
        }
    });
}

/// Some rows of a product.
struct Results<'a, A> {
    /// The number of the first.
    first: usize,
    z: ArrayViewMut2<'a, A>,
}

impl<A: Float> Split for Results<'_, A> {
    fn len(&self) -> usize {
        self.z.nrows()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (z, rest) = self.z.split_at(Axis(0), at);
        (Self { first: self.first, z }, Self { first: self.first + at, z: rest })
    }
}

/// Some blocks of a product's columns.
struct Blocks<'a, A> {
    blocks: &'a [Range<usize>],
    product: ArrayViewMut2<'a, A>,
}

impl<A: Float> Split for Blocks<'_, A> {
    fn len(&self) -> usize {
        self.blocks.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (blocks, rest) = self.blocks.split_at(at);
        let columns = rest.first().map_or(self.product.ncols(), |next| next.start - blocks[0].start);
        let (product, product_rest) = self.product.split_at(Axis(1), columns);
        (Self { blocks, product }, Self { blocks: rest, product: product_rest })
    }
}
