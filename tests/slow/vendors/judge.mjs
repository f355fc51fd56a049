// Signs and verifies messages with the libraries that vendors publish for Node.
// Reads and prints what judge.py does.
import * as octokit from "@octokit/webhooks-methods";
import { readFileSync } from "node:fs";
import * as standard from "standardwebhooks";
import Stripe from "stripe";
import * as svix from "svix";
import twilio from "twilio";

const stripe = new Stripe("sk_test_not_a_key");

const holds = (verify) => {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
};

/** Standard Webhooks and Svix have one interface and differ in the names of their headers. */
const standardized = (Webhook, prefix) => ({
  sign: (body, now, { secret, id }) => ({
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(now),
    [`${prefix}-signature`]: new Webhook(secret).sign(id, new Date(now * 1000), body),
  }),
  verifies: (body, headers, { secret }) => holds(() => new Webhook(secret).verify(body, headers)),
});

const parameters = (body) => {
  const found = {};
  for (const [name, value] of new URLSearchParams(body)) {
    found[name] = name in found ? [found[name], value].flat() : value;
  }
  return found;
};

const libraries = {
  standardwebhooks: standardized(standard.Webhook, "webhook"),
  svix: standardized(svix.Webhook, "svix"),
  stripe: {
    sign: (payload, timestamp, { secret }) => ({
      "stripe-signature": stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }),
    }),
    verifies: (body, headers, { secret }) =>
      holds(() => stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret, 300)),
  },
  "@octokit/webhooks-methods": {
    sign: async (body, now, { secret }) => ({ "x-hub-signature-256": await octokit.sign(secret, body) }),
    verifies: (body, headers, { secret }) => octokit.verify(secret, body, headers["x-hub-signature-256"]),
  },
  twilio: {
    sign: (body, now, { secret, url }) => ({
      "x-twilio-signature": twilio.getExpectedTwilioSignature(secret, url, parameters(body)),
    }),
    verifies: (body, headers, { secret, url }) =>
      twilio.validateRequest(secret, headers["x-twilio-signature"], url, parameters(body)),
  },
};

const { now, cases } = JSON.parse(readFileSync(0, "utf8"));
for (const asked of cases) {
  const library = libraries[asked.package];
  const [body, other] = [asked.body, asked.other].map((hex) => Buffer.from(hex, "hex").toString());
  const told = {
    accepts: await library.verifies(body, asked.headers, asked),
    refuses: !(await library.verifies(other, asked.headers, asked)),
    headers: await library.sign(body, now, asked),
  };
  console.log(JSON.stringify(told));
}
