//! Pictures of handwriting as the network has learnt to see them: MNIST's way of cutting, scaling and centring.
//!
//! The page of MNIST (Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*) says how its images
//! were made: the digit's box is scaled to fit 20 × 20 pixels with its proportions kept, smoothly, so that black and
//! white become grey; and this is put into 28 × 28 pixels with its centre of mass in the middle. What has to be done
//! before, on pictures that are no clean scans: find the box.
//!
//! 1. [`decode`]: the file's pixels, upright.
//! 2. [`sheet`]: their lightness alone, with paper where they are transparent.
//! 3. [`find`]: the strokes, where they are and how dark, whatever the light on the paper.
//! 4. [`fit`]: their 28 × 28 pixels.
//!
//! One picture holds one digit; of several it makes one shape.

mod decode;
mod find;
mod fit;
mod paper;
mod shape;
mod sheet;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use blasnet::data::PIXELS;
use image::{ImageBuffer, Luma};

use decode::MOST_PIXELS;

/// What the network reads: 28 × 28 pixels, row by row, from 0 (paper) to 1 (ink).
pub type Pixels = [f32; PIXELS];

/// One number for each pixel.
type Plane = ImageBuffer<Luma<f32>, Vec<f32>>;

/// Why there is no digit to be read in a picture.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its bytes are no picture.
    #[error("is no picture: {0}; expected PNG, JPEG or PGM")]
    NoPicture(String),
    /// They begin as one, and do not go on so.
    #[error("is damaged: {0}")]
    Damaged(String),
    /// It would take too much memory.
    #[error("is too large: {width} × {height} pixels, expected at most {} million of them", MOST_PIXELS / 1_000_000)]
    TooLarge {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// All of it has one colour.
    #[error("is blank: nothing is drawn on it")]
    Blank,
}

/// A picture of more pixels, a gigabyte while it is read, is the only one of its kind in memory, however many threads
/// read pictures.
const LARGE: u64 = 16 << 20;

static READING_A_LARGE_ONE: Mutex<()> = Mutex::new(());

/// The digit in a picture's file.
pub fn read(bytes: &[u8]) -> Result<Pixels, Unreadable> {
    read_up_to(MOST_PIXELS, bytes)
}

/// The same, of a picture of so many pixels at most.
pub fn read_up_to(most: u64, bytes: &[u8]) -> Result<Pixels, Unreadable> {
    let header = decode::header(bytes, most)?;
    let wait = || READING_A_LARGE_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let _turn = (header.pixels() > LARGE).then(wait);
    let picture = header.decode()?;
    let drawn = sheet::sheets(&picture).find_map(|sheet| find::find(&sheet)).ok_or(Unreadable::Blank)?;
    Ok(fit::fit(&drawn))
}
