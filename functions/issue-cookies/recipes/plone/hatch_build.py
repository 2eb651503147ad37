"""Adds hls.js, for browsers that do not play HLS themselves: `hls.mjs` from this folder, or else from npm. And
shaka-player, for DASH, if it is in this folder: `shaka.mjs`.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VERSION = "1.7.4"
SHA512 = "3GlxGdPvT2YHvQYOt+yOzT/DEior/qJVNIylHA77kgeoBTdQQqi70GwefNEUmHQeNGyjC8U62+bruqW/Tpm+tg=="


class HlsJs(BuildHookInterface):
    def initialize(self, version, build_data):
        file = Path(self.root, "hls.mjs")
        if not file.exists():
            self.folder = tempfile.mkdtemp()
            file = from_npm(Path(self.folder))
        build_data["force_include"][str(file)] = "usher_plone/static/hls.mjs"
        shaka = Path(self.root, "shaka.mjs")
        if shaka.exists():
            build_data["force_include"][str(shaka)] = "usher_plone/static/shaka.mjs"

    def finalize(self, version, build_data, artifact_path):
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


def from_npm(folder):
    npm = shutil.which("npm") or sys.exit(
        f"npm is not installed. Install it, or put dist/hls.mjs of hls.js {VERSION} beside pyproject.toml."
    )
    subprocess.run([npm, "pack", "--silent", f"hls.js@{VERSION}"], cwd=folder, stdout=subprocess.DEVNULL, check=True)
    package = folder / f"hls.js-{VERSION}.tgz"
    if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != SHA512:
        sys.exit(f"npm's hls.js {VERSION} is another file than the one that this project tests.")
    with tarfile.open(package) as archive:
        content = archive.extractfile("package/dist/hls.mjs").read()
    file = folder / "hls.mjs"
    file.write_bytes(content)
    return file
