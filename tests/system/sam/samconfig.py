"""Checks that CloudFormation would accept each environment of samconfig.toml: `samconfig.py TEMPLATE SAMCONFIG`."""

import sys
import tomllib

from deployment import Deployment, overrides, report


def problems(template, environment):
    listed = environment["deploy"]["parameters"]["parameter_overrides"]
    parameters = overrides(environment)
    read = {f"{name}={quote}{value}{quote}" for name, value in parameters.items() for quote in ("", "'", '"')}
    for text in listed:
        if text.strip() not in read:
            yield f"sam does not read {text!r} as one parameter"
    yield from Deployment(template, parameters).problems()


if __name__ == "__main__":
    template, samconfig = sys.argv[1:]
    with open(samconfig, "rb") as file:
        environments = tomllib.load(file)
    for name, environment in environments.items():
        if name not in ("version", "default"):
            report(f"the template takes the environment {name} of samconfig.toml", problems(template, environment))
    print("end")
