//! The handlers of `verify --as` in the languages that a developer's machine may
//! lack: every provider's, compiled where the language is, run, and attacked over
//! HTTP exactly as those for Node and Python are.

use crate::harness::handlers::hostile::{Written, hold, written};
use crate::harness::handlers::running::Handler;
use crate::harness::require_from;
use hookctl::hook::handler::Language;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a language's handlers are built; made anew, but its cache stays.
fn workshop(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
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

#[test]
fn the_handlers_for_go_hold() {
    require_from("go", "apt-get install golang-go");
    let (written, folder) = (written(Language::Go, 90), workshop("handlers-go"));
    lay_out(&written, &folder, "handler.go", |(_, source)| source.clone());
    std::fs::write(folder.join("go.mod"), "module handlers\n\ngo 1.19\n").unwrap();
    let go = |arguments: &[&str]| {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(&folder).env("GOFLAGS", "").env("GOTOOLCHAIN", "local");
        // What was compiled before is kept, and nothing is downloaded.
        command.env("GOCACHE", folder.with_extension("cache")).env("GOPROXY", "off");
        build(command);
    };
    go(&["vet", "./..."]);
    go(&["build", "-ldflags=-s -w", "-o", "bin/", "./..."]);
    hold(Language::Go, &written, |handler, folder_of_its_own, variables| {
        let program = Command::new(folder.join("bin").join(package(handler)));
        Handler::run(program, folder_of_its_own, variables)
    });
}

#[test]
fn the_handlers_for_java_hold() {
    require_from("javac", "apt-get install default-jdk-headless");
    let (written, folder) = (written(Language::Java, 90), workshop("handlers-java"));
    // All classes have one name, so for one compiler each gets a package.
    lay_out(&written, &folder, "Handler.java", |handler| {
        format!("package {};{}", package(handler), handler.1)
    });
    let mut javac = Command::new("javac");
    javac.current_dir(&folder).args(["-Xlint:all", "-Werror", "-d", "out"]);
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
    require_from("puma", "apt-get install ruby puma");
    hold(Language::Ruby, &written(Language::Ruby, 90), |(_, source), folder, variables| {
        let puma = ["puma", "--threads", "2:2", "--bind", "tcp://127.0.0.1:0"];
        Handler::start(&puma, folder, "config.ru", source, variables)
    });
}

#[test]
fn the_handlers_for_php_hold() {
    require_from("php", "apt-get install php-cli php-intl");
    hold(Language::Php, &written(Language::Php, 90), |(_, source), folder, variables| {
        Handler::start(&["php", "-S", "127.0.0.1:0"], folder, "handler.php", source, variables)
    });
}

#[test]
fn the_handlers_for_deno_hold() {
    require_from("deno", "npm install --global deno");
    hold(Language::Deno, &written(Language::Deno, 90), |(_, source), folder, variables| {
        let deno = ["deno", "run", "--no-prompt", "--allow-net", "--allow-env"];
        Handler::start(&deno, folder, "handler.mjs", source, variables)
    });
}
