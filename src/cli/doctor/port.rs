//! The port that `listen` takes.

use super::{Finding, Patient};
use crate::config::setting::host;
use crate::serve;
use std::net::{IpAddr, Ipv4Addr};

/// Where `listen` listens unless told otherwise.
const PORT: u16 = 4400;

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let context = patient.context;
    let host = context.setting("host").and_then(|text| host(&text).ok());
    let host = host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let port = context.setting("port").and_then(|text| text.parse().ok()).unwrap_or(PORT);
    let Ok(runtime) = context.runtime() else { return Vec::new() };
    let _inside = runtime.enter();
    vec![match serve::bind(host, port) {
        Ok(_closed_again) => Finding::ok(format!("{port} is free")),
        Err(error) => {
            let why = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
            // A listener that is running is the usual reason.
            Finding::note(
                why,
                "if that is not your own listener: `hookctl listen --port 0`, or `hookctl config set port N`",
            )
        }
    }]
}
