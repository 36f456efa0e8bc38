//! [`Site`]: which request is answered by what.

use hyper::body::Incoming;
use hyper::header::EXPECT;
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::desk::Desk;
use super::hosts::Hosts;
use super::question::{Form, Question};
use super::reply::{self, JSON, Refusal, Reply};
use super::{body, files};

/// The page and the API.
#[derive(Debug)]
pub struct Site {
    pub desk: Desk,
    pub hosts: Hosts,
    /// The network's layers.
    pub sizes: Vec<usize>,
}

impl Site {
    /// The reply to a request, whose body has to be there by the deadline.
    pub async fn reply(&self, request: Request<Incoming>, deadline: Instant) -> Reply {
        let (head, mut body) = request.into_parts();
        match self.route(&head, &mut body, deadline).await {
            Ok(reply) => reply,
            Err(refusal) => {
                // Who expects a word before they send the body have it now.
                let waits = head.headers.contains_key(EXPECT);
                refusal.reply(!waits && body::discard(&mut body, deadline).await)
            }
        }
    }

    async fn route(&self, head: &Parts, body: &mut Incoming, deadline: Instant) -> Result<Reply, Refusal> {
        self.hosts.check(head)?;
        let path = head.uri.path();
        if path == "/api/predict" {
            allow(head, "POST", &[Method::POST])?;
            let (form, details) = (Form::of(head)?, details(head)?);
            let body = body::read(body, deadline).await?;
            return self.desk.ask(Question { form, body, details }).await;
        }
        let (content_type, content) = match path {
            "/api/network" => (JSON, json!({ "sizes": self.sizes }).to_string().into()),
            _ => files::find(path).ok_or_else(|| Refusal::not_found(path))?,
        };
        allow(head, "GET, HEAD", &[Method::GET, Method::HEAD])?;
        Ok(reply::of(StatusCode::OK, content_type, content))
    }
}

fn allow(head: &Parts, names: &'static str, methods: &[Method]) -> Result<(), Refusal> {
    match methods.contains(&head.method) {
        true => Ok(()),
        false => Err(Refusal::method(names)),
    }
}

/// Whether the query asks for details, which is all that one can ask for.
fn details(head: &Parts) -> Result<bool, Refusal> {
    match head.uri.query() {
        None | Some("" | "details=0") => Ok(false),
        Some("details=1") => Ok(true),
        Some(query) => {
            Err(Refusal::bad_request(format_args!("has the query {query}, expected details=1 or none")))
        }
    }
}
