"""Where Helm charts come from."""

from typing import Annotated

from pydantic import Field

from planning.base import Frozen
from settings.models.fields import matching
from settings.models.images import ImageDigests

ChartMirror = Annotated[
    str,
    matching(
        r"^(oci://[^\s]+|/[^\s]*|\.{1,2}/[^\s]*)$",
        "oci:// with a registry, or a directory that starts with / or ./ or ../",
    ),
]


class ChartSettings(Frozen):
    """Where Helm charts come from and how long a release may take."""

    mirror: ChartMirror | None = None
    """oci:// registry or directory that replaces the public chart repositories; default: LGTM_CHART_MIRROR or none."""
    timeout_seconds: Annotated[int, Field(ge=60, le=3600)]
    """How long a release may take to become ready."""
    image_digests: ImageDigests = ImageDigests()
    """Digests of images; the charts' own tags where none is named."""
