"""What the functions must answer to the events, whole: from the rules, and with signatures of the key itself."""

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
    """The viewer's host, and what signs for it: `sign` makes a signature of bytes."""

    def __init__(self, host, key_pair_id, hash_algorithm, sign):
        self.host = host
        self.key_pair_id = key_pair_id
        self.hash_algorithm = hash_algorithm
        self.sign = sign
        self.signatures = {}

    def grant(self, path, ttl, now):
        """When it ends, and CloudFront's parameters by their names."""
        expires = -(-(now + ttl) // BUCKET_SECONDS) * BUCKET_SECONDS
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
        return expires, parameters

    def query(self, path, now):
        parameters = self.grant(path, URL_TTL_SECONDS, now)[1]
        return "&".join(f"{name}={value}" for name, value in parameters.items())


# ---- issue-cookies: what API Gateway is given


def issued(signer, now, headers=()):
    expires, parameters = signer.grant("/video/*", COOKIE_TTL_SECONDS, now)
    body = {
        "resource": f"https://{signer.host}/video/*",
        "expires_at": expires,
        "refresh_after": now + (expires - now) * 4 // 5,
    }
    cookies = [f"CloudFront-{name}={value}{ATTRIBUTES}/video/" for name, value in parameters.items()]
    return api(200, {"content-type": "application/json", **dict(headers)}, compact(body), cookies)


def signed_url(signer, now):
    expires = signer.grant("/video/m/*", URL_TTL_SECONDS, now)[0]
    url = f"https://{signer.host}/video/m/master.m3u8?{signer.query('/video/m/*', now)}"
    return api(200, {"content-type": "application/json"}, compact({"url": url, "expires_at": expires}))


def cleared(*folders, remembered=False):
    cookies = [
        f"CloudFront-{name}={ATTRIBUTES}{folder}; Max-Age=0" for folder in folders for name in COOKIES
    ]
    if remembered:
        cookies.append(f"usher-paths={ATTRIBUTES}/auth/cookies; Max-Age=0")
    return api(204, cookies=cookies)


def refused(status, detail, headers=()):
    headers = {"content-type": "application/problem+json", **dict(headers)}
    return api(status, headers, problem(status, detail))


def api(status, headers=(), body=None, cookies=()):
    return {
        "statusCode": status,
        "headers": {"cache-control": "no-store", "vary": "Origin", **dict(headers)},
        "multiValueHeaders": {},
        "isBase64Encoded": False,
        "cookies": list(cookies),
        **({"body": body} if body is not None else {}),
    }


# ---- resign-manifest: what is streamed to the function URL


def plain(content, *, status=200, content_type="application/vnd.apple.mpegurl", length=None, headers=()):
    """A playlist as it lies in the bucket."""
    headers = {"cache-control": "private, no-cache", "content-length": str(length or len(content)), **dict(headers)}
    return playlist(content, {"content-type": content_type, **headers}, status)


def packed(content):
    """The same, in gzip."""
    return playlist(content, {"cache-control": "private, no-cache", "content-encoding": "gzip"})


def complete(content, now):
    """A signed playlist of a whole programme: caches may keep it until its parameters change."""
    left = -(now + URL_TTL_SECONDS) % BUCKET_SECONDS
    return playlist(content, {"cache-control": f"private, max-age={left}"})


def playlist(content, headers, status=200):
    """`etag` is what `events.py` puts in the place of one."""
    headers = {"content-type": "application/vnd.apple.mpegurl", "etag": "{etag}", **headers}
    return stream(status, headers, content)


def unplayable(status, detail, headers=()):
    body = problem(status, detail)
    headers = {"content-type": "application/problem+json", "cache-control": "no-store", **dict(headers)}
    return stream(status, {"content-length": str(len(body)), **headers}, body)


def stream(status, headers, body=""):
    headers = {"vary": "Accept-Encoding, Origin", **headers}
    return {"statusCode": status, "headers": headers, "cookies": [], "body": body}


def signed(text, query):
    """A playlist with a query on every URI in it."""
    text = re.sub(r'URI="([^"]+)"', rf'URI="\1?{query}"', text)
    return re.sub(r"^([^#\n].*)$", rf"\1?{query}", text, flags=re.MULTILINE)


def defined(text, query):
    """A playlist with the query in a variable."""
    definition = f'#EXTM3U\n#EXT-X-DEFINE:NAME="usher",VALUE="{query}"\n'
    text = text.replace("#EXTM3U\n", definition).replace("VERSION:6", "VERSION:8")
    return signed(text, "{$usher}")


# ---- publish-key: what CloudFormation is told


def told(event, **members):
    """The one answer, sent to the event's own URL."""
    echoed = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    path = "/" + event["ResponseURL"].rsplit("/", 1)[1]
    return [{"path": path, "content-type": None, "body": {**echoed, **members}}]


# ---- Both


def cors(methods, headers):
    return {
        "access-control-allow-origin": ALLOWED_ORIGIN,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": methods,
        "access-control-allow-headers": headers,
        "access-control-expose-headers": "Date, Retry-After",
        "access-control-max-age": "600",
    }


AUTH_CORS = cors("POST, DELETE", "Authorization, Content-Type")
VIDEO_CORS = cors("GET, HEAD", "Range")


def problem(status, detail):
    return compact({"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail})


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
