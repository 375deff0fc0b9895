"""What a registered bucket is for."""

from collections.abc import Iterable
from typing import TypeVar

from planning.registered import UNKNOWN, Resource, Unknown

P = TypeVar("P", bound=str)


def purpose_of(bucket: Resource, among: Iterable[P]) -> P | Unknown | None:
    """Which of the purposes a bucket is for; None for any other bucket, UNKNOWN where only the cloud will tell.

    Its purpose tag decides, also against its name: it is what people say, and a bucket tagged otherwise is somebody
    else's whatever it is called. A bucket without the tag is for the purpose that its physical name holds (which ends
    with an account id), else its logical name.
    """
    known = list(among)
    tag, everywhere, name = bucket.at("tags", "purpose"), bucket.at("tagsAll", "purpose"), bucket.at("bucket")
    said = tag if isinstance(tag, str) else everywhere
    if isinstance(said, str):
        return next((purpose for purpose in known if purpose == said), None)
    for candidate in (name, bucket.name):
        found = next((purpose for purpose in known if isinstance(candidate, str) and purpose in candidate), None)
        if found is not None:
            return found
    return UNKNOWN if UNKNOWN in (tag, name) else None
