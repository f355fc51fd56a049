"""Signs and verifies messages with the libraries that vendors publish for Python.

Reads {"now": seconds, "cases": [...]} and prints one JSON object a case: what the
library says of our headers, what it says of them with another body, and the
headers that it makes itself (null where it only verifies).
"""

import json
import sys
from datetime import datetime, timezone
from urllib.parse import parse_qsl

import discord_interactions
import standardwebhooks
import stripe
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator


class StandardWebhooks:
    def __init__(self, case):
        self.webhook = standardwebhooks.Webhook(case["secret"])

    def sign(self, body, now, case):
        at = datetime.fromtimestamp(now, tz=timezone.utc)
        signature = self.webhook.sign(case["id"], at, body.decode())
        return {"webhook-id": case["id"], "webhook-timestamp": str(now), "webhook-signature": signature}

    def verifies(self, body, headers, case):
        try:
            self.webhook.verify(body, headers)
            return True
        except standardwebhooks.WebhookVerificationError:
            return False


class Stripe:
    def __init__(self, case):
        self.secret = case["secret"]

    def sign(self, body, now, case):
        signed = stripe.WebhookSignature._compute_signature(f"{now}.{body.decode()}", self.secret)
        return {"stripe-signature": f"t={now},v1={signed}"}

    def verifies(self, body, headers, case):
        try:
            return stripe.WebhookSignature.verify_header(body.decode(), headers["stripe-signature"], self.secret, 300)
        except stripe.SignatureVerificationError:
            return False


class Slack:
    def __init__(self, case):
        self.verifier = SignatureVerifier(case["secret"])

    def sign(self, body, now, case):
        signature = self.verifier.generate_signature(timestamp=str(now), body=body)
        return {"x-slack-request-timestamp": str(now), "x-slack-signature": signature}

    def verifies(self, body, headers, case):
        return self.verifier.is_valid_request(body, headers)


class Twilio:
    def __init__(self, case):
        self.validator = RequestValidator(case["secret"])

    @staticmethod
    def parameters(body):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))

    def sign(self, body, now, case):
        signature = self.validator.compute_signature(case["url"], self.parameters(body))
        return {"x-twilio-signature": signature}

    def verifies(self, body, headers, case):
        return self.validator.validate(case["url"], self.parameters(body), headers["x-twilio-signature"])


class Discord:
    def __init__(self, case):
        self.key = case["public"]

    def sign(self, body, now, case):
        return None

    def verifies(self, body, headers, case):
        signature, timestamp = headers["x-signature-ed25519"], headers["x-signature-timestamp"]
        return discord_interactions.verify_key(body, signature, timestamp, self.key)


LIBRARIES = {
    "standardwebhooks": StandardWebhooks,
    "stripe": Stripe,
    "slack_sdk": Slack,
    "twilio": Twilio,
    "discord-interactions": Discord,
}

# Discord's library prints why it refuses.
answers, sys.stdout = sys.stdout, sys.stderr
asked = json.load(sys.stdin)
for case in asked["cases"]:
    library = LIBRARIES[case["package"]](case)
    body, other = bytes.fromhex(case["body"]), bytes.fromhex(case["other"])
    told = {
        "accepts": library.verifies(body, case["headers"], case),
        "refuses": not library.verifies(other, case["headers"], case),
        "headers": library.sign(body, asked["now"], case),
    }
    print(json.dumps(told), file=answers)
