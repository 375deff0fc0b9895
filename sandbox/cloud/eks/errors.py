"""The errors of the EKS API, with the names and HTTP status codes of its service model."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.providers.rules import Refusal


class EksError(Exception):
    """An error that the caller of the EKS API gets to see."""

    code = "ServerException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ResourceNotFoundException(EksError):  # noqa: N818 - the name that the API has
    code = "ResourceNotFoundException"
    status = 404


class ResourceInUseException(EksError):  # noqa: N818 - the name that the API has
    code = "ResourceInUseException"
    status = 409


class InvalidParameterException(EksError):  # noqa: N818 - the name that the API has
    code = "InvalidParameterException"
    status = 400


class InvalidRequestException(EksError):  # noqa: N818 - the name that the API has
    code = "InvalidRequestException"
    status = 400


class ServerException(EksError):  # noqa: N818 - the name that the API has
    """Something went wrong on the simulated side, for example a control plane that didn't start."""


def refuse(refusals: Sequence[Refusal]) -> None:
    """Raise InvalidParameterException with what the rules found, if they found anything."""
    if refusals:
        raise InvalidParameterException(" ".join(refusal.message for refusal in refusals))
