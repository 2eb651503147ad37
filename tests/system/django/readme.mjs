// The site of the recipe's README in a real browser: `node readme.mjs ORIGIN`.

import { openChromium } from '../chromium.mjs';

const [origin] = process.argv.slice(2);
const { check, finish } = await openChromium((status, path) =>
  status === 401 && path === '/private-video/hand-off/' || status === 404 && path === '/favicon.ico');
await check('the README, word by word: a user follows the link, logs in, and plays', logsInAndPlays);
await check('the same with hls.js', async (visit) => {
  await visit.page.addInitScript(() => { HTMLMediaElement.prototype.canPlayType = () => ''; });
  await logsInAndPlays(visit);
});
await finish();

async function logsInAndPlays({ page }) {
  await page.goto(origin);
  await page.locator('usher-video').getByRole('link', { name: 'Log in' }).click();
  await page.fill('[name=username]', 'anna');
  await page.fill('[name=password]', 'the password of anna');
  await page.click('[type=submit]');
  await page.waitForURL(`${origin}/`);
  await page.locator('video').evaluate((video) => {
    video.muted = true;
    const start = () => { video.play().catch(() => {}); };
    if (video.currentSrc) start();
    else video.addEventListener('loadstart', start, { once: true });
  });
  await page.waitForFunction(() => document.querySelector('usher-video').video?.currentTime > 1, null, { timeout: 30_000 });
}
