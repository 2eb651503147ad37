import re

from django import template
from django.conf import settings

register = template.Library()

# A browser takes a backslash for a slash, and leaves out tabs and line breaks.
LOCAL_PATH = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")


@register.inclusion_tag("private_video/video.html")
def private_video(path):
    """A player for the playlist at `path`, such as /video/m/master.m3u8."""
    # Anything else could become a part of the host's name, or another host.
    if not LOCAL_PATH.fullmatch(str(path)):
        raise ValueError("the path of a video begins with one slash, and has no backslash or control character")
    return {"source": f"{origin()}{path}", "cookies": cookies(), "hls": getattr(settings, "VIDEO_HLS", "")}


@register.inclusion_tag("private_video/sign_out.html")
def private_video_sign_out():
    """Inside of the log-out form: takes the video's cookies away, too, when it is sent."""
    return {"cookies": cookies()}


def cookies():
    return origin() + "/auth/cookies"


def origin():
    """Empty where the video service stands on this site's own host."""
    return getattr(settings, "VIDEO_ORIGIN", "")
