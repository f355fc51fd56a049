//! Keeps web pages away from what has no key: the control API and its pages.

use super::reply::Refused;
use super::world::World;
use crate::hook::target::is_loopback_host;
use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;

/// Proof that a call does not come from some web page.
pub(super) struct Local;

impl FromRequestParts<Arc<World>> for Local {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refused> {
        guard(&parts.headers, &world.url)
    }
}

fn guard(headers: &HeaderMap, own: &str) -> Result<Local, Refused> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or_default();
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let own_port = own.rsplit_once(':').map_or("", |(_, port)| port);
    if !is_loopback_host(name) || port != own_port {
        return Err(Refused::new(403, "forbidden", "the sandbox is controlled from this machine only"));
    }
    let origin = text(header::ORIGIN);
    let same = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if origin.is_some_and(|origin| !same(origin)) || !matches!(site, None | Some("same-origin" | "none")) {
        return Err(Refused::new(403, "forbidden", "a web page may not control the sandbox"));
    }
    Ok(Local)
}
