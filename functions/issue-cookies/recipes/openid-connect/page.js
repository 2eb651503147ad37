// A page without a server: the viewer signs in at the OpenID provider, by Authorization Code with PKCE, and the player
// requests the video's cookies with the access token. The token stays in this tab (sessionStorage), and goes nowhere else.

import { UsherVideo } from './usher.js';
import { endpoint, provider, signOutParameters, source } from './settings.js';

const { ErrorResponse, UserManager } = globalThis.oidc;
/** A token that ends sooner is renewed first: the cookies end with it. */
const SHORTEST_LIFE_SECONDS = 60;

const here = location.origin + location.pathname;
// Tokens are renewed when the cookies are, and not by a timer besides.
const users = new UserManager({ ...provider, redirect_uri: here, post_logout_redirect_uri: here, automaticSilentRenew: false });
const player = document.querySelector('usher-video');
const [signIn, signOut, statusLine] = ['sign-in', 'sign-out', 'status'].map((id) => document.getElementById(id));

signIn.addEventListener('click', () => users.signinRedirect().catch((error) => {
  statusLine.textContent = `The provider does not answer: ${error.message}`;
}));
signOut.addEventListener('click', async () => {
  // Where they cannot be cleared, they expire by themselves.
  await UsherVideo.signOut().catch(() => {});
  try {
    await users.signoutRedirect({ extraQueryParams: signOutParameters });
  } catch {
    // A provider without a page for it: what is left is to forget the tokens.
    await users.removeUser();
    signOut.hidden = true;
  }
});
for (const event of ['usher-ready', 'usher-refused', 'usher-signed-out']) {
  player.addEventListener(event, ({ type, detail }) => {
    const isOut = type === 'usher-signed-out';
    signOut.hidden = isOut;
    // To a viewer who may not watch, the player itself says so.
    if (isOut && detail?.detail) statusLine.textContent = detail.detail;
  });
}

await comeBack();
player.credential = credential;
player.setAttribute('endpoint', endpoint);
player.setAttribute('src', source);

/** From the provider, if that is where the viewer comes from: the address bar has what it says. */
async function comeBack() {
  const query = new URLSearchParams(location.search);
  if (!query.has('state') || !(query.has('code') || query.has('error'))) return;
  try {
    await users.signinRedirectCallback();
  } catch (error) {
    statusLine.textContent = `Signing in did not work: ${error.message}`;
  } finally {
    history.replaceState(null, '', here);
  }
}

/** What the player asks for each time: nothing means that the viewer has to sign in again. */
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
