//! `blasnet course` against the course's own text.

use crate::common::blasnet;

/// The examples of the course's text; 2-5's and 3-4's are missing there and come from NumPy.
const COURSE: [(&str, &str); 12] = [
    (
        "1-2",
        "AND(1, 1) = 1 NAND(1, 1) = 0 OR(1, 1) = 1
         AND(1, 0) = 0 NAND(1, 0) = 1 OR(1, 0) = 1
         AND(0, 1) = 0 NAND(0, 1) = 1 OR(0, 1) = 1
         AND(0, 0) = 0 NAND(0, 0) = 1 OR(0, 0) = 0",
    ),
    ("1-3", "XOR(1, 1) = 0 XOR(1, 0) = 1 XOR(0, 1) = 1 XOR(0, 0) = 0"),
    ("2-1", "[0.26894142 0.5 0.62245933 0.88079708]"),
    ("2-2", "[0. 0. 0.5 2.]"),
    ("2-3", "[0.3 0.7 1.1]"),
    ("2-4", "[[ 0.426 0.912 ] [ 0.1608 0.3334] [ 0.3528 0.752 ] [ 0.2016 0.4226]]"),
    (
        "2-5",
        "[[0.38083632 0.61916368] [0.4569568 0.5430432] [0.40150456 0.59849544] [0.44497378 0.55502622]]
         各行ベクトルの総和: [1. 1. 1. 1.]",
    ),
    ("3-1", "順伝播出力: 20 逆伝播出力 da: 4, db: 4, dc: 5"),
    ("3-2", "順伝播出力: [-0. 0. 1. 2.] 逆伝播出力: [ 0. 0. 1. 1.]"),
    (
        "3-3",
        "順伝播出力: [ 0.37754067 0.5 0.73105858 0.88079708]
         逆伝播出力: [ 0.23500371 0.25 0.19661193 0.10499359]",
    ),
    (
        "3-4",
        "順伝播出力: [[0.3 0.7 1.1] [0.08 0.12 0.16]]
         逆伝播出力 dx: [[0.9 1.2] [0.9 1.2]]
         逆伝播出力 dW: [[0.6 0.6 0.6] [0.6 0.6 0.6]]
         逆伝播出力 db: [2. 2. 2.]",
    ),
    (
        "3-5",
        "順伝播出力: 0.47407698418010663
         逆伝播出力: [[-0.37754067 0.37754067] [ 0.37754067 -0.37754067]]",
    ),
];

/// Words, numbers and brackets, without the spaces between them.
fn tokens(text: &str) -> Vec<String> {
    text.replace('[', " [ ").replace(']', " ] ").split_whitespace().map(str::to_owned).collect()
}

/// Equal, or two numbers that differ by the sign of zero or a last bit. For what is printed to 8
/// decimals that is equality; the one number that is printed in full comes from a logarithm.
fn same(printed: &str, course: &str) -> bool {
    match (printed.parse::<f64>(), course.parse::<f64>()) {
        (Ok(printed), Ok(course)) => (printed - course).abs() < 2e-16,
        _ => printed == course,
    }
}

/// Each exercise's number, and what is printed below its title.
fn sections(output: &str) -> Vec<(&str, &str)> {
    let texts = output.split("演習").skip(1);
    texts
        .map(|text| {
            let (header, below) = text.split_once('\n').unwrap();
            (header.split_once(". ").unwrap().0, below)
        })
        .collect()
}

#[test]
fn every_example_of_the_text_comes_out() {
    let run = blasnet(&["course"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    let sections = sections(&run.stdout);
    for (number, course) in COURSE {
        let (_, printed) = sections.iter().find(|(printed, _)| *printed == number).unwrap();
        let (printed, course) = (tokens(printed), tokens(course));
        assert_eq!(printed.len(), course.len(), "{number}: {printed:?}");
        for (printed, course) in printed.iter().zip(&course) {
            assert!(same(printed, course), "{number}: {printed}, in the text {course}");
        }
    }
}

#[test]
fn all_exercises_come_in_the_courses_order() {
    let output = blasnet(&["course"]).stdout;
    let numbers: Vec<&str> = sections(&output).iter().map(|(number, _)| *number).collect();
    let all = "1-1 1-2 1-3 2-1 2-2 2-3 2-4 2-5 3-1 3-2 3-3 3-4 3-5 4-1";
    assert_eq!(numbers.join(" "), all);
}

#[test]
fn one_or_several_come_as_asked_for() {
    let run = blasnet(&["course", "2-4", "1-1"]);
    let expected = [
        "演習2-4. 多層化とバッチ処理",
        "[[0.426  0.912 ]",
        " [0.1608 0.3334]",
        " [0.3528 0.752 ]",
        " [0.2016 0.4226]]",
        "",
        "演習1-1. パーセプトロンのクラス実装",
        "w1 = 0.5, w2 = 0.5, theta = 0.7",
        "forward(1, 1) = 1",
        "forward(1, 0) = 0",
        "forward(0, 1) = 0",
        "forward(0, 0) = 0",
    ];
    assert_eq!(run.lines(), expected);
}

#[test]
fn the_untrained_network_guesses() {
    let run = blasnet(&["course", "4-1"]);
    let lines = run.lines();
    let expected = [
        "サイズ: [784, 500, 10]",
        "w1: [784, 500]",
        "b1: [500]",
        "w2: [500, 10]",
        "b2: [10]",
        "学習前の forward([100, 784]): [100, 10]",
    ];
    assert_eq!(lines[1..7], expected);
    // Small random weights: the loss is ln 10 and a bit, and about one image in ten is right.
    let number = |line: &str, name: &str, unit: &str| -> f64 {
        line.strip_prefix(name).and_then(|rest| rest.strip_suffix(unit)).unwrap().parse().unwrap()
    };
    assert!((2.0..4.0).contains(&number(lines[7], "学習前の Loss: ", "")), "{run:?}");
    assert!(number(lines[8], "学習前の Acc: ", " %") < 30.0, "{run:?}");
    assert_eq!(lines.len(), 9);
}
