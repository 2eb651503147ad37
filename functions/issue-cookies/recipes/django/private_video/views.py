from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from .credentials import credential


# A script asks: it needs the 401, where login_required would send it to the login page.
@login_not_required
@never_cache
@require_GET
def hand_off(request):
    """The viewer's credential. No other site's page can read it: Django answers without CORS."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "nobody is signed in"}, status=401)
    return JsonResponse({"credential": credential(request.user)})
