//! What may be done to a good delivery.

use super::fact::Fact;
use serde::Deserialize;

/// One change. Those of the body and its meaning are made before it is signed,
/// those of the signature after, those of the head last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    // The signature.
    /// None at all: neither it nor what goes with it.
    NoSignature,
    /// Its header is there and empty.
    EmptySignature,
    /// The first half of it.
    ShortSignature,
    /// The first digit of it.
    OneDigitSignature,
    /// It, and once more as much behind it.
    LongSignature,
    /// Something else of its length.
    GarbageSignature,
    /// Its value with bytes that are not ASCII.
    NonAsciiSignature,
    /// 8 KiB of it.
    HugeSignature,
    /// Without what stands before it, such as `sha256=`.
    BareSignature,
    /// In upper case.
    UpperCaseSignature,
    /// Another word before it.
    WrongPrefix,
    /// Made with another secret.
    OtherSecret,
    /// Made with the empty secret.
    EmptySecret,
    /// Made with a weaker hash, and labelled so.
    WeakerHash,
    /// A token whose own header says that it is signed by nothing.
    AlgNone,
    /// In another provider's header only.
    OtherHeader,
    /// Two headers, both wrong.
    TwoWrongHeaders,
    /// Two headers, one of them right.
    OneRightHeader,
    /// Several values in one header, one of them right.
    OneRightValue,
    /// Of another body.
    OfAnotherBody,
    /// Made long before now.
    Stale,
    /// Made long after now.
    Future,
    /// With another timestamp put beside it.
    ReusedTimestamp,
    // The body, after signing.
    /// One byte of it is another.
    ByteChanged,
    // The body, before signing: the same value, other bytes.
    /// Indented by two spaces.
    Indented,
    /// White space in every place where JSON allows it.
    Spaced,
    /// Its members in another order.
    Reordered,
    /// `\/` for `/`.
    EscapedSlashes,
    /// Letters that are not ASCII, as UTF-8.
    NonAscii,
    /// Emoji beyond the basic plane.
    Emoji,
    /// The same as `\u` escapes.
    UnicodeEscapes,
    /// Whole numbers over 2^53, and numbers with spellings of their own.
    LargeNumbers,
    /// A member twice.
    DuplicateKeys,
    /// A line feed at the end.
    TrailingNewline,
    /// Carriage returns and line feeds between the members.
    Crlf,
    /// A byte order mark.
    Bom,
    // The body, before signing: another value.
    /// An event that the vendor may bring tomorrow.
    UnknownEvent,
    /// Members that nobody has described.
    UnknownFields,
    /// Without the members that may be absent.
    MissingFields,
    /// `null` where an object is expected.
    NullData,
    /// Happened thirty days ago.
    OldEvent,
    /// `{}`
    EmptyObject,
    /// `[]`
    EmptyArray,
    /// Nothing.
    EmptyBody,
    /// Text that is no JSON.
    NotJson,
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// One byte.
    OneByte,
    /// Brackets in brackets, ten thousand deep.
    Deep,
    /// 100 KiB and more: over Express's default.
    Size100Kib,
    /// 1 MiB.
    Size1Mib,
    /// 5 MiB.
    Size5Mib,
    // The head.
    /// `; charset=utf-8` behind the content type.
    WithCharset,
    /// No content type.
    WithoutContentType,
    /// The content type in other case.
    ContentTypeCase,
    /// `text/plain`.
    TextPlain,
    /// In chunks instead of with a length.
    Chunked,
    /// Header names in upper case.
    UpperCaseNames,
    /// Header names in lower case.
    LowerCaseNames,
    /// Compressed, and signed as it is on the wire.
    Gzip,
    /// Compressed, and signed as it was before.
    GzipSignedBefore,
    /// Called compressed, and is not.
    NotGzip,
    /// A query behind the path.
    WithQuery,
    // The request line.
    /// GET without a body, a signature and the vendor's fields, as a browser or a crawler asks.
    Get,
    /// The same as HEAD.
    Head,
    /// PUT, otherwise a good delivery.
    Put,
    /// OPTIONS, as a browser asks before a script may POST; unsigned.
    Options,
    /// A path that nobody handles, otherwise a good delivery.
    UnknownPath,
}

/// When a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before it is signed: the vendor might have sent it so.
    Before,
    /// By signing it otherwise.
    Signing,
    /// After it is signed: the vendor never sent it so.
    After,
    /// When it is framed; no signature covers it.
    Wire,
}

impl Change {
    /// When the change is made.
    pub(super) const fn stage(self) -> Stage {
        use Change as C;
        match self {
            C::NoSignature
            | C::Get
            | C::Head
            | C::Options
            | C::OtherSecret
            | C::EmptySecret
            | C::WeakerHash
            | C::ReusedTimestamp
            | C::OfAnotherBody
            | C::Stale
            | C::Future
            | C::OldEvent => Stage::Signing,
            C::EmptySignature
            | C::ShortSignature
            | C::OneDigitSignature
            | C::LongSignature
            | C::GarbageSignature
            | C::NonAsciiSignature
            | C::HugeSignature
            | C::BareSignature
            | C::UpperCaseSignature
            | C::WrongPrefix
            | C::AlgNone
            | C::OtherHeader
            | C::TwoWrongHeaders
            | C::OneRightHeader
            | C::OneRightValue
            | C::ByteChanged
            | C::GzipSignedBefore => Stage::After,
            C::Chunked | C::UpperCaseNames | C::LowerCaseNames => Stage::Wire,
            _ => Stage::Before,
        }
    }

    /// Whether a part of it is done at this stage: a few take two.
    pub(super) fn belongs_to(self, stage: Stage) -> bool {
        let also = match self {
            Self::WeakerHash | Self::ReusedTimestamp => Some(Stage::After),
            Self::Get | Self::Head | Self::Options => Some(Stage::Before),
            _ => None,
        };
        self.stage() == stage || also == Some(stage)
    }

    /// Whether the body says something that a handler may not be made for, so that who
    /// answers before it is read ends after its answer.
    pub const fn is_another_value(self) -> bool {
        matches!(
            self,
            Self::Bom
                | Self::UnknownEvent
                | Self::UnknownFields
                | Self::MissingFields
                | Self::NullData
                | Self::EmptyObject
                | Self::EmptyArray
                | Self::EmptyBody
                | Self::NotJson
                | Self::NotUtf8
                | Self::OneByte
                | Self::Deep
                | Self::Gzip
                | Self::GzipSignedBefore
        )
    }

    /// What must hold of a provider for it to mean anything.
    pub(super) const fn needs(self) -> &'static [Fact] {
        use Change as C;
        match self {
            C::EmptySecret => &[Fact::SharedSecret],
            C::WeakerHash => &[Fact::HashName],
            C::AlgNone => &[Fact::Jwt],
            C::BareSignature | C::WrongPrefix => &[Fact::Prefix],
            C::UpperCaseSignature => &[Fact::Hex],
            C::OtherHeader | C::TwoWrongHeaders | C::OneRightHeader => &[Fact::Header],
            C::OneRightValue => &[Fact::List],
            C::OfAnotherBody | C::ByteChanged => &[Fact::CoversBody],
            C::Stale | C::Future | C::ReusedTimestamp => &[Fact::Timestamp],
            C::Indented
            | C::Spaced
            | C::Reordered
            | C::EscapedSlashes
            | C::NonAscii
            | C::Emoji
            | C::UnicodeEscapes
            | C::LargeNumbers
            | C::DuplicateKeys
            | C::TrailingNewline
            | C::Crlf
            | C::Bom
            | C::UnknownFields
            | C::MissingFields
            | C::NullData => &[Fact::Json],
            C::UnknownEvent => &[Fact::Events],
            C::EmptyObject
            | C::EmptyArray
            | C::EmptyBody
            | C::NotJson
            | C::NotUtf8
            | C::OneByte
            | C::Deep
            | C::Gzip
            | C::GzipSignedBefore => &[Fact::AnyBody],
            _ => &[],
        }
    }
}
