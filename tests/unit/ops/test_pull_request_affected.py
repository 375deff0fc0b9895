"""What a diff touches: a table of paths, documents of shared clusters, and git itself on a small repository."""

import subprocess
from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.pull_request.affected import ChangedFile, StackFacts, affected_stacks
from ops.pull_request.changed_files import affected_by, changes_since, stacks_in
from ops.report.terminal import plain
from tests.stacks import PROJECT, REPOSITORY

STACKS = (
    StackFacts(name="prod", region="us-east-1"),
    StackFacts(name="staging", region="us-west-2"),
    StackFacts(name="dev", region="us-west-2", owner="staging"),
)
ALL = ("prod", "staging", "dev")
NONE: tuple[str, ...] = ()
OWNER = "config: {{aws:region: us-west-2, lgtm:platform: {{cluster: {cluster}, retention: {retention}}}}}"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("__main__.py", ALL),
        ("Pulumi.yaml", ALL),
        ("components/loki.py", ALL),
        ("planning/tiers/report.py", ALL),
        ("planning/prices/loader.py", ALL),
        ("settings/document/defaults.py", ALL),
        ("telemetry/charts/lock.py", ALL),
        ("policies/rules/tags.py", ALL),
        ("requirements.txt", ALL),
        ("requirements.lock", ALL),
        ("something-new.py", ALL),
        ("new_room/module.py", ALL),
        ("planning/prices/us-west-2.yaml", ("staging", "dev")),
        ("planning/prices/us-east-1.yaml", ("prod",)),
        ("planning/prices/eu-west-1.yaml", NONE),
        ("policies/config/prod.json", ("prod",)),
        ("policies/config/gone.json", NONE),
        ("Pulumi.prod.yaml", ("prod",)),
        ("Pulumi.dev.yaml", ("dev",)),
        ("docs/pull-requests.md", NONE),
        ("tests/unit/conftest.py", NONE),
        ("benchmarks/planning.py", NONE),
        ("ops/cost/plan.py", NONE),
        ("sandbox/session.py", NONE),
        (".github/workflows/deploy.yml", NONE),
        ("requirements-dev.txt", NONE),
        ("settings/stack.schema.json", NONE),
        ("README.md", NONE),
    ],
)
def test_each_path_reaches_its_stacks(path: str, expected: tuple[str, ...]) -> None:
    assert affected_stacks([ChangedFile(path=path)], STACKS).names == expected


def test_every_entry_of_the_project_is_known() -> None:
    """A new folder would count for all stacks: safe, but somebody should have decided it."""
    tracked = subprocess.run(
        ["git", "-C", str(REPOSITORY), "ls-files"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    unknown = [
        reason
        for stack in affected_stacks([ChangedFile(path=path) for path in tracked], stacks_in()).stacks
        for reason in stack.reasons
        if "not known" in reason
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (OWNER.format(cluster="{a: 1}", retention=1), OWNER.format(cluster="{a: 2}", retention=1), ("staging", "dev")),
        (OWNER.format(cluster="{a: 1}", retention=1), OWNER.format(cluster="{a: 1}", retention=2), ("staging",)),
        (None, OWNER.format(cluster="{a: 1}", retention=1), ("staging", "dev")),
        ("config: [", OWNER.format(cluster="{a: 1}", retention=1), ("staging", "dev")),
        ("{}", "{}", ("staging", "dev")),
    ],
)
def test_tenant_stacks_follow_what_they_share(before: str | None, after: str | None, expected: tuple[str, ...]) -> None:
    change = ChangedFile(path="Pulumi.staging.yaml", before=before, after=after)
    assert affected_stacks([change], STACKS).names == expected


def test_a_deleted_stack_is_named_and_not_previewed() -> None:
    answer = affected_stacks([ChangedFile(path="Pulumi.old.yaml", before="config: {}")], STACKS)
    assert answer.removed == ("old",)
    assert answer.names == NONE


def test_a_stack_whose_file_is_unreadable_follows_every_price_table() -> None:
    broken = [StackFacts(name="broken", region=None)]
    assert affected_stacks([ChangedFile(path="planning/prices/eu-west-1.yaml")], broken).names == ("broken",)


def test_the_project_s_own_stacks_have_the_owner_before_its_tenant_stack() -> None:
    facts = {stack.name: stack for stack in stacks_in()}
    assert facts["dev"].owner == "staging"
    assert list(facts).index("staging") < list(facts).index("dev")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    def write(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")

    git("init", "--initial-branch", "main")
    for stack in ("dev", "staging", "prod"):
        name = f"Pulumi.{stack}.yaml"
        write(name, (PROJECT / name).read_text(encoding="utf-8"))
    write("docs/a.md", "one")
    git("add", "-A")
    git("commit", "-m", "base")
    git("checkout", "-b", "change")
    write("Pulumi.staging.yaml", (tmp_path / "Pulumi.staging.yaml").read_text(encoding="utf-8") + "# a remark\n")
    write("docs/é\n.md", "two")
    git("add", "-A")
    git("commit", "-m", "change")
    git("checkout", "main")
    write("Pulumi.prod.yaml", "of main only")
    git("commit", "-am", "meanwhile")
    git("checkout", "change")
    return tmp_path


def test_git_tells_what_the_branch_changed_and_not_what_main_did_meanwhile(repository: Path) -> None:
    assert {change.path for change in changes_since("main", repository)} == {"Pulumi.staging.yaml", "docs/é\n.md"}
    # A remark is no change of the cluster, so the tenant stack stays as it is.
    assert affected_by("main", repository).names == ("staging",)


@pytest.mark.parametrize("base", ["no-such-branch", "--output=/tmp/x", ""])
def test_a_base_that_is_no_commit_is_one_message(base: str, repository: Path) -> None:
    with pytest.raises(CommandError, match="is no commit that git knows here"):
        affected_by(base, repository)


def test_people_read_each_stack_with_its_reasons() -> None:
    def told(*paths: str) -> str:
        return plain(affected_stacks([ChangedFile(path=path) for path in paths], STACKS[:2]).document())

    assert told("docs/index.md") == "no stack is touched"
    assert told("planning/prices/us-east-1.yaml", "Pulumi.old.yaml") == (
        "prod\n- planning/prices/us-east-1.yaml: prices of us-east-1\n\n"
        "old: its file is deleted; destroy the stack before, or its resources stay unmanaged"
    )
