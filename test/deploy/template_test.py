#!/usr/bin/env python3
"""Checks the CloudFormation template: its form by cfn-lint, and what must hold of it."""
import json
import re
import unittest

from files import DEPLOY, ROOT, run, tool

TEMPLATE = DEPLOY / "aws/yardstick.yaml"
# One call, several permissions; the others are named alike.
PERMISSIONS = {"TransactWriteItems": {"PutItem", "ConditionCheckItem"}}
# Made by the administrator's `yardstick create-table`, which the template stands in for.
NOT_IN_A_STACK = {"CreateTable", "UpdateTable"}
ANY_RESOURCE = {"dynamodb:ListStreams", "ecr:GetAuthorizationToken", "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses"}  # as IAM knows no narrower one


def load():
    """The template as JSON, with the loader of cfn-lint, which knows !Ref and its like."""
    python = tool("cfn-lint").resolve().with_name("python")
    code = ("import json, sys; from cfnlint.decode import cfn_yaml; "
            "print(json.dumps(cfn_yaml.load(sys.argv[1])))")
    done = run(python, "-c", code, TEMPLATE)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


def listed(value):
    return value if isinstance(value, list) else [value]


def everything_in(value):
    """The value, and what is in it, at any depth."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner: yield from everything_in(part)


class Template(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.template = load()
        cls.resources = cls.template["Resources"]

    def properties(self, name):
        return self.resources[name]["Properties"]

    def of_type(self, kind):
        return {name: resource["Properties"] for name, resource in self.resources.items()
                if resource["Type"] == kind}

    def statements(self):
        return [part for part in everything_in(self.resources)
                if isinstance(part, dict) and {"Effect", "Action", "Resource"} <= part.keys()]

    def test_has_no_faults(self):
        done = run(tool("cfn-lint"), TEMPLATE)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_table_is_ours_and_is_never_lost(self):
        table, made = self.properties("Events"), self.resources["Events"]
        keys = {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]}
        self.assertEqual(keys, {"aggregateId": "HASH", "order": "RANGE"})
        types = {key["AttributeName"]: key["AttributeType"]
                 for key in table["AttributeDefinitions"]}
        self.assertEqual(types, {"aggregateId": "S", "order": "N"})
        self.assertEqual(table["StreamSpecification"], {"StreamViewType": "NEW_AND_OLD_IMAGES"})
        self.assertEqual(table["PointInTimeRecoverySpecification"],
                         {"PointInTimeRecoveryEnabled": True})
        self.assertTrue(table["DeletionProtectionEnabled"])
        self.assertEqual((made["DeletionPolicy"], made["UpdateReplacePolicy"]),
                         ("Retain", "Retain"))

    def test_events_are_pushed_until_they_are_applied_or_the_queue_knows(self):
        pushes = self.properties("Pushes")
        expected = {"ParallelizationFactor": 1, "StartingPosition": "TRIM_HORIZON",
                    "BisectBatchOnFunctionError": True, "MaximumRetryAttempts": -1,
                    "MaximumRecordAgeInSeconds": 82800,
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                    "DestinationConfig": {
                        "OnFailure": {"Destination": {"Fn::GetAtt": ["GivenUp", "Arn"]}}}}
        self.assertEqual({name: pushes[name] for name in expected}, expected)
        patterns = [json.loads(one["Pattern"]) for one in pushes["FilterCriteria"]["Filters"]]
        self.assertEqual(patterns, [{"eventName": ["INSERT"]}])

    def test_every_alarm_tells_somebody_what_to_do(self):
        alarms = self.of_type("AWS::CloudWatch::Alarm")
        watched = {part["MetricName"] for alarm in alarms.values() for part in everything_in(alarm)
                   if isinstance(part, dict) and "MetricName" in part}
        self.assertLessEqual({"IteratorAge", "Invocations", "Errors", "ApproximateNumberOfMessagesVisible",
                              "MetricsParked"}, watched)
        for name, alarm in alarms.items():
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "Alarms"}], name)
            self.assertIn(" Do: ", alarm["AlarmDescription"]["Fn::Sub"], name)

    def test_the_parked_alarm_knows_the_line_that_is_logged(self):
        pattern = self.properties("ParkedLines")["FilterPattern"]
        level, message = re.fullmatch(
            r'{ \$\.level = "(\w+)" && \$\.message = "([^"]+)\*" }', pattern).groups()
        sources = [file.read_text() for file in (ROOT / "src").rglob("*.cpp")]
        logged = re.compile(rf'log::{level}\(\s*"{re.escape(message)}')
        self.assertTrue(any(logged.search(source) for source in sources))

    def test_somebody_may_make_each_call_that_the_program_makes(self):
        sources = "".join(file.read_text() for file in (ROOT / "es/dynamodb").glob("*.cpp")
                          if not file.name.endswith("_test.cpp"))
        calls = set(re.findall(r'send\(\s*"([A-Z]\w+)"|call_of\((?:\w+::)*\w+_api, "([A-Z]\w+)"|'
                               r'change\(client, "([A-Z]\w+)"', sources))
        calls = {name for found in calls for name in found if name} - NOT_IN_A_STACK
        self.assertLessEqual({"PutItem", "TransactWriteItems", "Query", "Scan"}, calls)
        needed = set().union(*(PERMISSIONS.get(call, {call}) for call in calls))
        allowed = {action for one in self.statements() for action in listed(one["Action"])}
        self.assertLessEqual({f"dynamodb:{name}" for name in needed}, allowed)

    def test_each_role_may_do_its_part_with_the_table_alone(self):
        read = {"DescribeTable", "Query"}
        pushed = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
        expected = {"WriteRole": read | {"GetItem", "PutItem", "ConditionCheckItem"},
                    "ReadRole": read, "RebuildRole": read | {"Scan"},
                    "ProjectorRole": read | pushed}
        found = {}
        for name, role in self.of_type("AWS::IAM::Role").items():
            for part in everything_in(role):
                if not isinstance(part, dict) or not {"Action", "Resource"} <= part.keys(): continue
                actions = {action.removeprefix("dynamodb:") for action in listed(part["Action"])
                           if action.startswith("dynamodb:")}
                if not actions: continue
                found.setdefault(name, set()).update(actions)
                if actions <= {"ListStreams"}: continue
                for resource in listed(part["Resource"]):
                    self.assertIn("table/${TableName}", json.dumps(resource), name)
        self.assertEqual(found, expected)

    def test_nobody_may_do_more_than_is_named(self):
        for one in self.statements():
            actions = set(listed(one["Action"]))
            self.assertFalse([action for action in actions if "*" in action])
            if "*" in listed(one["Resource"]): self.assertLessEqual(actions, ANY_RESOURCE)
        writers = [role for role in self.of_type("AWS::IAM::Role").values()
                   if "dynamodb:PutItem" in json.dumps(role)]
        self.assertEqual(len(writers), 1)

    def test_each_api_knows_the_names_that_it_is_reached_by(self):
        expected = {"Fn::If": ["HasHostNames", {"Fn::Sub": "${LoadBalancer.DNSName},${HostNames}"},
                               {"Fn::GetAtt": ["LoadBalancer", "DNSName"]}]}
        for name in ("WriteTask", "ReadTask"):
            container, = self.properties(name)["ContainerDefinitions"]
            values = {one["Name"]: one["Value"] for one in container["Environment"]}
            self.assertEqual(values["YARDSTICK_ALLOWED_HOST"], expected, name)

    def test_no_secret_is_in_it_or_in_what_a_container_is_shown(self):
        for name, task in self.of_type("AWS::ECS::TaskDefinition").items():
            for container in task["ContainerDefinitions"]:
                shown = {one["Name"] for one in container["Environment"]}
                self.assertFalse(shown & {"MONGO_URI", "MONGO_SECRET_KEY"}, name)
        variables = self.properties("Projector")["Environment"]["Variables"]
        self.assertTrue(variables["MONGO_URI"]["Fn::Sub"].startswith("{{resolve:secretsmanager:"))
        self.assertNotIn("mongodb://", TEMPLATE.read_text())

    def test_the_internet_reaches_nothing(self):
        for balancer in self.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer").values():
            self.assertEqual(balancer["Scheme"], "internal")
        for name, group in self.of_type("AWS::EC2::SecurityGroup").items():
            self.assertNotIn("0.0.0.0/0", json.dumps(group.get("SecurityGroupIngress", [])), name)
            self.assertTrue(group["SecurityGroupEgress"], name)
        allowed = re.compile(self.template["Parameters"]["ClientCidr"]["AllowedPattern"])
        self.assertTrue(allowed.match("10.0.0.0/16"))
        self.assertFalse(allowed.match("0.0.0.0/0"))

    def test_containers_write_nothing_and_may_do_nothing(self):
        for name, task in self.of_type("AWS::ECS::TaskDefinition").items():
            for container in task["ContainerDefinitions"]:
                self.assertTrue(container["ReadonlyRootFilesystem"], name)
                self.assertEqual(container["LinuxParameters"]["Capabilities"], {"Drop": ["ALL"]})


if __name__ == "__main__":
    unittest.main(verbosity=2)
