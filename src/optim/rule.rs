//! [`Rule`]: the formula of an optimiser with nothing inside, and [`Core`], what all of these have in common.

use std::fmt::Debug;
use std::ops::Range;

use super::state::{Part, State};
use super::{Layout, Memory, Optimizer, whole_step};
use crate::error::settings;
use crate::{Float, Result};

/// The learning rate, weight decay, and what the rule remembers in `N` arrays.
#[derive(Debug, Clone)]
pub(super) struct Core<R, const N: usize> {
    pub(super) rate: f64,
    pub(super) decay: Decay,
    pub(super) rule: R,
    state: State<N>,
}

/// Weight decay, and which arrays it is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decay {
    /// λ.
    pub(super) factor: f64,
    /// Whether the array of this name decays; `None` where all do.
    pub(super) only: Option<fn(&str) -> bool>,
}

/// A formula, and its settings.
pub(super) trait Rule<const N: usize> {
    /// The names by which the arrays are kept.
    const ARRAYS: [&'static str; N];

    /// An error if a setting is one that no step can be made with.
    fn check<A: Float>(&self) -> Result<()>;

    /// Which of the arrays a step needs.
    fn kept(&self) -> [bool; N] {
        [true; N]
    }

    /// Whether a step is W ← W − rate · (∇W + λ·W), for which nothing is remembered or counted.
    fn is_plain(&self) -> bool {
        false
    }

    /// Changes the parameters and what is remembered of them. All slices that are kept are of one length.
    fn change<A: Float>(&self, step: Step, parameters: &mut [A], gradient: &[A], numbers: [&mut [A]; N]);
}

/// What a rule's step depends on besides its own settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// From 1.
    pub(super) number: u64,
    pub(super) rate: f64,
    /// λ, or 0 for parameters that are spared.
    pub(super) weight_decay: f64,
}

/// The names that each of these optimisers keeps.
const RATE: &str = "rate";
const STEPS: &str = "steps";

impl<R, const N: usize> Core<R, N> {
    pub(super) const fn new(rate: f64, rule: R) -> Self {
        Self { rate, decay: Decay { factor: 0.0, only: None }, rule, state: State::new() }
    }
}

impl<R: Rule<N>, const N: usize> Core<R, N> {
    /// An error if a step at this rate cannot be made.
    fn check<A: Float>(&self, rate: f64) -> Result<()> {
        settings::not_negative::<A>("the learning rate", rate)?;
        settings::not_negative::<A>("the weight decay", self.decay.factor)?;
        self.rule.check::<A>()
    }

    fn arrays(&self) -> [(&'static str, bool); N] {
        let mut kept = self.rule.kept().into_iter();
        R::ARRAYS.map(|name| (name, kept.next() == Some(true)))
    }
}

impl<A: Float, R: Rule<N>, const N: usize> Optimizer<A> for Core<R, N> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        whole_step(self, parameters, gradient, layout)
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn plain_rate(&self) -> Result<Option<A>> {
        Optimizer::<A>::plain_rate_at(self, self.rate)
    }

    fn plain_rate_at(&self, rate: f64) -> Result<Option<A>> {
        self.check::<A>(rate)?;
        let plain = self.rule.is_plain() && self.decay.factor == 0.0;
        Ok(plain.then(|| A::of(rate)))
    }

    fn takes_ranges(&self) -> bool {
        true
    }

    fn begin(&mut self, layout: &Layout) -> Result<()> {
        self.check::<A>(self.rate)?;
        self.state.begin::<A>(layout, self.rule.kept())
    }

    fn update(&mut self, range: Range<usize>, mut parameters: &mut [A], gradient: &mut [A]) -> Result<()> {
        let Part { number, layout, mut numbers } =
            self.state.part(&range, parameters, gradient, self.rule.kept())?;
        let mut gradient = &*gradient;
        let (rule, rate) = (&self.rule, self.rate);
        self.decay.each_run(layout, range, |length, weight_decay| {
            let step = Step { number, rate, weight_decay };
            let w = parameters.split_off_mut(..length).unwrap_or_default();
            let dw = gradient.split_off(..length).unwrap_or_default();
            let numbers =
                numbers.each_mut().map(|numbers| numbers.split_off_mut(..length).unwrap_or_default());
            rule.change(step, w, dw, numbers);
        });
        Ok(())
    }

    fn commit(&mut self) {
        if self.rule.is_plain() { self.state.forget() } else { self.state.commit() }
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        memory.set_number(RATE, self.rate)?;
        self.state.save(memory, STEPS, self.arrays())
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let arrays = self.arrays();
        let kept = arrays.iter().filter(|(_, kept)| *kept).map(|&(name, _)| name);
        memory.check_names(&[RATE, STEPS].into_iter().chain(kept).collect::<Vec<_>>())?;
        let rate = memory.number(RATE)?;
        settings::not_negative::<A>("the learning rate", rate)?;
        self.state = State::restored(memory, layout, STEPS, arrays)?;
        self.rate = rate;
        Ok(())
    }
}

impl Decay {
    /// Calls `f` with the length and the λ of each run of `range`, in order: all of it, or array by array where some
    /// are spared.
    fn each_run(self, layout: &Layout, range: Range<usize>, mut f: impl FnMut(usize, f64)) {
        let Some(decays) = self.only else {
            return f(range.len(), self.factor);
        };
        for (name, _, elements) in layout.arrays() {
            let (start, end) = (elements.start.max(range.start), elements.end.min(range.end));
            if start < end {
                f(end - start, if decays(name) { self.factor } else { 0.0 });
            }
        }
    }
}

/// A public optimiser around its [`Core`]: the trait, and what all of them can be asked and told.
macro_rules! optimizer {
    ($name:ident) => {
        impl $name {
            /// The learning rate of the next step.
            pub const fn learning_rate(&self) -> f64 {
                self.0.rate
            }

            /// Makes this the learning rate of the steps to come.
            pub const fn set_learning_rate(&mut self, rate: f64) {
                self.0.rate = rate;
            }

            /// Weight decay only for the arrays whose name `decays` accepts; the others are updated with λ = 0. By
            /// default all decay. Often only weights should, and biases not.
            ///
            /// ```
            #[doc = concat!("use blasnet::{Layout, Optimizer, ", stringify!($name), "};")]
            ///
            /// let layout = Layout::new([("w1", vec![2]), ("b1", vec![1])]);
            #[doc = concat!(
                "let optimizer = ", stringify!($name), "::new(0.1).weight_decay(0.5);"
            )]
            /// let mut optimizer = optimizer.decay_only(|name| name.starts_with('w'));
            /// let mut parameters = [1.0, 1.0, 1.0];
            /// optimizer.step(&mut parameters, &mut [0.0; 3], &layout)?;
            /// assert!(parameters[0] < 1.0 && parameters[1] < 1.0 && parameters[2] == 1.0);
            /// # Ok::<(), blasnet::Error>(())
            /// ```
            pub const fn decay_only(mut self, decays: fn(&str) -> bool) -> Self {
                self.0.decay.only = Some(decays);
                self
            }
        }

        impl $crate::optim::rated::Rated for $name {
            fn rate(&self) -> f64 {
                self.0.rate
            }

            fn set_rate(&mut self, rate: f64) {
                self.0.rate = rate;
            }
        }

        $crate::optim::forward!([A: $crate::Float] $name, self => self.0);
    };
}
pub(super) use optimizer;
