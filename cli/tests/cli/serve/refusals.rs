//! Requests that are not answered with what they ask for: each gets its status and a reason.

use std::fs;
use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::{Served, answers, asking, asking_for, bar};
use crate::common::Digits;

/// A request for nothing in particular.
fn head(first_line: &str, headers: &str) -> Vec<u8> {
    format!("{first_line} HTTP/1.1\r\n{headers}\r\n").into_bytes()
}

/// Asks with a header Host of this name.
fn to_host(host: &str) -> Vec<u8> {
    head("GET /", &format!("Host: {host}\r\n"))
}

fn json(body: &str) -> Vec<u8> {
    asking("/api/predict", "application/json", body.as_bytes())
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    GrayImage::from_pixel(width, height, Luma([200])).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn each_has_its_status_and_its_reason() {
    const OURS: &str = "Host: localhost\r\n";
    let pixels = |pixels: &[f32]| json(&format!("{{\"pixels\": {pixels:?}}}"));
    let picture = |bytes: &[u8]| asking("/api/predict", "image/png", bytes);
    let blank = png(280, 280);
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (head("GET /missing", OURS), 404, "no /missing here"),
        (head("GET /page.css/..", OURS), 404, "/page.css/.."),
        (head("GET //", OURS), 404, "//"),
        (head("GET /../../etc/passwd", OURS), 404, "/../../etc/passwd"),
        (head("POST /api/predict/", OURS), 404, "/api/predict/"),
        (head("GET /api/predict", OURS), 405, "POST"),
        (head("OPTIONS /api/predict", OURS), 405, "POST"),
        (head("OPTIONS *", OURS), 404, "*"),
        (head("DELETE /", OURS), 405, "GET, HEAD"),
        (head("POST /", OURS), 405, "GET, HEAD"),
        (head("NONSENSE /api", OURS), 405, "GET, HEAD"),
        (head("GET /", ""), 400, "no header Host"),
        (to_host("example.org"), 421, "example.org"),
        (to_host("localhost.example.org:8000"), 421, "expected localhost or 127.0.0.1"),
        (to_host("0.0.0.0"), 421, "0.0.0.0"),
        (to_host("example.org\r\nHost: localhost"), 421, "example.org"),
        // What stands in the first line is what counts.
        (head("GET http://example.org/", OURS), 421, "example.org"),
        (head("POST /api/predict", OURS), 415, "is \"\", expected image/png"),
        (asking("/api/predict", "text/plain", b"{}"), 415, "is \"text/plain\""),
        (asking("/api/predict", "application/x-www-form-urlencoded", b"a=b"), 415, "urlencoded"),
        (asking("/api/predict", "multipart/form-data; boundary=b", b"--b--"), 415, "multipart"),
        (asking("/api/predict", "image/webp", b"RIFF"), 415, "image/webp"),
        (asking("/api/predict?details=yes", "application/json", b"{}"), 400, "query details=yes"),
        (json(""), 400, "784 numbers"),
        (json("{\"pixels\": [0, 1"), 400, "EOF"),
        (json("{\"pixels\": [NaN]}"), 400, "expected value"),
        (json("{\"pixels\": [1e999]}"), 400, "out of range"),
        (json("{\"pixel\": []}"), 400, "unknown field `pixel`"),
        (pixels(&bar(3)[1..]), 400, "783 pixels, expected 784"),
        (pixels(&[&[1.5], &bar(3)[1..]].concat()), 400, "pixel 0 with 1.5"),
        (pixels(&[&bar(3)[1..], &[-0.5]].concat()), 400, "pixel 783 with -0.5"),
        (pixels(&[0.0; 784]), 422, "blank"),
        (picture(b""), 400, "no picture"),
        (picture(b"GIF89a and so on"), 400, "image/gif"),
        (picture(&blank[..blank.len() / 2]), 400, "damaged"),
        (picture(&blank), 422, "blank"),
        (picture(&png(4096, 1025)), 413, "4096 × 1025 pixels"),
        (picture(&vec![b'x'; (1 << 20) + 1]), 413, "at most 1048576 bytes"),
    ];
    let served = Served::new();
    for (request, status, says) in cases {
        let mut client = served.client();
        let reply = client.ask(&request);
        let shown = String::from_utf8_lossy(&request[..request.len().min(80)]);
        assert_eq!(reply.status, status, "{shown}: {}", reply.text());
        reply.refuses(status, says);
        assert_eq!(reply.header("allow"), (status == 405).then_some(says), "{shown}");
        assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{shown}");
        // Whoever is refused may ask again.
        answers(5, &client.ask(&asking_for(5)));
    }
}

/// The reason gets through although the client is still sending: nothing is reset before it has been read.
#[test]
fn a_body_that_is_too_large_is_read_or_not_begun_with() {
    let served = Served::new();
    let mut client = served.client();
    client.ask(&asking("/api/predict", "image/png", &vec![0; 8 << 20])).refuses(413, "too large");
    answers(1, &client.ask(&asking_for(1)));

    // In pieces, with no length said beforehand.
    let piece = [b"10000\r\n", &vec![0; 1 << 16][..], b"\r\n"].concat();
    let chunked = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
    client.send(&[chunked, &piece.repeat(20)[..], b"0\r\n\r\n"].concat());
    client.reply().unwrap().refuses(413, "too large");
    answers(1, &client.ask(&asking_for(1)));

    // More than anyone would throw away.
    let head = "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ";
    for length in [u64::MAX - 2, 1 << 40, (16 << 20) + 1] {
        let mut client = served.client();
        let reply = client.ask(format!("{head}{length}\r\n\r\n").as_bytes());
        reply.refuses(413, "too large");
        assert_eq!((reply.header("connection"), client.reply()), (Some("close"), None));
    }
    let mut client = served.client();
    client.send(&[chunked, &piece.repeat(300)[..]].concat());
    client.reply().unwrap().refuses(413, "too large");
    assert_eq!(client.reply(), None);
}

#[test]
fn a_network_that_cannot_compute_says_so() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    let huge = |shape: &[usize]| (shape.to_vec(), 1e30_f32.to_le_bytes().repeat(shape.iter().product()));
    let tensors = [("w1", huge(&[784, 2])), ("b1", huge(&[2])), ("w2", huge(&[2, 10])), ("b2", huge(&[10]))];
    let views = tensors
        .iter()
        .map(|(name, (shape, bytes))| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    fs::write(&model, safetensors::serialize(views, None).unwrap()).unwrap();
    let served = Served::of(digits, &model, &[]);
    let mut client = served.client();
    for _ in 0..2 {
        client.ask(&asking_for(1)).refuses(500, "too large to compute with");
    }
}

#[test]
fn whoever_lets_others_in_is_warned_and_has_any_name() {
    let mut served = Served::with(&["--host", "0.0.0.0"]);
    served.address.set_ip([127, 0, 0, 1].into());
    let mut client = served.client();
    assert_eq!(client.ask(&to_host("example.org")).status, 200);
    drop(client);
    served.process.kill().unwrap();
    let run = served.end();
    assert_eq!(run.stderr, "--host 0.0.0.0: anyone who reaches this address can use the server\n");
}
