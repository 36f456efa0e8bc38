//! What nobody should send, and clients who take their time. Others are served meanwhile and afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use super::client::Client;
use super::{Served, answers, asking_for};

/// Does what is bad, while a good client asks and asks and another one does so at the end.
fn while_others_are_served(served: &Served, bad: impl FnOnce()) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let good = scope.spawn(|| {
            let mut client = served.client();
            for digit in (0..10).cycle() {
                answers(digit, &client.ask(&asking_for(digit)));
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        bad();
        done.store(true, Ordering::Relaxed);
        good.join().unwrap();
    });
    answers(7, &served.client().ask(&asking_for(7)));
}

/// Sends this and nothing more, and gives the status of each reply.
fn statuses(served: &Served, bytes: &[u8]) -> Vec<u16> {
    let mut client = served.client();
    client.send(bytes);
    client.finish();
    std::iter::from_fn(|| client.reply()).map(|reply| reply.status).collect()
}

#[test]
fn random_bytes_and_requests_with_wrong_ones() {
    let served = Served::new();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let good = asking_for(1);
    while_others_are_served(&served, || {
        for round in 0..300 {
            let mut bytes: Vec<u8> = match round % 3 {
                0 => (0..rng.random_range(1..3000)).map(|_| rng.random()).collect(),
                _ => good.clone(),
            };
            if round % 3 == 1 {
                // Most of them in the head, which is where they hurt.
                for _ in 0..rng.random_range(1..5) {
                    let place = rng.random_range(0..200);
                    bytes[place] = rng.random();
                }
            }
            if round % 3 == 2 {
                let (from, to) = (rng.random_range(0..bytes.len()), rng.random_range(0..bytes.len()));
                bytes.drain(from.min(to)..from.max(to));
            }
            let statuses = statuses(&served, &bytes);
            let well = statuses.iter().all(|status| matches!(status, 200 | 400..500));
            assert!(well, "{statuses:?} to {}", bytes.escape_ascii());
        }
    });
}

#[test]
fn requests_that_end_at_every_byte() {
    let served = Served::new();
    let good = asking_for(1);
    let head = good.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    while_others_are_served(&served, || {
        let places = (0..head + 50).chain((head + 50..good.len()).step_by(97)).chain([good.len() - 1]);
        for end in places {
            let statuses = statuses(&served, &good[..end]);
            assert!(
                statuses.iter().all(|status| (400..500).contains(status)),
                "{statuses:?} after {end} bytes"
            );
        }
        assert_eq!(statuses(&served, &good), [200]);
    });
}

#[test]
fn heads_that_are_too_large() {
    let served = Served::new();
    while_others_are_served(&served, || {
        let name = |length: usize| "x".repeat(length);
        let cases = [
            (format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", name(1 << 15)), 431),
            (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", name(1 << 15)), 431),
            (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}: x\r\n\r\n", name(1 << 15)), 431),
            (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: x\r\n".repeat(150)), 431),
            // They would go on forever.
            (format!("GET / HTTP/1.1\r\nX: {}", name(8 << 20)), 431),
            (name(8 << 20), 431),
        ];
        for (request, status) in cases {
            let mut client = served.client();
            client.send(request.as_bytes());
            // Where the rest was still on its way the refusal may be lost, and the connection has ended.
            if let Some(reply) = client.reply() {
                assert_eq!(reply.status, status, "{}", &request[..40]);
            }
            assert_eq!(client.reply(), None, "{}", &request[..40]);
        }
    });
}

/// Two requests in one, if somebody can be made to think so: the second must never be answered.
#[test]
fn lengths_that_contradict_each_other_and_chunks_that_are_none() {
    let served = Served::new();
    let hidden = "GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let length = hidden.len();
    let heads = [
        format!("Content-Length: 0\r\nContent-Length: {length}"),
        format!("Content-Length: {length}\r\nContent-Length: 0"),
        format!("Content-Length: {length}, 0"),
        format!("Content-Length: +{length}"),
        "Content-Length: -1".to_owned(),
        "Content-Length: 0x10".to_owned(),
        "Content-Length: 1e3".to_owned(),
        "Content-Length: ".to_owned(),
        "Content-Length: 18446744073709551616".to_owned(),
        format!("Content-Length: {}", "9".repeat(300)),
        "Transfer-Encoding: nonsense".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".to_owned(),
        " Folded: x".to_owned(),
        "Content-Length : 0".to_owned(),
        "Content\0Length: 0".to_owned(),
        "Bare: \r x".to_owned(),
    ];
    let bodies = ["zz", "-1", "+5", "0x5", "ffffffffffffffff", "fffffffffffffffff", "5;\0", "5\nabcde", ""];
    while_others_are_served(&served, || {
        for head in heads {
            let request = format!("POST /api/predict HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n{hidden}");
            let statuses = statuses(&served, request.as_bytes());
            assert!(statuses.len() <= 1 && !statuses.contains(&200), "{statuses:?} to {head:?}");
        }
        for body in bodies {
            let request = format!(
                "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{body}\r\n{hidden}"
            );
            assert_eq!(statuses(&served, request.as_bytes()), [400], "{body:?}");
        }
        // With both, either is refused or the chunks count, and the connection ends.
        let both = format!(
            "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
             0\r\n\r\n{hidden}"
        );
        let statuses = statuses(&served, both.as_bytes());
        assert!(statuses == [400] || statuses == [415], "{statuses:?}");
    });
}

#[test]
fn other_protocols() {
    let served = Served::new();
    while_others_are_served(&served, || {
        for bytes in [
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET /\r\n\r\n",
            b"GET / HTTP/0.9\r\n\r\n",
            b"GET / HTTP/1.2\r\nHost: localhost\r\n\r\n",
            b"GET  HTTP/1.1\r\n\r\n",
            b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\r\n\r\n\r\n\r\n",
            b"*1\r\n$4\r\nPING\r\n",
        ] {
            let statuses = statuses(&served, bytes);
            assert!(statuses.is_empty() || statuses == [400], "{statuses:?} to {}", bytes.escape_ascii());
        }
    });
}

#[test]
fn a_hundred_who_take_their_time_beside_64_who_do_not() {
    let served = Served::new();
    let request = asking_for(9);
    let mut slow: Vec<Client> = (0..100).map(|_| served.client()).collect();
    // Nothing; some of the head; the head; some of the body.
    let begun = |place: usize| [0, 20, request.len() - 3000, request.len() - 1500][place % 4];
    for (place, client) in slow.iter_mut().enumerate() {
        client.send(&request[..begun(place)]);
    }
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let drip = scope.spawn(|| {
            let mut sent: Vec<usize> = (0..slow.len()).map(begun).collect();
            while !done.load(Ordering::Relaxed) {
                for (place, client) in slow.iter_mut().enumerate().filter(|(place, _)| place % 4 != 0) {
                    if sent[place] < request.len() - 1000 {
                        client.send(&request[sent[place]..=sent[place]]);
                        sent[place] += 1;
                    }
                }
                thread::yield_now();
            }
            (slow, sent)
        });
        let clients: Vec<_> = (0..64)
            .map(|client: usize| {
                let served = &served;
                scope.spawn(move || {
                    let mut connection = served.client();
                    for round in 0..5 {
                        let digit = (client + round) % 10;
                        answers(digit, &connection.ask(&asking_for(digit)));
                    }
                })
            })
            .collect();
        for client in clients {
            client.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        // And they, too, are answered once they are done, unless they took too long even for the server.
        let (mut slow, sent) = drip.join().unwrap();
        for (client, sent) in slow.iter_mut().zip(sent) {
            client.send(&request[sent..]);
        }
        for reply in slow.iter_mut().filter_map(Client::reply) {
            match reply.status {
                408 => reply.refuses(408, "in time"),
                _ => answers(9, &reply),
            }
        }
    });
}
