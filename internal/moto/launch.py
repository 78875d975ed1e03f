"""Starts moto's server with the corrections that the tests rest on, and one that makes new accounts cheap.

Run as `python -c`, with moto_server's own arguments. The process ends when its standard input
does, so it never outlives the test binary that started it, however that one ends.
"""

import copy
import os
import sys
import threading

from moto.ecr import models as ecr_models
from moto.iam import access_control
from moto.iam import models as iam
from moto.server import main
from moto.sns import responses as sns_responses


def refuse_inactive_keys() -> None:
    """AWS answers a deactivated key like an unknown one; moto lets it work on."""
    plain = access_control.IAMUserAccessKey.__init__

    def init(self, account_id, partition, access_key_id, headers):
        plain(self, account_id, partition, access_key_id, headers)
        for key in self.backend.list_access_keys(self._owner_user_name):
            if key.access_key_id == access_key_id and key.status != "Active":
                raise access_control.CreateAccessKeyFailure(reason="InvalidId")

    access_control.IAMUserAccessKey.__init__ = init


def sign_without_body() -> None:
    """moto signs a request without a body over its parameters, so each REST GET and DELETE fails."""
    plain = access_control.IAMRequest._create_aws_request

    def create(self):
        if self._method in ("GET", "HEAD", "DELETE"):
            self._data = None
        return plain(self)

    access_control.IAMRequest._create_aws_request = create


# The policies of AWS that accounts have here: those that cases name, and some that people know. A case that needs another one adds it.
KEPT = {
    "AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "ViewOnlyAccess", "IAMFullAccess", "AmazonS3ReadOnlyAccess", "AWSDenyAll",
    "AWSSupportAccess", "AmazonSSMManagedInstanceCore", "AmazonRDSEnhancedMonitoringRole", "AWSCompromisedKeyQuarantineV2", "AWSCompromisedKeyQuarantineV3",
}


def keep_few_managed_policies() -> None:
    """moto gives each account AWS's own policies, a thousand and more, which takes a second and megabytes; accounts get copies of a few here."""
    plain = iam.IAMBackend._init_aws_policies
    by_partition = {}

    def init(self):
        if self.partition not in by_partition:
            by_partition[self.partition] = [p for p in plain(self) if p.name in KEPT]
        own = []
        for policy in by_partition[self.partition]:
            policy = copy.copy(policy)
            policy.account_id = self.account_id
            policy.tags, policy.versions = {}, list(policy.versions)
            own.append(policy)
        return own

    iam.IAMBackend._init_aws_policies = init


def scan_no_more() -> None:
    """Where scanOnPush is left out, as the SDK for Go does with false, it is false; moto leaves it as it was.

    Source: ImageScanningConfiguration, Amazon ECR API Reference.
    """
    plain = ecr_models.ECRBackend.put_image_scanning_configuration

    def put(self, registry_id, repository_name, image_scan_config):
        return plain(self, registry_id, repository_name, image_scan_config or {"scanOnPush": False})

    ecr_models.ECRBackend.put_image_scanning_configuration = put


def show_feedback_attributes() -> None:
    """moto takes a topic's attributes of delivery status and does not show them.

    Source: "Amazon SNS message delivery status", Amazon SNS Developer Guide.
    """
    take, show = sns_responses.SNSResponse.set_topic_attributes, sns_responses.SNSResponse.get_topic_attributes

    def set_topic_attributes(self):
        name, value = self._get_param("AttributeName"), self._get_param("AttributeValue")
        if "Feedback" in name:
            topic = self.backend.get_topic(self._get_param("TopicArn"))
            topic.feedback = {**getattr(topic, "feedback", {}), name: value}
        return take(self)

    def get_topic_attributes(self):
        answer = show(self)
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        answer.result["Attributes"].update({k: v for k, v in getattr(topic, "feedback", {}).items() if v})
        return answer

    sns_responses.SNSResponse.set_topic_attributes = set_topic_attributes
    sns_responses.SNSResponse.get_topic_attributes = get_topic_attributes


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


refuse_inactive_keys()
sign_without_body()
keep_few_managed_policies()
scan_no_more()
show_feedback_attributes()
threading.Thread(target=end_with_parent, daemon=True).start()
main(sys.argv[1:])
