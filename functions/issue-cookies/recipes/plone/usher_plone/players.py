"""The script that shows players, on each page of the site."""

from html import escape

from plone.app.layout.viewlets.common import ViewletBase
from plone.base.interfaces import INonInstallable
from plone.registry.interfaces import IRegistry
from zope.component import getUtility
from zope.interface import implementer
from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class IUsherLayer(IDefaultBrowserLayer):
    """Sites where the add-on is installed."""


class Players(ViewletBase):
    def index(self):
        host = getUtility(IRegistry).get("usher.video_host") or ""
        source = f"{self.site_url}/++resource++usher/players.js"
        return f'<script id="usher-players" type="module" src="{escape(source)}" data-host="{escape(host)}"></script>'


@implementer(INonInstallable)
class HiddenProfiles:
    def getNonInstallableProfiles(self):
        return ["usher_plone:uninstall"]
