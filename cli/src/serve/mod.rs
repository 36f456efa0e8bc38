//! `blasnet serve`: a page to draw digits on, and an API for programs.
//!
//! One thread speaks HTTP with all clients ([`server`], [`site`]); those of the pool read pictures and compute
//! ([`desk`]), so that no client waits for another's work to be let in.

mod body;
mod desk;
mod files;
mod hosts;
mod listen;
mod question;
mod reply;
mod server;
mod site;
#[cfg(test)]
mod tests;

use std::thread;

use crate::args;
use crate::end::End;
use crate::interrupt::Interrupt;
use crate::output;
use crate::recogniser::Recogniser;
use crate::threads;

use hosts::Hosts;
use server::{Limits, Server};
use site::Site;

pub fn serve(args: args::Serve) -> Result<(), End> {
    let interrupt = Interrupt::listen_as_service()?;
    // Before a network is trained for nothing.
    let (listener, address) = listen::on(args.host, args.port)?;
    threads::compute(args.recogniser.threads.threads, || {
        let recogniser = Recogniser::open(&args.recogniser)?;
        if interrupt.pressed() {
            return Err(End::Interrupted("interrupted before it served anything".into()));
        }
        let hosts = Hosts::of(args.host);
        if hosts == Hosts::Any {
            output::note(&format!(
                "--host {}: anyone who reaches this address can use the server",
                args.host
            ));
        }
        output::print(&format!("http://{address}/"))?;

        let (desk, questions) = desk::open();
        let site = Site { desk, hosts, sizes: recogniser.sizes().to_vec() };
        let server = Server { listener, site, limits: Limits::default() };
        thread::scope(|scope| {
            let server = scope.spawn(|| server.run(|| interrupt.pressed()));
            questions.answer(&recogniser);
            server.join().expect("what panics in a connection's task stays there")
        })
    })
}
