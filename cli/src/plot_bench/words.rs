//! Numbers as they are written in the picture.

/// Units of time, the largest first.
const UNITS: [(f64, &str); 4] = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")];

/// A time by three digits, in the largest unit of which it has one.
pub fn time(seconds: f64) -> String {
    let (number, unit) = in_units(seconds);
    let places = match number {
        number if number >= 99.95 => 0,
        number if number >= 9.995 => 1,
        _ => 2,
    };
    format!("{number:.places$} {unit}")
}

/// A round time, at an axis.
pub fn round_time(seconds: f64) -> String {
    let (number, unit) = in_units(seconds);
    // Computed from logarithms it is not quite round.
    format!("{} {unit}", (number * 1e6).round() / 1e6)
}

fn in_units(seconds: f64) -> (f64, &'static str) {
    // 0.9999 µs would be written as 1000 ns.
    let unit = UNITS.into_iter().find(|(unit, _)| seconds >= 0.9995 * unit);
    let (unit, name) = unit.unwrap_or(UNITS[UNITS.len() - 1]);
    (seconds / unit, name)
}

/// A ratio by two places, or as many as show that it is not 0.
pub fn ratio(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 0.1 => format!("{ratio:.2}"),
        ratio if ratio >= 0.01 => format!("{ratio:.3}"),
        _ => format!("{ratio:.1e}"),
    }
}

/// A round ratio, at an axis.
pub fn round_ratio(ratio: f64) -> String {
    match ratio {
        ratio if (1e-4..1e6).contains(&ratio) => ((ratio * 1e6).round() / 1e6).to_string(),
        _ => format!("{ratio:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let times = [
            (1.384e-3, "1.38 ms"),
            (687.9e-6, "688 µs"),
            (16.39e-6, "16.4 µs"),
            (2.0, "2.00 s"),
            (999.96e-9, "1.00 µs"),
            (99.96e-9, "100 ns"),
            (0.25e-9, "0.25 ns"),
            (4000.0, "4000 s"),
        ];
        for (seconds, expected) in times {
            assert_eq!(time(seconds), expected);
        }
        assert_eq!([1e-6, 2e-5, 0.5, 100.0].map(round_time), ["1 µs", "20 µs", "500 ms", "100 s"]);
    }

    #[test]
    fn small_ratios_are_not_0() {
        assert_eq!([4.697, 1.0, 0.0849, 0.0001].map(ratio), ["4.70", "1.00", "0.085", "1.0e-4"]);
        assert_eq!([0.1, 0.2, 5.0, 1e-7].map(round_ratio), ["0.1", "0.2", "5", "1e-7"]);
    }
}
