//! The two streams: standard output for results, standard error for words about them.

use std::io::{self, ErrorKind, Write};

use blasnet::Scores;

use crate::end::End;

/// Writes `text` and a newline to standard output.
///
/// Not `println!`, which panics once nobody reads.
pub fn print(text: &str) -> Result<(), End> {
    writeln!(io::stdout(), "{text}").map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => End::NobodyReads,
        _ => End::Failed(format!("standard output: {error}")),
    })
}

/// Writes a line to standard error. Where that is closed, there is nobody to tell.
pub fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The course's two lines for a pair of scores, by these names.
pub fn scores(loss_name: &str, accuracy_name: &str, scores: Scores) -> String {
    let Scores { loss, accuracy, .. } = scores;
    format!("{loss_name}: {loss}\n{accuracy_name}: {:.1} %", 100.0 * accuracy)
}

/// The same for images that were held out: settings that are chosen by it differ in the second digit.
pub fn held_out_scores(scores: Scores) -> String {
    let Scores { loss, accuracy, .. } = scores;
    format!("Held-Out Loss: {loss}\nHeld-Out Acc: {:.2} %", 100.0 * accuracy)
}

/// The course's last two lines.
pub fn test_scores(test: Scores) -> String {
    scores("Test Loss", "Test Acc", test)
}
