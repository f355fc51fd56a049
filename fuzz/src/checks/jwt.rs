//! Whatever text comes as a JSON Web Token: it is cut apart or refused, read in
//! bounded depth, and what is written of it reads the same.

use hookctl::hook::signature::jwt::{MOST_BYTES, finish, read};

/// Cuts a text apart and reads its parts.
pub fn check(data: &[u8]) {
    let token = match read(data) {
        Ok(token) => token,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "a mistake is named");
            return;
        }
    };
    assert!(data.len() <= MOST_BYTES && !token.signature().is_empty());
    assert!(data.starts_with(token.signed()), "what is signed is what came");
    let signed = std::str::from_utf8(token.signed());
    if let Ok(signed) = signed {
        let whole = finish(signed, token.signature());
        assert_eq!(whole.as_bytes(), data, "a token has one writing");
    }
    if let Ok(header) = token.header() {
        assert!(data.len() > header.alg.len());
    }
    if let Ok(claims) = token.claims() {
        for name in ["exp", "iat", "nbf"] {
            let moment = claims.moment(name);
            assert!(claims.has(name) || matches!(moment, Ok(None)), "`{name}` is not there");
        }
        let _same = (claims.says("aud", b"a"), claims.says("sha256", data));
    }
}
