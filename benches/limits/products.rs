//! The limit of what is made of matrix products: the raw calls, each in its fastest arrangement.

use std::sync::{Arc, Mutex};

use rayon::ThreadPool;

use crate::measure::{Arm, Effort, fastest};
use crate::raw::{Arrangement, Product, Real, settle};

/// Products made one after the other on arrays that they share.
pub struct Products<A> {
    pub arrays: Vec<Vec<A>>,
    steps: Vec<Step>,
}

/// A product, and which of the arrays are its a, b and c.
#[derive(Debug, Clone, Copy)]
struct Step {
    product: Product,
    a: usize,
    b: usize,
    c: usize,
}

/// An arrangement for each of the products.
#[derive(Debug, Clone)]
pub struct Plan(Vec<Arrangement>);

impl Plan {
    /// Such as `columns`, or `columns one one one rows`.
    pub fn name(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|arrangement| arrangement.name()).collect();
        if names.iter().all(|name| *name == names[0]) { names[0].into() } else { names.join(" ") }
    }

    pub fn uses_openblas_threads(&self) -> bool {
        self.0.iter().any(|arrangement| matches!(arrangement, Arrangement::OpenBlas(_)))
    }
}

impl<A: Real> Products<A> {
    pub fn new(arrays: Vec<Vec<A>>) -> Self {
        Self { arrays, steps: Vec::new() }
    }

    /// A further product, by the places of its arrays.
    pub fn then(mut self, product: Product, [a, b, c]: [usize; 3]) -> Self {
        self.steps.push(Step { product, a, b, c });
        self
    }

    pub fn flops(&self) -> f64 {
        self.steps.iter().map(|step| step.product.flops()).sum()
    }

    /// All products in turn.
    pub fn run(&mut self, plan: &Plan) {
        for (place, &arrangement) in plan.0.iter().enumerate() {
            self.run_one(place, arrangement);
        }
    }

    pub fn arm(&mut self, pool: &Arc<ThreadPool>, plan: &Plan) -> Arm<'_> {
        let (plan, uses_openblas_threads) = (plan.clone(), plan.uses_openblas_threads());
        Arm::new(pool, move || self.run(&plan)).using_openblas_threads(uses_openblas_threads)
    }

    /// The fastest plan in this pool, every arrangement's result checked first.
    ///
    /// Rayon's threads and OpenBLAS's do not mix, so all products use the one, or all the other; either may
    /// leave a small product to one thread.
    pub fn fastest_plan(&mut self, pool: &Arc<ThreadPool>, effort: &Effort) -> Plan {
        let threads = pool.current_num_threads();
        let by_rayon = Arrangement::without_openblas_threads(threads);
        self.assert_right(pool, by_rayon);
        if threads == 1 {
            return Plan(vec![Arrangement::One; self.steps.len()]);
        }
        let by_openblas = [Arrangement::One, Arrangement::OpenBlas(threads)];
        self.assert_right(pool, &by_openblas);
        // Product by product first; then whole plans, as a product's best may cost the next one.
        let on_one_thread = Plan(vec![Arrangement::One; self.steps.len()]);
        let plans = [self.plan(pool, effort, by_rayon), on_one_thread];
        let (best, time) = self.fastest_of(pool, effort, &plans, false, Self::run);
        let openblas_plan = [self.plan(pool, effort, &by_openblas)];
        let (_, openblas_time) = self.fastest_of(pool, effort, &openblas_plan, true, Self::run);
        settle();
        if openblas_time < time { openblas_plan[0].clone() } else { plans[best].clone() }
    }

    /// The fastest of these arrangements for each product.
    fn plan(&mut self, pool: &Arc<ThreadPool>, effort: &Effort, choice: &[Arrangement]) -> Plan {
        let openblas = choice.iter().any(|arrangement| matches!(arrangement, Arrangement::OpenBlas(_)));
        let places = 0..self.steps.len();
        let fastest = places.map(|place| {
            let run = |products: &mut Self, &arrangement: &_| products.run_one(place, arrangement);
            choice[self.fastest_of(pool, effort, choice, openblas, run).0]
        });
        Plan(fastest.collect())
    }

    /// The place of the fastest choice, and its seconds. Where OpenBLAS's workers are awake anyway, nobody
    /// waits for their sleep.
    fn fastest_of<T: Sync>(
        &mut self,
        pool: &Arc<ThreadPool>,
        effort: &Effort,
        choice: &[T],
        openblas: bool,
        run: impl Fn(&mut Self, &T) + Sync,
    ) -> (usize, f64) {
        // The arms take turns, and so must share the arrays.
        let products = Mutex::new(self);
        let arm = |choice| {
            let (products, run) = (&products, &run);
            let call = move || run(&mut products.lock().expect("no arm has panicked"), choice);
            Arm::new(pool, call).using_openblas_threads(openblas)
        };
        fastest(effort, choice.iter().map(arm).collect())
    }

    fn run_one(&mut self, place: usize, arrangement: Arrangement) {
        let Step { product, a, b, c } = self.steps[place];
        let mut result = std::mem::take(&mut self.arrays[c]);
        product.run(arrangement, &self.arrays[a], &self.arrays[b], &mut result);
        self.arrays[c] = result;
    }

    fn assert_right(&mut self, pool: &Arc<ThreadPool>, choice: &[Arrangement]) {
        for place in 0..self.steps.len() {
            let Step { product, a, b, c } = self.steps[place];
            for &arrangement in choice {
                let [a, b, c] = [a, b, c].map(|array| &self.arrays[array][..]);
                pool.install(|| product.assert_right(arrangement, a, b, c));
            }
            // What follows reads this one's result.
            self.run_one(place, Arrangement::One);
        }
    }
}
