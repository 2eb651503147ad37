# manage.py shell < app.py: the tag, the film of a path, and what `manage.py check` says about settings.
import sys
from types import ModuleType, SimpleNamespace

from django.conf import settings
from django.template import Context
from django.test.utils import override_settings
from private_video.checks import check_settings
from private_video.credentials import credential
from private_video.films import film_of, may_watch
from private_video.templatetags.private_video import origin, private_video

# The tag accepts paths of the video service, and nothing that a browser could read as another host.
local = ["/video/m/master.m3u8", "/video/m/a%20b.m3u8?x=//y", "/video/m/a b.m3u8", "/video//m/x.m3u8", "/video/é/x.m3u8", "/"]
others = [
    "", "video/m/master.m3u8", "https://host/x.m3u8", "//host/x.m3u8", "///host/x.m3u8", "\\host", "/\\host/x.m3u8",
    "\\/host/x.m3u8", "\\\\host/x.m3u8", "/video\\x.m3u8", "/\t/host/x.m3u8", "/\n/host/x.m3u8", "/\r/host", "\t//host",
    " //host", "\n/video/x.m3u8", "/video/x.m3u8\n", "/video/\x00x.m3u8", "/video/x\x7f.m3u8", "@host/x.m3u8", ".host/x.m3u8", None,
]


def is_taken(path, **attributes):
    try:
        return private_video(Context(), path, **attributes)["source"] == f"{origin()}{path}"
    except ValueError:
        return False


with override_settings(VIDEO_MAY_WATCH=None):
    assert [path for path in local + others if is_taken(path)] == local
assert [path for path in local + others if is_taken(path)] == local[:2]
assert not is_taken(local[0], onclick="alert(1)")
attributes = private_video(Context(), local[0], poster='a"b.jpg', muted=True, loop=False)["attributes"]
assert attributes == ' poster="a&quot;b.jpg" muted', attributes
print("right  the tag takes local paths alone")

films = {
    1: {"/video/m/x.m3u8": "m", "/video/m/n/x.m3u8": "m", "/video/m.n_o-p/x": "m.n_o-p", "/video/m/": None, "/video/m": None, "/video/../x": None},
    2: {"/video/m/x.m3u8": None, "/video/m/n/x.m3u8": "m/n", "/video/m/../x": None, "/video/m//x": None, "/video/m/*/x": None},
}
for depth, expected in films.items():
    with override_settings(VIDEO_SCOPE_DEPTH=depth):
        assert {path: film_of(path) for path in expected} == expected, depth
print("right  the film of a path")


strange = ModuleType("strange")
strange.text, strange.nothing = (lambda user, film: "yes"), (lambda user, film: None)
sys.modules["strange"] = strange
for name in ["text", "nothing"]:
    with override_settings(VIDEO_MAY_WATCH=f"strange.{name}"):
        try:
            may_watch(None, "m")
        except TypeError as error:
            assert "must return True or False" in str(error), error
        else:
            raise AssertionError(f"{name} is no answer")
strange.sign = lambda claims: f"signed {claims['sub']} {claims['aud']} {claims['paths']}"
with override_settings(VIDEO_SIGN="strange.sign", VIDEO_KEY=None):
    signed = credential(SimpleNamespace(pk=7), "m")
    assert signed == "signed 7 video.example.com ['/video/m/*']", signed
print("right  an answer that is neither True nor False is none")

settings_and_ids = [
    ({}, []),
    ({"VIDEO_KEY": None}, ["E001"]),
    ({"VIDEO_KEY": "short"}, ["E001"]),
    ({"VIDEO_KEY": settings.SECRET_KEY}, ["E001"]),
    ({"VIDEO_KEY_FALLBACKS": ["short"]}, ["E001"]),
    ({"VIDEO_ORIGIN": "https://video.example.com"}, []),
    ({"VIDEO_ORIGIN": "http://localhost:8080"}, []),
    ({"VIDEO_ORIGIN": "http://video.example.com"}, ["E002"]),
    ({"VIDEO_ORIGIN": "https://video.example.com/"}, ["E002"]),
    ({"VIDEO_ORIGIN": "https://video.example.com\n"}, ["E002"]),
    ({"VIDEO_ORIGIN": "video.example.com"}, ["E002"]),
    ({"VIDEO_SECONDS": "900"}, ["E003"]),
    ({"VIDEO_SCOPE_DEPTH": 0}, ["E003"]),
    ({"VIDEO_MAY_WATCH": "example.video.nothing"}, ["E004"]),
    ({"VIDEO_MAY_WATCH": "may_watch"}, ["E004"]),
    ({"VIDEO_MAY_WATCH": "example.settings.BASE_DIR"}, ["E004"]),
    ({"VIDEO_SIGN": "example.video.nothing"}, ["E004"]),
    ({"VIDEO_SIGN": "strange.sign", "VIDEO_KEY": None}, []),
    ({"ROOT_URLCONF": "django.contrib.auth.urls"}, ["E005"]),
    ({"STATICFILES_FINDERS": []}, ["W001"]),
]
for changed, expected in settings_and_ids:
    with override_settings(**changed):
        found = [problem.id.removeprefix("private_video.") for problem in check_settings(None)]
    assert found == expected, (changed, found)
print("right  the checks of the settings")
