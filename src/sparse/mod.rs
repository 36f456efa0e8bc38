//! Matrices that are mostly zeros: [`SparseMatrix`] keeps the other entries only, and [`Input`] lets a layer read
//! it in place of an array.

mod input;
mod matrix;
mod pairs;
mod products;
mod rows;
#[cfg(feature = "sprs")]
mod sprs;
#[cfg(test)]
mod tests;
mod value;

pub use input::Input;
pub(crate) use input::{Form, SparseRows};
pub(crate) use matrix::RowPairs;
pub use matrix::SparseMatrix;
pub(crate) use pairs::PairList;
pub(crate) use products::{Packing, blocks, multiply, multiply_block, transposed_multiply};
pub(crate) use rows::{ColumnTiles, RowTile, most_rows, row_tiles};
pub(crate) use value::OfBytes;
pub use value::{Value, ValueAs};
