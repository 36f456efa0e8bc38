//! [`Interrupt`]: Ctrl-C asks to stop; a second one does not ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

use crate::end::End;

/// Whether Ctrl-C has been pressed.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub fn listen() -> Result<Self, End> {
        let pressed = Arc::new(AtomicBool::new(false));
        // In this order: the first Ctrl-C finds the flag down and raises it, the second finds it raised.
        flag::register_conditional_shutdown(SIGINT, 130, Arc::clone(&pressed))
            .and_then(|_| flag::register(SIGINT, Arc::clone(&pressed)))
            .map_err(|error| End::Failed(format!("cannot listen for Ctrl-C: {error}")))?;
        Ok(Self(pressed))
    }

    /// Whether it has been pressed since.
    pub fn pressed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
