//! Nothing: its test is the program.
