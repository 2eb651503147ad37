"""Each setting and each template parameter that a recipe names exists: docs/settings.md has it."""

import re
import subprocess
import sys
from pathlib import Path

RECIPES = "functions/issue-cookies/recipes"
# Names that begin like settings; what a recipe's site or framework calls its own is another matter.
SETTING = re.compile(r"\b(?:JWT|PLONE|DJANGO|SIMPLEJWT|COOKIE|URL)_[A-Z_]+\b|\b[A-Z][A-Z_]+(?==\S+(?: .*)? cargo run)")
PARAMETER = re.compile(r"`((?:Jwt|Plone|Django|Simplejwt|Cookie)[A-Z]\w+)`|(?<=[ (])([A-Z]\w*[a-z])(?==\S)")
# Settings of frameworks.
FOREIGN = {"JWT_ENCODE_AUDIENCE", "JWT_ENCODE_ISSUER"}


def known():
    for line in Path("docs/settings.md").read_text().splitlines():
        for cell in line.split("|")[1:3]:
            yield from re.findall(r"`(\w+)`", cell)


def named(text):
    yield from SETTING.findall(text)
    # The names of a deployment, and those in prose and tables.
    for command in re.findall(r"--parameter-overrides(?:[^`\n\\]|\\\n)*", text):
        yield from re.findall(r"(?<=\s)(\w+)=", command)
    yield from (in_code or in_prose for in_code, in_prose in PARAMETER.findall(text))


def main():
    listed = subprocess.run(["git", "ls-files", f"{RECIPES}/*.md"], check=True, capture_output=True, text=True)
    files = [Path(name) for name in listed.stdout.splitlines()]
    names, count, problems = set(known()) | FOREIGN, 0, []
    for file in files:
        found = set(named(file.read_text()))
        count += len(found)
        problems += [f"{file}: docs/settings.md has no {name}" for name in sorted(found - names)]
    print("\n".join(problems) or f"{len(files)} recipes: each of {count} names of settings exists")
    return 1 if problems or not count else 0


sys.exit(main())
