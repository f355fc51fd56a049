use super::*;
use crate::hook::headers::Headers;

const HEX: &str = "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
const BASE64: &str = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
const UJ: &str = r#"{"event":"interview.completed","data":{"study_id":"s"}}"#;

fn seen(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Detection {
    let filled = |value: &str| value.replace("HEX", HEX).replace("BASE64", BASE64);
    let headers = Headers::from_pairs(headers.iter().map(|(name, value)| (*name, filled(value))));
    let message = Message { method, target, headers: &headers, body: body.as_bytes(), url: None };
    Detector::new(Catalogue::builtin()).detect(&message)
}

fn sure_of(headers: &[(&str, &str)], body: &str) -> Option<String> {
    let found = seen("POST", "/", headers, body);
    let first = found.ids.first().map(ToString::to_string);
    first.filter(|_| found.sureness == Sureness::Certain)
}

/// The candidates of what is not certain.
fn names(found: &Detection) -> Vec<String> {
    assert!(matches!(found.sureness, Sureness::Likely | Sureness::Unsure), "{found:?}");
    found.ids.iter().map(ToString::to_string).collect()
}

fn likely(headers: &[(&str, &str)], body: &str) -> Vec<String> {
    names(&seen("POST", "/", headers, body))
}

#[test]
fn a_header_of_ones_own_with_the_right_shape_is_enough() {
    for (header, value, id) in [
        ("x-koji-signature", "sha256=HEX", "koji"),
        ("Stripe-Signature", "t=1,v1=HEX,v0=HEX", "stripe"),
        ("X-Slack-Signature", "v0=HEX", "slack"),
        ("X-Shopify-Hmac-SHA256", "BASE64", "shopify"),
        ("X-Telegram-Bot-Api-Secret-Token", "token", "telegram"),
    ] {
        assert_eq!(sure_of(&[("Host", "a"), (header, value)], "{}").as_deref(), Some(id));
    }
    assert_eq!(likely(&[("X-Koji-Signature", "nonsense")], ""), ["koji"]);
}

#[test]
fn userjourneys_is_known_by_header_and_body_together() {
    let signature = ("X-Webhook-Signature", "sha256=HEX");
    let event = ("X-Webhook-Event", "interview.completed");
    assert_eq!(sure_of(&[signature, event], UJ).as_deref(), Some("userjourneys"));
    assert_eq!(sure_of(&[signature], UJ).as_deref(), Some("userjourneys"));
    let older = UJ.replace("study_id", "experiment_id");
    assert_eq!(sure_of(&[signature], &older).as_deref(), Some("userjourneys"));
    for other in
        ["{}", r#"{"event":"interview.completed"}"#, r#"{"event":"x","data":{"study_id":"s"}}"#, "no"]
    {
        assert_eq!(likely(&[signature], other), ["cursor", "userjourneys"], "{other}");
    }
    // The same header in the shapes of others.
    assert_eq!(likely(&[("X-Webhook-Signature", "t=1,v1=HEX")], UJ), ["ripple"]);
    assert_eq!(
        sure_of(&[("X-Webhook-Signature", "eyJh.eyJi.c"), ("X-Netlify-Event", "deploy")], "{}").as_deref(),
        Some("netlify")
    );
}

#[test]
fn shared_headers_need_a_second_one() {
    let hub = ("X-Hub-Signature-256", "sha256=HEX");
    assert_eq!(
        sure_of(
            &[
                hub,
                ("X-Hub-Signature", "sha1=a2114d57b48eac39b9ad189dd8316235a7b4a8d2"),
                ("X-GitHub-Event", "push")
            ],
            "{}"
        )
        .as_deref(),
        Some("github")
    );
    assert_eq!(sure_of(&[hub], r#"{"object":"whatsapp_business_account"}"#).as_deref(), Some("whatsapp"));
    assert_eq!(likely(&[hub], r#"{"object":"page"}"#).first().map(String::as_str), Some("facebook"));
    let old = ("X-Hub-Signature", "sha256=HEX");
    assert_eq!(sure_of(&[old, ("X-Event-Key", "repo:push")], "{}").as_deref(), Some("bitbucket"));
    assert_eq!(sure_of(&[old, ("X-Atlassian-Webhook-Identifier", "1")], "{}").as_deref(), Some("jira"));
    let sha1 = ("X-Hub-Signature", "sha1=a2114d57b48eac39b9ad189dd8316235a7b4a8d2");
    assert_eq!(sure_of(&[sha1, ("X-GitHub-Event", "push")], "{}").as_deref(), Some("github-sha1"));
    let hubspot = ("X-HubSpot-Signature", "HEX");
    for (version, id) in [("v1", "hubspot-v1"), ("v2", "hubspot-v2")] {
        let headers = [hubspot, ("X-HubSpot-Signature-Version", version)];
        assert_eq!(sure_of(&headers, "[]").as_deref(), Some(id));
    }
    let third = ("X-HubSpot-Signature-v3", "BASE64");
    assert_eq!(
        sure_of(&[hubspot, third, ("X-HubSpot-Request-Timestamp", "1")], "[]").as_deref(),
        Some("hubspot-v3")
    );
}

#[test]
fn the_standard_family_is_told_apart_only_by_what_is_there() {
    let standard =
        [("webhook-id", "m"), ("webhook-timestamp", "1"), ("webhook-signature", "v1a,xx v1,BASE64")];
    let family = likely(&standard, r#"{"type":"a"}"#);
    assert_eq!(family.first().map(String::as_str), Some("standard-webhooks"));
    assert!(family.iter().any(|id| id == "openai"), "{family:?}");
    assert!(!family.iter().any(|id| id == "gocardless" || id == "cloudflare-stream"), "{family:?}");
    let gitlab = [standard[0], standard[1], standard[2], ("X-Gitlab-Event", "Push Hook")];
    assert_eq!(sure_of(&gitlab, "{}").as_deref(), Some("gitlab"));
    let svix = [("svix-id", "m"), ("svix-timestamp", "1"), ("svix-signature", "v1,BASE64")];
    assert_eq!(likely(&svix, "{}"), ["svix", "clerk", "resend"]);
    assert_eq!(likely(&[("Webhook-Signature", "time=1,sig1=HEX")], "{}"), ["cloudflare-stream"]);
    assert_eq!(likely(&[("Webhook-Signature", "HEX")], "{}"), ["gocardless"]);
}

#[test]
fn signatures_in_the_body_are_found() {
    let mailgun = r#"{"signature":{"timestamp":"1","token":"t","signature":"HEX"}}"#.replace("HEX", HEX);
    assert_eq!(sure_of(&[], &mailgun).as_deref(), Some("mailgun"));
    let adyen = r#"{"notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"BASE64"}}}]}"#;
    assert_eq!(sure_of(&[], &adyen.replace("BASE64", BASE64)).as_deref(), Some("adyen-standard"));
    let braintree = "bt_signature=pk%7Ca2114d57b48eac39b9ad189dd8316235a7b4a8d2&bt_payload=x";
    assert_eq!(sure_of(&[], braintree).as_deref(), Some("braintree"));
    let target = format!("/?signature={HEX}");
    assert_eq!(names(&seen("POST", &target, &[], "{}")), ["pandadoc"]);
}

#[test]
fn without_a_signature_nothing_is_sure() {
    let koji = r#"{"type":"interview.completed","data":{"study_id":"s"}}"#;
    assert_eq!(likely(&[], koji), ["koji"]);
    assert_eq!(likely(&[], UJ), ["userjourneys"]);
    assert_eq!(likely(&[("X-Hook-Secret", "s")], "{}"), ["asana"]);
    assert_eq!(names(&seen("GET", "/?crc_token=a", &[], "")), ["twitter"]);
    for body in ["", "{}", r#"{"type":"ping"}"#, r#"{"type":"interview.completed"}"#, "no json"] {
        assert_eq!(seen("POST", "/", &[], body).sureness, Sureness::Unknown, "{body}");
    }
}

#[test]
fn a_users_provider_is_recognised_too() {
    let mut catalogue = Catalogue::builtin();
    catalogue.add("f", "[mine]\nheader = \"X-Mine\"").unwrap();
    let headers = Headers::from_pairs([("x-mine", HEX)]);
    let message = Message { method: "POST", target: "/", headers: &headers, body: b"", url: None };
    let found = Detector::new(catalogue).detect(&message);
    assert_eq!((found.sureness, found.ids), (Sureness::Certain, vec!["mine".into()]));
}
