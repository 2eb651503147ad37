from django.urls import path

from . import views

app_name = "private_video"
urlpatterns = [path("hand-off/", views.hand_off, name="hand_off")]
