// Runs the template's viewer-request function and compares the whole request that comes back, for every case of
// viewer-request.json, which the edge's own tests in Rust read, too, and for the events in tests/events.
// Usage: node viewer-request.mjs FUNCTION_CODE_FILE
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const source = readFileSync(process.argv[2], "utf8");
const cases = JSON.parse(readFileSync(new URL("viewer-request.json", import.meta.url), "utf8"));

// The events of tests/events, and what the function must set.
const events = {
  "viewer-request-cookies": { "x-viewer-credential": "cookies", "x-viewer-expires": "1893456000" },
  "viewer-request-url": { "x-viewer-credential": "url", "x-viewer-expires": "1893456000" },
  "viewer-request-spoofed": {},
};

function check(claim, body) {
  try {
    body();
    console.log(`ok: ${claim}`);
  } catch (error) {
    console.log(`FAILED: ${claim}\n${error.message}`);
  }
}

// A context of its own with Buffer alone: what Node has and CloudFront lacks is not found here.
function handle(event) {
  const context = vm.createContext({ Buffer, input: JSON.stringify(event) });
  return JSON.parse(vm.runInContext(`${source}\nJSON.stringify(handler(JSON.parse(input)))`, context));
}

function viewerRequest({ headers, querystring, cookies }) {
  const request = { method: "GET", uri: "/video/m/master.m3u8", querystring, headers, cookies };
  return { version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: "198.51.100.11" }, request };
}

// What comes back: the request as it was, the viewer's x-viewer-* taken out, ours put in.
function expected(request, set) {
  const kept = Object.entries(request.headers).filter(([name]) => !name.startsWith("x-viewer-"));
  return { ...request, headers: { ...Object.fromEntries(kept), ...set } };
}

check("the function fits CloudFront's limit of 10 KB", () => assert.ok(Buffer.byteLength(source) <= 10_240));
for (const one of cases) {
  const event = viewerRequest(one);
  check(one.claim, () => assert.deepEqual(handle(event), expected(event.request, one.expect)));
}
for (const [name, values] of Object.entries(events)) {
  const event = JSON.parse(readFileSync(new URL(`../../events/${name}.json`, import.meta.url), "utf8"));
  const all = Object.entries({ "x-viewer-host": event.context.distributionDomainName, ...values });
  const set = Object.fromEntries(all.map(([header, value]) => [header, { value }]));
  check(`${name}.json`, () => assert.deepEqual(handle(event), expected(event.request, set)));
}
console.log("end");
