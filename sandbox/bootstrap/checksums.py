"""SHA-256 of release files, by platform: what a download is held to, whatever its host says.

Read on 2026-11-28 in public repositories, since a sum from the file's own host proves only that nothing broke on the
way. Without one here: the engine 3.274.1, Kubernetes 1.37.2, Prometheus 3.16.0 and Alertmanager 0.34.2, of which no
public repository at hand has any; their downloads are checked against the host's list, which is said.
"""

from collections.abc import Mapping

# nixpkgs, pkgs/by-name/pu/pulumi-bin/data.nix of commit 0501eb32 (Nix's base 32, written here in hexadecimal).
KUBERNETES_PROVIDER: Mapping[str, str] = {
    "linux-amd64": "6ea3d53c16a00c4d1017c4d109928d8f4801fd7cd978965cd43917561f3774b0",
    "linux-arm64": "e4260240ed14bff6ed1a5a25a362311380ea1c072544fc262532b8197ea0725c",
    "darwin-amd64": "e5dffbef3525bb6f41c2b328afb471149c7396c263d2acd2ef2fab51d63d47f3",
    "darwin-arm64": "566425b7767be7184d59c7ea151812c98426d7dab85f93c9c676c1dc9d488d91",
}
# The release notes of helm v3.22.0 (2026-09-10) as others keep them; Linux's in seven further repositories.
HELM: Mapping[str, str] = {
    "linux-amd64": "1e4ab49e429626cf6c6958d914248b78c9730803c2751b87627e171dc800e7bb",
    "linux-arm64": "f14e804dfee240f55525b667488fe9adca349e63e00c9af634c0beb1421ac310",
    "darwin-amd64": "bd1d09f316558dda23698527859600936fed1371021ce0f2272d66b2fdcfa69c",
    "darwin-arm64": "4c9982a6cdeb458b60258df66b55398ca5b19293f6877faffe2909ad6f23dfe0",
}
# A Nix package of kwok-bin 0.8.0; linux-amd64 and darwin-arm64 also in two lists of pinned tools.
KWOK: Mapping[str, str] = {
    "linux-amd64": "f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46",
    "linux-arm64": "628f7d277860f524a2a775c217adcc58828e7b59ab0933680315784f1b8b0e37",
    "darwin-arm64": "69a064ec98d37844d9d742b5b28ff57825659a983ccc3e208daa6948b94d64ba",
}
# A Homebrew formula of otelcol-contrib 0.149.0; linux-amd64 also in another repository's list. None has linux-arm64.
COLLECTOR: Mapping[str, str] = {
    "linux-amd64": "4acb57355e9388f257b28de8c18422ff43e52eb329052bd54ebecde000dcbb47",
    "darwin-amd64": "85ba90ac48a921f5fcd8d44eb182045b87b12c5bd1e924ffa6301353b01b9272",
    "darwin-arm64": "999e1fcc2097171acc2054442c4733e05f9d91f94b6acf4c92b92f6a6260c3b7",
}
# Ten repositories that pin actionlint 1.7.12 agree.
ACTIONLINT: Mapping[str, str] = {
    "linux-amd64": "8aca8db96f1b94770f1b0d72b6dddcb1ebb8123cb3712530b08cc387b349a3d8",
    "linux-arm64": "325e971b6ba9bfa504672e29be93c24981eeb1c07576d730e9f7c8805afff0c6",
    "darwin-amd64": "5b44c3bc2255115c9b69e30efc0fecdf498fdb63c5d58e17084fd5f16324c644",
    "darwin-arm64": "aba9ced2dee8d27fecca3dc7feb1a7f9a52caefa1eb46f3271ea66b6e0e6953f",
}
