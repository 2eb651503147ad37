"""Django has a middleware for it from 6.0 on."""

from django.conf import settings

POLICY = "; ".join(" ".join([name, *values]) for name, values in settings.POLICY.items())


def content_security_policy(get_response):
    def middleware(request):
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        return response

    return middleware
