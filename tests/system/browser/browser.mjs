// The player and the inspector in a real browser: `node browser.mjs ORIGIN`. With `--screenshot FILE`, it only makes a
// picture.
// Each check has its own context, so it has no cookies of another check.

import { strict as assert } from 'node:assert';
import { assertAccessible, openChromium, playWith, signedUrl, signIn } from '../chromium.mjs';

const [origin, flag, screenshotFile] = process.argv.slice(2);
if (!origin || (flag && (flag !== '--screenshot' || !screenshotFile))) {
  console.error('usage: node browser.mjs ORIGIN [--screenshot FILE]');
  process.exit(2);
}

const STREAMS = ['/video/clock-ts/master.m3u8', '/video/clock-fmp4/master.m3u8'];
const ENGINES = ['native', 'hls.js'];
/** An engine, and the style that is asked for. */
const WITHOUT_COOKIES = [['native', undefined], ['hls', 'inline'], ['hls', 'define']];
const QUIET_MS = 6_000;

/** The media folder of `run` has some of these: see there. */
const isExpected = (status, path) => status === 403 && /^\/(video|auth)\//.test(path);

const { browser, check, finish } = await openChromium(isExpected);

try {
  if (screenshotFile) await check(`a screenshot is in ${screenshotFile}`, takeScreenshot);
  else await checkEverything();
} finally {
  await finish();
}

async function checkEverything() {
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
  for (const stream of STREAMS) {
    for (const [engine, style] of WITHOUT_COOKIES) {
      const name = `the signed URL of ${stream} plays 3 s with ${engine}, ${style ?? 'no style asked for'}, without cookies`;
      await check(name, (visit) => signedUrlPlays(visit, stream, engine, style));
    }
  }
  await check('an MP4 plays natively, whatever the engine', mp4Plays);
  await check('subtitles choose hls.js, which shows them', subtitlesChooseHls);
  await check('what cannot play is grey, with the reason and the cure', unplayableIsGrey);
  await check('a segment that is missing is named', missingSegmentIsNamed);
  await check('the picker shows what a viewer may watch', pickerShowsEntitlements);
  await check('groups and tenant are in the token', claimsAreInTheToken);
  await check('cookies of an earlier visit play, and can be signed out', earlierCookiesPlay);
  await check('the keyboard alone signs in, plays and signs out', keyboardIsEnough);
  await check('axe finds nothing, signed out, playing and refused, light and dark', axeFindsNothing);
  await check('the inspector shows who was refused and who was admitted', inspectorShowsVerdicts);
  await check('both pages fit into 360 pixels', pagesFitNarrow);
}

// ---- Checks

async function refusalIsShown({ page }) {
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  assert.equal(await page.locator('[slot=sign-in] .curtain-title').textContent(), 'Sign in to watch');
  assert.equal(await page.locator('#denial').isVisible(), false, 'codes are behind Details');
  await page.click('#details summary');
  const why = (await page.request.get(origin + STREAMS[0])).headers()['x-usher-why'];
  assert.ok(why, 'the edge gives a reason');
  const [code, message, reason] = await page.locator('#denial').evaluate((denial) =>
    [denial.querySelector('strong'), ...denial.querySelectorAll('p')].map((part) => part.textContent));
  assert.deepEqual([code, message, reason], ['MissingKey', 'Missing Key-Pair-Id query parameter or cookie value', why]);
  await page.click('#sign-in');
  await page.locator('#verdict[data-verdict=admitted]').waitFor();
  assert.equal(await page.locator('#details').isVisible(), false, 'the denial is gone');
}

async function playsByCookies({ page, requests }, stream, engine) {
  await signIn(page, origin, stream, engine);
  await playedFor(page, 3);
  assert.equal(await page.locator('#account-name').textContent(), 'demo');
  const source = await page.locator('usher-video video').evaluate((video) => video.currentSrc);
  assert.equal(engine === 'hls.js' ? new URL(source).protocol : source, engine === 'hls.js' ? 'blob:' : origin + stream);
  assert.deepEqual(requests.filter((url) => new URL(url).search), [], 'no URL carries a signature');
}

async function signOutStopsLoading({ page, requests }, engine) {
  await slowSegments(page);
  await signIn(page, origin, STREAMS[0], engine);
  await playedFor(page, 0.5);
  await page.click('#sign-out');
  await page.locator('#status', { hasText: 'Signed out' }).waitFor();
  const before = requests.length;
  await page.waitForTimeout(QUIET_MS);
  assert.deepEqual(requests.slice(before), []);
  assert.ok(before > 0 && !requests.some((url) => url.includes('segment003')), 'there was something left to load');
  assert.equal(await page.locator('usher-video video').count(), 0);
  assert.equal(await page.locator('#cookies-until').textContent(), 'no cookies');

  await page.click('#probe');
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, STREAMS[0]), 403);
}

async function lostCookiesAreRenewed({ page, context, requests }, engine) {
  const refused = [];
  context.on('response', (response) => response.status() === 403 && refused.push(response.url()));
  await slowSegments(page);
  await signIn(page, origin, STREAMS[1], engine);
  await playedFor(page, 0.5);
  const before = refused.length;
  await context.clearCookies();
  await playedFor(page, 9);
  assert.ok(requests.some((url) => url.includes('segment003')), 'it was loaded to the end');
  assert.ok(refused.length > before, 'a request was refused on the way');
}

async function cookiesAreRenewed({ page }) {
  await page.clock.install();
  const [first] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${origin}/auth/cookies`),
    signIn(page, origin, STREAMS[0], 'native'),
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
  assert.equal(await page.locator('[slot=failed] .curtain-title').textContent(), 'Signed in, but no cookies');
  assert.match(await page.locator('[slot=failed] .curtain-text').textContent(), /does not keep Secure cookies on plain http/);
  await page.click('#play-signed');
  await playedFor(page, 3);
  assert.equal(await page.locator('#verdict').textContent(), 'playing by signed URL');
}

async function signedUrlOpensAll({ page }, stream) {
  const url = await signedUrl(page, origin, stream);
  const device = await browser.newContext();
  try {
    const opened = await openAll(device.request, url);
    // The multivariant playlist, two media playlists, and for each of them four segments and one key or map.
    assert.deepEqual(opened.map(({ status }) => status), Array(13).fill(200), JSON.stringify(opened));
    for (const one of opened) {
      const response = await device.request.get(altered(one.url));
      assert.deepEqual([response.status(), codeOf(await response.text())], [403, 'AccessDenied'], one.url.split('?')[0]);
    }
  } finally {
    await device.close();
  }
}

/** Without cookies: that nothing but the URLs can admit the player shows that they carry their signatures. */
async function signedUrlPlays({ page, context, requests }, stream, engine, style) {
  const url = await signedUrl(page, origin, stream);
  await context.clearCookies();
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  const before = requests.length;
  const playlists = [];
  context.on('response', (response) => isPlaylist(response.url()) && playlists.push(response.text()));
  await playWith(page, engine, style ? `${url}&usher-style=${style}` : url);
  await playedFor(page, 3);

  const unsigned = requests.slice(before).filter((request) => !isSigned(request));
  assert.deepEqual(unsigned, [], 'every request is signed');
  assert.ok(requests.slice(before).some((request) => request.includes('/segment')), 'segments were requested');
  assert.deepEqual(await context.cookies(), []);
  // A test cannot read the bodies that the native player receives.
  if (engine === 'native') return;
  const definitions = (await Promise.all(playlists)).map((text) => text.match(/^#EXT-X-DEFINE:/gm)?.length ?? 0);
  assert.ok(definitions.length >= 2, 'the master and a variant were read');
  assert.deepEqual(definitions, definitions.map(() => (style === 'define' ? 1 : 0)), 'EXT-X-DEFINE per playlist');
}

async function mp4Plays({ page, requests }) {
  for (const engine of ENGINES) {
    await page.context().clearCookies();
    await signIn(page, origin, '/video/film.mp4', engine);
    await playedFor(page, 1);
    assert.equal(await page.locator('usher-video video').evaluate((video) => video.currentSrc), `${origin}/video/film.mp4`);
  }
  assert.deepEqual([...new Set(requests.map((url) => new URL(url).pathname))], ['/video/film.mp4']);
}

async function subtitlesChooseHls({ page }) {
  await signIn(page, origin, '/video/subtitled/master.m3u8', 'auto');
  await playedFor(page, 1);
  await page.locator('#status', { hasText: 'with hls.js' }).waitFor();
  const tracks = await page.locator('usher-video video').evaluate((video) => [...video.textTracks].map(({ kind, language }) => [kind, language]));
  assert.deepEqual(tracks, [['subtitles', 'en']]);
}

async function unplayableIsGrey({ page }) {
  await page.goto(origin);
  await page.locator('#films .unplayable').first().waitFor();
  const grey = await page.locator('#films .unplayable').evaluateAll((items) => items.map((item) => [...item.children].map(({ textContent }) => textContent)));
  assert.deepEqual(grey.map(([name, reason, cure]) => [name, reason, cure.replace(/ \/.*\/video\./, ' DIR/video.')]), [
    ['outside.mp4', 'It is outside of the folder video: no viewer can get a signature for it.', 'Move it into DIR/video.'],
    ['film.mkv', 'Browsers do not play .mkv files.', 'Package it: usher package film.mkv'],
    ['gone', 'video/gone/master.m3u8 refers to video/gone/v0.m3u8, which does not exist.', 'Copy the film again, or package it again: usher package FILM.'],
  ]);
  const names = await page.locator('#films button').allTextContents();
  assert.deepEqual(names, ['clock-fmp4', 'clock-ts', 'film.mp4', 'subtitled', 'torn']);
}

async function missingSegmentIsNamed({ page }) {
  for (const engine of ENGINES) {
    await page.goto(`${origin}/?engine=${engine}&stream=/video/torn/master.m3u8`);
    await page.locator('#verdict[data-verdict=refused]').waitFor();
    await page.click('#sign-in');
    await page.locator('#again').waitFor();
    const words = page.locator('[slot=failed] .curtain-text', { hasText: 'there is no such object' });
    await words.waitFor({ timeout: 60_000 });
    assert.match(await words.textContent(), /^\/video\/torn\/\d+p\/segment001\.ts was refused: there is no such object/);
    await page.click('#details summary');
    assert.equal(await page.locator('#denial strong').textContent(), 'AccessDenied');
    await page.click('#sign-out');
    // A page that is left too early clears nothing.
    await page.locator('#status', { hasText: 'Signed out' }).waitFor();
  }
}

async function pickerShowsEntitlements({ page }) {
  await page.goto(`${origin}/?stream=${STREAMS[0]}`);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.selectOption('#who', 'guest');
  await page.click('#sign-in');
  await page.locator('[slot=refused] .curtain-title', { hasText: 'guest may not watch clock-ts' }).waitFor();
  assert.match(await page.locator('[slot=refused] .curtain-text').textContent(), /^This token names \/video\/clock-fmp4\/\* only\.$/);
  assert.equal(await page.locator('#films .badge').count(), 4, 'all but one film');
  await page.selectOption('#who', 'demo');
  await page.click('#change-viewer');
  await playedFor(page, 0.5);
  assert.equal(await page.locator('#films .badge').count(), 0);
}

async function claimsAreInTheToken({ page }) {
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.selectOption('#who', 'other');
  await page.fill('#groups', 'premium, staff');
  await page.fill('#tenant', 'acme');
  const [answer] = await Promise.all([page.waitForResponse('**/demo/sign-in'), page.click('#sign-in')]);
  const payload = (await answer.json()).token.split('.')[1];
  const { sub, groups, tenant, paths } = JSON.parse(Buffer.from(payload, 'base64url'));
  assert.deepEqual([sub, groups, tenant, paths], ['anna', ['premium', 'staff'], 'acme', undefined]);
  await page.locator('#verdict[data-verdict=admitted]').waitFor();
}

async function earlierCookiesPlay({ page }) {
  await signIn(page, origin, STREAMS[0], 'native');
  await page.reload();
  await page.locator('#verdict[data-verdict=admitted]').waitFor();
  assert.equal(await page.locator('#account-name').textContent(), 'cookies of an earlier visit');
  await page.locator('usher-video video').evaluate((video) => video.play());
  await playedFor(page, 0.5);
  await page.click('#sign-out');
  await page.locator('#status', { hasText: 'Signed out' }).waitFor();
  await page.click('#probe');
  await page.locator('#verdict[data-verdict=refused]').waitFor();
}

async function keyboardIsEnough({ page }) {
  await page.goto(`${origin}/?stream=${STREAMS[0]}`);
  await page.locator('#sign-in').waitFor();
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.path);
  const tabTo = async (wanted) => {
    for (let presses = 0; (await focused()) !== wanted; presses += 1) {
      assert.ok(presses < 20, `Tab reaches ${wanted}`);
      await page.keyboard.press('Tab');
    }
  };
  await tabTo('sign-in');
  await page.keyboard.press('Enter');
  await playedFor(page, 0.5);
  assert.equal(await focused(), 'player');
  await tabTo(STREAMS[1]);
  await page.keyboard.press('Enter');
  await page.locator('#status', { hasText: 'Playing clock-fmp4' }).waitFor();
  await playedFor(page, 0.5);
  await page.locator('#sign-out').press('Enter');
  await page.waitForFunction(() => document.activeElement.id === 'sign-in');
}

async function axeFindsNothing({ page }) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${origin}/?stream=${STREAMS[0]}`);
    await page.locator('#verdict[data-verdict=refused]').waitFor();
    await page.selectOption('#who', 'other');
    await page.click('#details summary');
    await assertAccessible(page, `${colorScheme}, signed out`);
    await page.selectOption('#who', 'guest');
    await page.click('#sign-in');
    await page.locator('[slot=refused] .curtain-title', { hasText: 'guest' }).waitFor();
    await assertAccessible(page, `${colorScheme}, refused`);
    await page.selectOption('#who', 'demo');
    await page.click('#change-viewer');
    await playedFor(page, 0.5);
    await page.click('#make-signed-url');
    await page.locator('#signed-url').waitFor();
    await assertAccessible(page, `${colorScheme}, playing`);
    await page.click('#sign-out');
    await page.locator('#status', { hasText: 'Signed out' }).waitFor();
    await page.goto(`${origin}/__usher/`);
    await assertAccessible(page, `${colorScheme}, inspector`);
  }
}

async function inspectorShowsVerdicts({ page, context }) {
  const inspector = await context.newPage();
  await inspector.goto(`${origin}/__usher/`);
  await inspector.locator('#connection[data-live=yes]').waitFor();
  await inspector.click('#clear');
  await page.goto(origin);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await page.click('#sign-in');
  await page.locator('#verdict[data-verdict=admitted]').waitFor();

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
  await signIn(page, origin, STREAMS[0], 'hls.js');
  await playedFor(page, 7);
  await page.screenshot({ path: screenshotFile });
}

// ---- Helpers

async function playedFor(page, seconds) {
  const isThere = (wanted) => (document.getElementById('video') ?? document.querySelector('usher-video').video)?.currentTime > wanted;
  await page.waitForFunction(isThere, seconds, { timeout: 30_000 });
}

/** The sample is short and the edge near: without this all of it is loaded before anything can happen. */
async function slowSegments(page) {
  await page.route('**/segment*', async (route) => {
    await new Promise((resolve) => { setTimeout(resolve, 1_500); });
    await route.continue().catch(() => {});
  });
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

function isPlaylist(url) {
  return new URL(url).pathname.endsWith('.m3u8');
}

function isSigned(url) {
  const { searchParams } = new URL(url);
  return ['Policy', 'Signature', 'Key-Pair-Id'].every((name) => searchParams.has(name)) && !url.includes('{$');
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
