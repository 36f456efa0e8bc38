//! `blasnet convert`: a model in another format, or by other names.

use blasnet::model::{Format, Model};

use crate::args;
use crate::end::End;
use crate::target::Target;
use crate::{model, output};

pub fn convert(args: &args::Convert) -> Result<(), End> {
    let format = Format::of(&args.to)?;
    let target = Target::find("", &args.to)?;
    let wide: Model<f64> = model::load(&args.from, args.hidden.activation)?;
    let is_f32 = wide.network.values().iter().all(|&value| f64::from(value as f32) == value);
    let names = args.names.into();
    // Whatever the numbers were, they stay what they are.
    let bytes = if is_f32 {
        model::load::<f32>(&args.from, args.hidden.activation)?.to_bytes(format, names)?
    } else {
        wide.to_bytes(format, names)?
    };
    target.write(&bytes)?;
    let (sizes, numbers) = (wide.network.sizes(), if is_f32 { "f32" } else { "f64" });
    output::note(&format!("{target}: a network of the sizes {sizes:?} in {numbers}"));
    Ok(())
}
