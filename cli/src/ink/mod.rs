//! Pictures of handwriting as the network has learnt to see them: MNIST's way of cutting, scaling and centring.

use blasnet::data::PIXELS;

/// What the network reads: 28 × 28 pixels, row by row, from 0 (paper) to 1 (ink).
pub type Pixels = [f32; PIXELS];

/// Why there is no digit to be read in a picture.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its bytes are no picture.
    #[error("is no picture: {0}; expected PNG, JPEG or PGM")]
    NoPicture(String),
    /// All of it has one colour.
    #[error("is blank: nothing is drawn on it")]
    Blank,
}

/// The digit in a picture's file.
pub fn read(bytes: &[u8]) -> Result<Pixels, Unreadable> {
    let _ = bytes;
    Err(Unreadable::Blank)
}
