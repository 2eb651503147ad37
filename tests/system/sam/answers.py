"""The whole answers that the functions must give to the events: made from the rules, and signed with the key itself."""

import json
import re

from functions import cloudfront_base64

BUCKET_SECONDS = 300
COOKIE_TTL_SECONDS = 3_600
URL_TTL_SECONDS = 21_600
ALLOWED_ORIGIN = "https://app.example.com"
ATTRIBUTES = "; HttpOnly; SameSite=Lax; Secure; Path="
COOKIES = ["Policy", "Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    502: "Bad Gateway",
}


class Signer:
    """The viewer's host, and its key: `sign` returns the signature of bytes."""

    def __init__(self, host, key_pair_id, hash_algorithm, sign):
        self.host = host
        self.key_pair_id = key_pair_id
        self.hash_algorithm = hash_algorithm
        self.sign = sign
        self.signatures = {}

    def grant(self, path, expires):
        """CloudFront's parameters, by their names."""
        resource = f"https://{self.host}{path}"
        condition = {"DateLessThan": {"AWS:EpochTime": expires}}
        policy = {"Statement": [{"Resource": resource, "Condition": condition}]}
        policy = json.dumps(policy, separators=(",", ":")).encode()
        if policy not in self.signatures:
            self.signatures[policy] = cloudfront_base64(self.sign(policy))
        parameters = {
            "Policy": cloudfront_base64(policy),
            "Signature": self.signatures[policy],
            "Key-Pair-Id": self.key_pair_id,
            "Hash-Algorithm": self.hash_algorithm,
        }
        if self.hash_algorithm == "SHA1":
            del parameters["Hash-Algorithm"]
        return parameters

    def query(self, path, expires):
        return "&".join(f"{name}={value}" for name, value in self.grant(path, expires).items())


def shared_expiry(latest, now):
    """The expiry: the beginning of the expiry bucket, if half of the time is left then."""
    rounded = latest // BUCKET_SECONDS * BUCKET_SECONDS
    return rounded if rounded > now and 2 * (rounded - now) >= latest - now else latest


def with_copy(parameters, query):
    """The query of a playlist or document: the parameters, followed by the policy a second time."""
    return "&".join([parameters, *(f"usher-{one}" for one in query.split("&"))])


# ---- issue-cookies: answers to API Gateway


def issued(signer, now, headers=()):
    # The token expires later.
    expires = shared_expiry(now + COOKIE_TTL_SECONDS, now)
    parameters = signer.grant("/video/*", expires)
    body = {
        "resource": f"https://{signer.host}/video/*",
        "expires_at": expires,
        "refresh_after": now + (expires - now) * 4 // 5,
    }
    cookies = [f"CloudFront-{name}={value}{ATTRIBUTES}/video/" for name, value in parameters.items()]
    return api(200, {"content-type": "application/json", **dict(headers)}, compact(body), cookies)


def signed_url(signer, now):
    expires = shared_expiry(now + URL_TTL_SECONDS, now)
    query = signer.query("/video/m/*", expires)
    url = f"https://{signer.host}/video/m/master.m3u8?{with_copy(query, query)}"
    return api(200, {"content-type": "application/json"}, compact({"url": url, "expires_at": expires}))


def cleared(*folders, remembered=False):
    cookies = [
        f"CloudFront-{name}={ATTRIBUTES}{folder}; Max-Age=0" for folder in folders for name in COOKIES
    ]
    if remembered:
        cookies.append(f"usher-paths={ATTRIBUTES}/auth/cookies; Max-Age=0")
    return api(204, cookies=cookies)


def refused(status, name, detail, headers=()):
    headers = {"content-type": "application/problem+json", **dict(headers)}
    return api(status, headers, problem(status, name, detail))


def api(status, headers=(), body=None, cookies=()):
    return {
        "statusCode": status,
        "headers": {"cache-control": "no-store", "vary": "Origin", **dict(headers)},
        "multiValueHeaders": {},
        "isBase64Encoded": False,
        "cookies": list(cookies),
        **({"body": body} if body is not None else {}),
    }


# ---- resign-manifest: answers to the function URL

# How long CloudFront keeps an answer without a TTL of its own, such as a multivariant playlist.
A_SECOND = "max-age=0, s-maxage=1"
# For a viewer whose copy of a policy is not admitted.
NOT_AT_ALL = "max-age=0, s-maxage=0"
# A complete playlist, for a viewer with more than an expiry bucket left.
A_BUCKET = f"max-age=0, s-maxage={BUCKET_SECONDS}"


def playlist(content, kept=A_SECOND, *, status=200, content_type="application/vnd.apple.mpegurl", headers=()):
    """`etag` is what `events.py` puts in the place of one."""
    headers = {"content-type": content_type, "cache-control": kept, "etag": "{etag}", **dict(headers)}
    return response(status, headers, content)


def packed(content, kept=A_SECOND):
    """The same, in gzip."""
    return {**playlist(content, kept, headers={"content-encoding": "gzip"}), "isBase64Encoded": True}


def unplayable(status, name, detail, headers=()):
    headers = {"content-type": "application/problem+json", "cache-control": "no-store", **dict(headers)}
    return response(status, headers, problem(status, name, detail))


def response(status, headers=(), body=""):
    headers = {"vary": "Accept-Encoding", **dict(headers)}
    return {"statusCode": status, "headers": headers, "cookies": [], "body": body, "isBase64Encoded": False}


def signed(text, parameters, nested):
    """A playlist with parameters on every URI in it; those on other playlists are `nested`."""
    added = lambda uri: f"{uri}?{nested if uri.endswith('.m3u8') else parameters}"
    text = re.sub(r'(?<=URI=")[^"]+', lambda found: added(found[0]), text)
    return re.sub(r"^[^#\n].*$", lambda found: added(found[0]), text, flags=re.MULTILINE)


def inline(text, query):
    """A playlist with the query on every URI."""
    return signed(text, query, with_copy(query, query))


def defined(text, query):
    """A playlist with the query in a variable, and with references to it on every URI."""
    letters = re.sub("[^0-9A-Za-z]", "", re.search("Signature=([^&]+)", query)[1])
    name = f"usher{letters[:-17:-1]}"
    reference = f"{{${name}}}"
    definition = f'#EXTM3U\n#EXT-X-DEFINE:NAME="{name}",VALUE="{query}"\n'
    text = signed(text, reference, f"usher-style=define&{with_copy(reference, query)}")
    return text.replace("#EXTM3U\n", definition).replace("VERSION:6", "VERSION:8")


# ---- publish-key: answers to CloudFormation


def told(event, **members):
    """The one answer, sent to the event's own URL."""
    echoed = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    path = "/" + event["ResponseURL"].rsplit("/", 1)[1]
    return [{"path": path, "content-type": None, "body": {**echoed, **members}}]


# ---- Both


AUTH_CORS = {
    "access-control-allow-origin": ALLOWED_ORIGIN,
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "POST, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type",
    "access-control-expose-headers": "Date, Retry-After",
    "access-control-max-age": "600",
}


def problem(status, name, detail):
    members = {"type": f"urn:problem-type:usher:{name}", "title": TITLES[status], "status": status, "detail": detail}
    return compact(members)


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
