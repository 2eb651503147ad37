# manage.py shell < tag.py: the tag accepts paths of the video service, and nothing that a browser could read as another
# host.
from private_video.templatetags.private_video import origin, private_video

local = ["/video/m/master.m3u8", "/video/m/a%20b.m3u8?x=//y", "/video/m/a b.m3u8", "/video//m/x.m3u8", "/video/é/x.m3u8", "/"]
others = [
    "", "video/m/master.m3u8", "https://host/x.m3u8", "//host/x.m3u8", "///host/x.m3u8", "\\host", "/\\host/x.m3u8",
    "\\/host/x.m3u8", "\\\\host/x.m3u8", "/video\\x.m3u8", "/\t/host/x.m3u8", "/\n/host/x.m3u8", "/\r/host", "\t//host",
    " //host", "\n/video/x.m3u8", "/video/x.m3u8\n", "/video/\x00x.m3u8", "/video/x\x7f.m3u8", "@host/x.m3u8", ".host/x.m3u8", None,
]


def is_taken(path):
    try:
        return private_video(path)["source"] == f"{origin()}{path}"
    except ValueError:
        return False


wrong = [path for path in local if not is_taken(path)] + [path for path in others if is_taken(path)]
assert not wrong, wrong
print("right  the tag takes local paths alone")
