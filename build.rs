//! Says how to install OpenBLAS where it is missing, before the linker fails with less to say.
//!
//! Linking itself is `openblas-src`'s business. This script only probes, so it must accept
//! whatever that crate accepts: pkg-config on Unix (its own `PKG_CONFIG_PATH` and
//! `OPENBLAS_NO_PKG_CONFIG` switches included), Homebrew's prefix on macOS, vcpkg or MSYS2 on
//! Windows.

use std::env;
use std::process::{Command, exit};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBRARY_PATH");
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    let wanted = env::var_os("CARGO_FEATURE_OPENBLAS_SYSTEM").is_some();
    // docs.rs builds without a network and without OpenBLAS: nothing is linked there.
    if !wanted || env::var_os("DOCS_RS").is_some() || openblas_src_will_find_it() {
        return;
    }
    let target = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    for line in [
        "OpenBLAS was not found. Install it with `sh setup.sh`, or with",
        install_line(&target),
        "If it is installed elsewhere, name the folder of its openblas.pc in PKG_CONFIG_PATH, or its own in LIBRARY_PATH.",
        "To build without BLAS (slower): --no-default-features.",
    ] {
        println!("cargo::error={line}");
    }
    exit(1);
}

fn openblas_src_will_find_it() -> bool {
    if pkg_config::Config::new().cargo_metadata(false).env_metadata(false).probe("openblas").is_ok() {
        return true;
    }
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        // openblas-src asks vcpkg or MSYS2 there and explains for itself.
        Ok("windows") => true,
        Ok("macos") => succeeds("brew", &["--prefix", "--installed", "openblas"]),
        // Without pkg-config's answer it still links `-lopenblas`, which works where the
        // library lies in a folder that the linker searches (LIBRARY_PATH adds one).
        _ => succeeds_linking(),
    }
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// Whether the C compiler can link a program against `-lopenblas`.
fn succeeds_linking() -> bool {
    let Ok(out) = env::var("OUT_DIR") else {
        return false;
    };
    let (source, program) = (format!("{out}/probe.c"), format!("{out}/probe"));
    std::fs::write(&source, "int main(void) { return 0; }\n").is_ok()
        && succeeds("cc", &[&source, "-lopenblas", "-o", &program])
}

fn install_line(target: &str) -> &'static str {
    match target {
        "macos" => "brew install openblas pkgconf",
        "windows" => "vcpkg install openblas",
        _ if std::path::Path::new("/etc/fedora-release").exists() => {
            "sudo dnf install openblas-devel pkgconf-pkg-config"
        }
        _ if std::path::Path::new("/etc/arch-release").exists() => "sudo pacman -S openblas pkgconf",
        _ => "sudo apt-get install libopenblas-dev pkg-config",
    }
}
