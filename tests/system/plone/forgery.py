"""Credentials that the site did not issue."""

import base64
import hashlib
import hmac
import json
import time


def changed(credential):
    """Changes a letter in the middle of the last part: a token's signature, or a ticket's user."""
    at = credential.rfind(".") + 5 if "." in credential else 5
    other = "A" if credential[at] != "A" else "B"
    return credential[:at] + other + credential[at + 1 :]


def signed(user, key):
    """A token as Plone issues it, valid for an hour."""
    header = encoded({"alg": "HS256", "typ": "JWT"})
    payload = encoded({"sub": user, "exp": int(time.time()) + 3_600, "fullname": "somebody"})
    signature = hmac.new(key, f"{header}.{payload}".encode(), hashlib.sha256).digest()
    return f"{header}.{payload}.{base64url(signature)}"


def encoded(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
