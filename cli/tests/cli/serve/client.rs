//! A client that can say anything, good or bad.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection.
pub struct Client(BufReader<TcpStream>);

/// What came back.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u16,
    /// Names are in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Client {
    pub fn of(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        // So that a server that hangs fails a test and does not hang it.
        for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
            set(&stream, Some(Duration::from_secs(60))).unwrap();
        }
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Sends bytes. The server may have left by then, and is free to.
    pub fn send(&mut self, bytes: &[u8]) {
        if let Err(error) = self.0.get_mut().write_all(bytes) {
            assert!(left(error.kind()), "{error}");
        }
    }

    /// Sends nothing more.
    pub fn finish(&mut self) {
        let _ = self.0.get_mut().shutdown(Shutdown::Write);
    }

    /// The next reply; `None` once the server has ended the connection.
    pub fn reply(&mut self) -> Option<Reply> {
        self.reply_to("GET")
    }

    /// The next reply, which has no body if the method is HEAD.
    pub fn reply_to(&mut self, method: &str) -> Option<Reply> {
        let first = self.line()?;
        let status = first.strip_prefix("HTTP/1.1 ").or_else(|| first.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no reply begins with {first:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line().expect("a head has an end");
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").unwrap();
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if status >= 200 && method != "HEAD" {
            reply.body.resize(reply.header("content-length").unwrap().parse().unwrap(), 0);
            self.0.read_exact(&mut reply.body).unwrap();
        }
        Some(reply)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.strip_suffix("\r\n").expect("whole lines").to_owned()),
            Err(error) if left(error.kind()) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sends a request and reads the reply to it.
    #[track_caller]
    pub fn ask(&mut self, request: &[u8]) -> Reply {
        self.send(request);
        self.reply().expect("a reply")
    }
}

/// Whether the other end has gone.
fn left(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe)
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// That it is a refusal with this status, and says this.
    #[track_caller]
    pub fn refuses(&self, status: u16, says: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        let Value::Object(said) = self.json() else {
            panic!("{self:?}");
        };
        assert_eq!(said.len(), 1, "{said:?}");
        let error = said["error"].as_str().unwrap();
        assert!(error.contains(says), "`{says}` expected: {error}");
    }
}
