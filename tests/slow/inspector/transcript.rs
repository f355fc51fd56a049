//! The interview behind a delivery, as the sandbox's vendors tell it.

use super::Stage;
use crate::devtools::Browser;
use crate::harness::target::Application;
use crate::harness::{Home, hmac_sha256_hex, post};
use hookctl::job::sandbox::{self, Options};
use serde_json::json;
use tokio::runtime::Runtime;

const SECRET: &str = "whsec_for_tests_only_0123456789abcdef";

#[test]
fn the_interview_of_a_delivery_is_read_as_a_conversation_with_its_answers() {
    if Browser::missing() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let vendors = runtime.block_on(sandbox::start(Options::default())).unwrap();
    for vendor in [
        Vendor {
            name: "userjourneys",
            base: ("USERJOURNEYS_BASE_URL", &vendors.uj_base),
            key: "USERJOURNEYS_API_KEY",
            secret: "USERJOURNEYS_WEBHOOK_SECRET",
            header: "X-Webhook-Signature",
            named: "event",
        },
        Vendor {
            name: "koji",
            base: ("KOJI_BASE_URL", &vendors.koji_base),
            key: "KOJI_API_KEY",
            secret: "KOJI_WEBHOOK_SECRET",
            header: "X-Koji-Signature",
            named: "type",
        },
    ] {
        let key = vendors.key(vendor.name).unwrap();
        vendor.is_read(key, &format!("http://{}", vendors.address));
    }
}

struct Vendor<'a> {
    name: &'a str,
    base: (&'a str, &'a str),
    key: &'a str,
    secret: &'a str,
    header: &'a str,
    /// The member that names the event.
    named: &'a str,
}

impl Vendor<'_> {
    fn is_read(&self, key: &str, address: &str) {
        let home = Home::default();
        let variables = [self.base, (self.key, key), (self.secret, SECRET), ("HOOKCTL_SANDBOX_URL", address)];
        let complete = ["sandbox", "complete", "--provider", self.name, "--json"];
        let completed = home.run_with(complete, b"", &variables).expect(0).records().remove(0);
        let id = completed["interview_id"].as_str().unwrap();
        let args = ["--provider", self.name, "--enrich", "--inspect", "127.0.0.1:0"];
        let listening = home.listen_with(args, &variables);
        let body =
            json!({self.named: "interview.completed", "data": {"interview_id": id}}).to_string().into_bytes();
        let signature = format!("sha256={}", hmac_sha256_hex(SECRET, &body));
        assert_eq!(post(listening.address, "/", &[(self.header, signature.as_str())], &body), 200);
        let interview = listening.next("interview")["interview"].clone();
        let url = listening.ready["inspector"].as_str().unwrap().to_owned();
        let browser = Browser::with_scripts();
        let mut stage = Stage { browser, listening, application: Application::start(), url, home };
        stage.browser.open(&stage.url);
        stage.browser.wait_for_text(".row .c-event", "interview.completed");
        stage.browser.click(".row");
        stage.browser.wait_for("document.querySelector('#tab-transcript')");
        stage.browser.click("#tab-transcript");
        stage.browser.wait_for("document.querySelectorAll('.talk li').length >= 2");
        // Somebody asks, and a participant answers; the answers and the whole object stand below.
        stage.browser.wait_for("document.querySelectorAll('.talk li.person').length >= 1");
        stage.browser.wait_for("document.querySelectorAll('.transcript dl dt').length >= 1");
        let shown = stage.browser.look("document.querySelector('.transcript').innerText");
        let shown = shown.as_str().unwrap();
        assert!(!shown.contains("[object") && !shown.contains('–'), "{shown}");
        println!("{interview:#}\n{shown}");
        stage.pictures(&format!("transcript-{}", self.name));
        stage.browser.assert_calm(stage.url.split_once("/#").unwrap().0);
    }
}
