#!/bin/sh
# Installs what `cargo build` needs beside Rust: OpenBLAS's development files, pkg-config and a
# C compiler. Says what it does, does nothing where nothing is missing, and may be run again.
set -eu

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

have_openblas() {
    { have pkg-config && pkg-config --exists openblas; } || { have brew && brew --prefix --installed openblas >/dev/null 2>&1; }
}

have cargo || [ -x "$HOME/.cargo/bin/cargo" ] || say "note: no cargo here; get Rust from https://rustup.rs"
if have_openblas && have cc; then
    exit 0
fi

# Package managers write where only root may; sudo is asked for only where we are not root.
root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else fail "needs root to run: $*"
    fi
}

if have apt-get; then
    say "installing libopenblas-dev, pkg-config and gcc with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    install() { root apt-get install -y -qq --no-install-recommends libopenblas-dev pkg-config gcc libc6-dev >/dev/null; }
    # A fresh machine has no package lists, an old one outdated lists: fetch them and try again.
    install 2>/dev/null || { root apt-get update -qq && install; }
elif have dnf; then
    say "installing openblas-devel, pkgconf-pkg-config and gcc with dnf"
    root dnf install -y -q openblas-devel pkgconf-pkg-config gcc
elif have pacman; then
    say "installing openblas, pkgconf and gcc with pacman"
    root pacman -S --needed --noconfirm --quiet openblas pkgconf gcc
elif have brew; then
    # Homebrew refuses to run as root.
    say "installing openblas and pkgconf with brew"
    brew install --quiet openblas pkgconf
else
    fail "no apt-get, dnf, pacman or brew here: install OpenBLAS (with its openblas.pc), pkg-config and a C compiler by hand"
fi

have_openblas || fail "the packages are installed, but pkg-config still does not find openblas; see 'pkg-config --debug openblas'"
say "done: OpenBLAS $(pkg-config --modversion openblas 2>/dev/null || echo 'by brew')"
