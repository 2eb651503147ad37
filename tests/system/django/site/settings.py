

# ---- What the recipe's README says, for a site whose address and keys come from the test

import os  # noqa: E402

import django  # noqa: E402

DEBUG = True  # runserver serves the static files
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS += ["private_video"]
MIDDLEWARE += ["django.contrib.auth.middleware.LoginRequiredMiddleware"]
TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

VIDEO_KEY = "the video service's own key, of this test"
VIDEO_AUDIENCE = "video.example.com"
VIDEO_SECONDS = int(os.environ.get("VIDEO_SECONDS", 900))
VIDEO_MAY_WATCH = "example.video.may_watch"
VIDEO_ORIGIN = os.environ.get("VIDEO_ORIGIN", "")

# The other forms of credentials, for credentials.py.
VIDEO_PRIVATE_KEY = os.environ["VIDEO_PRIVATE_KEY"]
SIMPLEJWT_PRIVATE_KEY = os.environ["SIMPLEJWT_PRIVATE_KEY"]
SIMPLE_JWT = {"SIGNING_KEY": os.environ["SIMPLEJWT_SIGNING_KEY"]}

video_hosts = ["'self'", *filter(None, [VIDEO_ORIGIN])]
POLICY = {
    "default-src": ["'self'"],
    "connect-src": video_hosts,
    "media-src": [*video_hosts, "blob:"],
    "worker-src": ["blob:"],
    "img-src": ["data:"],
}
if django.VERSION >= (6, 0):
    SECURE_CSP = POLICY
    MIDDLEWARE += ["django.middleware.csp.ContentSecurityPolicyMiddleware"]
else:
    MIDDLEWARE += ["example.policy.content_security_policy"]
