"""What `manage.py check`, and each start of `runserver`, says about the settings."""

import re
import secrets

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import Error, Warning
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .credentials import key_problems

LOOPBACK = r"http://(?:localhost|127\.0\.0\.1|\[::1\])"
ORIGIN = re.compile(rf"(?:https://[A-Za-z0-9.-]+|{LOOPBACK})(?::[0-9]+)?")


def check_settings(app_configs, **kwargs):
    return [*keys(), *origin(), *numbers(), *functions(), *urls(), *hls()]


def keys():
    if getattr(settings, "VIDEO_SIGN", None):
        return
    for problem in key_problems():
        hint = "Add this line with a new key to settings.py. In production, keep the key where you keep the SECRET_KEY."
        hint += f'\nVIDEO_KEY = "{secrets.token_urlsafe(48)}"'
        yield Error(f"{problem}.", hint=hint, id="private_video.E001")


def origin():
    value = getattr(settings, "VIDEO_ORIGIN", "")
    if value and not (isinstance(value, str) and ORIGIN.fullmatch(value)):
        hint = "Write https:// and the host, without a path or a slash at the end: https://video.example.com. "
        hint += "Omit VIDEO_ORIGIN if the video is on the site's own host."
        yield Error(f"VIDEO_ORIGIN is not an origin: {value!r}.", hint=hint, id="private_video.E002")


def numbers():
    for name, default, least, most in [("VIDEO_SECONDS", 900, 10, 86400), ("VIDEO_SCOPE_DEPTH", 1, 1, 16)]:
        value = getattr(settings, name, default)
        if type(value) is not int or not least <= value <= most:
            yield Error(f"{name} must be a whole number from {least} to {most}.", id="private_video.E003")


def functions():
    for setting, example in [("VIDEO_MAY_WATCH", "shop.video.may_watch"), ("VIDEO_SIGN", "shop.video.sign")]:
        name = getattr(settings, setting, None)
        if not name:
            continue
        try:
            problem = "" if callable(import_string(name)) else "it is not a function"
        except (AttributeError, ImportError, TypeError) as error:
            problem = str(error)
        if problem:
            hint = f'Name a function, such as "{example}".'
            yield Error(f"{setting} cannot be used: {problem}.", hint=hint, id="private_video.E004")


def urls():
    try:
        reverse("private_video:hand_off")
    except NoReverseMatch:
        hint = 'Add to urlpatterns: path("private-video/", include("private_video.urls")).'
        yield Error("The URLs of private_video are missing.", hint=hint, id="private_video.E005")


def hls():
    if not finders.find("private_video/hls.mjs"):
        hint = "Run `npm ci` in the folder of this recipe, and install the package again. To do without hls.js, add "
        hint += '"private_video.W001" to SILENCED_SYSTEM_CHECKS.'
        problem = "hls.js is missing: browsers that do not play HLS themselves, such as Firefox, cannot play the video."
        yield Warning(problem, hint=hint, id="private_video.W001")
