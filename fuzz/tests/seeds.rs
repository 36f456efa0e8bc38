//! The seeds, one by one: what a fuzzer begins with, and what it has found.

use std::fs;
use std::path::Path;

use blasnet_fuzz::target;

/// Those whose name begins with this are none that a loader accepts.
const REFUSED: &str = "refused-";

#[test]
fn each_seed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let targets: Vec<_> = fs::read_dir(folder).unwrap().map(|target| target.unwrap()).collect();
    assert_eq!(targets.len(), 6);
    for folder in targets {
        let target = target(folder.file_name().to_str().unwrap()).unwrap();
        for seed in fs::read_dir(folder.path()).unwrap() {
            let seed = seed.unwrap();
            let refused = seed.file_name().to_str().unwrap().starts_with(REFUSED);
            assert_eq!(target(&fs::read(seed.path()).unwrap()), !refused, "{}", seed.path().display());
        }
    }
}
