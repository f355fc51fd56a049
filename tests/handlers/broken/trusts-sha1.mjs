// The defect: the sender chooses the hash. Express 5.

import crypto from "node:crypto";
import express from "express";

const SECRET = process.env.KOJI_WEBHOOK_SECRET;
if (!SECRET) throw new Error("KOJI_WEBHOOK_SECRET is not set");

function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

const app = express();

app.post("/webhooks", express.raw({ type: () => true, limit: "25mb", inflate: false }), (request, response) => {
  const [algorithm, given] = (request.get("X-Koji-Signature") ?? "").split("=");
  const body = request.body ?? Buffer.alloc(0);
  if (!given || !crypto.getHashes().includes(algorithm)) return response.sendStatus(401);
  const expected = crypto.createHmac(algorithm, SECRET).update(body).digest("hex");
  response.sendStatus(same(given, expected) ? 200 : 401);
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
