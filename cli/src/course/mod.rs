//! `blasnet course`: the exercises' results, as the course shows them.

mod chapter1;
mod chapter2;
mod chapter3;
mod chapter4;
mod numpy;

use crate::args;
use crate::end::End;
use crate::{output, threads};

/// An exercise of the course.
struct Exercise {
    number: &'static str,
    title: &'static str,
    /// What it prints below its title.
    solve: fn() -> blasnet::Result<String>,
}

const fn exercise(
    number: &'static str,
    title: &'static str,
    solve: fn() -> blasnet::Result<String>,
) -> Exercise {
    Exercise { number, title, solve }
}

/// In the course's order and under its titles, but for 3-3, whose text names the class `Softmax`.
const EXERCISES: [Exercise; 14] = [
    exercise("1-1", "パーセプトロンのクラス実装", chapter1::perceptron),
    exercise("1-2", "論理ゲート(AND, NAND, OR)", chapter1::gates),
    exercise("1-3", "論理ゲート(XOR)", chapter1::xor_gate),
    exercise("2-1", "活性化関数の定義(sigmoid)", chapter2::sigmoid),
    exercise("2-2", "活性化関数の定義(ReLU)", chapter2::relu),
    exercise("2-3", "「層」単位のクラス実装", chapter2::single_layer),
    exercise("2-4", "多層化とバッチ処理", chapter2::three_layers),
    exercise("2-5", "出力層の設計", chapter2::softmax_output),
    exercise("3-1", "加算ノード(+)の実装", chapter3::add),
    exercise("3-2", "ReLUノードの実装", chapter3::relu),
    exercise("3-3", "Sigmoidノードの実装", chapter3::sigmoid),
    exercise("3-4", "Affineノードの実装", chapter3::affine),
    exercise("3-5", "出力層ノード(Softmax with Cross-Entropy)の実装", chapter3::softmax_cross_entropy),
    exercise("4-1", "NeuralNetworkクラスの定義", chapter4::neural_network),
];

/// The numbers that may be asked for.
pub fn numbers() -> [&'static str; EXERCISES.len()] {
    EXERCISES.map(|exercise| exercise.number)
}

pub fn course(args: &args::Course) -> Result<(), End> {
    let all = numbers().map(str::to_owned);
    let wanted = if args.exercises.is_empty() { &all[..] } else { &args.exercises };
    threads::compute(None, || {
        for (place, wanted) in wanted.iter().enumerate() {
            let exercises = EXERCISES.iter().filter(|exercise| exercise.number == wanted);
            for Exercise { number, title, solve } in exercises {
                let gap = if place == 0 { "" } else { "\n" };
                output::print(&format!("{gap}演習{number}. {title}\n{}", solve()?))?;
            }
        }
        Ok(())
    })
}
