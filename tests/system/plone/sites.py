"""Both sides of the test over HTTP: a Plone site, and the edge in front of the function."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

ROOT_USER = "admin"
SEGMENT = "/video/clock-ts/180p/segment000.ts"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def cookies(self):
        """The values of the cookies that it sets, as they are on the wire."""
        lines = (line for line in self.headers.get_all("Set-Cookie", []) if "Max-Age=0" not in line)
        pairs = (line.split(";")[0].partition("=") for line in lines)
        return {name: value for name, _, value in pairs}

    def attributes(self, cookie):
        lines = self.headers.get_all("Set-Cookie", [])
        return [line.partition("; ")[2] for line in lines if line.startswith(f"{cookie}=")]


def call(method, url, headers=None, body=None):
    """One request; no redirects are followed, and no cookies are kept."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, parts.path or "/", body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def cookie(value):
    return {"Cookie": f"__ac={value}"}


def volto_cookie(token, ticket):
    """What a browser sends that logged in by Volto: its cookie, and the ticket that Plone has set beside it."""
    return {"Cookie": f"auth_token={token}; __ac={ticket}"}


@dataclass
class LoggedIn:
    """The credentials that Plone issues at a log-in."""

    token: str
    ticket: str


class Plone:
    def __init__(self, site, root_password):
        self.site = site
        self.root_password = root_password

    def call(self, method, path, headers=None, body=None):
        headers = {"Accept": "application/json", "Content-Type": "application/json"} | (headers or {})
        return call(method, self.site + path, headers, None if body is None else json.dumps(body))

    def log_in_answer(self, name, password):
        return self.call("POST", "/@login", body={"login": name, "password": password})

    def log_in(self, name, password):
        answer = self.log_in_answer(name, password)
        return LoggedIn(answer.json()["token"], answer.cookies()["__ac"])

    def log_in_by_form(self, name, password):
        form = {"__ac_name": name, "__ac_password": password, "buttons.login": "Log in"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return call("POST", f"{self.site}/login", headers, urlencode(form))

    def log_out(self, credential):
        return self.call("POST", "/@logout", credential).status

    def log_out_by_link(self, credential):
        return call("GET", f"{self.site}/logout", credential).status

    def sees(self, name, credential):
        """The status for users who ask about themselves."""
        return self.call("GET", f"/@users/{name}", credential).status

    def manage(self, method, path, body=None):
        """As the site's manager, who is a user of the Zope root."""
        token = self.log_in(ROOT_USER, self.root_password).token
        return self.call(method, path, bearer(token), body).status


class Edge:
    def __init__(self, origin):
        self.origin = origin

    def ask(self, headers):
        """`POST /auth/cookies`, as a script on the edge's own page sends it."""
        return call("POST", f"{self.origin}/auth/cookies", {"Origin": self.origin} | headers)

    def segment(self, cookies=None):
        """The status of a segment for a browser with these cookies."""
        pairs = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        return call("GET", self.origin + SEGMENT, {"Cookie": pairs} if pairs else {}).status

    def plays(self, headers):
        """The status of the function, and of a segment with the cookies that it issued."""
        answer = self.ask(headers)
        return answer.status, self.segment(answer.cookies())
