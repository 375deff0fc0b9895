"""The platform's certificates in folders, as pods see them: what `telemetry.kubernetes.tls` asks for, issued here."""

from __future__ import annotations

import datetime
from pathlib import Path

from sandbox.kubernetes.authority import Authority, Issued
from settings.models.platform import PlatformSettings
from telemetry.kubernetes.tls import certificates

LIFETIME = datetime.timedelta(days=1)
BACK_ENDS = "back-ends"


def authority(name: str = "monitoring-ca") -> Authority:
    return Authority.self_signed(name, LIFETIME)


class CertificateFolders:
    """A folder for each certificate of a stack, and one for the sink that plays all back ends."""

    def __init__(
        self, directory: Path, settings: PlatformSettings, issuer: Authority, also: tuple[str, ...] = ()
    ) -> None:
        """`also` are further names of every server."""
        self._directory = directory
        self._wanted = {
            one.name: ([one.usage.value], (*one.dns_names, *also) if one.dns_names else ())
            for one in certificates(settings)
        }
        played = [name for one in ("loki", "tempo", "mimir-gateway") for name in self._wanted[one][1]]
        self._wanted[BACK_ENDS] = (["server auth"], tuple(played))
        for name in self._wanted:
            self.issue(name, issuer)

    def folder(self, name: str) -> Path:
        return self._directory / name

    def issue(self, name: str, issuer: Authority) -> Issued:
        """A new certificate in place of the old one, put there as the kubelet does: all at once."""
        usages, names = self._wanted[name]
        pair = issuer.issue(name, LIFETIME, ["digital signature", *usages], names)
        folder = self.folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        contents = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": issuer.pair.certificate}
        for file, content in contents.items():
            (folder / f".{file}").write_bytes(content)
        for file in contents:
            (folder / f".{file}").replace(folder / file)
        return pair
