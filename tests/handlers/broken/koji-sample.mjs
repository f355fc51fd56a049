// The handler of Koji's guide, written from its description: without a signature
// header `Buffer.from` throws, and with a short one `timingSafeEqual` does: 500. Express 5.

import crypto from "node:crypto";
import express from "express";

const SECRET = process.env.KOJI_WEBHOOK_SECRET;
if (!SECRET) throw new Error("KOJI_WEBHOOK_SECRET is not set");

const app = express();

app.post("/webhooks", express.raw({ type: "application/json" }), (req, res) => {
  const signature = req.headers["x-koji-signature"];
  const expected = "sha256=" + crypto.createHmac("sha256", SECRET).update(req.body).digest("hex");
  if (!crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) {
    return res.status(401).send("Invalid signature");
  }
  const event = JSON.parse(req.body);
  console.log("received", event.type);
  res.status(200).send("OK");
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
