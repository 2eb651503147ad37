// Private video on a page: gets this browser's signed cookies for each video, renews them, and keeps the player going.
//
// In HTML:
//
//   <script type="module" src="usher.js"></script>
//   <usher-video src="/video/my-film/master.m3u8" poster="poster.jpg">
//     <p slot="sign-in"><a href="/login">Sign in to watch</a></p>
//   </usher-video>
//
// In a script:
//
//   import { keepCookies, play } from './usher.js';
//   const cookies = keepCookies({ credential: async () => tokenOfMySite(), onSignedOut: showSignIn });
//   await play(document.querySelector('video'), '/video/my-film/master.m3u8', cookies);
//
// It stores nothing: the cookies are HttpOnly, and the credential goes from the site to the request.

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const SHORTEST_RENEWAL_MS = 2_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ANSWER_MS = 20_000;
const RECOVERY_MS = 10_000;
const MOST_REFUSALS = 3;
const LOCK = 'usher-cookies';
const USUAL_ENDPOINT = '/auth/cookies';
const ATTEMPTS_IN_SILENCE = 3;
const nothing = () => {};

// ---- Cookies

/**
 * The cookies for the videos of a page: `play` asks for those of its source alone, so a viewer may own any number of
 * films. Each set is renewed before it expires.
 *
 * - `endpoint`: the URL of /auth/cookies.
 * - `credential(path)`: an async function that gets the viewer's credential from the site; nothing when nobody is signed
 *   in, and `false` when the viewer may not watch this path. When it throws, it is called again later. Omit it where the
 *   browser's own cookie is the credential.
 * - `onSignedOut({ status, title, detail, path })`: the viewer is not signed in any more (401), may not watch this path
 *   (403), or there is no such service at `endpoint` (any other status); renewals have stopped until `renew` is called
 *   again.
 * - `onTrouble({ path })`: several tries were in vain; they go on.
 * - `onRenewed({ resource, expires_at, refresh_after, path })`: the cookies for this path are fresh.
 */
export function keepCookies({
  endpoint = USUAL_ENDPOINT, credential, onSignedOut = nothing, onRenewed = nothing, onTrouble = nothing,
} = {}) {
  let session = new AbortController();
  const assets = [];

  /** The cookies for the asset of this source: `renew()`, and `renewIfKept()`, which does not undo a sign-out. */
  function forSource(source) {
    const { pathname } = new URL(source, location);
    let asset = assets.find((one) => one.covers(pathname));
    if (!asset) assets.push(asset = cookiesFor(pathname));
    return asset;
  }

  function cookiesFor(path) {
    let renewing = null;
    let kept = false;
    let timer = 0;
    let dueAt = Infinity;
    /** The path of the asset's folder, once it is known. */
    let folder = null;

    /** One at a time. Resolves to true when the cookies are fresh, to false when there will be none. */
    function renew() {
      renewing ??= obtain(session.signal).finally(() => { renewing = null; });
      return renewing;
    }

    async function obtain(signal) {
      stop();
      let [attempts, refusals] = [0, 0];
      for (let pause = FIRST_RETRY_MS; !signal.aborted; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
        const { response, body } = await ask(signal).catch((error) => {
          if (!signal.aborted) console.warn('The cookies for video could not be renewed; trying again.', error);
          return {};
        });
        if (signal.aborted) break;
        if (response?.ok) {
          schedule(body, response.headers.get('date'));
          onRenewed({ ...body, path });
          return true;
        }
        if (isFinal(response)) {
          refusals += 1;
          // The credential may have expired on the way: a new one is worth one more try.
          if (response.status === 401 && credential && body && refusals < 2) continue;
          if (response.status === 401) end();
          onSignedOut({ ...body, status: response.status, path });
          return false;
        }
        attempts += 1;
        if (attempts === ATTEMPTS_IN_SILENCE) onTrouble({ path });
        // Not all viewers at the same moment, once the service is back.
        await sleep(Math.max(retryAfterMs(response), pause * (0.5 + Math.random())), signal);
      }
      return false;
    }

    async function ask(signal) {
      const token = await credential?.(path);
      if (credential && !token) return { response: new Response(null, { status: token === false ? 403 : 401 }) };
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      return inTurn(() => inTime(signal, async (ending) => {
        const body = JSON.stringify({ path });
        const options = { method: 'POST', credentials: 'include', cache: 'no-store', headers, body, signal: ending };
        const response = await fetch(endpoint, options);
        const answer = await response.json().catch((error) => { if (response.ok) throw error; return {}; });
        const isComplete = Number.isFinite(answer?.expires_at) && Number.isFinite(answer?.refresh_after);
        if (response.ok && !isComplete) throw new Error('the answer does not say when to renew');
        return { response, body: answer };
      }));
    }

    /** By the server's clock alone, since the viewer's may be hours off. Who may not read it renews early. */
    function schedule({ expires_at: expiresAt, refresh_after: refreshAfter, resource }, date) {
      const serverNow = Date.parse(date ?? '') / 1000;
      const seconds = Number.isNaN(serverNow) ? expiresAt - refreshAfter : refreshAfter - serverNow;
      const milliseconds = Math.min(Math.max(seconds * 1000, SHORTEST_RENEWAL_MS), LONGEST_TIMER_MS);
      dueAt = Date.now() + milliseconds;
      timer = setTimeout(renew, milliseconds);
      kept = true;
      const { pathname } = new URL(resource, location);
      folder = pathname.endsWith('/*') ? pathname.slice(0, -1) : null;
    }

    function stop() {
      clearTimeout(timer);
      dueAt = Infinity;
      kept = false;
    }

    return {
      covers: (other) => other === path || (folder !== null && other.startsWith(folder)),
      ended: () => renewing,
      isDue: () => Date.now() >= dueAt,
      renew,
      renewIfKept: async () => renewing ?? (kept && renew()),
      stop,
    };
  }

  /** Nothing of this session goes on. */
  function end() {
    session.abort();
    session = new AbortController();
    for (const asset of assets) asset.stop();
  }

  /** Removes the cookies of all videos. Throws where the service does not answer: then they stay until they expire. */
  async function signOut() {
    end();
    // Cookies that come after this request would stay.
    await Promise.all(assets.map((asset) => asset.ended()));
    const response = await inTurn(() => inTime(session.signal, (signal) => (
      fetch(endpoint, { method: 'DELETE', credentials: 'include', signal })
    )));
    if (!response.ok) throw new Error(`the cookies could not be cleared: ${response.status}`);
  }

  /** After another sign-in. Resolves to true when the cookies for all videos of the page are fresh. */
  const renew = async () => (await Promise.all(assets.map((asset) => asset.renew()))).every(Boolean);

  // Timers stand still while a computer sleeps.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return;
    for (const asset of assets) if (asset.isDue()) asset.renew();
  });
  return { forSource, renew, signOut };
}

// ---- Players

/**
 * Gets the cookies for `source` and loads it. Where the player is refused or loses the network, renews the cookies and
 * goes on. Resolves to the name of the player, `native`, `hls.js` or `shaka`, and to false when there are no cookies.
 * Once for each video element.
 *
 * - `cookies`: what `keepCookies` returns; or null, when the URL is signed or the browser has the cookies already.
 * - `engine`: `native` or `hls.js`, instead of the player that suits this browser. DASH (`.mpd`) always plays by
 *   shaka-player.
 * - `loadHls`: resolves to the class of hls.js; by default, that of `hls.mjs` beside this file.
 * - `loadShaka`: resolves to the namespace of shaka-player; by default, that of `shaka.mjs` beside this file, which is
 *   `dist/shaka-player.dash-es2021.js` of npm's shaka-player under another name.
 * - `onLanguages(names, chosen, choose)`: the languages of the sound, which one is heard, and a function that plays another
 *   one, by its number. Not from the browser's own player, which has a menu of its own.
 * - `onFailed({ url, status, reason })`: the player has stopped. `url` is what could not be loaded, as far as the player
 *   says, and `reason` the player's own word for it.
 */
export async function play(video, source, cookies, {
  engine, loadHls = importHls, loadShaka = importShaka, onLanguages = nothing, onFailed = nothing,
} = {}) {
  const asset = cookies?.forSource(source);
  if (asset && !await asset.renew()) return false;
  const renew = asset ? asset.renewIfKept : async () => false;
  if (endsWith(source, '.mpd')) {
    await playByShaka(await loadShaka(), video, source, renew, { onLanguages, onFailed });
    return 'shaka';
  }
  const Hls = await libraryFor(video, source, engine, loadHls);
  if (Hls) playByLibrary(Hls, video, source, renew, { onLanguages, onFailed });
  else playNatively(video, source, renew, onFailed);
  return Hls ? 'hls.js' : 'native';
}

/** The class of hls.js, where the browser itself does not play the source or would not show its subtitles. */
async function libraryFor(video, source, engine, loadHls) {
  if (!endsWith(source, '.m3u8')) return null;
  const playsNatively = video.canPlayType(HLS_TYPE) !== '';
  if (engine === 'hls.js' || !playsNatively) {
    const Hls = await loadHls();
    if (!Hls.isSupported()) throw new Error('hls.js does not run in this browser.');
    return Hls;
  }
  // Apple's players show subtitles, and only they have AirPlay.
  if (engine === 'native' || 'webkitShowPlaybackTargetPicker' in video || !await namesSubtitles(source)) return null;
  // Without hls.js, it plays without subtitles.
  const Hls = await loadHls().catch(() => null);
  return Hls?.isSupported() ? Hls : null;
}

async function namesSubtitles(source) {
  // Not from the browser's cache, and not into it: Chromium's own player cannot read what is compressed there.
  const response = await fetch(source, { credentials: 'include', cache: 'no-store' }).catch(() => null);
  return Boolean(response?.ok) && /TYPE=SUBTITLES/.test(await response.text());
}

function playNatively(video, source, renew, onFailed) {
  const afterStall = seldom(renew);
  let [at, playing] = [0, false];
  const goOn = () => {
    video.src = source;
    if (at) video.currentTime = at;
    if (playing) video.play().catch(() => {});
  };
  const afterError = recovery(renew, goOn, () => onFailed({ url: source, reason: video.error?.message }));
  if (new URL(source, location).origin !== location.origin) video.crossOrigin = 'use-credentials';
  // Captured: before the browser's own controls, which pause it.
  video.addEventListener('error', () => {
    // A live stream goes on where it is by then.
    [at, playing] = [Number.isFinite(video.duration) ? video.currentTime : 0, !video.paused];
    afterError();
  }, { capture: true });
  // Some browsers ask for a live playlist again and again, however often they are refused.
  video.addEventListener('stalled', afterStall);
  video.src = source;
}

function playByLibrary(Hls, video, source, renew, { onLanguages, onFailed }) {
  const hls = new Hls({ xhrSetup: (xhr) => { xhr.withCredentials = true; } });
  const giveUp = ({ url, networkDetails, frag, response, details }) => onFailed({
    url: url || networkDetails?.responseURL || frag?.url || source,
    status: response?.code,
    reason: details,
  });
  const goOn = () => (hls.levels.length ? hls.startLoad() : hls.loadSource(source));
  const afterNetworkError = recovery(renew, goOn, giveUp);
  const afterMediaError = recovery(async () => true, () => hls.recoverMediaError(), giveUp);
  const [afterRefusal, refusals] = [seldom(renew), new Map()];
  hls.on(Hls.Events.ERROR, async (_, data) => {
    if (!data.fatal) {
      if (data.response?.code !== 403) return;
      // hls.js asks again and again, for other renditions too.
      const url = data.frag?.url ?? data.url;
      refusals.set(url, (refusals.get(url) ?? 0) + 1);
      if (await afterRefusal()) goOn();
      else if (refusals.get(url) > MOST_REFUSALS && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) giveUp(data);
    } else if (data.type === Hls.ErrorTypes.NETWORK_ERROR) {
      afterNetworkError(data);
    } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
      afterMediaError(data);
    } else {
      giveUp(data);
    }
  });
  const tellLanguages = () => {
    const names = hls.audioTracks.map(({ name }) => name);
    onLanguages(names, hls.audioTrack, (number) => { hls.audioTrack = number; });
  };
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, tellLanguages);
  hls.on(Hls.Events.AUDIO_TRACK_SWITCHING, tellLanguages);
  hls.loadSource(source);
  hls.attachMedia(video);
  video.addEventListener('usher-unload', () => hls.destroy(), { once: true });
}

async function playByShaka(shaka, video, source, renew, { onLanguages, onFailed }) {
  const { Category, Code, Severity } = shaka.util.Error;
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) throw new Error('shaka-player does not run in this browser.');
  const player = new shaka.Player();
  // It asks for a segment again after 1, 2 and 4 s: the cookies may be fresh by then.
  player.configure('streaming.retryParameters.maxAttempts', 4);
  // What cannot be loaded: a network error begins with its URL and status.
  const failureOf = ({ category, data: [url, status] }) => (category === Category.NETWORK ? { url, status } : {});
  const giveUp = (error) => onFailed({ url: source, ...failureOf(error), reason: error.message });
  const goOn = () => (player.getManifest() ? player.retryStreaming() : load());
  const [afterRefusal, afterError] = [seldom(renew), recovery(renew, goOn, giveUp)];
  const network = player.getNetworkingEngine();
  network.registerRequestFilter((_, request) => { request.allowCrossSiteCredentials = true; });
  network.addEventListener('retry', ({ error }) => { if ([401, 403].includes(failureOf(error).status)) afterRefusal(); });
  player.addEventListener('error', ({ detail }) => {
    // It goes on by itself, and there still is something to show.
    if (detail.severity === Severity.RECOVERABLE && video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return;
    afterError(detail);
  });
  player.addEventListener('audiotrackschanged', () => {
    const tracks = player.getAudioTracks();
    const names = tracks.map(({ label, language }) => label || language);
    onLanguages(names, tracks.findIndex(({ active }) => active), (number) => player.selectAudioTrack(tracks[number]));
  });
  const load = () => player.load(source).catch((error) => { if (error.code !== Code.LOAD_INTERRUPTED) afterError(error); });
  video.addEventListener('usher-unload', () => player.destroy(), { once: true });
  // Before anybody calls `video.play()`, which a new source would undo.
  await player.attach(video);
  load();
}

/** Nothing more is loaded, by any kind of player. */
function unload(video) {
  video.dispatchEvent(new Event('usher-unload'));
  video.removeAttribute('src');
  video.load();
}

const importHls = async () => (await import(new URL('hls.mjs', import.meta.url))).default;

/** A module whose default it is; or the file of npm, which is no module, and sets a global variable. */
async function importShaka(file = new URL('shaka.mjs', import.meta.url)) {
  const { default: shaka = globalThis.shaka } = await import(file);
  return shaka;
}

const endsWith = (source, extension) => new URL(source, location).pathname.toLowerCase().endsWith(extension);

/** What follows an error: `goOn` with what `renew` gets, or `giveUp`. Soon after another error, it is not the cookies. */
function recovery(renew, goOn, giveUp) {
  let [last, isRenewing] = [-Infinity, false];
  return async (cause) => {
    // A player of several tracks has several errors at once.
    if (isRenewing) return;
    const isFirst = Date.now() - last >= RECOVERY_MS;
    [last, isRenewing] = [Date.now(), true];
    const isFresh = isFirst && await renew();
    isRenewing = false;
    if (isFresh) goOn();
    else giveUp(cause);
  };
}

/** `renew`, unless it was called a moment ago. */
function seldom(renew) {
  let last = -Infinity;
  return () => {
    if (Date.now() - last < RECOVERY_MS) return false;
    last = Date.now();
    return renew();
  };
}

// ---- The element

/**
 * `<usher-video src="…">`: a player with the browser's controls.
 *
 * - Attributes: `src`; `poster`, `autoplay`, `muted` and `loop` as those of `<video>`; `endpoint`, the URL of
 *   /auth/cookies; `hand-off`, the URL at which the site answers `{"credential": …}` to a viewer who may watch the `path`
 *   in its query, 401 when nobody is signed in, and 403 to other viewers; `hls` and `shaka`, the URLs of hls.js and
 *   shaka-player; `engine`, as that of `play`; `thumbnails`, the URL of a WebVTT file of pictures, one of which is shown
 *   while the viewer seeks; `label`, the video's name for screen readers; `no-sign-in`, for a signed URL or cookies that
 *   the browser has already.
 * - Property `credential`, instead of `hand-off`: as that of `keepCookies`. Set it before `src`.
 * - Children: `<track>` elements; and what appears where the video cannot be shown: `slot="sign-in"`,
 *   `slot="refused"`, `slot="failed"`.
 * - `::part(video)`, `::part(thumbnail)`, `::part(language)`, `::part(message)`, for a style of your own.
 * - `load()`, for instance after a sign-in. `UsherVideo.signOut()` removes the cookies of all videos.
 * - Events, which bubble: `usher-ready`, with the `engine`; `usher-cookies`, `usher-signed-out` and `usher-refused`, whose
 *   `detail` is the answer; `usher-failed`, whose `detail` is that of `onFailed` of `play`.
 */
export class UsherVideo extends HTMLElement {
  static observedAttributes = ['src', 'poster', 'autoplay', 'muted', 'loop'];
  /** The cookies of this page, each with the elements that play by them. */
  static #services = [];

  /** Gets the viewer's credential. A page may have set it before this script came. */
  credential = this.credential ?? null;
  #isConnected = false;
  #turn = 0;
  #video = null;
  #shadow = this.attachShadow({ mode: 'open' });
  #thumbnails = [];

  /**
   * Removes the cookies of all videos, also from a page without one, which names the `endpoint` if it is not the usual
   * one. Throws where the service does not answer.
   */
  static async signOut(endpoint = UsherVideo.#services[0]?.endpoint ?? USUAL_ENDPOINT) {
    for (const { elements } of UsherVideo.#services) for (const element of elements) element.#close('sign-in');
    const all = UsherVideo.#services.map(({ cookies }) => cookies);
    if (!UsherVideo.#services.some((one) => one.endpoint === endpoint)) all.push(keepCookies({ endpoint }));
    await Promise.all(all.map((cookies) => cookies.signOut()));
  }

  /** The `<video>` element, for whoever needs more of it. */
  get video() {
    return this.#video;
  }

  connectedCallback() {
    this.#shadow.innerHTML = SHADOW;
    this.#shadow.adoptedStyleSheets = [STYLE];
    this.#isConnected = true;
    this.load();
  }

  disconnectedCallback() {
    this.#isConnected = false;
    this.#close(null);
    this.#leave();
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name !== 'src') this.#copy(name);
    // An element in the page gets its attributes before it is connected.
    else if (this.#isConnected) this.load();
  }

  /** Gets the cookies for `src` and loads it. */
  async load() {
    this.#close(null);
    this.#leave();
    const [turn, source] = [this.#turn, this.getAttribute('src')];
    if (!source || !this.#isConnected) return;
    const cookies = this.hasAttribute('no-sign-in') ? null : this.#service().cookies;
    const [engine, hls, shaka] = ['engine', 'hls', 'shaka'].map((name) => this.getAttribute(name));
    const loadHls = hls ? async () => (await import(new URL(hls, document.baseURI))).default : importHls;
    const loadShaka = shaka ? () => importShaka(new URL(shaka, document.baseURI)) : importShaka;
    const onFailed = (detail) => {
      if (turn !== this.#turn) return;
      this.#close('failed');
      this.#dispatch('usher-failed', detail);
    };
    try {
      const onLanguages = (...languages) => { if (turn === this.#turn) this.#offerLanguages(...languages); };
      const player = await play(this.#open(), source, cookies, { engine, loadHls, loadShaka, onLanguages, onFailed });
      if (turn !== this.#turn) return;
      if (!player) {
        this.#close('refused');
        return;
      }
      // It may be as private as the video.
      this.#copy('poster');
      this.#thumbnails = await this.#readThumbnails();
      if (turn === this.#turn) this.#dispatch('usher-ready', { engine: player });
    } catch (error) {
      console.error('The video cannot be played.', error);
      onFailed({ url: source, reason: error.message });
    }
  }

  /** A new `<video>`: `play` is for one that has played nothing yet. */
  #open() {
    this.#video = document.createElement('video');
    for (const name of ['autoplay', 'muted', 'loop']) this.#copy(name);
    if (this.hasAttribute('label')) this.#video.ariaLabel = this.getAttribute('label');
    [this.#video.controls, this.#video.playsInline, this.#video.part] = [true, true, 'video'];
    this.#video.append(...[...this.querySelectorAll('track')].map((track) => track.cloneNode()));
    this.#video.addEventListener('seeking', () => this.#showThumbnail(this.#video.currentTime));
    this.#video.addEventListener('seeked', () => this.#showThumbnail(-1));
    this.#shadow.prepend(this.#video);
    return this.#video;
  }

  /** Loads nothing more, and says why. */
  #close(reason) {
    this.#turn += 1;
    this.#thumbnails = [];
    this.#offerLanguages([]);
    if (this.#video) unload(this.#video);
    this.#video?.remove();
    this.#video = null;
    this.#show(reason);
  }

  #show(reason) {
    for (const slot of this.#shadow.querySelectorAll('slot')) slot.parentElement.hidden = slot.name !== reason;
  }

  #copy(name) {
    if (!this.#video) return;
    const value = this.getAttribute(name);
    if (value === null) this.#video.removeAttribute(name);
    else this.#video.setAttribute(name, value);
    if (name === 'muted') this.#video.muted = value !== null;
  }

  #service() {
    const endpoint = this.#endpoint();
    const [credential, handOff] = [this.credential, this.getAttribute('hand-off')];
    const isOurs = (one) => one.endpoint === endpoint && one.credential === credential && one.handOff === handOff;
    let service = UsherVideo.#services.find(isOurs);
    if (!service) {
      const elements = new Set();
      const onSignedOut = (answer) => { for (const element of elements) element.#refuse(answer); };
      const getsCredential = credential ?? (handOff ? credentialFrom(handOff) : undefined);
      const onRenewed = (answer) => { for (const element of elements) element.#renewed(answer); };
      const onTrouble = ({ path }) => { for (const element of elements) element.#troubled(path); };
      const cookies = keepCookies({ endpoint, credential: getsCredential, onSignedOut, onRenewed, onTrouble });
      service = { endpoint, credential, handOff, elements, cookies };
      UsherVideo.#services.push(service);
    }
    service.elements.add(this);
    return service;
  }

  /** What happens to the cookies of the page does not concern this element any more. */
  #leave() {
    for (const { elements } of UsherVideo.#services) elements.delete(this);
  }

  #renewed(answer) {
    if (answer.path !== this.#path()) return;
    if (this.#video) this.#show(null);
    this.#dispatch('usher-cookies', answer);
  }

  /** Before the video has begun, the viewer would see nothing at all. It goes on as soon as there are cookies. */
  #troubled(path) {
    if (path === this.#path() && this.#video?.readyState === 0) this.#show('failed');
  }

  /** The answer to another video of the page concerns this one if nobody is signed in. */
  #refuse(answer) {
    const isSignedOut = answer.status === 401;
    if (!isSignedOut && answer.path !== this.#path()) return;
    const [slot, event] = REFUSALS[answer.status] ?? ['failed', 'usher-failed'];
    this.#close(slot);
    // Such as 404, on a page that does not reach the video service.
    const url = new URL(this.#endpoint(), location).href;
    this.#dispatch(event, slot === 'failed' ? { url, status: answer.status, reason: answer.title } : answer);
  }

  #endpoint() {
    return this.getAttribute('endpoint') ?? USUAL_ENDPOINT;
  }

  #path() {
    return new URL(this.getAttribute('src') ?? '', location).pathname;
  }

  #dispatch(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** The pictures are there for the viewer's comfort: without them, the video plays all the same. */
  async #readThumbnails() {
    const file = this.getAttribute('thumbnails');
    const response = file && await fetch(file, { credentials: 'include' }).catch(() => null);
    return response?.ok ? [...thumbnailsOf(await response.text(), response.url)] : [];
  }

  #offerLanguages(names, chosen, choose) {
    const menu = this.#shadow.querySelector('[part=language]');
    menu.hidden = names.length < 2;
    menu.replaceChildren(...names.map((name, number) => new Option(name, number, false, number === chosen)));
    menu.onchange = () => choose(menu.selectedIndex);
  }

  #showThumbnail(time) {
    const picture = this.#shadow.querySelector('[part=thumbnail]');
    const found = this.#thumbnails.find(({ start, end }) => start <= time && time < end);
    picture.hidden = !found;
    if (!found) return;
    const [x, y, width, height] = found.area;
    Object.assign(picture.style, {
      width: `${width}px`,
      height: `${height}px`,
      background: `url("${found.url}") ${-x}px ${-y}px`,
    });
  }
}

/** As a site answers that hands a viewer over: for the path of a video, so that it may decide for this one. */
export function credentialFrom(handOff) {
  return async (path) => {
    const url = new URL(handOff, document.baseURI);
    url.searchParams.set('path', path);
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.status === 401) return undefined;
    if (response.status === 403) return false;
    if (!response.ok) throw new Error(`the site answered ${response.status}`);
    return (await response.json()).credential;
  };
}

/** The cues of a WebVTT file of pictures: `film.jpg#xywh=0,0,160,90`. */
function* thumbnailsOf(text, base) {
  const seconds = (time) => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  for (const [, start, end, reference] of text.matchAll(/^([\d:.]+)[ \t]+-->[ \t]+([\d:.]+).*\r?\n(\S+)/gm)) {
    const url = new URL(reference, base);
    // Where the file is signed, they are: by the same policy.
    url.search ||= new URL(base).search;
    const area = url.hash.match(/xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)/)?.slice(1).map(Number);
    if (area) yield { start: seconds(start), end: seconds(end), url: url.href.split('#')[0], area };
  }
}

// Not a `<style>`: a site's Content Security Policy may forbid it.
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
  :host { display: block; position: relative; aspect-ratio: 16 / 9; background: #000; color: #fff; }
  video { display: block; width: 100%; height: 100%; }
  [part=message] { position: absolute; inset: 0; display: grid; place-items: center; padding: 1em; text-align: center; }
  [part=thumbnail] { position: absolute; bottom: 4em; left: 50%; transform: translateX(-50%); outline: 2px solid #fff; pointer-events: none; }
  [part=language] { position: absolute; top: 0.75em; right: 0.75em; padding: 0.3em; border: 1px solid #999; border-radius: 0.4em; font: inherit; background: #222; color: #fff; }
  :host(:not(:hover, :focus-within)) [part=language] { opacity: 0; }
  [hidden] { display: none; }
`);

const REFUSALS = { 401: ['sign-in', 'usher-signed-out'], 403: ['refused', 'usher-refused'] };

const SHADOW = `
  <div part="thumbnail" hidden></div>
  <select part="language" aria-label="Language of the sound" hidden></select>
  <div part="message" role="status" hidden><slot name="sign-in"><p>Sign in to watch this video.</p></slot></div>
  <div part="message" role="status" hidden><slot name="refused"><p>You are signed in, and may not watch this video.</p></slot></div>
  <div part="message" role="status" hidden><slot name="failed"><p>The video cannot be played at the moment.</p></slot></div>
`;

customElements.define('usher-video', UsherVideo);

// ---- Helpers

const isFinal = (response) => response?.status >= 400 && response.status < 500 && ![408, 429].includes(response.status);

/** One request at a time, in all tabs: the cookies of each answer also say which others this browser has. */
function inTurn(task) {
  if (navigator.locks) return navigator.locks.request(LOCK, task);
  turn = turn.catch(() => {}).then(task);
  return turn;
}

let turn = Promise.resolve();

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
