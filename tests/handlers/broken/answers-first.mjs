// The defect: answers 200 before the event is stored, and an event that cannot be
// stored ends the process: the vendor will not send it again. Express 4.

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
const interviews = new Map();

async function store(event) {
  const { interview_id: id, study_id: study } = event.data;
  interviews.set(`${event.type}:${id}`, study);
}

app.get("/count", (request, response) => response.json(interviews.size));

app.post("/webhooks", express.raw({ type: () => true, limit: "25mb", inflate: false }), async (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (!same(request.get("X-Koji-Signature") ?? "", sign(body))) return response.sendStatus(401);
  response.sendStatus(200);
  await store(JSON.parse(body));
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
