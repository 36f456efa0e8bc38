//! The port.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};

use crate::end::End;

/// Takes the port, and tells which it is: 0 stands for any free one.
pub fn on(host: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), End> {
    let bind = || {
        let listener = TcpListener::bind((host, port))?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        Ok((listener, address))
    };
    bind().map_err(|error: std::io::Error| match error.kind() {
        ErrorKind::AddrInUse => End::unusable(
            format_args!("--port {port}"),
            format_args!(
                "{} is in use by another program; stop that, or take another port (0 is any free one)",
                SocketAddr::new(host, port)
            ),
        ),
        ErrorKind::PermissionDenied => {
            End::unusable(format_args!("--port {port}"), format_args!("{error}; take one of at least 1024"))
        }
        ErrorKind::AddrNotAvailable => {
            End::unusable(format_args!("--host {host}"), "is no address of this machine; 127.0.0.1 always is")
        }
        _ => End::unusable(format_args!("--host {host} --port {port}"), error),
    })
}
