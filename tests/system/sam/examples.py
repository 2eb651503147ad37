"""Checks that SAM reads each example of deploy/ as it is meant, and that CloudFormation would accept it:
`examples.py TEMPLATE DEPLOY`.
"""

import sys

from deployment import Deployment, examples, report

if __name__ == "__main__":
    template, folder = sys.argv[1:]
    for name, parameters in examples(folder).items():
        report(f"the template takes the example {name}", Deployment(template, parameters).problems())
    print("end")
