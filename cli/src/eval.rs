//! `blasnet eval`: a saved network's scores on the test images.

use blasnet::{Confusion, evaluate};

use crate::args;
use crate::end::End;
use crate::{model, output, threads};

pub fn eval(args: &args::Eval) -> Result<(), End> {
    let saved = &args.saved;
    let network = model::network(&saved.model, saved.hidden.activation)?;
    let mnist = saved.data.load()?;
    let (test, confusion) = threads::compute(saved.threads.threads, || {
        let confusion = args.classes.then(|| Confusion::of(&network, &mnist.test)).transpose()?;
        Ok((evaluate(&network, &mnist.test)?, confusion))
    })?;
    model::check_scores(&saved.model, test)?;
    output::print(&output::test_scores(test))?;
    match confusion {
        Some(confusion) => output::print(&format!("{confusion}\n{}", right(&confusion))),
        None => Ok(()),
    }
}

fn right(confusion: &Confusion) -> String {
    let counts = confusion.counts();
    format!("{} of {} right", counts.diag().sum(), counts.sum())
}
