"""How IAM roles are made in an account whose administrators have rules for that."""

from typing import Annotated

from planning.base import Frozen
from settings.models.fields import matching

# IAM API reference, CreateRole: a path begins and ends with a slash, up to 512 characters.
RolePath = Annotated[
    str,
    matching(
        r"^/([A-Za-z0-9+=,.@_-]{1,128}/){0,8}$",
        "/, or names between slashes, such as /platform/observability/",
    ),
]
PolicyArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$",
        "the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary",
    ),
]


class IamSettings(Frozen):
    """What every role of the stack carries."""

    role_path: RolePath = "/"
    """Path of the roles, by which an account's policies tell them from others. Another path is another role: each is
    deleted and made again, and what works with it stands still for seconds to minutes."""
    permissions_boundary_arn: PolicyArn | None = None
    """Policy that bounds what each role may do, whatever its own policies say; change it without making roles anew."""
