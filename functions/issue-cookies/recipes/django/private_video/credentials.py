"""What the video service takes a viewer's word for: a value that this site has signed."""

import hashlib
import time

from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

SALT = "video-gate.v1"
SHORTEST_KEY = 32


def credential(user):
    """Names the user to the video service. The user's cookies live as long as it does, VIDEO_SECONDS."""
    claims = {
        "sub": str(user.pk),
        "aud": settings.VIDEO_AUDIENCE,
        "exp": int(time.time()) + getattr(settings, "VIDEO_SECONDS", 900),
    }
    paths_of = getattr(settings, "VIDEO_PATHS", None)
    if paths_of:
        claims["paths"] = list(import_string(paths_of)(user))
    return signing.dumps(claims, key=keys()[0], salt=SALT)


def derived_keys():
    """For DJANGO_KEYS: they verify credentials, and tell nothing of any other key."""
    return [hashlib.sha256(f"{SALT}signer{key}".encode()).hexdigest() for key in keys()]


def keys():
    """VIDEO_KEY, which signs, then those that may still verify."""
    found = [settings.VIDEO_KEY, *getattr(settings, "VIDEO_KEY_FALLBACKS", [])]
    if any(len(key) < SHORTEST_KEY or key == settings.SECRET_KEY for key in found):
        raise ImproperlyConfigured(
            f"VIDEO_KEY must be a key of its own, not SECRET_KEY, of at least {SHORTEST_KEY} characters"
        )
    return found
