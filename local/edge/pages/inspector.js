// The inspector: the requests to the edge, newest first, and why each was admitted or refused. A request arrives here
// without its secrets: placeholders have taken their place.
//
// Paths and messages come from anyone who sends a request, so the page shows everything as text, never as
// markup.

const KEPT = 200;
const ANNOUNCE_EVERY_MS = 10_000;

const ORIGINS = {
  bucket: 'the bucket, which holds the files',
  'issue-cookies': 'the function issue-cookies, which signs viewers in and hands out cookies',
  'resign-manifest': 'the function resign-manifest, which reads a playlist and signs the addresses in it',
  usher: 'Usher itself: the pages of this local edge',
};

const CREDENTIALS = {
  cookies: 'signed cookies',
  url: 'signed URL',
};

const REFUSED_BY = {
  edge: 'the edge',
  'viewer-request': 'the viewer-request function',
  bucket: 'the bucket',
  'issue-cookies': 'the function issue-cookies',
  'resign-manifest': 'the function resign-manifest',
};

/** What a token's claims are called in the settings that they must agree with. */
const CLAIMS = { iss: 'issuer', aud: 'audience', azp: 'authorized party', client_id: 'client', sub: 'viewer', kid: 'key id', alg: 'algorithm', typ: 'type', token_use: 'use' };
const TIMES = { iat: 'issued', nbf: 'begins', exp: 'ends' };

const element = (id) => document.getElementById(id);
const list = element('requests');
/** What is or was in the list: a connection made anew replays what we have already. */
const seen = new Set();
const waiting = [];
/** The latest requests for cookies or a signed URL, newest first. */
const signIns = [];
const SIGN_INS = 3;
const counts = { admitted: 0, issued: 0, refused: 0, open: 0 };
let paused = false;
let announced = summary();

start();

function start() {
  element('refused-only').addEventListener('change', filter);
  element('own-pages').addEventListener('change', filter);
  element('viewer').addEventListener('change', filter);
  element('asset').addEventListener('change', filter);
  element('pause').addEventListener('click', togglePause);
  element('clear').addEventListener('click', clear);
  setInterval(announce, ANNOUNCE_EVERY_MS);
  filter();

  const events = new EventSource('/__usher/events');
  events.addEventListener('open', () => connection('live', 'yes'));
  events.addEventListener('error', () => connection('not connected, trying again', 'no'));
  events.addEventListener('request', ({ data }) => receive(JSON.parse(data)));
}

function receive(request) {
  // After a restart the edge counts from one again, so the key contains the time.
  const key = `${request.number} ${request.time}`;
  if (seen.has(key)) return;
  seen.add(key);
  if (seen.size > 5 * KEPT) seen.delete(seen.values().next().value);
  if (paused) {
    waiting.push(request);
    if (waiting.length > KEPT) waiting.shift();
    showPause();
  } else {
    show(request);
  }
}

function show(request) {
  counts[request.verdict] = (counts[request.verdict] ?? 0) + 1;
  request.viewers.forEach((viewer) => offer('viewer', viewer));
  if (request.asset) offer('asset', request.asset);
  // A player without a signature is refused because of what happened before.
  if (request.code === 'MissingKey') request.signIns = [...signIns];
  if (isSignIn(request) && signIns.unshift(request) > SIGN_INS) signIns.pop();
  const item = row(request);
  judge(item);
  list.prepend(item);
  while (list.children.length > KEPT) list.lastElementChild.remove();
  showEmpty();
}

// ---- A row

function row(request) {
  const item = make('li', {}, details(request));
  item.dataset.verdictOf = request.verdict;
  item.dataset.asset = request.asset ?? '';
  item.viewers = request.viewers;
  item.dataset.own = request.origin === 'usher' && request.verdict !== 'refused' ? 'yes' : 'no';
  return item;
}

function details(request) {
  const badge = make('span', { className: 'badge' }, request.verdict);
  badge.dataset.verdict = request.verdict;
  const target = make('span', { className: 'target' }, `${request.method} ${request.target}`);
  if (request.verdict === 'refused') target.append(make('span', { className: 'why' }, shortly(request)));
  if (request.verdict === 'issued') target.append(make('span', { className: 'what' }, issued(request.issued)));
  const summary = make('summary', { className: 'row' },
    make('span', { className: 'time' }, new Date(request.time).toLocaleTimeString([], { hourCycle: 'h23' })),
    make('span', {}, badge),
    target,
    cell('Viewer', 'viewer', request.viewers.join(', ')),
    cell('Signature', 'signature', CREDENTIALS[request.credential]),
    cell('Cache', 'cache', request.cache),
    cell('Took', 'took number', took(request)),
    make('span', { className: 'number' }, String(request.status)));
  const whole = make('details', {}, summary);
  // Built when first opened: most rows are never opened.
  whole.addEventListener('toggle', () => {
    if (whole.children.length === 1) whole.append(more(request));
  });
  return whole;
}

/** A cell that names its column to those who do not see the head of the list. */
function cell(name, className, text) {
  const label = make('span', { className: 'visually-hidden' }, `${name}: `);
  return make('span', { className: `quiet ${className}${text ? '' : ' none'}` }, ...(text ? [label, text] : ['–']));
}

function took({ milliseconds }) {
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

function shortly({ code, problem, reason, message }) {
  return [code ?? problem?.split(':').at(-1), reason ?? message].filter(Boolean).join(': ');
}

function issued({ by, resources, expires_at: end }) {
  const until = new Date(end * 1000).toLocaleTimeString([], { hourCycle: 'h23' });
  return `${by === 'url' ? 'a signed URL' : 'signed cookies'} for ${resources.join(' and ')}, until ${until}`;
}

function more(request) {
  const parts = [make('p', { className: 'sentence' }, sentence(request))];
  const add = (title, part) => parts.push(make('h2', {}, title), part);
  if (request.checks.length) add('Checked in this order', checklist(request.checks));
  if (request.signIns) add('Sign-ins before this request', signedIn(request.signIns));
  if (request.token) add('What the token says (not verified)', facts(claimsOf(request)));
  if (request.accepted.length) add('Accepted here', items(request.accepted));
  add('Request and answer', facts(factsOf(request)));
  parts.push(copyButton(request));
  return make('div', { className: 'more' }, ...parts);
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return make('dl', {}, ...known.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, String(value))]));
}

function isSignIn({ method, target }) {
  return method === 'POST' && target.startsWith('/auth/');
}

function signedIn(requests) {
  if (requests.length === 0) return make('p', {}, 'None: sign in first, on the player page or on your own.');
  return items(requests.map((request) => {
    const at = new Date(request.time).toLocaleTimeString([], { hourCycle: 'h23' });
    const outcome = request.verdict === 'issued' ? `issued ${issued(request.issued)}` : `${request.verdict}, ${shortly(request)}`;
    return `${at} ${request.target}: ${outcome}`;
  }));
}

function items(texts) {
  return make('ul', {}, ...texts.map((text) => make('li', {}, text)));
}

/** The checks that `usher explain` prints. */
function checklist(checks) {
  const answers = checks.map(({ question, passed }) => {
    const answer = make('strong', {}, passed ? 'yes' : 'no');
    const item = make('li', {}, `${question} `, answer);
    item.dataset.passed = passed ? 'yes' : 'no';
    return item;
  });
  return make('ol', { className: 'checks' }, ...answers);
}

function copyButton(request) {
  const button = make('button', { type: 'button', className: 'copy' }, 'Copy as curl');
  const told = make('span', { className: 'hint', role: 'status' });
  button.addEventListener('click', async () => {
    const text = curl(request);
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = 'Copied. Replace TOKEN, VALUE and the like with what your player has.';
    } catch {
      // A page that came by http from another machine has no clipboard.
      told.replaceChildren(make('code', {}, text));
    }
  });
  return make('div', { className: 'buttons' }, button, told);
}

/** The request, with a placeholder for each secret. */
function curl({ method, target, headers, asked }) {
  const named = (text) => text.replace(/([^?&=;]+)=…/g, (_, name) => `${name}=${name.replace(/[^a-z]+/gi, '_').toUpperCase()}`);
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const verb = { GET: '-i', HEAD: '-I' }[method] ?? `-i -X ${method}`;
  const parts = [`curl ${verb} ${quoted(location.origin + named(target))}`];
  parts.push(...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`));
  if (asked) parts.push(`-d ${quoted(JSON.stringify({ path: named(asked) }))}`);
  return parts.join(' \\\n  ');
}

function sentence(request) {
  const by = CREDENTIALS[request.credential];
  switch (request.verdict) {
    case 'admitted':
      return `Admitted by its ${by ?? 'signature'}: signed by a key this edge trusts, for this resource, and not expired.`;
    case 'issued':
      return `The viewer signed in, and received ${issued(request.issued)}.`;
    case 'refused':
      return `Refused by ${REFUSED_BY[request.refused_by] ?? request.refused_by}${by ? `, although it carried ${by === 'signed URL' ? 'a signed URL' : by}` : ''}: ${request.reason ?? request.message ?? request.code}`;
    default:
      return 'Open: this behavior requires no signature.';
  }
}

function factsOf(request) {
  const { policy, playlist } = request;
  return [
    ['Request', `${request.method} ${request.target}`],
    ['Asks for', request.asked],
    ['Came at', new Date(request.time).toLocaleString([], { hourCycle: 'h23' })],
    ['Viewer', request.viewers.join(', ')],
    ['Verified by', request.authenticator],
    ['Asset', request.asset],
    ['Behavior', behavior(request)],
    ['Went to', atEdge(request) ? 'nowhere: refused at the edge' : ORIGINS[request.origin] ?? request.origin],
    ['Problem type', request.problem],
    ['CloudFront’s code', request.code],
    ['CloudFront’s message', request.message],
    ['Signature', CREDENTIALS[request.credential] ?? 'none'],
    ['Key pair id', request.key_pair_id],
    ['Policy', policy && !policy.is_signed ? 'not proven: its signature is not valid' : null],
    ['Policy covers', policy?.resource],
    ['Policy ends', policy?.expires_at && moment(policy.expires_at, request.time)],
    ['Policy begins', policy?.not_before && moment(policy.not_before, request.time)],
    ['Policy address', policy?.ip_address],
    ['Issued', request.issued && issued(request.issued)],
    ['Playlist', playlist && `${playlist.style}, ${playlist.signed} signed${playlist.left ? `, not signed: ${playlist.left}` : ''}`],
    ['Cache', request.cache],
    ['Status', request.status],
    ['Size', request.bytes === null ? null : `${request.bytes.toLocaleString()} bytes`],
    ['Took', took(request)],
  ];
}

function claimsOf({ token, time }) {
  return Object.entries(token).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [`${name} (${TIMES[name] ?? CLAIMS[name]})`, name in TIMES && Number.isFinite(value) ? moment(value, time) : text];
  });
}

function atEdge({ verdict, refused_by: by }) {
  return verdict === 'refused' && (by === 'edge' || by === 'viewer-request');
}

function behavior({ behavior: pattern, restricted }) {
  if (pattern === null) return 'none: this path belongs to the local edge, not to the distribution';
  return `${pattern}, which ${restricted ? 'requires a signature' : 'is open to all'}`;
}

/** `20:31:00, 30 min later`: what counts is how far it was when the request came. */
function moment(seconds, since) {
  const far = seconds - Date.parse(since) / 1000;
  const size = Math.abs(far);
  const words = size < 120 ? `${Math.round(size)} s` : size < 7200 ? `${Math.round(size / 60)} min` : `${Math.round(size / 3600)} h`;
  return `${new Date(seconds * 1000).toLocaleString([], { hourCycle: 'h23' })}, ${words} ${far < 0 ? 'before' : 'after'} the request`;
}

/** An element with properties and children; strings become text nodes. */
function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// ---- The list

function filter() {
  [...list.children].forEach(judge);
  showEmpty();
}

/** Hides a row that the filters leave out. */
function judge(item) {
  const [viewer, asset] = [element('viewer').value, element('asset').value];
  item.hidden = (element('refused-only').checked && item.dataset.verdictOf !== 'refused')
    || (!element('own-pages').checked && item.dataset.own === 'yes')
    || (viewer !== '' && !item.viewers.includes(viewer))
    || (asset !== '' && item.dataset.asset !== asset);
}

/** A choice in a filter, once. */
function offer(id, value) {
  const { options } = element(id);
  if ([...options].some((option) => option.value === value)) return;
  const option = make('option', { value }, value);
  element(id).insertBefore(option, [...options].find((one) => one.value !== '' && one.value > value) ?? null);
}

function togglePause() {
  paused = !paused;
  if (!paused) waiting.splice(0).forEach(show);
  showPause();
}

function clear() {
  list.replaceChildren();
  waiting.length = 0;
  showPause();
  showEmpty();
}

function showPause() {
  element('pause').setAttribute('aria-pressed', String(paused));
  element('pause').textContent = paused && waiting.length ? `Paused, ${waiting.length} new` : paused ? 'Paused' : 'Pause';
}

function showEmpty() {
  const isEmpty = list.children.length === 0;
  element('empty').hidden = [...list.children].some(({ hidden }) => !hidden);
  element('nothing').hidden = !isEmpty;
  element('filtered').hidden = isEmpty;
}

/** Counts, now and then: reading out each request would drown everything else. */
function announce() {
  const text = summary();
  if (text === announced || paused) return;
  announced = text;
  element('summary').textContent = text;
}

function summary() {
  return `${counts.admitted} admitted, ${counts.issued} issued, ${counts.refused} refused.`;
}

function connection(text, live) {
  element('connection').textContent = text;
  element('connection').dataset.live = live;
}
