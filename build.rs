//! Lays the code of the short commands out side by side in the program.
//!
//! The system brings code into memory in blocks of 64 KiB. What `hookctl sign`
//! runs is half a megabyte, but left to the linker it lies all over nine, in the
//! order of the crates, and each small function brings its whole block along.

#![allow(clippy::print_stdout, reason = "cargo is told things on standard output")]

use std::env::var;
use std::path::Path;

/// The functions, with wildcards where their names hold what differs from
/// build to build. A name that no longer exists is passed over.
const ORDER: &str = include_str!("link/start.order");

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=link/start.order");
    if understood() {
        let script = Path::new(&var("OUT_DIR").unwrap_or_default()).join("start.ld");
        std::fs::write(&script, layout())?;
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
    }
    Ok(())
}

/// Whether the linker takes an addition to its own layout: GNU ld and LLD do,
/// and no other is known to. A program linked without it works the same.
fn understood() -> bool {
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    let chosen =
        var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default() + &var("RUSTC_LINKER").unwrap_or_default();
    is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && !["mold", "gold", "wild", "linker-flavor"].iter().any(|other| chosen.contains(other))
}

/// One section before all other code.
fn layout() -> String {
    let mut script = String::from("SECTIONS\n{\n  .text.start :\n  {\n");
    for name in ORDER.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        script.push_str(&format!("    *(.text.{name} .text.unlikely.{name})\n"));
    }
    script.push_str("  }\n}\nINSERT BEFORE .text;\n");
    script
}
