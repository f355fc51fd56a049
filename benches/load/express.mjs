// The handler people write by hand: verify with node:crypto, pass on with fetch.
import crypto from "node:crypto";
import express from "express";

const secret = process.env.LOAD_BENCHMARK_SECRET;
const target = process.argv[2];
const app = express();

app.post("*path", express.raw({ type: "*/*", limit: "25mb" }), async (req, res) => {
  const expected = "sha256=" + crypto.createHmac("sha256", secret).update(req.body).digest("hex");
  const given = req.get("X-Koji-Signature") ?? "";
  const holds =
    given.length === expected.length && crypto.timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  if (!holds) return res.status(401).send("signature does not hold");
  const answer = await fetch(target + req.originalUrl, {
    method: "POST",
    headers: { "content-type": req.get("Content-Type"), "x-koji-signature": given },
    body: req.body,
  });
  res.status(answer.status).send(await answer.text());
});

// The parent holds standard input; when it ends, so does this.
process.stdin.on("end", () => process.exit(0)).resume();
const server = app.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ v: 1, type: "ready", url: `http://127.0.0.1:${server.address().port}` }));
});
