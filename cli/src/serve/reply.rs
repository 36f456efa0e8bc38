//! What requests are answered with.

use std::fmt::Display;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use serde_json::json;

pub type Reply = Response<Full<Bytes>>;

pub const JSON: &str = "application/json";

/// On every reply. The page needs nothing from elsewhere and nobody may frame it; and no other site's page may load
/// any of this into itself.
const ALWAYS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // Another version of the program may serve the next request.
    (CACHE_CONTROL, "no-store"),
];

/// A reply of this type.
pub fn of(status: StatusCode, content_type: &'static str, content: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(content.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    reply
}

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: StatusCode,
    /// In words, about the request or its body.
    pub reason: String,
    /// The methods that would do.
    allow: Option<&'static str>,
}

impl Refusal {
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), allow: None }
    }

    pub fn bad_request(problem: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("the request {problem}"))
    }

    pub fn not_found(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {path} here; see / and /api"))
    }

    pub fn method(allow: &'static str) -> Self {
        let reason = format!("the method is not one of this path's: {allow}");
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, reason) }
    }

    pub fn misdirected(host: &str) -> Self {
        let reason = format!(
            "the request is for the host {host}, expected localhost or 127.0.0.1; for others --host is needed"
        );
        Self::new(StatusCode::MISDIRECTED_REQUEST, reason)
    }

    /// What a bug looks like from outside.
    pub fn internal(reason: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }

    /// The reply. It ends the connection if the request has not been read to its end.
    pub fn reply(&self, read_to_end: bool) -> Reply {
        let mut reply = of(self.status, JSON, json!({ "error": self.reason }).to_string());
        if let Some(allow) = self.allow {
            reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        if !read_to_end {
            reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        reply
    }
}
