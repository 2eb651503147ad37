"""Follows section 1 of the recipe's README, word by word: `readme.py README FOLDER CHECKOUT PORT`.

It writes the files into the new FOLDER, and runs the commands there. The two commands that do not end are left for the
test as `start-1` and `start-2`. Other than a person, it has its checkout and port in other places, and types no password.
"""

import re
import subprocess
import sys
from pathlib import Path

readme, folder, checkout, port = sys.argv[1:]
folder = Path(folder)
text = Path(readme).read_text()
section = text[text.index("\n## 1.") : text.index("\n## 2.")]
LINE_OF_KEY = re.compile(r'VIDEO_KEY = "[A-Za-z0-9_-]+"')
adapted = {
    "USHER=~/usher": f'USHER="{checkout}"',
    "8000": port,
    "createsuperuser": "createsuperuser --no-input",
}
started = 0

for before, language, block in re.findall(r"\n([^\n]*)\n\n```(\w+)\n(.*?)\n```", section, re.DOTALL):
    if language != "sh":
        file = folder / re.search(r"`([\w/.]+)`", before)[1]
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as written:
            written.write(block + "\n")
        continue
    for word, instead in adapted.items():
        block = block.replace(word, instead)
    if "runserver" in block or "cargo run" in block:
        started += 1
        # The test ends the programs, not a shell.
        lines = ["source env/bin/activate", *block.splitlines()]
        lines[-1] = "exec env " + lines[-1]
        (folder / f"start-{started}").write_text("\n".join(lines) + "\n")
        continue
    activated = "" if "venv" in block else "source env/bin/activate\n"
    done = subprocess.run(["bash", "-euc", activated + block], cwd=folder, capture_output=True, text=True)
    if "manage.py check" in block:
        assert "VIDEO_KEY is missing" in done.stderr, done.stderr
        assert "W001" not in done.stderr, done.stderr
        with (folder / "mysite/settings.py").open("a") as settings:
            settings.write(LINE_OF_KEY.search(done.stderr)[0] + "\n")
    elif done.returncode:
        sys.exit(f"the README's command failed: {block}\n{done.stdout}{done.stderr}")

assert started == 2, started
subprocess.run(["env/bin/python", "manage.py", "check", "--fail-level", "WARNING"], cwd=folder, check=True)
