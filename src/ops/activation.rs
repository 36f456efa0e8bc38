//! [`Activation`]: z = f(x), element by element, for the functions f that layers apply to their sums.

use std::any::type_name;
use std::fmt;
use std::mem::discriminant;
use std::str::FromStr;

use super::copy;
use crate::compute::{kernels, parallel::each};
use crate::error::settings;
use crate::{Error, Float, Result};

/// A function that a layer applies to each of its sums.
///
/// | name | f(x) | f′(x) |
/// |---|---|---|
/// | `relu` | max(0, x) | 1 where x > 0, else 0 |
/// | `leaky-relu:SLOPE` | x where x > 0, else slope · x | 1 where x > 0, else slope |
/// | `sigmoid` | 1 / (1 + e^(−x)) | f(x) · (1 − f(x)) |
/// | `tanh` | (e^x − e^(−x)) / (e^x + e^(−x)) | 1 − f(x)² |
/// | `gelu` | x · Φ(x) | Φ(x) + x · φ(x) |
/// | `identity` | x | 1 |
///
/// Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution and φ(x) = e^(−x²/2) / √2π its density: the exact
/// GELU of Hendrycks and Gimpel (*Gaussian error linear units*, 2016), not one of its approximations. The leaky
/// ReLU is that of Maas, Hannun and Ng (*Rectifier nonlinearities improve neural network acoustic models*,
/// 2013); `leaky-relu` alone has the slope 0.01.
///
/// NaN stays NaN. Large x of either sign give the limit of f, and a finite slope.
///
/// ```
/// use blasnet::Activation;
///
/// assert_eq!("gelu".parse::<Activation>()?, Activation::Gelu);
/// assert_eq!("leaky-relu:0.2".parse::<Activation>()?, Activation::LeakyRelu { slope: 0.2 });
/// assert_eq!(Activation::LeakyRelu { slope: 0.01 }.to_string(), "leaky-relu");
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// max(0, x).
    Relu,
    /// x where x > 0, else `slope` · x.
    LeakyRelu {
        /// The derivative where x is not positive; finite.
        slope: f64,
    },
    /// 1 / (1 + e^(−x)).
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// x · Φ(x).
    Gelu,
    /// x.
    Identity,
}

/// The slope of a leaky ReLU without another one.
const LEAK: f64 = 0.01;

/// Elements that a core's first-level cache holds, with their slopes.
const BLOCK: usize = 1 << 10;

impl Activation {
    /// All activations with their names.
    const NAMES: [(Self, &'static str); 6] = [
        (Self::Relu, "relu"),
        (Self::LeakyRelu { slope: LEAK }, "leaky-relu"),
        (Self::Sigmoid, "sigmoid"),
        (Self::Tanh, "tanh"),
        (Self::Gelu, "gelu"),
        (Self::Identity, "identity"),
    ];

    /// An error unless `A` has a number for the leaky ReLU's slope.
    pub(crate) fn check<A: Float>(self) -> Result<()> {
        match self {
            Self::LeakyRelu { slope } => {
                let expected = format_args!("a finite {}", type_name::<A>());
                settings::check(A::of(slope).is_finite(), "the leaky ReLU's slope", slope, expected)
            }
            _ => Ok(()),
        }
    }

    /// z = f(x).
    pub(crate) fn into<A: Float>(self, x: &[A], z: &mut [A]) {
        each((x, z), 1, |(x, z)| match self {
            Self::Relu => kernels::relu(x, z),
            Self::LeakyRelu { slope } => kernels::leaky_relu(A::of(slope), x, z),
            Self::Sigmoid => kernels::sigmoid(x, z),
            Self::Tanh => kernels::tanh(x, z),
            Self::Gelu => kernels::gelu(x, z),
            Self::Identity => z.copy_from_slice(x),
        });
    }

    /// f(x) in place of each x.
    pub(crate) fn inplace<A: Float>(self, x: &mut [A]) {
        each(x, 1, |x| self.apply_inplace(x));
    }

    /// z = f(x) and f′(x) in `slope`, which has [`slope_len`](Self::slope_len) elements; the derivative is then
    /// [`by_slope`](super::multiply::by_slope).
    pub(crate) fn and_slope<A: Float>(self, x: &[A], z: &mut [A], slope: &mut [A]) {
        if self == Self::Identity {
            return copy(x, z);
        }
        each((x, (z, slope)), 1, |(x, (z, slope))| {
            let blocks = x.chunks(BLOCK).zip(z.chunks_mut(BLOCK)).zip(slope.chunks_mut(BLOCK));
            for ((x, z), slope) in blocks {
                z.copy_from_slice(x);
                self.apply_with_slope(z, slope);
            }
        });
    }

    /// How many slopes are kept for this many elements: none for the identity, whose slope is 1.
    pub(crate) fn slope_len(self, elements: usize) -> usize {
        if self == Self::Identity { 0 } else { elements }
    }

    /// [`inplace`](Self::inplace) on this thread.
    pub(crate) fn apply_inplace<A: Float>(self, x: &mut [A]) {
        match self {
            Self::Relu => kernels::relu_inplace(x),
            Self::LeakyRelu { slope } => kernels::leaky_relu_inplace(A::of(slope), x),
            Self::Sigmoid => kernels::sigmoid_inplace(x),
            Self::Tanh => kernels::tanh_inplace(x),
            Self::Gelu => kernels::gelu_inplace(x),
            Self::Identity => {}
        }
    }

    /// f(x) in place of each x and f′(x) in `slope`; both are of one length. On this thread.
    pub(crate) fn apply_with_slope<A: Float>(self, x: &mut [A], slope: &mut [A]) {
        match self {
            Self::Relu => kernels::relu_with_slope(x, slope),
            Self::LeakyRelu { slope: negative } => {
                kernels::leaky_relu_with_slope(A::of(negative), x, slope);
            }
            Self::Sigmoid => kernels::sigmoid_with_slope(x, slope),
            Self::Tanh => kernels::tanh_with_slope(x, slope),
            Self::Gelu => kernels::gelu_with_slope(x, slope),
            Self::Identity => slope.fill(A::one()),
        }
    }
}

/// The name that parses as the same activation.
impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().find(|(named, _)| discriminant(named) == discriminant(self));
        f.write_str(named.expect("each has a name").1)?;
        match self {
            Self::LeakyRelu { slope } if *slope != LEAK => write!(f, ":{slope}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// # Errors
    ///
    /// For anything but the names of the table, and for a slope that is not a finite number.
    fn from_str(name: &str) -> Result<Self> {
        if let Some((activation, _)) = Self::NAMES.into_iter().find(|&(_, named)| named == name) {
            return Ok(activation);
        }
        let slope = name.strip_prefix("leaky-relu:").and_then(|slope| slope.parse().ok());
        let activation = Self::LeakyRelu {
            slope: slope.ok_or_else(|| Error::Invalid {
                what: "the activation",
                found: format!("{name:?}"),
                expected: "relu, leaky-relu, leaky-relu:SLOPE, sigmoid, tanh, gelu or identity".into(),
            })?,
        };
        activation.check::<f64>()?;
        Ok(activation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Activation; 7] = [
        Activation::Relu,
        Activation::LeakyRelu { slope: LEAK },
        Activation::LeakyRelu { slope: -1e-300 },
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Gelu,
        Activation::Identity,
    ];

    #[test]
    fn names_parse_as_what_they_name() {
        for activation in ALL {
            assert_eq!(activation.to_string().parse::<Activation>().expect("its own name"), activation);
        }
        let names = ALL.map(|activation| activation.to_string());
        assert_eq!([&names[0], &names[1], &names[3]], ["relu", "leaky-relu", "sigmoid"]);
        let given: Activation = "leaky-relu:0.2".parse().expect("a slope");
        assert_eq!(given, Activation::LeakyRelu { slope: 0.2 });
        assert_eq!(given.to_string(), "leaky-relu:0.2");
    }

    #[test]
    fn other_names_are_refused_with_those_that_there_are() {
        for name in ["", "ReLU", "relu ", "relu:1", "leaky-relu:", "leaky-relu:x", "leaky relu"] {
            let error = name.parse::<Activation>().expect_err("no name").to_string();
            let expected = format!(
                "the activation is {name:?}, expected relu, leaky-relu, leaky-relu:SLOPE, sigmoid, tanh, gelu or \
                 identity"
            );
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn a_slope_must_be_finite() {
        for name in ["leaky-relu:NaN", "leaky-relu:inf", "leaky-relu:-inf", "leaky-relu:1e999"] {
            let error = name.parse::<Activation>().expect_err("not finite").to_string();
            assert!(error.starts_with("the leaky ReLU's slope is "), "{error}");
        }
    }

    /// Slices of f32 and f64 in inference and in training: the very same outputs.
    #[test]
    fn inference_gives_what_training_gives() {
        fn check<A: Float>() {
            let x: Vec<A> = (-40..=40).map(|k| A::of(f64::from(k) / 8.0)).collect();
            for activation in ALL {
                let (mut inferred, mut trained) = (x.clone(), x.clone());
                let mut slope = vec![A::nan(); x.len()];
                activation.apply_inplace(&mut inferred);
                activation.apply_with_slope(&mut trained, &mut slope);
                assert_eq!(inferred, trained, "{activation}");
                assert!(slope.iter().all(|slope| slope.is_finite()), "{activation}");
            }
        }
        check::<f32>();
        check::<f64>();
    }
}
