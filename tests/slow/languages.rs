//! The handlers of `verify --as` in the languages that a developer's machine may
//! lack: every provider's, compiled where the language is, run, and attacked over
//! HTTP exactly as those for Node and Python are.

use crate::harness::handlers::genuine::take;
use crate::harness::handlers::hostile::{Attack, VARIABLE, Written, hold, written};
use crate::harness::handlers::malformed::refused;
use crate::harness::handlers::running::{Handler, program_of};
use crate::harness::require_from;
use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::Catalogue;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// What stays from run to run.
const KEPT: &str = env!("CARGO_TARGET_TMPDIR");

/// Where a language's handlers are built.
fn workshop() -> TempDir {
    tempfile::tempdir_in(KEPT).unwrap()
}

/// Runs a compiler to its end; what it finds fails the test.
#[track_caller]
fn build(mut command: Command) {
    let built = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [built.stdout, built.stderr].concat();
    assert!(built.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&said));
}

/// Writes every handler as a file of a folder of its own.
fn lay_out(written: &[Written], folder: &Path, file: &str, text: impl Fn(&Written) -> String) {
    for handler in written {
        let own = folder.join(package(handler));
        std::fs::create_dir(&own).unwrap();
        std::fs::write(own.join(file), text(handler)).unwrap();
    }
}

/// A provider's name as a package.
fn package((provider, _): &Written) -> String {
    format!("p_{}", provider.id().replace('-', "_"))
}

/// A command of Go: what was compiled before is kept, and nothing is downloaded.
pub(crate) fn go(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(folder).env("GOFLAGS", "").env("GOTOOLCHAIN", "local");
    command.env("GOCACHE", Path::new(KEPT).join("go-cache")).env("GOPROXY", "off");
    command
}

#[test]
fn the_handlers_for_go_hold() {
    require_from("go", "apt-get install golang-go");
    let (written, workshop) = (written(Language::Go, 90), workshop());
    let folder = workshop.path();
    lay_out(&written, folder, "handler.go", |(_, source)| source.clone());
    std::fs::write(folder.join("go.mod"), "module handlers\n\ngo 1.19\n").unwrap();
    build(go(&["vet", "./..."], folder));
    build(go(&["build", "-ldflags=-s -w", "-o", "bin/", "./..."], folder));
    hold(Language::Go, &written, |handler, folder_of_its_own, variables| {
        let program = Command::new(folder.join("bin").join(package(handler)));
        Handler::run(program, folder_of_its_own, variables)
    });
}

#[test]
fn the_handlers_for_java_hold() {
    require_from("javac", "apt-get install default-jdk-headless");
    let (written, workshop) = (written(Language::Java, 90), workshop());
    let folder = workshop.path();
    // All classes have one name, so for one compiler each gets a package.
    lay_out(&written, folder, "Handler.java", |handler| {
        format!("package {};{}", package(handler), handler.1)
    });
    let mut javac = Command::new("javac");
    javac.current_dir(folder).args(["-Xlint:all", "-Werror", "-d", "out"]);
    javac.args(written.iter().map(|handler| folder.join(package(handler)).join("Handler.java")));
    build(javac);
    hold(Language::Java, &written, |handler, folder_of_its_own, variables| {
        let mut java = Command::new("java");
        // A machine of its own for each handler: the little that each needs, soon there.
        java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp"]);
        java.arg(folder.join("out")).arg(format!("{}.Handler", package(handler)));
        Handler::run(java, folder_of_its_own, variables)
    });
}

#[test]
fn the_handlers_for_ruby_hold() {
    hold_as_printed(Language::Ruby);
}

#[test]
fn the_handlers_for_php_hold() {
    hold_as_printed(Language::Php);
}

#[test]
fn the_handlers_for_deno_hold() {
    hold_as_printed(Language::Deno);
}

/// Those that are not in the fast tests, and not compiled for them.
const OTHERS: [Language; 5] = [Language::Deno, Language::Ruby, Language::Php, Language::Go, Language::Java];

#[test]
fn a_malformed_secret_does_not_start_a_handler() {
    for language in OTHERS {
        refused(language, |source, folder| command(language, source, folder));
    }
}

#[test]
fn the_handlers_take_what_vendors_signed() {
    for language in OTHERS {
        take(language, |source, folder, variables| start(language, source, folder, variables));
    }
}

fn hold_as_printed(language: Language) {
    hold(language, &written(language, 90), |(_, source), folder, variables| {
        start(language, source, folder, variables)
    });
}

/// Starts a handler as its first lines say.
#[track_caller]
pub(crate) fn start(
    language: Language,
    source: &str,
    folder: &Path,
    variables: &[(String, String)],
) -> Handler {
    Handler::run(command(language, source, folder), folder, variables)
}

/// The command that starts a handler so.
#[track_caller]
fn command(language: Language, source: &str, folder: &Path) -> Command {
    let (program, file): (Vec<&str>, _) = match language {
        Language::Ruby => {
            require_from("puma", "apt-get install puma");
            require_from("rackup", "apt-get install ruby-rack");
            (vec!["rackup", "--server", "puma", "--host", "127.0.0.1", "--port", "0"], "config.ru")
        }
        Language::Php => {
            require_php();
            (["php"].into_iter().chain(PHP_SETTINGS).chain(["-S", "127.0.0.1:0"]).collect(), "handler.php")
        }
        Language::Node => (vec!["node"], "handler.mjs"),
        Language::Python => (vec!["python3"], "handler.py"),
        Language::Deno => (vec![deno(), "run", "--allow-net", "--allow-env"], "handler.mjs"),
        Language::Java => {
            require_from("java", "apt-get install default-jdk-headless");
            (vec!["java"], "Handler.java")
        }
        Language::Go => {
            require_from("go", "apt-get install golang-go");
            // Not `go run`, which would leave its child behind.
            std::fs::write(folder.join("handler.go"), source).unwrap();
            let program = folder.join("handler");
            let build_one = ["build", "-o", "handler", "handler.go"];
            build(go(&build_one, folder));
            return Command::new(program);
        }
        Language::Rust | Language::Csharp => panic!("{language} is not started so"),
    };
    program_of(&program, folder, file, source)
}

/// Deno itself: what npm puts on the path may be a script that starts it, and would leave it behind.
#[track_caller]
fn deno() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    require_from("deno", "npm install --global deno");
    PATH.get_or_init(|| {
        let asked = Command::new("deno").args(["eval", "console.log(Deno.execPath())"]).output().unwrap();
        String::from_utf8(asked.stdout).unwrap().trim().to_owned()
    })
}

/// PHP with the extensions that Debian packs apart from it.
#[track_caller]
fn require_php() {
    let install = "apt-get install php-cli php-intl";
    require_from("php", install);
    let asked = Command::new("php").args(["-r", "exit(extension_loaded('intl') ? 0 : 1);"]).status().unwrap();
    assert!(asked.success(), "this test needs PHP's extension intl: install it (`{install}`)");
}

/// What the page tells to set.
const PHP_SETTINGS: [&str; 4] = ["-d", "display_errors=0", "-d", "enable_post_data_reading=0"];

/// The handler under PHP's own defaults, as images of containers have them, and these settings.
fn plain_php(settings: &[&str], test: impl Fn(&Attack, &mut Handler)) {
    require_php();
    let (provider, home) = (Catalogue::builtin().get("github").unwrap(), tempfile::tempdir().unwrap());
    let source = write(Language::Php, &provider, VARIABLE).unwrap();
    assert!(source.contains(&format!("=... php {} -S ", PHP_SETTINGS.join(" "))), "{source}");
    let attack = Attack::new(provider, Language::Php);
    let php: Vec<&str> =
        ["php", "-n"].into_iter().chain(settings.iter().copied()).chain(["-S", "127.0.0.1:0"]).collect();
    let variables = attack.variables(VARIABLE);
    test(&attack, &mut Handler::start(&php, home.path(), "handler.php", &source, &variables));
}

/// A body of more than 8 MB, and a form of more than 1000 fields, were answered 200 with a warning.
#[test]
fn php_does_not_answer_for_its_handler() {
    let large = vec![b'x'; 9_000_000];
    let kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];
    plain_php(&PHP_SETTINGS, |attack, handler| {
        for kind in kinds {
            for body in [large.as_slice(), "a=1&".repeat(2_000).as_bytes(), b"x"] {
                let (good, bad) = attack.of_kind(kind, body);
                assert_eq!(
                    (handler.answer(&good), handler.answer(&bad)),
                    (200, 401),
                    "{kind} {}",
                    body.len()
                );
            }
        }
        assert_eq!(attack.run(handler), [""; 0]);
    });
}

#[test]
fn php_that_would_answer_for_its_handler_is_refused() {
    plain_php(&[], |attack, handler| {
        let (good, bad) = attack.of_kind("application/json", b"x");
        assert_eq!((handler.answer(&good), handler.answer(&bad)), (500, 500));
        // The control: what the settings are for.
        let (_, bad) = attack.of_kind("application/json", &vec![b'x'; 9_000_000]);
        assert_eq!(handler.answer(&bad), 200);
    });
}

/// One handler that takes every time, in every language, started as its page says.
#[test]
fn a_handler_that_is_spoiled_is_found_out_in_every_language() {
    for (language, good, bad) in [
        (Language::Go, "return holds && fresh(when)", "return holds && when != \"\""),
        (Language::Java, "return holds && fresh(time);", "return holds && !time.isEmpty();"),
        (Language::Ruby, "<= TOLERANCE", "<= 10**9"),
        (Language::Php, "<= TOLERANCE", "<= 10**9"),
        (Language::Deno, "<= TOLERANCE", "<= 10**9"),
    ] {
        let (provider, home) = (Catalogue::builtin().get("stripe").unwrap(), tempfile::tempdir().unwrap());
        let source = write(language, &provider, VARIABLE).unwrap();
        assert!(source.contains(good), "{source}");
        let attack = Attack::new(provider, language);
        let mut handler =
            start(language, &source.replace(good, bad), home.path(), &attack.variables(VARIABLE));
        let wrong = attack.run(&mut handler);
        let found = ["yesterday", "a second too old", "the future"]
            .map(|time| format!("stripe: {time} is answered 200"));
        assert_eq!(wrong, found, "{language}");
    }
}
