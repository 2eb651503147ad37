"""template.yaml as CloudFormation reads it: parameters, rules, and the functions' environments.

Intrinsic functions are resolved by SAM's own resolver, the one behind `sam local invoke`.
"""

import pathlib
import re

from samcli.cli.types import CfnParameterOverridesType
from samcli.lib.intrinsic_resolver.intrinsic_property_resolver import IntrinsicResolver
from samcli.lib.intrinsic_resolver.intrinsics_symbol_table import IntrinsicsSymbolTable
from samcli.yamlhelper import yaml_parse

FUNCTION = "AWS::Serverless::Function"
# The resolver has no value for it that it takes in a condition itself.
NO_VALUE = "AWS::NoValue"


class Deployment:
    """A template with the values of its parameters, and with stand-ins for its resources."""

    def __init__(self, template, parameters, resources=None):
        """`resources` has the attributes of each, such as {"MediaBucket": {"Ref": "usher-media"}}."""
        self.template = yaml_parse(open(template, encoding="utf-8").read())
        self.parameters = parameters
        symbols = IntrinsicsSymbolTable(
            template=self.template,
            logical_id_translator={
                "AWS::Region": "eu-central-1",
                "AWS::NoValue": NO_VALUE,
                **(resources or {}),
                **parameters,
            },
        )
        self.resolver = IntrinsicResolver(template=self.template, symbol_resolver=symbols)

    def problems(self):
        """Why CloudFormation would reject the parameters, one sentence each."""
        known = self.template["Parameters"]
        for name, value in self.parameters.items():
            if name not in known:
                yield f"there is no parameter {name}"
            else:
                yield from (f"{name} {problem}" for problem in misfits(known[name], value))
        for rule in self.template.get("Rules", {}).values():
            for assertion in rule["Assertions"]:
                if not self.resolve(assertion["Assert"]):
                    yield assertion["AssertDescription"]

    def functions(self):
        resources = self.template["Resources"].items()
        return {name: resource for name, resource in resources if resource["Type"] == FUNCTION}

    def environment(self, function):
        """The variables of a function, and those that Lambda adds."""
        properties = self.template["Globals"]["Function"] | self.functions()[function]["Properties"]
        variables = properties.get("Environment", {}).get("Variables", {})
        environment = {name: text(self.resolve(value)) for name, value in variables.items()}
        logging = properties["LoggingConfig"]
        return environment | {
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_TIMEOUT": text(properties["Timeout"]),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": text(properties["MemorySize"]),
            "AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"],
            "AWS_LAMBDA_LOG_LEVEL": logging["ApplicationLogLevel"],
        }

    def resolve(self, value):
        return self.resolver.intrinsic_property_resolver(value, ignore_errors=False)


def examples(folder):
    """The parameters in each file of deploy/, as `sam deploy --parameter-overrides file://…` reads them."""
    read = lambda file: CfnParameterOverridesType().convert([file.resolve().as_uri()], None, None)
    return {file.name: read(file) for file in sorted(pathlib.Path(folder).glob("*.yaml"))}


def misfits(parameter, value):
    """Why a parameter's definition does not allow a value."""
    allowed = [text(one) for one in parameter.get("AllowedValues", [])]
    if allowed and value not in allowed:
        yield f"must be one of {', '.join(allowed)}"
    if not re.fullmatch(parameter.get("AllowedPattern", "(?s:.*)"), value):
        yield f"must be {parameter.get('ConstraintDescription', 'as its AllowedPattern')}"
    if len(value) > int(parameter.get("MaxLength", len(value))):
        yield f"must have at most {parameter['MaxLength']} characters"
    if parameter["Type"] == "Number":
        number = float(value)
        if not parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number):
            yield "is too small or too large"


def report(claim, problems):
    """Prints a claim, and the problems that contradict it."""
    found = "; ".join(problems)
    print(f"FAILED: {claim}: {found}" if found else f"ok: {claim}")


def text(value):
    """CloudFormation converts all values to strings."""
    return str(value).lower() if isinstance(value, bool) else str(value)
