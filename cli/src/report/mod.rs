//! `blasnet report`

use crate::args;
use crate::end::End;

pub fn report(_: &args::Report) -> Result<(), End> {
    todo!()
}
