// Shows a player in place of each link to a playlist or an MPD of private video, in the content of a page.

import { UsherVideo, keepCookies } from './usher.js';
import { tokenOfClassic } from './credentials.js';

const LOG_OUT_MS = 3_000;
const site = document.body.dataset.portalUrl;
const { origin } = location;
const host = videoHost(document.getElementById('usher-players').dataset.host);
const endpoint = `${host}/auth/cookies`;
// On the site's own host, the browser sends the cookie `__ac`. A token goes to the configured host, and to no other.
const credential = host === origin ? null : tokenOfClassic(site);

for (const link of document.querySelectorAll('#content a[href]')) {
  const { origin: linked, pathname, search } = new URL(link.href);
  if ([origin, host].includes(linked) && /^\/video\/.*\.(m3u8|mpd)$/.test(pathname)) {
    link.replaceWith(player(link, `${host}${pathname}${search}`));
  }
}

// Log-out: the video's cookies first.
document.addEventListener('click', async (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || event.defaultPrevented || new URL(link.href).pathname !== new URL(`${site}/logout`).pathname) return;
  event.preventDefault();
  const hasPlayers = document.querySelector('usher-video');
  const cleared = hasPlayers ? UsherVideo.signOut() : keepCookies({ endpoint }).signOut();
  // Without an answer, the cookies expire by themselves.
  await Promise.race([cleared, new Promise((resolve) => { setTimeout(resolve, LOG_OUT_MS); })]).catch(() => {});
  location.assign(link.href);
});

function videoHost(configured) {
  if (!configured) return origin;
  try {
    return new URL(configured).origin;
  } catch {
    console.error(`usher.video_host must be a URL such as https://video.example.com, not ${configured}`);
    return origin;
  }
}

function player(link, source) {
  const element = document.createElement('usher-video');
  element.setAttribute('endpoint', endpoint);
  element.setAttribute('aria-label', link.textContent.trim());
  const picture = link.querySelector('img');
  if (picture) element.setAttribute('poster', picture.src);
  element.append(signIn());
  element.credential = credential;
  element.setAttribute('src', source);
  return element;
}

function signIn() {
  const paragraph = document.createElement('p');
  paragraph.slot = 'sign-in';
  if (document.body.classList.contains('userrole-authenticated')) {
    paragraph.textContent = 'You are logged in, but the video service does not accept your log-in. Users of the Zope root, such as admin, cannot watch. If you are a user of this site, tell its administrator.';
  } else {
    const link = document.createElement('a');
    link.href = `${site}/login?came_from=${encodeURIComponent(location.href)}`;
    link.textContent = 'Log in to watch';
    // White as the text: the theme's colour of links is for its own background, not for the player's black.
    link.style.color = 'inherit';
    paragraph.append(link, '.');
  }
  return paragraph;
}
