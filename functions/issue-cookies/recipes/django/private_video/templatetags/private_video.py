from django import template
from django.conf import settings

register = template.Library()


@register.inclusion_tag("private_video/video.html")
def private_video(path):
    """A player for the playlist at `path`, such as /video/m/master.m3u8."""
    # Anything else could become a part of the host's name, or another host.
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError("the path of a video begins with one slash")
    return {"source": origin() + path, "cookies": cookies(), "hls": getattr(settings, "VIDEO_HLS", "")}


@register.inclusion_tag("private_video/sign_out.html")
def private_video_sign_out():
    """Inside of the log-out form: takes the video's cookies away, too, when it is sent."""
    return {"cookies": cookies()}


def cookies():
    return origin() + "/auth/cookies"


def origin():
    """Empty where the video service stands on this site's own host."""
    return getattr(settings, "VIDEO_ORIGIN", "")
