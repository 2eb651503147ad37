"""Who may watch what: a user's groups are their films."""


def may_watch(user, film):
    return user.groups.filter(name=film).exists()
