//! [`Interrupt`]: Ctrl-C asks to stop; a second one does not ask.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::end::End;

/// Whether Ctrl-C has been pressed.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Result<Self, End> {
        Self::listen_to(&[SIGINT])
    }

    /// Listens to SIGTERM as well, by which those who look after services stop them.
    pub fn listen_as_service() -> Result<Self, End> {
        Self::listen_to(&[SIGINT, SIGTERM])
    }

    fn listen_to(signals: &[c_int]) -> Result<Self, End> {
        let pressed = Arc::new(AtomicBool::new(false));
        for &signal in signals {
            // In this order: the first Ctrl-C finds the flag down and raises it, the second finds it raised.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&pressed))
                .and_then(|_| flag::register(signal, Arc::clone(&pressed)))
                .map_err(|error| End::Failed(format!("cannot listen for Ctrl-C: {error}")))?;
        }
        Ok(Self(pressed))
    }

    /// Whether it has been pressed since.
    pub fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
