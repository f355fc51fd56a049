// The defect: the signature is computed over JSON that was parsed and written again. Express 4.

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

app.post("/webhooks", express.json({ type: () => true, limit: "25mb", strict: false }), (request, response) => {
  const given = request.get("X-Koji-Signature") ?? "";
  if (!same(given, sign(JSON.stringify(request.body ?? {})))) return response.sendStatus(401);
  response.sendStatus(200);
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
