//! Asks a vendor whether it takes a key, by the cheapest call it has.

use crate::vendor::{Client, Koji, Paging, UserJourneys, Vendor, VendorError};

/// An interview that nobody has: Koji has no call that only looks at the key.
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

/// What the vendor says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is taken.
    Taken,
    /// It is known, and may not do what was asked.
    Limited,
}

/// Asks.
///
/// # Errors
/// When the vendor refuses the key, or gives no usable answer.
pub async fn check(vendor: Vendor, client: Client) -> Result<Standing, VendorError> {
    let asked = match vendor {
        Vendor::UserJourneys => {
            let page = Paging { limit: Some(1), after: None };
            UserJourneys::new(client).studies(&page).await.map(drop)
        }
        Vendor::Koji => match Koji::new(client).interview(NOBODYS).await {
            // It looked for it, so it took the key.
            Err(error) if error.status() == Some(404) => Ok(()),
            other => other.map(drop),
        },
    };
    match asked {
        Ok(()) => Ok(Standing::Taken),
        Err(error) if error.status() == Some(403) => Ok(Standing::Limited),
        Err(error) => Err(error),
    }
}
