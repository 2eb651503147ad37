# manage.py shell < users.py: each user's groups are the assets that they may watch.
from django.contrib.auth.models import Group, User

for name, assets in {"anna": ["live"], "berta": ["clock-fmp4", "clock-ts"], "carla": []}.items():
    user = User.objects.create_user(name, password=f"the password of {name}")
    user.groups.set([Group.objects.get_or_create(name=asset)[0] for asset in assets])
