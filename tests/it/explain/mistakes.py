"""What people get wrong in Python, really done. Prints one JSON object a line."""

import base64
import datetime
import gzip
import hashlib
import hmac
import io
import json
import urllib.parse
import zlib

NOW = 1760000000
SECRET = "an-invented-secret"
EVENT = {
    "type": "interview.completed",
    "zeta": [1, 2.0, {"deep": True}],
    "name": "Žofie & Søn <café>",
    "url": "https://example.test/a/b",
    "data": {"interview_id": "int_1", "none": None},
}
COMPACT = json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False)
ASCII = {"type": "x", "b": [1, 2], "a": {"d": None, "c": True}}


def sign(signed, secret=SECRET, hash="sha256"):
    signed = signed if isinstance(signed, bytes) else signed.encode()
    return hmac.new(secret.encode(), signed, hash)


def put(code, name, **request):
    body = request.pop("body", COMPACT)
    body = body if isinstance(body, bytes) else body.encode()
    case = {
        "provider": "koji", "secret": SECRET, "now": NOW, "method": "POST", "target": "/hooks",
        "code": code, "name": f"python: {name}", "body": base64.b64encode(body).decode(), **request,
    }
    print(json.dumps(case))


def koji(code, name, body, signed, **more):
    put(code, name, body=body, headers=[["X-Koji-Signature", "sha256=" + sign(signed).hexdigest()]], **more)


# json.dumps, of requests and of Flask's request.json.
koji("body_spaced", "json.dumps was signed, a compact body is sent", json.dumps(ASCII, separators=(",", ":")), json.dumps(ASCII))
koji("body_spaced", "ensure_ascii=False", COMPACT, json.dumps(EVENT, ensure_ascii=False))
koji("body_ascii_escaped", "json.dumps with its escapes", COMPACT, json.dumps(EVENT))
koji("body_ascii_escaped", "separators and escapes", COMPACT, json.dumps(EVENT, separators=(",", ":")))
koji("body_ascii_escaped", "indent=4", COMPACT, json.dumps(EVENT, indent=4))
koji("body_compact", "json.dumps(request.json) is verified", json.dumps(EVENT), COMPACT)
koji("body_sorted_keys", "sort_keys=True", COMPACT, json.dumps(EVENT, sort_keys=True))
koji("body_sorted_keys", "sort_keys and separators", json.dumps(ASCII), json.dumps(ASCII, sort_keys=True, separators=(",", ":")))
koji("body_indented", "indent=2 was signed", json.dumps(ASCII), json.dumps(ASCII, indent=2))
koji("body_object_text", "str(dict)", COMPACT, str(EVENT))
koji("body_object_text", "str(bytes)", '{"a":1}', str(b'{"a":1}'))
# What other languages write is imitated here; tests/slow/rewritten.rs has them write it.
escaped = json.dumps(EVENT, separators=(",", ":"))
koji("body_slashes_escaped", "json_encode", COMPACT, escaped.replace("/", "\\/"))
koji("body_slashes_escaped", "JSON_UNESCAPED_UNICODE", COMPACT, COMPACT.replace("/", "\\/"))
for letter in "<>&":
    COMPACT_GO = globals().get("COMPACT_GO", COMPACT).replace(letter, "\\u%04x" % ord(letter))
koji("body_html_escaped", "json.Marshal", COMPACT, COMPACT_GO)
koji("body_html_escaped", "json.NewEncoder", COMPACT, COMPACT_GO + "\n")
koji("body_html_escaped", "json.MarshalIndent", COMPACT, json.dumps(EVENT, indent=2, sort_keys=True, ensure_ascii=False)
     .replace("2.0", "2").replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
koji("body_html_escaped", "Gson", '{"u":"a=b&c=\'d\'"}', '{"u":"a\\u003db\\u0026c\\u003d\\u0027d\\u0027"}')
# Nothing is escaped where there is nothing to escape.
TWO = {"b": 1, "a": "plain"}
koji("body_compact", "jq -c was signed", json.dumps(TWO), '{"b":1,"a":"plain"}\n')
koji("body_sorted_keys", "jq -cS was signed", json.dumps(TWO), '{"a":"plain","b":1}\n')
koji("body_sorted_keys", "jq -S was signed", json.dumps(TWO), '{\n  "a": "plain",\n  "b": 1\n}\n')
koji("body_spaced", "print(json.dumps(x)) was signed", '{"b":1,"a":"plain"}', json.dumps(TWO) + "\n")
koji("body_sorted_keys", "a map of Go without what is escaped", json.dumps(TWO), '{"a":"plain","b":1}')
# Other printers.
for name, indent in [("four spaces", 4), ("tabs", "\t")]:
    koji("body_indented", f"{name} with CRLF", json.dumps(TWO), json.dumps(TWO, indent=indent).replace("\n", "\r\n"))
koji("body_indented", "Jackson's pretty printer", json.dumps(TWO), '{\n  "b" : 1,\n  "a" : "plain"\n}')
koji("body_indented", "ConvertTo-Json of PowerShell 5", json.dumps(TWO), '{\r\n    "b":  1,\r\n    "a":  "plain"\r\n}')
koji("body_indented", "pretty_generate with decimals", '{"rate":1.50,"large":1e20,"list":[]}',
     '{\n  "rate": 1.5,\n  "large": 1.0e+20,\n  "list": [\n\n  ]\n}')
koji("body_indented", "changed numbers, indented, and a line break", '{"rate":1.50,"total":10.00}', '{\n  "rate": 1.5,\n  "total": 10\n}\n')
koji("body_compact", "json_decode(..., true) makes {} a list", '{"empty":{},"list":[]}', '{"empty":[],"list":[]}')
# Character sets and line ends.
koji("body_charset", "decode('latin-1'), twice", COMPACT.encode().decode("latin-1").encode().decode("latin-1").encode(), COMPACT)
koji("body_charset", "encode('utf-16') was signed", COMPACT, COMPACT.encode("utf-16"))
koji("body_charset", "encode('utf-16-be') was signed", COMPACT, COMPACT.encode("utf-16-be"))
for name in ["utf-16", "utf-16-le", "utf-16-be"]:
    koji("body_charset", f"sent as {name}", COMPACT.encode(name), COMPACT)
koji("body_compressed", "bare deflate", zlib.compress(COMPACT.encode())[2:-4], COMPACT)
halves = [COMPACT.encode()[:50], COMPACT.encode()[50:]]
koji("body_compressed", "gzip in two members", b"".join(gzip.compress(half) for half in halves), COMPACT)
koji("body_charset", "decode('latin-1')", COMPACT.encode().decode("latin-1").encode(), COMPACT)
koji("body_charset", "decode('cp1252')", '{"a":"it’s €5"}'.encode().decode("cp1252").encode(), '{"a":"it’s €5"}')
koji("body_charset", "encode('latin-1') was signed", '{"a":"café"}', '{"a":"café"}'.encode("latin-1"))
koji("body_charset", "errors='replace'", '{"a":"café"}', '{"a":"café"}'.encode("ascii", "replace"))
koji("body_charset", "errors='ignore'", '{"a":"café"}', '{"a":"café"}'.encode("ascii", "ignore"))
koji("body_byte_order_mark", "utf-8-sig was signed", COMPACT, COMPACT.encode("utf-8-sig"))
koji("body_byte_order_mark", "saved with a mark", COMPACT.encode("utf-8-sig"), COMPACT)
pretty = json.dumps(ASCII, indent=2)
windows = io.TextIOWrapper(io.BytesIO(), newline="\r\n", write_through=True)
windows.write(pretty)
koji("body_line_endings", "written in text mode on Windows", windows.buffer.getvalue(), pretty)
koji("body_line_endings", "read in text mode", pretty, windows.buffer.getvalue())
printed = io.StringIO()
print(COMPACT, file=printed)
koji("body_newline_added", "print(body) into a file", printed.getvalue(), COMPACT)
koji("body_newline_lost", "body.strip()", printed.getvalue().strip(), printed.getvalue())
koji("body_wrapped", "the event of a gateway", json.dumps({"isBase64Encoded": False, "body": COMPACT}), COMPACT)
encoded = base64.b64encode(COMPACT.encode()).decode()
koji("body_wrapped", "the same in base64", json.dumps({"isBase64Encoded": True, "body": encoded}), COMPACT)
koji("body_wrapped", "base64 of the body", encoded, COMPACT)
form = "text=a%20b&user=%C5%BDofie&x=~*"
koji("body_form_reencoded", "urlencode(parse_qsl)", form, urllib.parse.urlencode(urllib.parse.parse_qsl(form)))
koji("body_form_reencoded", "unquote_plus", form, urllib.parse.unquote_plus(form))
# Digests and times.
put("signature_encoding", "b64encode of the hexdigest", provider="shopify",
    headers=[["X-Shopify-Hmac-Sha256", base64.b64encode(sign(COMPACT).hexdigest().encode()).decode()]])
put("signature_encoding", "urlsafe_b64encode", provider="shopify", secret="s1",
    headers=[["X-Shopify-Hmac-Sha256", base64.urlsafe_b64encode(sign(COMPACT, "s1").digest()).decode().rstrip("=")]])
put("plain_hash", "hashlib.sha256(body)", headers=[["X-Koji-Signature", "sha256=" + hashlib.sha256(COMPACT.encode()).hexdigest()]])
iso = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).isoformat().replace("+00:00", "Z")
put("timestamp_unit", "isoformat in the header", provider="slack",
    headers=[["X-Slack-Request-Timestamp", iso], ["X-Slack-Signature", "v0=" + sign(f"v0:{iso}:{COMPACT}").hexdigest()]])
put("timestamp_unit", "time.time() with its fraction", provider="slack",
    headers=[["X-Slack-Request-Timestamp", f"{NOW}"], ["X-Slack-Signature", "v0=" + sign(f"v0:{float(NOW)}:{COMPACT}").hexdigest()]])
put("content_otherwise", "v0 forgotten", provider="slack",
    headers=[["X-Slack-Request-Timestamp", f"{NOW}"], ["X-Slack-Signature", "v0=" + sign(f"{NOW}:{COMPACT}").hexdigest()]])
put("timestamp_elsewhere", "another header's time", provider="slack",
    headers=[["X-Request-Start", f"{NOW - 5}"], ["X-Slack-Request-Timestamp", f"{NOW}"],
             ["X-Slack-Signature", "v0=" + sign(f"v0:{NOW - 5}:{COMPACT}").hexdigest()]])
