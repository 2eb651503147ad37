"""The answer that each event must get: one line each, by the event's file. `now` is the time of the answer."""

from answers import (
    A_BUCKET,
    AUTH_CORS,
    NOT_AT_ALL,
    api,
    cleared,
    defined,
    inline,
    issued,
    packed,
    playlist,
    refused,
    response,
    signed_url,
    told,
    unplayable,
    with_copy,
)

INVALID_TOKEN = {"www-authenticate": 'Bearer error="invalid_token"'}
FOREIGN = "pages of this origin may not call here: it is neither this host's own nor an allowed one"
NOT_JSON = 'the body must be a JSON object such as {"path":"/video/m/master.m3u8"}'
NO_VIEWER_HOST = "the request has no usable x-viewer-host header: it must come through the distribution"
NOT_COVERED = "the viewer's policy does not cover this path"
NO_PLAYLIST = "the object at this path is not a playlist: it does not start with #EXTM3U"
NO_KEY_ARN = "the property KeyArn is missing: it is the ARN of the KMS key to publish"
UNKNOWN_KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
NO_KEY = f"KMS did not hand out the public key of {UNKNOWN_KEY}: NotFoundException: Key '{UNKNOWN_KEY}' does not exist"

# As in the events: when the viewer's own policy ends, at the beginning of an expiry bucket.
VIEWER_EXPIRES = 1_893_456_000

NOT_FOUND = refused(404, "not-found", "there is nothing at this path")
ASSETS = '{"ASSETS":[{"URI":"https://%s/video/m/master.m3u8%s","DURATION":16},{"URI":"https://ads.example/a.m3u8"}]}'


def media(sample, host):
    """The objects in the bucket: key, content type, content."""
    hls = "application/vnd.apple.mpegurl"
    return [
        ("video/m/master.m3u8", hls, sample("master.m3u8")),
        ("video/m/360p/playlist.m3u8", hls, sample("360p/playlist.m3u8")),
        ("video/m/Présentation 360p.m3u8", hls, sample("360p/playlist.m3u8")),
        ("video/m/error-page.m3u8", "text/html", "<!doctype html><title>Not yet encoded</title>"),
        ("video/m/ads.json", "application/json", ASSETS % (host, "")),
    ]


def kms_and_header(signer, sample, noted):
    """A key in KMS, and the distribution's host. `noted` has the copy from the URL that the function issued."""
    master, media = sample("master.m3u8"), sample("360p/playlist.m3u8")
    query = signer.query("/video/m/*", VIEWER_EXPIRES)
    assets = ASSETS % (signer.host, f"?{with_copy(query, query)}")
    return {
        # issue-cookies
        "post-auth-cookies": lambda now: issued(signer, now),
        "post-auth-cookies-allowed-origin": lambda now: issued(signer, now, AUTH_CORS),
        "post-auth-cookies-without-credential": lambda now: refused(
            401, "sign-in-required", "sign in first: send Authorization: Bearer", {"www-authenticate": "Bearer"}
        ),
        "post-auth-cookies-expired-token": lambda now: refused(
            401, "token-expired", "the token has expired: sign in again", INVALID_TOKEN
        ),
        "post-auth-cookies-forged-token": lambda now: refused(
            401, "credential-rejected", "the token is not accepted here", INVALID_TOKEN
        ),
        "post-auth-cookies-foreign-origin": lambda now: refused(403, "foreign-origin", FOREIGN),
        "post-auth-cookies-straight-to-the-api": lambda now: refused(
            403, "not-through-distribution", "the request did not come through the distribution"
        ),
        "get-auth-cookies": lambda now: refused(
            405, "method-not-allowed", "/auth/cookies takes POST, DELETE", {"allow": "POST, DELETE"}
        ),
        "get-auth-unknown": lambda now: NOT_FOUND,
        "options-auth-cookies": lambda now: api(204, AUTH_CORS),
        "options-auth-cookies-foreign-origin": lambda now: api(204),
        "delete-auth-cookies": lambda now: cleared("/video/"),
        "delete-auth-cookies-of-two-assets": lambda now: cleared(
            "/video/", "/video/a/", "/video/b/", remembered=True
        ),
        "post-auth-urls": lambda now: signed_url(signer, now),
        "post-auth-urls-base64": lambda now: signed_url(signer, now),
        "post-auth-urls-outside-video": lambda now: refused(
            403, "not-a-video", "the path is not below /video/*, or there are dot segments or broken escapes in it"
        ),
        "post-auth-urls-not-json": lambda now: refused(400, "malformed-body", NOT_JSON),
        "post-auth-urls-form": lambda now: refused(
            415, "unsupported-media-type", "the body must be JSON: send Content-Type: application/json"
        ),
        "post-auth-urls-too-large": lambda now: refused(413, "body-too-large", "the body has more than 8192 bytes"),
        # resign-manifest
        "get-master-playlist": lambda now: packed(master),
        "get-master-playlist-identity": lambda now: playlist(master),
        # With the ETag of the previous answer.
        "get-master-playlist-if-none-match": lambda now: playlist("", status=304),
        "get-master-playlist-by-url-gzip": lambda now: packed(inline(master, query)),
        "head-master-playlist": lambda now: playlist(""),
        # The same grant as the URL's: its policy ends at the beginning of an expiry bucket.
        "get-master-playlist-by-copy": lambda now: playlist(inline(master, noted["copy"].replace("usher-", ""))),
        "get-master-playlist-forged-copy": lambda now: playlist(master, NOT_AT_ALL),
        "get-master-playlist-nothing-known": lambda now: playlist(master),
        "get-master-playlist-define": lambda now: playlist(defined(master, query)),
        "get-playlist-by-url": lambda now: playlist(inline(media, query), A_BUCKET),
        "get-playlist-define": lambda now: playlist(defined(media, query), A_BUCKET),
        "get-playlist-encoded-path": lambda now: playlist(media, A_BUCKET),
        "options-playlist": lambda now: response(204),
        "get-asset-list": lambda now: playlist(assets, content_type="application/json"),
        "get-playlist-missing": lambda now: unplayable(404, "not-found", "there is no playlist at this path"),
        "get-playlist-error-page": lambda now: unplayable(502, "not-a-playlist", NO_PLAYLIST),
        "get-playlist-not-covered": lambda now: unplayable(403, "policy-other-path", NOT_COVERED),
        "get-playlist-unknown-style": lambda now: unplayable(
            400, "unknown-style", "usher-style must be plain, inline or define"
        ),
        "get-playlist-without-viewer-host": lambda now: unplayable(400, "no-viewer-host", NO_VIEWER_HOST),
        "post-master-playlist": lambda now: unplayable(
            405, "method-not-allowed", "a playlist takes GET and HEAD", {"allow": "GET, HEAD"}
        ),
    }


def existing_key_and_domain(signer, sample):
    """An older key pair, and a custom domain, so that the functions ignore the host in the header."""
    media = sample("360p/playlist.m3u8")
    return {
        "post-auth-cookies-spoofed-host": lambda now: issued(signer, now),
        "get-playlist-without-viewer-host": lambda now: playlist(
            inline(media, signer.query("/video/m/*", VIEWER_EXPIRES)), A_BUCKET
        ),
    }


def any_stack(sample):
    """What needs no key that the test knows."""
    return {
        "get-auth-unknown": lambda now: NOT_FOUND,
        "get-master-playlist": lambda now: packed(sample("master.m3u8")),
    }


def published(event, key_arn, pem):
    return told(event, Status="SUCCESS", PhysicalResourceId=key_arn, Data={"Pem": pem})


def deleted(event, key_arn, pem):
    return told(event, Status="SUCCESS", PhysicalResourceId=key_arn)


def failed(reason):
    # A resource that was never created has no name.
    return lambda event, key_arn, pem: told(
        event, Status="FAILED", PhysicalResourceId=event["LogicalResourceId"], Reason=reason
    )


# Answers to CloudFormation.
CUSTOM_RESOURCE = {
    "create-public-pem": published,
    "update-public-pem": published,
    "delete-public-pem": deleted,
    "create-public-pem-without-key-arn": failed(NO_KEY_ARN),
    "create-public-pem-unknown-key": failed(NO_KEY),
}
