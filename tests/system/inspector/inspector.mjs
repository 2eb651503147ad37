// The inspector in a real browser: `node inspector.mjs ORIGIN [--screenshots FOLDER]`. The environment has the settings
// of the site whose viewers sign in.

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { openChromium } from '../chromium.mjs';

const [origin, flag, folder] = process.argv.slice(2);
if (!origin || (flag && (flag !== '--screenshots' || !folder))) {
  console.error('usage: node inspector.mjs ORIGIN [--screenshots FOLDER]');
  process.exit(2);
}
const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_SECRET: secret } = process.env;
const PLAYLIST = '/video/clock-ts/master.m3u8';
const now = Math.floor(Date.now() / 1000);

const { browser, check, finish } = await openChromium();

try {
  await check('a wrong audience is told, with both audiences', (visit) => wrongAudience(visit));
  await check('a wrong key is told', (visit) => wrongKey(visit));
  await check('an expired token is told, with its end', (visit) => expired(visit));
  await check('an issued URL, its viewer, and the requests that play with it', (visit) => issuedUrl(visit));
  await check('the filters show one viewer, or one asset', (visit) => filters(visit));
  await check('a refused request opened shows what usher explain checks', (visit) => checklist(visit));
  await check('a request copied as curl has no secret, and is refused again', (visit) => copied(visit));
  await check('the keyboard alone filters, opens a row and copies it', (visit) => keyboard(visit));
  if (folder) await check(`screenshots are in ${folder}`, (visit) => screenshots(visit));
} finally {
  await finish();
}

// ---- Checks

async function wrongAudience({ page }) {
  const row = await refusedSignIn(page, token({ aud: 'shop' }));
  assert.match(await row.locator('.why').innerText(), /^wrong-audience: the token's aud, "shop", is none of the configured audiences$/);
  const more = await opened(row);
  assert.match(more, /Refused by the function issue-cookies: the token's aud, "shop", is none of the configured audiences/);
  assert.match(more, /Problem type\s+urn:problem-type:usher:wrong-audience/);
  assert.match(more, /aud \(audience\)\s+shop/);
  assert.match(more, new RegExp(`Accepted here\\s+tokens of ${issuer} for ${audience}`));
}

async function wrongKey({ page }) {
  const row = await refusedSignIn(page, token({}, 'a secret that another site has made up'));
  assert.match(await row.locator('.why').innerText(), /^credential-rejected: the token's signature is not the issuer's$/);
  assert.match(await opened(row), new RegExp(`iss \\(issuer\\)\\s+${issuer}`));
}

async function expired({ page }) {
  const row = await refusedSignIn(page, token({ exp: now - 3_600 }));
  assert.match(await row.locator('.why').innerText(), /^token-expired: the token has expired$/);
  assert.match(await opened(row), /exp \(ends\)\s+.*, 60 min before the request/);
}

async function issuedUrl({ page }) {
  const good = token({ sub: 'anna' });
  const { url } = await (await signIn(page, '/auth/urls', good)).json();
  await page.request.get(url);
  await page.request.get(url);
  await inspector(page);
  const [hit, miss, issued] = await page.locator('#requests > li:has-text("anna")').all();
  assert.match(await issued.innerText(), /issued\s+POST \/auth\/urls\s*a signed URL for .*\/video\/clock-ts\/\*, until/);
  assert.match(await miss.innerText(), /admitted[^]*anna[^]*signed URL[^]*miss[^]*ms[^]*200/);
  assert.match(await hit.innerText(), /admitted[^]*anna[^]*signed URL[^]*hit[^]*ms[^]*200/);
  assert.match(await opened(miss), /Policy covers\s+.*\/video\/clock-ts\/\*[^]*Playlist\s+inline, 2 signed/);
  const page_text = await page.locator('body').innerText();
  for (const shown of [...good.split('.'), ...new URL(url).searchParams.values()].filter((part) => part.length > 40)) {
    assert.ok(!page_text.includes(shown), 'the page shows a secret');
  }
}

async function filters({ page }) {
  const { url } = await (await signIn(page, '/auth/urls', token({ sub: 'ben' }), '/video/clock-fmp4/master.m3u8')).json();
  await page.request.get(url);
  await signIn(page, '/auth/cookies', token({ sub: 'cleo' }), PLAYLIST);
  await inspector(page);
  await page.getByLabel('Viewer').selectOption('ben');
  assert.deepEqual(await visible(page, '.viewer'), ['ben', 'ben']);
  await page.getByLabel('Viewer').selectOption('');
  await page.getByLabel('Asset').selectOption('/video/clock-fmp4/*');
  assert.deepEqual(await visible(page, '.viewer'), ['ben', 'ben']);
  await page.getByLabel('Viewer').selectOption('cleo');
  assert.equal(await page.getByText('The filters leave out all requests.').isVisible(), true);
}

async function checklist({ page }) {
  await signIn(page, '/auth/cookies', token({ aud: 'shop' }));
  await page.request.get(origin + PLAYLIST);
  await inspector(page);
  const more = await opened(page.locator('#requests > li').first());
  assert.match(more, /Sign-ins before this request\s+\d\d:\d\d:\d\d \/auth\/cookies: refused, wrong-audience: the token's aud, "shop"/);
  assert.match(more, /CloudFront’s code\s+MissingKey/);
  assert.match(more, /Checked in this order\s+is the request signed\? no/);
}

async function copied({ page, context }) {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const row = await refusedSignIn(page, token({ aud: 'shop' }));
  await row.locator('summary').click();
  await row.getByRole('button', { name: 'Copy as curl' }).click();
  await row.getByText(/^Copied\./).waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(command, [
    `curl -i -X POST '${origin}/auth/cookies'`, "-H 'authorization: Bearer TOKEN'", "-H 'content-type: application/json'",
    `-d '{"path":"${PLAYLIST}"}'`,
  ].join(' \\\n  '));
  assert.match(execFileSync('bash', ['-c', `${command} 2>/dev/null`]).toString(), /^HTTP\/1.1 401 /);
}

async function keyboard({ page }) {
  await refusedSignIn(page, token({ aud: 'shop' }));
  await page.locator('#refused-only').focus();
  await page.keyboard.press('Space');
  assert.equal(await page.locator('#requests > li[data-verdict-of=issued]:visible').count(), 0);
  const focused = () => page.evaluate(() => document.activeElement.closest('#requests') && document.activeElement.textContent);
  for (let presses = 0; !(await focused())?.includes('wrong-audience'); presses += 1) {
    assert.ok(presses < 10, 'Tab reaches the first row');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copy as curl' }).first().waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Copy as curl');
}

async function screenshots({ page }) {
  await refusedSignIn(page, token({ aud: 'shop' }));
  await page.locator('#requests summary').first().click();
  for (const [name, colorScheme, width] of [['light', 'light', 1280], ['dark', 'dark', 1280], ['phone', 'light', 360]]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    // Colors change slowly.
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${folder}/${name}.png` });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= width, `${name} fits`);
  }
}

// ---- Helpers

/** A token of the site. */
function token(claims, key = secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const all = { iss: issuer, aud: audience, sub: 'viewer', iat: now - 7_200, exp: now + 3_600, ...claims };
  const message = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(all)}`;
  return `${message}.${createHmac('sha256', key).update(message).digest('base64url')}`;
}

function signIn(page, path, bearer, video = PLAYLIST) {
  return page.request.post(origin + path, { headers: { authorization: `Bearer ${bearer}` }, data: { path: video } });
}

/** The row of a sign-in with this token, which is refused while somebody watches. */
async function refusedSignIn(page, bearer) {
  await inspector(page);
  await page.click('#clear');
  assert.equal((await signIn(page, '/auth/cookies', bearer)).status(), 401);
  const row = page.locator('#requests > li[data-verdict-of=refused]').first();
  await row.waitFor();
  return row;
}

async function inspector(page) {
  await page.goto(`${origin}/__usher/`);
  await page.locator('#connection[data-live=yes]').waitFor();
  // What came before is replayed.
  await page.waitForTimeout(300);
}

async function opened(row) {
  await row.locator('summary').click();
  return row.locator('.more').innerText();
}

/** The texts of a column in the rows that are shown. */
async function visible(page, column) {
  const texts = await page.locator(`#requests > li:visible ${column}`).allInnerTexts();
  return texts.map((text) => text.replace(/^\w+:\s*/, ''));
}
