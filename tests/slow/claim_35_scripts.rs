//! Claim 35, its scripts: 500 hostile deliveries, exported as curl scripts, say
//! the same words to curl from every shell, and run nothing else.

use crate::harness::{Home, require};
use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::Head;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::journal::{Durability, Journal, Options};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

const DELIVERIES: usize = 500;
const BASE: &str = "http://127.0.0.1:1";

/// What a shell, or curl, might take for more than a word.
const HOSTILE: [&str; 30] = [
    "$(touch shell-ran)",
    "`touch shell-ran`",
    "'; touch shell-ran; '",
    "'\\''; touch shell-ran #",
    "\" && touch shell-ran \"",
    "| touch shell-ran",
    "& touch shell-ran",
    "> shell-ran",
    "${IFS}",
    "$HOME",
    "$0",
    "$@",
    "!!",
    "!-1",
    "~",
    "*",
    "?[a-z]",
    "{a,b}",
    "\\",
    "\\\\'",
    "'",
    "''",
    "\"",
    "@/etc/passwd",
    "--next",
    "-o shell-ran",
    "<(touch shell-ran)",
    "%s%n",
    "URL",
    "'@BODY'",
];

/// Numbers without a pattern, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    /// Hostile words and noise of the bytes that are allowed there.
    fn text(&mut self, allowed: impl Fn(u8) -> bool) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.roll(5) {
            text.extend_from_slice(HOSTILE[self.roll(HOSTILE.len())].as_bytes());
            for _ in 0..self.roll(12) {
                text.push(u8::try_from(self.roll(256)).unwrap());
            }
        }
        text.retain(|byte| allowed(*byte));
        text
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn head(dice: &mut Dice) -> Head {
    loop {
        let word = |dice: &mut Dice| String::from_utf8(dice.text(is_token)).unwrap();
        let method = format!("M{}", word(dice));
        let target = String::from_utf8(dice.text(|byte| byte.is_ascii_graphic())).unwrap();
        let fields: Vec<(String, Vec<u8>)> = (0..1 + dice.roll(6))
            .map(|_| {
                let value = dice.text(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
                (format!("X{}", word(dice)), value.trim_ascii().to_vec())
            })
            .collect();
        if let Ok(head) = Head::build(&method, &format!("/{target}"), fields) {
            return head;
        }
    }
}

fn fill(journal: &Path) -> Vec<Delivery> {
    let mut dice = Dice(0x5eed);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let options = Options { durability: Durability::Off, ..Options::default() };
    let journal = Journal::open(journal, options).unwrap();
    let deliveries: Vec<Delivery> = (0..DELIVERIES)
        .map(|_| Delivery {
            received: Timestamp::from_seconds(i64::try_from(now).unwrap()),
            peer: "127.0.0.1:9".parse().unwrap(),
            head: head(&mut dice),
            body: dice.text(|_| true).into(),
        })
        .collect();
    for delivery in &deliveries {
        let verdict = Verdict::of(&Arc::from("koji"), Code::Mismatch, "");
        let checked =
            Checked { delivery: delivery.clone(), verdict, facts: Facts::default(), outbox: Arc::from([]) };
        let _ = runtime.block_on(journal.append(Arc::new(checked))).unwrap();
    }
    runtime.block_on(journal.close()).unwrap();
    deliveries
}

/// What curl is to be told, but for the place of the body.
fn words(delivery: &Delivery) -> Vec<Vec<u8>> {
    let head = &delivery.head;
    let text = |text: &str| text.as_bytes().to_vec();
    let mut words = vec![text("--globoff"), text("--path-as-is"), text("--include"), text("--request")];
    words.extend([text(head.method()), text("--url"), format!("{BASE}{}", head.target()).into_bytes()]);
    for field in head.headers().iter() {
        let line = match field.value {
            b"" => format!("{};", field.name).into_bytes(),
            value => [field.name.as_bytes(), b": ", value].concat(),
        };
        words.extend([text("--header"), line]);
    }
    // What curl would add by itself and the sender did not send.
    for name in ["Accept", "User-Agent", "Content-Type", "Expect"] {
        words.extend([text("--header"), format!("{name}:").into_bytes()]);
    }
    if !delivery.body.is_empty() {
        words.push(text("--data-binary"));
    }
    words
}

/// A folder with a `curl` that only notes what it is told.
fn fake_curl(home: &Home) -> PathBuf {
    let path = home.write("fake/curl", "#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$CURL_TOLD\"\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.parent().unwrap().to_owned()
}

#[test]
fn five_hundred_hostile_deliveries_are_the_same_words_in_every_shell() {
    for tool in ["dash", "bash", "zsh"] {
        require(tool);
    }
    let home = Home::default();
    let deliveries = fill(&home.join("data/journal.db"));
    // A folder whose name is no better.
    let folder = home.join("it's $(touch shell-ran) `here`");
    let args = ["events", "export", "--format", "curl", "--dir", folder.to_str().unwrap()];
    home.run(args).expect(0);
    let path = std::env::join_paths([fake_curl(&home), "/usr/bin".into(), "/bin".into()]).unwrap();
    for shell in ["sh", "dash", "bash", "zsh"] {
        let driver = "for script in \"$FOLDER\"/*.sh; do CURL_TOLD=$script.told \"$SHELL_UNDER_TEST\" \"$script\" \"$BASE\" || exit 1; done";
        let mut command = Command::new("sh");
        command
            .args(["-c", driver])
            .env_clear()
            .env("PATH", &path)
            .env("HOME", home.path())
            .env("BASE", BASE);
        command.env("FOLDER", &folder).env("SHELL_UNDER_TEST", shell).current_dir(home.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{shell}: {errors}");
        for (number, delivery) in (1..).zip(&deliveries) {
            let told = folder.join(format!("{number:06}.sh.told"));
            let content = std::fs::read(&told).unwrap();
            std::fs::remove_file(&told).unwrap();
            let mut found: Vec<Vec<u8>> = content.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
            assert_eq!(found.pop().as_deref(), Some(&b""[..]), "every word ends");
            let body = if delivery.body.is_empty() { None } else { found.pop() };
            assert_eq!(found, words(delivery), "{shell}, delivery {number}");
            let body = body.map(|place| {
                let place = place.strip_prefix(b"@").unwrap();
                std::fs::read(Path::new(OsStr::from_bytes(place))).unwrap()
            });
            let sent = body.unwrap_or_default();
            assert!(sent == delivery.body, "{shell}, the body of delivery {number}");
        }
        assert!(!home.join("shell-ran").exists() && !folder.join("shell-ran").exists(), "{shell} ran a word");
    }
    println!("{} scripts in 4 shells: the same words", deliveries.len());
}

#[test]
fn the_same_words_unquoted_do_run() {
    let home = Home::default();
    let mut ran = 0;
    for word in HOSTILE {
        // The control: without quotes a shell does what it is told.
        let mut command = Command::new("sh");
        command.args(["-c", &format!("true {word}")]).env_clear().env("PATH", "/usr/bin:/bin");
        drop(command.current_dir(home.path()).stdin(Stdio::null()).output().unwrap());
        ran += usize::from(std::fs::remove_file(home.join("shell-ran")).is_ok());
    }
    assert!(ran >= 4, "only {ran} words ran");
}
