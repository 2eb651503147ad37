// The player: signs in, plays by cookies, renews them before they expire, signs out.
//
// The token is in a variable and nowhere else: any script of this origin could read it from the browser's
// storage later.
// The cookies are HttpOnly and this page cannot read them, so it sends a request (`probe`) to learn whether they are
// valid.

import { call, probe } from '/__usher/door.js';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const RETRY_MS = 15_000;
const SHORTEST_WAIT_MS = 5_000;
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
const BADGE = { unknown: 'not known yet', refused: 'refused', admitted: 'admitted', 'signing-out': 'signing out', 'signed-out': 'signed out' };

const element = (id) => document.getElementById(id);
const video = element('video');

/** The demo identity provider's token, while signed in. */
let token = null;
/** What POST /auth/cookies answered last. */
let grant = null;
/** What is attached to the video element: { url, engine, hls, recovering, recovered, signed }. */
let source = null;
/** What asking at the door showed last: 'unknown', 'admitted' or 'refused'; or 'signing-out', 'signed-out'. */
let access = 'unknown';
let lastDenial = null;
let signedUrl = null;
/** Counts sign-ins and sign-outs: an answer that comes after a sign-out belongs to nobody. */
let session = 0;
let renewing = null;
let renewTimer = 0;
let hlsLibrary = null;

start();

async function start() {
  onClick('sign-in', signIn);
  onClick('sign-out', signOut);
  onClick('play', () => attach(chosenStream()));
  onClick('play-signed', playSigned);
  onClick('probe', ask);
  onClick('make-signed-url', makeSignedUrl);
  onClick('copy-signed-url', copySignedUrl);
  element('stream').addEventListener('change', guarded(streamChanged));
  element('engine').addEventListener('change', guarded(() => source && attach(source.url, { ...source, at: video.currentTime })));
  video.addEventListener('error', guarded(() => source && !source.hls && recover(source.url, video.error?.message)));
  // Timers stop while a laptop sleeps.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && renewIfDue());
  setInterval(showCookies, 1000);
  await guarded(listStreams)();
  await guarded(offerEngines)();
  await guarded(ask)();
}

// ---- Requests to the edge

async function ask() {
  const [mine, stream] = [session, chosenStream()];
  if (!stream) return;
  const denial = await probe(stream);
  if (mine !== session || stream !== chosenStream()) return;
  access = denial ? 'refused' : 'admitted';
  lastDenial = denial ?? lastDenial;
  render();
}

// ---- Sign in, renew, sign out

async function signIn() {
  const mine = ++session;
  say('Signing in …');
  const answer = await call('POST', '/demo/sign-in', { body: { viewer: 'demo' } });
  if (mine !== session) return;
  token = answer.token;
  try {
    await renew();
  } catch (error) {
    if (mine === session) token = null;
    throw error;
  }
  if (mine !== session) return;
  await ask();
  if (mine !== session) return;
  say(access === 'admitted' ? 'Signed in: this browser has cookies now. Press Play.' : `Signed in, and still not let in: ${lastDenial.code}.`);
  // The button that was pressed is hidden, and has lost the keyboard focus.
  ['play', 'play-signed', 'sign-out'].map(element).find(({ hidden }) => !hidden)?.focus();
}

/** One renewal at a time, for the timer, a woken page and a refusal alike. */
function renew() {
  renewing ??= requestCookies().finally(() => { renewing = null; });
  return renewing;
}

async function requestCookies() {
  const mine = session;
  clearTimeout(renewTimer);
  try {
    const answer = await call('POST', '/auth/cookies', { token });
    if (mine !== session) return;
    grant = answer;
    scheduleRenewal(untilRenewal(grant));
  } catch (error) {
    if (mine === session && error.status === 401) token = null;
    else if (mine === session && grant) scheduleRenewal(error.retryAfterMs ?? RETRY_MS);
    throw error;
  } finally {
    render();
  }
}

function untilRenewal({ refresh_after: refreshAfter, expires_at: expiresAt }) {
  const now = Date.now();
  if (refreshAfter * 1000 > now) return refreshAfter * 1000 - now;
  // Cookies that cannot outlive the viewer's own credential are due again at once: wait, or the page would
  // flood the edge.
  return Math.max((expiresAt * 1000 - now) / 2, SHORTEST_WAIT_MS);
}

function scheduleRenewal(milliseconds) {
  // setTimeout accepts 32 bits: a longer delay would fire at once.
  renewTimer = setTimeout(guarded(renewByTimer), Math.min(milliseconds, LONGEST_TIMEOUT_MS));
}

async function renewByTimer() {
  const mine = session;
  await renew();
  if (mine === session && source) source.recovered = false;
}

function renewIfDue() {
  if (token && grant && Date.now() >= grant.refresh_after * 1000) guarded(renewByTimer)();
}

async function signOut() {
  session += 1;
  clearTimeout(renewTimer);
  detach();
  const handedOut = signedUrl;
  [token, grant, signedUrl, access] = [null, null, null, 'signing-out'];
  render();
  // A renewal that is under way would set the cookies again after they were cleared.
  await renewing?.catch(() => {});
  try {
    await call('DELETE', '/auth/cookies', { token });
  } catch (error) {
    access = 'admitted';
    throw new Error(`The cookies could not be cleared, sign out again. ${error.message}`, { cause: error });
  }
  access = 'signed-out';
  render();
  const rest = handedOut ? ` The signed URL stays good until ${clock(handedOut.expires_at)} (${distance(handedOut.expires_at)}).` : '';
  say(`Signed out: the cookies are gone and nothing more is loaded.${rest}`);
  element('sign-in').focus();
}

// ---- Play

async function attach(url, { recovered = false, signed = false, at = 0 } = {}) {
  detach();
  const mine = { url, engine: element('engine').value, hls: null, recovering: false, recovered, signed };
  source = mine;
  render();
  if (mine.engine === 'hls') {
    const Hls = await loadHls();
    if (source !== mine) return;
    mine.hls = new Hls({ startPosition: at || -1 });
    mine.hls.on(Hls.Events.ERROR, (_, data) => guarded(hlsTrouble)(mine, data));
    mine.hls.loadSource(url);
    mine.hls.attachMedia(video);
  } else {
    video.src = url;
    if (at) video.currentTime = at;
  }
  video.focus();
  say(`Playing ${label(chosenStream())} with ${mine.hls ? 'hls.js' : 'the browser’s own player'}, by ${signed ? 'a signed URL' : 'cookies'}.`);
  await video.play().catch((error) => {
    if (source === mine && error.name === 'NotAllowedError') say('This browser wants a click on the video to start.');
  });
}

/** After this nothing is loaded any more: neither player keeps fetching without a source. */
function detach() {
  source?.hls?.destroy();
  source = null;
  video.controls = false;
  video.removeAttribute('src');
  video.load();
}

async function hlsTrouble(mine, data) {
  const refused = data.response?.code === 403;
  if (source !== mine || mine.recovering || !(refused || data.fatal)) return;
  mine.recovering = true;
  mine.hls.stopLoad();
  await recover(data.frag?.url ?? data.url ?? mine.url, data.details);
}

/** Playing stopped. Renews and resumes once; a second time, or without a sign-in, says why it ended. */
async function recover(url, cause) {
  const mine = source;
  const at = video.currentTime;
  const denial = await probe(url);
  if (source !== mine) return;
  lastDenial = denial ?? lastDenial;
  if (token && !mine.recovered && !mine.signed) {
    await renew().catch(() => {});
    if (source === mine) await attach(mine.url, { recovered: true, at });
    return;
  }
  detach();
  if (denial) access = 'refused';
  render();
  say(denial ? `Stopped: ${denial.code}, ${denial.why}` : `The player stopped (${cause || 'no reason given'}). The inspector shows the last requests.`);
}

async function playSigned() {
  const { url } = await requestSignedUrl();
  await attach(url, { signed: true });
}

/** hls.js is there when it is installed; most browsers of today play without it. */
function loadHls() {
  hlsLibrary ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = '/__usher/hls.js';
    script.onload = () => (globalThis.Hls?.isSupported() ? resolve(globalThis.Hls) : reject(new Error('hls.js does not run in this browser.')));
    script.onerror = () => reject(new Error('hls.js is not installed here; the README says how.'));
    document.head.append(script);
  });
  hlsLibrary.catch((error) => {
    const option = element('engine').querySelector('[value=hls]');
    option.disabled = true;
    option.textContent = 'hls.js (not available)';
    if (source?.engine === 'hls') detach();
    if (video.canPlayType(HLS_TYPE)) element('engine').value = 'native';
    render();
    say(error.message);
  });
  return hlsLibrary;
}

// ---- A signed URL for a device without cookies

async function requestSignedUrl() {
  const [mine, path] = [session, chosenStream()];
  const answer = await call('POST', '/auth/urls', { token, body: { path } });
  if (mine !== session || path !== chosenStream()) throw new Error('The choice has changed meanwhile; ask again.');
  signedUrl = answer;
  render();
  return answer;
}

async function makeSignedUrl() {
  await requestSignedUrl();
  await copySignedUrl();
}

async function copySignedUrl() {
  try {
    await navigator.clipboard.writeText(signedUrl.url);
    say('The signed URL is in the clipboard.');
  } catch {
    element('signed-url').select();
    say('The signed URL is selected: copy it with the keyboard.');
  }
}

// ---- Choices

async function listStreams() {
  const streams = await call('GET', '/__usher/streams');
  const paths = streams.map(({ path }) => path);
  const wanted = new URLSearchParams(location.search).get('stream');
  // A link may name a path on this origin, never another host, which `//` and `/\` begin.
  if (/^\/[^/\\]/.test(wanted ?? '') && !paths.includes(wanted)) paths.push(wanted);
  element('stream').replaceChildren(...paths.map((path) => new Option(label(path), path, false, path === wanted)));
  if (!paths.length) say('There is no stream in the media folder.');
}

function offerEngines() {
  const wanted = new URLSearchParams(location.search).get('engine');
  const native = video.canPlayType(HLS_TYPE) !== '';
  element('engine').querySelector('[value=native]').disabled = !native;
  element('engine').value = native && wanted !== 'hls' ? 'native' : 'hls';
  // Not awaited: a missing hls.js must not delay the page. `loadHls` reports it.
  if (element('engine').value === 'hls') loadHls().catch(() => {});
}

async function streamChanged() {
  signedUrl = null;
  const playing = source && !source.signed;
  detach();
  render();
  await ask();
  if (playing && access === 'admitted') await attach(chosenStream());
}

function chosenStream() {
  return element('stream').value;
}

/** `/video/clock-ts/master.m3u8` is called `clock-ts`. */
function label(path) {
  const parts = path.split('/').filter(Boolean);
  return parts.slice(1, -1).join('/') || parts.join('/');
}

// ---- What is shown

function render() {
  const cookiesMissing = Boolean(token && grant) && access === 'refused' && lastDenial?.code === 'MissingKey';
  const [title, text] = curtainWords(cookiesMissing);
  element('curtain').hidden = Boolean(source);
  element('curtain-title').textContent = title;
  element('curtain-text').textContent = text;
  video.controls = Boolean(source);
  element('sign-in').hidden = Boolean(token) || access === 'signing-out';
  element('play').hidden = access !== 'admitted';
  element('play-signed').hidden = !cookiesMissing;
  element('sign-out').hidden = !token && access !== 'admitted';
  element('verdict').textContent = BADGE[access];
  element('verdict').dataset.verdict = access;
  element('make-signed-url').disabled = !token;
  showDenial();
  showCookies();
  showSignedUrl();
}

function curtainWords(cookiesMissing) {
  if (cookiesMissing) {
    return ['Signed in, but no cookies', 'This browser does not keep Secure cookies on plain http (Safari does so). Over https it will; here, a signed URL plays.'];
  }
  switch (access) {
    case 'refused':
      return [lastDenial.status === 403 ? 'This stream is private' : 'This stream cannot be played', lastDenial.why || lastDenial.message];
    case 'admitted':
      return token ? ['Ready', 'Your cookies open this stream.'] : ['Welcome back', 'Cookies of an earlier visit still open this stream. Sign in to have them renewed.'];
    case 'signing-out':
    case 'signed-out':
      return ['Signed out', 'Nothing more is loaded.'];
    default:
      return ['Asking at the door …', ''];
  }
}

function showDenial() {
  if (!lastDenial) return;
  const { at, code, message, why } = lastDenial;
  const head = document.createElement('strong');
  head.textContent = code;
  const lines = [message, why].filter(Boolean).map((line) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    return paragraph;
  });
  element('denial').replaceChildren(head, ` at ${clock(at)}`, ...lines);
}

function showCookies() {
  const none = access === 'admitted' ? 'from an earlier visit' : 'no cookies';
  write('cookies-until', grant ? `${clock(grant.expires_at)} (${distance(grant.expires_at)})` : none);
  write('resource', grant?.resource ?? '');
  write('renewal', grant && token ? `at ${clock(grant.refresh_after)}, by itself` : '');
}

function showSignedUrl() {
  element('signed-url-box').hidden = !signedUrl;
  element('signed-url').value = signedUrl?.url ?? '';
  if (signedUrl) write('signed-url-until', `Good until ${clock(signedUrl.expires_at)} (${distance(signedUrl.expires_at)}), with or without a sign-in here.`);
}

/** Unchanged text is left alone, so that a screen reader or a selection is not disturbed each second. */
function write(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function say(text) {
  write('status', text);
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hourCycle: 'h23' });
}

function distance(seconds) {
  const left = seconds - Date.now() / 1000;
  if (left <= 0) return 'expired';
  if (left < 120) return `in ${Math.ceil(left)} s`;
  return left < 7200 ? `in ${Math.round(left / 60)} min` : `in ${Math.round(left / 3600)} h`;
}

// ---- Plumbing

function guarded(action) {
  return async (...values) => {
    try {
      await action(...values);
    } catch (error) {
      render();
      say(error.message);
    }
  };
}

function onClick(id, action) {
  const button = element(id);
  const run = guarded(action);
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    // Not `disabled`, which would lose the keyboard focus.
    button.setAttribute('aria-disabled', 'true');
    await run();
    button.removeAttribute('aria-disabled');
  });
}
