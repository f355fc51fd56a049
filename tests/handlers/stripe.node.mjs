// A handler for the webhooks of stripe: Node 20 or newer, nothing to install.
// HMAC-SHA-256 hex in Stripe-Signature
// over {ts}.{body}
// https://docs.stripe.com/webhooks/signature
//
//   STRIPE_WEBHOOK_SECRET=... node handler.mjs

import crypto from "node:crypto";
import { createServer } from "node:http";

const LIMIT = 25 * 1024 * 1024; // bytes of body; more is answered 413
const TOLERANCE = 300; // seconds between the signed time and now

// While a secret is being replaced, the old one goes into STRIPE_WEBHOOK_SECRET_PREVIOUS.
const keys = [process.env.STRIPE_WEBHOOK_SECRET, process.env.STRIPE_WEBHOOK_SECRET_PREVIOUS].filter(Boolean).map((secret) => {
  try {
    return keyOf(secret);
  } catch {
    throw new Error("STRIPE_WEBHOOK_SECRET is not a usable secret");
  }
});
if (keys.length === 0) throw new Error("STRIPE_WEBHOOK_SECRET is not set");

function keyOf(secret) {
  const key = Buffer.from(secret);
  if (key.length === 0) throw new Error("nothing is left of it");
  return key;
}

// Compares in constant time and never throws: timingSafeEqual alone does on another length.
function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

// The value of a header that came once.
function header(request, name) {
  const values = request.headersDistinct[name];
  return values?.length === 1 ? values[0] : undefined;
}

// The seconds of a signed time; NaN when it is not written as one.
function seconds(time) {
  return /^[0-9]{1,15}$/.test(time) ? Number(time) : NaN;
}

function sign(key, content) {
  return crypto.createHmac("sha256", key).update(content).digest("hex");
}

// The signatures in a value, as they are written.
function read(value) {
  const elements = value.split(",").map((element) => element.trim());
  const after = (prefix) => elements.filter((element) => element.startsWith(prefix)).map((element) => element.slice(prefix.length));
  return { signatures: after("v1="), time: after("t=")[0] };
}

// Whether the request comes from whoever has the secret. Never throws.
function verify(request, body) {
  const value = header(request, "stripe-signature");
  if (!value) return false;
  const { signatures, time } = read(value);
  if (!time) return false;
  let holds = false;
  for (const key of keys) {
    const expected = sign(key, Buffer.concat([Buffer.from(time, "latin1"), Buffer.from("."), body]));
    for (const signature of signatures) holds = same(signature.toLowerCase(), expected) || holds;
  }
  // After the signature: a time that nobody signed says nothing.
  return holds && Math.abs(Math.floor(Date.now() / 1000) - seconds(time)) <= TOLERANCE;
}

const server = createServer(async (request, response) => {
  try {
    // The bytes as they came: a body that was parsed and written again has another signature.
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      size += chunk.length;
      if (size > LIMIT) return response.writeHead(413, { Connection: "close" }).end();
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    if (!verify(request, body)) return response.writeHead(401).end();
    // It is authentic. Store or queue the body here, answer at once, work on it later.
    response.writeHead(200).end();
  } catch {
    response.destroy(); // the sender went away
  }
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
