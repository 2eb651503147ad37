"""Checks the programs of `sam build`, by their architecture: `programs.py TEMPLATE BUILD x86_64|arm64`."""

import pathlib
import re
import sys

from deployment import Deployment, report

SIZE_LIMIT = 10_000_000
# `e_machine` of an ELF file.
MACHINES = {"x86_64": 62, "arm64": 183}
# The version in provided.al2023: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
GLIBC = (2, 34)


def problems(program, architecture):
    if int.from_bytes(program[18:20], "little") != MACHINES[architecture]:
        yield f"it is not for {architecture}"
    if len(program) > SIZE_LIMIT:
        yield f"that is more than {SIZE_LIMIT:,}"
    wanted = max((int(one), int(two)) for one, two in re.findall(rb"GLIBC_(\d+)\.(\d+)", program))
    if wanted > GLIBC:
        yield f"it wants glibc {wanted}, and Lambda has {GLIBC}"


if __name__ == "__main__":
    template, build, architecture = sys.argv[1:]
    for function in Deployment(template, {}).functions():
        program = (pathlib.Path(build) / function / "bootstrap").read_bytes()
        claim = f"{function} is a program for {architecture} of {len(program):,} bytes"
        report(claim, problems(program, architecture))
    print("end")
