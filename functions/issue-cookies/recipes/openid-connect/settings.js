// What this page has to know; everything else is the same for all sites.

/** Settings of oidc-client-ts: https://authts.github.io/oidc-client-ts/interfaces/UserManagerSettings.html */
export const provider = {
  authority: 'https://id.example.com/realms/site',
  client_id: 'video-page',
  scope: 'openid',
};

/** What the provider wants to know besides when a viewer signs out. */
export const signOutParameters = {};

/** On the video's own host, or with it in front: 'https://video.example.com/auth/cookies'. */
export const endpoint = '/auth/cookies';
export const source = '/video/clock-ts/master.m3u8';
