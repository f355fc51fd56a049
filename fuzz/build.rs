//! Packs what the pure layer takes from its build.

#[path = "../build/pages.rs"]
mod pages;

fn main() -> std::io::Result<()> {
    let into = std::env::var("OUT_DIR").unwrap_or_default();
    pages::pack("../src/hook/handler/templates", std::path::Path::new(&into))
}
