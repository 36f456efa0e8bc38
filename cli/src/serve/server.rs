//! [`Server`]: connections, how many and how long.

use std::convert::Infallible;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use super::site::Site;
use crate::end::End;

/// What clients may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once; more wait until one ends.
    pub connections: usize,
    /// Bytes of a request's head.
    pub head: usize,
    /// The time for a request's head to arrive, since the one before it.
    pub head_time: Duration,
    /// The time for its body.
    pub body_time: Duration,
    /// The time of a connection. So one ends, too, whose client asks without end and never reads.
    pub connection_time: Duration,
    /// The time for what has begun when the server is told to stop, or the connection's is up.
    pub last_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            head: 16 << 10,
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(10),
            connection_time: Duration::from_secs(120),
            last_time: Duration::from_secs(5),
        }
    }
}

/// A server that is about to begin.
#[derive(Debug)]
pub struct Server {
    pub listener: TcpListener,
    pub site: Site,
    pub limits: Limits,
}

impl Server {
    /// Serves until `stopped` says so, and what has begun then to its end.
    pub fn run(self, stopped: impl Fn() -> bool) -> Result<(), End> {
        let wrong = |error| End::Failed(format!("cannot serve: {error}"));
        // One thread: it only passes on what the pool's threads compute.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(wrong)?;
        runtime.block_on(self.accept(stopped)).map_err(wrong)
    }

    async fn accept(self, stopped: impl Fn() -> bool) -> std::io::Result<()> {
        let Self { listener, site, limits } = self;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let slots = Arc::new(Semaphore::new(limits.connections));
        let (running, stop) = watch::channel(());
        let site = Arc::new(site);

        let next = async || {
            let slot = Arc::clone(&slots).acquire_owned().await.expect("it is never closed");
            (listener.accept().await, slot)
        };
        let mut stopped = pin!(until(stopped));
        loop {
            let (accepted, slot) = tokio::select! {
                next = next() => next,
                () = &mut stopped => break,
            };
            let Ok((stream, _)) = accepted else {
                // The client has left already, or there are no file handles left: then time helps.
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (site, stop) = (Arc::clone(&site), stop.clone());
            tokio::spawn(async move {
                converse(stream, site, limits, stop).await;
                drop(slot);
            });
        }
        drop((listener, running));
        let all = u32::try_from(limits.connections).expect("so many file handles there are not");
        let _ended = slots.acquire_many(all).await;
        Ok(())
    }
}

/// Returns once `stopped` says so. A signal's handler can do little but raise a flag, which somebody has to look at.
async fn until(stopped: impl Fn() -> bool) {
    while !stopped() {
        sleep(Duration::from_millis(50)).await;
    }
}

/// Serves one connection to its end. What fails on it is its client's affair.
async fn converse(stream: TcpStream, site: Arc<Site>, limits: Limits, mut stop: watch::Receiver<()>) {
    // Replies go out whole.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(site.reply(request, Instant::now() + limits.body_time).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_time)
            .max_header_size(limits.head)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
    );
    let enough = async {
        // An error, as nothing is ever sent: the sender has been dropped.
        let _ = timeout(limits.connection_time, stop.changed()).await;
    };
    tokio::select! {
        _ = &mut connection => return,
        () = enough => connection.as_mut().graceful_shutdown(),
    }
    let _ = timeout(limits.last_time, connection).await;
}
