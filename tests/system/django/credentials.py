# manage.py shell < credentials.py: credentials of other forms than the recipe's, as the real packages make them, and
# the answer of POST /auth/cookies that each must get.
import base64
import hashlib
import hmac
import json
import time

import jwt
from cryptography.hazmat.primitives import serialization
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.tokens import RefreshToken

KEY, SALT = settings.VIDEO_KEY, "video-gate.v1"
AUDIENCE = settings.VIDEO_AUDIENCE
ISSUER = "https://django.example.com"
now = int(time.time())
viewer = {"sub": "42", "aud": AUDIENCE}
long_list = {**viewer, "notes": ["video"] * 100}
many = signing.TimestampSigner(key=KEY, salt=SALT)
with_pair = TokenBackend("ES256", settings.SIMPLEJWT_PRIVATE_KEY)
refresh = RefreshToken.for_user(User.objects.get(username="anna"))


def token(**claims):
    claims = {"iss": ISSUER, **viewer, "iat": now, "exp": now + 600, **claims}
    return jwt.encode(claims, settings.VIDEO_PRIVATE_KEY, algorithm="EdDSA")


def stolen_algorithm():
    """Made by hand: PyJWT does not support it."""
    private = serialization.load_pem_private_key(settings.VIDEO_PRIVATE_KEY.encode(), None)
    secret = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _, payload, _ = token().split(".")
    message = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=") + b"." + payload.encode()
    mac = hmac.digest(secret, message, hashlib.sha256)
    return (message + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def at(seconds):
    """Signed as at that time."""
    really = time.time
    time.time = lambda: really() + seconds
    try:
        return signing.dumps(viewer, key=KEY, salt=SALT)
    finally:
        time.time = really


# Each row names the edge that it is for: both edges have the same DJANGO_KEYS, and the other settings in `run`.
rows = [
    ("dumps", 200, "signing.dumps", signing.dumps(viewer, key=KEY, salt=SALT)),
    ("dumps", 200, "signing.dumps, compressed", signing.dumps(long_list, key=KEY, salt=SALT, compress=True)),
    ("dumps", 200, "signing.dumps of a user with a name", signing.dumps({**viewer, "sub": "山田:太郎"}, key=KEY, salt=SALT)),
    ("dumps", 401, "signing.dumps with another salt", signing.dumps(viewer, key=KEY, salt="another")),
    ("dumps", 401, "signing.dumps with SECRET_KEY", signing.dumps(viewer, salt=SALT)),
    ("dumps", 401, "signing.dumps for another audience", signing.dumps({**viewer, "aud": "another"}, key=KEY, salt=SALT)),
    ("dumps", 401, "signing.dumps for no audience", signing.dumps({"sub": "42"}, key=KEY, salt=SALT)),
    ("dumps", 401, "signing.dumps that has ended", signing.dumps({**viewer, "exp": now - 1}, key=KEY, salt=SALT)),
    ("dumps", 401, "signing.dumps of an hour ago", at(-3600)),
    ("dumps", 401, "signing.dumps of in an hour", at(3600)),
    ("dumps", 401, "TimestampSigner, where dumps is configured", many.sign("42")),
    ("dumps", 401, "Signer, without a time", signing.Signer(key=KEY, salt=SALT).sign("42")),
    ("dumps", 200, "PyJWT, EdDSA", token()),
    ("dumps", 200, "PyJWT, EdDSA, for one folder", token(paths=["/video/clock-ts/*"])),
    ("dumps", 403, "PyJWT, EdDSA, for nothing", token(paths=[])),
    ("dumps", 401, "PyJWT, EdDSA, paths that are no list", token(paths="/video/clock-ts/*")),
    ("dumps", 401, "PyJWT, EdDSA, another issuer", token(iss="https://another.example.com")),
    ("dumps", 401, "PyJWT, EdDSA, another audience", token(aud="another")),
    ("dumps", 401, "PyJWT, EdDSA, that has ended", token(exp=now - 61)),
    ("dumps", 401, "PyJWT, HS256 with the public key as its secret", stolen_algorithm()),
    ("dumps", 200, "simplejwt, an access token", str(refresh.access_token)),
    ("dumps", 401, "simplejwt, a refresh token", str(refresh)),
    ("timestamp", 200, "simplejwt with ES256, an access token", with_pair.encode(refresh.access_token.payload)),
    ("timestamp", 401, "simplejwt with ES256, a refresh token", with_pair.encode(refresh.payload)),
    ("timestamp", 401, "simplejwt, an access token, where there is a public key", str(refresh.access_token)),
    ("timestamp", 200, "TimestampSigner", many.sign("42")),
    ("timestamp", 200, "TimestampSigner of an id with a colon", many.sign("members:42")),
    ("timestamp", 401, "Signer, without a time, where TimestampSigner is configured", signing.Signer(key=KEY, salt=SALT).sign("42")),
]
print("credentials:" + json.dumps([dict(zip(("edge", "status", "name", "credential"), row)) for row in rows]))
