//! Chapter 3: (a + b) × c forwards and backwards.

use blasnet::Result;
use blasnet::nodes::{Add, Multiply};

fn main() -> Result<()> {
    let (a, b, c) = (2.0_f64, 3.0, 4.0);
    let (mut add, mut multiply) = (Add::new(), Multiply::new());

    let sum = add.forward(a, b)?;
    let product = multiply.forward(sum, c)?;
    println!("({a} + {b}) × {c} = {product}");

    let (dsum, dc) = multiply.backprop(1.0_f64)?;
    let (da, db) = add.backprop(dsum)?;
    println!("da = {da}, db = {db}, dc = {dc}");

    assert_eq!((product, da, db, dc), (20.0, 4.0, 4.0, 5.0));
    Ok(())
}
