// `node films.mjs ORIGIN`: see `run`. Each check has its own context, so it has no cookies of another check.

import assert from 'node:assert/strict';
import { openChromium } from '../chromium.mjs';

const [origin] = process.argv.slice(2);
const HEADER_LIMIT = 8 * 1024;
const EXPECTED = ['401 /hand-off/', '403 /auth/cookies', '404 /auth/elsewhere', '503 /auth/in-trouble'];
const isExpected = (status, path) => EXPECTED.includes(`${status} ${path}`);
const { check, finish } = await openChromium(isExpected);

for (const engine of ['native', 'hls.js']) {
  await check(`three films on one page, each by its own cookies, ${engine}`, (seen) => threeFilms(seen, engine));
}
await check('a film that the viewer does not own is refused, and the other one plays', refusesOne);
await check('thirty films, one after the other: the cookies stay few, and one sign-out removes all', thirtyFilms);
await check('where the video service is not, the page says that the video cannot be played', withoutService);
await check('while the video service is in trouble, the page says so, and plays once it is back', inTrouble);
await finish();

async function threeFilms({ page, context, requests }, engine) {
  if (engine === 'hls.js') await page.addInitScript(() => { HTMLMediaElement.prototype.canPlayType = () => ''; });
  const asked = askedFor(page);
  await page.goto(`${origin}/?film=1&film=20&film=30`);
  await page.locator('usher-video >> text=Please sign in').nth(2).waitFor();
  assert.deepEqual([asked, requests], [[], []], 'nothing is requested before the sign-in');

  await signInAndLoad(page);
  await allPlay(page, 3);
  const folders = ['/video/film-1/', '/video/film-20/', '/video/film-30/'];
  assert.deepEqual(await cookiePaths(context), folders);
  for (const folder of folders) await assertOwnCookies(context, folder);

  await page.waitForFunction(() => [...document.querySelectorAll('usher-video')].every(({ video }) => video.currentTime > 14), null, { timeout: 60_000 });
  const renewals = folders.map((folder) => asked.filter((path) => path.startsWith(folder)).length);
  assert.ok(renewals.every((count) => count >= 2), `asked for cookies ${renewals} times`);

  await signOut(page, context);
  const before = requests.length;
  await page.waitForTimeout(4_000);
  assert.equal(requests.length, before, 'nothing is loaded after the sign-out');
  await page.locator('usher-video >> text=Please sign in').nth(2).waitFor();
}

async function refusesOne({ page, context }) {
  await page.goto(`${origin}/?film=2&film=500`);
  await signInAndLoad(page);
  await page.locator('usher-video').nth(1).locator('text=may not watch').waitFor();
  await page.waitForFunction(() => document.querySelector('usher-video').video?.currentTime > 1, null, { timeout: 30_000 });
  assert.deepEqual(await cookiePaths(context), ['/video/film-2/']);
}

async function thirtyFilms({ page, context }) {
  await page.goto(`${origin}/?film=1`);
  await signInAndLoad(page);
  for (let film = 1; film <= 30; film += 1) {
    await page.evaluate((number) => {
      globalThis.isReady = false;
      document.addEventListener('usher-ready', () => { globalThis.isReady = true; }, { once: true });
      document.querySelector('usher-video').setAttribute('src', `/video/film-${number}/master.m3u8?again`);
    }, film);
    await page.waitForFunction(() => globalThis.isReady, null, { timeout: 20_000 });
    const paths = await cookiePaths(context);
    assert.ok(paths.includes(`/video/film-${film}/`) && paths.length <= 12, `${paths}`);
    await assertOwnCookies(context, `/video/film-${film}/`);
  }
  assert.ok((await cookiePaths(context)).length > 5, 'several films keep their cookies');
  await signOut(page, context);
}

async function withoutService({ page }) {
  await page.goto(`${origin}/?film=1`);
  await page.evaluate(() => document.querySelector('usher-video').setAttribute('endpoint', '/auth/elsewhere'));
  await signInAndLoad(page);
  await page.locator('usher-video >> text=cannot be played').waitFor();
  assert.equal(await page.locator('usher-video >> text=may not watch').isVisible(), false);
}

async function inTrouble({ page }) {
  await page.goto(`${origin}/?film=1`);
  let answers = 0;
  await page.route('**/auth/in-trouble', (route) => {
    answers += 1;
    return answers <= 4 ? route.fulfill({ status: 503, body: '{}' }) : route.continue({ url: `${origin}/auth/cookies` });
  });
  await page.evaluate(() => document.querySelector('usher-video').setAttribute('endpoint', '/auth/in-trouble'));
  await signInAndLoad(page);
  await page.locator('usher-video >> text=cannot be played').waitFor();
  await allPlay(page, 1);
  assert.equal(await page.locator('usher-video >> text=cannot be played').isVisible(), false);
}

// ---- Helpers

/** The paths of the videos that the page asks for cookies for. */
function askedFor(page) {
  const asked = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/auth/cookies')) asked.push(request.postDataJSON().path);
  });
  return asked;
}

async function signInAndLoad(page) {
  await page.evaluate(async () => {
    await fetch('/sign-in', { method: 'POST' });
    for (const element of document.querySelectorAll('usher-video')) element.load();
  });
}

async function signOut(page, context) {
  await page.evaluate(() => customElements.get('usher-video').signOut());
  assert.deepEqual((await context.cookies()).map(({ name }) => name), ['session']);
}

async function allPlay(page, count) {
  await page.waitForFunction((all) => {
    const playing = [...document.querySelectorAll('usher-video')].filter(({ video }) => video?.currentTime > 1);
    return playing.length === all;
  }, count, { timeout: 30_000 });
}

async function cookiePaths(context) {
  const cookies = (await context.cookies()).filter(({ name }) => name.startsWith('CloudFront-'));
  return [...new Set(cookies.map(({ path }) => path))].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}

/** A request for a film carries one set of cookies, and no request carries more than CloudFront accepts. */
async function assertOwnCookies(context, folder) {
  const sent = await context.cookies(`${origin}${folder}s1.ts`);
  const names = sent.map(({ name }) => name).filter((name) => name.startsWith('CloudFront-')).sort();
  assert.deepEqual(names, ['Hash-Algorithm', 'Key-Pair-Id', 'Policy', 'Signature'].map((name) => `CloudFront-${name}`));
  for (const url of [`${origin}${folder}s1.ts`, `${origin}/auth/cookies`]) {
    const bytes = (await context.cookies(url)).reduce((sum, { name, value }) => sum + name.length + value.length + 3, 0);
    assert.ok(bytes < HEADER_LIMIT, `${bytes} bytes of cookies for ${url}`);
  }
}
