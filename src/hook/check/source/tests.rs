mod open;

use super::*;
use open::OPEN;

/// The lines of the lints of a kind.
fn lines(name: &str, text: &str, symptom: Symptom) -> Vec<u32> {
    let lints = lint(Dialect::of(name).unwrap(), text);
    lints.iter().filter(|lint| lint.symptom == symptom).map(|lint| lint.line).collect()
}

fn compared(name: &str, text: &str) -> Vec<u32> {
    lines(name, text, Symptom::ComparedOpenly)
}

fn rewritten(name: &str, text: &str) -> Vec<u32> {
    lines(name, text, Symptom::Rewritten)
}

#[test]
fn an_open_comparison_is_found_at_its_line() {
    for (name, text) in OPEN {
        let line = text.lines().position(|line| line.contains("HERE")).unwrap() as u32 + 1;
        assert_eq!(compared(name, text), [line], "{name}: {:#?}", lint(Dialect::of(name).unwrap(), text));
        assert_eq!(rewritten(name, text), [0_u32; 0], "{name}");
    }
}

/// What looks like it and is not.
const FINE: &[(&str, &str)] = &[
    (
        "a.js",
        r#"
const expected = createHmac('sha256', secret).update(body).digest();
if (typeof signature !== 'string' || expected === undefined) return false;
if (given.length !== expected.length) return false;
// if (given === expected)
const ok = timingSafeEqual(Buffer.from(expected), given);
if (ok === false || ok !== wanted) return 401;
"#,
    ),
    (
        "b.js",
        r#"
const etag = crypto.createHash('sha256').update(file).digest('hex');
if (req.headers['if-none-match'] === etag) return res.status(304).end();
const signature = crypto.createHmac('sha256', secret).update(payload).digest('hex');
const response = await fetch(url, { headers: { 'x-sig': signature }, body: payload });
if (response.status === expectedStatus && response.url !== url) log(response);
const text = 'signature === other';
"#,
    ),
    (
        "c.js",
        r#"
// A sender may write its JSON as it likes.
const body = JSON.stringify(req.body);
const signature = createHmac('sha256', secret).update(body).digest('hex');
await fetch(target, { method: 'POST', body, headers: { signature } });
"#,
    ),
    (
        "d.test.js",
        r#"
const expected = createHmac('sha256', secret).update(body).digest('hex');
assert(sent.signature === expected);
expect(sent.signature == expected).toBe(true);
"#,
    ),
    (
        "e.js",
        r#"
// Twice over: what is compared tells nothing.
const a = createHmac('sha256', random).update(given).digest('hex');
const b = createHmac('sha256', random).update(wanted).digest('hex');
return a === b;
"#,
    ),
    (
        "a.py",
        r#"
expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
if len(expected) != len(given) or expected is None or expected == "":
    raise ValueError
if not hmac.compare_digest(expected, given):
    raise ValueError
digest = hashlib.sha256(body).hexdigest()
if digest == known: return
"#,
    ),
    (
        "a.go",
        r#"
	mac := hmac.New(sha256.New, key)
	if mac == nil { return }
	n, err := mac.Write(body)
	if err != nil || n != len(body) { return }
	if !hmac.Equal(mac.Sum(nil), given) { return }
"#,
    ),
    (
        "a.rs",
        r#"
    let mut mac = HmacSha256::new_from_slice(secret)?;
    mac.update(&body);
    let ok = mac.verify_slice(&given).is_ok();
    if ok == wanted { return Ok(()) }
    let other: &'static str = "mac == given";
    let expected = mac.finalize().into_bytes();
    if expected.len() != given.len() { return Err(()) }
    bool::from(expected.ct_eq(&given))
"#,
    ),
    (
        "a.php",
        r#"<?php
$expected = hash_hmac('sha256', $body, $secret);
if ($expected === false || strlen($expected) !== strlen($given)) exit;
if (!hash_equals($expected, $given)) exit;
"#,
    ),
    (
        "A.java",
        r#"
    byte[] expected = mac.doFinal(body);
    if (!MessageDigest.isEqual(expected, given)) return;
    if (name.equals(other)) return;
"#,
    ),
];

#[test]
fn what_only_looks_like_it_is_left_alone() {
    for (name, text) in FINE {
        assert_eq!(lint(Dialect::of(name).unwrap(), text), [], "{name}: {text}");
    }
}

#[test]
fn a_body_that_is_written_again_is_found_where_it_is_signed() {
    for (name, text) in [
        (
            "a.js",
            "const mine = createHmac('sha256', s)\n  .update(JSON.stringify(req.body)) // HERE\n  .digest('hex');\nok = timingSafeEqual(mine, given);\n",
        ),
        (
            "b.js",
            "const payload = JSON.stringify(req.body);\nconst hmac = createHmac('sha256', s);\nhmac.update(payload); // HERE\nif (!timingSafeEqual(hmac.digest(), given)) return;\n",
        ),
        (
            "a.py",
            "event = request.get_json()\nbody = json.dumps(event)\nmac = hmac.new(S, body.encode(), 'sha256') # HERE\nreturn hmac.compare_digest(mac.hexdigest(), given)\n",
        ),
        (
            "b.py",
            "mac = hmac.new(S, json.dumps(request.json).encode(), 'sha256').hexdigest() # HERE\nif mac == given:\n    pass\n",
        ),
        (
            "a.go",
            "json.Unmarshal(body, &event)\nagain, _ := json.Marshal(event)\nmac := hmac.New(sha256.New, key)\nmac.Write(again) // HERE\nreturn hmac.Equal(mac.Sum(nil), given)\n",
        ),
        (
            "a.php",
            "<?php\n$event = json_decode($body);\n$mine = hash_hmac('sha256', json_encode($event), $secret); // HERE\nreturn hash_equals($mine, $given);\n",
        ),
        (
            "a.rb",
            "mine = OpenSSL::HMAC.hexdigest('SHA256', secret, params.to_json) # HERE\nRack::Utils.secure_compare(mine, given)\n",
        ),
        (
            "a.rs",
            "async fn hook(Json(event): Json<Value>) {\n    let mut mac = HmacSha256::new_from_slice(S).unwrap();\n    mac.update(&serde_json::to_vec(&event).unwrap()); // HERE\n    mac.verify_slice(&given)\n}\n",
        ),
    ] {
        let line = text.lines().position(|line| line.contains("HERE")).unwrap() as u32 + 1;
        assert_eq!(rewritten(name, text), [line], "{name}: {text}");
    }
}

#[test]
fn a_body_that_is_read_before_it_is_verified_is_found_unless_the_scheme_wants_it() {
    let found = |name: &str, text: &str| lines(name, text, Symptom::ReadFirst);
    let handler = "def holds(body):\n    mine = hmac.new(S, body, 'sha256').hexdigest()\n    return hmac.compare_digest(mine, given)\n\ndef hook():\n    body = request.get_data()\n";
    let first = format!(
        "{handler}    event = request.get_json(force=True)\n    if not holds(body):\n        return 401\n"
    );
    assert_eq!(found("a.py", &first), [7]);
    let second = format!(
        "{handler}    if not holds(body):\n        return 401\n    event = request.get_json(force=True)\n"
    );
    assert_eq!(found("a.py", &second), [0_u32; 0]);
    let member = format!(
        "{handler}    event = request.get_json(force=True)\n    if not holds(event['token']):\n        return 401\n"
    );
    assert_eq!(found("a.py", &member), [0_u32; 0]);
    let account = format!(
        "{handler}    event = json.loads(body)\n    secret = SECRETS[event['account']]\n    if not holds(body, secret):\n        return 401\n"
    );
    assert_eq!(found("a.py", &account), [0_u32; 0]);
    let script = "app.post('/', (req, res) => {\n  const event = JSON.parse(req.body);\n  const mine = createHmac('sha256', s).update(req.body).digest();\n  if (!timingSafeEqual(mine, given)) return;\n});\nfunction other(text) {\n  return JSON.parse(text);\n}\n";
    assert_eq!(found("a.js", script), [2]);
}

#[test]
fn no_text_is_too_odd() {
    let mut odd: Vec<String> = [
        "(",
        ")",
        "{",
        "}",
        "`${",
        "\"",
        "'",
        "/*",
        "//",
        "#",
        "=",
        "==",
        "\\",
        "é==é",
        "=\n",
        "a.equals(",
        "return ",
    ]
    .iter()
    .flat_map(|part| [part.to_string(), part.repeat(3), part.repeat(2_000)])
    .collect();
    odd.extend(
        OPEN.iter().flat_map(|(_, text)| {
            (0..text.len()).step_by(7).filter_map(|at| text.get(at..).map(str::to_owned))
        }),
    );
    for text in &odd {
        for name in ["a.js", "a.py", "a.go", "a.rb", "a.php", "a.java", "a.cs", "a.rs"] {
            lint(Dialect::of(name).unwrap(), text);
        }
    }
}
