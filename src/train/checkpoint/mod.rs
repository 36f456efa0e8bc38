//! Checkpoints: a run that is killed at any moment goes on where its last one was, bit for bit.
//!
//! [`Checkpoints`] is a [`Callback`](crate::train::Callback) that keeps a [`Checkpoint`] in a folder every so many
//! steps or minutes: parameters, dropout masks, the optimiser's memory, the generator, the place in the epoch, the
//! history, and settings of yours. The file is written by a thread of its own while training goes on.
//!
//! # What a folder holds
//!
//! `step-000000001200.safetensors` and the like, the newest two of them, each made whole under another name, brought
//! to the disk and only then given this one; and `lock`, by which a second run on the same folder is refused. The
//! files are safetensors, so other tools can look into them; their metadata says what else there is, and has a
//! checksum of it all.
//!
//! # Example
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use blasnet::checkpoint::Checkpoints;
//! use blasnet::train::{Order, Trainer};
//! use blasnet::{Activation, Adam, Dataset, Loss, Mlp};
//! use ndarray::Array2;
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path().join("run");
//! let data = Dataset::new(Array2::from_diag_elem(10, 255_u8), (0..10).collect(), 10)?;
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
//! let builder = Mlp::<f32>::builder(10).hidden(20, Activation::Relu).output(10, Loss::SoftmaxCrossEntropy);
//! let network = builder.build(&mut rng)?;
//!
//! // a run that ends at step 70, as if somebody had pulled the plug
//! let (mut first, mut adam) = (network.clone(), Adam::new(0.01));
//! Trainer::new(&mut first, &mut adam, &data)
//!     .epochs(50)
//!     .batch(5)
//!     .callback(Checkpoints::open(&folder)?.every_steps(20))
//!     .on_step(|step| if step.number == 70 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
//!     .run(&mut rng)?;
//!
//! // the rest of it, by another process as likely as not
//! let (mut second, mut adam, mut rng) = (network, Adam::new(0.01), Xoshiro256PlusPlus::seed_from_u64(0));
//! let checkpoints = Checkpoints::open(&folder)?.every_steps(20);
//! let newest = checkpoints.newest()?.expect("the first run has left one");
//! let position = newest.checkpoint.restore(&mut second, &mut adam)?;
//! let outcome = Trainer::new(&mut second, &mut adam, &data)
//!     .epochs(50)
//!     .batch(5)
//!     .callback(checkpoints)
//!     .resume(position)
//!     .run(&mut rng)?;
//! assert_eq!(outcome.position.steps(), 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod callback;
mod folder;
mod format;
mod state;
mod writer;

pub use callback::{Checkpoints, Newest};
pub use state::Checkpoint;
