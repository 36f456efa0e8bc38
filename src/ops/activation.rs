//! [`Activation`]: which function a layer puts its sums through.

use std::any::type_name;
use std::fmt;
use std::str::FromStr;

use crate::compute::kernels;
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
/// NaN stays NaN. Large x of either sign give what f tends to, and a finite slope.
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

/// The slope of a leaky ReLU that is not given one.
const LEAK: f64 = 0.01;

impl Activation {
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

    /// f(x) in the place of each x, for inference.
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

    /// f(x) in the place of each x and f′(x) in `slope`, for training. Both are of one length.
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
        f.write_str(match self {
            Self::Relu => "relu",
            Self::LeakyRelu { slope } if *slope != LEAK => return write!(f, "leaky-relu:{slope}"),
            Self::LeakyRelu { .. } => "leaky-relu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Gelu => "gelu",
            Self::Identity => "identity",
        })
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// # Errors
    ///
    /// For anything but the names of the table, and for a slope that is no finite number.
    fn from_str(name: &str) -> Result<Self> {
        let unknown = || Error::Invalid {
            what: "the activation",
            found: format!("{name:?}"),
            expected: "relu, leaky-relu, leaky-relu:SLOPE, sigmoid, tanh, gelu or identity".into(),
        };
        let activation = match name {
            "relu" => Self::Relu,
            "leaky-relu" => Self::LeakyRelu { slope: LEAK },
            "sigmoid" => Self::Sigmoid,
            "tanh" => Self::Tanh,
            "gelu" => Self::Gelu,
            "identity" => Self::Identity,
            _ => {
                let slope = name.strip_prefix("leaky-relu:").ok_or_else(unknown)?;
                Self::LeakyRelu { slope: slope.parse().map_err(|_| unknown())? }
            }
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
