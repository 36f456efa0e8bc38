//! Rows of the affine node: against the raw products that it is made of.

use blasnet::Affine;
use blasnet::nodes::AffineGradients;
use ndarray::{Array1, Array2, ArrayRef2, Axis};

use crate::common::random;
use crate::context::Context;
use crate::context::Mode::Smoke;
use crate::measure::Arm;
use crate::products::Products;
use crate::raw::{Product, Real, assert_near};
use crate::report::{Amount, Case};

/// Wanted of every size.
const GOAL: f64 = 0.95;

pub fn rows(context: &mut Context) {
    for size in [[100, 784, 500], [100, 500, 10], [1000, 784, 500], [1024; 3]] {
        // Plain references take their time in a build for tests.
        let size = if context.mode == Smoke { size.map(|length| length.min(128)) } else { size };
        forward::<f32>(context, size);
        backprop::<f32>(context, size);
    }
    forward::<f64>(context, [100, 784, 500]);
    backprop::<f64>(context, [100, 784, 500]);
}

fn name<A: Real>([batch, inputs, outputs]: [usize; 3]) -> String {
    format!("{} {batch}x{inputs}x{outputs}", A::NAME)
}

/// x, and a node whose output on it is worth computing.
fn inputs<A: Real>([batch, inputs, outputs]: [usize; 3]) -> (Array2<A>, Affine<A>) {
    let b = random(1, outputs, 3).remove_axis(Axis(0));
    (random(batch, inputs, 1), Affine::new(random(inputs, outputs, 2), b).expect("b is as long as W's rows"))
}

fn forward<A: Real>(context: &mut Context, size: [usize; 3]) {
    let what = "Affine forward";
    let pools = context.pools(what, &name::<A>(size));
    if pools.is_empty() {
        return;
    }
    let [batch, _, outputs] = size;
    let (x, mut node) = inputs::<A>(size);
    let mut z = Array2::from_elem((batch, outputs), A::nan());
    let arrays = vec![elements(&x), elements(node.w()), elements(&z)];
    let mut raw = Products::new(arrays).then(Product::new(batch, size[1], outputs), [0, 1, 2]);
    for pool in pools {
        let plan = raw.fastest_plan(&pool, &context.effort);
        pool.install(|| {
            node.forward_into(&x, &mut z);
            raw.run(&plan);
        });
        let product = Array2::from_shape_vec((batch, outputs), raw.arrays[2].clone()).expect("z's shape");
        assert_near(&elements(&z), &elements(&(product + node.b())));
        let case = case(what, name::<A>(size), pool.current_num_threads(), &raw, plan.name());
        let ours = Arm::new(&pool, || node.forward_into(&x, &mut z));
        context.row(case, ours, raw.arm(&pool, &plan));
    }
}

fn backprop<A: Real>(context: &mut Context, size: [usize; 3]) {
    let what = "Affine backprop";
    let pools = context.pools(what, &name::<A>(size));
    if pools.is_empty() {
        return;
    }
    let [batch, columns, outputs] = size;
    let (x, mut node) = inputs::<A>(size);
    let dz = random(batch, outputs, 4);
    let mut gradients = AffineGradients {
        dx: Array2::from_elem((batch, columns), A::nan()),
        dw: Array2::from_elem((columns, outputs), A::nan()),
        db: Array1::from_elem(outputs, A::nan()),
    };
    node.forward(&x).expect("x fits W");
    let (dx, dw) = (elements(&gradients.dx), elements(&gradients.dw));
    let mut raw = Products::new(vec![elements(&x), elements(node.w()), elements(&dz), dx, dw])
        .then(Product::new(batch, outputs, columns).b_transposed(), [2, 1, 3])
        .then(Product::new(columns, batch, outputs).a_transposed(), [0, 2, 4]);
    for pool in pools {
        let plan = raw.fastest_plan(&pool, &context.effort);
        pool.install(|| {
            node.backprop_into(&dz, &mut gradients).expect("forward was called");
            raw.run(&plan);
        });
        assert_near(&elements(&gradients.dx), &raw.arrays[3]);
        assert_near(&elements(&gradients.dw), &raw.arrays[4]);
        let db = dz.mapv(A::as_f64).sum_axis(Axis(0)).mapv(A::of);
        assert_near(&gradients.db.to_vec(), &db.to_vec());
        let case = case(what, name::<A>(size), pool.current_num_threads(), &raw, plan.name());
        let ours = Arm::new(&pool, || node.backprop_into(&dz, &mut gradients).expect("forward was called"));
        context.row(case, ours, raw.arm(&pool, &plan));
    }
}

fn case<A: Real>(what: &str, size: String, threads: usize, raw: &Products<A>, plan: String) -> Case {
    let amount = Some(Amount::Flops(raw.flops()));
    Case { what: what.into(), size, threads, goal: Some(GOAL), amount, note: format!("raw {plan}") }
}

fn elements<A: Copy>(array: &ArrayRef2<A>) -> Vec<A> {
    array.iter().copied().collect()
}
