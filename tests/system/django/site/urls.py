from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.urls import include, path


@login_not_required
def watch(request, asset=""):
    return render(request, "watch.html", {"asset": asset, "playlist": f"/video/{asset}/master.m3u8"})


@login_not_required
def films(request):
    names = [name if name.endswith(".mpd") else f"{name}/master.m3u8" for name in request.GET.getlist("film")]
    return render(request, "films.html", {"playlists": [f"/video/{name}" for name in names]})


urlpatterns = [
    path("", watch),
    path("watch/<asset>/", watch),
    path("films/", films),
    path("accounts/", include("django.contrib.auth.urls")),
    path("private-video/", include("private_video.urls")),
]
