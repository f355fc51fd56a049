//! Packs the pages of handlers: 150 KB of text that `verify --as` alone reads.
//! Part of the build script, and of that of the fuzz targets.

use std::path::Path;

/// Deflates each page of a folder into another one.
pub(crate) fn pack(pages: &str, into: &Path) -> std::io::Result<()> {
    println!("cargo:rerun-if-changed={pages}");
    for page in std::fs::read_dir(pages)? {
        let page = page?;
        let packed = miniz_oxide::deflate::compress_to_vec(&std::fs::read(page.path())?, 10);
        std::fs::write(into.join(page.file_name()), packed)?;
    }
    Ok(())
}
