// Private video on a page: keeps this browser's signed cookies fresh, and a player going by them.
//
//   import { keepCookies, play } from './usher.js';
//   const cookies = keepCookies({ credential: async () => tokenOfMySite(), onSignedOut: showSignIn });
//   await play(document.querySelector('video'), '/video/m/master.m3u8', cookies, async () => globalThis.Hls);
//
// It keeps nothing: the cookies are HttpOnly, and the credential goes from the site to the request.

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const SHORTEST_RENEWAL_MS = 2_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ANSWER_MS = 20_000;
const RECOVERY_MS = 10_000;

/**
 * - `endpoint`: the URL of /auth/cookies.
 * - `credential`: an async function that gets the viewer's credential from the site, or nothing when nobody is signed
 *   in; when it throws, it is asked again later. Left out where the browser's own cookie is the credential.
 * - `onSignedOut({ status, title, detail })`: the viewer is no longer let in (401), or not to this (403); renewals have
 *   stopped until `renew` is called again.
 */
export function keepCookies({ endpoint = '/auth/cookies', credential, onSignedOut = () => {} } = {}) {
  let session = new AbortController();
  let renewing = null;
  let kept = false;
  let timer = 0;
  let dueAt = Infinity;

  /** One at a time. Resolves to true when the cookies are fresh, to false when there will be none. */
  function renew() {
    renewing ??= obtain(session.signal).finally(() => { renewing = null; });
    return renewing;
  }

  async function obtain(signal) {
    stopTimer();
    let refusals = 0;
    for (let pause = FIRST_RETRY_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
      const { response, body } = await ask(signal).catch((error) => {
        if (!signal.aborted) console.warn('The cookies for video could not be renewed; trying again.', error);
        return {};
      });
      if (signal.aborted) break;
      if (response?.ok) return schedule(body, response.headers.get('date'));
      if (isFinal(response)) {
        refusals += 1;
        // The credential may have run out on the way: a new one is worth one more try.
        if (response.status === 401 && body && refusals < 2) continue;
        kept = false;
        onSignedOut({ ...body, status: response.status });
        return false;
      }
      // Not all viewers at the same moment, once the service is back.
      await sleep(Math.max(retryAfterMs(response), pause * (0.5 + Math.random())), signal);
    }
    return false;
  }

  async function ask(signal) {
    const token = await credential?.();
    if (credential && !token) return { response: new Response(null, { status: 401 }) };
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    return inTime(signal, async (ending) => {
      const options = { method: 'POST', credentials: 'include', cache: 'no-store', headers, signal: ending };
      const response = await fetch(endpoint, options);
      const body = await response.json().catch((error) => { if (response.ok) throw error; return {}; });
      const isAnswer = Number.isFinite(body?.expires_at) && Number.isFinite(body?.refresh_after);
      if (response.ok && !isAnswer) throw new Error('the answer does not say when to renew');
      return { response, body };
    });
  }

  /** By the server's clock alone, since the viewer's may be hours off. Who may not read it renews early. */
  function schedule({ expires_at: expiresAt, refresh_after: refreshAfter }, date) {
    const serverNow = Date.parse(date ?? '') / 1000;
    const seconds = Number.isNaN(serverNow) ? expiresAt - refreshAfter : refreshAfter - serverNow;
    const milliseconds = Math.min(Math.max(seconds * 1000, SHORTEST_RENEWAL_MS), LONGEST_TIMER_MS);
    dueAt = Date.now() + milliseconds;
    timer = setTimeout(renew, milliseconds);
    kept = true;
    return true;
  }

  function stopTimer() {
    clearTimeout(timer);
    dueAt = Infinity;
  }

  /** Takes the cookies away. Throws where the service does not answer: then they stay until they expire. */
  async function signOut() {
    session.abort();
    session = new AbortController();
    kept = false;
    stopTimer();
    // Its cookies would come after they were cleared.
    await renewing;
    const response = await inTime(session.signal, (signal) => (
      fetch(endpoint, { method: 'DELETE', credentials: 'include', signal })
    ));
    if (!response.ok) throw new Error(`the cookies could not be cleared: ${response.status}`);
  }

  // Timers stand still while a computer sleeps.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && Date.now() >= dueAt) renew();
  });
  /** For a player in trouble, which must not undo a sign-out. */
  const renewIfKept = async () => kept && renew();
  return { renew, renewIfKept, signOut };
}

/**
 * Gets cookies and loads `source`: natively where the browser can, else with the hls.js that `loadHls` resolves to.
 * Where the player is refused or loses the network, renews them and goes on. Resolves to false when there are none.
 * Once for each video element.
 */
export async function play(video, source, cookies, loadHls) {
  if (!await cookies.renew()) return false;
  const [afterError, afterStall] = [seldom(cookies.renewIfKept), seldom(cookies.renewIfKept)];
  if (video.canPlayType(HLS_TYPE)) {
    if (new URL(source, location).origin !== location.origin) video.crossOrigin = 'use-credentials';
    // Captured: before the browser's own controls, which pause it.
    video.addEventListener('error', async () => {
      // A live stream goes on where it is by then.
      const [at, playing] = [Number.isFinite(video.duration) ? video.currentTime : 0, !video.paused];
      if (!await afterError()) return;
      video.src = source;
      if (at) video.currentTime = at;
      if (playing) video.play().catch(() => {});
    }, { capture: true });
    // Some browsers ask for a live playlist again and again, however often they are refused.
    video.addEventListener('stalled', afterStall);
    video.src = source;
  } else {
    const Hls = await loadHls();
    const hls = new Hls({ xhrSetup: (xhr) => { xhr.withCredentials = true; } });
    hls.on(Hls.Events.ERROR, async (_, { fatal, type }) => {
      if (!fatal || type !== Hls.ErrorTypes.NETWORK_ERROR || !await afterError()) return;
      if (hls.levels.length) hls.startLoad();
      else hls.loadSource(source);
    });
    hls.loadSource(source);
    hls.attachMedia(video);
  }
  return true;
}

/** `renew`, unless it was called a moment ago: then it is not the cookies. */
function seldom(renew) {
  let last = -Infinity;
  return () => {
    if (Date.now() - last < RECOVERY_MS) return false;
    last = Date.now();
    return renew();
  };
}

const isFinal = (response) => response?.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);

/** What `task` resolves to; its signal ends it with `signal`, or when it takes too long. */
async function inTime(signal, task) {
  const controller = new AbortController();
  const end = () => controller.abort();
  const timer = setTimeout(end, ANSWER_MS);
  if (signal.aborted) end();
  signal.addEventListener('abort', end);
  try {
    return await task(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

/** Seconds, as this service writes it. */
const retryAfterMs = (response) => (Number(response?.headers.get('retry-after')) || 0) * 1000;

function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
