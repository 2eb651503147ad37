// The recipe's page in Chromium: `node page.mjs PORT CERTIFICATES ONE_HOST OTHER_SITE VIDEO_HOST`. PORT and CERTIFICATES are
// the provider's. ONE_HOST has the page and the edge; OTHER_SITE has the page alone, and VIDEO_HOST the edge for it.

import { strict as assert } from 'node:assert';
import { openChromium } from '../chromium.mjs';
import { Issuer, loadTls, signingKey, startProvider } from './provider.mjs';

const [port, certificates, oneHost, otherSite, videoHost] = process.argv.slice(2);
const LIFETIME_SECONDS = 10;

const issuer = new Issuer(`https://localhost:${port}/page`, [signingKey('RS256', 'page')], LIFETIME_SECONDS);
const stop = await startProvider(port, loadTls(certificates), [issuer]);
const { browser, check, finish } = await openChromium();

for (const [what, site, host] of [['on one host', oneHost, oneHost], ['on two hosts', otherSite, videoHost]]) {
  await check(`${what}, a viewer signs in at the provider, watches, renews with new tokens, and signs out`, async () => {
    // Only the function trusts the provider's certificate authority.
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    try {
      await watches(context, site, host);
    } finally {
      await context.close();
    }
  });
}
await finish();
await stop();

async function watches(context, site, host) {
  const page = await context.newPage();
  const renewals = [];
  page.on('response', (response) => {
    const request = response.request();
    if (request.url() !== `${host}/auth/cookies` || request.method() !== 'POST') return;
    renewals.push({ status: response.status(), bearer: request.headers().authorization });
  });
  await page.goto(`${site}/`);
  await page.locator('#sign-in').click();
  await page.locator('#sign-out').waitFor();
  assert.equal(page.url(), `${site}/`, 'the code is gone from the address bar');
  await page.waitForFunction(() => document.querySelector('usher-video').video?.readyState >= 2);
  await page.locator('usher-video').evaluate(({ video }) => { video.muted = true; return video.play(); });
  await page.waitForFunction(() => document.querySelector('usher-video').video.currentTime > 1);

  await page.waitForTimeout(2 * LIFETIME_SECONDS * 1000);
  assert.deepEqual([...new Set(renewals.map(({ status }) => status))], [200]);
  assert.equal(new Set(renewals.map(({ bearer }) => bearer)).size, renewals.length, 'each time with a token of its own');
  assert.ok(renewals.length >= 3, `${renewals.length} times`);
  assert.deepEqual(await names(context, host), ['Hash-Algorithm', 'Key-Pair-Id', 'Policy', 'Signature']);

  await page.locator('#sign-out').click();
  // The player closes at once; the button goes once the cookies are removed.
  await page.locator('#sign-out').waitFor({ state: 'hidden' });
  await page.locator('#sign-in').waitFor();
  assert.deepEqual(await names(context, host), []);
  assert.equal(await page.evaluate((url) => fetch(url, { credentials: 'include' }).then(({ status }) => status), `${host}/video/clock-ts/master.m3u8`), 403);
  assert.deepEqual(await page.evaluate(() => Object.keys(sessionStorage)), []);
}

/** Of the signed cookies in the browser. */
async function names(context, host) {
  const cookies = await context.cookies(`${host}/video/clock-ts/`);
  return cookies.map(({ name }) => name).filter((name) => name.startsWith('CloudFront-')).map((name) => name.slice(11)).sort();
}
