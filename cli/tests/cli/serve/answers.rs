//! The page, and what good requests get.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use serde_json::Value;

use super::client::Reply;
use super::{Served, answers, asking, asking_for, bar};

fn get(method: &str, path: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()
}

/// A 1, so to speak: dark on light or the other way round, in a format.
fn picture(paper: u8, ink: u8, format: ImageFormat) -> Vec<u8> {
    let image = GrayImage::from_fn(100, 80, |x, y| {
        Luma([if (48..56).contains(&x) && (10..70).contains(&y) { ink } else { paper }])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// What every reply says to a browser.
#[track_caller]
fn is_guarded(reply: &Reply) {
    let policy = reply.header("content-security-policy").unwrap();
    for says in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(says), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{reply:?}");
}

#[test]
fn the_page_has_all_that_it_asks_for() {
    let served = Served::new();
    let mut client = served.client();
    let page = client.ask(&get("GET", "/"));
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    is_guarded(&page);
    // Neither of which the policy would let through.
    assert!(
        !page.text().contains("<style")
            && !page.text().contains(" style=")
            && !page.text().contains(" onclick")
    );

    let mut asked = vec!["/page.css".to_owned(), "/page.js".to_owned()];
    assert!(asked.iter().all(|path| page.text().contains(&format!("\"{path}\""))));
    while let Some(path) = asked.pop() {
        let file = client.ask(&get("GET", &path));
        let content_type = if path.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("content-type"), Some(format!("{content_type}; charset=utf-8").as_str()));
        is_guarded(&file);
        let imports = file.text().lines().filter(|line| line.starts_with("import "));
        asked.extend(imports.map(|line| line.split('"').nth(1).unwrap().to_owned()));
    }
}

#[test]
fn one_connection_serves_for_everything() {
    let served = Served::new();
    let mut client = served.client();
    for digit in 0..10 {
        answers(digit, &client.ask(&asking_for(digit)));
    }
    for path in ["/", "/page.js", "/api", "/api/network"] {
        let got = client.ask(&get("GET", path));
        client.send(&get("HEAD", path));
        let head = client.reply_to("HEAD").unwrap();
        assert_eq!((head.status, &head.body), (200, &vec![]), "{path}");
        assert_eq!(head.header("content-length"), Some(got.body.len().to_string().as_str()), "{path}");
        assert_eq!(head.header("content-type"), got.header("content-type"), "{path}");
    }
    // All at once, and refusals between.
    for digit in 0..10 {
        client.send(&[asking_for(digit), get("GET", "/missing")].concat());
    }
    for digit in 0..10 {
        answers(digit, &client.reply().unwrap());
        client.reply().unwrap().refuses(404, "/missing");
    }
    client.finish();
    assert_eq!(client.reply(), None);
}

#[test]
fn the_last_word_is_sent_to_who_sends_nothing_more() {
    let served = Served::new();
    let mut client = served.client();
    client.send(&asking_for(4));
    client.finish();
    answers(4, &client.reply().unwrap());
    assert_eq!(client.reply(), None);
}

#[test]
fn an_answer_has_all_ten_and_the_details_if_asked_for() {
    let served = Served::new();
    let mut client = served.client();
    let body = format!("{{\"pixels\": {:?}}}", bar(6));
    let reply = client.ask(&asking("/api/predict", "application/json; charset=utf-8", body.as_bytes()));
    is_guarded(&reply);
    let short = reply.json();
    let keys: Vec<_> = short.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["digit", "probabilities", "probability"]);
    let probabilities = numbers(&short["probabilities"]);
    assert_eq!(probabilities.len(), 10);
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{probabilities:?}");
    assert_eq!(short["probability"], short["probabilities"][6]);
    assert!(probabilities[6] > 0.5, "{probabilities:?}");

    let long = client.ask(&asking("/api/predict?details=1", "Application/JSON", body.as_bytes())).json();
    for key in keys {
        assert_eq!(long[key], short[key]);
    }
    assert_eq!(numbers(&long["pixels"]).iter().map(|&pixel| pixel as f32).collect::<Vec<_>>(), bar(6));
    let hidden = long["hidden"].as_array().unwrap();
    assert_eq!(hidden.iter().map(|layer| numbers(layer).len()).collect::<Vec<_>>(), [16]);
    // ReLU's.
    assert!(numbers(&hidden[0]).iter().all(|&unit| unit >= 0.0));
    assert_eq!(client.ask(&get("GET", "/api/network")).text(), "{\"sizes\":[784,16,10]}");
}

#[test]
fn pictures_of_all_kinds_are_read() {
    let served = Served::new();
    let mut client = served.client();
    let mut ask = |content_type: &str, picture: &[u8]| {
        let reply = client.ask(&asking("/api/predict?details=1", content_type, picture));
        assert_eq!(reply.status, 200, "{content_type}: {}", reply.text());
        numbers(&reply.json()["pixels"])
    };
    let png = ask("image/png", &picture(255, 0, ImageFormat::Png));
    // MNIST's 20 rows.
    let rows = png.chunks(28).filter(|row| row.iter().any(|&ink| ink > 0.5));
    assert_eq!(rows.count(), 20, "{png:?}");

    let close = |others: &[f64]| png.iter().zip(others).all(|(a, b)| (a - b).abs() < 0.1);
    assert!(close(&ask("image/png", &picture(0, 255, ImageFormat::Png))));
    assert!(close(&ask("image/jpeg", &picture(250, 20, ImageFormat::Jpeg))));
    assert!(close(&ask("image/x-portable-graymap", &picture(200, 90, ImageFormat::Pnm))));
}

#[test]
fn who_expects_a_word_first_gets_it() {
    let served = Served::new();
    let mut client = served.client();
    let request = String::from_utf8(asking_for(2)).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    client.send(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes());
    assert_eq!(client.reply().unwrap().status, 100);
    client.send(body.as_bytes());
    answers(2, &client.reply().unwrap());

    // Or a refusal, and need not send what nobody wants.
    let head = head.replace("application/json", "text/plain");
    client.send(format!("{head}\r\nExpect: 100-continue\r\n\r\n").as_bytes());
    let reply = client.reply().unwrap();
    reply.refuses(415, "text/plain");
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(client.reply(), None);
}
