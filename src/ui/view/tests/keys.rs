//! What is typed, and what comes of it.

use super::{Screen, rows};
use crate::ui::view::fixture::{listed, ready};
use crate::ui::view::input::Parser;
use crate::ui::view::source::Query;
use crate::ui::view::state::Deed;
use snapbox::{assert_data_eq, str};

#[test]
fn a_filter_is_typed_refused_taken_and_dropped() {
    let mut screen = Screen::new(72, 9, rows());
    screen.types("/status=20");
    assert_data_eq!(
        screen.shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → localhost:3000                     live
      time      event                verdict     answer  forward
> #3  HH:MM:SS  interview.completed  ✗ mismatch  401
  #2  HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms  r…
  #1  HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms (4…


/status=20
enter goes  esc drops it

"#]]
    );
    assert_eq!(screen.terminal.backend().cursor_position().x, 10);
    screen.types("\r");
    assert!(screen.line("`20` is no status").is_some(), "{}", screen.shows());
    assert!(screen.deeds.is_empty());
    screen.types("0\r");
    assert!(matches!(screen.deeds[..], [Deed::Ask(Query::Filter(_))]), "{:?}", screen.deeds);
    assert!(screen.line("filter status=200").is_some() && screen.line("filtered").is_some());
    screen.types("\x1b");
    assert_eq!(screen.deeds.len(), 2);
    assert!(screen.line("filter").is_none_or(|line| line.contains("/ filter")), "{}", screen.shows());
    // Escape in the line leaves the filter as it was.
    screen.types("/dead\x1b");
    assert_eq!((screen.deeds.len(), screen.state.filter.as_str()), (2, ""));
}

#[test]
fn an_empty_answer_to_a_filter_says_how_to_go_back() {
    let mut screen = Screen::new(72, 9, rows());
    screen.rows.clear();
    screen.types("/dead\r");
    assert!(screen.line("no delivery matches").is_some(), "{}", screen.shows());
}

#[test]
fn keys_do_what_they_say() {
    let mut screen = Screen::new(72, 9, rows());
    screen.types("j").types("r").types("e").types("y").types("o").types("q");
    match &screen.deeds[..] {
        [
            Deed::Replay { entry: replayed, to: None },
            Deed::Edit { entry: edited, to: None },
            Deed::Copy(copied),
            Deed::Open(Some(2)),
            Deed::Quit,
        ] => assert_eq!([replayed.listed.seq, edited.listed.seq, copied.listed.seq], [2, 2, 2]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_target_one_is_asked_for_and_remembered() {
    let mut screen = Screen::new(72, 9, rows());
    screen.state.ready = Some(ready(&[]));
    screen.types("r");
    assert!(screen.line("send #3 to 3000").is_some(), "{}", screen.shows());
    screen.types("localhost:9/x\r");
    assert!(matches!(&screen.deeds[..], [Deed::Replay { to: Some(to), .. }] if to == "localhost:9/x"));
    screen.types("r");
    assert!(screen.line("send #3 to localhost:9/x").is_some(), "{}", screen.shows());
    screen.types("\x1b").types("r").types("\x15\r");
    assert_eq!(screen.deeds.len(), 1, "nothing typed is nothing sent");
    // What went somewhere is proposed to go there again.
    screen.types("j").types("r");
    assert!(screen.line("send #2 to localhost:3000/hooks").is_some(), "{}", screen.shows());
    screen.types("36587/hooks\r");
    assert!(matches!(&screen.deeds[1..], [Deed::Replay { to: Some(to), .. }] if to == "36587/hooks"));
}

#[test]
fn a_paste_is_no_command() {
    let mut screen = Screen::new(72, 9, rows());
    let pressed = Parser::default().feed(b"\x1b[200~rrrqqq\x1b[201~");
    pressed.iter().for_each(|press| assert!(screen.state.press(press).is_empty()));
    assert!(screen.deeds.is_empty());
}

#[test]
fn a_pause_counts_what_came_and_a_held_row_stays() {
    let mut screen = Screen::new(72, 9, rows());
    screen.types(" ");
    screen.comes(listed(4)).comes(listed(5));
    assert!(screen.line("#4").is_none() && screen.line("paused · 2 newer").is_some(), "{}", screen.shows());
    screen.types(" ");
    assert!(screen.line("> #5").is_some(), "{}", screen.shows());
    screen.types("j").comes(listed(6));
    assert!(screen.line("> #4").is_some() && screen.line("#6").is_some(), "{}", screen.shows());
    assert!(screen.line("live").is_some(), "nothing newer is hidden: {}", screen.shows());
}

#[test]
fn messages_are_bounded_and_the_last_one_is_shown_until_a_key() {
    let mut screen = Screen::new(72, 9, rows());
    for number in 0..1_000 {
        screen.state.ended(Ok(format!("message {number}")));
    }
    screen.settle();
    assert!(screen.line("message 999").is_some());
    assert!(screen.state.said.len() <= 50);
    screen.types("j");
    assert!(screen.line("message 999").is_none());
}

#[test]
fn the_head_tells_targets_on_one_port_apart() {
    let mut screen = Screen::new(100, 9, rows());
    screen.state.ready = Some(ready(&["http://localhost:3000/hooks", "http://localhost:3000/fail"]));
    screen.settle();
    assert!(screen.line("→ localhost:3000/hooks, localhost:3000/fail").is_some(), "{}", screen.shows());
}
