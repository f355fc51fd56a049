//! Lists in pages: `limit`, `starting_after`, `has_more`.

use serde_json::Value;
use std::collections::HashSet;

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

/// The pages that were asked for: a list whose pages go in a circle has no end.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    seen: HashSet<String>,
}

/// The next page was asked for before, or there are more than any list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circle;

/// The most pages of a list: a million items.
const MOST_PAGES: usize = 10_000;

impl Trail {
    /// As [`Paging::next`].
    ///
    /// # Errors
    /// When that page was asked for before.
    pub fn next<T: Item>(&mut self, paging: &Paging, page: &Page<T>) -> Result<Option<Paging>, Circle> {
        let Some(next) = paging.next(page) else { return Ok(None) };
        self.step(next.after.clone().unwrap_or_default()).map(|()| Some(next))
    }

    /// The same by the id of the last item.
    ///
    /// # Errors
    /// When the page behind it was asked for before.
    pub fn step(&mut self, after: String) -> Result<(), Circle> {
        if self.seen.len() < MOST_PAGES && self.seen.insert(after) { Ok(()) } else { Err(Circle) }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_ends_at_a_circle_and_after_more_pages_than_any_list_has() {
        let mut trail = Trail::default();
        assert_eq!(trail.step("a".into()), Ok(()));
        assert_eq!(trail.step("a".into()), Err(Circle));
        let steps = (0..MOST_PAGES + 1).map(|page| trail.step(page.to_string()));
        assert_eq!(steps.filter(Result::is_err).count(), 2);
    }
}
