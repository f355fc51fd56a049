//! The kinds of signature, and what sets them apart.

/// The kinds of signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// A keyed hash.
    #[default]
    Hmac,
    /// A plain hash over the secret and the content.
    Hash,
    /// The secret itself, sent along.
    Token,
    /// HTTP Basic credentials.
    Basic,
    /// A JSON Web Token signed with a shared secret.
    JwtHs,
    /// A JSON Web Token signed with ECDSA over P-256.
    JwtEs256,
    /// Ed25519.
    Ed25519,
    /// ECDSA over P-256.
    EcdsaP256,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    RsaSha256,
}

impl Kind {
    /// The name as profiles write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hmac => "hmac",
            Self::Hash => "hash",
            Self::Token => "token",
            Self::Basic => "basic",
            Self::JwtHs => "jwt-hs",
            Self::JwtEs256 => "jwt-es256",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
            Self::RsaSha256 => "rsa-sha256",
        }
    }

    /// The name for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Hmac => "HMAC",
            Self::Hash => "plain hash",
            Self::Token => "shared token",
            Self::Basic => "HTTP Basic",
            Self::JwtHs => "JWT HS256",
            Self::JwtEs256 => "JWT ES256",
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::RsaSha256 => "RSA-SHA-256",
        }
    }

    /// Whether the secret is a key pair, of which the public half verifies.
    pub const fn has_key_pair(self) -> bool {
        matches!(self, Self::Ed25519 | Self::EcdsaP256 | Self::RsaSha256 | Self::JwtEs256)
    }

    /// Whether something is signed, and not only a secret sent along.
    pub const fn signs(self) -> bool {
        !matches!(self, Self::Token | Self::Basic)
    }

    /// Whether the signature is that of a JSON Web Token, whose claims say what it covers.
    pub const fn is_token(self) -> bool {
        matches!(self, Self::JwtHs | Self::JwtEs256)
    }
}
