//! A small client of Chromium's DevTools protocol over a pair of pipes: the
//! browser reads its file descriptor 3 and writes 4, messages end with a zero byte.
#![allow(unreachable_pub, reason = "each test uses its part")]

#[path = "devtools/trace.rs"]
mod trace;

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A headless browser with one page.
pub struct Browser {
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

/// What a page is waited for, in milliseconds.
const PATIENCE: u64 = 30_000;

impl Browser {
    /// Says so where there is no browser to test with.
    pub fn missing() -> bool {
        let found = Command::new("sh").args(["-c", "command -v chromium >/dev/null"]).status().unwrap();
        if !found.success() {
            println!("left out: there is no `chromium` here; `apt-get install chromium` brings it");
        }
        !found.success()
    }

    /// One that runs no scripts of pages.
    pub fn start() -> Self {
        let mut browser = Self::with_scripts();
        browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
        browser
    }

    /// One as people have it.
    pub fn with_scripts() -> Self {
        Self::with_flags("")
    }

    /// One that a test goes through faster than a person could: it draws as often as it can, and a page
    /// may write its address as often as it likes.
    pub fn hurried() -> Self {
        Self::with_flags("--disable-frame-rate-limit --disable-gpu-vsync --disable-ipc-flooding-protection")
    }

    /// One with more flags, as a shell reads them.
    pub fn with_flags(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pipe = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (to, from) = (pipe("to"), pipe("from"));
        assert!(Command::new("mkfifo").args([&to, &from]).status().unwrap().success());
        let script = format!(
            "exec timeout 600 chromium {FLAGS} {more} --user-data-dir=\"$3\" about:blank 3<\"$1\" 4>\"$2\""
        );
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
        browser.screen(1_000, false);
        browser
    }

    /// Calls a method of the page and waits for its answer; events on the way are kept.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let session = self.session.clone();
        self.called(method, params, session)
    }

    /// Lets pages use the clipboard, and keeps their downloads in this folder.
    pub fn allow(&mut self, downloads: &std::path::Path) {
        let permissions = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.called("Browser.grantPermissions", permissions, None);
        let behaviour = json!({"behavior": "allow", "downloadPath": downloads});
        self.called("Browser.setDownloadBehavior", behaviour, None);
        self.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
    }

    fn called(&mut self, method: &str, params: Value, session: Option<String>) -> Value {
        self.answered(method, params, session).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// What the browser answers to a call, or the error that it gives.
    fn answered(&mut self, method: &str, params: Value, session: Option<String>) -> Result<Value, Value> {
        self.number += 1;
        let mut message = json!({"id": self.number, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let message = self.read();
            if message["id"] == json!(self.number) {
                return match message.get("error") {
                    Some(error) => Err(error.clone()),
                    None => Ok(message["result"].clone()),
                };
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

    pub fn open(&mut self, url: &str) {
        let seen = self.events.len();
        self.call("Page.navigate", json!({"url": url}));
        self.loaded(seen);
    }

    /// Opens the same page again.
    pub fn reload(&mut self) {
        let seen = self.events.len();
        self.call("Page.reload", json!({}));
        self.loaded(seen);
    }

    /// How wide the window is, and whether the person likes it dark.
    pub fn screen(&mut self, width: u64, dark: bool) {
        let height = if width < 500 { 740 } else { 800 };
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = if dark { "dark" } else { "light" };
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Looks at the page; the inspector may, though the page's own scripts are off.
    pub fn look(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let looked = self.call("Runtime.evaluate", params);
        assert_eq!(looked.get("exceptionDetails"), None, "{expression}: {looked}");
        looked["result"]["value"].clone()
    }

    /// Runs something in a page that may leave at any moment, and then does not say what came of it.
    pub fn poke(&mut self, expression: &str) {
        let session = self.session.clone();
        let params = json!({"expression": expression});
        let _ = self.answered("Runtime.evaluate", params, session);
    }

    /// Hears what the browser has to tell, whatever its page is doing.
    pub fn hear(&mut self) {
        self.called("Browser.getVersion", json!({}), None);
    }

    fn element(&mut self, selector: &str, what: &str) -> Value {
        let selector = json!(selector);
        self.look(&format!("(() => {{ const found = document.querySelector({selector}); {what} }})()"))
    }

    pub fn text(&mut self, selector: &str) -> String {
        let text = self.element(selector, "return found.textContent;");
        text.as_str().unwrap().to_owned()
    }

    pub fn width_of_page(&mut self) -> u64 {
        self.look("document.documentElement.scrollWidth").as_u64().unwrap()
    }

    /// Presses the mouse in the middle of an element, as a person does.
    pub fn click(&mut self, selector: &str) {
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

    pub fn type_into(&mut self, selector: &str, text: &str) {
        self.click(selector);
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Chooses an option by its key.
    pub fn choose(&mut self, selector: &str, text: &str) {
        self.element(selector, "found.focus();");
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({"type": kind, "text": text, "key": text}));
        }
        let chosen = self.element(selector, "return found.value;");
        assert_eq!(chosen, json!(text), "{selector}");
    }

    /// Switches the browser's own checks of the form off.
    pub fn without_checks(&mut self) {
        self.look("document.querySelectorAll('form').forEach(form => { form.noValidate = true; })");
    }

    /// Presses a button and waits for the page it leads to.
    pub fn submit(&mut self, selector: &str) {
        let seen = self.events.len();
        self.click(selector);
        self.loaded(seen);
    }

    /// Waits until an expression is true, and gives what it is.
    #[track_caller]
    pub fn wait_for(&mut self, expression: &str) -> Value {
        let found = self.look(&format!(
            "new Promise(done => {{ const end = Date.now() + {PATIENCE};
               const look = () => {{ let found = null; try {{ found = {expression}; }} catch {{}}
                 if (found || Date.now() > end) done(found); else setTimeout(look, 20); }}; look(); }})"
        ));
        if !is_true(&found) {
            self.screenshot("waited-in-vain");
            panic!("waited in vain for {expression}: {}", self.look("document.body.innerText"));
        }
        found
    }

    /// Waits for an element that has this text in it.
    #[track_caller]
    pub fn wait_for_text(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.wait_for(&format!(
            "[...document.querySelectorAll({selector})].some(one => one.textContent.includes({text}))"
        ));
    }

    /// Presses a key: a letter, or one by its name.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            "Delete" => 46,
            letter => u32::from(letter.bytes().next().unwrap().to_ascii_uppercase()),
        };
        let mut event = json!({"type": "keyDown", "key": key, "windowsVirtualKeyCode": code});
        if key.chars().count() == 1 {
            event["text"] = json!(key);
        } else if key == "Enter" {
            event["text"] = json!("\r");
        }
        self.call("Input.dispatchKeyEvent", event.clone());
        event["type"] = json!("keyUp");
        event["text"] = Value::Null;
        event.as_object_mut().unwrap().remove("text");
        self.call("Input.dispatchKeyEvent", event);
    }

    /// Turns the wheel over an element.
    pub fn wheel(&mut self, selector: &str, by: i64) {
        let at = self.element(
            selector,
            "const box = found.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2];",
        );
        let event = json!({"type": "mouseWheel", "x": at[0], "y": at[1], "deltaX": 0, "deltaY": by});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Puts a text in the place of what a field holds.
    pub fn fill(&mut self, selector: &str, text: &str) {
        self.element(selector, "found.focus(); found.select();");
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Presses the first button whose text begins so.
    #[track_caller]
    pub fn press_button(&mut self, text: &str) {
        let wanted = json!(text);
        self.wait_for(&format!(
            "(() => {{ const all = [...document.querySelectorAll('dialog[open] button, dialog[open] summary')];
               const found = (all.length ? all : [...document.querySelectorAll('button, summary')])
                 .find(one => one.textContent.trim().startsWith({wanted}) && !one.disabled && one.offsetParent !== null);
               if (!found) return false; found.click(); return true; }})()"
        ));
    }

    /// How long the page's tasks take while `work` is done, longest first: in
    /// milliseconds of the processor's time, so that a busy machine does not count.
    pub fn tasks_during(&mut self, work: impl FnOnce(&mut Self)) -> Vec<f64> {
        let seen = self.events.len();
        let categories = "toplevel,devtools.timeline,v8,disabled-by-default-devtools.timeline,__metadata";
        self.called("Tracing.start", json!({"categories": categories, "transferMode": "ReportEvents"}), None);
        work(self);
        self.called("Tracing.end", json!({}), None);
        while !self.events.iter().skip(seen).any(|event| event["method"] == "Tracing.tracingComplete") {
            let event = self.read();
            self.events.push(event);
        }
        let traced: Vec<Value> = self.events.split_off(seen);
        let pieces = traced.iter().filter(|event| event["method"] == "Tracing.dataCollected");
        let events: Vec<&Value> =
            pieces.flat_map(|event| event["params"]["value"].as_array().unwrap()).collect();
        trace::tasks(&events)
    }

    /// Keeps a picture of the whole page.
    pub fn screenshot(&mut self, name: &str) {
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

    /// Runs a script before those of every page; what it tells by `tell` is in `told`.
    pub fn watch(&mut self, script: &str) {
        self.call("Runtime.addBinding", json!({"name": "tell"}));
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}));
    }

    /// What was told since the browser began.
    pub fn told(&self) -> Vec<String> {
        let told = self.of("Runtime.bindingCalled");
        told.map(|event| event["params"]["payload"].as_str().unwrap().to_owned()).collect()
    }

    /// The events of this name so far.
    pub fn of(&self, method: &str) -> impl Iterator<Item = &Value> {
        self.events.iter().filter(move |event| event["method"] == method)
    }

    /// Nothing was loaded from elsewhere, and the browser complained about nothing.
    pub fn assert_calm(&mut self, own: &str) {
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

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != json!(0) && *value != json!("")
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
