//! Says how to install OpenBLAS where it is missing, before the linker fails with less to say; and makes the
//! linker take the system's archive of it for `openblas-static`.
//!
//! Linking itself is `openblas-src`'s business. This script only probes, so it must accept
//! whatever that crate accepts: pkg-config on Unix (its own `PKG_CONFIG_PATH` and
//! `OPENBLAS_NO_PKG_CONFIG` switches included), Homebrew's prefix on macOS, vcpkg or MSYS2 on
//! Windows.

use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBRARY_PATH");
    println!("cargo::rerun-if-env-changed=PKG_CONFIG_PATH");
    // docs.rs builds without a network and without OpenBLAS: nothing is linked there.
    if !has_feature("_OPENBLAS") || env::var_os("DOCS_RS").is_some() {
        return;
    }
    // openblas-src has run, and says this where it did more than to ask pkg-config: where it built OpenBLAS from
    // source. It takes the system's wherever any crate in the program wants it so.
    if env::var_os("DEP_OPENBLAS_LIBRARY").is_some() {
        return;
    }
    let target = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if !openblas_src_will_find_it(&target) {
        fail(&[
            "OpenBLAS was not found. Install it with `sh setup.sh`, or with",
            install_line(&target),
            "If it is installed elsewhere, name the folder of its openblas.pc in PKG_CONFIG_PATH, or its own in LIBRARY_PATH.",
            "To build it from source into the program: --no-default-features --features openblas-static.",
            "To link another BLAS: --no-default-features --features blas. All of it is in docs/blas.md.",
            "To build without BLAS (slower): --no-default-features.",
        ]);
    }
    // Elsewhere openblas-src's `static` does what it says.
    if has_feature("OPENBLAS_STATIC") && !matches!(&*target, "macos" | "windows") {
        prefer_the_archive();
    }
}

fn has_feature(name: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

fn fail(lines: &[&str]) -> ! {
    for line in lines {
        println!("cargo::error={line}");
    }
    exit(1);
}

fn openblas_src_will_find_it(target: &str) -> bool {
    if pkg_config::Config::new().cargo_metadata(false).env_metadata(false).probe("openblas").is_ok() {
        return true;
    }
    match target {
        // openblas-src asks vcpkg or MSYS2 there and explains for itself.
        "windows" => true,
        "macos" => succeeds("brew", &["--prefix", "--installed", "openblas"]),
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
    fs::write(&source, "int main(void) { return 0; }\n").is_ok()
        && succeeds("cc", &[&source, "-lopenblas", "-o", &program])
}

/// Has the linker find the archive, where openblas-src tells it to link `-lopenblas`.
///
/// openblas-src asks pkg-config for what a static library needs, but the crate pkg-config links nothing statically
/// that lies below /usr, where distributions install. So a folder is searched before the system's that knows
/// the archive alone, by linker scripts: text in a library's place that tells where it is.
fn prefer_the_archive() {
    let by_pkg_config = pkg_config::get_variable("openblas", "libdir").ok();
    let by_pkg_config = by_pkg_config.map(|folder| Path::new(&folder).join("libopenblas.a"));
    let Some(archive) = by_pkg_config.filter(|path| path.exists()).or_else(|| find("libopenblas.a")) else {
        fail(&[
            "openblas-static with openblas-system links the system's libopenblas.a, which was not found.",
            "Debian has it in libopenblas-dev, Fedora in openblas-static.",
            "To build it from source instead: --no-default-features --features openblas-static (docs/blas.md).",
        ]);
    };
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("archive");
    let script = |name: &str, library: &Path| {
        let text = format!("INPUT({})\n", library.display());
        fs::write(folder.join(name), text).expect("OUT_DIR can be written");
    };
    fs::create_dir_all(&folder).expect("OUT_DIR can be written");
    script("libopenblas.a", &archive);
    // LAPACK is Fortran. What it needs at run time is there with OpenBLAS, what `-lgfortran` finds only with the
    // compiler.
    if let (None, Some(library)) = (find("libgfortran.so"), find("libgfortran.so.5")) {
        script("libgfortran.a", &library);
    }
    println!("cargo::rustc-link-search=native={}", folder.display());
}

/// A library in the folders that the C compiler searches.
fn find(library: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={library}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    // What it does not find it gives back as it came.
    path.is_absolute().then_some(path)
}

fn install_line(target: &str) -> &'static str {
    match target {
        "macos" => "brew install openblas pkgconf",
        "windows" => "vcpkg install openblas",
        _ if Path::new("/etc/fedora-release").exists() => {
            "sudo dnf install openblas-devel pkgconf-pkg-config"
        }
        _ if Path::new("/etc/arch-release").exists() => "sudo pacman -S openblas pkgconf",
        _ => "sudo apt-get install libopenblas-dev pkg-config",
    }
}
