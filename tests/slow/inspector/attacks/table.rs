//! The attacks, a row each. The positive control of a row is the naive inspector
//! that leaves out just what the row says: there it must succeed.

use super::naive::Lax;

/// Where the attacking page comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Another host of this name, at the attacker's own port.
    Host(&'static str),
    /// An origin that is none: the page is sandboxed.
    Nowhere,
    /// A name that was the attacker's when the page was loaded, and is this machine's now; the
    /// port is the victim's.
    Rebound(&'static str),
}

/// What a row is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prey {
    /// What a delivery says.
    Bytes,
    /// That something is done.
    Action,
}

/// One attack.
pub(super) struct Attack {
    /// The number of its kind.
    pub(super) kind: u8,
    pub(super) name: &'static str,
    pub(super) from: From,
    /// The name under which the victim is asked; the page's own where it was rebound.
    pub(super) at: &'static str,
    /// The page, and what it is told beside the victim's paths.
    pub(super) page: &'static str,
    pub(super) told: &'static str,
    pub(super) prey: Prey,
    /// What lets it in.
    pub(super) lax: &'static [Lax],
    /// The browser or the victim that it is not tried with, and the reason.
    pub(super) without: Option<(&'static str, &'static str)>,
}

/// What most rows are.
const USUAL: Attack = Attack {
    kind: 0,
    name: "",
    from: From::Host("evil.test"),
    at: "127.0.0.1",
    page: READ,
    told: "{}",
    prey: Prey::Bytes,
    lax: &[],
    without: None,
};

const READ: &str = include_str!("pages/read.js");
const ACT: &str = include_str!("pages/act.js");
const BEACON: &str = include_str!("pages/beacon.js");
const FORM: &str = include_str!("pages/form.js");
const SCRIPT: &str = include_str!("pages/script.js");
const MODULE: &str = include_str!("pages/module.js");
const LOAD: &str = include_str!("pages/load.js");
const FRAME: &str = include_str!("pages/frame.js");
const CLICK: &str = include_str!("pages/click.js");
const SOCKET: &str = include_str!("pages/socket.js");
const EVENTS: &str = include_str!("pages/events.js");
const WINDOW: &str = include_str!("pages/window.js");

const JSON: &str = r#"{"mode":"cors","type":"application/json"}"#;
const PLAIN: &str = r#"{"mode":"no-cors","type":"text/plain"}"#;
const GET: &str = r#"{"mode":"no-cors","type":"text/plain","method":"GET"}"#;

macro_rules! attacks {
    ($($kind:literal $name:literal {$($field:ident: $value:expr),* $(,)?})+) => {
        &[$(Attack { kind: $kind, name: $name, $($field: $value,)* ..USUAL }),+]
    };
}

/// All of them. How long a port takes to refuse cannot be hidden by any server, so
/// that a page can tell that something listens there; that is left out.
pub(super) const ATTACKS: &[Attack] = attacks! {
    1 "rebinding reads" { from: From::Rebound("evil.test"), lax: &[Lax::AnyHost] }
    1 "rebinding acts" {
        from: From::Rebound("evil.test"), page: ACT, told: JSON, prey: Prey::Action, lax: &[Lax::AnyHost]
    }
    1 "rebinding listens" { from: From::Rebound("evil.test"), page: EVENTS, lax: &[Lax::AnyHost] }
    1 "rebinding opens a socket" {
        from: From::Rebound("evil.test"), page: SOCKET, lax: &[Lax::AnyHost, Lax::AnySocket]
    }
    1 "rebinding frames" { from: From::Rebound("evil.test"), page: FRAME, lax: &[Lax::AnyHost, Lax::Framed, Lax::Talks] }
    1 "rebinding knows the token" {
        from: From::Rebound("evil.test"), told: r#"{"token":true}"#, lax: &[Lax::AnyHost]
    }
    // These before any other row that asks under the same name: a connection that it left open would
    // be used again.
    13 "rebinding of a public name" { from: From::Rebound("127.0.0.1.nip.io"), lax: &[Lax::AnyHost] }
    13 "rebinding of localhost with a dot" { from: From::Rebound("localhost."), lax: &[Lax::AnyHost] }
    // Another program had the port of `localhost` before: its page is of the same origin, and
    // the token alone is in its way.
    13 "rebinding of localhost itself" {
        from: From::Rebound("localhost"), lax: &[], without: Some(("sandbox", "it has no token, and this is its own origin"))
    }
    2 "cors" { lax: &[Lax::AnyOrigin] }
    2 "cors with cookies" { told: r#"{"cookies":true}"#, lax: &[Lax::AnyOriginWithCookies] }
    2 "cors by a redirect" { told: r#"{"redirected":true}"#, lax: &[Lax::AnyOrigin] }
    2 "cors knows the token" { told: r#"{"token":true}"#, lax: &[Lax::AnyOrigin, Lax::AnyPreflight] }
    3 "no-cors acts" { page: ACT, told: PLAIN, prey: Prey::Action, lax: &[Lax::AnyType] }
    3 "no-cors acts by GET" { page: ACT, told: GET, prey: Prey::Action, lax: &[Lax::GetActs] }
    3 "beacon" { page: BEACON, prey: Prey::Action, lax: &[Lax::AnyType] }
    4 "form, urlencoded" {
        page: FORM, told: r#"{"type":"application/x-www-form-urlencoded"}"#, prey: Prey::Action, lax: &[Lax::AnyType]
    }
    4 "form, multipart" {
        page: FORM, told: r#"{"type":"multipart/form-data"}"#, prey: Prey::Action, lax: &[Lax::AnyType]
    }
    4 "form, plain text" { page: FORM, told: r#"{"type":"text/plain"}"#, prey: Prey::Action, lax: &[Lax::AnyType] }
    5 "JSON after a preflight" {
        page: ACT, told: JSON, prey: Prey::Action, lax: &[Lax::AnyOrigin, Lax::AnyPreflight]
    }
    5 "JSON and the token after a preflight" {
        page: ACT, told: r#"{"mode":"cors","type":"application/json","token":true}"#, prey: Prey::Action,
        lax: &[Lax::AnyOrigin, Lax::AnyPreflight]
    }
    6 "script" { page: SCRIPT, lax: &[Lax::Callback] }
    6 "module" { page: MODULE, lax: &[Lax::AnyOrigin] }
    7 "image" { page: LOAD, told: r#"{"kind":"img"}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
    7 "style sheet" { page: LOAD, told: r#"{"kind":"stylesheet"}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
    7 "prefetch" { page: LOAD, told: r#"{"kind":"prefetch"}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
    7 "object" { page: LOAD, told: r#"{"kind":"object"}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
    7 "video" { page: LOAD, told: r#"{"kind":"video"}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
    8 "frame" { page: FRAME, lax: &[Lax::Framed, Lax::Talks] }
    8 "click into a frame" {
        page: CLICK, told: r#"{"inTurn":true}"#, prey: Prey::Action, lax: &[Lax::Framed],
        without: Some(("firefox", "nobody presses the button there")),
    }
    9 "socket" { page: SOCKET, lax: &[Lax::AnySocket] }
    10 "event stream" { page: EVENTS, lax: &[Lax::AnyOrigin] }
    // Of the same site, so that `SameSite` keeps no cookie back.
    11 "another port reads" {
        from: From::Host("127.0.0.1"), told: r#"{"cookies":true}"#, lax: &[Lax::CookieAlone, Lax::AnyOriginWithCookies]
    }
    11 "another port acts" {
        from: From::Host("127.0.0.1"), page: ACT, told: r#"{"cookies":true,"mode":"no-cors","type":"text/plain"}"#,
        prey: Prey::Action, lax: &[Lax::CookieAlone, Lax::AnyType]
    }
    11 "another port sends a form" {
        from: From::Host("127.0.0.1"), page: FORM, told: r#"{"cookies":true,"type":"text/plain"}"#, prey: Prey::Action,
        lax: &[Lax::CookieAlone, Lax::AnyType]
    }
    11 "another port of localhost" { from: From::Host("localhost"), at: "localhost", lax: &[Lax::AnyOrigin] }
    12 "socket from an IP address" { from: From::Host("127.0.0.1"), page: SOCKET, lax: &[Lax::SocketOfAddresses] }
    12 "no origin reads" { from: From::Nowhere, lax: &[Lax::AnyOriginWithCookies] }
    12 "no origin acts" { from: From::Nowhere, page: ACT, told: PLAIN, prey: Prey::Action, lax: &[Lax::AnyType] }
    12 "no origin sends a form" {
        from: From::Nowhere, page: FORM, told: r#"{"type":"text/plain"}"#, prey: Prey::Action, lax: &[Lax::AnyType]
    }
    13 "0.0.0.0" { at: "0.0.0.0", lax: &[Lax::AnyHost, Lax::AnyOrigin] }
    13 "[::1]" { at: "[::1]", lax: &[Lax::AnyOrigin] }
    13 "an address in an address" { at: "[::ffff:127.0.0.1]", lax: &[Lax::AnyHost, Lax::AnyOrigin] }
    13 "localhost with a dot" { at: "localhost.", lax: &[Lax::AnyHost, Lax::AnyOrigin] }
    13 "a name under localhost" { at: "evil.localhost", lax: &[Lax::AnyHost, Lax::AnyOrigin] }
    13 "a public name" { at: "127.0.0.1.nip.io", lax: &[Lax::AnyHost, Lax::AnyOrigin] }
    // Browsers refuse it for everything but a window.
    13 "a user's name" {
        at: "user:password@127.0.0.1", page: WINDOW, told: r#"{"link":true}"#, prey: Prey::Action,
        lax: &[Lax::GetActs]
    }
    14 "window" { page: WINDOW, lax: &[Lax::Talks] }
    14 "link" { page: WINDOW, told: r#"{"link":true}"#, prey: Prey::Action, lax: &[Lax::GetActs] }
};
