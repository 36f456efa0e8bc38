//! [`Question`]: what a client wants to have recognised.

use blasnet::data::PIXELS;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use serde::Deserialize;

use super::reply::{JSON, Refusal};
use crate::ink::{self, Pixels, Unreadable};

/// Pixels of a picture: as many as a photograph has that just fits into a body. A file of [`ink`]'s may have more, but that
/// is its user's own.
const MOST_PIXELS: u64 = 2048 * 2048;

/// The forms that a question may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file in one of the formats for pictures, which tell themselves apart.
    Picture,
    /// `{"pixels": […]}`
    Json,
}

impl Form {
    /// The form that a request says its body has.
    pub fn of(request: &Parts) -> Result<Self, Refusal> {
        let named = request.headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or_default());
        let essence = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            JSON => Ok(Self::Json),
            "image/png" | "image/jpeg" | "image/x-portable-graymap" => Ok(Self::Picture),
            _ => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                format!(
                    "the Content-Type is \"{named}\", expected image/png, image/jpeg, image/x-portable-graymap or {JSON}"
                ),
            )),
        }
    }
}

/// A body and what it is.
#[derive(Debug)]
pub struct Question {
    pub form: Form,
    pub body: Bytes,
    /// Whether the answer is to tell what lies between pixels and probabilities.
    pub details: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    pixels: Vec<f32>,
}

impl Question {
    /// The pixels of it.
    pub fn pixels(&self) -> Result<Pixels, Refusal> {
        let pixels = match self.form {
            Form::Json => from_json(&self.body)?,
            Form::Picture => from_picture(&self.body)?,
        };
        match pixels.iter().any(|&pixel| pixel > 0.0) {
            true => Ok(pixels),
            false => Err(unreadable(Unreadable::Blank)),
        }
    }
}

fn from_picture(bytes: &[u8]) -> Result<Pixels, Refusal> {
    ink::read_up_to(MOST_PIXELS, bytes).map_err(unreadable)
}

fn unreadable(why: Unreadable) -> Refusal {
    let (status, reason) = match why {
        Unreadable::NoPicture(_) | Unreadable::Damaged(_) => (StatusCode::BAD_REQUEST, why.to_string()),
        Unreadable::TooLarge { width, height } => (
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("is a picture of {width} × {height} pixels, expected at most {MOST_PIXELS} of them"),
        ),
        Unreadable::Blank => (StatusCode::UNPROCESSABLE_ENTITY, why.to_string()),
    };
    Refusal::new(status, format!("the body {reason}"))
}

fn from_json(bytes: &[u8]) -> Result<Pixels, Refusal> {
    let wrong = |problem: String| Refusal::new(StatusCode::BAD_REQUEST, format!("the body {problem}"));
    let Given { pixels } = serde_json::from_slice(bytes)
        .map_err(|error| wrong(format!("is not {{\"pixels\": [{PIXELS} numbers]}}: {error}")))?;
    if let Some((place, pixel)) = pixels.iter().enumerate().find(|(_, pixel)| !(0.0..=1.0).contains(*pixel)) {
        return Err(wrong(format!("has pixel {place} with {pixel}, expected 0 (paper) to 1 (ink)")));
    }
    pixels
        .try_into()
        .map_err(|pixels: Vec<f32>| wrong(format!("has {} pixels, expected {PIXELS}", pixels.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refuses(json: &str, says: &str) {
        let Refusal { status, reason, .. } = from_json(json.as_bytes()).unwrap_err();
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(reason.contains(says), "{reason}");
    }

    #[test]
    fn json_of_784_numbers_from_0_to_1_and_nothing_else() {
        let pixels = |first: &str| format!("{{\"pixels\": [{first}{}]}}", ", 0.5".repeat(PIXELS - 1));
        for (first, is) in [("0", 0.0), ("1", 1.0), ("-0.0", 0.0), ("1e-3", 0.001), ("1e-99", 0.0)] {
            assert_eq!(from_json(pixels(first).as_bytes()).unwrap()[0], is, "{first}");
        }
        for first in ["1.0001", "-0.0001", "1e38", "1e39", "-1e300"] {
            refuses(&pixels(first), "expected 0 (paper) to 1 (ink)");
        }
        for first in ["NaN", "Infinity", "1e999", "null", "\"1\"", "[1]", "true", ""] {
            refuses(&pixels(first), "is not {\"pixels\": [784 numbers]}: ");
        }
        refuses("{\"pixels\": [0, 1, 0]}", "has 3 pixels, expected 784");
        refuses(&format!("{{\"pixels\": [0{}]}}", ", 0".repeat(PIXELS)), "has 785 pixels");
        refuses("", "EOF");
        refuses("[]", "784 numbers");
        refuses("{}", "missing field `pixels`");
        refuses("{\"pixels\": [], \"pixels\": []}", "duplicate field");
        refuses("{\"pixels\": [], \"more\": 1}", "unknown field `more`");
        refuses(&"[".repeat(1 << 20), "784 numbers");
        refuses(&format!("{{\"pixels\": {}", "[".repeat(1 << 19)), "784 numbers");
    }
}
