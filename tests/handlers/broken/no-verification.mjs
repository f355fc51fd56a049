// The defect: whatever is posted is believed. Express 5.

import express from "express";

const app = express();
let count = 0;

app.get("/count", (request, response) => response.json(count));

app.post("/webhooks", express.json({ type: () => true, limit: "25mb", strict: false }), (request, response) => {
  count += 1;
  response.sendStatus(200);
});

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  response.sendStatus(error.status ?? 500);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
