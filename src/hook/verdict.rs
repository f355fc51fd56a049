//! What verification found, with a stable code.

use super::detect::Recognised;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// The rule that decided. The text forms are a contract: scripts match them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The signature holds.
    Verified,
    /// The header (or field) that carries the signature is missing.
    NoHeader,
    /// The value is there but is not written the way the scheme writes it.
    Malformed,
    /// The value lacks the scheme's prefix, such as `sha256=`.
    WrongPrefix,
    /// The signature is not valid hex or base64, or has the wrong length.
    BadEncoding,
    /// Well formed, but not the signature of these bytes under this secret.
    Mismatch,
    /// The signed timestamp is older than the tolerance.
    TooOld,
    /// The signed timestamp is further in the future than the tolerance.
    InFuture,
    /// No secret is known for the provider, so nothing could be verified.
    NoSecret,
    /// The scheme signs the webhook's id, which the sender does not send, and it is not known.
    NoWebhookId,
    /// The secret cannot be decoded the way the scheme wants it.
    BadSecret,
    /// The scheme is of a kind this version cannot verify.
    Unsupported,
    /// No provider was named and none could be recognised.
    UnknownProvider,
    /// hookctl made the delivery from the vendor's API: its webhook never arrived.
    Synthesized,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 14] = [
        Self::Verified,
        Self::NoHeader,
        Self::Malformed,
        Self::WrongPrefix,
        Self::BadEncoding,
        Self::Mismatch,
        Self::TooOld,
        Self::InFuture,
        Self::NoSecret,
        Self::NoWebhookId,
        Self::BadSecret,
        Self::Unsupported,
        Self::UnknownProvider,
        Self::Synthesized,
    ];

    /// The stable text form, as in JSON records and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NoHeader => "no_header",
            Self::Malformed => "malformed",
            Self::WrongPrefix => "wrong_prefix",
            Self::BadEncoding => "bad_encoding",
            Self::Mismatch => "mismatch",
            Self::TooOld => "too_old",
            Self::InFuture => "in_future",
            Self::NoSecret => "no_secret",
            Self::NoWebhookId => "no_webhook_id",
            Self::BadSecret => "bad_secret",
            Self::Unsupported => "unsupported",
            Self::UnknownProvider => "unknown_provider",
            Self::Synthesized => "synthesized",
        }
    }

    /// The code of a text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// Whether the question could be put at all: false means that nothing says
    /// the delivery is forged, only that nobody could check it.
    pub const fn judged(self) -> bool {
        !matches!(
            self,
            Self::NoSecret
                | Self::NoWebhookId
                | Self::BadSecret
                | Self::Unsupported
                | Self::UnknownProvider
                | Self::Synthesized
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The provider whose scheme was applied, where one was.
    pub provider: Option<Arc<str>>,
    /// The rule that decided.
    pub code: Code,
    /// One sentence fragment for a person; holds no secret and no expected signature.
    pub reason: Cow<'static, str>,
    /// How the provider was recognised, when it was not named.
    pub recognised: Option<Recognised>,
}

impl Verdict {
    /// A verdict under the scheme of `provider`.
    pub fn of(provider: &Arc<str>, code: Code, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { provider: Some(Arc::clone(provider)), code, reason: reason.into(), recognised: None }
    }

    /// A verdict without a scheme.
    pub fn without_provider(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { provider: None, code: Code::UnknownProvider, reason: reason.into(), recognised: None }
    }

    /// The same, with how its provider was recognised.
    #[must_use]
    pub fn recognised(mut self, recognised: Recognised) -> Self {
        self.recognised = Some(recognised);
        self
    }

    /// Whether the signature holds.
    pub fn verified(&self) -> bool {
        self.code == Code::Verified
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
        assert_eq!(Code::parse("ok"), None);
    }
}
