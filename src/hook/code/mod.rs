//! A request as code that sends it: a curl or HTTPie command, a script for
//! `fetch`, a Python script.
//!
//! What a sender wrote is data in all of them: a quoted word of a shell or a
//! string literal, of which nothing can be read as anything else. No control
//! character and no character that is not seen stands in the text, so that
//! pasting it into a terminal types nothing either. Each sends the same method,
//! URL, headers and body, as far as the tool lets it; what cannot be said in
//! its words is refused and not sent otherwise.

mod fetch;
mod fill;
mod httpie;
mod literal;
mod python;
mod shell;
mod word;

use super::headers::Headers;

/// The longest body that is written into the code; a larger one is read from a file.
pub const MOST_INLINE: usize = 256 << 10;

/// What the code is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// curl, in a POSIX shell or fish.
    Curl,
    /// HTTPie, in a POSIX shell or fish.
    Httpie,
    /// `fetch`, as Node has it, in a module.
    Fetch,
    /// Python's `http.client`.
    Python,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Curl, Self::Httpie, Self::Fetch, Self::Python];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Httpie => "httpie",
            Self::Fetch => "fetch",
            Self::Python => "python",
        }
    }

    /// The form of a word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }
}

/// The request to write.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// Scheme and authority, such as `http://localhost:3000`.
    pub origin: &'a str,
    /// Path and query.
    pub target: &'a str,
    /// The header fields, those of the framing among them.
    pub headers: &'a Headers,
    /// The body.
    pub body: &'a [u8],
    /// The file that a large body is read from; a name without any folder.
    pub file: &'a str,
}

/// What a tool has no words for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A header's value that HTTPie would read as something else, or not at all.
    #[error("HTTPie cannot send the header `{name}` as it came")]
    Header {
        /// Its name.
        name: String,
    },
    /// A path or query that the tool would write otherwise.
    #[error("{tool} would write the URL otherwise than it came")]
    Url {
        /// The tool.
        tool: &'static str,
    },
    /// A method that `fetch` refuses.
    #[error("`fetch` does not send {method} requests like this one")]
    Method {
        /// The method.
        method: String,
    },
}

impl Request<'_> {
    /// The URL in ASCII: other bytes of the target are percent-encoded, as every client does.
    fn url(&self) -> String {
        format!("{}{}", self.origin, self.ascii_target())
    }

    fn ascii_target(&self) -> String {
        let mut written = String::with_capacity(self.target.len());
        for byte in self.target.bytes() {
            match byte {
                b'!'..=b'~' => written.push(char::from(byte)),
                other => written.push_str(&format!("%{other:02X}")),
            }
        }
        written
    }

    /// The fields that a client does not write by itself from the URL and the body.
    fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let own = |name: &str| super::curl::OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
        self.headers.iter().filter(move |field| !own(field.name)).map(|field| (field.name, field.value))
    }

    fn has(&self, name: &str) -> bool {
        self.headers.get(name).is_some()
    }

    fn body_place(&self) -> BodyPlace<'_> {
        match self.body {
            [] => BodyPlace::Nowhere,
            body if body.len() > MOST_INLINE => BodyPlace::File,
            body => BodyPlace::Inline(body),
        }
    }
}

/// Where the code has its body from.
enum BodyPlace<'a> {
    Nowhere,
    Inline(&'a [u8]),
    File,
}

/// Writes a request as code, with a line ending at its end.
///
/// # Errors
/// When the tool has no words for it.
pub fn code(form: Form, request: &Request<'_>) -> Result<String, CodeError> {
    match form {
        Form::Curl => Ok(shell::curl(request)),
        Form::Httpie => httpie::httpie(request),
        Form::Fetch => fetch::fetch(request),
        Form::Python => Ok(python::python(request)),
    }
}

#[cfg(test)]
mod tests;
