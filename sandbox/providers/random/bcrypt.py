"""bcrypt through the C library's `crypt`, which is all that is needed of it: no package for one hash."""

from __future__ import annotations

import ctypes
import ctypes.util
import secrets
import string
import threading

COST = 10
LONGEST_BYTES = 72  # bcrypt looks no further
SALT_ALPHABET = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits
_lock = threading.Lock()  # crypt(3) returns a static buffer


def bcrypt_hash(password: str) -> str | None:
    """The bcrypt hash of a password, or None where the C library has no bcrypt (macOS)."""
    library = ctypes.util.find_library("crypt") or "libcrypt.so.1"
    try:
        crypt = ctypes.CDLL(library).crypt
    except (OSError, AttributeError):
        return None
    crypt.restype = ctypes.c_char_p
    crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    # The last of the 22 digits carries two bits only.
    salt = "".join(secrets.choice(SALT_ALPHABET) for _ in range(21)) + secrets.choice(".Oeu")
    with _lock:
        hashed: bytes | None = crypt(password.encode()[:LONGEST_BYTES], f"$2b${COST:02d}${salt}".encode())
    return hashed.decode() if hashed and hashed.startswith(b"$2b$") else None
