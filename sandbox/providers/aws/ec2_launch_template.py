"""EC2: launch templates. A change of the data makes a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType, Record, gone_if, tag_map
from sandbox.providers.aws.ec2_tags import describe_one, tag_specifications, update_ec2_tags
from sandbox.providers.aws.shapes import from_api, input_shape, to_api
from sandbox.providers.properties import Properties
from sandbox.providers.rules import Refusal
from sandbox.providers.rules import ec2 as rules

NO_TEMPLATE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException")
# Pulumi's names that aren't EC2's.
RENAMES = {
    "vpcSecurityGroupIds": "securityGroupIds",
    "securityGroupNames": "securityGroups",
    "ramDiskId": "ramDiskId",
    "resourceType": "resourceType",
}
BACK = {"SecurityGroupIds": "vpcSecurityGroupIds", "SecurityGroups": "securityGroupNames"}
# Properties of the template itself; everything else is the data of a version.
OF_TEMPLATE = frozenset(
    {"name", "namePrefix", "description", "tags", "tagsAll", "defaultVersion", "updateDefaultVersion", "region"}
)
# Data that a new version without it clears.
CLEARABLE = (
    "imageId", "instanceType", "keyName", "userData", "blockDeviceMappings", "metadataOptions", "monitoring",
    "tagSpecifications", "networkInterfaces", "vpcSecurityGroupIds", "iamInstanceProfile",
)  # fmt: skip


class LaunchTemplate(AwsType):
    token = "aws:ec2/launchTemplate:LaunchTemplate"
    name_property = "name"
    name_limit = 125
    tagged = True
    replace = frozenset({"name", "namePrefix"})
    sets = frozenset({"vpcSecurityGroupIds", "securityGroupNames", "networkInterfaces.securityGroups"})
    computed_inputs = frozenset({"defaultVersion"})
    computed_on_update = frozenset({"latestVersion", "defaultVersion"})
    defaults: ClassVar[Mapping[str, Any]] = dict.fromkeys(CLEARABLE)

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return rules.launch_template_refusals(inputs)

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        answer = cloud.client("ec2").create_launch_template(
            LaunchTemplateName=inputs["name"],
            LaunchTemplateData=self._data(inputs),
            VersionDescription=inputs.get("description", ""),
            TagSpecifications=tag_specifications("launch-template", inputs),
        )
        return str(answer["LaunchTemplate"]["LaunchTemplateId"])

    def _data(self, inputs: Mapping[str, Any]) -> Record:
        shape = input_shape("ec2", "CreateLaunchTemplate").members["LaunchTemplateData"]
        data = {
            name: value
            for name, value in inputs.items()
            if name not in OF_TEMPLATE and not name.startswith("__") and value is not None
        }
        converted: Record = to_api(data, shape, RENAMES)
        return converted

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        template = describe_one(
            cloud, "describe_launch_templates", "LaunchTemplates", NO_TEMPLATE, LaunchTemplateIds=[resource_id]
        )
        version = describe_one(
            cloud,
            "describe_launch_template_versions",
            "LaunchTemplateVersions",
            NO_TEMPLATE,
            LaunchTemplateId=resource_id,
            Versions=[str(template["LatestVersionNumber"])],
        )
        data: Properties = from_api(version["LaunchTemplateData"], BACK)
        # moto also puts the template's own tags there.
        kinds = [one for one in data.pop("tagSpecifications", []) if one["resourceType"] != "launch-template"]
        data |= {"tagSpecifications": kinds} if kinds else {}
        unset = {name: None for name in self.defaults if name not in data}
        return {
            "arn": cloud.arn("ec2", f"launch-template/{resource_id}"),
            "name": template["LaunchTemplateName"],
            "description": version.get("VersionDescription") or None,
            "latestVersion": template["LatestVersionNumber"],
            "defaultVersion": template["DefaultVersionNumber"],
            "tagsAll": tag_map(template.get("Tags")),
            **unset,
            **data,
        }

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        ec2 = cloud.client("ec2")
        new_default = inputs.get("defaultVersion")
        if changed - (OF_TEMPLATE - {"description"}):
            answer = ec2.create_launch_template_version(
                LaunchTemplateId=resource_id,
                LaunchTemplateData=self._data(inputs),
                VersionDescription=inputs.get("description", ""),
            )
            if inputs.get("updateDefaultVersion"):
                new_default = answer["LaunchTemplateVersion"]["VersionNumber"]
        if new_default is not None:
            ec2.modify_launch_template(LaunchTemplateId=resource_id, DefaultVersion=str(new_default))
        update_ec2_tags(cloud, resource_id, state, inputs, changed)

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        with gone_if(*NO_TEMPLATE):
            cloud.client("ec2").delete_launch_template(LaunchTemplateId=resource_id)
