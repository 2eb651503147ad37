from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from . import films
from .credentials import credential


# usher.js requests this, and needs the 401: login_required would redirect it to the login page.
@login_not_required
@never_cache
@require_GET
def hand_off(request):
    """The viewer's credential for the video at `path`. No other site's page can read it: Django answers without CORS."""
    if not request.user.is_authenticated:
        return JsonResponse({"detail": "nobody is logged in"}, status=401)
    film = None
    if films.are_limited():
        film = films.film_of(request.GET.get("path", ""))
        if film is None:
            return JsonResponse({"detail": "the path is not that of a file in a film's folder"}, status=400)
        if not films.may_watch(request.user, film):
            return JsonResponse({"detail": "this user may not watch this film"}, status=403)
    return JsonResponse({"credential": credential(request.user, film)})
