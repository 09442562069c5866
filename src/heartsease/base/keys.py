"""Each person has a key of their own; whoever destroys it has erased what it sealed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.conf import settings

from . import crypto
from .errors import Gone
from .models import PersonKey


class KeyDestroyed(Gone):
    """The person was erased: what was sealed for them cannot be read any more."""


_held: ContextVar[dict[UUID, bytes] | None] = ContextVar("keys held for one request", default=None)


@contextmanager
def keyring() -> Iterator[None]:
    """Hold opened keys for one request or task, never longer, so that erasure takes effect."""
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def _wrapping_key() -> bytes:
    return crypto.derived(settings.SITE_KEY, "wrap person keys")


def _place(owner: UUID) -> bytes:
    return b"person key|" + owner.bytes


def create(owner: UUID) -> None:
    """Give a new person a key."""
    wrapped = crypto.seal(_wrapping_key(), crypto.new_key(), _place(owner))
    PersonKey.objects.create(owner=owner, wrapped=wrapped)
    forget(owner)


def key_of(owner: UUID) -> bytes:
    """Return a person's key.

    Raises:
        KeyDestroyed: if the person has none, or no longer one.
    """
    held = _held.get()
    if held is not None and owner in held:
        return held[owner]
    hold([owner])
    held = _held.get()
    if held is not None and owner in held:
        return held[owner]
    row = PersonKey.objects.filter(owner=owner).first()
    if row is None:
        raise KeyDestroyed("This person's key was destroyed; their data can no longer be read.")
    return crypto.unseal(_wrapping_key(), bytes(row.wrapped), _place(owner))


def hold(owners: Iterable[UUID]) -> None:
    """Open several persons' keys with one query, when a keyring is open."""
    held = _held.get()
    if held is None:
        return
    missing = [owner for owner in owners if owner not in held]
    wrapping = _wrapping_key()
    for row in PersonKey.objects.filter(owner__in=missing):
        held[row.owner] = crypto.unseal(wrapping, bytes(row.wrapped), _place(row.owner))


def destroy(owner: UUID) -> None:
    """Erase: without the key nothing that was sealed for this person opens again."""
    PersonKey.objects.filter(owner=owner).delete()
    forget(owner)


def forget(owner: UUID) -> None:
    """Drop a key that this request holds."""
    held = _held.get()
    if held is not None:
        held.pop(owner, None)


def pseudonym(identifier: UUID | str) -> str:
    """Return a keyed hash that stands for a person where the person must not be named."""
    return crypto.keyed_hash(crypto.derived(settings.SITE_KEY, "pseudonyms"), str(identifier))
