from django.apps import AppConfig
from django.core.checks import register


class PrivateVideoConfig(AppConfig):
    name = "private_video"
    verbose_name = "Private video"

    def ready(self):
        from .checks import check_settings

        register(check_settings)
