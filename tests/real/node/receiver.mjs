// A receiver of webhooks: verifies each request with the secret it was started with, and prints what came of it.
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.argv[2]);

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    let verdict = "verified";
    let event = null;
    try {
      event = webhook.verify(Buffer.concat(chunks).toString("utf8"), request.headers);
    } catch (error) {
      verdict = error.message;
    }
    console.log(JSON.stringify({ id: request.headers["webhook-id"], verdict, event }));
    response.writeHead(verdict === "verified" ? 204 : 400).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
