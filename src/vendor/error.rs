//! Why a call of a vendor's API did not give what was asked for, and what to do about it.
//!
//! An error names the endpoint, the status and the vendor's own id of the
//! request, where there are any. It never holds a key, a query or a whole body.

use super::base::BaseUrl;
use super::client::Vendor;
use crate::outbound::api::ApiError;
use http::StatusCode;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What kind of failure it is; the exit code follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The vendor refused: 4xx.
    Refused,
    /// Too many calls: 429.
    RateLimited,
    /// The vendor failed: 5xx.
    Vendor,
    /// No connection, or none that lasted.
    Network,
    /// No whole answer in time.
    Timeout,
    /// An answer that is not what the vendor documents.
    Shape,
    /// The call cannot be made as it is set up, such as without a key.
    Setup,
    /// The vendor has no such endpoint.
    Unsupported,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misshapen {
    /// A web page, such as a proxy's or a login's.
    #[error("an HTML page, not JSON")]
    Html,
    /// Compressed, which nobody asked for.
    #[error("compressed as `{0}`, which hookctl does not ask for and never unpacks")]
    Compressed(String),
    /// The JSON stops in the middle.
    #[error("JSON that stops in the middle")]
    Cut,
    /// Nothing.
    #[error("nothing where JSON was expected")]
    Empty,
    /// Something else.
    #[error("no JSON")]
    NotJson,
    /// JSON of more values than any answer needs.
    #[error("JSON of over {0} values")]
    TooMany(usize),
    /// More than what is read.
    #[error("over {0} bytes")]
    TooLarge(usize),
    /// JSON of another shape.
    #[error("JSON that is not {0}")]
    Not(&'static str),
    /// A list whose pages go in a circle.
    #[error("a list that does not come to its end")]
    Endless,
    /// A status that is neither success nor an error.
    #[error("a status that means neither success nor an error")]
    Status,
    /// A stream that says that the vendor failed.
    #[error("a stream that ends with an error")]
    Failed,
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Trouble {
    NoKey,
    KeyUnusable,
    NotAnId {
        id: String,
    },
    NotAPath,
    Unsupported {
        what: &'static str,
        instead: &'static str,
    },
    /// A status of 400 and above with what the vendor said.
    Status {
        said: Option<String>,
        wait: Option<Duration>,
    },
    Redirect {
        to: Option<String>,
    },
    Misshapen(Misshapen),
    Unanswered(ApiError),
    OutOfTime {
        limit: Duration,
    },
}

/// A call that failed.
pub struct VendorError(Box<Inner>);

struct Inner {
    endpoint: String,
    base: Option<BaseUrl>,
    vendor: Option<Vendor>,
    /// Whose key it looks like, where that is another vendor's.
    foreign_key: Option<Vendor>,
    status: Option<u16>,
    request_id: Option<String>,
    tries: u32,
    trouble: Trouble,
}

impl VendorError {
    pub(super) fn new(endpoint: impl Into<String>, trouble: Trouble) -> Self {
        Self(Box::new(Inner {
            endpoint: endpoint.into(),
            base: None,
            vendor: None,
            foreign_key: None,
            status: None,
            request_id: None,
            tries: 0,
            trouble,
        }))
    }

    /// Something that this vendor's API does not have, and what there is instead.
    pub fn unsupported(vendor: Vendor, what: &'static str, instead: &'static str) -> Self {
        let mut error = Self::new(String::new(), Trouble::Unsupported { what, instead });
        error.0.vendor = Some(vendor);
        error
    }

    pub(super) fn answered(mut self, status: u16, request_id: Option<&str>) -> Self {
        self.0.status = Some(status);
        self.0.request_id = request_id.map(str::to_owned);
        self
    }

    /// Changes what the vendor chose to be repeated besides its words: the id of the request.
    pub(super) fn said_by(mut self, clean: impl Fn(&str) -> String) -> Self {
        self.0.request_id = self.0.request_id.as_deref().map(clean);
        self
    }

    pub(super) fn tried(mut self, tries: u32) -> Self {
        self.0.tries = tries;
        self
    }

    pub(super) fn at(mut self, base: &BaseUrl, vendor: Option<Vendor>, foreign_key: Option<Vendor>) -> Self {
        self.0.base.get_or_insert_with(|| base.clone());
        self.0.vendor = self.0.vendor.or(vendor);
        self.0.foreign_key = foreign_key;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> Failure {
        match &self.0.trouble {
            Trouble::NoKey | Trouble::KeyUnusable | Trouble::NotAnId { .. } | Trouble::NotAPath => {
                Failure::Setup
            }
            Trouble::Unsupported { .. } => Failure::Unsupported,
            Trouble::Status { .. } => match self.0.status {
                Some(429) => Failure::RateLimited,
                Some(500..) => Failure::Vendor,
                _ => Failure::Refused,
            },
            Trouble::Redirect { .. }
            | Trouble::Misshapen(_)
            | Trouble::Unanswered(ApiError::TooLarge { .. }) => Failure::Shape,
            Trouble::OutOfTime { .. } | Trouble::Unanswered(ApiError::Timeout(_)) => Failure::Timeout,
            Trouble::Unanswered(
                ApiError::Invalid(_) | ApiError::PlainHttp { .. } | ApiError::NotHttp | ApiError::SetUp(_),
            ) => Failure::Setup,
            Trouble::Unanswered(ApiError::Connect(_) | ApiError::Broken(_)) => Failure::Network,
        }
    }

    /// The status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The method and the path below the base URL.
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// The vendor's own id of the exchange.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the vendor asks to wait.
    pub fn wait(&self) -> Option<Duration> {
        match &self.0.trouble {
            Trouble::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether the vendor may have done what was asked although there is no
    /// usable answer. Only a refusal, or that nothing was sent, is certain.
    pub fn outcome_unknown(&self) -> bool {
        match self.kind() {
            Failure::Refused | Failure::RateLimited | Failure::Setup | Failure::Unsupported => false,
            Failure::Network => !matches!(self.0.trouble, Trouble::Unanswered(ApiError::Connect(_))),
            Failure::Vendor | Failure::Timeout => true,
            Failure::Shape => !matches!(self.0.trouble, Trouble::Redirect { .. }),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<String> {
        super::remedy::of(self)
    }

    pub(super) fn trouble(&self) -> &Trouble {
        &self.0.trouble
    }

    pub(super) fn vendor(&self) -> Option<Vendor> {
        self.0.vendor
    }

    pub(super) fn foreign_key(&self) -> Option<Vendor> {
        self.0.foreign_key
    }

    pub(super) fn base(&self) -> Option<&BaseUrl> {
        self.0.base.as_ref()
    }

    /// `GET /studies` at a host.
    fn place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.endpoint)?;
        self.0.base.as_ref().map_or(Ok(()), |base| write!(f, " at {}", base.host()))
    }

    fn times(&self) -> String {
        if self.0.tries > 1 { format!(" after {} tries", self.0.tries) } else { String::new() }
    }
}

impl fmt::Display for VendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vendor = self.0.vendor.map_or("the vendor", Vendor::name);
        match &self.0.trouble {
            Trouble::NoKey => return write!(f, "there is no API key of {vendor}"),
            Trouble::KeyUnusable => {
                return write!(f, "the API key holds a byte that no header can carry");
            }
            Trouble::NotAnId { id } => return write!(f, "`{id}` is not an id"),
            Trouble::NotAPath => return write!(f, "the path is not one below the base URL of the API"),
            Trouble::Unsupported { what, .. } => return write!(f, "{vendor} has no REST API for {what}"),
            _ => self.place(f)?,
        }
        let status = self.0.status.unwrap_or_default();
        match &self.0.trouble {
            Trouble::Status { said, .. } => {
                let code = StatusCode::from_u16(status).ok();
                let reason = code.and_then(|code| code.canonical_reason());
                write!(f, " was answered {status}")?;
                reason.map_or(Ok(()), |reason| write!(f, " {reason}"))?;
                f.write_str(self.times().as_str())?;
                said.as_ref().map_or(Ok(()), |said| write!(f, ": {said}"))?;
            }
            Trouble::Redirect { to } => {
                write!(f, " was answered {status}, which leads")?;
                match to {
                    Some(to) => write!(f, " to {to}")?,
                    None => write!(f, " elsewhere")?,
                }
                write!(f, "; it is not followed, for the key would go along")?;
            }
            Trouble::Misshapen(what) => write!(f, " was answered {status} with {what}")?,
            Trouble::Unanswered(ApiError::TooLarge { limit }) => {
                write!(f, " was answered with over {limit} bytes")?;
            }
            Trouble::Unanswered(error) => write!(f, " was not answered{}: {error}", self.times())?,
            Trouble::OutOfTime { limit } => {
                write!(f, " was not answered within {} s", limit.as_secs_f64())?;
            }
            _ => {}
        }
        self.0.request_id.as_ref().map_or(Ok(()), |id| write!(f, " (request id {id})"))
    }
}

impl fmt::Debug for VendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VendorError({:?}: {self})", self.kind())
    }
}

impl Error for VendorError {
    /// The innermost cause, in the words of the operating system or of TLS:
    /// what lies between says nothing.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let Trouble::Unanswered(error) = &self.0.trouble else { return None };
        std::iter::successors(Error::source(error), |error| (*error).source()).last()
    }
}
