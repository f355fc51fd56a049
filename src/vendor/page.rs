//! Lists in pages: `limit`, `starting_after`, `has_more`.

use serde_json::Value;

/// The largest page that userjourneys gives.
pub const LARGEST_PAGE: u16 = 100;

/// What can stand in a list: it has an id, and keeps the object it came in.
pub trait Item: Sized {
    /// What it is, in words: `study`.
    const WHAT: &'static str;

    /// Reads an object; `None` when it is none or has no id.
    fn read(raw: Value) -> Option<Self>;

    /// Its id.
    fn id(&self) -> &str;
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paging {
    /// How many items; the vendor's 20 unless given.
    pub limit: Option<u16>,
    /// The id of the last item of the page before.
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are more behind the last.
    pub has_more: bool,
}

impl Paging {
    /// The first page, as large as it can be.
    pub fn largest() -> Self {
        Self { limit: Some(LARGEST_PAGE), after: None }
    }

    /// The page behind `page`; `None` when that was the last.
    pub fn next<T: Item>(&self, page: &Page<T>) -> Option<Self> {
        let last = page.items.last().filter(|_| page.has_more)?;
        Some(Self { limit: self.limit, after: Some(last.id().to_owned()) })
    }
}
