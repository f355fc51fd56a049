//! The one place that builds HTTP clients.
//!
//! Two clients with opposite duties. [`exact`] passes a delivery to the user's
//! own target: the head goes out byte for byte as it was prepared, there is no
//! proxy, no redirect and nothing is added. [`api`] calls vendors: TLS always
//! verified, no redirect (a key in a custom header would follow it to another
//! host), every wait and every answer bounded. Neither retries an answer.
//! [`wire`] is no client: it puts bytes on a connection and reads what comes back.

mod answers;
pub mod api;
mod connector;
pub mod exact;
mod fault;
mod idle;
mod line;
mod slot;
mod stream;
mod tls;
pub mod wire;
