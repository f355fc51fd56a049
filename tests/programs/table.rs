//! One row a handler: what it runs on, and what is wrong with it.

/// What a handler runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Node and Express 4, which the slow suite installs.
    Express4,
    /// Node and Express 5, which the slow suite installs.
    Express5,
    /// Python and FastAPI, which the slow suite installs.
    FastApi,
    /// Python and Flask, which the slow suite installs.
    Flask,
    /// Go, which the slow suite compiles.
    Go,
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
    /// What may fail too, as a consequence: cases by their ids, or all with this symptom.
    pub also: &'static [&'static str],
    /// What the mend of one of the cases in `found` must name.
    pub mend: &'static str,
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
        mend: "",
        only_should: false,
    }
}

/// What tiny_http does by itself: it drops a connection with a field that is not ASCII.
const TINY_HTTP: &[&str] = &["non-ascii-signature"];

/// Those that nothing may be said against.
pub const GOOD: &[Handler] = &[
    Handler { counts: true, ..handler("good/express4.mjs", On::Express4) },
    Handler { counts: true, ..handler("good/express5.mjs", On::Express5) },
    Handler { counts: true, ..handler("good/flask_app.py", On::Flask) },
    Handler { counts: true, ..handler("good/fastapi_app.py", On::FastApi) },
    Handler { counts: true, ..handler("good/axum_app.rs", On::Rust) },
    Handler { counts: true, ..handler("good/net_http.go", On::Go) },
    // As `hookctl verify --as` prints them.
    handler("koji.node.mjs", On::Node),
    handler("koji.py", On::Python),
];

/// Those with one defect each, in the order of claim 26.
pub const BROKEN: &[Handler] = &[
    Handler {
        counts: true,
        found: &[("no-signature", "believed"), ("byte-changed", "believed"), ("unchanged", "counted_forged")],
        also: &["believed", "counted_twice"],
        mend: "401",
        ..handler("broken/no-verification.mjs", On::Express5)
    },
    Handler {
        reads_source: true,
        only_should: true,
        found: &[("constant-time", "compared_openly")],
        mend: "hmac.compare_digest",
        ..handler("broken/compares-with-equals.py", On::Python)
    },
    Handler {
        only_should: true,
        found: &[("reads-first", "read_first")],
        // Flask's parser of JSON has an end of its own.
        also: &["deep-json"],
        mend: "Take the raw body",
        ..handler("broken/parses-first.py", On::Flask)
    },
    Handler {
        found: &[("indented", "refused_good"), ("unicode-escapes", "refused_good")],
        // It parses first, too, and goes as deep as its parser does.
        also: &["refused_good", "reads-first", "deep-json"],
        mend: "express.raw(",
        ..handler("broken/reserialises.mjs", On::Express4)
    },
    Handler {
        found: &[("empty-secret", "believed")],
        also: TINY_HTTP,
        mend: "unwrap_or_default()",
        ..handler("broken/empty_secret.rs", On::Rust)
    },
    Handler {
        found: &[("no-signature", "believed"), ("other-header", "believed")],
        args: &["--lang", "rust"], // axum does not say what it is
        mend: "401",
        ..handler("broken/accepts_missing.rs", On::Rust)
    },
    Handler {
        found: &[("short-signature", "believed"), ("one-digit-signature", "believed")],
        also: &["believed"],
        args: &["--lang", "rust"], // axum does not say what it is
        mend: "verify_slice",
        ..handler("broken/truncates.rs", On::Rust)
    },
    Handler {
        found: &[("good-delivery", "refused_good"), ("other-header", "believed")],
        mend: "Read the one header",
        ..handler("broken/wrong-header.py", On::Python)
    },
    Handler {
        only_should: true,
        found: &[("weaker-hash", "believed")],
        mend: "never take its name",
        ..handler("broken/trusts-sha1.mjs", On::Express5)
    },
    Handler {
        counts: true,
        found: &[("duplicate-counted", "counted_twice")],
        also: &["non-ascii-signature", "counted_twice"],
        mend: "UNIQUE",
        ..handler("broken/counts_twice.rs", On::Rust)
    },
    Handler {
        counts: true,
        found: &[("null-data", "died"), ("not-json", "died")],
        also: &["died", "not_counted"],
        mend: "Express 4",
        ..handler("broken/answers-first.mjs", On::Express4)
    },
    Handler {
        // In reality 12 s, of which a vendor waits 10.
        env: &[("SECONDS_OF_WORK", "1.4")],
        args: &["--timeout", "1s"],
        only_should: true,
        found: &[("deadline", "too_late")],
        mend: "answer 200",
        ..handler("broken/slow.py", On::Python)
    },
    Handler {
        found: &[("good-delivery", "redirected")],
        mend: "strict_slashes",
        ..handler("broken/redirects.py", On::Flask)
    },
    Handler {
        found: &[("no-signature", "server_error"), ("other-secret", "server_error")],
        also: &["server_error"],
        mend: "instead of throw",
        ..handler("broken/throws-on-bad-signature.mjs", On::Express5)
    },
    Handler {
        provider: "userjourneys",
        found: &[("no-signature", "died"), ("short-signature", "died"), ("bare-signature", "died")],
        also: &["died", "size-100-kib", "leaks-trace"],
        mend: "Express 4",
        ..handler("broken/userjourneys-sample.mjs", On::Express4)
    },
    Handler {
        found: &[
            ("no-signature", "server_error"),
            ("short-signature", "server_error"),
            ("bare-signature", "server_error"),
        ],
        also: &["server_error", "size-100-kib", "leaks-trace"],
        mend: "a.length === b.length",
        ..handler("broken/koji-sample.mjs", On::Express5)
    },
    Handler {
        only_should: true,
        found: &[("size-100-kib", "too_large")],
        mend: "limit: '10mb'",
        ..handler("broken/small-limit.mjs", On::Express4)
    },
    Handler {
        found: &[("not-gzip", "died")],
        mend: "gunzipSync",
        ..handler("broken/inflates.mjs", On::Node)
    },
    Handler {
        found: &[("not-utf8", "died")],
        also: &["non-ascii-signature", "died", "gzip"],
        mend: "read_to_string",
        ..handler("broken/wants_utf8.rs", On::Rust)
    },
    Handler {
        found: &[("leaks-secret", "leaked_secret")],
        mend: "fixed text",
        ..handler("broken/tells-the-secret.py", On::Flask)
    },
];
