"""What the video service accepts as the word of this site: a value that the site has signed."""

import hashlib
import time

from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

SALT = "video-gate.v1"
SHORTEST_KEY = 32


def credential(user, film=None):
    """Names the user to the video service, for one film or for everything. The user's cookies last as long, at most."""
    claims = {
        "sub": str(user.pk),
        "aud": getattr(settings, "VIDEO_AUDIENCE", "video"),
        "exp": int(time.time()) + getattr(settings, "VIDEO_SECONDS", 900),
    }
    if film is not None:
        claims["paths"] = [f"/video/{film}/*"]
    if sign := getattr(settings, "VIDEO_SIGN", None):
        return import_string(sign)(claims)
    return signing.dumps(claims, key=keys()[0], salt=SALT)


def derived_keys():
    """For DJANGO_KEYS: they verify credentials, and reveal nothing about any other key."""
    return [hashlib.sha256(f"{SALT}signer{key}".encode()).hexdigest() for key in keys()]


def keys():
    """VIDEO_KEY, which signs, then those that may still verify."""
    for problem in key_problems():
        raise ImproperlyConfigured(problem)
    return named_keys()


def key_problems():
    for key in named_keys():
        if not key:
            yield "VIDEO_KEY is missing"
        elif not isinstance(key, str) or len(key) < SHORTEST_KEY:
            yield f"VIDEO_KEY must be a text of at least {SHORTEST_KEY} characters"
        elif key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
            yield "VIDEO_KEY must be a separate key, not the SECRET_KEY"


def named_keys():
    return [getattr(settings, "VIDEO_KEY", None), *getattr(settings, "VIDEO_KEY_FALLBACKS", [])]
