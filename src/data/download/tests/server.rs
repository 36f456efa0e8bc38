//! A mirror on the loopback interface, with or without manners.

use crate::data::originals::Original;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

/// Two small files in place of the four.
pub static CONTENTS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let noise = |seed: u32| {
        let bytes = (0..200_000_u32).map(|i| (i.wrapping_mul(seed) >> 13) as u8);
        bytes.collect()
    };
    [noise(2_654_435_761), noise(2_246_822_519)]
});

/// Their names, sizes and sums.
pub static FILES: LazyLock<[Original; 2]> = LazyLock::new(|| {
    let original = |name, bytes: &[u8]| {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(bytes);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Original { name, size: bytes.len() as u64, sha256: sha256.leak() }
    };
    [original("first", &CONTENTS[0]), original("second", &CONTENTS[1])]
});

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a server does with a request, given the file asked for, gzipped.
#[derive(Clone, Copy)]
pub enum Manner {
    /// Serves it.
    Good,
    /// Serves it after a while.
    Slow,
    /// Serves it unpacked, as a mirror with transparent compression does.
    Unpacked,
    /// Closes the connection after half of it.
    Cut,
    /// Sends half of it and then nothing.
    Stall,
    /// Serves half of it as if it were the whole.
    Truncated,
    /// Serves another file.
    Wrong,
    /// Serves bytes without end.
    Endless,
    /// Serves a gzip stream of empty blocks without end.
    EmptyBlocks,
    /// Has no such file.
    NotFound,
}

/// A mirror on the loopback interface.
pub struct Server {
    pub url: String,
    requests: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    pub fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/mnist/", listener.local_addr().unwrap());
        let (requests, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counter, stopped) = (Arc::clone(&requests), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let counter = Arc::clone(&counter);
                // A client that hangs up early is part of the tests.
                thread::spawn(move || serve(stream.unwrap(), manner, &counter).ok());
            }
        });
        Self { url, requests, stop, thread: Some(thread) }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let address = self.url["http://".len()..].trim_end_matches("/mnist/");
        // Wakes `incoming`.
        drop(TcpStream::connect(address));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(mut stream: TcpStream, manner: Manner, requests: &AtomicUsize) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().expect("a request")?;
    while !lines.next().expect("a header")?.is_empty() {}
    requests.fetch_add(1, Ordering::SeqCst);
    let index = match request.split(' ').nth(1) {
        Some("/mnist/first.gz") => 0,
        Some("/mnist/second.gz") => 1,
        _ => panic!("{request}"),
    };
    let body = gzipped(&CONTENTS[index]);
    let half = &body[..body.len() / 2];
    let mut answer = |status: &str, length: usize, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(&[head.as_bytes(), body].concat())
    };
    match manner {
        Manner::Good => answer("200 OK", body.len(), &body),
        Manner::Slow => {
            thread::sleep(Duration::from_millis(50));
            answer("200 OK", body.len(), &body)
        }
        Manner::Unpacked => answer("200 OK", CONTENTS[index].len(), &CONTENTS[index]),
        Manner::Cut => answer("200 OK", body.len(), half),
        Manner::Stall => {
            answer("200 OK", body.len(), half)?;
            // Until the client hangs up.
            stream.read(&mut [0]).map(drop)
        }
        Manner::Truncated => answer("200 OK", half.len(), half),
        Manner::Wrong => {
            let other = gzipped(&CONTENTS[1 - index]);
            answer("200 OK", other.len(), &other)
        }
        Manner::Endless => {
            answer("200 OK", 1 << 40, &[])?;
            for_ever(stream, &[0])
        }
        Manner::EmptyBlocks => {
            answer("200 OK", 1 << 40, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])?;
            for_ever(stream, &[0, 0, 0, 0xff, 0xff])
        }
        Manner::NotFound => answer("404 Not Found", 0, &[]),
    }
}

/// Until the client hangs up.
fn for_ever(mut stream: TcpStream, bytes: &[u8]) -> io::Result<()> {
    let many = bytes.repeat(1 << 12);
    loop {
        stream.write_all(&many)?;
    }
}
