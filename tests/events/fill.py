#!/usr/bin/env python3
"""Prints an event with its placeholders filled: `python3 fill.py post-auth-cookies.json >event.json`.

The settings are those of the functions, from the environment: JWT_ISSUER, JWT_AUDIENCE, JWT_SECRET and
ORIGIN_SECRET. Nothing but Python's own library is used.
"""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import sys
import time

DAY = 86_400


def token(settings, *, seconds=DAY, key=None):
    """A JSON Web Token (HS256) of the viewer `alice`, which expires this many seconds from now."""
    claims = {
        "iss": settings["JWT_ISSUER"],
        "aud": settings["JWT_AUDIENCE"],
        "sub": "alice",
        "exp": int(time.time()) + seconds,
    }
    message = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    key = key or settings["JWT_SECRET"]
    return f"{message}.{encode(hmac.digest(key.encode(), message.encode(), hashlib.sha256))}"


def encode(part):
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def filled(text, settings, **more):
    """The text of an event whose values from the viewer and from CloudFront match the settings."""
    values = {
        "token": lambda: token(settings),
        "expired-token": lambda: token(settings, seconds=-1),
        "forged-token": lambda: token(settings, key="somebody else's secret of 32 bytes"),
        "origin-secret": lambda: settings["ORIGIN_SECRET"],
        **{name: lambda value=value: value for name, value in more.items()},
    }
    for name, value in values.items():
        if f"{{{name}}}" in text:
            # Inside a JSON string: an ETag contains quotation marks.
            text = text.replace(f"{{{name}}}", json.dumps(value())[1:-1])
    return text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} EVENT_FILE")
    try:
        print(filled(pathlib.Path(sys.argv[1]).read_text(), os.environ), end="")
    except (KeyError, OSError) as error:
        sys.exit(f"error: {error.args[0]} is not set" if isinstance(error, KeyError) else f"error: {error}")
