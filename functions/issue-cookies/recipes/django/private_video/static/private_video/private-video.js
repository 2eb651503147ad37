// The scripts of {% private_video %} and {% private_video_sign_out %}. They import usher.js from here alone: a page that
// loads it under two names, with a hash and without one, would define its element twice.

import { UsherVideo } from './usher.js';

const SIGN_OUT_MS = 3_000;

for (const script of document.querySelectorAll('script[data-private-video-sign-out]')) {
  const form = script.closest('form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    // The user logs out even if the video service does not answer.
    const timeout = new Promise((resolve) => { setTimeout(resolve, SIGN_OUT_MS); });
    await Promise.race([UsherVideo.signOut(script.dataset.privateVideoSignOut).catch(() => {}), timeout]);
    form.submit();
  });
}
