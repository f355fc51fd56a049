//! One row a handler: what it runs on, and what is wrong with it.

/// What a handler runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Node and Express 4, which the slow suite installs.
    Express4,
    /// Node and Express 5, which the slow suite installs.
    Express5,
    /// Python and Flask, which the slow suite installs.
    Flask,
    /// Node alone.
    Node,
    /// Python alone.
    Python,
    /// Rust, compiled into the tests: axum or tiny_http, as its first line says.
    Rust,
}

/// A handler and what must be found.
#[derive(Debug)]
pub struct Handler {
    /// Below `tests/handlers`.
    pub file: &'static str,
    pub on: On,
    pub provider: &'static str,
    /// Whether `/count` gives a number.
    pub counts: bool,
    /// Whether the defect shows in the source alone.
    pub reads_source: bool,
    /// More variables for it.
    pub env: &'static [(&'static str, &'static str)],
    /// More arguments for `hookctl check`.
    pub args: &'static [&'static str],
    /// The cases that must fail, and what they must call it.
    pub found: &'static [(&'static str, &'static str)],
    /// Cases that may fail too: consequences of the same defect.
    pub also: &'static [&'static str],
    /// Nothing it does is a `must`.
    pub only_should: bool,
}

const fn handler(file: &'static str, on: On) -> Handler {
    Handler {
        file,
        on,
        provider: "koji",
        counts: false,
        reads_source: false,
        env: &[],
        args: &[],
        found: &[],
        also: &[],
        only_should: false,
    }
}

/// Those that nothing may be said against.
pub const GOOD: &[Handler] = &[
    Handler { counts: true, ..handler("good/express4.mjs", On::Express4) },
    Handler { counts: true, ..handler("good/express5.mjs", On::Express5) },
    Handler { counts: true, ..handler("good/flask_app.py", On::Flask) },
    Handler { counts: true, ..handler("good/axum_app.rs", On::Rust) },
    // As `hookctl verify --as` prints them.
    handler("koji.node.mjs", On::Node),
    handler("koji.py", On::Python),
];

/// Those with one defect each, in the order of claim 26.
pub const BROKEN: &[Handler] = &[
    Handler {
        counts: true,
        found: &[("no-signature", "believed")],
        ..handler("broken/no-verification.mjs", On::Express5)
    },
    Handler { reads_source: true, ..handler("broken/compares-with-equals.py", On::Python) },
    Handler { ..handler("broken/parses-first.py", On::Flask) },
    Handler { found: &[("indented", "refused_good")], ..handler("broken/reserialises.mjs", On::Express4) },
    Handler { ..handler("broken/empty_secret.rs", On::Rust) },
    Handler { found: &[("no-signature", "believed")], ..handler("broken/accepts_missing.rs", On::Rust) },
    Handler { ..handler("broken/truncates.rs", On::Rust) },
    Handler { found: &[("good-delivery", "refused_good")], ..handler("broken/wrong-header.py", On::Python) },
    Handler { ..handler("broken/trusts-sha1.mjs", On::Express5) },
    Handler { counts: true, ..handler("broken/counts_twice.rs", On::Rust) },
    Handler { counts: true, ..handler("broken/answers-first.mjs", On::Express4) },
    Handler {
        env: &[("SECONDS_OF_WORK", "1")],
        args: &["--timeout", "300ms"],
        ..handler("broken/slow.py", On::Python)
    },
    Handler { found: &[("good-delivery", "redirected")], ..handler("broken/redirects.py", On::Flask) },
    Handler { ..handler("broken/throws-on-bad-signature.mjs", On::Express5) },
    Handler {
        provider: "userjourneys",
        found: &[("no-signature", "died")],
        ..handler("broken/userjourneys-sample.mjs", On::Express4)
    },
    Handler { found: &[("no-signature", "server_error")], ..handler("broken/koji-sample.mjs", On::Express5) },
    Handler { ..handler("broken/small-limit.mjs", On::Express4) },
    Handler { ..handler("broken/inflates.mjs", On::Node) },
    Handler { ..handler("broken/wants_utf8.rs", On::Rust) },
    Handler { ..handler("broken/tells-the-secret.py", On::Flask) },
];
