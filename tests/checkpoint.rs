//! `Checkpoints`: a run goes on bit for bit from whatever its end has left, and from nothing else.

mod common;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use blasnet::checkpoint::Checkpoints;
use blasnet::data::InputForm;
use blasnet::parallel::SingleThreadedBlas;
use blasnet::train::{Callback, EarlyStopping, Network, Order, Outcome, Step, Trainer};
use blasnet::{
    Activation, Adam, AdamW, Averaged, Clipped, Dataset, Error, Float, Loss, Memory, Mlp, NeuralNetwork,
    Optimizer, Result, Schedule, Scheduled, Sgd,
};
use common::{bars, rng};
use rand::rngs::{Xoshiro128PlusPlus, Xoshiro256PlusPlus};
use tempfile::TempDir;

type Generator = Xoshiro256PlusPlus;

/// The same with each label one too high, on which a network gets worse and worse.
fn wrong_labels(data: &Dataset) -> Dataset {
    let labels = data.labels().iter().map(|label| (label + 1) % 3).collect();
    Dataset::new(data.images().to_owned(), labels, 3).unwrap()
}

fn mlp<A: Float>(seed: u64) -> Mlp<A> {
    let builder = Mlp::builder(12).hidden(7, Activation::Relu).dropout(0.3);
    builder.output(3, Loss::SoftmaxCrossEntropy).build(&mut rng(seed)).unwrap()
}

fn scheduled<O>(optimizer: O) -> Scheduled<O> {
    Scheduled::new(optimizer, Schedule::Cosine { steps: 13, floor: 0.0 }.after_warm_up(2))
}

/// A folder that is not there yet.
fn folder() -> (TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("a").join("run");
    (temporary, folder)
}

/// The files of this end, the newest last.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.to_str().unwrap().ends_with(end));
    files.sort();
    files
}

/// Names and contents of all files, to see that none is changed.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder, "").into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[track_caller]
fn says<T>(result: Result<T>, words: &[&str]) {
    let error = result.err().expect("an error").to_string();
    words.iter().for_each(|word| assert!(error.contains(word), "`{word}` expected: {error}"));
}

/// An optimiser's memory, every bit of it.
fn memory<A: Float>(optimizer: &impl Optimizer<A>) -> String {
    let mut memory = Memory::default();
    optimizer.save(&mut memory).unwrap();
    let (counts, numbers) = (memory.counts().collect::<Vec<_>>(), memory.numbers().collect::<Vec<_>>());
    let bits = |array: &[A]| array.iter().map(|value| value.as_f64().to_bits()).collect::<Vec<_>>();
    let arrays: Vec<_> = memory.arrays().map(|(name, array)| (name, bits(array))).collect();
    format!("{counts:?} {numbers:?} {arrays:?}")
}

/// How a run ends before its time.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// As by Ctrl-C: the last state is kept.
    Interrupted,
    /// Without a chance to keep anything.
    Dropped,
}

/// Ends a run behind so many steps.
struct End(Manner, usize);

impl<N, O, R> Callback<N, O, R> for End {
    fn on_step(&mut self, step: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
        match self {
            Self(Manner::Interrupted, steps) if step.number + 1 == *steps => Ok(Break(())),
            Self(Manner::Dropped, steps) if step.number + 1 == *steps => {
                Err(Error::Data { file: "the plug".into(), problem: "is pulled".into() })
            }
            _ => Ok(Continue(())),
        }
    }
}

/// A kind of run: three epochs of five steps, or until it gets no better.
struct Kind<'a, N, O> {
    network: &'a dyn Fn(u64) -> N,
    optimizer: O,
    data: &'a Dataset,
    held_out: Option<&'a Dataset>,
    order: Order,
}

impl<N: Network, O: Optimizer<N::Number> + Clone> Kind<'_, N, O> {
    fn trainer<'t>(&'t self, network: &'t mut N, optimizer: &'t mut O) -> Trainer<'t, N, O, Generator> {
        let trainer = Trainer::new(network, optimizer, self.data).epochs(3).batch(10).order(self.order);
        match self.held_out {
            Some(data) => trainer.validate(data).callback(EarlyStopping::new(1)),
            None => trainer,
        }
    }

    /// Ends a run behind so many steps, and has another one do the rest from what it finds: it has to become the
    /// uninterrupted run.
    fn goes_on(
        &self,
        manner: Manner,
        steps: usize,
        every: impl Fn(Checkpoints<N::Number, Generator>) -> Checkpoints<N::Number, Generator>,
    ) {
        // Products by several threads of OpenBLAS's need not have the same bits twice.
        let _one_thread_of_blas = SingleThreadedBlas::new();
        let (mut whole, mut its_optimizer, mut its_rng) = ((self.network)(1), self.optimizer.clone(), rng(5));
        let outcome = self.trainer(&mut whole, &mut its_optimizer).run(&mut its_rng).unwrap();

        let (_temporary, folder) = folder();
        let checkpoints = || every(Checkpoints::open(&folder).unwrap());
        let (mut first, mut optimizer) = ((self.network)(1), self.optimizer.clone());
        let trainer = self.trainer(&mut first, &mut optimizer).callback(checkpoints());
        let ended = trainer.callback(End(manner, steps)).run(&mut rng(5));
        assert_eq!(ended.is_err(), matches!(manner, Manner::Dropped));
        assert!(files(&folder, ".safetensors").len() <= 2);

        // Another network and generator, so that whatever is not restored is noticed.
        let (mut second, mut optimizer, mut other_rng) = ((self.network)(9), self.optimizer.clone(), rng(99));
        let checkpoints = checkpoints();
        let newest = checkpoints.newest().unwrap().unwrap();
        assert!(newest.damaged.is_empty());
        assert!(newest.checkpoint.steps() <= steps);
        if let Ok(ended) = ended {
            assert_eq!(newest.checkpoint.position(), &ended.position);
        }
        let position = newest.checkpoint.restore(&mut second, &mut optimizer).unwrap();
        let trainer = self.trainer(&mut second, &mut optimizer).callback(checkpoints);
        let rest = trainer.resume(position).run(&mut other_rng).unwrap();

        assert_eq!(rest, outcome);
        let bits = |network: &N| network.values().iter().map(|w| w.as_f64().to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&second), bits(&whole));
        assert_eq!(second.dropout_masks(), whole.dropout_masks());
        assert_eq!(memory(&optimizer), memory(&its_optimizer));
        assert_eq!(other_rng, its_rng);
        assert_eq!(files(&folder, "").len(), 3, "two checkpoints and the lock");
    }
}

/// In both orders, with and without validation, in the middle of an epoch and at its end.
fn goes_on_from_disk<N: Network, O: Optimizer<N::Number> + Clone>(
    network: impl Fn(u64) -> N,
    optimizer: O,
    data: &Dataset,
) {
    let held_out = wrong_labels(data);
    for (order, held_out) in [(Order::Drawn, None), (Order::Shuffled, Some(&held_out))] {
        let kind = Kind { network: &network, optimizer: optimizer.clone(), data, held_out, order };
        kind.goes_on(Manner::Interrupted, 3, |checkpoints| checkpoints.every_steps(2));
        kind.goes_on(Manner::Interrupted, 5, |checkpoints| checkpoints);
        kind.goes_on(Manner::Dropped, 7, |checkpoints| checkpoints.every_steps(1));
        kind.goes_on(Manner::Dropped, 8, |checkpoints| checkpoints.every(Duration::ZERO));
        kind.goes_on(Manner::Dropped, 1, |checkpoints| checkpoints.every_steps(100));
    }
}

#[test]
fn the_courses_network_goes_on_bit_for_bit() {
    for input in [InputForm::Dense, InputForm::Sparse] {
        let network = |seed| NeuralNetwork::<f32>::new([12, 7, 3], &mut rng(seed)).unwrap();
        goes_on_from_disk(network, scheduled(Sgd::new(0.05)), &bars(53, 0).read_as(input));
    }
}

#[test]
fn any_network_goes_on_bit_for_bit() {
    fn adamw() -> Scheduled<Clipped<AdamW>> {
        scheduled(Clipped::by_norm(AdamW::new(0.05), 0.5))
    }
    goes_on_from_disk(mlp::<f32>, adamw(), &bars(53, 0));
    goes_on_from_disk(mlp::<f64>, Averaged::new(adamw(), 0.9), &bars(53, 0));
    goes_on_from_disk(mlp::<f32>, Averaged::new(Sgd::new(0.05).momentum(0.9), 1.0).after(4), &bars(53, 0));
}

#[test]
fn a_run_that_early_stopping_has_ended_stays_ended() {
    let data = bars(53, 0);
    let wrong = wrong_labels(&data);
    let (_temporary, folder) = folder();
    let train = |from: bool| {
        let (mut network, mut adam) = (mlp::<f64>(1), Adam::new(0.05));
        let checkpoints = Checkpoints::open(&folder).unwrap().every_steps(1);
        let newest = checkpoints.newest().unwrap();
        let trainer = match newest.filter(|_| from) {
            Some(newest) => {
                let position = newest.checkpoint.restore(&mut network, &mut adam).unwrap();
                Trainer::new(&mut network, &mut adam, &data).resume(position)
            }
            None => Trainer::new(&mut network, &mut adam, &data),
        };
        let trainer = trainer.epochs(100).batch(10).validate(&wrong).callback(EarlyStopping::new(2));
        let outcome = trainer.callback(checkpoints).run(&mut rng(0)).unwrap();
        (outcome, network.values().to_vec())
    };
    let ended = train(false);
    assert!(ended.0.position.steps() < 500 && !ended.0.interrupted);
    assert_eq!(train(true), ended);
}

/// A run of 15 steps of a small network, of which each tenth and the last is kept; calls `each` behind every step.
fn run(checkpoints: Checkpoints<f32, Generator>, mut each: impl FnMut(usize)) -> Result<Outcome<Generator>> {
    let (mut network, mut adam, data) = (mlp(1), Adam::new(0.05), bars(53, 0));
    let trainer = Trainer::new(&mut network, &mut adam, &data).epochs(3).batch(10);
    let trainer = trainer.on_step(|step| {
        each(step.number);
        Continue(())
    });
    trainer.callback(checkpoints.every_steps(10)).run(&mut rng(5))
}

fn open<A: Float>(folder: &Path) -> Checkpoints<A, Generator> {
    Checkpoints::open(folder).unwrap()
}

/// The folder of such a run: checkpoints of steps 10 and 15, which are given, too.
fn finished() -> (TempDir, PathBuf, [PathBuf; 2]) {
    let (temporary, folder) = folder();
    run(open(&folder), |_| ()).unwrap();
    let files = files(&folder, ".safetensors").try_into().unwrap();
    (temporary, folder, files)
}

#[test]
fn what_is_no_checkpoint_is_named_and_left_alone() {
    let (_temporary, folder, [before, newest]) = finished();
    let whole = fs::read(&newest).unwrap();
    let model = {
        let file = safetensors::SafeTensors::deserialize(&whole).unwrap();
        safetensors::serialize(file.tensors(), None).unwrap()
    };
    for (bytes, problem) in [
        (&b""[..], "is damaged"),
        (b"not a checkpoint at all, but some text", "is damaged"),
        (&whole[..whole.len() - 1], "is damaged"),
        (&model, "is no checkpoint of blasnet"),
    ] {
        fs::write(&newest, bytes).unwrap();
        fs::write(&before, bytes).unwrap();
        let found = contents(&folder);
        // The newest is the one that is named, also before a run that does not ask.
        says(open::<f32>(&folder).newest(), &[newest.to_str().unwrap(), problem]);
        says(run(open(&folder), |_| ()), &[newest.to_str().unwrap(), problem]);
        assert_eq!(contents(&folder), found);
    }
    fs::remove_file(&newest).unwrap();
    fs::create_dir(&newest).unwrap();
    says(open::<f32>(&folder).newest(), &[newest.to_str().unwrap()]);
}

#[test]
fn a_checkpoint_is_for_its_own_kind_of_run() {
    let (_temporary, folder, [_, newest]) = finished();
    let name = newest.to_str().unwrap();
    let found = contents(&folder);
    says(open::<f64>(&folder).newest(), &[name, "F32", "expected F64"]);
    says(Checkpoints::<f32, Xoshiro128PlusPlus>::open(&folder).unwrap().newest(), &[name, "generator"]);

    let checkpoint = || open::<f32>(&folder).newest().unwrap().unwrap().checkpoint;
    let builder = || Mlp::<f32>::builder(12).hidden(8, Activation::Relu);
    let mut wide = builder().output(3, Loss::SoftmaxCrossEntropy).build(&mut rng(3)).unwrap();
    let before = wide.values().to_vec();
    says(checkpoint().restore(&mut wide, &mut Adam::new(0.05)), &["`w1` of shape [12, 8]", "[12, 7]"]);
    assert_eq!(wide.values(), before);

    // One that is refused by the optimiser leaves the network alone, and the other way round.
    let mut network = mlp::<f32>(3);
    let (values, masks) = (network.values().to_vec(), network.dropout_masks());
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    says(checkpoint().restore(&mut network, &mut sgd), &["optimiser's memory", "`first`"]);
    says(checkpoint().restore(&mut network, &mut scheduled(Adam::new(0.05))), &["`schedule.steps`"]);
    assert_eq!((network.values(), network.dropout_masks()), (&values[..], masks));
    let mut adam = Adam::new(0.05);
    let untouched = memory::<f32>(&adam);
    assert!(checkpoint().restore(&mut wide, &mut adam).is_err());
    assert_eq!(memory::<f32>(&adam), untouched);

    // What the run itself refuses: other data, batches or order.
    let position = checkpoint().restore(&mut network, &mut adam).unwrap();
    let mut resume = |rows, batch, order| {
        let data = bars(rows, 0);
        let trainer = Trainer::new(&mut network, &mut adam, &data).epochs(3).batch(batch).order(order);
        trainer.callback(open(&folder)).resume(position.clone()).run(&mut rng(0))
    };
    says(resume(54, 10, Order::Drawn), &["data's length", "54", "53"]);
    says(resume(53, 11, Order::Drawn), &["batch size", "11", "10"]);
    says(resume(53, 10, Order::Shuffled), &["order", "Shuffled", "Drawn"]);
    assert_eq!(contents(&folder), found);
    resume(53, 10, Order::Drawn).unwrap();
}

#[test]
fn parameters_that_are_not_finite_are_not_gone_on_from() {
    let (_temporary, folder) = folder();
    // The loss that is found is from before the step that spoils the network.
    let (mut network, data) = (mlp::<f32>(1), bars(53, 0));
    let mut sgd = Sgd::new(3e38).weight_decay(1e38);
    let trainer = Trainer::new(&mut network, &mut sgd, &data).batch(53);
    let error = trainer.callback(open(&folder).every_steps(1)).run(&mut rng(0)).unwrap_err();
    assert!(matches!(error, Error::Diverged { step: 1, .. }), "{error}");
    assert!(network.values().iter().any(|w| !w.is_finite()));
    let (mut other, mut slow) = (mlp::<f32>(2), Sgd::new(0.5));
    let before = other.values().to_vec();
    let checkpoint = open::<f32>(&folder).newest().unwrap().unwrap().checkpoint;
    says(checkpoint.restore(&mut other, &mut slow), &["expected a finite number"]);
    assert_eq!((other.values(), Optimizer::<f32>::learning_rate(&slow)), (&before[..], 0.5));
}

#[test]
fn the_checkpoint_before_a_damaged_one_is_gone_on_from() {
    let (_temporary, folder, [_, newest]) = finished();
    let whole = fs::read(&newest).unwrap();
    // Both of these: two more that something has happened to.
    let later = folder.join("step-000000000016.safetensors");
    fs::write(&newest, &whole[..whole.len() / 2]).unwrap();
    fs::write(&later, "").unwrap();

    let checkpoints = open::<f32>(&folder);
    let found = checkpoints.newest().unwrap().unwrap();
    assert_eq!(found.checkpoint.steps(), 10);
    let damaged: Vec<String> = found.damaged.iter().map(Error::to_string).collect();
    assert_eq!(damaged.len(), 2);
    for (text, file) in damaged.iter().zip([&later, &newest]) {
        assert!(text.starts_with(file.to_str().unwrap()) && text.contains("is damaged"), "{text}");
    }
    let (mut network, mut adam, data) = (mlp(2), Adam::new(0.05), bars(53, 0));
    let position = found.checkpoint.restore(&mut network, &mut adam).unwrap();
    let trainer = Trainer::new(&mut network, &mut adam, &data).epochs(3).batch(10).resume(position);
    // What is made next has the damaged ones' place, and the one before it is the one that was whole.
    let trainer = trainer.callback(checkpoints).callback(End(Manner::Interrupted, 12));
    trainer.run(&mut rng(0)).unwrap();
    let newest = open::<f32>(&folder).newest().unwrap().unwrap();
    assert_eq!((newest.checkpoint.steps(), newest.damaged.len()), (12, 0));
    let names = ["step-000000000010.safetensors", "step-000000000012.safetensors"];
    assert_eq!(files(&folder, ".safetensors"), names.map(|name| folder.join(name)));
}

#[test]
fn a_run_does_not_begin_where_anothers_checkpoints_are() {
    let (_temporary, folder, _) = finished();
    let found = contents(&folder);
    assert!(!open::<f32>(&folder).is_empty().unwrap());
    let words = [folder.to_str().unwrap(), "of step 15", "begins at step 0", "folder of its own"];
    says(run(open(&folder), |_| ()), &words);
    assert_eq!(contents(&folder), found);
}

#[test]
fn a_folder_is_one_runs_at_a_time() {
    let (_temporary, folder) = folder();
    let first = open::<f32>(&folder);
    assert!(first.is_empty().unwrap() && first.newest().unwrap().is_none());
    // In whatever way it is named.
    for name in [folder.clone(), folder.join(".").join("..").join("run")] {
        let words = [name.to_str().unwrap(), "in use by another run"];
        says(Checkpoints::<f32, Generator>::open(&name), &words);
        let error = Checkpoints::<f32, Generator>::open(&name).unwrap_err();
        assert!(matches!(&error, Error::InUse { path } if *path == name), "{error:?}");
        says(Checkpoints::<f64, Xoshiro128PlusPlus>::open(&name), &words);
    }
    drop(first);
    run(open(&folder), |_| ()).unwrap();
    open::<f32>(&folder);
}

#[test]
fn what_killed_processes_have_left_is_swept() {
    let (_temporary, folder, [_, newest]) = finished();
    let others = [folder.join("notes.tmp"), folder.join(".blasnet-notes"), folder.join("step-.safetensors")];
    others.iter().for_each(|other| fs::write(other, "mine").unwrap());
    for name in [".blasnet-Ab3dE6.tmp", ".blasnet-.tmp"] {
        fs::write(folder.join(name), &fs::read(&newest).unwrap()[..100]).unwrap();
    }
    let steps = open::<f32>(&folder).newest().unwrap().unwrap().checkpoint.steps();
    assert_eq!(steps, 15);
    assert_eq!(files(&folder, "").len(), 2 + 1 + others.len());
    others.iter().for_each(|other| assert_eq!(fs::read(other).unwrap(), b"mine"));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("file");
    fs::write(&file, "a file").unwrap();
    for folder in [file.clone(), file.join("run")] {
        says(Checkpoints::<f32, Generator>::open(&folder), &[folder.to_str().unwrap()]);
    }
    assert_eq!(fs::read(&file).unwrap(), b"a file");
}

#[test]
fn settings_are_kept_as_they_are() {
    let (_temporary, folder) = folder();
    let settings = BTreeMap::from([("rate", "0.1"), ("", ""), ("a name = x", "lines\nof \"ü\"\0")]);
    let settings: BTreeMap<String, String> =
        settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    run(open(&folder).settings(settings.clone()), |_| ()).unwrap();
    assert_eq!(open::<f32>(&folder).newest().unwrap().unwrap().checkpoint.settings(), &settings);
}

/// Puts a file in the folder's place, so that nothing can be written for anyone, root or not.
fn block(folder: &Path) {
    fs::rename(folder, folder.with_extension("away")).unwrap();
    fs::write(folder, "in the way").unwrap();
}

fn unblock(folder: &Path) {
    fs::remove_file(folder).unwrap();
    fs::rename(folder.with_extension("away"), folder).unwrap();
}

#[test]
fn a_failed_write_ends_a_run_that_has_nobody_to_tell() {
    let (_temporary, folder) = folder();
    let made = Cell::new(0);
    let result = run(open(&folder), |step| {
        made.set(step + 1);
        if step == 4 {
            block(&folder);
        }
        if step > 10 {
            // For the writer to meet the file.
            thread::sleep(Duration::from_millis(20));
        }
    });
    says(result, &["step-000000000010.safetensors"]);
    assert!(made.get() > 10);
    unblock(&folder);
    assert_eq!(open::<f32>(&folder).newest().unwrap().unwrap().checkpoint.steps(), 0);
}

/// Texts of what [`Checkpoints::on_failure`] was told.
type Told = Arc<Mutex<Vec<String>>>;

fn telling(folder: &Path) -> (Checkpoints<f32, Generator>, Told) {
    let told = Told::default();
    let tell = {
        let told = Arc::clone(&told);
        move |error: Error| told.lock().unwrap().push(error.to_string())
    };
    (open(folder).on_failure(tell), told)
}

#[test]
fn a_failed_write_is_told_once_and_the_run_goes_on() {
    let (_temporary, folder) = folder();
    let (checkpoints, told) = telling(&folder);
    let mut blocked = false;
    let outcome = run(checkpoints, |step| {
        if step == 4 {
            block(&folder);
            blocked = true;
        }
        if blocked && step > 9 {
            // The callback, which is asked behind this one, tells of it a step after it has failed.
            thread::sleep(Duration::from_millis(300));
            if !told.lock().unwrap().is_empty() {
                unblock(&folder);
                blocked = false;
            }
        }
    });
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("step-000000000010.safetensors"), "{told:?}");
    assert_eq!(outcome.unwrap().position.steps(), 15);
    let newest = open::<f32>(&folder).newest().unwrap().unwrap();
    assert_eq!(newest.checkpoint.steps(), 15);
}

#[test]
fn a_run_whose_last_checkpoint_fails_ends_with_that() {
    let (_temporary, folder) = folder();
    let (checkpoints, told) = telling(&folder);
    let result = run(checkpoints, |step| {
        if step == 4 {
            block(&folder);
        }
    });
    says(result, &["step-000000000015.safetensors"]);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("step-000000000010.safetensors"), "{told:?}");

    // One that cannot even begin.
    unblock(&folder);
    fs::remove_dir_all(&folder).unwrap();
    let (checkpoints, told) = telling(&folder);
    block(&folder);
    assert!(run(checkpoints, |_| panic!("nothing is computed")).is_err());
    assert!(told.lock().unwrap().is_empty());
}
