# A good handler for the webhooks of Koji, on FastAPI.
#
#   KOJI_WEBHOOK_SECRET=... python3 fastapi_app.py

import hashlib
import hmac
import json
import os
import socket

import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

SECRET = os.environ["KOJI_WEBHOOK_SECRET"].encode()
if not SECRET:
    raise SystemExit("KOJI_WEBHOOK_SECRET is empty")
LIMIT = 25 * 1024 * 1024  # bytes of body; more is answered 413

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
seen = set()  # a table with a unique key, in an application


class TooLarge(Exception):
    pass


async def raw_body(request):
    """The bytes as they came, before anything is parsed: no model as a parameter."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise TooLarge
    return bytes(body)


def verify(request, body):
    values = request.headers.getlist("x-koji-signature")
    if len(values) != 1 or not values[0].startswith("sha256="):
        return False
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # As bytes: compare_digest raises for text beyond ASCII.
    return hmac.compare_digest(values[0][len("sha256="):].lower().encode(), expected.encode())


def key_of(event, body):
    """What tells a repeat: a completed and an analysed interview share their id."""
    data = event.get("data") if isinstance(event, dict) else None
    if isinstance(data, dict) and data.get("interview_id"):
        return f"{event.get('type')}:{data['interview_id']}"
    return hashlib.sha256(body).hexdigest()


@app.post("/webhooks")
async def webhooks(request: Request):
    try:
        body = await raw_body(request)
    except ClientDisconnect:
        return Response(status_code=400)
    except TooLarge:
        return Response(status_code=413, headers={"Connection": "close"})
    if not verify(request, body):
        return Response(status_code=401)
    if not body:
        return Response()  # Koji's ping
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return Response(status_code=400)
    if not (isinstance(event, dict) and event.get("type") == "ping"):
        seen.add(key_of(event, body))
    return Response()


@app.get("/count")
async def count():
    return len(seen)


listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "3000"))))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
