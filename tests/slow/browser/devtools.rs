//! A small client of Chromium's DevTools protocol over a pair of pipes: the
//! browser reads its file descriptor 3 and writes 4, messages end with a zero byte.

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A headless browser with one page, its scripts switched off.
pub(super) struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    number: u64,
    events: Vec<Value>,
    _folder: tempfile::TempDir,
}

const FLAGS: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-extensions \
    --remote-debugging-pipe";

impl Browser {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (to, from) = (pipe("to"), pipe("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let script =
            format!("exec timeout 300 chromium {FLAGS} --user-data-dir=\"$3\" about:blank 3<\"$1\" 4>\"$2\"");
        let child = Command::new("sh")
            .args(["-c", &script, "sh", &to, &from, &pipe("profile")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The shell opens them in this order, and each waits for the other end.
        let to = OpenOptions::new().write(true).open(to).unwrap();
        let from = BufReader::new(File::open(from).unwrap());
        let mut browser =
            Self { child, to, from, session: None, number: 0, events: Vec::new(), _folder: folder };
        let made = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": made["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().to_owned();
        browser.session = Some(session);
        for domain in ["Page", "Network", "Log", "Runtime"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
        browser.screen(1_000, false);
        browser
    }

    /// Calls a method and waits for its answer; events on the way are kept.
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let message = self.read();
            if message["id"] == json!(self.number) {
                assert_eq!(message.get("error"), None, "{method}: {message}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).unwrap();
        assert_eq!(bytes.pop(), Some(0), "the browser is gone");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Waits for the page that was asked for to be whole.
    fn loaded(&mut self, seen: usize) {
        let is = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().skip(seen).any(is) {
            let event = self.read();
            self.events.push(event);
        }
    }

    pub(super) fn open(&mut self, url: &str) {
        let seen = self.events.len();
        self.call("Page.navigate", json!({"url": url}));
        self.loaded(seen);
    }

    /// How wide the window is, and whether the person likes it dark.
    pub(super) fn screen(&mut self, width: u64, dark: bool) {
        let height = if width < 500 { 740 } else { 800 };
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Looks at the page; the inspector may, though the page's own scripts are off.
    fn look(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let looked = self.call("Runtime.evaluate", params);
        assert_eq!(looked.get("exceptionDetails"), None, "{expression}: {looked}");
        looked["result"]["value"].clone()
    }

    fn element(&mut self, selector: &str, what: &str) -> Value {
        let selector = json!(selector);
        self.look(&format!("(() => {{ const found = document.querySelector({selector}); {what} }})()"))
    }

    pub(super) fn text(&mut self, selector: &str) -> String {
        let text = self.element(selector, "return found.textContent;");
        text.as_str().unwrap().to_owned()
    }

    pub(super) fn width_of_page(&mut self) -> u64 {
        self.look("document.documentElement.scrollWidth").as_u64().unwrap()
    }

    /// Presses the mouse in the middle of an element, as a person does.
    pub(super) fn click(&mut self, selector: &str) {
        let middle = self.element(
            selector,
            "found.scrollIntoView({block: 'center', behavior: 'instant'}); const box = found.getBoundingClientRect();
             return [box.x + box.width / 2, box.y + box.height / 2];",
        );
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({"type": kind, "x": middle[0], "y": middle[1], "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    pub(super) fn type_into(&mut self, selector: &str, text: &str) {
        self.click(selector);
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Chooses an option by its key.
    pub(super) fn choose(&mut self, selector: &str, text: &str) {
        self.element(selector, "found.focus();");
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({"type": kind, "text": text, "key": text}));
        }
        let chosen = self.element(selector, "return found.value;");
        assert_eq!(chosen, json!(text), "{selector}");
    }

    /// Switches the browser's own checks of the form off.
    pub(super) fn without_checks(&mut self) {
        self.look("document.querySelectorAll('form').forEach(form => { form.noValidate = true; })");
    }

    /// Presses a button and waits for the page it leads to.
    pub(super) fn submit(&mut self, selector: &str) {
        let seen = self.events.len();
        self.click(selector);
        self.loaded(seen);
    }

    /// Keeps a picture of the whole page.
    pub(super) fn screenshot(&mut self, name: &str) {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let taken = self.call("Page.captureScreenshot", params);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        use base64::Engine;
        let bytes =
            base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        println!("to be looked at: {}", path.display());
    }

    /// Nothing was loaded from elsewhere, and the browser complained about nothing.
    pub(super) fn assert_calm(&mut self, own: &str) {
        self.look("1");
        let complaints: Vec<&Value> =
            self.events.iter().filter(|event| event["method"] == "Log.entryAdded").collect();
        assert!(complaints.is_empty(), "{complaints:?}");
        let asked = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        let urls: Vec<&str> =
            asked.map(|event| event["params"]["request"]["url"].as_str().unwrap_or_default()).collect();
        assert!(urls.len() > 4, "{urls:?}");
        assert!(urls.iter().all(|url| url.starts_with(own) || url.starts_with("data:")), "{urls:?}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
