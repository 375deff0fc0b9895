"""`python -m ops local`: one Docker Compose file with its configuration and generated secrets, in a directory."""

import secrets
from pathlib import Path

from ops.errors import CommandError
from ops.report.model import Document, Listing, Text, document
from ops.stacks import settings_of
from telemetry.local.compose import GRAFANA_PASSWORD_FILE, S3_CREDENTIALS_FILE, S3_IDENTITIES_FILE
from telemetry.local.files import identities, local_files

OWNER_ONLY_DIRECTORY = 0o700


def write_local_platform(stack: str, output: Path) -> Document:
    """Renders the local platform of a stack, and says how to start it. Raises `CommandError`, `SettingsError`.

    Secrets that are there already stay, so that volumes keep working; all else is written anew.
    """
    files = local_files(settings_of(stack))
    try:
        for path, text in files.items():
            target = output / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        made = _write_secrets(output)
    except OSError as error:
        raise CommandError(f"--output {output}: can't be written: {error.strerror}") from None
    return _next_steps(output, new_secrets=made)


def _write_secrets(output: Path) -> bool:
    directory = output / Path(S3_CREDENTIALS_FILE).parent
    directory.mkdir(mode=OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
    directory.chmod(OWNER_ONLY_DIRECTORY)
    if all((output / path).is_file() for path in (S3_CREDENTIALS_FILE, S3_IDENTITIES_FILE, GRAFANA_PASSWORD_FILE)):
        return False
    access_key_id, secret_access_key = secrets.token_hex(10), secrets.token_hex(20)
    # Readable inside their containers by other users; the directory keeps others on this machine out.
    texts = {
        S3_CREDENTIALS_FILE: f"AWS_ACCESS_KEY_ID={access_key_id}\nAWS_SECRET_ACCESS_KEY={secret_access_key}\n",
        S3_IDENTITIES_FILE: identities(access_key_id, secret_access_key),
        GRAFANA_PASSWORD_FILE: secrets.token_urlsafe(24),
    }
    for path, text in texts.items():
        (output / path).write_text(text, encoding="utf-8")
    return True


def _next_steps(output: Path, *, new_secrets: bool) -> Document:
    kept = "new secrets were generated" if new_secrets else "the secrets that were there are kept"
    steps = (
        f"  docker compose --project-directory {output} up --detach",
        f"  cat {output / GRAFANA_PASSWORD_FILE}     # of user admin at http://localhost:3000",
        "  export OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318",
        f"  docker compose --project-directory {output} down --volumes",
    )
    return document(
        "",
        Text(words=f"{output}: Loki, Tempo, Mimir, Grafana, collector and an S3 server; {kept}"),
        Listing(text="\n".join(steps)),
    )
