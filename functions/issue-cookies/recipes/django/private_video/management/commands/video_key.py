from django.core.management.base import BaseCommand

from private_video.credentials import derived_keys


class Command(BaseCommand):
    help = "Prints the value of the video service's DJANGO_KEYS."

    def handle(self, **options):
        self.stdout.write(",".join(derived_keys()))
