"""Prints the settings with which Usher verifies, offline, what this Plone site issues.

It runs on the Plone host, inside Zope, and changes nothing:

    zconsole run etc/zope.conf derived_keys.py /Plone
    zconsole run etc/zope.conf derived_keys.py /Plone ticket

The first prints keys for tokens (`POST @login`). They are derived: the site's secrets stay on the site. The
second prints the secrets themselves, as the cookie `__ac` is sealed with nothing less. Put either straight
where Usher's settings are kept, and nowhere else: what verifies by HMAC can also sign.
"""

import hashlib
import sys
import time

from plone.keyring.interfaces import IKeyManager
from zope.component import getUtility
from zope.component.hooks import setSite

HMAC_BLOCK = 64
WEEK = 7 * 24 * 60 * 60


def main(app, arguments):
    if not arguments or arguments[1:] not in ([], ["ticket"]):
        sys.exit("usage: zconsole run etc/zope.conf derived_keys.py /PATH/OF/SITE [ticket]")
    site = app.unrestrictedTraverse(arguments[0].lstrip("/"))
    setSite(site)
    settings = token_settings(plugin(site, "JWT Authentication Plugin"))
    if arguments[1:]:
        settings |= ticket_settings(plugin(site, "Plone Session Plugin"))
    for name, value in settings.items():
        print(f"{name}={value}")


def plugin(site, meta_type):
    found = site.acl_users.objectValues(meta_type)
    if not found:
        sys.exit(f"the site has no {meta_type} in acl_users")
    return found[0]


def token_settings(jwt):
    secrets = ring() if jwt.use_keyring else [jwt._secret]
    if not any(secrets):
        sys.exit("there is no secret yet: log in once, then try again")
    if not jwt.token_timeout:
        sys.exit("the tokens of this site never expire (token_timeout is 0): Usher refuses them all")
    path = "/".join(jwt.getPhysicalPath())
    keys = ",".join(hmac_key((secret + path).encode()).hex() for secret in secrets if secret)
    settings = {"PLONE_JWT_KEYS": keys}
    if jwt.token_timeout != 12 * 60 * 60:
        settings["PLONE_TOKEN_TIMEOUT_SECONDS"] = jwt.token_timeout
    if not jwt.store_tokens:
        warn("the site accepts every token that these keys sign; with store_tokens on, only its own")
    if jwt.use_keyring:
        warn_of_rotation()
    return settings


def ticket_settings(session):
    if session.per_user_keyring:
        sys.exit("per_user_keyring is on: each user has secrets of their own, which only Plone can ask")
    if session.mod_auth_tkt:
        sys.exit("mod_auth_tkt is on: Usher does not read tickets in MD5, so turn it off in acl_users/session")
    secrets = ring() if session._shared_secret is None else [session._shared_secret]
    secrets = [secret for secret in secrets if secret]
    if any("," in secret for secret in secrets):
        sys.exit("the shared secret has a comma, which parts the keys in PLONE_TICKET_KEYS: choose another")
    settings = {"PLONE_TICKET_KEYS": ",".join(secrets)}
    if session.timeout and session.timeout != 2 * 60 * 60:
        settings["PLONE_TICKET_TIMEOUT_SECONDS"] = session.timeout
    warn("PLONE_TICKET_KEYS are secrets of the site: whoever reads them is any user of it")
    return settings


def ring():
    return list(getUtility(IKeyManager)["_system"])


def hmac_key(secret):
    """What HMAC makes of a key: a longer one than the hash's block stands for its own hash."""
    return hashlib.sha256(secret).digest() if len(secret) > HMAC_BLOCK else secret


def warn_of_rotation():
    due = time.gmtime(getUtility(IKeyManager)["_system"].last_rotation + WEEK)
    warn(time.strftime("the first log-in after %Y-%m-%d %H:%M UTC makes a new key: then print them again", due))


def warn(text):
    print(f"warning: {text}", file=sys.stderr)


# zconsole brings the name `app`, and leaves its own arguments before the script's.
main(app, sys.argv[4:])  # noqa: F821
