//! userjourneys' lists: `limit`, `starting_after`, `has_more`. Pure.

use super::reply::Refused;
use serde_json::{Value, json};

const USUAL: usize = 20;
const MOST: usize = 100;

/// A page of a list. What the vendor leaves open is ours: a limit outside 1 to
/// 100 is moved into it, and a cursor that is no item of the list is refused.
pub(super) fn page<T>(
    items: &[T],
    query: &Query,
    id: impl Fn(&T) -> &str,
    shown: impl FnMut(&T) -> Value,
) -> Result<Value, Refused> {
    let limit = match query.get("limit") {
        None => USUAL,
        Some(text) => text
            .parse::<i64>()
            .map(|limit| usize::try_from(limit.clamp(1, MOST as i64)).unwrap_or(1))
            .map_err(|_| Refused::invalid(format!("`limit` must be an integer from 1 to {MOST}")))?,
    };
    let start = match query.get("starting_after") {
        None => 0,
        Some(after) => {
            let at = items.iter().position(|item| id(item) == after);
            at.ok_or_else(|| Refused::invalid("`starting_after` is no item of this list"))? + 1
        }
    };
    let rest = items.get(start..).unwrap_or_default();
    let data: Vec<Value> = rest.iter().take(limit).map(shown).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": rest.len() > limit }))
}

/// The query of a request, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind the question mark.
    pub(super) fn of(text: Option<&str>) -> Self {
        Self(form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(query: &str, items: usize) -> Result<(Vec<String>, bool), u16> {
        let items: Vec<String> = (0..items).map(|number| number.to_string()).collect();
        let page = page(&items, &Query::of(Some(query)), String::as_str, |item| json!(item));
        page.map_err(|refused| refused.status).map(|page| {
            let data =
                page["data"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
            (data, page["has_more"] == true)
        })
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        for (limit, items) in [(1, 3), (2, 5), (20, 20), (20, 21), (100, 3)] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let (page, more) = ids(&format!("limit={limit}{after}"), items).unwrap();
                assert!(page.len() <= limit && (more || seen.len() + page.len() == items));
                seen.extend(page);
                if !more {
                    break;
                }
                after = format!("&starting_after={}", seen.last().unwrap());
            }
            assert_eq!(seen, (0..items).map(|number| number.to_string()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn limits_are_moved_into_their_range_and_nonsense_is_refused() {
        assert_eq!(ids("", 30).unwrap().0.len(), 20);
        assert_eq!(ids("limit=0", 30).unwrap().0.len(), 1);
        assert_eq!(ids("limit=-7", 30).unwrap().0.len(), 1);
        assert_eq!(ids("limit=1000", 300).unwrap().0.len(), 100);
        for query in ["limit=", "limit=ten", "starting_after=nobody", "starting_after="] {
            assert_eq!(ids(query, 30), Err(400), "{query}");
        }
        assert_eq!(ids("starting_after=29", 30).unwrap(), (Vec::new(), false));
    }
}
