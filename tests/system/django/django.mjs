// The recipe for Django in a real browser: `node django.mjs ONE_HOST OTHER_SITE VIDEO_HOST EDGE TIMESTAMP_EDGE
// CREDENTIALS CREDENTIAL_SECONDS`. Berta may watch both samples, Anna the live stream, Carla nothing, and Dora ten
// thousand films.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { openChromium } from '../chromium.mjs';
import { until } from '../webkit/webdriver.mjs';

const [oneHost, otherSite, videoHost, edge, timestampEdge, credentialsFile, credentialSeconds] = process.argv.slice(2);
const HAND_OFF = '/private-video/hand-off/';
const CREDENTIAL_MS = 1000 * credentialSeconds;
const CLOCK = '/watch/clock-ts/';
const LIVE = '/watch/live/';
const CLOCK_PATH = '/video/clock-ts/master.m3u8';
const LIVE_PATH = '/video/live/master.m3u8';
const ENGINES = ['native', 'hls'];
/** Where the site stands, and where the video does. */
const PLACES = [['one host', oneHost, oneHost], ['two hosts', otherSite, videoHost]];
/** How long the picture may stand still, on a busy machine. */
const LONGEST_STALL_SECONDS = 2;

const refusals = { [HAND_OFF]: [401, 403, 500], '/auth/cookies': [0, 401, 403, 429, 503] };
const { check, finish } = await openChromium((status, path) =>
  (path.startsWith('/video/') ? status === 403 : refusals[path]?.includes(status)));
try {
  for (const [place, site, video] of PLACES) {
    for (const engine of ENGINES) {
      await check(`${place}: a user plays 3 s with ${engine}`, (visit) => userPlays(visit, site, engine));
    }
    await check(`${place}: who is not logged in gets no hand-off and no video`, (visit) => strangerIsRefused(visit, site, video));
    await check(`${place}: who logs in by the player's link comes back and plays`, (visit) => linkLeadsBack(visit, site));
    await check(`${place}: a user without this film is refused`, (visit) => userWithoutFilmIsRefused(visit, site, video));
    await check(`${place}: a credential is for one film`, (visit) => credentialIsForOneFilm(visit, site, video));
    await check(`${place}: a user of ten thousand films plays three of them on one page`, (visit) => manyFilmsPlay(visit, site, video));
    await check(`${place}: an MPD plays with shaka-player`, (visit) => mpdPlays(visit, site, video));
    await check(`${place}: logging out takes the cookies away`, (visit) => logOutClearsCookies(visit, site, video));
    await check(`${place}: so does logging out on a page without a video`, (visit) => logOutElsewhereClearsCookies(visit, site));
  }
  await check('the site hands off for the path of a film alone', handOffIsStrict);
  await check('the service that is down, or has too much to do, is asked again', serviceIsAskedAgain);
  await check('a credential that ran out on the way is replaced', credentialIsReplaced);
  await check('a site that is down is asked again', siteIsAskedAgain);
  await check('a clock that is days off changes nothing', clockDoesNotMatter);
  await check('a page that wakes up renews cookies that are due', wokenPageRenews);
  // At the same time: each plays in real time.
  await Promise.all([
    ...PLACES.flatMap(([place, site, video]) => ENGINES.map((engine) => check(
      `${place}: a live stream plays on over two renewals with ${engine}`, (visit) => renewsWhilePlaying(visit, site, video, engine)))),
    check('renewals stop after a log-out elsewhere, and the cookies end', logOutElsewhereEnds),
    ...ENGINES.map((engine) => check(`a player that goes on does not undo a sign-out with ${engine}`, (visit) => signOutHolds(visit, engine))),
  ]);
  await Promise.all(ENGINES.flatMap((engine) => [
    check(`lost cookies are renewed in the middle of a live stream with ${engine}`, (visit) => lostCookiesAreRenewed(visit, engine, 'anna', LIVE)),
    check(`lost cookies are renewed in the middle of a film with ${engine}`, (visit) => lostCookiesAreRenewed(visit, engine, 'berta', CLOCK)),
  ]));
  for (const row of JSON.parse(readFileSync(credentialsFile))) {
    await check(`${row.name}: ${row.status}`, () => credentialIsAnswered(row));
  }
} finally {
  await finish();
}

// ---- Checks

async function userPlays({ page, requests }, site, engine) {
  await choose(page, engine);
  await logIn(page, site, 'berta');
  await page.goto(site + CLOCK);
  await startPlaying(page);
  await playedFor(page, 3);
  const source = await page.locator('video').evaluate((video) => new URL(video.currentSrc).protocol);
  assert.equal(source, engine === 'hls' ? 'blob:' : 'http:');
  assert.deepEqual(requests.filter((url) => new URL(url).search), [], 'no URL carries a signature');
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  assert.doesNotMatch(await page.evaluate(() => document.cookie), /CloudFront|sessionid/, 'no script sees a cookie');
}

async function strangerIsRefused({ page, requests }, site, video) {
  const refused = await refusal(page);
  await page.goto(site + CLOCK);
  assert.deepEqual(await refused.told, ['usher-signed-out', { status: 401, path: CLOCK_PATH }]);
  assert.equal(await handOffStatus(page, site, CLOCK_PATH), 401);
  const issued = await page.request.post(`${video}/auth/cookies`);
  assert.deepEqual([issued.status(), issued.headers()['set-cookie']], [401, undefined]);
  assert.equal(await statusOf(page, `${video}/video/clock-ts/master.m3u8`), 403);
  assert.deepEqual(requests, [], 'the player asked for nothing');
}

async function linkLeadsBack({ page }, site) {
  await page.goto(site + CLOCK);
  await page.locator('usher-video').getByRole('link', { name: 'Log in' }).click();
  await fillIn(page, 'berta');
  await page.waitForURL(site + CLOCK);
  await startPlaying(page);
}

async function userWithoutFilmIsRefused({ page, requests }, site, video) {
  for (const [user, path, source] of [['carla', CLOCK, CLOCK_PATH], ['berta', LIVE, LIVE_PATH]]) {
    const issued = [];
    page.on('request', (request) => isIssue(request) && issued.push(request));
    await logIn(page, site, user);
    const refused = await refusal(page);
    await page.goto(site + path);
    assert.deepEqual(await refused.told, ['usher-refused', { status: 403, path: source }]);
    await page.getByText('Your account does not include this video.').waitFor();
    assert.ok(await page.locator('usher-video [slot=sign-in]').isHidden());
    assert.deepEqual([await signedCookies(page), requests, issued], [[], [], []]);
    assert.equal(await statusOf(page, video + source), 403);
    await page.context().clearCookies();
  }
}

async function credentialIsForOneFilm({ page }, site, video) {
  await logIn(page, site, 'berta');
  const { credential } = await (await handOff(page, site, CLOCK_PATH)).json();
  const asked = async (path) => page.request.post(`${video}/auth/cookies`, {
    headers: { authorization: `Bearer ${credential}` }, ...(path && { data: { path } }),
  });
  // Berta may watch clock-fmp4, too, but this credential is not for it.
  assert.deepEqual([(await asked('/video/clock-fmp4/master.m3u8')).status(), (await asked(LIVE_PATH)).status()], [403, 403]);
  const everything = await asked();
  assert.equal(new URL((await everything.json()).resource).pathname, '/video/clock-ts/*');
  assert.equal((await asked(CLOCK_PATH)).status(), 200);
}

async function mpdPlays({ page, requests }, site, video) {
  await logIn(page, site, 'dora');
  await page.goto(`${site}/films/?film=film-1/manifest.mpd`);
  await playedFor(page, 3);
  const loaded = requests.map((url) => url.replace(/-\d+\.m4s$/, '-N.m4s'));
  const streams = [0, 1].flatMap((stream) => [`init-stream${stream}.m4s`, `chunk-stream${stream}-N.m4s`]);
  const expected = ['manifest.mpd', ...streams].map((name) => `${video}/video/film-1/${name}`);
  assert.deepEqual([...new Set(loaded)].sort(), expected.sort());
}

async function manyFilmsPlay({ page, context }, site, video) {
  await logIn(page, site, 'dora');
  const { credential } = await (await handOff(page, site, '/video/film-9999/master.m3u8')).json();
  assert.ok(credential.length < 300, `a credential of ${credential.length} characters`);
  await page.goto(`${site}/films/?film=film-1&film=film-5000&film=film-9999`);
  await page.waitForFunction(() => [...document.querySelectorAll('usher-video')].filter((one) => one.video?.currentTime > 1).length === 3);
  const paths = new Set((await signedCookies(page)).map(({ path }) => path));
  assert.deepEqual([...paths].sort(), ['/video/film-1/', '/video/film-5000/', '/video/film-9999/']);
  assert.equal(await handOffStatus(page, site, '/video/film-10001/master.m3u8'), 403);
  await page.click('#log-out');
  await page.waitForURL(`${site}/`);
  assert.deepEqual(await signedCookies(page), []);
  assert.equal(await statusOf(page, `${video}/video/film-1/master.m3u8`), 403);
}

async function handOffIsStrict({ page }) {
  await logIn(page, oneHost, 'dora');
  const statuses = {
    '/video/film-1/master.m3u8': 200,
    '/video/film-1/720p/playlist.m3u8': 200,
    '/video/film-1/a%20b.m3u8': 200,
    '/video/film-10001/master.m3u8': 403,
    '': 400,
    '/video/master.m3u8': 400,
    '/video/film-1/': 400,
    '/video/film-1': 400,
    '/video//master.m3u8': 400,
    '/video/*/master.m3u8': 400,
    '/video/film-*/master.m3u8': 400,
    '/video/film-?/master.m3u8': 400,
    '/video/../master.m3u8': 400,
    '/video/./master.m3u8': 400,
    '/video/film%2D1/master.m3u8': 400,
    '/video/film-1\\/master.m3u8': 400,
    '/video/film-1\n/master.m3u8': 400,
    '/video/film-1/master.m3u8\n': 400,
    '/video/fílm-1/master.m3u8': 400,
    'video/film-1/master.m3u8': 400,
    '/audio/film-1/master.m3u8': 400,
    'https://other/video/film-1/master.m3u8': 400,
  };
  const found = {};
  for (const path of Object.keys(statuses)) found[path] = await handOffStatus(page, oneHost, path);
  assert.deepEqual(found, statuses);
}

async function logOutClearsCookies({ page }, site, video) {
  await logIn(page, site, 'berta');
  await page.goto(site + CLOCK);
  await startPlaying(page);
  assert.ok((await signedCookies(page)).length >= 3, 'there are cookies');
  const cleared = page.waitForResponse((response) => response.request().method() === 'DELETE');
  await page.click('#log-out');
  assert.equal((await cleared).status(), 204);
  await page.getByText('Log in').waitFor();
  assert.deepEqual(await signedCookies(page), []);
  assert.equal(await statusOf(page, `${video}/video/clock-ts/master.m3u8`), 403);
}

async function logOutElsewhereClearsCookies({ page }, site) {
  await logIn(page, site, 'berta');
  await page.goto(site + CLOCK);
  await startPlaying(page);
  await page.goto(site);
  assert.ok((await signedCookies(page)).length >= 3, 'there are cookies');
  await page.click('#log-out');
  await page.getByText('Log in').waitFor();
  assert.deepEqual(await signedCookies(page), []);
}

async function serviceIsAskedAgain({ page }) {
  const answers = [
    { status: 503, headers: { 'retry-after': '3' } },
    { status: 429, headers: { 'retry-after': '2' } },
    'abort',
  ];
  const times = await answered(page, answers);
  await logIn(page, oneHost, 'berta');
  await page.goto(oneHost + CLOCK);
  await startPlaying(page);
  await playedFor(page, 1);
  const pauses = times.slice(1).map((time, index) => time - times[index]);
  assert.equal(pauses.length, 3);
  assert.ok(pauses[0] >= 3_000 && pauses[1] >= 2_000 && pauses[2] >= 1_000, `ms between requests: ${pauses.join(' ')}`);
}

async function credentialIsReplaced({ page }) {
  const handOffs = [];
  page.on('request', (request) => isHandOff(request) && handOffs.push(request));
  await answered(page, [{ status: 401, json: { title: 'Unauthorized' } }]);
  await logIn(page, oneHost, 'berta');
  await page.goto(oneHost + CLOCK);
  await startPlaying(page);
  assert.equal(handOffs.length, 2);
}

async function siteIsAskedAgain({ page }) {
  let asked = 0;
  await page.route((url) => url.pathname === HAND_OFF, (route) => {
    asked += 1;
    return asked === 1 ? route.fulfill({ status: 500 }) : route.continue();
  });
  await logIn(page, oneHost, 'berta');
  await page.goto(oneHost + CLOCK);
  await startPlaying(page);
  assert.equal(asked, 2);
}

async function clockDoesNotMatter({ page }) {
  for (const days of [-3, 3]) {
    await page.clock.install({ time: Date.now() + days * 86_400_000 });
    const times = await answered(page, []);
    await logIn(page, oneHost, 'berta');
    await page.goto(oneHost + CLOCK);
    await startPlaying(page);
    assert.equal(times.length, 1, `${days} days: one request`);
    await page.clock.fastForward(0.6 * CREDENTIAL_MS);
    assert.equal(times.length, 1, `${days} days: still one request`);
    const [renewal] = await Promise.all([page.waitForRequest(isIssue), page.clock.fastForward(0.4 * CREDENTIAL_MS)]);
    assert.equal(renewal.method(), 'POST');
    await page.context().clearCookies();
    await page.unroute('**/auth/cookies');
  }
}

async function wokenPageRenews({ page }) {
  await page.clock.install();
  const times = await answered(page, []);
  await logIn(page, oneHost, 'berta');
  await page.goto(oneHost + CLOCK);
  await startPlaying(page);
  const wake = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await wake();
  assert.equal(times.length, 1, 'not due');
  await page.clock.setSystemTime(Date.now() + CREDENTIAL_MS);
  await Promise.all([page.waitForRequest(isIssue), wake()]);
}

async function renewsWhilePlaying({ page, context }, site, video, engine) {
  const responses = [];
  context.on('response', (response) => responses.push({ at: Date.now(), status: response.status(), request: response.request() }));
  await choose(page, engine);
  await logIn(page, site, 'anna');
  await page.goto(site + LIVE);
  await startPlaying(page);
  const { positions, stall } = await watched(page, 2.2 * credentialSeconds);

  const issued = responses.filter(({ request }) => isIssue(request));
  assert.deepEqual(issued.map(({ status }) => status), issued.map(() => 200));
  const gaps = issued.slice(1).map(({ at }, index) => at - issued[index].at);
  assert.ok(gaps.length >= 2 && gaps.every((gap) => gap < CREDENTIAL_MS), `ms between renewals: ${gaps.join(' ')}`);
  const loaded = responses.filter(({ request }) => new URL(request.url()).pathname.startsWith('/video/'));
  assert.deepEqual(loaded.filter(({ status }) => status >= 400).map(({ status }) => status), []);
  assert.ok(loaded.some(({ at }) => at > issued[0].at + 2 * CREDENTIAL_MS), 'it was loaded long after the first cookies had ended');
  assert.ok(loaded.every(({ request }) => new URL(request.url()).origin === video));
  assert.deepEqual([...positions].sort((a, b) => a - b), positions, 'it never plays backwards');
  assert.ok(stall < LONGEST_STALL_SECONDS, `the picture stood still for ${stall} s`);
}

async function logOutElsewhereEnds({ page, context }) {
  const issues = [];
  context.on('request', (request) => isIssue(request) && issues.push(Date.now()));
  await logIn(page, oneHost, 'anna');
  await page.goto(oneHost + LIVE);
  await startPlaying(page);
  const refused = await refusal(page);
  // As in another browser: only the session ends, the cookies stay.
  const { name, value } = (await context.cookies()).find((cookie) => cookie.name === 'sessionid');
  await endSession(`${name}=${value}`);
  assert.deepEqual(await refused.told, ['usher-signed-out', { status: 401, path: LIVE_PATH }]);
  context.on('request', (request) => isHandOff(request) && issues.push('a hand-off'));
  const before = issues.length;
  await page.waitForTimeout(CREDENTIAL_MS);
  assert.equal(issues.length, before, 'no more renewals');
  assert.equal(await statusOf(page, `${oneHost}/video/live/master.m3u8`), 403);
}

async function signOutHolds({ page }, engine) {
  await choose(page, engine);
  await logIn(page, oneHost, 'anna');
  const status = await page.evaluate(async (source) => {
    const { credentialFrom, keepCookies, play } = await import('/static/private_video/usher.js');
    const video = document.body.appendChild(document.createElement('video'));
    const cookies = keepCookies({ credential: credentialFrom('/private-video/hand-off/') });
    await play(video, source, cookies);
    await video.play();
    await cookies.signOut();
    await new Promise((resolve) => { setTimeout(resolve, 12_000); });
    return (await fetch(source)).status;
  }, LIVE_PATH);
  assert.deepEqual([status, await signedCookies(page)], [403, []]);
}

async function lostCookiesAreRenewed({ page, context }, engine, user, path) {
  await choose(page, engine);
  // The film is short and the edge is near: otherwise the player loads all of it before anything can happen.
  if (path !== LIVE) await page.route('**/segment*', (route) => setTimeout(() => route.continue().catch(() => {}), 1_500));
  await logIn(page, oneHost, user);
  await page.goto(oneHost + path);
  await startPlaying(page);
  for (const name of new Set((await signedCookies(page)).map((cookie) => cookie.name))) await context.clearCookies({ name });
  // A player asks for them when it next needs something, which depends on the machine and on what it has loaded.
  const cookies = await until(({ length }) => length >= 3, 45, () => signedCookies(page));
  assert.ok(cookies.length >= 3, 'there are cookies again');
  const start = await page.locator('video').evaluate((video) => video.currentTime);
  const further = (from) => document.querySelector('usher-video').video?.currentTime > from + 4;
  await page.waitForFunction(further, start, { timeout: 45_000 });
}

async function credentialIsAnswered({ edge: format, status, credential }) {
  const response = await fetch(`${format === 'dumps' ? edge : timestampEdge}/auth/cookies`, {
    method: 'POST', headers: { authorization: `Bearer ${credential}` },
  });
  const cookies = response.headers.getSetCookie().length;
  assert.deepEqual([response.status, cookies > 0], [status, status === 200], await response.text());
}

// ---- Helpers

/** Where the browser says that it does not play HLS by itself, the recipe takes hls.js. */
async function choose(page, engine) {
  if (engine === 'hls') await page.addInitScript(() => { HTMLMediaElement.prototype.canPlayType = () => ''; });
}

async function logIn(page, site, user) {
  await page.goto(`${site}/accounts/login/`);
  await fillIn(page, user);
  await page.locator('#user', { hasText: user }).waitFor();
}

async function fillIn(page, user) {
  await page.fill('[name=username]', user);
  await page.fill('[name=password]', `the password of ${user}`);
  await page.click('button');
}

function handOff(page, site, path) {
  return page.request.get(site + HAND_OFF, { params: { path }, maxRedirects: 0 });
}

async function handOffStatus(page, site, path) {
  return (await handOff(page, site, path)).status();
}

async function startPlaying(page) {
  await page.locator('video').evaluate((video) => {
    const start = () => { video.play().catch(() => {}); };
    if (video.currentSrc) start();
    else video.addEventListener('loadstart', start, { once: true });
  });
  await playedFor(page, 0);
}

async function playedFor(page, seconds) {
  await page.waitForFunction((wanted) => document.querySelector('usher-video').video?.currentTime > wanted, seconds, { timeout: 30_000 });
}

/** `told` is the event that the page gets when the viewer is not let in. */
async function refusal(page) {
  let tell;
  const told = new Promise((resolve) => { tell = resolve; });
  const name = `tellRefusal${Math.random().toString(36).slice(2)}`;
  await page.exposeFunction(name, (...event) => tell(event));
  const listen = (teller) => {
    for (const type of ['usher-signed-out', 'usher-refused']) {
      document.addEventListener(type, ({ detail }) => globalThis[teller](type, detail));
    }
  };
  await page.addInitScript(listen, name);
  await page.evaluate(listen, name);
  return { told };
}

/** Answers the first requests for cookies so, the others as they are; returns the times of all. */
async function answered(page, answers) {
  const [times, left] = [[], [...answers]];
  await page.route('**/auth/cookies', (route) => {
    times.push(Date.now());
    const answer = left.shift();
    if (answer === 'abort') return route.abort();
    return answer ? route.fulfill(answer) : route.continue();
  });
  return times;
}

function isIssue(request) {
  return request.method() === 'POST' && new URL(request.url()).pathname === '/auth/cookies';
}

function isHandOff(request) {
  return new URL(request.url()).pathname === HAND_OFF;
}

async function signedCookies(page) {
  return (await page.context().cookies()).filter(({ name }) => name.startsWith('CloudFront-'));
}

async function statusOf(page, url) {
  return (await page.request.get(url)).status();
}

async function endSession(session) {
  const page = await fetch(oneHost, { headers: { cookie: session } });
  const [secret] = page.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  const response = await fetch(`${oneHost}/accounts/logout/`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: `${session}; ${secret}` },
    body: new URLSearchParams({ csrfmiddlewaretoken: secret.split('=')[1] }),
  });
  assert.equal(response.status, 302);
}

/** Looks at the position ten times a second, in the page: a look from outside would take its own time. */
function watched(page, seconds) {
  return page.locator('video').evaluate((video, duration) => new Promise((resolve) => {
    const positions = [video.currentTime];
    const started = performance.now();
    let [stall, movedAt] = [0, started];
    const timer = setInterval(() => {
      const now = performance.now();
      if (video.currentTime !== positions.at(-1)) movedAt = now;
      stall = Math.max(stall, (now - movedAt) / 1000);
      positions.push(video.currentTime);
      if (now - started < duration * 1000) return;
      clearInterval(timer);
      resolve({ positions, stall });
    }, 100);
  }), seconds);
}
