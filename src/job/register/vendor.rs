//! userjourneys as the vendor of a registration.

use super::endpoint::Endpoint;
use super::ports::{Put, Remote};
use crate::vendor::{UserJourneys, VendorError};

/// The events that userjourneys has.
pub const EVENTS: [&str; 1] = ["interview.completed"];

impl Remote for UserJourneys {
    type Error = VendorError;

    async fn look(&self) -> Result<Option<Endpoint>, VendorError> {
        let found = self.webhook().await?;
        Ok(found.map(|found| Endpoint { url: found.url, events: found.events }))
    }

    async fn put(&self, endpoint: &Endpoint) -> Result<Put, VendorError> {
        let put = self.put_webhook(&endpoint.url, &endpoint.events).await?;
        let endpoint = Endpoint { url: put.registration.url, events: put.registration.events };
        Ok(Put { created: put.created, endpoint, secret: put.secret })
    }

    async fn delete(&self) -> Result<(), VendorError> {
        self.delete_webhook().await.map(drop)
    }

    fn untouched(error: &VendorError) -> bool {
        !error.outcome_unknown()
    }
}
