//! Claim 35, its accounts and exports: what `login`, `register` and `config set`
//! keep is its owner's alone and whole, many at once lose nothing, an export is
//! there whole or not at all, and nothing that a vendor says becomes a path, a
//! formula or a command.

use crate::harness::script::{Act, Script, json};
use crate::harness::{Home, PATIENCE, Ran, under};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const KEY: &str = "uj_live_fake0000000000000000000000a1b2";

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Everything below a folder, with the folders.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(below(&entry.path()));
        }
        found.push(entry.path());
    }
    found.sort();
    found
}

fn login(home: &Home, name: &str) -> Command {
    let key = home.secret(&format!("{name}.key"), KEY);
    let mut command =
        home.command(["login", "--provider", "userjourneys", "--no-check", "--no-input", "--profile", name]);
    command.args(["--api-key-file", key.to_str().unwrap()]);
    command
}

/// Runs all at once; gives how each ended.
fn at_once(commands: Vec<Command>) -> Vec<Ran> {
    let started: Vec<_> =
        commands.into_iter().map(|command| std::thread::spawn(move || Ran::of(command, b""))).collect();
    started.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn credentials_are_for_their_owner_alone_under_any_umask() {
    for umask in ["000", "022", "077", "777"] {
        let home = Home::default();
        let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
        Ran::of(under(["sh", "-c", &shell], &login(&home, "mine")), b"").expect(0);
        let set = home.command(["config", "set", "port", "4401"]);
        Ran::of(under(["sh", "-c", &shell], &set), b"").expect(0);
        let all = below(&home.join("settings"));
        assert!(all.len() >= 4, "{all:?}");
        for path in all {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), expected, "umask {umask}: {}", path.display());
        }
        assert_eq!(mode(&home.join("settings")), 0o700, "umask {umask}");
    }
}

#[test]
fn credentials_that_others_can_read_are_closed_to_them_and_it_is_said() {
    let home = Home::default();
    Ran::of(login(&home, "mine"), b"").expect(0);
    let (folder, key) = (home.join("settings/profiles/mine"), home.join("settings/profiles/mine/api-key"));
    for (path, loose, tight) in [(&key, 0o644, 0o600), (&key, 0o660, 0o600), (&folder, 0o755, 0o700)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(loose)).unwrap();
        let said = home.run(["whoami"]).expect(0).err();
        assert!(said.contains("was open to other users"), "{said}");
        assert_eq!(mode(path), tight);
        assert!(!home.run(["whoami"]).expect(0).err().contains("open to other users"), "it is said once");
    }
}

#[test]
fn settings_that_are_set_at_once_are_all_kept() {
    let home = Home::default();
    let keys = [
        "port", "host", "answer", "output", "color", "forward", "provider", "profile", "no_input", "journal",
    ];
    let values =
        ["4402", "127.0.0.1", "ack", "json", "never", "localhost:3000", "koji", "mine", "true", "j.db"];
    Ran::of(login(&home, "mine"), b"").expect(0);
    let mut commands = Vec::new();
    for round in 0..5 {
        for (key, value) in keys.iter().zip(values) {
            let value = if *key == "port" { (4_402 + round).to_string() } else { value.to_owned() };
            commands.push(home.command(["config", "set", key, &value]));
        }
    }
    let ran = at_once(commands);
    let refused = ran.iter().filter(|ran| ran.code() == 2).count();
    let text = std::fs::read_to_string(home.join("settings/config.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("half a file: {error}: {text}"));
    let taken: Vec<&str> =
        keys.iter().enumerate().filter(|(n, _)| ran[*n].code() == 0).map(|(_, key)| *key).collect();
    assert!(taken.len() >= 6, "{refused} are no settings: {}", ran[0].block());
    for key in taken {
        assert!(table.contains_key(key), "`{key}` was lost: {text}");
    }
    assert!(ran.iter().all(|ran| [0, 2].contains(&ran.code())), "{}", ran[0].block());
}

#[test]
fn profiles_that_are_stored_and_changed_at_once_are_all_whole() {
    let home = Home::default();
    Ran::of(login(&home, "shared"), b"").expect(0);
    let mut commands: Vec<Command> = (0..12).map(|n| login(&home, &format!("profile-{n}"))).collect();
    for n in 0..6 {
        commands.push(login(&home, "shared"));
        let target = format!("localhost:{}", 3_000 + n);
        commands.push(home.command(["config", "set", "profiles.shared.target", &target]));
    }
    for ran in at_once(commands) {
        ran.expect(0);
    }
    let all = home.run(["whoami", "--all", "--json"]).expect(0).records();
    assert_eq!(all.len(), 13);
    assert!(all.iter().all(|account| account["api_key"] == "uj_live_…a1b2"), "{all:?}");
    let shared = all.iter().find(|account| account["profile"] == "shared").unwrap();
    assert!(shared["target"].as_str().unwrap().contains("300"), "a change was lost: {shared}");
    let left: Vec<_> =
        below(&home.join("settings")).into_iter().filter(|p| p.to_string_lossy().ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_stands_in_the_place_of_a_file_is_not_waited_for_and_not_followed() {
    let home = Home::default();
    Ran::of(login(&home, "userjourneys"), b"").expect(0);
    let key = home.join("settings/profiles/userjourneys/api-key");
    // A pipe that nobody writes into.
    std::fs::remove_file(&key).unwrap();
    assert!(Command::new("mkfifo").arg(&key).status().unwrap().success());
    let ran = Ran::of(under(["timeout", "20"], &home.command(["studies", "list"])), b"");
    assert!(ran.code() == 3 && ran.err().contains("a pipe, not a file"), "{}", ran.block());
    // A folder.
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    assert_eq!(home.run(["studies", "list"]).code(), 3);
    std::fs::remove_dir(&key).unwrap();
    // A link to a file of somebody's, and a second name of one: neither is written into.
    let precious = home.write("precious", "precious");
    std::os::unix::fs::symlink(&precious, &key).unwrap();
    Ran::of(login(&home, "userjourneys"), b"").expect(0);
    assert_eq!(std::fs::read_to_string(&key).unwrap().trim(), KEY);
    std::fs::remove_file(&key).unwrap();
    std::fs::hard_link(&precious, &key).unwrap();
    Ran::of(login(&home, "userjourneys"), b"").expect(0);
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    for name in ["../escape", "a/b", "/etc/x", "..", ".hidden", "a\nb", ""] {
        let ran = home.run([
            "login",
            "--provider",
            "koji",
            "--no-check",
            "--profile",
            name,
            "--api-key-file",
            "/dev/null",
        ]);
        assert!([2, 3].contains(&ran.code()), "{name}: {}", ran.block());
    }
    assert!(!home.join("settings/escape").exists() && !home.join("settings/profiles/a").exists());
}

#[test]
fn what_a_checkout_says_cannot_send_anything_away() {
    let home = Home::default();
    let other = Script::new([]);
    home.write(".env", "USERJOURNEYS_API_KEY=uj_live_planted\nUSERJOURNEYS_BASE_URL=http://127.0.0.1:9\n");
    home.run(["studies", "list"]).expect(3);
    for line in [
        format!("base_url = \"{}\"", other.base()),
        "forward = \"https://evil.example/\"".to_owned(),
        "forward = [\"localhost:3000\", \"192.0.2.1:80\"]".to_owned(),
        "api_key = \"uj_live_planted\"".to_owned(),
        "journal = \"/tmp/planted.db\"".to_owned(),
        "host = \"0.0.0.0\"".to_owned(),
    ] {
        home.write("hookctl.toml", format!("{line}\n"));
        let said = home.run(["config", "list"]).expect(0).err();
        assert!(said.contains("not used") && said.contains("hookctl.toml"), "{line}: {said}");
        let values = home.run(["config", "list", "--json"]).expect(0).out();
        assert!(!values.contains("planted") && !values.contains("evil"), "{line}: {values}");
    }
    assert_eq!(other.requests(), [""; 0]);
}

fn interview(id: &str) -> Value {
    json!({"id": id, "study_id": "s", "status": "completed", "headline": format!("About {id}")})
}

fn list(ids: &[&str]) -> Act {
    json(
        200,
        &json!({"data": ids.iter().map(|id| interview(id)).collect::<Vec<_>>(), "has_more": false})
            .to_string(),
    )
}

/// An export of a study that is named by its id.
fn export(home: &Home, base: &str, more: &[&str]) -> Command {
    let mut command = home.command([
        "interviews",
        "export",
        "--study",
        "5f0c6d1e-0000-4000-8000-000000000001",
        "--no-input",
    ]);
    command.args(more).env("USERJOURNEYS_API_KEY", KEY).env("USERJOURNEYS_BASE_URL", base);
    command
}

/// How many requests for a path a script has seen.
fn lines(script: &Script, path: &str) -> usize {
    script.lines().iter().filter(|line| line.contains(path)).count()
}

#[test]
fn an_export_that_is_killed_leaves_no_half_file_and_goes_on_where_it_was() {
    let home = Home::default();
    let out = home.write("out.jsonl", "the export of yesterday\n");
    // The list, two interviews, and silence.
    let whole = |id: &str| json(200, &interview(id).to_string());
    let ids = ["a", "b", "c"];
    let first = Script::new([list(&ids), whole("a"), whole("b"), Act::Hang(Vec::new())]);
    // One port for both runs: the address is a part of what an unfinished export is for.
    let proxy = Relay::to(first.address);
    let mut child = export(&home, &proxy.base(), &["--out", "out.jsonl"]).spawn().unwrap();
    let begun = std::time::Instant::now();
    while lines(&first, "/interviews/c") == 0 {
        assert!(begun.elapsed() < PATIENCE, "it did not come to the third: {:?}", first.lines());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "the export of yesterday\n", "the old file is whole");
    let second = Script::new([list(&ids), whole("c")]);
    proxy.turn_to(second.address);
    let ran = Ran::of(export(&home, &proxy.base(), &["--out", "out.jsonl"]), b"").expect(0);
    assert!(ran.err().contains("going on after 2 interviews"), "{}", ran.err());
    let text = std::fs::read_to_string(&out).unwrap();
    let got: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["interview"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(got, ids, "each once");
    assert_eq!(mode(&out), 0o600);
    let beside: Vec<_> =
        below(home.path()).into_iter().filter(|p| p.to_string_lossy().contains("out.jsonl.")).collect();
    assert!(beside.is_empty(), "{beside:?}");
}

/// Passes connections on to where it is told, so that a vendor keeps its address.
struct Relay {
    address: std::net::SocketAddr,
    to: std::sync::Arc<std::sync::Mutex<std::net::SocketAddr>>,
}

impl Relay {
    fn to(target: std::net::SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let to = std::sync::Arc::new(std::sync::Mutex::new(target));
        let of_thread = std::sync::Arc::clone(&to);
        std::thread::spawn(move || {
            for near in listener.incoming().map(Result::unwrap) {
                let far = std::net::TcpStream::connect(*of_thread.lock().unwrap()).unwrap();
                for (mut from, mut to) in
                    [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far.try_clone().unwrap(), near)]
                {
                    std::thread::spawn(move || {
                        drop(std::io::copy(&mut from, &mut to));
                        drop(to.shutdown(std::net::Shutdown::Write));
                    });
                }
            }
        });
        Self { address, to }
    }

    fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    fn turn_to(&self, target: std::net::SocketAddr) {
        *self.to.lock().unwrap() = target;
    }
}

#[test]
fn an_export_that_fails_leaves_the_file_of_before_and_says_how_to_go_on() {
    let home = Home::default();
    let out = home.write("out.csv", "before\n");
    let vendor = Script::new([list(&["a", "b"]), json(200, &interview("a").to_string()), json(403, "{}")]);
    let ran = Ran::of(export(&home, &vendor.base(), &["--out", "out.csv", "--format", "csv"]), b"").expect(4);
    assert!(ran.err().contains("the same command goes on from here"), "{}", ran.err());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "before\n");
    // A place that cannot be written is said before anything is asked for, or with nothing left behind.
    let vendor = Script::new([list(&["a"]), json(200, &interview("a").to_string())]);
    let ran = Ran::of(export(&home, &vendor.base(), &["--out", "no/such/folder/out.csv"]), b"").expect(6);
    assert!(ran.err().contains("--out FILE"), "{}", ran.err());
}

#[test]
fn no_cell_of_a_vendor_is_a_formula_and_no_row_is_torn() {
    const HOSTILE: [&str; 14] = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u{feff}=1",
        "＝1",
        "=HYPERLINK(\"http://evil\")",
        "a\",\"b",
        "a\r\nb,c",
        "|calc",
    ];
    for hostile in HOSTILE {
        let mut given = interview("i1");
        for name in
            ["headline", "summary", "reference_id", "respondent_email", "language", "quality_score", "status"]
        {
            given[name] = json!(hostile);
        }
        given["transcript"] = json!([{"role": "user", "content": hostile}]);
        given["answers"] = json!([{"question": hostile, "answer": hostile}]);
        let page = json!({"data": [given], "has_more": false}).to_string();
        let vendor = Script::new([json(200, &page), json(200, &given.to_string())]);
        let ran = Ran::of(export(&Home::default(), &vendor.base(), &["--format", "csv"]), b"").expect(0);
        let mut reader = csv::Reader::from_reader(&ran.stdout[..]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1, "{hostile:?}: {}", ran.out());
        for cell in &rows[0] {
            let first = cell.trim_start_matches([' ', '\u{feff}', '\u{a0}']).chars().next();
            assert!(
                !first.is_some_and(|first| "=+-@\t\r|＝".contains(first)),
                "{hostile:?} is a formula: {cell:?}"
            );
        }
        // The control: the text is in there, unless all of it is taken away.
        assert!(ran.out().contains(
            hostile.trim_matches(['\t', '\r', '\n', '\u{feff}', ' ']).split(['\r', '"']).next().unwrap()
        ));
    }
}

#[test]
fn what_a_vendor_calls_its_things_is_no_path_and_no_command() {
    let home = Home::default();
    home.write("work/keep", "");
    let hostile = [
        "../../escape",
        "/tmp/escape",
        "a/b",
        "..",
        "$(touch ran)",
        "`touch ran`",
        "a;touch ran",
        "--out",
        "\u{1b}]0;x\u{7}",
    ];
    for id in hostile {
        let given = interview(id);
        let page = json!({"data": [given], "has_more": false}).to_string();
        let vendor = Script::new([json(200, &page), json(200, &given.to_string())]);
        let mut command = export(&home, &vendor.base(), &["--format", "markdown", "--out", "out.md"]);
        command.current_dir(home.join("work"));
        let ran = Ran::of(command, b"");
        // Ids that cannot stand in a path of the API are refused; none becomes a path here or there.
        assert!([0, 3, 4, 5].contains(&ran.code()), "{id}: {}", ran.block());
        assert!(!ran.block().contains('\u{1b}'), "{id}");
        for line in vendor.lines() {
            let path = line.split(' ').nth(1).unwrap().split('?').next().unwrap();
            assert!(
                path.matches('/').count() <= 2 && path.split('/').all(|part| part != ".."),
                "{id}: {line}"
            );
        }
        let found: Vec<_> = below(home.path()).into_iter().filter(|p| !p.ends_with("out.md")).collect();
        assert!(
            found.iter().all(|path| !path.to_string_lossy().contains("escape") && !path.ends_with("ran")),
            "{id}: {found:?}"
        );
    }
    assert!(!Path::new("/tmp/escape").exists());
}
