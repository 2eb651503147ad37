// What {% private_video %} and {% private_video_sign_out %} leave in the page comes to life here.

import { keepCookies, play } from './usher.js';

const ANSWER_MS = 20_000;
const SIGN_OUT_MS = 3_000;
/** One for all videos of a service: { cookies, videos }. */
const services = new Map();

for (const video of document.querySelectorAll('video[data-private-video]')) {
  const { privateVideo: source, cookies: endpoint, handOff, hls } = video.dataset;
  const service = serviceAt(endpoint, handOff);
  service.videos.push(video);
  play(video, source, service.cookies, async () => (await import(hls)).default);
}

for (const script of document.querySelectorAll('script[data-private-video-sign-out]')) {
  const form = script.closest('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { cookies } = serviceAt(script.dataset.privateVideoSignOut);
    // Logging out must not fail because of the video.
    await Promise.race([cookies.signOut().catch(() => {}), new Promise((resolve) => { setTimeout(resolve, SIGN_OUT_MS); })]);
    form.submit();
  });
}

function serviceAt(endpoint, handOff) {
  if (!services.has(endpoint)) {
    const videos = [];
    const onSignedOut = (detail) => videos.forEach((video) =>
      video.dispatchEvent(new CustomEvent('private-video-refused', { bubbles: true, detail })));
    services.set(endpoint, { videos, cookies: keepCookies({ endpoint, credential: () => credentialFrom(handOff), onSignedOut }) });
  }
  return services.get(endpoint);
}

async function credentialFrom(handOff) {
  const response = await fetch(handOff, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
  if (response.status === 401) return undefined;
  if (!response.ok) throw new Error(`the site answered ${response.status}`);
  return (await response.json()).credential;
}
