//! What keeps a server from starting, and how it ends.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::client::Client;
use super::{Served, answers, asking_for};
use crate::common::{Digits, Run, blasnet, start};

impl Served {
    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it lets nobody in any more.
    fn has_closed(&self) {
        while TcpStream::connect(self.address).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Begins a request that the server has begun to work on; the client owes it some bytes.
    fn begin(&self, digit: usize) -> (Client, Vec<u8>) {
        let mut client = self.client();
        let request = asking_for(digit);
        let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        client.send(&request[..head]);
        client.send(b"\r\nExpect: 100-continue\r\n\r\n");
        // Said when somebody wants to read the body.
        assert_eq!(client.reply().unwrap().status, 100);
        let (some, rest) = request[head + 4..].split_at(1000);
        client.send(some);
        (client, rest.to_vec())
    }
}

#[test]
fn what_cannot_be_served_is_said_before_a_network_is_trained() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port().to_string();
    blasnet(&["serve", "--port", &port])
        .fails(2, &[&format!("--port {port}: {address} is in use"), "stop that, or take another port"]);
    // Kept free for documents.
    blasnet(&["serve", "--port", "0", "--host", "192.0.2.1"])
        .fails(2, &["--host 192.0.2.1", "no address of this machine"]);
    blasnet(&["serve", "--host", "localhost"])
        .fails(2, &["'localhost' for '--host", "expected an IP address"]);
    blasnet(&["serve", "--port", "65536"]).fails(2, &["'65536' for '--port", "65535"]);
    let missing = Digits::new().file("missing");
    blasnet(&["serve", "--port", "0", "--model", &missing]).fails(2, &[&missing, "No such file"]);
}

#[test]
fn an_address_that_nobody_can_read_is_not_served() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    blasnet(&digits.train(&["--epochs", "1", "--save", &model])).lines();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let run =
        Run::from(start(&["serve", "--port", "0", "--model", &model], writer).wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn ctrl_c_lets_the_requests_end_that_have_begun() {
    let served = Served::new();
    let (mut client, rest) = served.begin(8);
    let mut idle = served.client();
    answers(3, &idle.ask(&asking_for(3)));
    served.signal("INT");
    served.has_closed();
    assert_eq!(idle.reply(), None);

    client.send(&rest);
    let reply = client.reply().unwrap();
    answers(8, &reply);
    assert_eq!((reply.header("connection"), client.reply()), (Some("close"), None));
    let run = served.end();
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "", ""));
}

#[test]
fn a_second_ctrl_c_does_not_wait() {
    let served = Served::new();
    let (mut client, _) = served.begin(8);
    served.signal("INT");
    served.has_closed();
    served.signal("INT");
    assert_eq!(client.reply(), None);
    assert_eq!(served.end().code, Some(130));
}

#[test]
fn a_service_is_ended_by_sigterm() {
    let served = Served::new();
    let mut client = served.client();
    answers(0, &client.ask(&asking_for(0)));
    served.signal("TERM");
    assert_eq!(client.reply(), None);
    assert_eq!(served.end().code, Some(0));
}
