//! The page's files, which are part of the program.
//!
//! Their addresses hold a hash over all of them, so that a browser may keep them
//! for ever and a new version is fetched at once. `page/` has no build step: what
//! lies there is what the browser gets.

use super::answer::{Answer, Refused, content};
use axum::extract::Path;
use axum::response::Response;
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

macro_rules! assets {
    ($($kind:ident: $($name:literal)+;)+) => {
        &[$($(Asset { name: $name, kind: $kind, bytes: include_bytes!(concat!("page/", $name)) },)+)+]
    };
}

/// Every file but the page itself; they name each other by relative paths.
const ASSETS: &[Asset] = assets! {
    SCRIPT: "address.js" "api.js" "app.js" "compare.js" "component.js" "copy.js" "detail.js" "dialog.js" "diff.js"
        "feed.js" "filters.js" "inspection.js" "json.js" "keys.js" "list.js" "model.js" "overview.js" "parts.js"
        "payload.js" "replay.js" "stream.js" "transcript.js" "tree.js" "typed.js" "way.js" "words.js" "vendor/htm-preact.js";
    STYLE: "base.css" "detail.css" "list.css" "tools.css";
    IMAGE: "icon.svg";
};

/// The page; `{{assets}}` stands for where the files are.
const INDEX: &str = include_str!("page/index.html");

/// Where the files are.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS {
        // Lengths keep two files from being taken for two others.
        hash.update((asset.name.len() as u64).to_be_bytes());
        hash.update(asset.name);
        hash.update((asset.bytes.len() as u64).to_be_bytes());
        hash.update(asset.bytes);
    }
    let digest = hex::encode(hash.finalize());
    digest.get(..16).unwrap_or_default().to_owned()
});

/// `GET /`.
pub(super) async fn index() -> Response {
    let page = INDEX.replace("{{assets}}", &format!("/assets/{}", *FOLDER));
    content(200, "text/html; charset=utf-8", page)
}

/// `GET /assets/HASH/NAME`.
pub(super) async fn asset(Path((hash, name)): Path<(String, String)>) -> Answer {
    let found = ASSETS.iter().find(|asset| asset.name == name).filter(|_| hash == *FOLDER);
    let asset = found.ok_or_else(|| Refused::of_status(404))?;
    let mut response = content(200, asset.kind, asset.bytes);
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_of_the_page_is_served_and_typed_by_its_ending() {
        let page = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/inspect/page"));
        let mut there = 0;
        for folder in ["", "vendor/"] {
            for entry in std::fs::read_dir(page.join(folder)).unwrap() {
                let name = format!("{folder}{}", entry.unwrap().file_name().to_str().unwrap());
                let kind = match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
                    "js" => SCRIPT,
                    "css" => STYLE,
                    "svg" => IMAGE,
                    _ => continue,
                };
                assert!(ASSETS.iter().any(|asset| asset.name == name && asset.kind == kind), "{name}");
                there += 1;
            }
        }
        assert_eq!(there, ASSETS.len());
    }
}
