//! MNIST's own images, as they are and in other pictures: the network reads them as before.

use blasnet::data::{Mnist, SIDE};
use image::imageops::{self, FilterType};
use image::{GrayImage, ImageFormat, Luma};

use super::super::{Pixels, read};
use super::{file, pgm};
use crate::recogniser::Recogniser;
use crate::{args, threads};

/// MNIST's first test images.
fn images(count: usize) -> Vec<GrayImage> {
    let test = Mnist::embedded().unwrap().test;
    let side = SIDE as u32;
    let image = |number| GrayImage::from_vec(side, side, test.images().row(number).to_vec());
    (0..count).map(|number| image(number).expect("28 × 28 pixels")).collect()
}

/// MNIST's test images, and what the network makes of them.
struct Digits {
    images: Vec<GrayImage>,
    recogniser: Recogniser,
}

impl Digits {
    fn new(count: usize) -> Self {
        let recogniser = threads::compute(None, || Recogniser::open(&args::Recogniser::default())).unwrap();
        Self { images: images(count), recogniser }
    }

    fn answers(&self, images: &[Pixels]) -> Vec<usize> {
        let answers = threads::compute(None, || self.recogniser.answers(images)).unwrap();
        answers.iter().map(|answer| answer.digit).collect()
    }

    /// The share of the first `count` images that are another digit in this file.
    fn changed(&self, count: usize, file: &dyn Fn(&GrayImage) -> Vec<u8>) -> f64 {
        let images = &self.images[..count];
        let plain: Vec<Pixels> = images.iter().map(plain).collect();
        let read: Vec<Pixels> = images.iter().map(|image| read(&file(image)).unwrap()).collect();
        let (plain, read) = (self.answers(&plain), self.answers(&read));
        plain.iter().zip(&read).filter(|(plain, read)| plain != read).count() as f64 / count as f64
    }
}

/// The image as the network reads it.
fn plain(image: &GrayImage) -> Pixels {
    std::array::from_fn(|place| f32::from(image.as_raw()[place]) / 255.0)
}

fn larger(image: &GrayImage, times: u32) -> GrayImage {
    imageops::resize(image, image.width() * times, image.height() * times, FilterType::CatmullRom)
}

fn inverted(image: &GrayImage) -> GrayImage {
    let mut image = image.clone();
    imageops::invert(&mut image);
    image
}

/// In the upper right corner of a larger picture.
fn in_a_corner(image: &GrayImage, side: u32) -> GrayImage {
    let mut picture = GrayImage::new(side, side);
    imageops::replace(&mut picture, image, i64::from(side - image.width()), 0);
    picture
}

/// On grey, rough paper that lies in the shadow on its left, on a dark table that is seen there.
fn photographed(image: &GrayImage) -> GrayImage {
    let mut noise = 0_u32;
    let image = inverted(&in_a_corner(&larger(image, 6), 500));
    GrayImage::from_fn(500, 500, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (noise >> 24) as f32 / 256.0 - 0.5;
        let paper = 40.0 + 0.6 * f32::from(image[(x, y)].0[0]) + 20.0 * noise;
        let table = if x < 100 + y / 20 { 0.3 } else { 1.0 };
        Luma([(table * paper * (0.4 + 0.6 * x as f32 / 500.0)) as u8])
    })
}

#[test]
fn an_image_is_the_same_digit_in_any_picture() {
    let digits = Digits::new(1000);
    let same = |count, at_most: f64, name: &str, file: &dyn Fn(&GrayImage) -> Vec<u8>| {
        let changed = digits.changed(count, file);
        println!("{name}: {:.1} % of {count} have changed", 100.0 * changed);
        assert!(changed <= at_most, "{name}: {:.1} % of {count} have changed", 100.0 * changed);
    };
    same(1000, 0.005, "as it is", &pgm);
    same(1000, 0.005, "inverted", &|image| pgm(&inverted(image)));
    same(200, 0.02, "three times as large", &|image| pgm(&larger(image, 3)));
    same(100, 0.02, "ten times as large", &|image| pgm(&larger(image, 10)));
    same(100, 0.02, "in a corner", &|image| pgm(&in_a_corner(image, 100)));
    same(100, 0.02, "in a large picture's corner", &|image| pgm(&in_a_corner(&larger(image, 3), 600)));
    same(200, 0.02, "JPEG", &|image| file(inverted(image), ImageFormat::Jpeg));
    same(100, 0.03, "photographed", &|image| file(photographed(image), ImageFormat::Jpeg));
}

#[test]
fn mnists_own_images_hardly_change() {
    let changed = |image: &&GrayImage| {
        let (before, after) = (plain(image), read(&pgm(image)).unwrap());
        let difference: f32 = before.iter().zip(&after).map(|(before, after)| (before - after).abs()).sum();
        difference > 0.05 * before.iter().sum::<f32>()
    };
    let changed = images(200).iter().filter(changed).count();
    assert!(changed <= 10, "{changed} of 200");
}
