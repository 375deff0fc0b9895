"""From exceptions to gRPC errors with one message each."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.runtime.proto import status_pb2

from sandbox.providers.narrow import is_object
from sandbox.providers.resource import ProviderError, ResourceGoneError


class HalfCreatedError(Exception):
    """A create failed although its resource exists; `details` is what the engine is to record."""

    def __init__(self, reason: str, details: Any) -> None:
        super().__init__(reason)
        self.details = details


@contextmanager
def errors_to(context: grpc.ServicerContext) -> Generator[None]:
    """Turn an exception into a gRPC error with one message."""
    try:
        yield
    except HalfCreatedError as error:
        details: Any = AnyMessage()
        details.Pack(error.details)
        code: Any = grpc.StatusCode.UNKNOWN.value
        status = status_pb2.Status(code=code[0], message=str(error), details=[details])
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except Exception as error:
        context.abort(grpc.StatusCode.UNKNOWN, error_message(error))


def error_message(error: Exception) -> str:
    response: Any = getattr(error, "response", None)
    if is_object(response) and "Error" in response:  # a ClientError of botocore
        details = response["Error"]
        operation: Any = getattr(error, "operation_name", "AWS")
        return f"{operation}: {details.get('Code', 'Unknown')}: {details.get('Message', '')}"
    from botocore.exceptions import BotoCoreError

    if isinstance(error, (ProviderError, BotoCoreError, RuntimeError)):
        return str(error)
    if isinstance(error, ResourceGoneError):
        return f"the resource no longer exists: {error}"
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f" ({frame.tb_frame.f_code.co_filename}:{frame.tb_lineno})" if frame is not None else ""
    return f"internal error of the simulated provider: {type(error).__name__}: {error}{where}"
