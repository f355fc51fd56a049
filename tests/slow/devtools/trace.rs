//! What a trace says of the page's main thread.

use serde_json::Value;

/// How long the page's tasks took by the processor's time, in milliseconds, longest
/// first; says what the longest spent its time with.
pub(super) fn tasks(events: &[&Value]) -> Vec<f64> {
    let is_main =
        |event: &&&Value| event["name"] == "thread_name" && event["args"]["name"] == "CrRendererMain";
    let thread = |event: &Value| (event["pid"].clone(), event["tid"].clone());
    // Chromium has pages of its own, each with a main thread: ours is the one that does most.
    let of = |name: &Value| -> Vec<&Value> {
        events.iter().copied().filter(|event| thread(event) == thread(name)).collect()
    };
    let of_page = events.iter().filter(is_main).map(|name| of(name)).max_by_key(Vec::len).unwrap_or_default();
    let mut tasks: Vec<(f64, &Value)> = of_page
        .iter()
        .filter(|event| is_task(event))
        .filter_map(|event| Some((milliseconds(event)?, *event)))
        .collect();
    tasks.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    if let Some((_, longest)) = tasks.first() {
        println!("the longest task holds {}", held(&of_page, longest));
    }
    tasks.into_iter().map(|(ms, _)| ms).collect()
}

fn is_task(event: &Value) -> bool {
    event["name"].as_str().is_some_and(|name| name.ends_with("RunTask"))
}

fn milliseconds(event: &Value) -> Option<f64> {
    Some(event["tdur"].as_f64()? / 1_000.0)
}

/// From when to when, on the clock of the wall.
fn span(event: &Value) -> (f64, f64) {
    let start = event["ts"].as_f64().unwrap_or_default();
    (start, start + event["dur"].as_f64().unwrap_or_default())
}

/// What is inside of a task, the longest first.
fn held(events: &[&Value], task: &Value) -> String {
    let (start, end) = span(task);
    let inside = |event: &&&Value| {
        let (from, to) = span(event);
        !is_task(event) && from >= start && to <= end
    };
    let named = |event: &&Value| Some((milliseconds(event)?, event["name"].as_str()?.to_owned()));
    let mut parts: Vec<(f64, String)> = events.iter().filter(inside).filter_map(named).collect();
    parts.sort_by(|(left, _), (right, _)| right.total_cmp(left));
    let parts: Vec<String> = parts.iter().take(6).map(|(ms, name)| format!("{name} {ms:.1} ms")).collect();
    parts.join(", ")
}
