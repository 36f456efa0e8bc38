//! Links the system's CBLAS: on Debian the one that `update-alternatives` has chosen for libblas.so, or the
//! library that `OWN_BLAS` names (such as `blis` or `mkl_rt`).

fn main() {
    println!("cargo::rerun-if-env-changed=OWN_BLAS");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        println!("cargo::rustc-link-arg=-Wl,-framework,Accelerate");
        return;
    }
    let library = std::env::var("OWN_BLAS").unwrap_or_else(|_| "blas".into());
    // As an argument it comes behind blasnet, which calls it; `rustc-link-lib` would put it in front, where GNU's
    // linker drops a library that nobody has called yet.
    println!("cargo::rustc-link-arg=-l{library}");
}
