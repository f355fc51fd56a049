//! Which deliveries `events replay` sends, by their numbers.

use super::super::{Place, ReplayArgs, unreadable};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::values::since;
use crate::clock;
use crate::job::wanted::PAGE;
use crate::journal::{Filter, Order, Reader};

/// The numbers of the deliveries to send, oldest first.
pub(super) fn chosen(
    args: &ReplayArgs,
    reader: &Reader,
    place: &Place,
    context: &Context,
) -> Result<Vec<u64>, CommandError> {
    let mut filter = Filter { order: Order::OldestFirst, limit: PAGE, ..Filter::default() };
    if let Some(which) = &args.which {
        let (first, last) = range(which)?;
        if first == last {
            let there = reader.get(first).map_err(|error| unreadable(&error))?.is_some();
            return if there { Ok(vec![first]) } else { Err(place.missing(first)) };
        }
        filter.seqs = Some(first..=last);
    }
    filter.since = args.since.as_deref().map(|text| since("--since", text, clock::now())).transpose()?;
    filter.undelivered = args.undelivered;
    filter.dead = args.dead;
    let mut seqs = Vec::new();
    loop {
        let page = reader.list(&filter).map_err(|error| unreadable(&error))?;
        seqs.extend(page.items.iter().map(|listed| listed.seq));
        match page.next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    let narrowed = args.since.is_some() || args.undelivered || args.dead;
    if seqs.is_empty() {
        let which = args.which.as_deref().map_or_else(String::new, |which| format!(" {which}"));
        return Err(CommandError::usage(match narrowed {
            true => format!("none of the deliveries{which} in the journal is meant"),
            false => format!("there are no deliveries{which} in the journal"),
        })
        .hint(place.command("list")));
    }
    if let Some(range) = filter.seqs.filter(|_| !narrowed) {
        let gaps = gaps(&seqs, *range.start(), *range.end());
        if !gaps.is_empty() {
            context.streams().warn(&format!("not in the journal: {}", gaps.join(", ")), None);
        }
    }
    Ok(seqs)
}

/// The most gaps that are named one by one.
const MOST_GAPS: usize = 8;

/// The numbers of a range that are not among these, as a person writes them.
fn gaps(seqs: &[u64], first: u64, last: u64) -> Vec<String> {
    let (mut gaps, mut next) = (Vec::new(), first);
    for there in seqs.iter().copied().chain(last.checked_add(1)) {
        match there.saturating_sub(next) {
            0 => {}
            1 => gaps.push(next.to_string()),
            _ => gaps.push(format!("{next}..{}", there - 1)),
        }
        next = there.saturating_add(1);
    }
    if gaps.len() > MOST_GAPS {
        gaps.truncate(MOST_GAPS);
        gaps.push("and more".to_owned());
    }
    gaps
}

fn range(text: &str) -> Result<(u64, u64), CommandError> {
    let number = |text: &str| text.trim().trim_start_matches('#').parse::<u64>().ok();
    let ends = match text.split_once("..") {
        Some((first, last)) => number(first).zip(number(last.trim_start_matches('='))),
        None => number(text).map(|seq| (seq, seq)),
    };
    ends.filter(|(first, last)| first <= last).ok_or_else(|| {
        CommandError::usage(format!("`{text}` is neither a delivery nor a range"))
            .hint("write a number such as 12, or a range such as 10..20")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_range_lacks_is_named() {
        assert!(gaps(&[3, 4, 5], 3, 5).is_empty());
        assert_eq!(gaps(&[4, 7], 1, 9), ["1..3", "5..6", "8..9"]);
        assert_eq!(gaps(&[2], 1, u64::MAX - 1), ["1", "3..18446744073709551614"]);
        let odd: Vec<u64> = (1..40).step_by(2).collect();
        assert_eq!(gaps(&odd, 1, 39).last().unwrap(), "and more");
    }

    #[test]
    fn ranges_have_both_ends() {
        assert_eq!(range("12").unwrap(), (12, 12));
        assert_eq!(range("#12").unwrap(), (12, 12));
        assert_eq!(range("10..20").unwrap(), (10, 20));
        for wrong in ["", "a", "10..", "..5", "20..10", "-1"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
