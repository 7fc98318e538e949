// Signs what it is given on its standard input, a list of {secret, id, timestamp, body}, and prints the signatures.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const wanted = JSON.parse(readFileSync(0, "utf8"));
console.log(
  JSON.stringify(wanted.map(({ secret, id, timestamp, body }) =>
    new Webhook(secret).sign(id, new Date(timestamp * 1000), body))),
);
