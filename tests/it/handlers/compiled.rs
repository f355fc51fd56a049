//! The handlers in Rust: those of `tests/handlers` are what the program prints,
//! are compiled into this crate, and run in processes of their own.

use crate::harness::Home;
use crate::harness::handlers::genuine::changed_on_the_way;
use crate::harness::handlers::hostile::Attack;
use crate::harness::handlers::running::Handler;
use crate::programs::failures;
use hookctl::config::secrets::variable_of;
use hookctl::hook::handler::Language;
use hookctl::hook::provider::Catalogue;
use std::process::Command;

/// Names the row whose handler a process of this crate is to be.
const ROW: &str = "HANDLER_ROW";

macro_rules! handlers {
    ($($name:ident = $id:literal,)*) => {
        $(
            #[allow(clippy::print_stdout, reason = "it is a program")]
            mod $name {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/handlers/", $id, ".rs"));

                pub(super) fn run() {
                    main().unwrap();
                }
            }
        )*

        /// The rows whose handlers are compiled: one of each shape.
        pub(super) const ROWS: &[(&str, fn())] = &[$(($id, $name::run)),*];
    };
}

handlers! {
    koji = "koji",
    stripe = "stripe",
    standard_webhooks = "standard-webhooks",
    gitlab_token = "gitlab-token",
    chargebee = "chargebee",
    twilio = "twilio",
    adyen_standard = "adyen-standard",
    box_ = "box",
    braintree = "braintree",
    linear = "linear",
    hubspot_v1 = "hubspot-v1",
    hubspot_v3 = "hubspot-v3",
}

/// A handler, in the processes that the tests below start; nothing in any other.
#[test]
fn a_process_of_its_own() {
    let Ok(asked) = std::env::var(ROW) else { return };
    let (_, run) = ROWS.iter().find(|(id, _)| *id == asked).unwrap();
    run();
}

/// This crate again, as the handler of a row.
fn program() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["handlers::compiled::a_process_of_its_own", "--exact", "--nocapture"]);
    command
}

fn started(attack: &Attack, id: &str, folder: &std::path::Path) -> Handler {
    let mut variables = attack.variables(&variable_of(id));
    variables.push((ROW.to_owned(), id.to_owned()));
    Handler::run(program(), folder, &variables)
}

/// Those of these rows that are signed now, because the tolerance is compiled too.
#[test]
fn the_handlers_for_rust_take_what_was_signed_in_another_form() {
    let home = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for one in changed_on_the_way() {
        let id = one.provider().id().to_string();
        let spelled_anew = ["1.50e2", "90071992547409931234"].iter().any(|number| one.name.contains(number));
        if ROWS.iter().any(|(row, _)| *row == id) && !spelled_anew {
            let mut variables = one.variables(&variable_of(&id));
            variables.push((ROW.to_owned(), id));
            assert_eq!(one.wrong(&Handler::run(program(), home.path(), &variables)), [""; 0]);
            seen += 1;
        }
    }
    assert!(seen >= 11, "{seen}");
}

#[test]
fn the_handlers_for_rust_hold() {
    let (catalogue, home) = (Catalogue::builtin(), tempfile::tempdir().unwrap());
    let wrong = ROWS.iter().flat_map(|(id, _)| {
        let attack = Attack::new(catalogue.get(id).unwrap(), Language::Rust);
        attack.run(&mut started(&attack, id, home.path()))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// These deliveries are signed for the URL, and the handlers are told another.
const OF_A_URL: [&str; 2] = ["twilio", "hubspot-v3"];
/// What is found all the same: the page says that it is not in there.
const LEFT_OUT: (&str, &str) = ("braintree", "handshake");

/// What `check` says of a handler, but for notes.
fn said_of(id: &str) -> Vec<String> {
    let home = Home::default();
    let attack = Attack::new(Catalogue::builtin().get(id).unwrap(), Language::Rust);
    let handler = started(&attack, id, home.path());
    let url = format!("http://{}/hooks", handler.address);
    let words = ["check", &url, "--provider", id, "--json", "--public-key", "public-key"];
    let variables = attack.variables(&variable_of(id));
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (&**name, &**value)).collect();
    let ran = home.run_with(words, b"", &variables);
    let left_out = |case: &str| LEFT_OUT == (id, case);
    let failed = failures(&ran).into_iter().filter(|(case, found)| found.0 != "note" && !left_out(case));
    let mut said: Vec<String> = failed.map(|(case, found)| format!("{id}: {case} {found:?}")).collect();
    if ran.code() != 0 {
        said.push(format!("{id}: {}", ran.err()));
    }
    said
}

#[test]
fn check_says_nothing_against_the_handlers_for_rust() {
    let rows = ROWS.iter().map(|(id, _)| *id).filter(|id| !OF_A_URL.contains(id));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = rows.map(|id| scope.spawn(move || said_of(id))).collect();
        asked.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_handler_of_another_scheme_is_found_out() {
    let (catalogue, home) = (Catalogue::builtin(), tempfile::tempdir().unwrap());
    let attack = Attack::new(catalogue.get("github").unwrap(), Language::Rust);
    let mut variables = attack.variables(&variable_of("koji"));
    variables.push((ROW.to_owned(), "koji".to_owned()));
    let wrong = attack.run(&mut started(&attack, "koji", home.path()));
    assert!(wrong.contains(&"github: the signed sample is answered 401".to_owned()), "{wrong:?}");
}

/// A length that would abort a server which makes room for what was announced.
#[test]
fn an_announced_length_beyond_all_memory_is_refused_before_a_byte_of_it() {
    let home = tempfile::tempdir().unwrap();
    let attack = Attack::new(Catalogue::builtin().get("koji").unwrap(), Language::Rust);
    let mut handler = started(&attack, "koji", home.path());
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let announced = format!("{head}Content-Length: 4611686018427387904\r\n\r\n");
    assert_eq!(handler.answer_to(announced.as_bytes()), 413);
    assert!(handler.lives());
}
