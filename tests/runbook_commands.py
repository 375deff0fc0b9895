"""The commands that runbooks show, and for kubectl's what the API server must know for them to work."""

import re
import shlex
from collections.abc import Iterator, Mapping

from settings.models.platform import PlatformSettings
from telemetry.alerting.runbooks import of_stack, pages

_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_BLOCK = re.compile(r"```.*?```", re.DOTALL)
# Words that only name a command, such as `kubectl describe pod`, have no object.
_MENTION = re.compile(r"kubectl( -n \S+)? \S+( pod)?$")
# What a reader puts in, by an object that every stack has; a service's own Deployment is any Deployment here.
EXAMPLES: Mapping[str, str] = {
    "<pod>": "loki-0",
    "<instance>": "loki-0",
    "<name>-<n>": "loki-0",
    "certificate <name>": "certificate loki",
    "hpa <name>": "hpa",
    "deployment/<service>": "deployment/grafana",
    "<n>": "2",
    "<port>": "3100",
}


def commands(program: str) -> Iterator[tuple[str, str]]:
    """Page and command, of every command of a program."""
    for name, text in pages().items():
        for found in _INLINE.finditer(_BLOCK.sub("", text)):
            if found[1].startswith(f"{program} "):
                yield name, found[1]


def lookups(settings: PlatformSettings, stack: str, node: str) -> dict[tuple[str, ...], str]:
    """kubectl commands that print what a page's command needs (nothing: it isn't there), and that command."""
    found: dict[tuple[str, ...], str] = {}
    for _, command in commands("kubectl"):
        if not _MENTION.match(command):
            text = of_stack(command, settings, stack).replace("<its-namespace>", settings.namespace)
            found.setdefault(_lookup(text, node), command)
    return found


def _lookup(command: str, node: str) -> tuple[str, ...]:
    for mark, example in {**EXAMPLES, "<node>": node}.items():
        command = command.replace(mark, example)
    words = shlex.split(command.partition(" | ")[0])[1:]
    place = words[:2] if words[0] == "-n" else []
    if place == ["-n", "cert-manager"]:
        # The simulated add-on has its namespace and its kinds, and no pods.
        return ("get", "namespace", "cert-manager", "-o", "name")
    verb, *rest = words[len(place) :]
    wanted = [
        word for word in rest if word != "--previous" and not word.startswith(("--tail", "--prefix", "--sort-by"))
    ]
    match verb:
        case "get" | "describe":
            kept = wanted
        case "logs" | "port-forward":
            kept = wanted if wanted[0] == "-l" or "/" in wanted[0] else ["pod", *wanted]
            kept = ["pods", *kept] if kept[0] == "-l" else kept[:2] if kept[0] == "pod" else kept[:1]
        case "rollout":
            kept = wanted[1:]
        case "top" | "scale" | "delete":
            kept = [word for word in wanted if not word.startswith("--replicas")]
        case _:
            raise AssertionError(f"no test knows how to look up what `{command}` needs")
    output = [] if any(word in ("-o", "wide") for word in kept) else ["-o", "name"]
    return (*place, "get", *kept, *output)
