//! Loading all of MNIST: out of the binary (with the feature `mnist-embedded`; unpacking, zstd's
//! checksums, parsing), and from a folder of the four plain files, which the system has in memory by then.
//! The throughput is in bytes of these files, not of what they were packed into.

mod support;

use blasnet::{Mnist, Result};
use blasnet_mnist::File;
use criterion::{Criterion, SamplingMode, Throughput};

fn main() {
    support::main(load);
}

fn load(criterion: &mut Criterion) {
    let folder = support::mnist::mnist_folder();
    let expected = [File::TrainImages, File::TrainLabels, File::TestImages, File::TestLabels].map(sum);

    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Bytes(File::ALL.iter().map(|file| file.size() as u64).sum()));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let mut bench = |id, load: &dyn Fn() -> Result<Mnist>| {
        group.bench_function(id, |bencher| {
            // Giving 55 MB back is not loading.
            bencher.iter_with_large_drop(load);
            assert_eq!(sums(&load().expect("MNIST is there")), expected);
        });
    };
    #[cfg(feature = "mnist-embedded")]
    bench("embedded", &Mnist::embedded);
    bench("folder", &|| Mnist::from_dir(&folder));
    group.finish();
}

/// The sum of a file's bytes after its header.
fn sum(file: File) -> u64 {
    let header = if file.size() > 100_000 { 16 } else { 8 };
    total(&file.read().expect("what is embedded is whole")[header..])
}

fn sums(mnist: &Mnist) -> [u64; 4] {
    let [train, test] = [&mnist.train, &mnist.test].map(|half| {
        let pixels = half.images();
        [total(pixels.as_slice().expect("images lie row by row")), total(half.labels())]
    });
    [train[0], train[1], test[0], test[1]]
}

fn total(bytes: &[u8]) -> u64 {
    bytes.iter().map(|&byte| u64::from(byte)).sum()
}
