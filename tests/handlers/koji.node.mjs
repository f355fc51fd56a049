// A handler for the webhooks of koji: Node 20 or newer, nothing to install.
// HMAC-SHA-256 hex in X-Koji-Signature
// over {body}
// https://www.koji.so/docs/research-automation-webhooks
// Not in here: the answer to its handshake (endpoint verification, ping).
//
//   KOJI_WEBHOOK_SECRET=... node handler.mjs

import crypto from "node:crypto";
import { createServer } from "node:http";

const LIMIT = 25 * 1024 * 1024; // bytes of body; more is answered 413

// While a secret is being replaced, the old one goes into KOJI_WEBHOOK_SECRET_PREVIOUS.
const keys = [process.env.KOJI_WEBHOOK_SECRET, process.env.KOJI_WEBHOOK_SECRET_PREVIOUS].filter(Boolean).map((secret) => {
  try {
    return keyOf(secret);
  } catch {
    throw new Error("KOJI_WEBHOOK_SECRET is not a usable secret");
  }
});
if (keys.length === 0) throw new Error("KOJI_WEBHOOK_SECRET is not set");

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

function sign(key, content) {
  return crypto.createHmac("sha256", key).update(content).digest("hex");
}

// The signatures in a value, as they are written.
function read(value) {
  return { signatures: value.startsWith("sha256=") ? [value.slice("sha256=".length)] : [] };
}

// Whether the request comes from whoever has the secret. Never throws.
function verify(request, body) {
  const value = header(request, "x-koji-signature");
  if (!value) return false;
  const { signatures } = read(value);
  let holds = false;
  for (const key of keys) {
    const expected = sign(key, body);
    for (const signature of signatures) holds = same(signature.toLowerCase(), expected) || holds;
  }
  return holds;
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
