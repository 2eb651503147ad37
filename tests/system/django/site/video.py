"""What a user may watch: an asset per group."""


def paths_of(user):
    return [f"/video/{group.name}/*" for group in user.groups.order_by("name")]
