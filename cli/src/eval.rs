//! `blasnet eval`: a saved network's scores on the test images.

use crate::args;
use crate::end::End;
use crate::{model, output, threads};

pub fn eval(args: &args::Eval) -> Result<(), End> {
    let network = model::network(&args.model, args.hidden.activation)?;
    let mnist = args.data.load()?;
    let test = threads::compute(args.threads.threads, || Ok(network.evaluate(&mnist.test)?))?;
    if !test.loss.is_finite() {
        let problem = format!("its test loss is {}; its weights are too large to compute with", test.loss);
        return Err(End::unusable(args.model.display(), problem));
    }
    output::print(&output::test_scores(test))
}
