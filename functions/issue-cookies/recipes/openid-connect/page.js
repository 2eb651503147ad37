// A page without a server: the viewer signs in at the OpenID provider, by Authorization Code with PKCE, and the access
// token is what the video's cookies are asked for with. It stays in this tab (sessionStorage), and goes nowhere else.

import { keepCookies, play } from './usher.js';
import { endpoint, provider, signOutParameters, source } from './settings.js';

const { ErrorResponse, UserManager } = globalThis.oidc;
/** A token that ends sooner is renewed first: the cookies end with it. */
const SHORTEST_LIFE_SECONDS = 60;

const here = location.origin + location.pathname;
// Tokens are renewed when the cookies are, and not by a timer besides.
const users = new UserManager({ ...provider, redirect_uri: here, post_logout_redirect_uri: here, automaticSilentRenew: false });
const cookies = keepCookies({ endpoint, credential, onSignedOut: ({ status }) => show(false, MESSAGES[status] ?? MESSAGES[401]) });
const [signIn, signOut, video, statusLine] = ['sign-in', 'sign-out', 'video', 'status'].map((id) => document.getElementById(id));

const MESSAGES = {
  401: 'Sign in to watch.',
  403: 'You are signed in, and may not watch this.',
};

signIn.addEventListener('click', () => users.signinRedirect());
signOut.addEventListener('click', async () => {
  video.removeAttribute('src');
  // Where they cannot be cleared, they run out by themselves.
  await cookies.signOut().catch(() => {});
  try {
    await users.signoutRedirect({ extraQueryParams: signOutParameters });
  } catch {
    // A provider without a page for it: what is left is to forget the tokens.
    await users.removeUser();
    show(false, MESSAGES[401]);
  }
});

show(false, await comeBack() ?? MESSAGES[401]);
if (await users.getUser() && await play(video, source, cookies, async () => (await import('./hls.mjs')).default)) {
  show(true, '');
}

/** From the provider, if that is where the viewer comes from: the address bar has what it says. */
async function comeBack() {
  const query = new URLSearchParams(location.search);
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return undefined;
  try {
    await users.signinRedirectCallback();
    return undefined;
  } catch (error) {
    return `Signing in did not work: ${error.message}`;
  } finally {
    history.replaceState(null, '', here);
  }
}

/** What keepCookies asks for each time: nothing means that the viewer has to sign in again. */
async function credential() {
  const user = await users.getUser();
  if (!user || user.expires_in > SHORTEST_LIFE_SECONDS) return user?.access_token;
  if (!user.refresh_token) return user.expired ? undefined : user.access_token;
  try {
    return (await users.signinSilent())?.access_token;
  } catch (error) {
    // The provider says no; anything else, such as no network, is worth another try.
    if (error instanceof ErrorResponse) return undefined;
    throw error;
  }
}

function show(isSignedIn, text) {
  [signIn.hidden, signOut.hidden, statusLine.textContent] = [isSignedIn, !isSignedIn, text];
}
