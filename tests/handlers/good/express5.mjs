// A good handler for the webhooks of Koji, on Express 5.
//
//   KOJI_WEBHOOK_SECRET=... node express5.mjs

import crypto from "node:crypto";
import express from "express";

const SECRET = process.env.KOJI_WEBHOOK_SECRET;
if (!SECRET) throw new Error("KOJI_WEBHOOK_SECRET is not set");

const seen = new Set(); // a table with a unique key, in an application

// Compares in constant time and never throws: timingSafeEqual alone does on another length.
function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

function verify(request, body) {
  const given = request.get("X-Koji-Signature");
  if (!given?.startsWith("sha256=")) return false;
  const expected = crypto.createHmac("sha256", SECRET).update(body).digest("hex");
  return same(given.slice("sha256=".length).toLowerCase(), expected);
}

// What tells a repeat: a completed and an analysed interview share their id.
function keyOf(event, body) {
  const data = event?.data ?? {};
  if (data.interview_id) return `${event.type}:${data.interview_id}`;
  return crypto.createHash("sha256").update(body).digest("hex");
}

const app = express();

app.get("/count", (request, response) => response.json(seen.size));

app.post("/webhooks", express.raw({ type: () => true, limit: "25mb", inflate: false }), (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!verify(request, body)) return response.sendStatus(401);
  let event;
  try {
    event = JSON.parse(body);
  } catch {
    return response.sendStatus(body.length === 0 ? 200 : 400); // an empty body is Koji's ping
  }
  if (event?.type !== "ping") seen.add(keyOf(event, body));
  response.sendStatus(200);
});

// Express's own page of an error shows the stack to whoever asked.
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
