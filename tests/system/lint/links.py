"""Each relative link of each Markdown file leads to a file that is there, and to a heading that is there."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def without_code(text):
    return CODE.sub("", text)


def anchors(text):
    """The names that GitHub gives to headings."""
    found = {}
    blocks = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for heading in re.findall(r"^#{1,6} +(.*?) *$", blocks, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        yield name if count == 0 else f"{name}-{count}"


def problems(file):
    for link in LINK.findall(without_code(file.read_text())):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = file.parent / unquote(path) if path else file
        if not target.exists():
            yield f"{file}: there is no {link}"
        elif anchor and target.suffix == ".md" and anchor not in set(anchors(target.read_text())):
            yield f"{file}: {path or file} has no heading for #{anchor}"


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], check=True, capture_output=True, text=True)
    files = [Path(name) for name in listed.stdout.splitlines()]
    found = [problem for file in files for problem in problems(file)]
    print("\n".join(found) or f"{len(files)} files: each link leads somewhere")
    return 1 if found or not files else 0


sys.exit(main())
