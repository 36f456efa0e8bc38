//! What `blasnet serve` bears: the program itself, and clients on the same machine, who check each answer.
//!
//! `cargo bench -p blasnet-cli --bench serve` prints a line for each load; in `cargo test --benches` each is a few requests.

use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use image::{GrayImage, ImageFormat, Luma};
use serde_json::{Value, json};

/// The digit that is asked for.
const DIGIT: usize = 3;

/// For how long each load lasts.
#[derive(Debug, Clone, Copy)]
enum Length {
    Seconds(u64),
    /// Of each client.
    Requests(usize),
}

fn main() {
    // Without it `cargo test` calls.
    let length = match std::env::args().any(|arg| arg == "--bench") {
        true => Length::Seconds(5),
        false => Length::Requests(3),
    };
    let server = Server::start();
    let png = post("/api/predict?details=1", "image/png", &drawing());
    let seen: Value = serde_json::from_slice(&Client::connect(server.address).ask(&png)).unwrap();
    let pixels = json!({ "pixels": seen["pixels"] }).to_string();
    let loads = [
        ("JSON, 784 numbers", post("/api/predict", "application/json", pixels.as_bytes())),
        ("PNG, 280 x 280", post("/api/predict", "image/png", &drawing())),
        ("the same, with details", png),
    ];
    println!(
        "{:24}{:>9}{:>6}{:>12}{:>10}{:>10}{:>10}",
        "", "clients", "slow", "requests/s", "p50, ms", "p99", "max"
    );
    for (name, request) in &loads {
        for (clients, slow) in [(1, 0), (64, 0), (64, 100)] {
            let load = Load { server: server.address, request, clients, slow, length };
            println!("{name:24}{clients:9}{slow:6}{}", load.run());
        }
    }
}

/// The program, with the network that it trains by itself.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_blasnet"))
            .args(["serve", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_start_matches("http://").trim_end_matches("/\n").parse().unwrap();
        Self { process, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A digit as one would draw it on the page, as PNG.
fn drawing() -> Vec<u8> {
    let strokes: Value = serde_json::from_str(include_str!("../tests/strokes.json")).unwrap();
    let mut image = GrayImage::from_pixel(280, 280, Luma([255]));
    let points =
        strokes[DIGIT.to_string()].as_array().unwrap().iter().flat_map(|stroke| stroke.as_array().unwrap());
    for point in points {
        let place = |axis: usize| 40.0 + 200.0 * point[axis].as_f64().unwrap();
        for (x, y, pixel) in image.enumerate_pixels_mut() {
            if (f64::from(x) - place(0)).hypot(f64::from(y) - place(1)) < 10.0 {
                pixel.0[0] = 0;
            }
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn post(path: &str, content_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// The body of the answer.
    fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        self.0.get_mut().write_all(request).unwrap();
        let (mut line, mut first, mut length) = (String::new(), true, 0);
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            assert!(!first || line.starts_with("HTTP/1.1 200 "), "{line}");
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim_end().parse().unwrap();
            }
            first = false;
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        body
    }
}

/// One way to keep a server busy.
struct Load<'a> {
    server: SocketAddr,
    request: &'a [u8],
    clients: usize,
    /// Clients beside them who send a byte now and then.
    slow: usize,
    length: Length,
}

impl Load<'_> {
    /// Requests a second, and the times of one in milliseconds.
    fn run(&self) -> String {
        let body = Client::connect(self.server).ask(self.request);
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(answer["digit"], DIGIT);

        let done = AtomicBool::new(false);
        let start = Instant::now();
        let (mut times, seconds) = thread::scope(|scope| {
            scope.spawn(|| self.dawdle(&done));
            let clients: Vec<_> = (0..self.clients).map(|_| scope.spawn(|| self.ask(&body))).collect();
            let times: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
            let seconds = start.elapsed().as_secs_f64();
            done.store(true, Ordering::Relaxed);
            (times, seconds)
        });
        let rate = times.len() as f64 / seconds;
        times.sort();
        let at = |part: f64| 1000.0 * times[((times.len() - 1) as f64 * part) as usize].as_secs_f64();
        format!("{rate:12.0}{:10.2}{:10.2}{:10.2}", at(0.5), at(0.99), at(1.0))
    }

    /// The time of each request of one client.
    fn ask(&self, expected: &[u8]) -> Vec<Duration> {
        let mut client = Client::connect(self.server);
        let (start, mut times) = (Instant::now(), Vec::new());
        while match self.length {
            Length::Seconds(seconds) => start.elapsed() < Duration::from_secs(seconds),
            Length::Requests(requests) => times.len() < requests,
        } {
            let sent = Instant::now();
            let body = client.ask(self.request);
            times.push(sent.elapsed());
            assert_eq!(body, expected);
        }
        times
    }

    /// What the slow ones do.
    fn dawdle(&self, done: &AtomicBool) {
        let connect = || (TcpStream::connect(self.server).unwrap(), self.request.iter());
        let mut slow: Vec<_> = (0..self.slow).map(|_| connect()).collect();
        while !done.load(Ordering::Relaxed) {
            for client in &mut slow {
                let byte = *client.1.next().expect("none gets so far");
                // The server has had enough of it.
                if client.0.write_all(&[byte]).is_err() {
                    *client = connect();
                }
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}
