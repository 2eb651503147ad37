// Viewers of an OpenID provider at the edge: `node oidc.mjs EDGE PORT CERTIFICATES`, the provider's port and the folder
// with its certificate. `run` gave these issuers to the edge, and one more that no server answers: the edge's own demo.

import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Issuer, hmacToken, loadTls, signingKey, startProvider, token, unsigned } from './provider.mjs';

const [edge, port, certificates] = process.argv.slice(2);
const provider = `https://localhost:${port}`;
const tls = loadTls(certificates);
const SEGMENT = '/video/clock-ts/180p/segment000.ts';
const PAUSE_MS = 10_000;
const OCT_SECRET = 'a secret that stands in the set, for all to read';

// The name of the first ends with a slash, as those of Auth0 do.
const main = new Issuer(`${provider}/`, [signingKey('RS256', 'main'), signingKey('ES256', 'curve')]);
main.secrets.push({ kty: 'oct', kid: 'oct', alg: 'HS256', k: Buffer.from(OCT_SECRET).toString('base64url') });
const cognito = new Issuer(`${provider}/cognito`, [signingKey('RS256', 'pool')]);
const typed = new Issuer(`${provider}/typed`, [signingKey('ES256', 'typed')]);
const fixed = new Issuer(`${provider}/fixed`, [signingKey('EdDSA', 'fixed')]);
const rotating = new Issuer(`${provider}/rotating`, [signingKey('RS256', 'old')]);
const flooded = new Issuer(`${provider}/flooded`, [signingKey('RS256', 'flooded')]);
const late = new Issuer(`${provider}/late`, [signingKey('RS256', 'late')]);
const issuers = [main, cognito, typed, fixed, rotating, flooded, late];

const count = { passed: 0, failed: 0 };
let stop = await startProvider(port, tls, issuers);

await check('a token of a provider that was found by discovery opens the video', async () => {
  assert.equal((await fetch(`${edge}${SEGMENT}`)).status, 403);
  const response = await ask(main.token());
  assert.equal(response.status, 200);
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  assert.equal((await fetch(`${edge}${SEGMENT}`, { headers: { cookie: cookies.join('; ') } })).status, 200);
  assert.equal(main.requests, 1);
});
for (const [what, forged] of forgeries()) {
  await check(`refused: ${what}`, () => assertRefused(forged));
}
await check('a place for keys that a good token names does not count', () => assertAccepted(main.token({}, { jku: 'https://evil.example/keys' })));
await check('an access token as Cognito makes them is accepted, by its client_id', () => assertAccepted(cognito.token(accessToken())));
await check('refused: an id token where access tokens count', () => assertRefused(cognito.token({ aud: 'app', token_use: 'id' })));
await check('refused: an access token of another client', () => assertRefused(cognito.token(accessToken({ client_id: 'other' }))));
await check('refused: an access token that does not say so', () => assertRefused(cognito.token(accessToken({ token_use: undefined }))));
await check('an access token of type at+jwt is accepted', () => assertAccepted(typed.token({}, { typ: 'at+jwt' })));
await check('refused: another type where at+jwt is required', () => assertRefused(typed.token({}, { typ: 'JWT' })));
await check('refused: no type where at+jwt is required', () => assertRefused(typed.token({}, { typ: undefined })));
await check('keys at a fixed URL, EdDSA', () => assertAccepted(fixed.token()));
await check('a new key counts at once, and one that was taken back no more', rotates);
await check('a flood of made-up kids is one request', floods);
await check('an outage: 503 for who needs the provider, and the others go on', outage);
await sleep(PAUSE_MS);
await check('after the outage all goes on', async () => {
  await assertAccepted(late.token());
  assert.equal(late.requests, 1);
});
await check('the flood goes on, with one more request', floods);

await stop();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed || !count.passed ? 1 : 0;

/** Each with what makes it one; but for that the provider's own, for this audience, and of now. */
function* forgeries() {
  const now = Math.floor(Date.now() / 1000);
  const [key, curve] = main.keys;
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' });
  yield ['a stolen algorithm: HS256 with the public key in PEM', hmacToken(pem, { kid: key.kid }, main.claims())];
  yield ['a stolen algorithm: HS256 with the modulus', hmacToken(Buffer.from(key.jwk.n, 'base64url'), { kid: key.kid }, main.claims())];
  yield ['a stolen algorithm: ES256, with the provider\'s key for it', token(curve, main.claims())];
  yield ['the algorithm none', `${unsigned({ alg: 'none', kid: key.kid }, main.claims())}.`];
  yield ['the algorithm None, with a signature', main.token({}, { alg: 'None' })];
  yield ['RS256 without a signature', `${unsigned({ alg: 'RS256', kid: key.kid }, main.claims())}.`];
  yield ['a changed claim under a good signature', withClaims(main.token(), main.claims({ sub: 'root' }))];
  yield ['kty=oct: HS256 with the secret in the set', hmacToken(OCT_SECRET, { kid: 'oct' }, main.claims())];
  yield ['kty=oct: RS256 in its name', main.token({}, { kid: 'oct' })];
  yield ['the wrong audience', main.token({ aud: 'another' })];
  yield ['the wrong audiences', main.token({ aud: ['another', 'usher.example'] })];
  yield ['no audience', main.token({ aud: undefined })];
  yield ['a future token: nbf', main.token({ nbf: now + 300 })];
  yield ['a future token: iat', main.token({ iat: now + 300 })];
  yield ['an expired token', main.token({ exp: now - 1 })];
  yield ['a token that never expires', main.token({ exp: undefined })];
  yield ['an oversized token', main.token({ padding: 'a'.repeat(8_192) })];
  yield ['nobody\'s token', main.token({ sub: undefined })];
  yield ['another issuer of the same provider', token(cognito.keys[0], main.claims())];
  yield ['an issuer that nobody configured', main.token({ iss: 'https://evil.example' })];
  yield ['a stranger\'s key under a known kid', token(signingKey('RS256', key.kid), main.claims())];
  yield ['a key that the token brings along', token(signingKey('RS256', 'own'), main.claims(), { jwk: key.jwk })];
  yield ['a place for keys that the token names', token(signingKey('RS256', 'own'), main.claims(), { jku: `${provider}/keys` })];
  yield ['an extension that must be understood', main.token({}, { crit: ['exp'] })];
  yield ['a token for logging out', main.token({}, { typ: 'logout+jwt' })];
}

async function rotates() {
  const [old, next] = [rotating.keys[0], signingKey('RS256', 'next')];
  await assertAccepted(rotating.token());
  rotating.keys = [next];
  await assertAccepted(token(next, rotating.claims()));
  await assertRefused(token(old, rotating.claims()));
  // Three requests: at the start, for the new key, and to check whether the old key is published again.
  assert.equal(rotating.requests, 3);
}

async function floods() {
  const before = flooded.requests;
  const tokens = Array.from({ length: 100 }, (_, number) => flooded.token({}, { kid: `made up ${number}` }));
  await Promise.all(tokens.map(assertRefused));
  await assertAccepted(flooded.token());
  assert.equal(flooded.requests, before + 1);
}

async function outage() {
  await stop();
  const start = Date.now();
  const refused = await Promise.all(Array.from({ length: 20 }, () => ask(late.token())));
  assert.ok(Date.now() - start < 5_000, `${Date.now() - start} ms`);
  for (const response of refused) {
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '5']);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
  }
  // Issuers whose keys are cached, and the demo, whose keys need no request.
  await assertAccepted(main.token());
  const body = JSON.stringify({ viewer: 'demo' });
  const signIn = await fetch(`${edge}/demo/sign-in`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await assertAccepted((await signIn.json()).token);
  stop = await startProvider(port, tls, issuers);
  assert.equal((await ask(late.token())).status, 503);
  assert.equal(late.requests, 0);
}

function accessToken(changes = {}) {
  return { aud: undefined, client_id: 'app', token_use: 'access', scope: 'openid', ...changes };
}

function withClaims(signed, claims) {
  const [header, , signature] = signed.split('.');
  return `${header}.${unsigned({}, claims).split('.')[1]}.${signature}`;
}

function ask(bearer) {
  return fetch(`${edge}/auth/cookies`, { method: 'POST', headers: { authorization: `Bearer ${bearer}` } });
}

async function assertAccepted(bearer) {
  const response = await ask(bearer);
  assert.deepEqual([response.status, response.headers.getSetCookie().length], [200, 4]);
}

async function assertRefused(bearer) {
  const response = await ask(bearer);
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate'), /^Bearer error="invalid_token"$/);
  assert.deepEqual(response.headers.getSetCookie(), []);
}

async function check(name, body) {
  try {
    await body();
    console.log(`ok   ${name}`);
    count.passed += 1;
  } catch (error) {
    console.log(`FAIL ${name}\n     ${error.message.replaceAll('\n', '\n     ')}`);
    count.failed += 1;
  }
}
