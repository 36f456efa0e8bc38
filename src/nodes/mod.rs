//! Chapter 3: the nodes of a computation graph.
//!
//! A node computes its output in `forward` and keeps just what its `backprop` needs, which turns the
//! loss's derivative by the output into the derivatives by the inputs. The next `forward` overwrites
//! what is kept, in the same memory, so a node that is given batches of one size allocates nothing for
//! its cache after the first.
//!
//! | node | forward | backprop | kept |
//! |---|---|---|---|
//! | [`Add`] | z = x + y | dx = dz, dy = dz | the shape |
//! | [`Multiply`] | z = x · y | dx = dz · y, dy = dz · x | x, y |
//! | [`Relu`] | z = max(0, x) | dx = dz where x > 0, else 0 | where x > 0 |
//! | [`Sigmoid`] | z = 1 / (1 + e^(−x)) | dx = dz · z · (1 − z) | z |
//! | [`Activate`] | z = f(x), any [`Activation`](crate::Activation) | dx = dz · f′(x) | f′(x) |
//! | [`Affine`] | z = x·W + b | dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ rows of dz | x |
//! | [`SoftmaxCrossEntropy`] | mean over the batch of −Σₖ tₖ log softmax(x)ₖ | dx = dz · (y − t) | y, t |
//!
//! `forward` and `backprop` give new arrays. `forward_into` and `backprop_into` write to yours, for loops
//! that should not allocate.

mod activate;
mod add;
mod affine;
mod cache;
pub mod gradcheck;
mod multiply;
mod operand;
mod relu;
mod sigmoid;
mod softmax_cross_entropy;

pub use activate::Activate;
pub use add::Add;
pub use affine::{Affine, AffineGradients};
pub use multiply::Multiply;
pub use operand::Operand;
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;
