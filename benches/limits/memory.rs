//! Rows of the nodes that are made of memory traffic: against a copy, and threaded against serial.

use std::sync::Mutex;

use crate::context::Context;
use crate::context::Mode::Smoke;
use crate::copy::{self, Copies};
use crate::elementwise::OPS;
use crate::measure::Arm;
use crate::report::{Amount, Case};
use crate::softmax;

/// Something to repeat, with all that it needs.
pub trait Work: Send {
    fn run(&mut self);
}

type Make<'a> = &'a dyn Fn() -> Box<dyn Work + 'a>;

/// Elements of the big arrays: 64 MB each.
const BIG: usize = 16_000_000;
/// Elements of the course's hidden activations, of a batch of 100.
const COURSE: usize = 50_000;

pub fn rows(context: &mut Context) {
    let big = if context.mode == Smoke { BIG / 40 } else { BIG };
    let mut copies = None;
    for op in &OPS {
        let make = || op.work(big);
        let size = Size { name: format!("f32 {big}"), elements: big, bytes: op.bytes };
        against_copy(context, op.what, size, op.goal, &make, &mut copies);
    }
    drop(copies);

    for (rows, columns, goal) in [(100_000, 10, 0.5), (10_000, 1000, 0.6)] {
        let rows = if context.mode == Smoke { rows / 40 } else { rows };
        let elements = rows * columns;
        let size = |bytes| Size { name: format!("f32 {rows}x{columns}"), elements, bytes };
        let mut copies = None;
        let forward = || softmax::forward(rows, columns);
        let backprop = || softmax::backprop(rows, columns);
        let (there, back) = (size(softmax::FORWARD_BYTES), size(softmax::BACKPROP_BYTES));
        against_copy(context, "SoftmaxCrossEntropy forward", there, goal, &forward, &mut copies);
        against_copy(context, "SoftmaxCrossEntropy backprop", back, goal, &backprop, &mut copies);
    }

    for op in &OPS {
        against_serial(context, op.what, &format!("f32 {COURSE}"), &|| op.work(COURSE));
    }
    let (rows, columns) = (5000, 10);
    let size = format!("f32 {rows}x{columns}");
    against_serial(context, "SoftmaxCrossEntropy forward", &size, &|| softmax::forward(rows, columns));
    against_serial(context, "SoftmaxCrossEntropy backprop", &size, &|| softmax::backprop(rows, columns));
}

/// How big an op's arrays are.
struct Size {
    name: String,
    elements: usize,
    /// That the op must move an element.
    bytes: f64,
}

/// Ours against a copy of as many bytes, between arrays of as many elements; `copies` are kept from row to row.
fn against_copy(
    context: &mut Context,
    what: &str,
    size: Size,
    goal: f64,
    make: Make,
    copies: &mut Option<Copies>,
) {
    let pools = context.pools(what, &size.name);
    if pools.is_empty() {
        return;
    }
    let mut work = make();
    let copies = copies.get_or_insert_with(|| Copies::new(size.elements));
    for pool in pools {
        let fastest = copies.fastest(&pool, &context.effort);
        let case = Case {
            what: what.into(),
            size: size.name.clone(),
            threads: pool.current_num_threads(),
            goal: Some(goal),
            amount: Some(Amount::Bytes(size.bytes * size.elements as f64)),
            note: format!("{}, {} B an element", fastest.name(), size.bytes),
        };
        let limit = copies.arm(&pool, fastest).scaled(size.bytes / copy::BYTES);
        context.row(case, Arm::new(&pool, || work.run()), limit);
    }
}

/// Ours on several threads against ours on one: where sharing out does not pay, it should not be done.
fn against_serial(context: &mut Context, what: &str, size: &str, make: Make) {
    let what = format!("{what}, threaded");
    for [single, larger] in context.single_and_larger_pools(&what, size) {
        let case = Case {
            what: what.clone(),
            size: size.into(),
            threads: larger.current_num_threads(),
            goal: Some(0.95),
            amount: None,
            note: "itself on one thread".into(),
        };
        // Both on the same arrays: how arrays lie to each other can double a time.
        let work = Mutex::new(make());
        let arm = |pool| Arm::new(pool, || work.lock().expect("no arm has panicked").run());
        context.row(case, arm(&larger), arm(&single));
    }
}
