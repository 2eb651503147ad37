"""Which film a path belongs to, and who may watch it."""

import re

from django.conf import settings
from django.utils.module_loading import import_string

# The folders that the view signs: no pattern, no other encoding of a letter, and no way up.
FOLDER = r"(?!\.\.?/)[A-Za-z0-9._-]+/"


def are_limited():
    """Without VIDEO_MAY_WATCH, every user may watch everything."""
    return bool(getattr(settings, "VIDEO_MAY_WATCH", None))


def film_of(path):
    """`my-film` of /video/my-film/master.m3u8, and None if the path is not that of a file in a film's folder."""
    found = re.fullmatch(rf"/video/((?:{FOLDER}){{{scope_depth()}}})[!-~]+", path)
    return found[1].removesuffix("/") if found else None


def may_watch(user, film):
    answer = import_string(settings.VIDEO_MAY_WATCH)(user, film)
    # A coroutine, for instance, is true.
    if not isinstance(answer, bool):
        raise TypeError(f"{settings.VIDEO_MAY_WATCH} must return True or False, not {type(answer).__name__}")
    return answer


def scope_depth():
    return getattr(settings, "VIDEO_SCOPE_DEPTH", 1)
