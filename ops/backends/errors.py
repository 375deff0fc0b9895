"""What can go wrong between an operator's machine and a running service."""

from enum import StrEnum

from planning.errors import OUT_OF_REACH, UserError


class Problem(StrEnum):
    """Why a service gave no usable answer."""

    UNREACHABLE = "can't be reached"
    TIMEOUT = "did not answer in time"
    TLS = "TLS failed"
    REFUSED = "refuses access"
    BUSY = "is busy"
    FAILED = "answers with an error"
    GARBAGE = "answers something else"
    EMPTY = "knows nothing of it"
    ABSENT = "isn't up"
    TOOL = "isn't on PATH, and `make tools` hasn't brought it"


class LiveError(UserError):
    """A service that gave no usable answer; `str()` is the message for people and names the service."""

    exit_code = OUT_OF_REACH

    def __init__(self, service: str, problem: Problem, detail: str, status: int | None = None) -> None:
        super().__init__(f"{service} {problem.value}: {detail}")
        self.service = service
        self.problem = problem
        self.detail = detail
        self.status = status
        """HTTP status, where there was one."""
        self.wait_seconds: float | None = None
        """What a busy service asks to wait, where it says so."""
