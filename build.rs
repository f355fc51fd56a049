//! Lays the code of the short commands out side by side in the program, and packs
//! what is read rarely.
//!
//! The system brings code into memory in blocks of 64 KiB. What `hookctl sign`
//! runs is half a megabyte, but left to the linker it lies all over nine, in the
//! order of the crates, and each small function brings its whole block along.

#![allow(clippy::print_stdout, reason = "cargo is told things on standard output")]

#[path = "build/pages.rs"]
mod pages;

use std::env::var;
use std::path::Path;

/// The functions, with wildcards where their names hold what differs from
/// build to build. A name that no longer exists is passed over.
const ORDER: &str = include_str!("link/start.order");

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    pages::pack("src/hook/handler/templates", Path::new(&var("OUT_DIR").unwrap_or_default()))?;
    println!("cargo:rerun-if-changed=link/start.order");
    if understood() {
        let script = Path::new(&var("OUT_DIR").unwrap_or_default()).join("start.ld");
        std::fs::write(&script, layout())?;
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
        if knows_packed_relocations() {
            println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
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

/// Whether the C library here, which the program is built for and will be loaded
/// by, knows relocations that take a bit each instead of 24 bytes: glibc from 2.36
/// on. They make the program 0.4 MB smaller; an older glibc would refuse to load it.
fn knows_packed_relocations() -> bool {
    if var("HOST").ok() != var("TARGET").ok() {
        return false;
    }
    let said = std::process::Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = said.trim().strip_prefix("glibc ").and_then(|version| version.split_once('.'));
    version.is_some_and(|(major, minor)| {
        major.parse() == Ok(2_u32) && minor.parse().is_ok_and(|minor: u32| minor >= 36)
    })
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
