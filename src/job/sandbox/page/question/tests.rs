use super::*;

fn question(kind: &str, config: Value) -> Question {
    Question { id: format!("q_{kind}"), text: format!("What about <{kind}>?"), kind: kind.to_owned(), config }
}

fn answered(kind: &str, config: Value, form: &str) -> Result<Option<Value>, String> {
    let questions = [question(kind, config)];
    let asked = asked(&questions).next().unwrap();
    asked.answer(&Form::parse(form.as_bytes())).map(|answer| answer.map(|answer| answer.value))
}

fn drawn(kind: &str, config: Value, form: &str, wrong: Option<&str>) -> String {
    let questions = [question(kind, config)];
    let asked = asked(&questions).next().unwrap();
    asked.fields(&Form::parse(form.as_bytes()), wrong).into_string()
}

fn options() -> Value {
    json!({"options": ["a & b", "\"c\"", "d"]})
}

fn with_other() -> Value {
    json!({"options": ["a & b"], "allowOther": true})
}

#[test]
fn each_type_gives_the_value_the_vendor_documents() {
    let scale = json!({"scaleMin": 0, "scaleMax": 10});
    for (kind, config, form, value) in [
        ("open_ended", json!({}), "q1=+Quick.+", json!("Quick.")),
        ("scale", scale, "q1=10", json!(10)),
        ("single_choice", options(), "q1=a+%26+b", json!("a & b")),
        ("single_choice", with_other(), "q1=__other__&q1-other=my+own", json!("my own")),
        ("multiple_choice", options(), "q1=a+%26+b&q1=d", json!(["a & b", "d"])),
        ("ranking", options(), "q1-0=3&q1-1=1&q1-2=2", json!(["\"c\"", "d", "a & b"])),
        ("yes_no", json!({}), "q1=no", json!("no")),
    ] {
        assert_eq!(answered(kind, config, form), Ok(Some(value)), "{kind}");
    }
    assert_eq!(answered("multiple_choice", options(), ""), Ok(None));
}

#[test]
fn what_is_no_answer_is_refused_with_what_to_do() {
    for (kind, config, form) in [
        ("open_ended", json!({}), "q1=++"),
        ("scale", json!({}), "q1=6"),
        ("scale", json!({}), "q1=x"),
        ("single_choice", options(), ""),
        ("single_choice", options(), "q1=invented"),
        ("single_choice", options(), "q1=__other__&q1-other=not+allowed+here"),
        ("single_choice", with_other(), "q1=__other__"),
        ("multiple_choice", options(), "q1=d&q1=invented"),
        ("ranking", options(), "q1-0=1&q1-1=1&q1-2=2"),
        ("ranking", options(), "q1-0=1&q1-1=2"),
        ("ranking", options(), "q1-0=2&q1-1=3&q1-2=4"),
        ("yes_no", json!({}), "q1=maybe"),
    ] {
        let refused = answered(kind, config, form).unwrap_err();
        assert!(refused.ends_with('.'), "{kind} {form}: {refused}");
    }
}

#[test]
fn every_field_has_a_label_and_nothing_of_a_study_becomes_markup() {
    for (kind, config) in [
        ("open_ended", json!({})),
        ("scale", json!({"scaleLabels": {"min": "<b>", "max": "very"}})),
        ("single_choice", with_other()),
        ("multiple_choice", options()),
        ("ranking", options()),
        ("yes_no", json!({})),
    ] {
        let html = drawn(kind, config, "", None);
        assert!(html.contains("What about &lt;") && !html.contains("<b>"), "{html}");
        assert!(html.starts_with("<fieldset id=\"q1\"") && html.contains("<legend>"), "{html}");
        let fields = html.matches("<input ").count()
            + html.matches("<select ").count()
            + html.matches("<textarea ").count();
        let labels = html.matches("<label ").count() + html.matches("aria-label=").count();
        assert_eq!(fields, labels, "{html}");
    }
}

#[test]
fn what_was_filled_in_stays_and_what_was_wrong_is_said_beside_it() {
    let html = drawn("ranking", options(), "q1-0=2", Some("Give each its own place."));
    assert!(html.contains("<option value=\"2\" selected>"), "{html}");
    assert!(html.contains("class=\"wrong\"") && html.contains("id=\"q1-error\">Give each"), "{html}");
    assert!(html.contains("aria-describedby=\"q1-error q1-hint\""), "{html}");
    let html = drawn("multiple_choice", options(), "q1=d", None);
    assert!(html.contains("value=\"d\" checked>"), "{html}");
    assert!(
        drawn("open_ended", json!({}), "q1=%3C/textarea%3E", None).contains(">&lt;/textarea&gt;</textarea>")
    );
    assert!(drawn("scale", json!({"scaleMin": 0, "scaleMax": 100_000}), "", None).len() < 10_000);
}
