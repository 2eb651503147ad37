"""Run by zconsole: prepares the sites for one run of the test. `/Plone` keeps its defaults."""

import os

import transaction
from BTrees.OOBTree import OOBTree
from plone.app.textfield.value import RichTextValue
from plone.keyring.interfaces import IKeyManager
from plone.keyring.keyring import GenerateSecret
from Products.CMFCore.utils import getToolByName
from zope.component import getUtility
from zope.component.hooks import setSite

FILM = '<p><a href="/video/clock-ts/master.m3u8">Our film</a></p><p><a href="https://other.example/video/a.m3u8">Another</a></p>'
VIEWERS = {"viewer1": "Anna Ünal", "viewer2": "Ben", "leaver": "Cleo"}


def prepare(site):
    setSite(site)
    # The site was made some time ago: without this, the first log-in could make another key than the one that
    # is printed.
    getUtility(IKeyManager).rotate()
    for name, full_name in VIEWERS.items():
        properties = {"username": name, "fullname": full_name, "email": f"{name}@example.org"}
        registration = getToolByName(site, "portal_registration")
        registration.addMember(name, os.environ["VIEWER_PASSWORD"], properties=properties)
    groups = getToolByName(site, "portal_groups")
    groups.addGroup("premium")
    groups.addPrincipalToGroup("viewer1", "premium")


def install(site, package):
    """As in Site Setup, Add-ons."""
    setSite(site)
    site.portal_setup.runAllImportStepsFromProfile(f"profile-{package}:default")


def make_page(site):
    """A page with a link to a film."""
    setSite(site)
    site.invokeFactory("Document", "film", title="A film", text=RichTextValue(FILM, "text/html", "text/x-html-safe"))
    getToolByName(site, "portal_workflow").doActionFor(site.film, "publish")


def make_log_outs_count(site):
    """Its tokens also have a separate key, which does not rotate."""
    site.acl_users.jwt_auth.store_tokens = True
    site.acl_users.jwt_auth._tokens = OOBTree()
    site.acl_users.jwt_auth.use_keyring = False
    site.acl_users.jwt_auth._secret = GenerateSecret()
    site.acl_users.session.per_user_keyring = True


def show_users_to_anybody(site):
    site.manage_permission("plone.restapi: Access Plone user information", ["Anonymous"])


# The root user that mkwsgiinstance created, with a password for this run.
app.acl_users.users.updateUserPassword("admin", os.environ["ROOT_PASSWORD"])  # noqa: F821
prepare(app.Plone)  # noqa: F821
install(app.Plone, "usher_plone")  # noqa: F821
make_page(app.Plone)  # noqa: F821
prepare(app.Strict)  # noqa: F821
install(app.Strict, "plone.restapi")  # noqa: F821
make_log_outs_count(app.Strict)  # noqa: F821
prepare(app.Open)  # noqa: F821
install(app.Open, "plone.restapi")  # noqa: F821
show_users_to_anybody(app.Open)  # noqa: F821
transaction.commit()
