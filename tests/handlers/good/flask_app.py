# A good handler for the webhooks of Koji, on Flask.
#
#   KOJI_WEBHOOK_SECRET=... python3 flask_app.py

import hashlib
import hmac
import json
import os

from flask import Flask, request
from werkzeug.serving import make_server

SECRET = os.environ["KOJI_WEBHOOK_SECRET"].encode()
if not SECRET:
    raise SystemExit("KOJI_WEBHOOK_SECRET is empty")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 25 * 1024 * 1024
seen = set()  # a table with a unique key, in an application


def verify(body):
    given = request.headers.get("X-Koji-Signature", "")
    if not given.startswith("sha256="):
        return False
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # As bytes: compare_digest raises for text beyond ASCII.
    return hmac.compare_digest(given[len("sha256="):].lower().encode(), expected.encode())


def key_of(event, body):
    """What tells a repeat: a completed and an analysed interview share their id."""
    data = event.get("data") if isinstance(event, dict) else None
    if isinstance(data, dict) and data.get("interview_id"):
        return f"{event.get('type')}:{data['interview_id']}"
    return hashlib.sha256(body).hexdigest()


@app.post("/webhooks")
def webhooks():
    # The bytes as they came, before anything is parsed.
    body = request.get_data(cache=False)
    if not verify(body):
        return "", 401
    if not body:
        return "", 200  # Koji's ping
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return "", 400
    if not (isinstance(event, dict) and event.get("type") == "ping"):
        seen.add(key_of(event, body))
    return "", 200


@app.get("/count")
def count():
    return str(len(seen))


server = make_server("127.0.0.1", int(os.environ.get("PORT", "3000")), app, threaded=True)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
