"""Cost Anomaly Detection, which moto hasn't: nothing is asked of a cloud, and what was given stays as it was given."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.aws.cloud import AwsCloud, AwsType
from sandbox.providers.narrow import as_list, as_object
from sandbox.providers.properties import Properties
from sandbox.providers.resource import ResourceGoneError
from sandbox.providers.rules import Refusal
from sandbox.providers.rules.refusal import one_of

INVALID = "ValidationException"
# Cost Explorer API reference, AnomalySubscription: mail is gathered, SNS is not.
FREQUENCIES = {"EMAIL": ("DAILY", "WEEKLY"), "SNS": ("IMMEDIATE",)}

# What this process deleted; the state of a later one has it no more.
DELETED: set[str] = set()


class _Kept(AwsType):
    tagged = True
    kind: ClassVar[str]

    def create(self, cloud: AwsCloud, inputs: Properties) -> str:
        return cloud.arn("ce", f"{self.kind}/{uuid.uuid4()}", global_service=True)

    def read(self, cloud: AwsCloud, resource_id: str, known: Properties) -> Properties:
        if resource_id in DELETED:
            raise ResourceGoneError(f"there is no {resource_id}")
        return {**known, "arn": resource_id}

    def update(
        self, cloud: AwsCloud, resource_id: str, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> None:
        """Nothing keeps it but the state."""

    def delete(self, cloud: AwsCloud, resource_id: str, state: Properties) -> None:
        DELETED.add(resource_id)


class AnomalyMonitor(_Kept):
    token = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
    kind = "anomalymonitor"
    replace = frozenset({"monitorType", "monitorDimension", "monitorSpecification"})
    documents = frozenset({"monitorSpecification"})
    computed_inputs = frozenset({"arn"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        return one_of("monitorType", inputs.get("monitorType"), ("CUSTOM", "DIMENSIONAL"), INVALID)


class AnomalySubscription(_Kept):
    token = "aws:costexplorer/anomalySubscription:AnomalySubscription"
    kind = "anomalysubscription"
    replace = frozenset({"name", "accountId"})
    sets = frozenset({"subscribers"})
    computed_inputs = frozenset({"arn", "accountId"})

    def check(self, inputs: Properties) -> Iterable[Refusal]:
        frequency: Any = inputs.get("frequency")
        for index, one in enumerate(as_list(inputs.get("subscribers"))):
            subscriber: Mapping[str, Any] = as_object(one)
            kind = str(subscriber.get("type"))
            accepted = FREQUENCIES.get(kind, ())
            if frequency not in accepted:
                yield Refusal(
                    f"subscribers[{index}]", INVALID,
                    f"{kind} subscribers take the frequency {' or '.join(accepted)}, not {frequency}.",
                )  # fmt: skip
