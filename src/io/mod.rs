//! Files: models in other tools' formats, and files that are replaced in one go.

pub(crate) mod bytes;
pub mod files;
pub mod model;
