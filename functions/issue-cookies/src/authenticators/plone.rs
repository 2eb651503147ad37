//! The settings of a Plone site: it is asked about each viewer, or its keys are known.

use usher_runtime::{InvalidSetting, Members, Settings};

use super::{
    HttpClient,
    issuer::Issuer,
    object,
    plone_offline::{PloneTickets, TICKET_KEYS, TICKET_TIMEOUT, TOKEN_KEYS, TOKEN_TIMEOUT, read_issuer},
    plone_online::{PloneOnline, SITE},
};

/// Who vouches for a site's viewers.
#[derive(Default)]
pub(super) struct Plone {
    /// Its tokens, by the site's keys.
    pub(super) issuer: Option<Issuer>,
    /// Its tickets, by the site's keys.
    pub(super) tickets: Option<PloneTickets>,
    /// The site itself.
    pub(super) online: Option<PloneOnline>,
}

/// Reads `PLONE_SITE` or `PLONE_JWT_KEYS` and `PLONE_TICKET_KEYS`, with `PLONE_TICKET_TIMEOUT_SECONDS` and
/// `PLONE_TOKEN_TIMEOUT_SECONDS`, or the same as members of `PLONE`.
pub(super) fn read(
    settings: &mut Settings<'_>,
    http: HttpClient<'_>,
) -> Result<Option<Plone>, InvalidSetting> {
    object(settings, "PLONE", &MEMBERS, "site, jwt_keys or ticket_keys", |settings| {
        let (issuer, tickets) = (read_issuer(settings), PloneTickets::read(settings));
        let online = PloneOnline::read(settings, http);
        let plone = Plone { issuer: issuer?, tickets: tickets?, online: online? };
        let is_configured = plone.issuer.is_some() || plone.tickets.is_some() || plone.online.is_some();
        Ok(is_configured.then_some(plone))
    })
}

const MEMBERS: Members<'_> =
    Members::new("PLONE_", &[SITE, TICKET_KEYS, TICKET_TIMEOUT, TOKEN_KEYS, TOKEN_TIMEOUT]);
