"""A real Plone and the function, in each of its modes.

scenario.py PLONE STATE PID MODE=ORIGIN …: where Plone is, the folder with the programs' logs, Plone's
process, and the edges: one for each way to ask Plone.
"""

import base64
import os
import re
import signal
import sys
import time
from pathlib import Path
from urllib.parse import unquote

from forgery import changed, signed
from sites import ROOT_USER, Edge, Plone, bearer, call, cookie, volto_cookie

PLAYS = (200, 200)
REFUSED = (401, 403)
PASSWORD = os.environ["VIEWER_PASSWORD"]
ROOT_PASSWORD = os.environ["ROOT_PASSWORD"]

passed = failed = 0


def check(claim, found, expected):
    global passed, failed
    if found == expected:
        passed += 1
        print(f"ok: {claim}", flush=True)
    else:
        failed += 1
        print(f"FAILED: {claim}: {found!r}, not {expected!r}", flush=True)


def plone_as_described(plone):
    """What `recipes/plone` says of a site in its first state."""
    answer = plone.log_in_answer("viewer1", PASSWORD)
    form = plone.log_in_by_form("viewer1", PASSWORD)
    attributes = ["Path=/; HttpOnly; SameSite=Lax"]
    check("@login sets __ac for this host and the session", answer.attributes("__ac"), attributes)
    check("so does the log-in form", form.attributes("__ac"), attributes)
    wire = re.compile(r"([A-Za-z0-9/]|%2B)+(%3D){0,2}")
    tickets = [given.cookies()["__ac"] for given in (answer, form)]
    forms = [bool(wire.fullmatch(ticket)) for ticket in tickets]
    check("both in base64, percent-encoded but for the slash", forms, [True, True])
    check("@login with a wrong password is refused", plone.log_in_answer("viewer1", "wrong").status, 401)


def viewers_play(mode, edge, plone):
    viewer = plone.log_in("viewer1", PASSWORD)
    by_form = plone.log_in_by_form("viewer1", PASSWORD).cookies()["__ac"]
    other_page = {"Origin": "https://other.example"}
    renewed = plone.call("POST", "/@login-renew", cookie(viewer.ticket)).json()["token"]
    check(f"{mode}: a segment without cookies is refused", edge.segment(), 403)
    check(f"{mode}: without a credential there are no cookies", edge.plays({}), REFUSED)
    check(f"{mode}: the token of @login plays", edge.plays(bearer(viewer.token)), PLAYS)
    check(f"{mode}: __ac of @login plays", edge.plays(cookie(viewer.ticket)), PLAYS)
    check(f"{mode}: Volto's cookie plays", edge.plays(volto_cookie(viewer.token, viewer.ticket)), PLAYS)
    bad_volto = volto_cookie(changed(viewer.token), viewer.ticket)
    check(f"{mode}: a good __ac does not help a bad cookie of Volto", edge.plays(bad_volto), REFUSED)
    check(f"{mode}: __ac of the log-in form plays", edge.plays(cookie(by_form)), PLAYS)
    check(f"{mode}: the token that @login-renew gives for __ac plays", edge.plays(bearer(renewed)), PLAYS)
    check(f"{mode}: __ac from another page is refused", edge.plays(cookie(by_form) | other_page), (403, 403))
    check(f"{mode}: a changed token is refused", edge.plays(bearer(changed(viewer.token))), REFUSED)
    check(f"{mode}: a changed ticket is refused", edge.plays(cookie(changed(viewer.ticket))), REFUSED)
    bad_bearer = bearer(changed(viewer.token)) | cookie(viewer.ticket)
    check(f"{mode}: a good __ac does not help a bad token", edge.plays(bad_bearer), REFUSED)
    answer = edge.ask(bearer(viewer.token)).json()
    resource = f"{edge.origin}/video/*"
    check(f"{mode}: the answer names the resource", answer["resource"], resource)
    lives = time.time() < answer["refresh_after"] < answer["expires_at"] <= time.time() + 2 * 60 * 60
    check(f"{mode}: and when to renew", lives, True)


def root_user_is_refused(mode, edge, plone):
    """The cookie is not a ticket but login and password, which the function does not accept."""
    root = plone.log_in(ROOT_USER, ROOT_PASSWORD)
    pair = base64.b64decode(unquote(unquote(root.ticket))).decode()
    expected = ":".join(text.encode().hex() for text in (ROOT_USER, ROOT_PASSWORD))
    check(f"{mode}: __ac of a root user is login and password", pair, expected)
    check(f"{mode}: Plone knows root users in the site", plone.sees(ROOT_USER, bearer(root.token)), 200)
    check(f"{mode}: their token is refused", edge.plays(bearer(root.token)), REFUSED)
    check(f"{mode}: their __ac is refused", edge.plays(cookie(root.ticket)), REFUSED)
    return [root.token, root.ticket, ROOT_PASSWORD, ROOT_PASSWORD.encode().hex(), unquote(unquote(root.ticket))]


def log_out_by_default(edges, plone):
    viewer = plone.log_in("viewer1", PASSWORD)
    check("the log-out link", plone.log_out_by_link(cookie(viewer.ticket)), 302)
    check("log-out with the token", plone.log_out(bearer(viewer.token)), 204)
    check("log-out with __ac", plone.log_out(cookie(viewer.ticket)), 204)
    for mode in ("offline", "online"):
        check(f"{mode}: after log-out the token still plays", edges[mode].plays(bearer(viewer.token)), PLAYS)
        check(f"{mode}: and __ac, too", edges[mode].plays(cookie(viewer.ticket)), PLAYS)


def log_out_that_counts(edge, own_key, plone):
    viewer = plone.log_in("viewer1", PASSWORD)
    both = bearer(viewer.token) | cookie(viewer.ticket)
    check("strict: before log-out the token plays", edge.plays(bearer(viewer.token)), PLAYS)
    check("strict: and __ac, too", edge.plays(cookie(viewer.ticket)), PLAYS)
    check("strict: @logout with __ac alone is refused by Plone", plone.log_out(cookie(viewer.ticket)), 400)
    check("strict: and __ac plays on", edge.plays(cookie(viewer.ticket)), PLAYS)
    check("strict: @logout with both", plone.log_out(both), 204)
    check("strict: then the token is refused", edge.plays(bearer(viewer.token)), REFUSED)
    check("strict: and __ac, too", edge.plays(cookie(viewer.ticket)), REFUSED)
    check("own key, offline: the token plays on", own_key.plays(bearer(viewer.token)), PLAYS)
    check("own key, offline: without keys for it __ac is refused", own_key.plays(cookie(viewer.ticket)), REFUSED)

    viewer = plone.log_in("viewer1", PASSWORD)
    check("strict: the log-out link", plone.log_out_by_link(cookie(viewer.ticket)), 302)
    check("strict: then __ac is refused", edge.plays(cookie(viewer.ticket)), REFUSED)
    check("strict: and the token plays on", edge.plays(bearer(viewer.token)), PLAYS)


def password_is_changed(edges, plone):
    viewer = plone.log_in("viewer2", PASSWORD)
    change = plone.manage("PATCH", "/@users/viewer2", {"password": PASSWORD + "!"})
    check("the password is changed", change, 204)
    for mode in ("offline", "online"):
        plays = edges[mode].plays(bearer(viewer.token)), edges[mode].plays(cookie(viewer.ticket))
        check(f"{mode}: after that the old credentials still play", plays, (PLAYS, PLAYS))


def user_is_deleted(edges, plone):
    leaver = plone.log_in("leaver", PASSWORD)
    cookies = edges["online"].ask(bearer(leaver.token)).cookies()
    check("the user is deleted", plone.manage("DELETE", "/@users/leaver"), 204)
    renewed = plone.call("POST", "/@login-renew", bearer(leaver.token))
    check("Plone's own @login-renew goes on for them", renewed.status, 200)
    for mode, outcome in (("offline", PLAYS), ("online", REFUSED)):
        word = "still plays" if outcome == PLAYS else "is refused"
        check(f"{mode}: their token {word}", edges[mode].plays(bearer(leaver.token)), outcome)
        check(f"{mode}: their __ac {word}", edges[mode].plays(cookie(leaver.ticket)), outcome)
        again = bearer(renewed.json()["token"])
        check(f"{mode}: the token that Plone renewed {word}", edges[mode].plays(again), outcome)
    check("cookies that they have play until they expire", edges["online"].segment(cookies), 200)


def groups_decide(edge, plone):
    """Only `premium` may watch."""
    member = plone.log_in("viewer1", PASSWORD)
    other = plone.log_in("viewer2", PASSWORD + "!")
    for name, of in (("the token", lambda who: bearer(who.token)), ("__ac", lambda who: cookie(who.ticket))):
        check(f"groups: {name} of a member plays", edge.plays(of(member)), PLAYS)
        check(f"groups: {name} of somebody else is refused with 403", edge.plays(of(other)), (403, 403))


def other_site_is_refused(edges, strict):
    """In the same Zope, with a user of the same name."""
    viewer = strict.log_in("viewer1", PASSWORD)
    for mode in ("offline", "online"):
        plays = edges[mode].plays(bearer(viewer.token)), edges[mode].plays(cookie(viewer.ticket))
        check(f"{mode}: credentials of another site are refused", plays, (REFUSED, REFUSED))


def derived_keys_sign(keys, plone, strict):
    """Why the page says to turn store_tokens on."""
    answers = [plone.sees("viewer1", bearer(signed("viewer1", key))) for key in keys["Plone"]]
    check("a token of one's own, with any of the derived keys, is good for Plone", answers, [200] * 5)
    answers = [strict.sees("viewer1", bearer(signed("viewer1", key))) for key in keys["Strict"]]
    check("with store_tokens on it is not", answers, [401])


def open_site_is_not_believed(edge, plone):
    """A site that shows every user to everybody."""
    forged = bearer(signed("viewer1", bytes(32)))
    check("open: Plone answers whoever has no good token", plone.sees("viewer1", forged), 200)
    check("open: the function does not take that for a proof", edge.plays(forged), (503, 403))


def plone_is_down(edges, plone, process):
    viewer = plone.log_in("viewer1", PASSWORD)
    cookies = edges["online"].ask(bearer(viewer.token)).cookies()
    os.kill(process, signal.SIGTERM)
    wait_for_the_end(plone)
    for name, credential in (("token", bearer(viewer.token)), ("ticket", cookie(viewer.ticket))):
        answer = edges["online"].ask(credential)
        found = answer.status, answer.headers["Retry-After"], answer.headers["Content-Type"]
        check(f"online, down: the {name} gets 503", found, (503, "5", "application/problem+json"))
        check(f"offline, down: the {name} plays", edges["offline"].plays(credential), PLAYS)
    check("online, down: cookies play on", edges["online"].segment(cookies), 200)
    body = b'{"viewer":"demo"}'
    headers = {"Content-Type": "application/json"}
    token = call("POST", f"{edges['online'].origin}/demo/sign-in", headers, body).json()["token"]
    check("online, down: viewers of another issuer play", edges["online"].plays(bearer(token)), PLAYS)


def wait_for_the_end(plone):
    for _ in range(300):
        try:
            plone.sees("viewer1", {})
        except OSError:
            return
        time.sleep(0.1)
    raise TimeoutError("Plone goes on")


def logs_are_clean(state, modes, secrets):
    for mode in modes:
        log = (state / f"{mode}.log").read_text()
        found = [number for number, secret in enumerate(secrets) if secret in log]
        check(f"{mode}: no credential stands in the log", found, [])


def main(plone_url, state, process, *edges):
    edges = {mode: Edge(origin) for mode, origin in (edge.split("=") for edge in edges)}
    plone = Plone(f"{plone_url}/Plone", ROOT_PASSWORD)
    strict = Plone(f"{plone_url}/Strict", ROOT_PASSWORD)
    keys = {site: printed_keys(Path(state) / f"{site}.env") for site in ("Plone", "Strict")}
    secrets = []
    plone_as_described(plone)
    for mode, site in (("offline", plone), ("online", plone), ("strict", strict)):
        viewers_play(mode, edges[mode], site)
        secrets += root_user_is_refused(mode, edges[mode], site)
    log_out_by_default(edges, plone)
    log_out_that_counts(edges["strict"], edges["own-key"], strict)
    other_site_is_refused(edges, strict)
    derived_keys_sign(keys, plone, strict)
    open_site_is_not_believed(edges["open"], Plone(f"{plone_url}/Open", ROOT_PASSWORD))
    password_is_changed(edges, plone)
    groups_decide(edges["groups"], plone)
    user_is_deleted(edges, plone)
    last = plone.log_in("viewer1", PASSWORD)
    secrets += [last.token, last.ticket, PASSWORD]
    for edge in edges.values():
        edge.ask(bearer(last.token))
        edge.ask(cookie(last.ticket))
    plone_is_down(edges, plone, int(process))
    logs_are_clean(Path(state), edges, secrets)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


def printed_keys(settings):
    values = dict(line.split("=") for line in settings.read_text().splitlines())
    return [bytes.fromhex(key) for key in values["PLONE_JWT_KEYS"].split(",")]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
