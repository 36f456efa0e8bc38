//! The complete MNIST data set, compressed.
