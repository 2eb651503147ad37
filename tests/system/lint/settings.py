"""Each setting, template parameter and member of its JSON that a recipe names exists: docs/settings.md has it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

RECIPES = "functions/issue-cookies/recipes"
# Names that begin like settings; what a recipe's site or framework calls its own is another matter.
SETTING = re.compile(r"\b(?:JWT|PLONE|DJANGO|SIMPLEJWT|COOKIE|URL)_[A-Z_]+\b|\b[A-Z][A-Z_]+(?==\S+(?: .*)? cargo run)")
PARAMETER = re.compile(r"`((?:Jwt|Plone|Django|Simplejwt|Cookie)[A-Z]\w+)`|(?<=[ (])([A-Z]\w*[a-z])(?==\S)")
# Settings of frameworks.
FOREIGN = {"JWT_ENCODE_AUDIENCE", "JWT_ENCODE_ISSUER"}


def known():
    parameter = None
    for line in Path("docs/settings.md").read_text().splitlines():
        cells = line.split("|")[1:3]
        for cell in cells:
            yield from re.findall(r"`(\w+)`", cell)
        # The members follow their parameter.
        first = cells[0].strip() if cells else ""
        if first.startswith("– "):
            yield f"{parameter}: {first[2:]}"
        else:
            parameter = first.strip("`")


def of_file(parameters):
    """The names in lines of a file such as those of deploy/."""
    for parameter, value in parameters.items():
        yield parameter
        if parameter in ("JwtIssuers", "Plone", "Django", "Simplejwt"):
            objects = json.loads(value)
            for members in objects if isinstance(objects, list) else [objects]:
                yield from (f"{parameter}: {member}" for member in members)


def named(text):
    yield from SETTING.findall(text)
    # The parameters of a deployment, and the names in prose and tables.
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from of_file(yaml.safe_load(block))
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
