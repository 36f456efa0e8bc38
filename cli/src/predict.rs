//! `blasnet predict`

use crate::args;
use crate::end::End;
use crate::recogniser::Recogniser;

pub fn predict(args: &args::Predict) -> Result<(), End> {
    let a = crate::threads::compute(None, || Recogniser::open(&args.recogniser)?.answers(&[[0.0; 784]]))?;
    println!("{a:?}");
    Ok(())
}
