// The recipe's page in Chromium, on a real Plone: `node browser.mjs PLONE VIDEO ONE_HOST OTHER_SITE`, where the video is
// on another host, where both are on one, and where the video is on another site.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openChromium } from '../chromium.mjs';

const [plone, video, oneHost, otherSite] = process.argv.slice(2);
const [name, password] = ['viewer1', process.env.VIEWER_PASSWORD];
const read = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const RECIPE = '../../../functions/issue-cookies/recipes';
const [TWO_HOSTS, ONE_HOST] = [...read(`${RECIPE}/plone/README.md`).matchAll(/```html\n(.*?)```/gs)].map(([, html]) => html);
const FILES = {
  'usher.js': read(`${RECIPE}/usher.js`),
  'credentials.js': read(`${RECIPE}/plone/credentials.js`),
  'hls.mjs': read('../node_modules/hls.js/dist/hls.mjs'),
};
const FOLDER = '/Plone/++theme++video';

const twoHosts = page(TWO_HOSTS.replace('https://video.example.com', video).replace('tokenOfClassic()', "tokenOfClassic('/Plone')"));
const onOneHost = page(ONE_HOST);
const addOn = (origin) => [(visit) => visit.page.goto(`${origin}/Plone/film`), 'Log in to watch'];
const written = (origin, html) => [(visit) => open(visit, origin, html), 'Sign in to watch this video.'];

const { check, finish } = await openChromium((status, path) => (
  status === 401 && ['/auth/cookies', '/Plone/@login-renew'].includes(path)
) || path === '/favicon.ico');
try {
  await visits('two hosts', plone, written(plone, twoHosts));
  await visits('one host', oneHost, written(oneHost, onOneHost));
  await visits('the add-on, one host', oneHost, addOn(oneHost));
  await check('the add-on: the link to log in is white on the black of the player', linkIsWhite);
  await check('the add-on: a user of the Zope root reads why they cannot watch', rootUser);
  await setVideoHost(video);
  await visits('the add-on, two hosts', plone, addOn(plone));
  await setVideoHost(otherSite);
  await visits('the add-on, another site', plone, addOn(plone));
  await check('the add-on, another site: the cookies are for pages of this site alone', partitioned);
} finally {
  await finish();
}

async function visits(place, origin, [openPage, invitation]) {
  await check(`${place}: whoever is not logged in is told so`, (visit) => isToldToLogIn(visit, openPage, invitation));
  await check(`${place}: who has logged in watches`, (visit) => watches(visit, origin, openPage));
  await check(`${place}: who logs out on the way is told so`, (visit) => logsOut(visit, origin, openPage, invitation));
}

function page(body) {
  return `<!DOCTYPE html><title>Video</title>${body.replaceAll('/++theme++mytheme/', './')}`;
}

/** Opens the page among the site's static files. */
async function open({ page, context }, origin, html) {
  // Files that this test serves have no network address, so Chromium asks before they may send a request to
  // loopback.
  await context.grantPermissions(['local-network-access']);
  await context.route(`${origin}${FOLDER}/**`, (route) => {
    const file = new URL(route.request().url()).pathname.slice(FOLDER.length + 1);
    const contentType = file ? 'text/javascript' : 'text/html';
    return route.fulfill({ contentType, body: file ? FILES[file] : html });
  });
  await page.goto(`${origin}${FOLDER}/`);
}

async function logIn(page, origin, login = name, secret = password) {
  await page.goto(`${origin}/Plone/login`);
  await page.fill('input[name=__ac_name]', login);
  await page.fill('input[name=__ac_password]', secret);
  await Promise.all([page.waitForURL((url) => !url.pathname.endsWith('/login')), page.click('[name="buttons.login"]')]);
}

async function isToldToLogIn(visit, openPage, invitation) {
  await openPage(visit);
  await visit.page.locator(`usher-video >> text=${invitation}`).waitFor();
  assert.deepEqual(visit.requests, []);
}

async function linkIsWhite(visit) {
  await visit.page.goto(`${oneHost}/Plone/film`);
  const link = visit.page.locator('usher-video a');
  assert.equal(await link.evaluate((one) => getComputedStyle(one).color), 'rgb(255, 255, 255)');
}

async function watches(visit, origin, openPage) {
  await logIn(visit.page, origin);
  await openPage(visit);
  await plays(visit.page);
}

async function plays(page) {
  await page.waitForFunction(() => document.querySelector('usher-video').video?.readyState >= 2);
  await page.locator('usher-video').evaluate(({ video }) => video.play());
  await page.waitForFunction(() => document.querySelector('usher-video').video.currentTime > 1);
}

/** By the log-out link, if the page has one, and as a page without one would. */
async function logsOut(visit, origin, openPage, invitation) {
  const { page, context } = visit;
  await logIn(page, origin);
  await openPage(visit);
  await plays(page);
  const link = page.locator('a[href$="/logout"]');
  if (await link.count()) {
    await link.first().evaluate((one) => one.click());
    await page.waitForURL(`${origin}/Plone`);
  } else {
    await page.evaluate(() => customElements.get('usher-video').signOut());
    await page.goto(`${origin}/Plone/logout`);
  }
  const names = (await context.cookies()).map((cookie) => cookie.name);
  assert.deepEqual(names.filter((each) => each.startsWith('CloudFront-')), []);
  await isToldToLogIn({ ...visit, requests: [] }, openPage, invitation);
}

async function partitioned(visit) {
  await watches(visit, plone, addOn(plone)[0]);
  const cookies = await visit.context.cookies(`${otherSite}/video/clock-ts/master.m3u8`);
  const names = ['Policy', 'Signature', 'Key-Pair-Id', 'Hash-Algorithm'].map((name) => `CloudFront-${name}`);
  const found = cookies.map(({ name, partitionKey, sameSite }) => [name, partitionKey, sameSite]);
  assert.deepEqual(found.sort(), names.sort().map((name) => [name, 'http://localhost', 'None']));
}

async function rootUser(visit) {
  await logIn(visit.page, oneHost, 'admin', process.env.ROOT_PASSWORD);
  await visit.page.goto(`${oneHost}/Plone/film`);
  await visit.page.locator('usher-video >> text=Users of the Zope root, such as admin, cannot watch').waitFor();
  assert.equal(await visit.page.locator('a', { hasText: 'Another' }).count(), 1, 'a link to another host stays a link');
}

/** As in the site's configuration registry. */
async function setVideoHost(host) {
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const login = JSON.stringify({ login: 'admin', password: process.env.ROOT_PASSWORD });
  const { token } = await (await fetch(`${plone}/Plone/@login`, { method: 'POST', headers, body: login })).json();
  const body = JSON.stringify({ 'usher.video_host': host });
  const response = await fetch(`${plone}/Plone/@registry`, { method: 'PATCH', headers: { ...headers, authorization: `Bearer ${token}` }, body });
  assert.equal(response.status, 204);
}
