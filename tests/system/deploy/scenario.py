"""A user who deploys: `scenario.py STATE`, with a checkout in STATE/guided and another in STATE/file."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from deployment import examples
from samcli.yamlhelper import yaml_parse

# What `sam deploy --guided` asks around the parameters.
BEFORE = ["Stack Name", "AWS Region"]
AFTER = [
    "Confirm changes before deploy",
    "Allow SAM CLI IAM role creation",
    "Disable rollback",
    "Save arguments to configuration file",
    "SAM configuration file",
    "SAM configuration environment",
]
DEPLOY = "Deploy this changeset?"
PROMPT = re.compile(r"([^\n]*?)(?: \[[^\n]*\])?: $")
SECONDS = 60
failures = []


def claim(text, found, expected):
    """Prints and returns whether a claim holds; prints both values whole if not."""
    if found == expected:
        print(f"ok: {text}")
    else:
        print(f"FAILED: {text}:\n  expected {expected!r}\n  found    {found!r}")
        failures.append(text)
    return found == expected


class Checkout:
    """A folder with the project, and what was asked of CloudFormation from it."""

    def __init__(self, folder, log):
        self.folder, self.log = folder, log

    def run(self, *command, answers=None):
        """Runs a command, answers its prompts, and returns its exit code, its output and the prompts. A prompt
        without an answer gets an empty line."""
        process = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        output, prompts, seen = "", [], 0
        ends = time.monotonic() + SECONDS
        while chunk := os.read(process.stdout.fileno(), 65_536):
            output += chunk.decode()
            prompt = PROMPT.search(output[seen:])
            if prompt:
                name = prompt[1].strip()
                prompts.append(name)
                seen = len(output)
                process.stdin.write((answers or {}).get(name, "").encode() + b"\n")
                process.stdin.flush()
            if time.monotonic() > ends:
                process.kill()
        return process.wait(), output, prompts

    def must(self, *command, **more):
        code, output, prompts = self.run(*command, **more)
        if code != 0:
            print(f"FAILED: {' '.join(command)} ended with {code}:\n{output}")
            sys.exit(1)
        return output, prompts

    def change_sets(self):
        """The new change sets but for that of the stack with SAM's own bucket."""
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        found = [json.loads(line) for line in text.splitlines()]
        return [one for one in found if one["stack"] != "aws-sam-cli-managed-default"]


def public_key():
    key = rsa.generate_private_key(65_537, 2_048).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


def jwt_issuers(**form):
    issuer = {"issuer": "https://www.example.com", "audience": "video", "public_key": public_key()}
    return json.dumps([issuer], **form)


def guided(checkout, defaults, descriptions):
    checkout.must("sam", "build")
    # In one line, because each line answers a prompt. The PEM's line ends are escaped, as JSON requires.
    chosen = {"JwtIssuers": jwt_issuers(), "AllowedOrigins": "https://www.example.com,capacitor://localhost"}
    answers = {f"Parameter {name}": value for name, value in chosen.items()}
    answers |= {"Stack Name": "films", "AWS Region": "eu-central-1", DEPLOY: "y"}
    _, prompts = checkout.must("sam", "deploy", "--guided", answers=answers)
    expected = BEFORE + [f"Parameter {name}" for name in defaults] + AFTER
    claim(f"the guided way asks {len(expected)} things, and whether to deploy", prompts, expected + [DEPLOY])
    claim("each of its parameters has a description", [name for name in defaults if not descriptions[name]], [])
    stack = {"stack": "films", "region": "eu-central-1"}
    values = {**defaults, **chosen}
    first = {**stack, "given": values, "kept": [], "values": values, "is_same": False}
    claim("the guided answers arrive whole, with the line ends of a PEM", checkout.change_sets(), [first])
    saved = sorted(str(file.relative_to(checkout.folder)) for file in checkout.folder.rglob("samconfig.toml"))
    claim("its answers are in the checkout, not in SAM's build folder", saved, ["samconfig.toml"])
    checkout.must("sam", "build")
    deploy_again(checkout, "after the guided way and another build", {**first, "is_same": True})


def by_file(checkout, defaults):
    # Over several lines.
    chosen = {"JwtIssuers": jwt_issuers(indent=2), "Entitlements": '["/video/free/*",\n "/video/{tenant}/*"]'}
    settings = [part for name, value in chosen.items() for part in ("--set", f"{name}={value}")]
    _, prompts = checkout.must("usher", "init", "cinema", "--region", "eu-central-1", *settings)
    claim("usher init --set asks nothing", prompts, [])
    file = checkout.folder / "deploy/cinema.yaml"
    claim("its file has the parameters", yaml_parse(file.read_text()), chosen)
    checkout.must("sam", "build")
    _, prompts = checkout.must("sam", "deploy", answers={DEPLOY: "y"})
    claim("the file's way asks only whether to deploy", prompts, [DEPLOY])
    stack = {"stack": "cinema", "region": "eu-central-1", "kept": []}
    first = {**stack, "given": chosen, "values": {**defaults, **chosen}, "is_same": False}
    claim("exactly the file's parameters arrive, with their line ends", checkout.change_sets(), [first])
    deploy_again(checkout, "after the file's way", {**first, "is_same": True})
    # As docs/deploy.md says of later changes.
    issuers = {"JwtIssuers": chosen["JwtIssuers"]}
    for text, more, kept in [
        ("a parameter that the file no longer names keeps its value", {}, ["Entitlements"]),
        ("an empty value empties it", {"Entitlements": ""}, []),
    ]:
        file.write_text(json.dumps({**issuers, **more}, indent=1))
        code, _, _ = checkout.run("sam", "deploy", answers={DEPLOY: "y"})
        [found] = checkout.change_sets()
        later = {**issuers, **more}
        claim(
            text,
            (found["given"], found["values"]["Entitlements"], set(kept) <= set(found["kept"])),
            (later, chosen["Entitlements"] if kept else "", True),
        )


def deploy_again(checkout, when, expected):
    """A plain `sam deploy`. SAM ends with 1 if nothing changes."""
    code, output, prompts = checkout.run("sam", "deploy")
    says = "No changes to deploy" in output
    found = [{**one, "kept": []} for one in checkout.change_sets()]
    text = f"a second plain sam deploy {when} asks nothing and changes nothing"
    if not claim(text, (found, prompts, code, says), ([expected], [], 1, True)):
        print(output)


def by_example(checkout, defaults):
    for name, parameters in examples(checkout.folder / "deploy").items():
        if name == "cinema.yaml":
            continue
        stack = name.removesuffix(".yaml")
        options = ["--stack-name", stack, "--region", "eu-west-1", "--no-confirm-changeset"]
        _, prompts = checkout.must("sam", "deploy", "--parameter-overrides", f"file://deploy/{name}", *options)
        values = {**defaults, **parameters}
        stack = {"stack": stack, "region": "eu-west-1", "kept": [], "is_same": False}
        expected = {**stack, "given": parameters, "values": values}
        claim(f"{name} deploys, and {len(parameters)} parameters arrive", checkout.change_sets(), [expected])


def refused(checkout):
    """The first row of the table in docs/deploy.md."""
    file = checkout.folder / "deploy/cinema.yaml"
    file.write_text("AllowedOrigins: https://www.example.com\n")
    options = ["--stack-name", "nobody", "--no-confirm-changeset"]
    code, output, _ = checkout.run("sam", "deploy", *options)
    says = re.search(r"set JwtIssuers, Plone\b", output) is not None
    claim("a stack without viewers is refused, and SAM prints the rule", (code, says), (1, True))
    claim("nothing of it is created", checkout.change_sets(), [])


def main(state):
    began = time.monotonic()
    state = pathlib.Path(state)
    log = state / "change-sets.jsonl"
    template = yaml_parse((state / "file/template.yaml").read_text())["Parameters"]
    defaults = {name: str(one["Default"]) for name, one in template.items()}
    descriptions = {name: one.get("Description") for name, one in template.items()}
    guided(Checkout(state / "guided", log), defaults, descriptions)
    checkout = Checkout(state / "file", log)
    by_file(checkout, defaults)
    by_example(checkout, defaults)
    refused(checkout)
    print(f"{len(failures)} failed, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1])
