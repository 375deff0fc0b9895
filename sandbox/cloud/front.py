"""The WSGI application of the simulated AWS: EKS, DLM, the token webhook, S3 lifecycles; moto answers the rest."""

from __future__ import annotations

import datetime
import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from sandbox.cloud import moto_state, tokens
from sandbox.cloud.dlm import DlmState
from sandbox.cloud.eks import api
from sandbox.cloud.eks.access import KubernetesUser, kubernetes_user
from sandbox.cloud.eks.state import EksState
from sandbox.cloud.lifecycle import MINIMUM_SIZE_HEADER, LifecycleDocuments, split_document
from sandbox.providers.narrow import is_object

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from werkzeug.wrappers import Response

AUTHENTICATE_PATH = "/sandbox/authenticate"
CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
# Headers that describe a body which the front replaces before moto sees it.
BODY_HEADERS = re.compile(r"HTTP_CONTENT_MD5|HTTP_X_AMZ_CHECKSUM_\w+|HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM")


@dataclass
class Front:
    """Call it as a WSGI application. moto's state is not made for parallel requests: they are taken in turn."""

    moto: WSGIApplication
    eks: EksState
    lifecycles: LifecycleDocuments = field(default_factory=LifecycleDocuments)
    dlm: DlmState = field(default_factory=DlmState)
    moto_lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(environ)(environ, start_response)

    def _answer(self, environ: WSGIEnvironment) -> Response:
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(f"{AUTHENTICATE_PATH}/"):
            return self._authenticate(path.removeprefix(f"{AUTHENTICATE_PATH}/"), environ)
        credential = CREDENTIAL.search(str(environ.get("HTTP_AUTHORIZATION", "")))
        if credential is not None and credential["service"] == "eks":
            return self._eks(environ, credential["region"], credential["key"])
        if credential is not None and credential["service"] == "dlm":
            return self._dlm(environ, credential["region"])
        if credential is not None and str(environ.get("HTTP_X_AMZ_TARGET", "")).endswith("ssociateKmsKey"):
            return self._log_group_key(environ, credential["region"])
        query = parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
        if credential is not None and credential["service"] == "s3" and "lifecycle" in query:
            return self._lifecycle(environ, unquote(path).strip("/"))
        return self._ask_moto(environ)

    def _ask_moto(self, environ: WSGIEnvironment) -> Response:
        from werkzeug.wrappers import Response

        with self.moto_lock:
            return Response.from_app(self.moto, environ, buffered=True)

    def _eks(self, environ: WSGIEnvironment, region: str, access_key_id: str) -> Response:
        from werkzeug.wrappers import Response

        raw_path = str(environ.get("RAW_URI") or environ.get("PATH_INFO", "")).split("?")[0]
        answer = api.answer(
            self.eks,
            method=str(environ["REQUEST_METHOD"]),
            raw_path=raw_path,
            query=str(environ.get("QUERY_STRING", "")),
            body=_body(environ),
            region=region,
            access_key_id=access_key_id,
        )
        return Response(answer.body, status=answer.status, headers=answer.headers)

    def _dlm(self, environ: WSGIEnvironment, region: str) -> Response:
        from werkzeug.wrappers import Response

        query = parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
        method, path = str(environ["REQUEST_METHOD"]), str(environ.get("PATH_INFO", ""))
        answer = self.dlm.answer(method, path, query, _body(environ), region)
        headers = {"x-amzn-ErrorType": answer.error} if answer.error else None
        return Response(json.dumps(answer.body), answer.status, headers, content_type="application/json")

    def _log_group_key(self, environ: WSGIEnvironment, region: str) -> Response:
        """AssociateKmsKey and DisassociateKmsKey of CloudWatch Logs, which moto hasn't."""
        from werkzeug.wrappers import Response

        asked: Any = json.loads(_body(environ))
        if moto_state.set_log_group_key(region, str(asked["logGroupName"]), asked.get("kmsKeyId")):
            return Response("{}", content_type="application/x-amz-json-1.1")
        refusal = {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
        return Response(json.dumps(refusal), status=400, content_type="application/x-amz-json-1.1")

    def _authenticate(self, cluster_name: str, environ: WSGIEnvironment) -> Response:
        from werkzeug.wrappers import Response

        def find_user(identity: tokens.PresignedIdentity) -> KubernetesUser | None:
            cluster = self.eks.clusters.get(cluster_name)
            if cluster is None:
                raise tokens.TokenError(f"there is no cluster {cluster_name}")
            secret = moto_state.secret_access_key(identity.access_key_id)
            tokens.check_signature(identity, cluster_name, secret)
            return kubernetes_user(cluster, moto_state.caller_arn(identity.access_key_id, identity.region))

        try:
            review: Any = json.loads(_body(environ))
        except ValueError:
            return Response("the body is no JSON", status=400)
        if not is_object(review):
            return Response("the body is no TokenReview", status=400)
        now = datetime.datetime.now(datetime.UTC)
        answer = tokens.review_token(review, find_user, now)
        return Response(json.dumps(answer), content_type="application/json")

    def _lifecycle(self, environ: WSGIEnvironment, bucket: str) -> Response:
        handlers: dict[str, Callable[[WSGIEnvironment, str], Response]] = {
            "PUT": self._put_lifecycle,
            "GET": self._get_lifecycle,
            "DELETE": self._delete_lifecycle,
        }
        return handlers.get(str(environ["REQUEST_METHOD"]), self._other_lifecycle)(environ, bucket)

    def _other_lifecycle(self, environ: WSGIEnvironment, bucket: str) -> Response:
        return self._ask_moto(environ)

    def _put_lifecycle(self, environ: WSGIEnvironment, bucket: str) -> Response:
        body = _body(environ)
        split = split_document(body)
        if split is not None:
            for name in [name for name in environ if BODY_HEADERS.fullmatch(name)]:
                del environ[name]
        _replace_body(environ, body if split is None else split.for_moto)
        answer = self._ask_moto(environ)
        minimum = environ.get("HTTP_" + MINIMUM_SIZE_HEADER.upper().replace("-", "_"))
        if answer.status_code < 300 and split is not None:
            self.lifecycles.keep(bucket, split.to_keep, None if minimum is None else str(minimum))
            answer.headers[MINIMUM_SIZE_HEADER] = self.lifecycles.kept[bucket].default_minimum_object_size
        return answer

    def _get_lifecycle(self, environ: WSGIEnvironment, bucket: str) -> Response:
        """moto knows whether the bucket and its configuration still exist; the document is ours."""
        answer = self._ask_moto(environ)
        if answer.status_code != 200:
            self.lifecycles.forget(bucket)
        elif bucket in self.lifecycles.kept:
            kept = self.lifecycles.kept[bucket]
            answer.set_data(kept.xml)
            answer.headers[MINIMUM_SIZE_HEADER] = kept.default_minimum_object_size
        return answer

    def _delete_lifecycle(self, environ: WSGIEnvironment, bucket: str) -> Response:
        self.lifecycles.forget(bucket)
        return self._ask_moto(environ)


def _body(environ: WSGIEnvironment) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return environ["wsgi.input"].read(length) if length else b""


def _replace_body(environ: WSGIEnvironment, body: bytes) -> None:
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
