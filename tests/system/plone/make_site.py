"""Run by zconsole: makes a Plone site like that of a new installation, in which plone.restapi is not activated. The
argument is its name."""

import sys

import transaction
from Products.CMFPlone.factory import addPloneSite

profiles = ["plone.app.contenttypes:default", "plonetheme.barceloneta:default"]
addPloneSite(app, sys.argv[4], setup_content=False, extension_ids=profiles)  # noqa: F821
transaction.commit()
