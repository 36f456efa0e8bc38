use super::*;
use ndarray::{Array, array, s};

/// All 256 pixels in one row, and a second row that differs.
fn every_pixel() -> Dataset {
    let rows = (0..=255).chain((0..=255).rev()).collect();
    let pixels = Array::from_shape_vec((2, 256), rows).unwrap();
    Dataset::new(pixels, vec![3, 0], 4).unwrap()
}

fn floats_are_the_quotients<A: Float>(quotient: impl Fn(u8) -> A) {
    let data = every_pixel();
    let (mut x, mut t) = (Array2::<A>::ones((3, 256)), Array2::<A>::ones((3, 4)));
    data.gather(&[1, 0, 1], &mut x, &mut t);
    let all = data.to_floats::<A>();
    for pixel in 0..=255_u8 {
        let column = usize::from(pixel);
        assert_eq!(all[[0, column]], quotient(pixel));
        assert_eq!(x[[1, column]], quotient(pixel));
        assert_eq!(x[[2, column]], quotient(255 - pixel));
    }
    assert_eq!(x.slice(s![..2, ..]), all.slice(s![..;-1, ..]));
    assert_eq!(t.slice(s![..2, ..]), data.one_hot::<A>().slice(s![..;-1, ..]));
}

#[test]
fn gathered_pixels_are_bit_equal_to_the_quotients() {
    floats_are_the_quotients(|pixel| f32::from(pixel) / 255.0);
    floats_are_the_quotients(|pixel| f64::from(pixel) / 255.0);
}

#[test]
fn a_batch_may_be_a_view_of_any_layout() {
    let data = every_pixel();
    let (mut x, mut t) = (Array::zeros((256, 4)), Array::zeros((2, 8)));
    data.gather::<f32>(
        &[0, 1],
        &mut x.slice_mut(s![.., ..;2]).reversed_axes(),
        &mut t.slice_mut(s![.., ..;2]),
    );
    assert_eq!(x.slice(s![.., ..;2]).t(), data.to_floats::<f32>());
    assert_eq!(t.slice(s![.., ..;2]), data.one_hot::<f32>());
    assert!(x.slice(s![.., 1..;2]).iter().all(|&x| x == 0.0));
}

#[test]
fn pixels_of_another_layout_become_standard() {
    let data = Dataset::new(array![[1, 2, 3], [4, 5, 6]].reversed_axes(), vec![0; 3], 1);
    let images = data.unwrap().pixels;
    assert!(images.is_standard_layout());
    assert_eq!(images, array![[1, 4], [2, 5], [3, 6]]);
}

#[test]
fn it_is_split_anywhere_and_at_its_ends() {
    let data = Dataset::new(array![[1, 2], [3, 4], [5, 6]], vec![2, 0, 1], 3).unwrap();
    for row in 0..=3 {
        let (first, second) = data.split_at(row).unwrap();
        assert_eq!((first.len(), second.len()), (row, 3 - row));
        assert_eq!([first.labels(), second.labels()].concat(), data.labels());
        let both = ndarray::concatenate![ndarray::Axis(0), first.pixels, second.pixels];
        assert_eq!(both, data.pixels);
    }
    assert!(data.split_at(4).is_err());
}

#[test]
fn bad_labels_are_named() {
    let new = |labels: &[u8], classes| {
        let pixels = Array2::zeros((3, 2));
        let error = Dataset::new(pixels, labels.to_vec(), classes).unwrap_err();
        error.to_string()
    };
    assert_eq!(new(&[9, 10, 11], 10), "labels: row 1 has label 10, expected 0 to 9");
    assert_eq!(new(&[1, 2], 10), "labels: holds 2 labels, expected 3, one for each image of pixels");
    assert_eq!(new(&[0, 0, 0], 0), "classes is 0, expected 1 to 256");
    assert_eq!(new(&[0, 0, 0], 257), "classes is 257, expected 1 to 256");
    assert!(Dataset::new(Array2::zeros((1, 2)), vec![255], 256).is_ok());
}

#[test]
#[should_panic(expected = "`x` has shape [2, 255], expected [2, 256]")]
fn a_batch_of_other_images_panics() {
    let (mut x, mut t) = (Array2::zeros((2, 255)), Array2::zeros((2, 4)));
    every_pixel().gather::<f32>(&[0, 1], &mut x, &mut t);
}

#[test]
#[should_panic(expected = "`t` has shape [1, 4], expected [2, 4]")]
fn a_batch_of_other_size_panics() {
    let (mut x, mut t) = (Array2::zeros((2, 256)), Array2::zeros((1, 4)));
    every_pixel().gather::<f32>(&[0, 1], &mut x, &mut t);
}

#[test]
#[should_panic(expected = "row 2 was asked for, expected rows below 2")]
fn a_row_that_is_not_there_panics() {
    let (mut x, mut t) = (Array2::zeros((1, 256)), Array2::zeros((1, 4)));
    every_pixel().gather::<f32>(&[2], &mut x, &mut t);
}
