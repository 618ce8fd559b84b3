// Runs the audits of the GraphQL-over-HTTP specification's own package against a server: node audits.mjs URL KEY.
// Prints one line of JSON: how many there are, and those that did not pass.
import { createRequire } from "node:module";

const { serverAudits } = createRequire(new URL("../../web/package.json", import.meta.url))("graphql-http");
const [url, key] = process.argv.slice(2);

const fetchFn = (address, options) =>
  fetch(address, { ...options, headers: { ...options?.headers, authorization: `Bearer ${key}` } });
const outcomes = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  outcomes.push({ id: audit.id, name: audit.name, status, reason });
}
console.log(JSON.stringify({ count: outcomes.length, failed: outcomes.filter((each) => each.status !== "ok") }));
