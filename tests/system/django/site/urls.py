from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.urls import include, path


@login_not_required
def watch(request, asset=""):
    return render(request, "watch.html", {"asset": asset, "playlist": f"/video/{asset}/master.m3u8"})


urlpatterns = [
    path("", watch),
    path("watch/<asset>/", watch),
    path("accounts/", include("django.contrib.auth.urls")),
    path("private-video/", include("private_video.urls")),
]
