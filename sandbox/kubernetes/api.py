"""A small JSON client of one Kubernetes API server, authenticated by a client certificate.

Only what the sandbox needs: get, list, create, patch, delete. Errors come back as `ApiError` with the API server's own
message. Kubernetes objects are plain JSON here; this module is the one place where their `Any` enters.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

JsonObject = dict[str, Any]

PatchType = Literal["application/merge-patch+json", "application/strategic-merge-patch+json"]

REQUEST_TIMEOUT_SECONDS = 30.0
READY_TIMEOUT_SECONDS = 1.0


def child(parent: JsonObject, key: str) -> JsonObject:
    """The object at `key`, empty when it is absent or null."""
    return parent.get(key) or {}


def entries(parent: JsonObject, key: str) -> list[JsonObject]:
    """The objects listed at `key`, none when it is absent or null."""
    return parent.get(key) or []


class ApiError(Exception):
    """The API server refused a request, or could not be reached (`status` 0)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class ApiClient:
    """One kept-alive connection; safe to share between threads (requests take turns)."""

    def __init__(self, endpoint: str, *, ca_file: Path, certificate_file: Path, key_file: Path) -> None:
        address = urlsplit(endpoint)
        self._host = address.hostname or "127.0.0.1"
        self._port = address.port or 443
        self._tls = ssl.create_default_context(cafile=str(ca_file))
        self._tls.load_cert_chain(str(certificate_file), str(key_file))
        self._lock = threading.Lock()
        self._connection: http.client.HTTPSConnection | None = None

    def close(self) -> None:
        """Close the connection; a later request opens a new one."""
        with self._lock:
            self._drop()

    def ready(self) -> bool:
        """Whether the API server says that it is ready (`/readyz`)."""
        # A connection of its own: a starting server accepts one and then is silent for long.
        connection = self._connect(READY_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def get(self, path: str) -> JsonObject | None:
        """The object at `path`, or None when there is none."""
        try:
            return self._request("GET", path, None)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, *, field_selector: str = "", label_selector: str = "") -> list[JsonObject]:
        """All objects of the collection at `path` that match."""
        query = {"fieldSelector": field_selector, "labelSelector": label_selector}
        suffix = urlencode({key: value for key, value in query.items() if value})
        answer = self._request("GET", f"{path}?{suffix}" if suffix else path, None)
        return entries(answer, "items")

    def create(self, path: str, body: JsonObject) -> JsonObject:
        """Create `body` in the collection at `path`."""
        return self._request("POST", path, body)

    def create_if_absent(self, path: str, body: JsonObject) -> bool:
        """Create `body` unless one of its name exists; whether it was created."""
        try:
            self.create(path, body)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return False
            raise
        return True

    def patch(self, path: str, body: JsonObject, patch_type: PatchType = "application/merge-patch+json") -> JsonObject:
        """Patch the object at `path`."""
        return self._request("PATCH", path, body, patch_type)

    def delete(self, path: str, *, grace_period_seconds: int | None = None) -> None:
        """Delete the object at `path`; one that is gone already is no error."""
        options: JsonObject = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace_period_seconds is not None:
            options["gracePeriodSeconds"] = grace_period_seconds
        try:
            self._request("DELETE", path, options)
        except ApiError as error:
            if error.status != 404:
                raise

    def _request(
        self, method: str, path: str, body: JsonObject | None, content_type: str = "application/json"
    ) -> JsonObject:
        status, text = self._send(method, path, None if body is None else json.dumps(body).encode(), content_type)
        try:
            answer: JsonObject = json.loads(text) if text else {}
        except ValueError:
            answer = {"message": text.decode(errors="replace")}
        if status >= 400:
            raise ApiError(status, str(answer.get("reason", "")), str(answer.get("message", f"HTTP {status}")))
        return answer

    def _send(self, method: str, path: str, body: bytes | None, content_type: str | None) -> tuple[int, bytes]:
        headers = {"Accept": "application/json"}
        if content_type is not None and body is not None:
            headers["Content-Type"] = content_type
        with self._lock:
            # A kept-alive connection may have been closed by the server meanwhile: one fresh try.
            for fresh in (self._connection is None, True):
                try:
                    return self._exchange(method, path, body, headers)
                except (OSError, http.client.HTTPException) as error:
                    self._drop()
                    if fresh:
                        raise ApiError(0, "Unreachable", f"no answer from the Kubernetes API: {error}") from error
        raise AssertionError("unreachable")

    def _exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = self._connect(REQUEST_TIMEOUT_SECONDS)
        self._connection.request(method, path, body=body, headers=headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def _connect(self, timeout_seconds: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout_seconds, context=self._tls)

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
