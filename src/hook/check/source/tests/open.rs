//! Handlers that compare openly.

/// Every language with a handler that compares openly; the comparison stands in the line marked `HERE`.
pub(super) const OPEN: &[(&str, &str)] = &[
    (
        "a.js",
        r#"
const crypto = require('crypto');
app.post('/hooks', express.raw({ type: '*/*' }), (req, res) => {
  const expected = crypto
    .createHmac('sha256', process.env.SECRET)
    .update(req.body) // == what came
    .digest('hex');
  if (req.headers['x-sig'] !== `sha256=${expected}`) { // HERE
    return res.status(401).end();
  }
  res.sendStatus(200);
});
"#,
    ),
    (
        "b.mjs",
        r#"
const sign = (body) => 'sha256=' + createHmac('sha256', secret).update(body).digest('hex');
export function verify(body, signature) {
  return signature === sign(body); // HERE
}
"#,
    ),
    (
        "c.ts",
        r#"
function sign(body: Buffer): string {
  const hmac = crypto.createHmac('sha256', key);
  hmac.update(body);
  return hmac.digest('base64');
}
export const ok = (body: Buffer, header: string): boolean => {
  if (header.length !== sign(body).length) return false;
  const mine: Buffer = Buffer.from(sign(body));
  return mine.equals(Buffer.from(header)); // HERE
};
"#,
    ),
    (
        "d.ts",
        r#"
  const mac = await crypto.subtle.sign('HMAC', key, body);
  const hex = [...new Uint8Array(mac)].map((b) => b.toString(16).padStart(2, '0')).join('');
  if (hex != signature) throw new Error('no'); // HERE
"#,
    ),
    (
        "a.py",
        r#"
def handle(request):
    """expected == signature"""
    expected = hmac.new(
        SECRET.encode(),
        request.get_data(),
        hashlib.sha256,
    ).hexdigest()
    signature = request.headers.get("X-Sig", "")
    if not signature or signature != f"sha256={expected}":  # HERE
        abort(401)
"#,
    ),
    (
        "b.py",
        r#"
def sign(body):
    mac = hmac.new(SECRET, body, "sha256")
    return "sha256=" + mac.hexdigest()

def ok(self, body):
    return sign(body) == self.headers["X-Sig"]  # HERE
"#,
    ),
    (
        "a.go",
        r#"
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	expected := hex.EncodeToString(mac.Sum(nil))
	if r.Header.Get("X-Sig") != "sha256="+expected { // HERE
		http.Error(w, "no", 401)
	}
"#,
    ),
    (
        "b.go",
        r#"
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	sum := mac.Sum(nil)
	if !bytes.Equal(sum, given) { // HERE
		return
	}
"#,
    ),
    (
        "a.rb",
        r#"
  expected = OpenSSL::HMAC.hexdigest('SHA256', secret, body)
  halt 401 unless request.env['HTTP_X_SIG'] == "sha256=#{expected}" # HERE
"#,
    ),
    (
        "b.rb",
        r#"
def signature(body)
  "sha256=" + OpenSSL::HMAC.hexdigest("SHA256", SECRET, body)
end
raise "no" if signature(body) != header # HERE
"#,
    ),
    (
        "a.php",
        r#"<?php
$expected = 'sha256=' . hash_hmac('sha256', $body, $secret);
if ($_SERVER['HTTP_X_SIG'] !== $expected) { // HERE
  http_response_code(401);
}
"#,
    ),
    (
        "b.php",
        r#"<?php
if ("sha256=" . hash_hmac('sha256', $body, $secret) == $header) { // HERE
}
"#,
    ),
    (
        "A.java",
        r#"
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret, "HmacSHA256"));
    String expected = HexFormat.of().formatHex(mac.doFinal(body));
    if (!expected.equals(signature)) { // HERE
      return ResponseEntity.status(401).build();
    }
"#,
    ),
    (
        "B.java",
        r#"
  private static byte[] sign(byte[] body) throws Exception {
    return mac().doFinal(body);
  }
  boolean ok(byte[] body, byte[] given) {
    return Arrays.equals(sign(body), given); // HERE
  }
"#,
    ),
    (
        "A.cs",
        r#"
        using var hmac = new HMACSHA256(key);
        var expected = Convert.ToHexString(hmac.ComputeHash(body)).ToLower();
        if (signature != expected) // HERE
            return Results.Unauthorized();
"#,
    ),
    (
        "a.rs",
        r#"
    let mut mac = HmacSha256::new_from_slice(secret).unwrap();
    mac.update(&body);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    if signature != expected { // HERE
        return StatusCode::UNAUTHORIZED;
    }
"#,
    ),
    (
        "b.rs",
        r#"
fn sign(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"x").unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}
fn ok<'a>(body: &'a [u8], header: &'a str) -> bool {
    header == sign(body) // HERE
}
"#,
    ),
];
