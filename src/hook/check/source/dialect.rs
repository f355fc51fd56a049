//! What the languages call things, as data.

/// A language as far as its source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// JavaScript and TypeScript.
    JavaScript,
    /// Python.
    Python,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Java and Kotlin.
    Java,
    /// C#.
    Csharp,
    /// Rust.
    Rust,
}

const ENDINGS: [(Dialect, &[&str]); 8] = [
    (Dialect::JavaScript, &["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"]),
    (Dialect::Python, &["py"]),
    (Dialect::Go, &["go"]),
    (Dialect::Ruby, &["rb"]),
    (Dialect::Php, &["php"]),
    (Dialect::Java, &["java", "kt"]),
    (Dialect::Csharp, &["cs"]),
    (Dialect::Rust, &["rs"]),
];

/// Comparisons in constant time, by any part of their names.
const SAFE: [&str; 15] = [
    "timingSafeEqual",
    "compare_digest",
    "hmac.Equal",
    "ConstantTimeCompare",
    "secure_compare",
    "hash_equals",
    "MessageDigest.isEqual",
    "FixedTimeEquals",
    "ct_eq",
    "constant_time",
    "constantTime",
    "verify_slice",
    "subtle.verify(",
    "safeCompare",
    "safe_compare",
];

impl Dialect {
    /// By the ending of a file's name.
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        ENDINGS.iter().find(|(_, endings)| endings.contains(&ending)).map(|(dialect, _)| *dialect)
    }

    /// Whether text compares in constant time.
    pub(super) fn is_safe(self, code: &str) -> bool {
        SAFE.iter().any(|safe| code.contains(safe))
    }

    /// What begins or makes an HMAC.
    pub(super) const fn hmacs(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript => &["createHmac(", "subtle.sign(", "HmacSHA256(", "HmacSHA512(", "HmacSHA1("],
            Self::Python => &["hmac.new(", "hmac.digest(", "hmac.HMAC("],
            Self::Go => &["hmac.New("],
            Self::Ruby => &["HMAC.hexdigest(", "HMAC.digest(", "HMAC.base64digest(", "HMAC.new("],
            Self::Php => &["hash_hmac("],
            Self::Java => &["Mac.getInstance(", ".doFinal(", "HmacUtils", "Hashing.hmacSha"],
            Self::Csharp => {
                &["new HMACSHA", "HMACSHA1.HashData(", "HMACSHA256.HashData(", "HMACSHA512.HashData("]
            }
            Self::Rust => {
                &["Hmac::<", "Hmac::new", "HmacSha1::", "HmacSha256::", "HmacSha512::", "hmac::sign("]
            }
        }
    }

    /// What gives a value of what was received, read as JSON.
    pub(super) const fn parses(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript => &["req.body", "request.body", "req.json()", "request.json()", "JSON.parse("],
            Self::Python => &["request.json", "req.json", "get_json(", "json.loads(", "json.load("],
            Self::Go => &["json.Unmarshal(", "json.NewDecoder("],
            Self::Ruby => &["JSON.parse(", "params"],
            Self::Php => &["json_decode(", "$_POST"],
            Self::Java => &["readValue(", "readTree("],
            Self::Csharp => &["Deserialize", "JObject.Parse("],
            Self::Rust => &["serde_json::from_", "Json("],
        }
    }

    /// What reads JSON out of bytes that were received.
    pub(super) const fn reads(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript | Self::Ruby => &["JSON.parse("],
            Self::Python => &["json.loads(", "request.get_json("],
            Self::Go => &["json.Unmarshal("],
            Self::Php => &["json_decode("],
            Self::Java => &["readValue(", "readTree("],
            Self::Csharp => &["JsonSerializer.Deserialize", "JObject.Parse("],
            Self::Rust => &["serde_json::from_slice", "serde_json::from_str"],
        }
    }

    /// What writes a value as JSON.
    pub(super) const fn writes(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript => &["JSON.stringify("],
            Self::Python => &["json.dumps("],
            Self::Go => &["json.Marshal"],
            Self::Ruby => &[".to_json", "JSON.generate(", "JSON.dump("],
            Self::Php => &["json_encode("],
            Self::Java => &["writeValueAs"],
            Self::Csharp => &["JsonSerializer.Serialize", "JsonConvert.SerializeObject("],
            Self::Rust => &["serde_json::to_"],
        }
    }

    /// Words that begin the definition of a function.
    pub(super) const fn functions(self) -> &'static [&'static str] {
        match self {
            Self::JavaScript | Self::Php => &["function"],
            Self::Python | Self::Ruby => &["def"],
            Self::Go => &["func"],
            Self::Rust => &["fn"],
            Self::Java => &["fun"],
            Self::Csharp => &[],
        }
    }
}

/// Calls that leave a signature a signature: they make, encode, join and trim it.
pub(super) const HARMLESS: [&str; 62] = [
    "createHmac",
    "update",
    "digest",
    "hexdigest",
    "base64digest",
    "new",
    "New",
    "New256",
    "from",
    "alloc",
    "toString",
    "Uint8Array",
    "TextEncoder",
    "encode",
    "decode",
    "map",
    "padStart",
    "join",
    "sign",
    "concat",
    "String",
    "string",
    "str",
    "bytes",
    "byte",
    "hex",
    "EncodeToString",
    "Sum",
    "finalize",
    "into_bytes",
    "as_bytes",
    "as_ref",
    "as_slice",
    "to_vec",
    "to_string",
    "format",
    "bin2hex",
    "hash_hmac",
    "ToHexString",
    "ToBase64String",
    "ToString",
    "ToLower",
    "ToLowerInvariant",
    "toLowerCase",
    "Replace",
    "replace",
    "lower",
    "upper",
    "strip",
    "trim",
    "b64encode",
    "base64_encode",
    "encodeToString",
    "formatHex",
    "doFinal",
    "ComputeHash",
    "HashData",
    "GetBytes",
    "getBytes",
    "bytesToHex",
    "encodeHexString",
    "hexlify",
];
