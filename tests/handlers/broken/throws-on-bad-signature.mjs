// The defect: a signature that does not hold is an exception, which is answered 500. Express 5.

import crypto from "node:crypto";
import express from "express";

const SECRET = process.env.KOJI_WEBHOOK_SECRET;
if (!SECRET) throw new Error("KOJI_WEBHOOK_SECRET is not set");

function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

function sign(body) {
  return "sha256=" + crypto.createHmac("sha256", SECRET).update(body).digest("hex");
}

const app = express();

function verify(request) {
  if (!same(request.get("X-Koji-Signature") ?? "", sign(request.body ?? Buffer.alloc(0)))) {
    throw new Error("Invalid webhook signature");
  }
}

app.post("/webhooks", express.raw({ type: () => true, limit: "25mb", inflate: false }), (request, response) => {
  verify(request);
  response.sendStatus(200);
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
