//! Key pairs: Ed25519, ECDSA over P-256 and RSA, made by aws-lc.
//!
//! A secret may be the public key, which verifies, or the private one, which
//! signs as well. Keys are parsed once, when they are made.

use super::key::SecretProblem;
use super::keytext::{Jwk, Material};
use crate::hook::digest::Sink;
use crate::hook::encoding::Encoding;
use crate::hook::provider::Kind;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
    ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, VerificationAlgorithm,
};
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use std::ops::RangeInclusive;

/// A public key, with its private half where that is known.
pub(in crate::hook) struct Pair {
    public: ParsedPublicKey,
    private: Option<Private>,
    kid: Option<Box<str>>,
}

pub(super) enum Private {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
}

/// What a signature covers, in the form its algorithm takes it.
pub(super) enum Content {
    /// Ed25519 goes over the whole twice, so it must be in one piece.
    Whole(Vec<u8>),
    /// The others sign the SHA-256 digest.
    Digest(Digest),
}

/// Takes what a signature covers, piece by piece.
pub(super) enum Gather {
    Whole(Vec<u8>),
    Digest(digest::Context),
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotSigned {
    /// Only the public key is there.
    NoPrivateKey,
    /// The library refused, for which it gives no reason.
    Refused,
}

/// What a kind's public keys are to aws-lc.
fn algorithm(kind: Kind) -> &'static dyn VerificationAlgorithm {
    match kind {
        Kind::RsaSha256 => &RSA_PKCS1_2048_8192_SHA256,
        Kind::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
        Kind::JwtEs256 => &ECDSA_P256_SHA256_FIXED,
        _ => &ED25519,
    }
}

/// SendGrid's signatures are DER, those of tokens are two numbers of 32 bytes.
pub(super) fn signing(kind: Kind) -> &'static EcdsaSigningAlgorithm {
    match kind {
        Kind::JwtEs256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
        _ => &ECDSA_P256_SHA256_ASN1_SIGNING,
    }
}

/// How many bytes a signature of this kind takes.
pub(super) fn signature_bytes(kind: Kind) -> RangeInclusive<usize> {
    match kind {
        Kind::EcdsaP256 => 8..=72,
        Kind::RsaSha256 => 256..=1_024,
        _ => 64..=64,
    }
}

impl Gather {
    pub(super) fn new(kind: Kind, bytes: usize) -> Self {
        match kind {
            Kind::Ed25519 => Self::Whole(Vec::with_capacity(bytes)),
            _ => Self::Digest(digest::Context::new(&digest::SHA256)),
        }
    }

    pub(super) fn finish(self) -> Content {
        match self {
            Self::Whole(bytes) => Content::Whole(bytes),
            Self::Digest(context) => Content::Digest(context.finish()),
        }
    }
}

impl Sink for Gather {
    fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Whole(whole) => whole.extend_from_slice(bytes),
            Self::Digest(context) => context.update(bytes),
        }
    }
}

impl Pair {
    /// Reads a key; `seed` says that 32 bare bytes of Ed25519 are the private
    /// half, for they look like the public one.
    pub(super) fn read(kind: Kind, material: &Material, seed: bool) -> Result<Self, SecretProblem> {
        match material {
            Material::Jwk(jwk) => of_jwk(kind, jwk),
            Material::Bytes(bytes) => of_bytes(kind, bytes, seed),
        }
    }

    /// A pair of a private key.
    pub(super) fn of_private(kind: Kind, private: Private) -> Result<Self, SecretProblem> {
        let public = match &private {
            Private::Ed25519(pair) => public(kind, pair.public_key().as_ref()),
            Private::P256(pair) => public(kind, pair.public_key().as_ref()),
            Private::Rsa(pair) => public(kind, pair.public_key().as_ref()),
        };
        Ok(Self { public: public.ok_or_else(|| not_a_key(kind))?, private: Some(private), kid: None })
    }

    /// Whether `signature` is that of `content`. Nothing in here is secret.
    pub(super) fn verifies(&self, content: &Content, signature: &[u8]) -> bool {
        let verified = match content {
            Content::Whole(bytes) => self.public.verify_sig(bytes, signature),
            Content::Digest(digest) => self.public.verify_digest_sig(digest, signature),
        };
        verified.is_ok()
    }

    pub(super) fn sign(&self, content: &Content) -> Result<Vec<u8>, NotSigned> {
        let private = self.private.as_ref().ok_or(NotSigned::NoPrivateKey)?;
        let signature = match (private, content) {
            (Private::Ed25519(pair), Content::Whole(bytes)) => {
                pair.try_sign(bytes).map(|s| s.as_ref().to_vec())
            }
            (Private::P256(pair), Content::Digest(digest)) => {
                pair.sign_digest(digest).map(|s| s.as_ref().to_vec())
            }
            (Private::Rsa(pair), Content::Digest(digest)) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, digest, &mut signature).map(|()| signature)
            }
            _ => return Err(NotSigned::Refused),
        };
        signature.map_err(|_unspecified| NotSigned::Refused)
    }

    /// Whether it signs.
    pub(super) fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// The public key as a SubjectPublicKeyInfo (RFC 5280, 4.1).
    pub(super) fn spki(&self) -> Vec<u8> {
        let der: Result<PublicKeyX509Der<'_>, _> = self.public.as_der();
        der.map(|der| der.as_ref().to_vec()).unwrap_or_default()
    }

    /// The bare bytes of an Ed25519 key, or the coordinates of a point of
    /// P-256: the end of its SubjectPublicKeyInfo.
    pub(super) fn bare(&self, bytes: usize) -> Vec<u8> {
        let spki = self.spki();
        let start = spki.len().saturating_sub(bytes);
        spki.get(start..).unwrap_or_default().to_vec()
    }

    /// The key's id: its own, else its thumbprint (RFC 7638).
    pub(super) fn kid(&self) -> String {
        self.kid.as_deref().map_or_else(|| thumbprint(&self.bare(64)), str::to_owned)
    }

    /// The JSON Web Key of a public key of P-256.
    pub(super) fn jwk(&self) -> String {
        let (x, y) = coordinates(&self.bare(64));
        let kid = serde_json::Value::from(self.kid());
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","alg":"ES256","use":"sig","kid":{kid}}}"#)
    }
}

fn coordinates(point: &[u8]) -> (String, String) {
    let (x, y) = point.split_at_checked(32).unwrap_or_default();
    (Encoding::Base64Url.encode(x), Encoding::Base64Url.encode(y))
}

fn thumbprint(point: &[u8]) -> String {
    let (x, y) = coordinates(point);
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Encoding::Base64Url.encode(digest::digest(&digest::SHA256, members.as_bytes()).as_ref())
}

fn not_a_key(kind: Kind) -> SecretProblem {
    SecretProblem::NotAKey(kind.title())
}

fn public(kind: Kind, bytes: &[u8]) -> Option<ParsedPublicKey> {
    ParsedPublicKey::new(algorithm(kind), bytes).ok()
}

fn of_bytes(kind: Kind, bytes: &[u8], seed: bool) -> Result<Pair, SecretProblem> {
    if let Some(private) = private(kind, bytes, seed)? {
        return Pair::of_private(kind, private);
    }
    let public = public(kind, bytes).or_else(|| public(kind, &certified(bytes)?));
    let public = public.ok_or_else(|| not_a_key(kind))?;
    let pair = Pair { public, private: None, kid: None };
    // aws-lc reads shorter ones and then refuses every signature.
    if kind == Kind::RsaSha256 && pair.spki().len() < SHORTEST_RSA {
        return Err(SecretProblem::ShortRsa);
    }
    Ok(pair)
}

/// A SubjectPublicKeyInfo of 2048 bits has a modulus of 256 bytes and more than this around it.
const SHORTEST_RSA: usize = 290;

/// The public key of a certificate. Its validity and its issuer are not
/// looked at: who gives it says that it is the right one.
fn certified(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = CertificateDer::from(der);
    let parsed = ParsedCertificate::try_from(&certificate).ok()?;
    Some(parsed.subject_public_key_info().as_ref().to_vec())
}

/// The private key of these bytes; `None` when they are none.
fn private(kind: Kind, bytes: &[u8], seed: bool) -> Result<Option<Private>, SecretProblem> {
    Ok(match kind {
        Kind::RsaSha256 => {
            let pair = rsa::KeyPair::from_pkcs8(bytes).or_else(|_other| rsa::KeyPair::from_der(bytes));
            pair.ok().map(Private::Rsa)
        }
        Kind::EcdsaP256 | Kind::JwtEs256 => p256(kind, bytes).map(Private::P256),
        _ => ed25519(bytes, seed)?.map(Private::Ed25519),
    })
}

fn ed25519(bytes: &[u8], seed: bool) -> Result<Option<Ed25519KeyPair>, SecretProblem> {
    match (bytes.len(), bytes.split_at_checked(32)) {
        (32, _) if seed => Ok(Ed25519KeyPair::from_seed_unchecked(bytes).ok()),
        (32, _) => Ok(None),
        // As libsodium and the `whsk_` of Standard Webhooks write it.
        (64, Some((seed, public))) => Ed25519KeyPair::from_seed_and_public_key(seed, public)
            .map(Some)
            .map_err(|_rejected| SecretProblem::Inconsistent),
        _ => Ok(Ed25519KeyPair::from_pkcs8(bytes).ok()),
    }
}

/// What stands before and after the 32 bytes of a private key in its DER (RFC 5915).
const SEC1_BEFORE: &[u8] = &[0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const SEC1_AFTER: &[u8] = &[0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

fn p256(kind: Kind, bytes: &[u8]) -> Option<EcdsaKeyPair> {
    if bytes.len() == 32 {
        let der = zeroize::Zeroizing::new([SEC1_BEFORE, bytes, SEC1_AFTER].concat());
        return EcdsaKeyPair::from_private_key_der(signing(kind), &der).ok();
    }
    EcdsaKeyPair::from_private_key_der(signing(kind), bytes).ok()
}

fn of_jwk(kind: Kind, jwk: &Jwk) -> Result<Pair, SecretProblem> {
    let inconsistent = |_rejected| SecretProblem::Inconsistent;
    let curve = if kind == Kind::Ed25519 { "Ed25519" } else { "P-256" };
    if kind == Kind::RsaSha256 || *jwk.curve != *curve || jwk.x.len() != 32 {
        return Err(not_a_key(kind));
    }
    let point = if kind == Kind::Ed25519 { jwk.x.clone() } else { [&[4], &*jwk.x, &jwk.y].concat() };
    let mut pair = match &jwk.d {
        None => {
            Pair { public: public(kind, &point).ok_or_else(|| not_a_key(kind))?, private: None, kid: None }
        }
        Some(d) if kind == Kind::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(d, &point).map_err(inconsistent)?;
            Pair::of_private(kind, Private::Ed25519(pair))?
        }
        Some(d) => {
            let pair = EcdsaKeyPair::from_private_key_and_public_key(signing(kind), d, &point);
            Pair::of_private(kind, Private::P256(pair.map_err(inconsistent)?))?
        }
    };
    pair.kid.clone_from(&jwk.kid);
    Ok(pair)
}
