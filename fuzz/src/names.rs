//! Activations and losses by name, as a model's texts and a command line have them.

use std::fmt::Display;
use std::str::FromStr;

use blasnet::{Activation, Loss};

/// A name of an activation or a loss.
pub fn names(bytes: &[u8]) -> bool {
    let Ok(name) = str::from_utf8(bytes) else {
        return false;
    };
    parse::<Activation>(name) | parse::<Loss>(name)
}

fn parse<T: FromStr<Err = blasnet::Error> + Display>(name: &str) -> bool {
    let parsed = name.parse::<T>();
    if let Ok(value) = &parsed {
        let written = value.to_string();
        assert_eq!(written.parse::<T>().unwrap().to_string(), written);
    }
    parsed.is_ok()
}
