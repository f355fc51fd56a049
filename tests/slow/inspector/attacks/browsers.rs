//! The browsers, with everything switched off that would keep a page from this
//! machine by itself: not the browser is to be tried, but the server.

use super::attacker::Attacker;
use super::names;
use crate::devtools::Browser;
use serde_json::json;
use std::process::{Child, Command, Stdio};

/// What is not Chromium's to refuse: local addresses, 0.0.0.0, windows that nobody asked
/// for, and addresses without TLS. The names are the attacker's, and lead here.
const FLAGS: &str = "--host-resolver-rules='MAP evil.test localhost, MAP *.evil.test localhost, MAP *.nip.io localhost' \
    --disable-popup-blocking --disable-background-timer-throttling --disable-renderer-backgrounding \
    --disable-backgrounding-occluded-windows --disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,\
LocalNetworkAccessForNavigations,LocalNetworkAccessForSubframeNavigations,LocalNetworkAccessForWorkers,\
PrivateNetworkAccessNullIpAddress,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable";

/// The same of Firefox.
const PREFERENCES: [(&str, &str); 20] = [
    ("network.proxy.type", "1"),
    ("network.proxy.socks", "\"127.0.0.1\""),
    ("network.proxy.socks_version", "5"),
    ("network.proxy.socks_remote_dns", "true"),
    ("network.proxy.socks5_remote_dns", "true"),
    ("network.proxy.allow_hijacking_localhost", "true"),
    ("dom.min_background_timeout_value", "4"),
    ("network.lna.enabled", "false"),
    ("network.lna.blocking", "false"),
    ("network.socket.ip_addr_any.disabled", "false"),
    ("dom.disable_open_during_load", "false"),
    ("dom.security.https_first", "false"),
    ("dom.security.https_only_mode", "false"),
    ("network.trr.mode", "5"),
    ("network.captive-portal-service.enabled", "false"),
    ("network.connectivity-service.enabled", "false"),
    ("browser.shell.checkDefaultBrowser", "false"),
    ("browser.aboutwelcome.enabled", "false"),
    ("datareporting.policy.dataSubmissionEnabled", "false"),
    ("app.update.enabled", "false"),
];

/// A browser that is led from attack to attack.
pub(super) enum Led {
    Chromium(Browser),
    Firefox { child: Child, _profile: tempfile::TempDir },
}

impl Led {
    /// Chromium, to which the attacker is somebody on the internet: were its own
    /// guard of local addresses on, the attacks would fail against the naive one.
    pub(super) fn chromium(attacker: &Attacker) -> Option<Self> {
        if Browser::missing() {
            return None;
        }
        let public = format!("--ip-address-space-overrides=127.0.0.1:{}=public", attacker.port);
        let mut browser = Browser::with_flags(&format!("{FLAGS} {public}"));
        // Nobody reads what they tell.
        for domain in ["Page", "Network", "Log"] {
            browser.call(&format!("{domain}.disable"), json!({}));
        }
        browser.look(&format!("void (location.href = {})", json!(attacker.begin())));
        Some(Self::Chromium(browser))
    }

    /// Firefox, which nobody drives: it opens one address.
    pub(super) fn firefox(attacker: &Attacker) -> Option<Self> {
        let found = Command::new("sh").args(["-c", "command -v firefox >/dev/null"]).status().unwrap();
        if !found.success() {
            println!("left out: there is no `firefox` here; `apt-get install firefox-esr` brings it");
            return None;
        }
        let profile = tempfile::tempdir().unwrap();
        let socks = names::serve().to_string();
        let all = PREFERENCES.into_iter().chain([("network.proxy.socks_port", socks.as_str())]);
        let lines: String = all.map(|(name, value)| format!("user_pref(\"{name}\", {value});\n")).collect();
        std::fs::write(profile.path().join("user.js"), lines).unwrap();
        let child = Command::new("timeout")
            .args(["300", "firefox", "--headless", "--no-remote", "--profile"])
            .arg(profile.path())
            .arg(attacker.begin())
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self::Firefox { child, _profile: profile })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Chromium(_) => "chromium",
            Self::Firefox { .. } => "firefox",
        }
    }

    /// Presses the mouse in the middle of the window, as a person does.
    pub(super) fn click(&mut self) {
        let Self::Chromium(browser) = self else { panic!("nobody is there to click") };
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": 500, "y": 400, "button": "left", "clickCount": 1});
            browser.call("Input.dispatchMouseEvent", event);
        }
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        if let Self::Firefox { child, .. } = self {
            // `timeout` passes it on.
            let end = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status();
            drop(end);
            drop(child.wait());
        }
    }
}
