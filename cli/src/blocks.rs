//! Numbers from 0 to 1 as characters.

/// From one to eight eighths of a character, standing up.
const UPRIGHT: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character, the higher the larger the number.
pub fn upright(share: f64) -> char {
    UPRIGHT[(share * (UPRIGHT.len() - 1) as f64).round() as usize]
}
