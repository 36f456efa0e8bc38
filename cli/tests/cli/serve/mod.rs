//! `blasnet serve`, as its clients meet it.

mod answers;
mod client;
mod hostile;
mod refusals;
mod start_and_stop;

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use crate::common::{Digits, Run, blasnet, start};
use client::{Client, Reply};

/// A server with a network that knows the bars of [`Digits`].
struct Served {
    process: Child,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
    address: SocketAddr,
    _digits: Digits,
}

impl Served {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(more: &[&str]) -> Self {
        let digits = Digits::new();
        let model = digits.file("model.safetensors");
        let run = blasnet(&digits.train(&["--optimizer", "adam", "--epochs", "60", "--save", &model]));
        assert_eq!(run.lines().last(), Some(&"Test Acc: 100.0 %"));
        Self::of(digits, &model, more)
    }

    /// A server with this model, which is in that folder.
    fn of(digits: Digits, model: &str, more: &[&str]) -> Self {
        let args = [&["serve", "--port", "0", "--threads", "2", "--model", model], more].concat();
        let mut process = start(&args, Stdio::piped());
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.strip_prefix("http://").and_then(|line| line.strip_suffix("/\n"));
        let address = address.unwrap_or_else(|| panic!("no address: {line}")).parse().unwrap();
        let stderr = process.stderr.take().unwrap();
        Self { process, stdout, stderr, address, _digits: digits }
    }

    fn client(&self) -> Client {
        Client::of(self.address)
    }

    /// Waits for its end.
    fn end(mut self) -> Run {
        let status = self.process.wait().unwrap();
        let text = |from: &mut dyn std::io::Read| std::io::read_to_string(from).unwrap();
        Run { code: status.code(), stdout: text(&mut self.stdout), stderr: text(&mut self.stderr) }
    }
}

/// A test that fails leaves no server behind.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The pixels of an image that [`Digits`] has for this digit.
fn bar(digit: usize) -> Vec<f32> {
    (0..784).map(|place| if place / (2 * 28) == digit + 2 { 200.0 / 255.0 } else { 0.0 }).collect()
}

/// A request to recognise this body.
fn asking(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut head = String::new();
    write!(head, "POST {path} HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    write!(head, "Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    [head.as_bytes(), body].concat()
}

/// A request to recognise a digit's bar.
fn asking_for(digit: usize) -> Vec<u8> {
    asking(
        "/api/predict",
        "application/json",
        serde_json::json!({ "pixels": bar(digit) }).to_string().as_bytes(),
    )
}

/// That it is the answer to [`asking_for`] this digit.
#[track_caller]
fn answers(digit: usize, reply: &Reply) {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.json()["digit"], digit, "{reply:?}");
}
