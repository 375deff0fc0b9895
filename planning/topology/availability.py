"""What the platform must survive; a module of its own, because the command line names it before anything is planned."""

from enum import StrEnum


class Availability(StrEnum):
    """What the platform must survive without losing writes or queries."""

    NONE = "none"
    """A lost pod or node stops parts of it until Kubernetes has replaced them."""
    ZONE = "zone"
    """One availability zone may be lost."""
