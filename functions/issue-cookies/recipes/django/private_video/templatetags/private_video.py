import re
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.forms.utils import flatatt
from django.shortcuts import resolve_url
from django.templatetags.static import static

from .. import films

register = template.Library()

# A browser reads a backslash as a slash, and removes tabs and line breaks.
LOCAL_PATH = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")
ATTRIBUTES = {"autoplay", "class", "id", "loop", "muted", "poster", "thumbnails", "title"}


@register.inclusion_tag("private_video/video.html", takes_context=True)
def private_video(context, path, **attributes):
    """A player for the playlist at `path`, such as /video/my-film/master.m3u8; `poster="…"`, `muted=True` and others."""
    # Anything else could become a part of the host's name, or another host.
    if not LOCAL_PATH.fullmatch(str(path)):
        raise ValueError("the path of a video begins with one slash, and has no backslash or control character")
    if films.are_limited() and not films.film_of(urlsplit(str(path)).path):
        raise ValueError("with VIDEO_MAY_WATCH, the path of a video is like /video/my-film/master.m3u8, with plain names")
    if unknown := attributes.keys() - ATTRIBUTES:
        raise ValueError(f"private_video has no attribute {', '.join(sorted(unknown))}")
    return {
        "source": f"{origin()}{path}",
        "endpoint": endpoint(),
        "hls": script("hls.mjs"),
        "shaka": script("shaka.mjs"),
        "login": login_url(context.get("request")),
        "attributes": flatatt(attributes),
    }


@register.inclusion_tag("private_video/sign_out.html")
def private_video_sign_out():
    """Inside the log-out form: when it is sent, the browser loses the cookies for video, too."""
    return {"endpoint": endpoint()}


def endpoint():
    return origin() + "/auth/cookies"


def origin():
    """Empty if the video is on this site's own host."""
    return getattr(settings, "VIDEO_ORIGIN", "")


def login_url(request):
    """After which the user comes back to this page."""
    return redirect_to_login(request.get_full_path()).url if request else resolve_url(settings.LOGIN_URL)


def script(name):
    """Empty if a storage with hashes does not know the file."""
    try:
        return static(f"private_video/{name}")
    except ValueError:
        return ""
