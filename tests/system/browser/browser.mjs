// The player and the inspector in a real browser: `node browser.mjs ORIGIN [--screenshot FILE]`.
// Each check has a context of its own, hence no cookies of another.

import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [origin, flag, screenshotFile] = process.argv.slice(2);
if (!origin || (flag && (flag !== '--screenshot' || !screenshotFile))) {
  console.error('usage: node browser.mjs ORIGIN [--screenshot FILE]');
  process.exit(2);
}

const STREAMS = ['/video/clock-ts/master.m3u8', '/video/clock-fmp4/master.m3u8'];
const ENGINES = ['native', 'hls'];
const QUIET_MS = 6_000;
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--mute-audio',
  ],
});
let passed = 0;
let failed = 0;

try {
  await check('before sign-in the refusal is shown, with its reason', refusalIsShown);
  for (const stream of STREAMS) {
    for (const engine of ENGINES) {
      await check(`${stream} plays 3 s with ${engine}, by cookies`, (visit) => playsByCookies(visit, stream, engine));
    }
  }
  for (const engine of ENGINES) {
    await check(`after sign-out nothing more is loaded with ${engine}`, (visit) => signOutStopsLoading(visit, engine));
    await check(`lost cookies are renewed in the middle of playing with ${engine}`, (visit) => lostCookiesAreRenewed(visit, engine));
  }
  await check('cookies are renewed before they expire', cookiesAreRenewed);
  await check('a browser that drops Secure cookies is told so and plays by the signed URL', droppedCookiesAreExplained);
  for (const stream of STREAMS) {
    await check(`the signed URL of ${stream} opens all that it names, without cookies`, (visit) => signedUrlOpensAll(visit, stream));
  }
  await check('the signed URL plays on a device without cookies', signedUrlPlays);
  await check('the keyboard alone signs in, plays and signs out', keyboardIsEnough);
  await check('the inspector shows who was refused and who was admitted', inspectorShowsVerdicts);
  await check('both pages fit into 360 pixels', pagesFitNarrow);
  if (screenshotFile) await check(`a screenshot is in ${screenshotFile}`, takeScreenshot);
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;

// ---- Checks

async function refusalIsShown({ page }) {
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  const why = (await page.request.get(origin + STREAMS[0])).headers()['x-usher-why'];
  assert.ok(why, 'the edge gives a reason');
  const [code, message, reason] = await page.locator('#denial').evaluate((denial) =>
    [denial.querySelector('strong'), ...denial.querySelectorAll('p')].map((part) => part.textContent));
  assert.deepEqual([code, message, reason], ['MissingKey', 'Missing Key-Pair-Id query parameter or cookie value', why]);
  assert.equal(await page.locator('#play').isVisible(), false);
}

async function playsByCookies({ page, requests }, stream, engine) {
  await signIn(page, stream, engine);
  await page.click('#play');
  await playedFor(page, 3);
  const source = await page.locator('#video').evaluate((video) => video.currentSrc);
  assert.equal(engine === 'hls' ? new URL(source).protocol : source, engine === 'hls' ? 'blob:' : origin + stream);
  assert.deepEqual(requests.filter((url) => new URL(url).search), [], 'no URL carries a signature');
}

async function signOutStopsLoading({ page, requests }, engine) {
  await slowSegments(page);
  await signIn(page, STREAMS[0], engine);
  await page.click('#play');
  await playedFor(page, 0.5);
  await page.click('#sign-out');
  const before = requests.length;
  await page.waitForTimeout(QUIET_MS);
  assert.deepEqual(requests.slice(before), []);
  assert.ok(before > 0 && !requests.some((url) => url.includes('segment003')), 'there was something left to load');
  assert.equal(await page.locator('#video').getAttribute('src'), null);
  assert.equal(await page.locator('#cookies-until').textContent(), 'no cookies');

  await page.click('#probe');
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, STREAMS[0]), 403);
}

async function lostCookiesAreRenewed({ page, requests }, engine) {
  await slowSegments(page);
  await signIn(page, STREAMS[1], engine);
  await page.click('#play');
  await playedFor(page, 0.5);
  await page.context().clearCookies();
  await playedFor(page, 9);
  assert.ok(requests.some((url) => url.includes('segment003')), 'it was loaded to the end');
  assert.equal(await page.locator('#denial strong').textContent(), 'MissingKey');
}

async function cookiesAreRenewed({ page }) {
  await page.clock.install();
  const [first] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${origin}/auth/cookies`),
    signIn(page, STREAMS[0], 'native'),
  ]);
  const grant = await first.json();
  assert.ok(grant.refresh_after < grant.expires_at, 'there is time to renew');
  assert.deepEqual(await storageOf(page), [0, 0, ''], 'nothing is stored, and no script sees a cookie');
  const [renewal] = await Promise.all([
    page.waitForRequest((request) => request.url() === `${origin}/auth/cookies`, { timeout: 5_000 }),
    page.clock.fastForward(grant.refresh_after * 1000 - Date.now() + 2_000),
  ]);
  assert.equal(renewal.method(), 'POST');
}

async function droppedCookiesAreExplained({ page }) {
  await page.route('**/auth/cookies', async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers['set-cookie'];
    await page.context().clearCookies();
    await route.fulfill({ response, headers });
  });
  await page.goto(origin);
  await page.click('#sign-in');
  await page.locator('#play-signed').waitFor();
  assert.match(await page.locator('#curtain-text').textContent(), /does not keep Secure cookies on plain http/);
  await page.click('#play-signed');
  await playedFor(page, 3);
}

async function signedUrlOpensAll({ page }, stream) {
  const url = await signedUrl(page, stream);
  const device = await browser.newContext();
  try {
    const opened = await openAll(device.request, url);
    // The master, two variants, and of each four segments and one key or map.
    assert.deepEqual(opened.map(({ status }) => status), Array(13).fill(200), JSON.stringify(opened));
    for (const one of opened) {
      const response = await device.request.get(altered(one.url));
      assert.deepEqual([response.status(), codeOf(await response.text())], [403, 'AccessDenied'], one.url.split('?')[0]);
    }
  } finally {
    await device.close();
  }
}

async function signedUrlPlays({ page }) {
  const url = await signedUrl(page, STREAMS[0]);
  const context = await browser.newContext();
  try {
    const device = await context.newPage();
    await device.goto(origin);
    await device.locator('#video').evaluate((video, src) => { video.src = src; return video.play(); }, url);
    await playedFor(device, 3);
    assert.deepEqual(await context.cookies(), []);
  } finally {
    await context.close();
  }
}

async function keyboardIsEnough({ page }) {
  await page.goto(origin);
  await page.locator('#sign-in').waitFor();
  const focused = () => page.evaluate(() => document.activeElement.id);
  for (let presses = 0; (await focused()) !== 'sign-in'; presses += 1) {
    assert.ok(presses < 10, 'Tab reaches the sign-in button');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'play');
  await page.keyboard.press('Enter');
  await playedFor(page, 0.5);
  assert.equal(await focused(), 'video');
  await page.locator('#sign-out').press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'sign-in');
}

async function inspectorShowsVerdicts({ page, context }) {
  const inspector = await context.newPage();
  await inspector.goto(`${origin}/__usher/`);
  await inspector.locator('#connection[data-live=yes]').waitFor();
  await inspector.click('#clear');
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.click('#sign-in');
  await page.locator('#play').waitFor();

  const refused = inspector.locator('#requests > li[data-verdict-of=refused]').first();
  const admitted = inspector.locator('#requests > li[data-verdict-of=admitted]').first();
  await admitted.waitFor();
  assert.match(await refused.innerText(), /GET \/video\/clock-[\w/-]+\.m3u8[^]*MissingKey/);
  await refused.locator('summary').press('Enter');
  assert.match(await refused.locator('.more').innerText(), /Missing Key-Pair-Id query parameter or cookie value/);
  await admitted.locator('summary').press('Enter');
  assert.match(await admitted.locator('.more').innerText(), /signed cookies[^]*Policy covers/);

  await inspector.check('#refused-only');
  assert.deepEqual([await refused.isVisible(), await admitted.isVisible()], [true, false]);
  await inspector.uncheck('#refused-only');
  await inspector.click('#pause');
  const rows = await inspector.locator('#requests > li').count();
  await page.click('#probe');
  await inspector.locator('#pause', { hasText: /Paused, \d+ new/ }).waitFor();
  assert.equal(await inspector.locator('#requests > li').count(), rows);
}

async function pagesFitNarrow({ page }) {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/', '/__usher/']) {
    await page.goto(origin + path);
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, path);
  }
}

async function takeScreenshot({ page }) {
  await page.setViewportSize({ width: 1280, height: 860 });
  await signIn(page, STREAMS[0], 'hls');
  await page.click('#play');
  await playedFor(page, 7);
  await page.screenshot({ path: screenshotFile });
}

// ---- What checks are made of

async function check(name, body) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  context.on('request', (request) => new URL(request.url()).pathname.startsWith('/video/') && requests.push(request.url()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    const expected = /status of 403/.test(message.text()) && new URL(message.location().url).pathname.startsWith('/video/');
    if (message.type() === 'error' && !expected) complaints.push(`${message.text()} (${message.location().url.split('?')[0]})`);
  });
  try {
    await body({ page, context, requests });
    assert.deepEqual(complaints, [], 'the console is quiet');
    passed += 1;
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    const said = await page.locator('#status').textContent({ timeout: 500 }).catch(() => '');
    console.log(`FAIL ${name}\n     ${withoutSignatures(error.message).replaceAll('\n', '\n     ')}\n     status: ${said}; console: ${complaints.join('; ') || 'quiet'}`);
  } finally {
    await context.close();
  }
}

async function signIn(page, stream, engine) {
  await page.goto(`${origin}/?engine=${engine}&stream=${encodeURIComponent(stream)}`);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.click('#sign-in');
  await page.locator('#play').waitFor();
  assert.deepEqual([await page.inputValue('#stream'), await page.inputValue('#engine')], [stream, engine]);
}

async function playedFor(page, seconds) {
  await page.waitForFunction((wanted) => document.getElementById('video').currentTime > wanted, seconds, { timeout: 30_000 });
}

/** The sample is short and the edge near: without this all of it is loaded before anything can happen. */
async function slowSegments(page) {
  await page.route('**/segment*', async (route) => {
    await new Promise((resolve) => { setTimeout(resolve, 1_500); });
    await route.continue().catch(() => {});
  });
}

async function signedUrl(page, stream) {
  await signIn(page, stream, 'native');
  await page.click('#make-signed-url');
  await page.locator('#signed-url').waitFor();
  assert.match(await page.locator('#signed-url-until').textContent(), /^Good until \d\d:\d\d:\d\d/);
  return page.inputValue('#signed-url');
}

/** Fetches `url` and, when it is a playlist, all that it names, and so on. */
async function openAll(client, url) {
  const response = await client.get(url);
  const opened = [{ url, status: response.status() }];
  if (!new URL(url).pathname.endsWith('.m3u8')) return opened;
  for (const [, quoted, line] of (await response.text()).matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)) {
    opened.push(...await openAll(client, new URL(quoted ?? line, url).href));
  }
  return opened;
}

/** One character of the signature changed, in its middle: the last one carries bits that mean nothing. */
function altered(url) {
  const changed = new URL(url);
  const signature = changed.searchParams.get('Signature');
  const middle = Math.floor(signature.length / 2);
  const other = signature[middle] === 'A' ? 'B' : 'A';
  return url.replace(signature, signature.slice(0, middle) + other + signature.slice(middle + 1));
}

function codeOf(xml) {
  return /<Code>(.*?)<\/Code>/.exec(xml)?.[1];
}

function storageOf(page) {
  return page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
}

function withoutSignatures(text) {
  return text.replaceAll(/\b(Policy|Signature)=[^&\s"']+/g, '$1=…');
}
