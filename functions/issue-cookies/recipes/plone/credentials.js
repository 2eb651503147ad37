// How a page of a Plone site gets the viewer's token, for `keepCookies({ credential })` of usher.js.

/**
 * Classic UI: the browser has the cookie `__ac`, and Plone gives a token for it. `site` is the path or the URL of the
 * site on this very host, without a slash at the end. Resolves to nothing where nobody is logged in.
 */
export function tokenOfClassic(site = '') {
  return async () => {
    const response = await fetch(`${site}/@login-renew`, {
      method: 'POST',
      cache: 'no-store',
      headers: { accept: 'application/json' },
    });
    if (response.status === 401) return undefined;
    if (!response.ok) throw new Error(`Plone answers ${response.status}`);
    return (await response.json()).token;
  };
}

/** Volto keeps the token in a cookie, and renews it itself. */
export async function tokenOfVolto() {
  return document.cookie.split('; ').find((pair) => pair.startsWith('auth_token='))?.slice('auth_token='.length);
}
