// The player page: a site with a demo sign-in around the same `<usher-video>` that every site uses.
//
// The token is in a variable and nowhere else: any script of this origin could read it from the browser's storage later.
// The cookies are HttpOnly and this page cannot read them, so it sends a request (`probe`) to learn whether they are
// valid.

import { call, findTrouble, probe } from '/__usher/door.js';
import { UsherVideo } from '/__usher/usher.js';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const GUEST = 'guest';

const element = (id) => document.getElementById(id);
const player = element('player');
const asked = new URLSearchParams(location.search);

/** What /__usher/films answered. */
let listing = { films: [] };
/** The film that is chosen. */
let film = null;
/** Who is signed in, as POST /demo/sign-in got it, and the token. */
let viewer = null;
let token = null;
/** What POST /auth/cookies answered last. */
let grant = null;
/** 'unknown', 'refused', 'admitted', 'by-url' or 'signed-out'. */
let access = 'unknown';
let denial = null;
let signedUrl = null;
/** What the viewer wants as soon as the film is loaded. */
let wanted = { plays: false, at: 0 };
/** Counts sign-ins and sign-outs: an answer that comes after a sign-out belongs to nobody. */
let session = 0;

start();

async function start() {
  player.credential = async () => token;
  const on = (id, type, action) => element(id).addEventListener(type, guarded(action));
  on('viewer', 'submit', signIn);
  on('who', 'change', showClaims);
  on('engine', 'change', changeEngine);
  on('player', 'usher-cookies', ({ detail }) => { grant = detail; });
  on('player', 'usher-ready', ready);
  on('player', 'usher-signed-out', signedOut);
  on('player', 'usher-refused', refused);
  on('player', 'usher-failed', failed);
  onClick('sign-out', signOut);
  onClick('probe', ask);
  onClick('again', () => open({ plays: true }));
  onClick('play-signed', playSigned);
  onClick('make-signed-url', requestSignedUrl);
  onClick('copy-signed-url', copySignedUrl);
  setInterval(showCookies, 1000);
  await guarded(async () => {
    await listFilms();
    offerEngines();
    offerGuest();
    const playable = listing.films.filter((one) => !problemOf(one));
    film = playable.find(({ path }) => path === asked.get('stream')) ?? playable[0] ?? null;
    await open({ plays: false });
  })();
}

// ---- Films

async function listFilms() {
  listing = await call('GET', '/__usher/films', { token });
}

/** Loads the chosen film: with cookies for it, or with those of an earlier visit. */
async function open(next) {
  wanted = { at: 0, ...next };
  [grant, signedUrl, denial] = [null, null, null];
  if (!film) return;
  if (token) {
    load(film.path);
    return;
  }
  await ask();
  load(film.path, access === 'admitted');
}

function load(source, isOpenAlready = false) {
  player.removeAttribute('src');
  const { value } = element('engine');
  // The policy of a signed URL covers what is beside the playlist, too.
  const { search } = new URL(source, location);
  const beside = (file) => file && file + search;
  const attributes = {
    'no-sign-in': isOpenAlready ? '' : null,
    engine: value === 'auto' ? null : value,
    label: film.name,
    poster: beside(film.poster),
    thumbnails: beside(film.thumbnails),
    src: source,
  };
  for (const [name, text] of Object.entries(attributes)) {
    if (text === null || text === undefined) player.removeAttribute(name);
    else player.setAttribute(name, text);
  }
}

async function choose(other) {
  film = other;
  await open({ plays: true });
}

/** Asks for the film as the player would. */
async function ask() {
  const [mine, asking] = [session, film];
  if (!film) return;
  const answer = await probe(film.path);
  if (mine !== session || asking !== film) return;
  [access, denial] = [answer ? 'refused' : 'admitted', answer];
}

// ---- Sign in, sign out

async function signIn(event) {
  event.preventDefault();
  const mine = ++session;
  const next = chosenViewer();
  const answer = await call('POST', '/demo/sign-in', { body: next });
  if (mine !== session) return;
  [token, viewer] = [answer.token, next];
  await listFilms();
  if (mine === session) await open({ plays: true });
}

function chosenViewer() {
  const text = (id) => element(id).value.trim();
  switch (element('who').value) {
    case GUEST:
      return { viewer: GUEST, paths: [folderOf(firstFilm())] };
    case 'other': {
      const groups = text('groups').split(',').map((group) => group.trim()).filter(Boolean);
      return { viewer: text('name'), ...(groups.length && { groups }), ...(text('tenant') && { tenant: text('tenant') }) };
    }
    default:
      return { viewer: 'demo' };
  }
}

async function signOut() {
  session += 1;
  const handedOut = signedUrl;
  [token, viewer, grant, signedUrl, denial, access] = [null, null, null, null, null, 'signed-out'];
  load(film.path);
  try {
    await UsherVideo.signOut('/auth/cookies');
  } catch (error) {
    access = 'admitted';
    throw new Error(`The cookies could not be cleared, sign out again. ${error.message}`, { cause: error });
  }
  await listFilms();
  const rest = handedOut ? ` The signed URL stays good until ${clock(handedOut.expires_at)} (${distance(handedOut.expires_at)}).` : '';
  say(`Signed out: the cookies are gone and nothing more is loaded.${rest}`);
  element('sign-in').focus();
}

// ---- What the player says

async function ready({ detail: { engine } }) {
  const by = player.getAttribute('src') === signedUrl?.url ? 'a signed URL' : 'cookies';
  if (by === 'cookies') await ask();
  else [access, denial] = ['by-url', null];
  const { video } = player;
  if (!video) return;
  const { at, plays } = wanted;
  if (at) video.addEventListener('loadedmetadata', () => { video.currentTime = at; }, { once: true });
  const whose = engine === 'native' ? 'the browser’s own player' : engine;
  say(`${plays ? 'Playing' : 'Ready:'} ${film.name} with ${whose}, by ${by}.`);
  if (!plays) return;
  video.focus();
  await video.play().catch(({ name }) => { if (name === 'NotAllowedError') say('This browser wants a click on the video to start.'); });
}

async function signedOut({ detail }) {
  if (!token) return;
  session += 1;
  [token, viewer, grant, access, denial] = [null, null, null, 'refused', asDenial(detail)];
  say(`You are signed out. ${detail.detail ?? ''}`);
}

function refused({ detail }) {
  [access, denial] = ['refused', asDenial(detail)];
  const rules = viewer?.paths ? `This token names ${viewer.paths.join(', ')} only.` : 'The rules in Entitlements give this viewer other films.';
  words('refused', `${viewer?.viewer ?? 'This viewer'} may not watch ${film.name}`, rules);
  say('');
}

async function failed({ detail: { url, reason } }) {
  const [mine, source] = [session, player.getAttribute('src')];
  words('failed', 'The film stopped', 'Finding out why …');
  const found = await probe(url) ?? await findTrouble(source);
  if (mine !== session || source !== player.getAttribute('src')) return;
  const isWithoutCookies = Boolean(token) && found?.code === 'MissingKey' && covers(grant, film.path);
  element('play-signed').hidden = !isWithoutCookies;
  element('again').hidden = isWithoutCookies;
  [access, denial] = [found ? 'refused' : access, found];
  say('');
  if (isWithoutCookies) {
    words('failed', 'Signed in, but no cookies', 'This browser does not keep Secure cookies on plain http (Safari does so). Over https it will; here, a signed URL plays.');
    element('play-signed').focus();
  } else if (found) {
    words('failed', 'The film stopped', inWords(found));
  } else {
    words('failed', 'This browser cannot play the film', `All its files are there. The player says: ${reason || 'nothing'}. It may not know the codecs: usher package FILM writes some that every browser plays.`);
  }
}

const asDenial = ({ status, title, detail }) => (title ? { status, code: title, message: detail, why: '' } : null);

function inWords({ url, status, code, message, why }) {
  const file = decodeURIComponent(new URL(url).pathname);
  if (status === 404) return `${file} does not exist in the media folder.`;
  if (status === 403) return `${file} was refused: ${why || message || code}`;
  return `${file} cannot be read: ${message || code}`;
}

/** Whether the cookies are for this path. */
function covers(cookies, path) {
  const pattern = cookies && new URL(cookies.resource).pathname;
  return Boolean(pattern) && (pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern);
}

// ---- Signed URLs

async function playSigned() {
  const { url } = await requestSignedUrl();
  wanted = { plays: true, at: 0 };
  load(url, true);
}

async function requestSignedUrl() {
  const [mine, { path }] = [session, film];
  const answer = await call('POST', '/auth/urls', { token, body: { path } });
  if (mine !== session || path !== film.path) throw new Error('The viewer or the film has changed.');
  signedUrl = answer;
  return answer;
}

async function copySignedUrl() {
  element('signed-url').select();
  // On plain http of another machine there is no clipboard for scripts; the text is selected.
  await navigator.clipboard?.writeText(signedUrl.url);
  say(navigator.clipboard ? 'Copied.' : 'Selected: copy it now.');
}

// ---- Engines

const playsHls = () => player.ownerDocument.createElement('video').canPlayType(HLS_TYPE) !== '';

function offerEngines() {
  const select = element('engine');
  select.querySelector('[value=native]').disabled = !playsHls();
  select.querySelector('[value="hls.js"]').disabled = !listing.has_hls_js;
  const option = select.querySelector(`[value="${CSS.escape(asked.get('engine') ?? 'auto')}"]:not(:disabled)`);
  if (option) select.value = option.value;
  element('install').hidden = listing.has_hls_js;
  element('install-line').textContent = listing.install_hls_js;
}

function changeEngine() {
  const { video } = player;
  if (!video) return;
  wanted = { plays: !video.paused, at: video.currentTime };
  load(player.getAttribute('src'), player.hasAttribute('no-sign-in'));
}

// ---- Viewers

/** The first film that is in a folder: the token of the guest names this folder. */
const firstFilm = () => listing.films.find((one) => !one.problem && folderOf(one));
const folderOf = ({ path }) => path.match(/^\/video\/[\w.-]+\//)?.[0].concat('*');

function offerGuest() {
  const [first, option] = [firstFilm(), element('who').querySelector(`[value=${GUEST}]`)];
  if (!first) return;
  [option.hidden, option.disabled] = [false, false];
  option.textContent = `${GUEST}: may watch ${first.name} only`;
}

function showClaims() {
  const isOther = element('who').value === 'other';
  [element('claims').hidden, element('claims').disabled] = [!isOther, !isOther];
}

// ---- What is shown

function render() {
  const isIn = Boolean(token) || access === 'admitted';
  element('account').hidden = !isIn;
  write('account-name', viewer?.viewer ?? 'cookies of an earlier visit');
  element('change-viewer').hidden = !token;
  write('verdict', { unknown: '…', refused: token ? 'refused' : 'not signed in', admitted: 'admitted by cookies', 'by-url': 'playing by signed URL', 'signed-out': 'signed out' }[access]);
  element('verdict').dataset.verdict = access === 'by-url' ? 'admitted' : access;
  element('make-signed-url').disabled = !token || !film;
  element('details').hidden = !denial;
  element('denial').replaceChildren(...(denial ? [make('strong', denial.code), ...[denial.message, denial.why].filter(Boolean).map((line) => make('p', line))] : []));
  element('signed-url-box').hidden = !signedUrl;
  element('signed-url').value = signedUrl?.url ?? '';
  if (signedUrl) write('signed-url-until', `Good until ${clock(signedUrl.expires_at)} (${distance(signedUrl.expires_at)}), with or without a sign-in here.`);
  [player.hidden, element('three-lines').hidden] = [!film, Boolean(film)];
  write('package-line', `usher package film.mp4 --media ${listing.media ?? ''}`);
  words('sign-in', 'Sign in to watch', film?.name ?? '');
  showFilms();
  showCookies();
}

function showFilms() {
  const items = listing.films.map(itemOf);
  const list = element('films');
  const before = [...list.children].map(({ innerHTML }) => innerHTML).join();
  // An unchanged list is left alone: the keyboard focus is in it.
  if (before !== items.map(({ innerHTML }) => innerHTML).join()) {
    const focused = list.contains(document.activeElement) && document.activeElement.dataset.path;
    list.replaceChildren(...items);
    if (focused) list.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }
  element('incomplete').hidden = listing.is_complete !== false;
  write('rules', listing.entitlements ? `The rules (Entitlements): ${listing.entitlements}` : 'Entitlements is not set: every viewer may watch everything, unless the token names paths.');
}

function itemOf(one) {
  const problem = problemOf(one);
  const item = make('li', '', problem ? 'film unplayable' : 'film');
  if (problem) {
    item.append(make('span', one.name, 'film-name'), make('p', problem.reason), make('p', problem.cure));
    return item;
  }
  const button = make('button', one.name);
  [button.type, button.dataset.path] = ['button', one.path];
  if (one.path === film?.path) button.setAttribute('aria-current', 'true');
  item.append(button);
  if (one.may_watch === false) item.append(make('span', 'may not watch', 'badge'));
  return item;
}

element('films').addEventListener('click', ({ target }) => {
  const other = listing.films.find(({ path }) => path === target.closest('button')?.dataset.path);
  if (other) guarded(choose)(other);
});

/** What this browser cannot play is told before somebody tries. */
function problemOf(one) {
  if (one.problem) return one.problem;
  if (one.path.endsWith('.m3u8') && !playsHls() && !listing.has_hls_js) return missing('HLS', 'hls.js', listing.install_hls_js);
  if (one.path.endsWith('.mpd') && !listing.has_shaka) return missing('DASH', 'shaka-player', listing.install_shaka);
  return null;
}

const missing = (format, library, line) => ({
  reason: `This browser does not play ${format} itself, and ${library} is not installed here.`,
  cure: `Run ${line}, and reload this page.`,
});

function showCookies() {
  fact('cookies-until', grant ? `${clock(grant.expires_at)} (${distance(grant.expires_at)})` : access === 'admitted' ? 'from an earlier visit' : 'no cookies');
  fact('resource', grant?.resource ?? '');
  fact('renewal', grant && token ? `at ${clock(grant.refresh_after)}, by itself` : '');
}

/** A line of the facts, which is there only when there is something to tell. */
function fact(id, text) {
  write(id, text);
  element(id).parentElement.hidden = !text;
}

/** The words that appear where the video cannot be shown. */
function words(slot, title, text) {
  const curtain = player.querySelector(`[slot=${slot}]`);
  [curtain.children[0].textContent, curtain.children[1].textContent] = [title, text];
}

/** Unchanged text is left alone, so that a screen reader or a selection is not disturbed each second. */
function write(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

const say = (text) => write('status', text);

function make(tag, text, className = '') {
  return Object.assign(document.createElement(tag), { textContent: text, className });
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

/** Whatever happens, the page shows how things are afterwards. */
function guarded(action) {
  return async (...values) => {
    try {
      await action(...values);
    } catch (error) {
      say(error.message);
    } finally {
      render();
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
