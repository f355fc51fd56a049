//! The handlers in Rust: those of `tests/handlers` are what the program prints,
//! are compiled into this crate, and run in processes of their own.

use crate::harness::handlers::hostile::Attack;
use crate::harness::handlers::running::Handler;
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
}

/// A handler, in the processes that the tests below start; nothing in any other.
#[test]
fn a_process_of_its_own() {
    let Ok(asked) = std::env::var(ROW) else { return };
    let (_, run) = ROWS.iter().find(|(id, _)| *id == asked).unwrap();
    run();
}

/// This crate again, as the handler of a row.
fn started(attack: &Attack, id: &str, folder: &std::path::Path) -> Handler {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["handlers::compiled::a_process_of_its_own", "--exact", "--nocapture"]);
    let mut variables = attack.variables(&variable_of(id));
    variables.push((ROW.to_owned(), id.to_owned()));
    Handler::run(command, folder, &variables)
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
