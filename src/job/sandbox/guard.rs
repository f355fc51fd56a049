//! Keeps web pages away from what has no key: the control API and the pages.

use super::reply::Refused;
use super::world::World;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::sync::Arc;

/// Proof that a call does not come from some web page.
pub(super) struct Local;

/// Proof that a call asks for this machine by its own name, and not by one that a
/// stranger has pointed here. It may come by a link on any page.
pub(super) struct Named;

impl FromRequestParts<Arc<World>> for Local {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refused> {
        let host = own_host(&parts.headers, &world.url)?;
        check_page(&parts.headers, host)?;
        Ok(Self)
    }
}

impl FromRequestParts<Arc<World>> for Named {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refused> {
        own_host(&parts.headers, &world.url)?;
        Ok(Self)
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
}

/// The host that is asked for. The list is exact: the address that was bound, or `localhost`.
fn own_host<'a>(headers: &'a HeaderMap, own: &str) -> Result<&'a str, Refused> {
    let host = text(headers, header::HOST).unwrap_or_default();
    let own = own.strip_prefix("http://").unwrap_or(own);
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let own_port = own.rsplit_once(':').map_or("", |(_, port)| port);
    if host == own || (name.eq_ignore_ascii_case("localhost") && port == own_port) {
        return Ok(host);
    }
    Err(Refused::new(403, "forbidden", "the sandbox answers this machine only, under its own address"))
}

/// Whoever names no page is a program, or a person at the address bar.
fn check_page(headers: &HeaderMap, host: &str) -> Result<(), Refused> {
    let same = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let origin = text(headers, header::ORIGIN);
    let site = text(headers, HeaderName::from_static("sec-fetch-site"));
    if origin.is_none_or(same) && matches!(site, None | Some("same-origin" | "none")) {
        return Ok(());
    }
    Err(Refused::new(403, "forbidden", "a web page may not control the sandbox"))
}
