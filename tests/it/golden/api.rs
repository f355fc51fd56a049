//! `hookctl api` against a vendor that answers by a script.

use super::Story;
use crate::harness::script::{Act, Script, answer, json};

const KEY: &str = "uj_live_fake0000000000000000000000a1b2";
const LIST: &str =
    "{\"object\":\"list\",\"data\":[{\"id\":\"s_1\",\"name\":\"Onboarding Feedback\"}],\"has_more\":false}";

/// A story whose vendor answers so, with requests that are taken down at the end.
struct Called {
    story: Story,
    script: Script,
}

impl Called {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let script = Script::new(acts);
        let mut story = Story::new();
        story.variable("USERJOURNEYS_BASE_URL", &format!("{}/api/v1", script.base()));
        story.variable("KOJI_BASE_URL", &script.base());
        story.variable("USERJOURNEYS_API_KEY", KEY);
        Self { story, script }
    }

    #[track_caller]
    fn run(&mut self, code: i32, args: &[&str]) -> &mut Self {
        self.story.run(code, args);
        self
    }

    /// The whole requests, under the commands that made them.
    #[track_caller]
    fn golden(&mut self, name: &str) {
        let requests = self.script.requests().join("\n\n").replace('\r', "").replace(KEY, "[KEY]");
        assert!(!self.story.text.contains(KEY), "{}", self.story.text);
        self.story.text.push_str(&format!("The requests\n\n{requests}\n"));
        self.story.golden(name);
        assert_eq!(self.script.left(), 0);
    }
}

#[test]
fn api() {
    let page =
        |id: &str, more: bool| json(200, &format!("{{\"data\":[{{\"id\":\"{id}\"}}],\"has_more\":{more}}}"));
    let made = "{\"url\":\"https://a.example/\",\"signing_secret\":\"whsec_fake\"}";
    let mut called = Called::new([
        json(200, LIST),
        json(200, LIST),
        json(200, LIST),
        page("i_1", true),
        page("i_2", false),
        page("i_1", true),
        page("i_2", false),
        json(201, made),
        answer(204, &[], ""),
        answer(204, &[], ""),
        json(200, "{\"ok\":true}"),
        json(200, "{}"),
        answer(
            200,
            &[("Content-Type", "text/event-stream")],
            "data: {\"delta\":\"Why?\"}\n\ndata: [DONE]\n\n",
        ),
    ]);
    called
        .run(0, &["api", "GET", "/studies"])
        .run(0, &["api", "get", "studies?limit=5", "-f", "starting_after=a b", "--json"])
        .run(0, &["api", "GET", "/studies", "--jq", ".body.data[].name"])
        .run(0, &["api", "GET", "/interviews", "-f", "study_id=s_1", "--paginate"])
        .run(0, &["api", "GET", "/interviews?limit=1", "-f", "study_id=s_1", "--paginate", "--json"])
        .run(
            0,
            &[
                "api",
                "PUT",
                "/webhooks",
                "-f",
                "url=https://a.example/",
                "-f",
                "events[]=interview.completed",
            ],
        )
        .run(0, &["api", "DELETE", "/webhooks"])
        .run(0, &["api", "DELETE", "/webhooks", "--json"])
        .run(
            0,
            &[
                "api",
                "POST",
                "/things",
                "-F",
                "n=5",
                "-F",
                "deep[list][]=true",
                "-f",
                "text=5",
                "-H",
                "X-Session-Token: t_fake",
            ],
        );
    called.story.run_with(0, &["api", "POST", "/things", "--input", "-"], b"{\"a\": [1]}");
    called
        .story
        .variable("USERJOURNEYS_API_KEY", "")
        .variable("KOJI_API_KEY", KEY.replace("uj_", "pk_").as_str());
    called.run(
        0,
        &[
            "api",
            "POST",
            "/api/v1/interviews/i_1/message",
            "--provider",
            "koji",
            "-f",
            "content=Hm",
            "--json",
        ],
    );
    called.golden("api.txt");
}

#[test]
fn api_errors() {
    let html = answer(200, &[("Content-Type", "text/html")], "<html>Sign in</html>");
    let mut called = Called::new([
        answer(
            401,
            &[("Content-Type", "application/json"), ("X-Request-Id", "req_1")],
            "{\"error\":\"Invalid API key\"}",
        ),
        json(404, "{\"error\":{\"message\":\"No such study\"}}"),
        json(404, "{\"error\":{\"message\":\"No such study\"}}"),
        answer(429, &[("Retry-After", "3600")], "{\"error\":\"rate_limited\",\"message\":\"Slow down.\"}"),
        json(500, "<html>Oops</html>"),
        answer(302, &[("Location", "https://elsewhere.example/login")], ""),
        html,
        json(200, "{\"data\":[{\"id\":\"a\"}],\"has_more\":true}"),
        json(200, "{\"data\":[{\"id\":\"a\"}],\"has_more\":true}"),
        json(200, "{}"),
        json(200, "{\"data\":["),
        Act::Drop,
    ]);
    called
        .run(4, &["api", "GET", "/studies"])
        .run(4, &["api", "GET", "/studies/s_2"])
        .run(4, &["api", "GET", "/studies/s_2", "--json"])
        .run(4, &["api", "GET", "/studies"])
        .run(5, &["api", "POST", "/studies"])
        .run(5, &["api", "GET", "/studies"])
        .run(5, &["api", "GET", "/studies"])
        .run(5, &["api", "GET", "/studies", "--paginate"])
        .run(5, &["api", "GET", "/studies", "--paginate"])
        .run(5, &["api", "GET", "/studies", "--paginate"])
        .run(5, &["api", "POST", "/studies"]);
    called.golden("api.errors.txt");
}

#[test]
fn api_that_is_never_called() {
    let mut called = Called::new([]);
    called
        .run(2, &["api"])
        .run(2, &["api", "FETCH", "/studies"])
        .run(2, &["api", "GET"])
        .run(2, &["api", "GET", "https://example.com/api/v1/studies"])
        .run(2, &["api", "GET", "/studies/../webhooks"])
        .run(2, &["api", "GET", "//example.com/studies"])
        .run(2, &["api", "GET", "/studies", "-f", "limit"])
        .run(2, &["api", "POST", "/studies", "-f", "a=1", "-f", "a[]=2"])
        .run(2, &["api", "POST", "/studies", "--paginate"])
        .run(2, &["api", "GET", "/studies", "-H", "Authorization: Bearer x"])
        .run(2, &["api", "PUT", "/webhooks", "--input", "nowhere.json"])
        .run(2, &["api", "GET", "/studies", "--provider", "github"])
        .run(2, &["api", "GET", "/studies", "--base-url", "http://example.com/api/v1"]);
    called.story.home.write("not.json", "{");
    called.run(2, &["api", "PUT", "/webhooks", "--input", "not.json"]);
    called.story.variable("USERJOURNEYS_API_KEY", "");
    called.run(3, &["api", "GET", "/studies"]).run(3, &["api", "GET", "/x", "--provider", "koji"]);
    called.golden("api.uncalled.txt");
}
