"""Every case of every alert and recording."""

from tests.artefacts.rule_cases import anomalies, cluster, money, platform, services
from tests.artefacts.rule_cases.model import AlertCase, RecordingCase

ALERT_CASES: tuple[AlertCase, ...] = (
    *services.ALERTS,
    *anomalies.ALERTS,
    *money.ALERTS,
    *platform.ALERTS,
    *cluster.ALERTS,
)
RECORDING_CASES: tuple[RecordingCase, ...] = (*services.RECORDINGS, *anomalies.RECORDINGS, *money.RECORDINGS)
