//! What a user can do about a call that failed.

use super::client::Vendor;
use super::error::{Trouble, VendorError};
use crate::outbound::api::ApiError;

const CHECK_BASE: &str = "check the base URL, which `--base-url` and the profile set";

pub(super) fn of(error: &VendorError) -> Option<String> {
    let vendor = error.vendor();
    match error.trouble() {
        Trouble::NoKey => Some(key_source(vendor)),
        Trouble::KeyUnusable => Some("copy the key again, as one line of letters and digits".to_owned()),
        Trouble::NotAnId { .. } => Some("take the id from a list or from a webhook".to_owned()),
        Trouble::NotAPath => Some("name a path such as `/studies`".to_owned()),
        Trouble::Unsupported { instead, .. } => Some((*instead).to_owned()),
        Trouble::Status { wait, .. } => match (error.status(), wait) {
            (Some(429), Some(wait)) => Some(format!("try again in {} s", wait.as_secs().max(1))),
            (Some(429), None) => Some("try again in a minute".to_owned()),
            (Some(status), _) => refused(error, status, vendor),
            (None, _) => None,
        },
        Trouble::Redirect { .. } => {
            Some("give the address that it leads to with `--base-url`, if that is the vendor's".to_owned())
        }
        Trouble::Unanswered(ApiError::Connect(_))
            if error.base().is_some_and(super::BaseUrl::is_loopback) =>
        {
            Some(format!("start what answers there, such as `hookctl sandbox`, or {CHECK_BASE}"))
        }
        Trouble::Unanswered(ApiError::Connect(_) | ApiError::Broken(_) | ApiError::Timeout(_)) => {
            Some(format!("check the network, then try again; or {CHECK_BASE}"))
        }
        Trouble::Misshapen(_) | Trouble::Unanswered(_) => Some(CHECK_BASE.to_owned()),
        Trouble::OutOfTime { .. } => Some("try again later".to_owned()),
    }
}

fn refused(error: &VendorError, status: u16, vendor: Option<Vendor>) -> Option<String> {
    let words = match status {
        401 => match error.foreign_key() {
            Some(other) => format!(
                "the key looks like one of {}; give the key of this vendor, or name the other with `--provider {}`",
                other.name(),
                other.id()
            ),
            None => format!("the key is wrong or revoked: {}", key_source(vendor)),
        },
        402 => "the account is out of credits; see the vendor's dashboard".to_owned(),
        403 if vendor == Some(Vendor::Koji) => {
            "the key lacks a permission, such as `interview:read`; make another under Profile > API Keys"
                .to_owned()
        }
        403 => "the key may not do this; see the vendor's dashboard".to_owned(),
        404 if vendor == Some(Vendor::Koji) => {
            "check the id; Koji's REST API knows interviews only: start, message, complete and get".to_owned()
        }
        404 => "there is no such thing in the project of this key; list what there is, or check the id"
            .to_owned(),
        405 => CHECK_BASE.to_owned(),
        500.. => "the vendor has a fault; try again later".to_owned(),
        // What is wrong with the request, the vendor has said.
        _ => return None,
    };
    Some(words)
}

fn key_source(vendor: Option<Vendor>) -> String {
    match vendor {
        Some(vendor) => format!(
            "store one with `hookctl login --provider {}`, or set {}; keys are made under {}",
            vendor.id(),
            vendor.key_variable(),
            vendor.key_page()
        ),
        None => "store one with `hookctl login`".to_owned(),
    }
}
