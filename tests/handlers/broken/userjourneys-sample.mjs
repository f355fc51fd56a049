// The handler of userjourneys.ai's guide, written from its description, without its
// call of the API and its database. It is `async`, and Express 4 does not catch what
// such a function throws: one request without a signature ends the process. Express 4.

import crypto from "node:crypto";
import express from "express";

const SECRET = process.env.USERJOURNEYS_WEBHOOK_SECRET;
if (!SECRET) throw new Error("USERJOURNEYS_WEBHOOK_SECRET is not set");

const app = express();

app.post("/webhooks", express.raw({ type: "application/json" }), async (req, res) => {
  const signature = req.headers["x-webhook-signature"];
  const expected = "sha256=" + crypto.createHmac("sha256", SECRET).update(req.body).digest("hex");
  if (!crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) {
    return res.status(401).send("Invalid signature");
  }
  const event = JSON.parse(req.body.toString());
  if (event.event === "interview.completed") {
    console.log("completed", event.data.interview_id);
  }
  res.status(200).send("OK");
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
