//! [`Hosts`]: by which names a server may be called.
//!
//! A web page that is open in a browser on this machine can have its own name lead to 127.0.0.1, once it has been loaded, and
//! is then of the same origin as whatever listens there ("DNS rebinding"). Its requests give it away: they name a host that is
//! not us.

use std::net::IpAddr;

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::http::uri::Authority;

use super::reply::Refusal;

/// Which names are ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Those that mean this machine on the machine itself.
    Loopback,
    /// All: who listens to other machines cannot know what they call this one.
    Any,
}

impl Hosts {
    /// The names of a server that listens there.
    pub fn of(address: IpAddr) -> Self {
        match address.is_loopback() {
            true => Self::Loopback,
            false => Self::Any,
        }
    }

    /// Refuses a request that is meant for another host. The port does not count: it may be a tunnel's.
    pub fn check(self, request: &Parts) -> Result<(), Refusal> {
        // What stands in the first line goes before the header, says RFC 9112.
        let named = match request.uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => request.headers.get(HOST).and_then(|host| host.to_str().ok()),
        };
        match named {
            None => Err(Refusal::bad_request("has no header Host that can be read")),
            Some(name) if self == Self::Any || is_loopback(name) => Ok(()),
            Some(name) => Err(Refusal::misdirected(name)),
        }
    }
}

fn is_loopback(name: &str) -> bool {
    let Ok(authority) = name.parse::<Authority>() else {
        return false;
    };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn names_of_this_machine_and_others() {
        for ours in
            ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "127.1.2.3:8000", "[::1]", "[::1]:80"]
        {
            assert!(is_loopback(ours), "{ours}");
        }
        for other in [
            "",
            ":8000",
            "example.org",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1:8000",
            "0.0.0.0",
            "[::]",
            "localhost:8000:8000",
            "a b",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
