//! `blasnet serve`

use crate::args;
use crate::end::End;

pub fn serve(_: args::Serve) -> Result<(), End> {
    todo!()
}
