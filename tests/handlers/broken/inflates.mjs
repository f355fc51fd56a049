// The defect: inflates whatever is called compressed before anything is verified, and
// what is no gzip throws where nobody catches it. Node's own server.

import crypto from "node:crypto";
import { createServer } from "node:http";
import { gunzipSync } from "node:zlib";

const SECRET = process.env.KOJI_WEBHOOK_SECRET;
if (!SECRET) throw new Error("KOJI_WEBHOOK_SECRET is not set");

function same(given, expected) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

function sign(body) {
  return "sha256=" + crypto.createHmac("sha256", SECRET).update(body).digest("hex");
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("error", () => response.destroy());
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let body = Buffer.concat(chunks);
    if (request.headers["content-encoding"] === "gzip") body = gunzipSync(body);
    const status = same(request.headers["x-koji-signature"] ?? "", sign(body)) ? 200 : 401;
    response.writeHead(status).end();
  });
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
