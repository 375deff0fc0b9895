"""Kubeconfigs: the one made for EKS, and one context out of a person's files."""

import json
import os
from pathlib import Path

import pulumi
import pytest

from components.kubeconfig import eks_kubeconfig
from components.kubeconfig_file import read_context

MADE = eks_kubeconfig(
    cluster_name="lgtm-prod-cluster",
    region="us-west-2",
    endpoint="https://example.eks.amazonaws.com",
    certificate_authority="Q0E=",
)


def write(path: Path, *, context: str, server: str, user: dict[str, object] | None = None) -> Path:
    document = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": user or {"token": "abc"}}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u", "namespace": "x"}}],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def test_eks_kubeconfig_asks_aws_for_a_token_at_each_use() -> None:
    document = json.loads(MADE)
    (user,) = document["users"]
    assert user["user"] == {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": [
                "eks", "get-token", "--cluster-name", "lgtm-prod-cluster", "--region", "us-west-2", "--output", "json",
            ],
            "interactiveMode": "Never",
        }
    }  # fmt: skip
    assert document["clusters"][0]["cluster"] == {
        "server": "https://example.eks.amazonaws.com",
        "certificate-authority-data": "Q0E=",
    }
    assert document["current-context"] == document["contexts"][0]["name"] == "lgtm-prod-cluster"


def test_eks_kubeconfig_is_read_back_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(MADE)
    context = read_context("lgtm-prod-cluster", str(tmp_path / "config"))
    assert context.server == "https://example.eks.amazonaws.com"
    assert json.loads(context.kubeconfig) == json.loads(MADE)


def test_kubeconfig_variable_lists_files_and_the_first_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "a", context="one", server="https://first")
    second = write(tmp_path / "b", context="two", server="https://second")
    environment = {"KUBECONFIG": os.pathsep.join([str(tmp_path / "missing"), str(first), str(second)])}
    assert read_context("two", None, environment).server == "https://first"
    assert read_context("two", str(second), environment).server == "https://second"


def test_home_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / ".kube" / "config", context="home", server="https://home")
    assert read_context("home", None, {}).server == "https://home"
    assert read_context("home", "~/.kube/config", {"KUBECONFIG": "/elsewhere"}).server == "https://home"


def test_relative_credential_plugins_are_found_from_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "config", context="one", server="https://s", user={"exec": {"command": "./bin/login"}})
    document = json.loads(read_context("one", str(path)).kubeconfig)
    assert document["users"][0]["user"]["exec"]["command"] == str(tmp_path / "bin" / "login")
    path = write(tmp_path / "config", context="one", server="https://s", user={"exec": {"command": "aws"}})
    assert json.loads(read_context("one", str(path)).kubeconfig)["users"][0]["user"]["exec"]["command"] == "aws"


@pytest.mark.parametrize("text", ["[1, 2]", "just words", "clusters: [{}]", "users: 3", "{broken: ["])
def test_what_is_no_kubeconfig_is_said_in_a_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(pulumi.RunError, match=r"lgtm:platform.cluster: .*config (is not a kubeconfig|can't be read)"):
        read_context("any", str(tmp_path / "config"))


def test_empty_file_has_no_contexts(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("apiVersion: v1\nkind: Config\n")
    with pytest.raises(pulumi.RunError, match=r"contexts there: none$"):
        read_context("any", str(tmp_path / "config"))
