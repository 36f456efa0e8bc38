//! `linalg::gemm` beside the raw BLAS call, on the course's products and on squares.
//!
//! Ids are such as `gemm/ours/f32/100x784x500/t2`: who, the type, m x k x n, and the threads. On several
//! threads the raw call comes in each arrangement: `raw-columns`, `raw-rows`, `raw-openblas`.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "support/kernel.rs"]
mod kernel;
#[path = "support/raw.rs"]
mod raw;

use std::time::{Duration, Instant};

use blasnet::{linalg::gemm, parallel::SingleThreadedBlas};
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};
use ndarray::Array2;
use rayon::{ThreadPool, ThreadPoolBuilder};

use common::random;
use kernel::restart_with_better_kernel;
use raw::{Arrangement, Product, Real, assert_near, settle};

/// What learning takes off the weights; tiny, as it is taken off again and again.
const RATE: f64 = 1e-7;

/// The course's products, batch 100, and three squares.
const PRODUCTS: [Product; 9] = [
    // forward of layer 1 and of layer 2
    Product::new(100, 784, 500),
    Product::new(100, 500, 10),
    // dx of layer 1 and of layer 2
    Product::new(100, 500, 784).b_transposed(),
    Product::new(100, 10, 500).b_transposed(),
    // the update of W1 and of W2
    Product::new(784, 100, 500).a_transposed().descending(RATE),
    Product::new(500, 100, 10).a_transposed().descending(RATE),
    Product::new(256, 256, 256),
    Product::new(512, 512, 512),
    Product::new(1024, 1024, 1024),
];

fn main() {
    restart_with_better_kernel();
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("gemm");
    let mut threads = vec![1, rayon::current_num_threads()];
    threads.dedup();
    for threads in threads {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("threads can be started");
        for product in PRODUCTS {
            both::<f32>(&mut group, &pool, product);
            both::<f64>(&mut group, &pool, product);
        }
    }
    group.finish();
    criterion.final_summary();
}

/// The product by the library and by BLAS.
fn both<A: Real>(group: &mut BenchmarkGroup<WallTime>, pool: &ThreadPool, product: Product) {
    let Product { m, n, k, .. } = product;
    let threads = pool.current_num_threads();
    let id = |who: &str| format!("{who}/{}/{m}x{k}x{n}/t{threads}", A::NAME);
    // Elements are floating-point operations: an element a nanosecond is a GFLOP/s.
    group.throughput(Throughput::Elements(product.flops() as u64));

    let a_shape = if product.a_transposed { (k, m) } else { (m, k) };
    let b_shape = if product.b_transposed { (n, k) } else { (k, n) };
    let (a, b) = (random::<A>(a_shape.0, a_shape.1, 1), random::<A>(b_shape.0, b_shape.1, 2));
    let (a_slice, b_slice) = (a.as_slice().expect("row-major"), b.as_slice().expect("row-major"));
    let start: Array2<A> = random(m, n, 3);
    let c_slice = start.as_slice().expect("row-major");
    let a_view = if product.a_transposed { a.t() } else { a.view() };
    let b_view = if product.b_transposed { b.t() } else { b.view() };

    let once = |alpha: f64, c: &mut Array2<A>| gemm(A::of(alpha), &a_view, &b_view, A::of(product.beta), c);
    pool.install(|| product.assert_right(Arrangement::One, a_slice, b_slice, c_slice));
    let mut c = start.clone();
    pool.install(|| once(1.0, &mut c));
    let mut expected = c_slice.to_vec();
    let with_alpha_1 = Product { alpha: 1.0, ..product };
    with_alpha_1.run(Arrangement::One, a_slice, b_slice, &mut expected);
    assert_near(c.as_slice().expect("row-major"), &expected);

    c.assign(&start);
    measure(group, pool, &id("ours"), || once(product.alpha, &mut c));

    let by_openblas = (threads > 1).then_some(Arrangement::OpenBlas(threads));
    // OpenBLAS's threads come last, and only they need a pause after them.
    for &arrangement in Arrangement::without_openblas_threads(threads).iter().chain(&by_openblas) {
        let who = match (arrangement, threads) {
            (Arrangement::One, 1) => "raw".to_owned(),
            // Measured with one thread already.
            (Arrangement::One, _) => continue,
            (arrangement, _) => format!("raw-{}", arrangement.name()),
        };
        pool.install(|| product.assert_right(arrangement, a_slice, b_slice, c_slice));
        let mut c = start.clone();
        let c = c.as_slice_mut().expect("row-major");
        measure(group, pool, &id(&who), || product.run(arrangement, a_slice, b_slice, c));
    }
    settle();
}

/// `call` timed inside the pool; entering it is no part of the work.
fn measure(group: &mut BenchmarkGroup<WallTime>, pool: &ThreadPool, id: &str, mut call: impl FnMut() + Send) {
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|repetitions| {
            pool.install(|| {
                let start = Instant::now();
                for _ in 0..repetitions {
                    call();
                }
                start.elapsed()
            })
        });
    });
}
