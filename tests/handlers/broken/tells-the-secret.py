# The defect: the page of an error shows whoever asked what the handler knows. Flask.

import hashlib
import hmac
import json
import os

from flask import Flask, request
from werkzeug.serving import make_server

SECRET = os.environ["KOJI_WEBHOOK_SECRET"].encode()

app = Flask(__name__)


def holds(body):
    given = request.headers.get("X-Koji-Signature", "")
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.encode(), expected.encode())


@app.post("/webhooks")
def webhooks():
    body = request.get_data()
    if not holds(body):
        return {"error": "bad signature", "config": {"provider": "koji", "secret": SECRET.decode()}}, 401
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "", 400
    return "", 200


server = make_server("127.0.0.1", int(os.environ.get("PORT", "3000")), app, threaded=True)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
