//! Type-checks for Android what a phone runs, where Debian's `cargo-web`, `rustc-web` and `rust-web-src` are installed.
//!
//! That compiler comes with the sources of its standard library, from which one for Android is checked first.
//! It proves that the Rust fits `cfg(target_os = "android")`, and nothing about C code, linking or behaviour:
//! C is preprocessed with this machine's compiler and headers, and its objects are empty.

use std::process::Command;

use crate::places::Places;
use crate::setup::{Machine, output};

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";

/// The check of the first four crates, if this machine has the compiler for it.
pub(crate) fn check(places: &Places, machine: &Machine) -> Option<Command> {
    output("dpkg-query", &["--show", "cargo-web", "rustc-web", "rust-web-src"])?;
    let openssl = |variable: &str| output("pkg-config", &["--variable", variable, "openssl"]).unwrap_or_default();

    let mut cargo = machine.command(CARGO);
    cargo.current_dir(&places.root).env("CARGO_TARGET_DIR", places.target.join("android")).env("RUSTC", RUSTC);
    // Building the standard library is not stable. It is only ever used to check.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo
        .env("CC_aarch64_linux_android", places.root.join("crates/xtask/tools/android-cc"))
        .env("AR_aarch64_linux_android", "ar");
    cargo.env("OPENSSL_INCLUDE_DIR", openssl("includedir")).env("OPENSSL_LIB_DIR", openssl("libdir"));
    cargo.args(["check", "--locked", "--lib", "-Zbuild-std=std,panic_unwind", "--target=aarch64-linux-android"]);
    cargo.args(["--package=rundan-model", "--package=rundan-documents"]);
    cargo.args(["--package=rundan-sync", "--package=rundan-device"]);
    Some(cargo)
}
