// The packaged film in Chromium as its owner meets it: by keyboard, by axe, and with `--screenshots FOLDER` in pictures.
// `node owner.mjs PAGE [--screenshots FOLDER]`. PAGE is the player's address.

import { strict as assert } from 'node:assert';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertAccessible, openChromium } from '../chromium.mjs';

const [address, flag, folder] = process.argv.slice(2);
if (!address || (flag && (flag !== '--screenshots' || !folder))) {
  console.error('usage: node owner.mjs PAGE [--screenshots FOLDER]');
  process.exit(2);
}
const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 860 },
  { name: 'phone', colorScheme: 'light', width: 390, height: 844 },
];
const MOST_PRESSES = 25;

const { check, finish } = await openChromium((status, path) => [403, 404].includes(status) && path.startsWith('/video/'));
if (folder) await mkdir(folder, { recursive: true });

try {
  await check('the keyboard alone signs in, plays, and chooses captions and language', byKeyboard);
  for (const look of LOOKS) {
    await check(`axe finds nothing: ${look.name}`, (visit) => looksGood(visit, look));
  }
} finally {
  await finish();
}

// ---- Checks

async function byKeyboard({ page, context }) {
  const focused = await focusOf(page, context);
  const press = async (key, wanted) => {
    for (let presses = 0; !wanted.test(await focused()); presses += 1) {
      assert.ok(presses < MOST_PRESSES, `${key} does not reach ${wanted}, but ${await focused()}`);
      await page.keyboard.press(key);
    }
  };
  await page.goto(address);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await press('Tab', /^button: Sign in$/);
  await page.keyboard.press('Enter');
  await playedFor(page, 0.5);
  await press('Tab', /^button: show more media controls$/);
  await page.keyboard.press('Enter');
  await press('ArrowDown', /^menuitem\w*: .*captions/i);
  await page.keyboard.press('Enter');
  await press('ArrowDown', /^menuitem\w*: English/);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('usher-video').video.textTracks[0].mode === 'showing');
  const isShown = () => [...document.querySelector('usher-video').video.textTracks[0].activeCues ?? []].map(({ text }) => text)[0];
  assert.match(await (await page.waitForFunction(isShown)).jsonValue(), /words/i);

  await press('Tab', /^combobox: Language of the sound$/);
  const [segment] = await Promise.all([page.waitForRequest(/\/audio-de\/\d+\.m4s$/), page.keyboard.press('ArrowDown')]);
  assert.equal((await segment.response()).status(), 200);
  await press('Shift+Tab', /^button: (pause|play)$/);
  if (await page.locator('usher-video video').evaluate((video) => !video.paused)) await page.keyboard.press('Enter');
  assert.equal(await page.locator('usher-video video').evaluate((video) => video.paused), true);
}

async function looksGood({ page }, { name, colorScheme, width, height }) {
  const look = async (state) => {
    await assertAccessible(page, `${name}, ${state}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, `${state} fits`);
    if (folder) await page.screenshot({ path: join(folder, `${name}-${state}.png`), fullPage: true });
  };
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.goto(address);
  await page.locator('#verdict[data-verdict=refused]').waitFor();
  await look('signed-out');

  await page.click('#sign-in');
  await playedFor(page, 1);
  await page.locator('usher-video video').evaluate((video) => {
    video.textTracks[0].mode = 'showing';
    video.pause();
    video.currentTime = 2;
  });
  await page.waitForFunction(() => document.querySelector('usher-video').video.textTracks[0].activeCues?.length);
  await page.click('#make-signed-url');
  await page.locator('#signed-url').waitFor();
  await page.locator('usher-video video').focus();
  await look('playing');

  // The film is gone.
  await page.route('**/master.m3u8*', (route) => route.continue({ url: new URL('/video/film/gone.m3u8', address).href }));
  await page.locator('#films button').click();
  await page.locator('[slot=failed] .curtain-text', { hasText: 'does not exist in the media folder' }).waitFor();
  await page.click('#details summary');
  await look('error');

  await page.goto(new URL('/__usher/', address).href);
  await page.locator('#requests > li[data-verdict-of=admitted]').first().waitFor();
  await page.locator('#requests > li[data-verdict-of=refused] summary').first().click();
  await page.locator('#requests > li[data-verdict-of=issued] summary').first().click();
  await page.evaluate(() => scrollTo(0, 0));
  await look('inspector');
}

// ---- Helpers

/** Role and name of what has the focus, as a screen reader is told: inside the browser's own controls, too. */
async function focusOf(page, context) {
  const session = await context.newCDPSession(page);
  await session.send('Accessibility.enable');
  return async () => {
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const isFocused = ({ properties = [] }) => properties.some(({ name, value }) => name === 'focused' && value.value);
    const { role, name } = nodes.findLast((node) => isFocused(node) && node.role.value !== 'RootWebArea') ?? {};
    return `${role?.value}: ${name?.value}`;
  };
}

async function playedFor(page, seconds) {
  await page.waitForFunction((wanted) => document.querySelector('usher-video').video?.currentTime > wanted, seconds, { timeout: 30_000 });
}
