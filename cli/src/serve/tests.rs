//! What clients may take, with limits that a test can wait for. Nobody computes here.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::desk;
use super::hosts::Hosts;
use super::server::{Limits, Server};
use super::site::Site;

/// Far longer than a test takes, as far as it is not what that waits for.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(100);

fn limits() -> Limits {
    Limits {
        connections: 3,
        head: 16 << 10,
        head_time: LONG,
        body_time: LONG,
        connection_time: LONG,
        last_time: SHORT,
    }
}

/// Runs a server with these limits while `test` does.
fn with_server(limits: Limits, test: impl FnOnce(SocketAddr)) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let site = Site { desk: desk::open().0, hosts: Hosts::Loopback, sizes: vec![784, 10] };
    let server = Server { listener, site, limits };

    let stopped = AtomicBool::new(false);
    /// Also if the test fails, whose failure would hang otherwise.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    thread::scope(|scope| {
        let server = scope.spawn(|| server.run(|| stopped.load(Ordering::Relaxed)));
        {
            let _stop = Stop(&stopped);
            test(address);
        }
        server.join().unwrap().unwrap();
    });
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// All that comes until the server ends the connection.
#[track_caller]
fn to_its_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // It does not read what it has no use for.
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    String::from_utf8(bytes).unwrap()
}

const WHOLE: &[u8] = b"GET /api/network HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const HEAD: &[u8] = b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                      Content-Length: 100\r\n\r\n";

#[track_caller]
fn is_answered(server: SocketAddr) {
    let mut stream = connect(server);
    stream.write_all(WHOLE).unwrap();
    let reply = to_its_end(&mut stream);
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("{\"sizes\":[784,10]}"), "{reply}");
}

#[test]
fn a_head_that_does_not_come_ends_the_connection() {
    with_server(Limits { head_time: SHORT, ..limits() }, |server| {
        for begun in [&b""[..], b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n"] {
            let mut stream = connect(server);
            stream.write_all(begun).unwrap();
            assert_eq!(to_its_end(&mut stream), "", "{begun:?}");
        }
        // Neither does one get to wait behind a request that was answered.
        let mut stream = connect(server);
        stream.write_all(b"GET /api/network HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert!(to_its_end(&mut stream).starts_with("HTTP/1.1 200 OK\r\n"));
    });
}

#[test]
fn a_body_that_does_not_come_is_told_so() {
    with_server(Limits { body_time: SHORT, ..limits() }, |server| {
        for begun in [&b""[..], b"{\"pixels\": [0, 0, 0"] {
            let mut stream = connect(server);
            stream.write_all(&[HEAD, begun].concat()).unwrap();
            let reply = to_its_end(&mut stream);
            assert!(reply.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{reply}");
            assert!(reply.contains("\r\nconnection: close\r\n"), "{reply}");
            assert!(reply.ends_with("{\"error\":\"the body did not arrive in time\"}"), "{reply}");
        }
    });
}

#[test]
fn the_connections_that_are_let_in_are_counted() {
    with_server(limits(), |server| {
        let silent: Vec<_> = (0..3).map(|_| connect(server)).collect();
        let waiting = thread::scope(|scope| {
            let waiting = scope.spawn(|| is_answered(server));
            thread::sleep(SHORT);
            assert!(!waiting.is_finished(), "answered beside three silent ones");
            drop(silent);
            waiting.join()
        });
        waiting.unwrap();
    });
}

#[test]
fn who_asks_and_never_reads_is_left() {
    with_server(Limits { connection_time: SHORT, ..limits() }, |server| {
        let mut stream = connect(server);
        let keep_alive = b"GET /page.css HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
        // Sooner or later nothing more fits between here and there, and then the other end goes away.
        stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        let error = loop {
            if let Err(error) = stream.write_all(&keep_alive) {
                break error.kind();
            }
        };
        assert!(matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
        is_answered(server);
    });
}

#[test]
fn what_has_begun_does_not_keep_a_server_that_stops() {
    let mut streams = Vec::new();
    // Returns once the server has.
    with_server(limits(), |server| {
        for begun in [&b""[..], b"GET / HT", HEAD] {
            let mut stream = connect(server);
            stream.write_all(begun).unwrap();
            streams.push(stream);
        }
    });
    for mut stream in streams {
        assert_eq!(to_its_end(&mut stream), "");
    }
}
