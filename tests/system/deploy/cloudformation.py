"""CloudFormation as `sam deploy` meets it: `cloudformation.py MOTO LOG`. Templates are in the buckets of moto.

moto's CloudFormation knows neither the transform AWS::Serverless nor the failure of a change set without changes. This
one expands the template with AWS's own translator, judges parameters as CloudFormation does, and keeps the stacks. It
creates nothing but the bucket of SAM's own stack. For each change set it writes a line of JSON: the stack, its region,
the parameters that were given, those that keep their values, all values, and whether nothing changes.
"""

import datetime
import http.server
import json
import re
import sys
import tempfile
import urllib.parse
from xml.sax.saxutils import escape

import boto3
from deployment import Deployment
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
# Of a stack whose first change set is not executed yet.
REVIEW = "REVIEW_IN_PROGRESS"
DESCRIBED = ["StackId", "StackName", "StackStatus", "CreationTime", "Parameters", "Outputs", "Tags"]


class NoManagedPolicies:
    """The template names no managed policy, so the translator need not ask IAM for them."""

    def load(self):
        return {}


class Refused(Exception):
    """What CloudFormation answers with 400."""


class Stacks:
    """The stacks of one account, by region and name."""

    def __init__(self, moto, log):
        self.log = log
        self.s3 = boto3.client("s3", endpoint_url=moto, region_name="us-east-1")
        self.stacks, self.change_sets = {}, {}

    def answer(self, region, form):
        action = getattr(self, form["Action"], None)
        if action is None:
            raise Refused(f"the stand-in for CloudFormation has no {form['Action']}")
        return action(region, form)

    def DescribeStacks(self, region, form):
        stack = self.stack(region, form)
        return xml({"Stacks": [{key: stack[key] for key in DESCRIBED}]})

    def GetTemplateSummary(self, region, form):
        return xml({"Parameters": [{"ParameterKey": key} for key in self.stack(region, form)["values"]]})

    def CreateChangeSet(self, region, form):
        name = form["StackName"]
        before = self.stacks.get((region, name))
        if before and before["StackStatus"] == REVIEW:
            before = None
        sent = members(form, "Parameters", "ParameterKey", "ParameterValue", "UsePreviousValue")
        given = {key: value for key, value, previous in sent if previous != "true"}
        kept = {key: before["values"][key] for key, _, previous in sent if previous == "true"}
        text = form.get("TemplateBody") or self.fetch(form["TemplateURL"])
        template, values = judged(text, {**kept, **given})
        arn = f"arn:aws:cloudformation:{region}:123456789012"
        outputs = template.get("Outputs", {})
        new = {
            "StackId": f"{arn}:stack/{name}/1",
            "StackName": name,
            "StackStatus": REVIEW,
            "CreationTime": now(),
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            "Tags": [{"Key": key, "Value": value} for key, value in members(form, "Tags", "Key", "Value")],
            "Outputs": [{"OutputKey": key, "OutputValue": f"{name}-{key.lower()}"} for key in outputs],
            "resources": {key: one["Type"] for key, one in template["Resources"].items()},
            "values": values,
            "text": text,
        }
        is_same = before is not None and all(before[key] == new[key] for key in ("values", "text", "Tags"))
        if before is None:
            self.stacks[region, name] = new
        change_set = f"{arn}:changeSet/{form['ChangeSetName']}/1"
        self.change_sets[change_set] = (new, before, is_same)
        asked = {"given": given, "kept": sorted(kept), "values": values, "is_same": is_same}
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"stack": name, "region": region, **asked}) + "\n")
        return xml({"Id": change_set, "StackId": new["StackId"]})

    def DescribeChangeSet(self, region, form):
        new, before, is_same = self.change_set(form)
        known = before["resources"] if before else {}
        changes = []
        for key, kind in {} if is_same else new["resources"].items():
            change = {"LogicalResourceId": key, "ResourceType": kind, "Replacement": "False"}
            change["Action"] = "Modify" if key in known else "Add"
            changes.append({"Type": "Resource", "ResourceChange": change})
        status = {"Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE"}
        if is_same:
            status = {"Status": "FAILED", "StatusReason": NO_CHANGES}
        return xml({**status, "StackId": new["StackId"], "StackName": new["StackName"], "Changes": changes})

    def DeleteChangeSet(self, region, form):
        return xml({})

    def ExecuteChangeSet(self, region, form):
        new, before, _ = self.change_set(form)
        new["StackStatus"] = "UPDATE_COMPLETE" if before else "CREATE_COMPLETE"
        self.stacks[region, new["StackName"]] = new
        for output in new["Outputs"]:
            # The only resource that `sam deploy` itself needs: where it puts the functions.
            if output["OutputKey"] == "SourceBucket":
                self.s3.create_bucket(Bucket=output["OutputValue"])
        return xml({})

    def DescribeStackEvents(self, region, form):
        stack = self.stack(region, form)
        event = {
            "EventId": stack["StackStatus"],
            "StackId": stack["StackId"],
            "StackName": stack["StackName"],
            "LogicalResourceId": stack["StackName"],
            "PhysicalResourceId": stack["StackId"],
            "ResourceType": "AWS::CloudFormation::Stack",
            "ResourceStatus": stack["StackStatus"],
            "Timestamp": now(),
        }
        return xml({"StackEvents": [event]})

    def stack(self, region, form):
        wanted = form["StackName"]
        for (at, name), stack in self.stacks.items():
            if at == region and wanted in (name, stack["StackId"]):
                return stack
        raise Refused(f"Stack with id {wanted} does not exist")

    def change_set(self, form):
        """By its ARN, or by its name, which is the second part of the ARN."""
        wanted = form["ChangeSetName"]
        return next(one for arn, one in reversed(self.change_sets.items()) if wanted in (arn, arn.split("/")[1]))

    def fetch(self, url):
        """A template in a bucket, from moto, whatever host its URL names."""
        bucket, key = urllib.parse.urlsplit(url).path[1:].split("/", 1)
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def judged(text, given):
    """The expanded template and all values, or `Refused` with everything that CloudFormation would refuse."""
    template = yaml_parse(text)
    defined = template.get("Parameters", {})
    defaults = {name: str(one["Default"]) for name, one in defined.items() if "Default" in one}
    values = {**defaults, **given}
    # SAM's own stack has none.
    if not defined:
        return template, values
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        problems = list(Deployment(file.name, values).problems())
    if problems:
        raise Refused("; ".join(problems))
    return transform(template, values, NoManagedPolicies()), values


def members(form, name, *fields):
    """The list `name.member.N.field` of a request in AWS's Query protocol."""
    found = []
    while f"{name}.member.{len(found) + 1}.{fields[0]}" in form:
        found.append(tuple(form.get(f"{name}.member.{len(found) + 1}.{field}") for field in fields))
    return found


def xml(value):
    if isinstance(value, dict):
        return "".join(f"<{key}>{xml(one)}</{key}>" for key, one in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{xml(one)}</member>" for one in value)
    return escape(str(value))


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/cloudformation/", self.headers["authorization"])[1]
        form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        name = form["Action"]
        try:
            result = self.server.stacks.answer(region, form)
            self.reply(200, f"<{name}Response><{name}Result>{result}</{name}Result></{name}Response>")
        except Refused as refused:
            problem = xml({"Type": "Sender", "Code": "ValidationError", "Message": str(refused)})
            self.reply(400, f"<ErrorResponse><Error>{problem}</Error></ErrorResponse>")

    def reply(self, status, text):
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", "text/xml")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def main(moto, log):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.stacks = Stacks(moto, log)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
