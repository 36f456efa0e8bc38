//! MNIST for benchmarks, whatever features are on.
#![allow(dead_code)]

/// A folder with the four files of MNIST, for as long as the value lives.
pub fn mnist_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("the system has a folder for temporary files");
    for file in blasnet_mnist::File::ALL {
        let bytes = file.read().expect("what is embedded is whole");
        std::fs::write(folder.path().join(file.name()), bytes).expect("there is room for 55 MB");
    }
    folder
}
