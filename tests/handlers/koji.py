# A handler for the webhooks of koji: Python 3.8 or newer, nothing to install.
# HMAC-SHA-256 hex in X-Koji-Signature
# over {body}
# https://www.koji.so/docs/research-automation-webhooks
# Not in here: the answer to its handshake (endpoint verification, ping).
#
#   KOJI_WEBHOOK_SECRET=... python3 handler.py

import hashlib
import hmac
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 25 * 1024 * 1024  # bytes of body; more is answered 413

def key_of(secret):
    try:
        key = os.fsencode(secret)
    except ValueError:
        key = b""
    if not key:
        raise SystemExit("KOJI_WEBHOOK_SECRET is not a usable secret")
    return key

# While a secret is being replaced, the old one goes into KOJI_WEBHOOK_SECRET_PREVIOUS.
NAMES = ["KOJI_WEBHOOK_SECRET", "KOJI_WEBHOOK_SECRET_PREVIOUS"]
KEYS = [key_of(os.environ[name]) for name in NAMES if os.environ.get(name)]
if not KEYS:
    raise SystemExit("KOJI_WEBHOOK_SECRET is not set")

def raw(text):
    """The bytes of a header as they came."""
    return text.encode("latin-1", "replace")

def same(given, expected):
    """Compares in constant time; as bytes, because text beyond ASCII would raise."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())

def header(request, name):
    """The value of a header that came once."""
    values = request.headers.get_all(name, [])
    return values[0].strip() if len(values) == 1 else None

def sign(key, content):
    tag = hmac.new(key, content, hashlib.sha256).digest()
    return tag.hex()

def read(value):
    """The signatures in a value, as they are written."""
    return [value[len("sha256="):]] if value.startswith("sha256=") else []

def verify(request, body):
    """Whether the request comes from whoever has the secret. Never raises."""
    value = header(request, "X-Koji-Signature")
    if not value:
        return False
    signatures = read(value)
    holds = False
    for key in KEYS:
        expected = sign(key, body)
        for signature in signatures:
            holds = same(signature.lower(), expected) or holds
    return holds

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds for a sender that stalls

    def do_POST(self):
        # The bytes as they came: a body that was parsed and written again has another signature.
        status, body = self.body()
        if status == 200 and not verify(self, body):
            status = 401
        # Of 200 it is authentic. Store or queue the body here, answer at once, work on it later.
        self.answer(status)

    def body(self):
        """200 and the body, or the status that refuses it. Its end is what proxies agree on, or nobody's."""
        lengths, codings = [self.headers.get_all(name, []) for name in ("Content-Length", "Transfer-Encoding")]
        # A payload here are lines of the head that are no headers.
        if len(lengths) + len(codings) > 1 or self.headers.get_payload():
            return 400, b""
        if codings:
            return self.chunks() if codings[0].strip().lower() == "chunked" else (501, b"")
        if not lengths:
            return 411, b""
        if not (lengths[0].isascii() and lengths[0].isdigit()):
            return 400, b""
        if len(lengths[0]) > 11 or int(lengths[0]) > LIMIT:
            return 413, b""
        body = self.rfile.read(int(lengths[0]))
        return (200 if len(body) == int(lengths[0]) else 400), body

    def chunks(self):
        """The body that comes in chunks (RFC 9112, 7.1), which http.server leaves where they are."""
        body = bytearray()
        while True:
            line = self.rfile.readline(1000)
            digits = line.split(b";")[0].rstrip()
            if not (line.endswith(b"\r\n") and 0 < len(digits) < 9) or digits.strip(b"0123456789abcdefABCDEF"):
                return 400, b""
            size = int(digits, 16)
            if len(body) + size > LIMIT:
                return 413, b""
            chunk = self.rfile.read(size + 2) if size else self.rfile.readline(1000)
            if chunk[size:] != b"\r\n":
                return 400, b""  # trailers as well: nobody signs with them
            if not size:
                return 200, bytes(body)
            body += chunk[:size]

    def answer(self, status):
        if status not in (200, 401):
            self.close_connection = True
        body = b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer.request_queue_size = 128  # connections that wait; of more than 5 some wait a second
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Handler)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
