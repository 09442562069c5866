"""The only place that knows ciphers: seal, open, wrap, derive, hash with a key.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce per message; HKDF-SHA-256 (RFC 5869)
derives keys for named uses. A sealed message is `version byte | nonce (12) | ciphertext + tag`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12


class CannotOpen(ValueError):
    """The sealed bytes were changed, moved to another place, or belong to another key."""


class SiteKeyUnusable(RuntimeError):
    """The site key file is there but is not a key."""


def load_site_key(path: Path) -> bytes:
    """Read the site's root key; make one, readable by its owner only, where there is none yet.

    Raises:
        SiteKeyUnusable: if the file exists but does not hold 32 bytes in hexadecimal.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(KEY_BYTES).hex())
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError as error:
        raise SiteKeyUnusable(f"{path.name} does not hold a key in hexadecimal.") from error
    if len(key) != KEY_BYTES:
        raise SiteKeyUnusable(f"{path.name} holds {len(key)} bytes where {KEY_BYTES} are needed.")
    return key


def new_key() -> bytes:
    """Draw a fresh 256-bit key."""
    return AESGCM.generate_key(bit_length=256)


def seal(key: bytes, plaintext: bytes, place: bytes) -> bytes:
    """Encrypt `plaintext` so that it opens only with this key and in this place."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, VERSION + place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        CannotOpen: if key, place or a single bit differ from those of sealing.
    """
    if sealed[:1] != VERSION:
        raise CannotOpen("These bytes were not sealed by a version of the cipher that is known.")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, body, VERSION + place)
    except InvalidTag as error:
        raise CannotOpen("Sealed data does not open: changed, moved, or another key.") from error


def derived(key: bytes, use: str) -> bytes:
    """Derive an independent key for one named use, so that no key serves two ends."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=use.encode()).derive(key)


def keyed_hash(key: bytes, text: str) -> str:
    """Return the HMAC-SHA-256 of a text: equal for equal texts, meaningless without the key."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left, right)


def digest(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def new_token() -> str:
    """Draw a token of 256 bits for a machine to carry."""
    return os.urandom(32).hex()
