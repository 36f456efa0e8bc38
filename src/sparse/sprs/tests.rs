use ::sprs::{CsMat, CsMatI, TriMatI};
use ndarray::{Array2, array};

use super::*;

/// Entries, an empty row and an empty column among them.
fn some() -> Array2<f32> {
    array![[0.0, 0.5, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0], [-3.0, 0.0, 0.0, 1.0]]
}

fn check<V: Value>(x: &SparseMatrix<V>) {
    let there = CsMat::from(x);
    assert!(there.is_csr());
    assert_eq!((there.shape(), there.nnz()), (x.dim(), x.entries()));
    assert!(SparseMatrix::try_from(&there).expect("few columns") == *x);
    assert!(SparseMatrix::try_from(&there.to_csc()).expect("few columns") == *x);
}

#[test]
fn what_sprs_gets_comes_back() {
    check(&SparseMatrix::from_dense(&some()));
    check(&SparseMatrix::from_dense(&some().mapv(f64::from)));
    check(&SparseMatrix::from_dense(&array![[0_u8, 255, 1]]));
    check(&SparseMatrix::from_csr([2, 3], vec![0, 1, 2], &[2, 0], vec![0_u8, 7]).expect("valid"));
    check(&SparseMatrix::from_csr([1, 131_073], vec![0, 1], &[131_072], vec![1.0_f32]).expect("valid"));
    for shape in [(0, 0), (0, 3), (3, 0)] {
        check(&SparseMatrix::from_dense(&Array2::<f32>::zeros(shape)));
    }
}

#[test]
fn indices_of_any_type_will_do() {
    fn check<I: SpIndex, P: SpIndex>() {
        let x: CsMatI<f32, I, P> = CsMat::csr_from_dense(some().view(), 0.0).to_other_types();
        assert_eq!(SparseMatrix::try_from(&x).expect("few columns").to_dense(), some());
        assert_eq!(SparseMatrix::try_from(&x.to_csc()).expect("few columns").to_dense(), some());
    }
    check::<u16, u64>();
    check::<u32, u32>();
    check::<i16, usize>();
    check::<i64, i32>();
}

#[test]
fn part_of_a_matrix_will_do() {
    let (rows, columns) =
        (CsMat::csr_from_dense(some().view(), 0.0), CsMat::csc_from_dense(some().view(), 0.0));
    let rows = SparseMatrix::try_from(&rows.slice_outer(1..3)).expect("few columns");
    assert_eq!(rows.to_dense(), some().slice(ndarray::s![1.., ..]));
    let columns = SparseMatrix::try_from(&columns.slice_outer(1..4)).expect("few columns");
    assert_eq!(columns.to_dense(), some().slice(ndarray::s![.., 1..]));
}

/// In CSC storage a `u16` need only number the rows.
#[test]
fn columns_may_be_more_than_their_storage_could_number() {
    let x = CsMatI::<u8, u16, u32>::new_csc((2, 70_000), starts_of_last_two(70_000), vec![1, 0], vec![5, 6]);
    let x = SparseMatrix::try_from(&x).expect("few columns");
    assert_eq!(x.row(0).collect::<Vec<_>>(), [(69_999, 6)]);
    assert_eq!(x.row(1).collect::<Vec<_>>(), [(69_998, 5)]);
}

/// Starts of so many columns, of which the last two have an entry each.
fn starts_of_last_two(columns: usize) -> Vec<u32> {
    let mut starts = vec![0; columns + 1];
    starts[columns - 1..].copy_from_slice(&[1, 2]);
    starts
}

#[test]
#[cfg(target_pointer_width = "64")]
fn too_many_columns_are_an_error() {
    let x = TriMatI::<u8, usize>::new((1, (1 << 32) + 1)).to_csr::<usize>();
    let error = SparseMatrix::try_from(&x).unwrap_err().to_string();
    assert!(error.starts_with("the number of columns is 4294967297, expected at most 4294967296"), "{error}");
}
