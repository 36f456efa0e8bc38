//! What MNIST's own images become: what they are.

use blasnet::data::Mnist;

use super::read;

/// A picture of 8-bit grey as a PGM.
fn pgm(width: usize, pixels: &[u8]) -> Vec<u8> {
    let header = format!("P5 {width} {} 255\n", pixels.len() / width);
    [header.as_bytes(), pixels].concat()
}

#[test]
fn mnists_own_images_stay_what_they_are() {
    let mnist = Mnist::embedded().unwrap();
    let changed = |image: &[u8]| {
        let pixels = read(&pgm(28, image)).unwrap();
        let ink = image.iter().map(|&pixel| f32::from(pixel) / 255.0);
        let difference: f32 = ink.clone().zip(pixels).map(|(before, after)| (before - after).abs()).sum();
        difference > 0.05 * ink.sum::<f32>()
    };
    let images = mnist.test.images();
    let changed = (0..1000).filter(|&image| changed(&images.row(image).to_vec())).count();
    assert!(changed < 50, "{changed} of 1000");
}
