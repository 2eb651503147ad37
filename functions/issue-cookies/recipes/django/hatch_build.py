"""Adds the scripts that are elsewhere in a checkout: usher.js, and hls.js and shaka-player if npm has installed them."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = "private_video/static/private_video"
SCRIPTS = {
    "usher.js": "../usher.js",
    "hls.mjs": "node_modules/hls.js/dist/hls.min.mjs",
    "hls.LICENSE": "node_modules/hls.js/LICENSE",
    "shaka.mjs": "node_modules/shaka-player/dist/shaka-player.dash-es2021.js",
    "shaka.LICENSE": "node_modules/shaka-player/LICENSE",
}


class Scripts(BuildHookInterface):
    def initialize(self, version, build_data):
        root = Path(self.root)
        for name, source in SCRIPTS.items():
            # A source distribution already contains them.
            if (root / source).exists() and not (root / FOLDER / name).exists():
                build_data["force_include"][str(root / source)] = f"{FOLDER}/{name}"
        if not (root / SCRIPTS["usher.js"]).exists() and not (root / FOLDER / "usher.js").exists():
            raise FileNotFoundError("usher.js is missing: install this package from a complete checkout of Usher")
