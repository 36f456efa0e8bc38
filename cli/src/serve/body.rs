//! Bodies of requests, in bounded time and memory.

use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Bytes, Incoming};
use tokio::time::{Instant, timeout_at};

use super::reply::Refusal;

/// Bytes that a body may have: far more than a drawing or 784 numbers need.
pub const MOST: usize = 1 << 20;

/// Bytes that are read of a body that nobody wants. A client who is still sending may not hear the answer otherwise: the
/// connection would be reset on it.
const MOST_UNWANTED: u64 = 16 << 20;

/// All of it.
pub async fn read(body: &mut Incoming, deadline: Instant) -> Result<Bytes, Refusal> {
    if body.size_hint().lower() > MOST as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(body.size_hint().lower() as usize);
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())? {
        let frame = frame
            .map_err(|error| Refusal::bad_request(format_args!("has a body that cannot be read: {error}")))?;
        let data = frame.data_ref().map_or(&[][..], |data| data);
        if bytes.len() + data.len() > MOST {
            return Err(too_large());
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes.into())
}

/// Reads what is left of it, and says whether that was all.
pub async fn discard(body: &mut Incoming, deadline: Instant) -> bool {
    let mut left = MOST_UNWANTED;
    while !body.is_end_stream() {
        if body.size_hint().lower() > left {
            return false;
        }
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64))
            }
            Ok(None) => return true,
            Ok(Some(Err(_))) | Err(_) => return false,
        }
        if left == 0 {
            return false;
        }
    }
    true
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is too large, expected at most {MOST} bytes"),
    )
}

fn too_slow() -> Refusal {
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")
}
