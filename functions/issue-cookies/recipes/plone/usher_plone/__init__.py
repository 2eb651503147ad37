"""Players for private video in Plone's Classic UI."""
