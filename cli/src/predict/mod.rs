//! `blasnet predict`: which digits are in pictures.

mod form;
mod pictures;

use std::path::PathBuf;

use rayon::prelude::*;

use crate::args;
use crate::end::End;
use crate::ink::Pixels;
use crate::recogniser::Recogniser;
use crate::{output, threads};
use form::Form;

/// So many pictures are read, then the network sees them all at once.
const BATCH: usize = 256;

pub fn predict(args: &args::Predict) -> Result<(), End> {
    let (pictures, faults) = pictures::list(&args.images);
    faults.iter().for_each(|fault| tell(fault));
    let mut all_well = faults.is_empty();
    if !pictures.is_empty() {
        let form = Form::of(args.json, pictures.len());
        threads::compute(args.recogniser.threads.threads, || {
            let recogniser = Recogniser::open(&args.recogniser)?;
            form.header().map_or(Ok(()), output::print)?;
            for batch in pictures.chunks(BATCH) {
                all_well &= look(&recogniser, batch, form)?;
            }
            Ok(())
        })?;
    }
    if all_well { Ok(()) } else { Err(End::Told) }
}

/// Prints what the network sees in the pictures, or tells why not; whether it was all of them.
fn look(recogniser: &Recogniser, batch: &[PathBuf], form: Form) -> Result<bool, End> {
    let read: Vec<Result<Pixels, String>> = batch.par_iter().map(|file| pictures::read(file)).collect();
    let images: Vec<Pixels> = read.iter().flatten().copied().collect();
    let mut answers = recogniser.answers(&images)?.into_iter();
    for (file, read) in batch.iter().zip(&read) {
        match read {
            Err(why) => tell(&format!("{}: {why}", file.display())),
            Ok(_) => {
                let answer = answers.next().expect("there is an answer for each image");
                output::print(&form.text(file, &answer))?;
            }
        }
    }
    Ok(read.iter().all(Result::is_ok))
}

/// What is wrong with one picture is no reason not to look at the next.
fn tell(fault: &str) {
    output::note(&format!("error: {fault}"));
}
