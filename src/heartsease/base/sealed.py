"""Model fields that are stored encrypted for one person and open only in their own cell.

A sealed value is bound to table, column, row and owner (additional authenticated data), so bytes
moved to another row or column do not open. Reading is lazy: a query that never looks at the
field never decrypts it, and `.values()` gives the sealed bytes, never the text.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import FieldError
from django.db import models

from . import crypto, keys


class Sealed(bytes):
    """Bytes as they stand in the database, not yet opened."""


class _Cell:
    """The attribute of an instance: opens on first look, keeps the plain value afterwards."""

    def __init__(self, field: SealedField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = self.field.open(instance, value)
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):
    """The common part: sealing before storage, opening on access, no look-ups."""

    descriptor_class = _Cell

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", True)
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Install the opening attribute in place of the plain one."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Cell(self))

    def encode(self, value: Any) -> bytes:
        """Turn a plain value into bytes."""
        raise TypeError("Use SealedTextField, SealedJSONField or SealedBytesField.")

    def decode(self, plaintext: bytes) -> Any:
        """Turn bytes back into the plain value."""
        raise TypeError("Use SealedTextField, SealedJSONField or SealedBytesField.")

    def place(self, instance: models.Model) -> bytes:
        """Name the cell: table, column, row and owner."""
        row = instance.pk
        table = instance._meta.db_table
        return f"{table}|{self.column}|{row}|{sealed_owner(instance)}".encode()

    def open(self, instance: models.Model, value: Sealed) -> Any:
        """Decrypt a stored value in the place where it was found."""
        key = keys.key_of(sealed_owner(instance))
        return self.decode(crypto.unseal(key, bytes(value), self.place(instance)))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal the value of this instance for its cell."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        key = keys.key_of(sealed_owner(model_instance))
        return Sealed(crypto.seal(key, self.encode(value), self.place(model_instance)))

    def from_db_value(self, value: Any, *_: Any) -> Sealed | None:
        """Mark what comes from the database as not yet opened."""
        return None if value is None else Sealed(bytes(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Refuse to store plain text: `QuerySet.update` and `bulk_update` bypass sealing."""
        if value is not None and not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is sealed: set it on an instance and save that.")
        return super().get_db_prep_value(value, connection, prepared)

    def get_lookup(self, lookup_name: str) -> Any:
        """Allow only the question whether there is a value at all."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: models.Model) -> str:
        """Refuse serialisation: a fixture of sealed data would be plain text."""
        raise FieldError(f"{self.name} is sealed and is not serialised.")


class SealedTextField(SealedField):
    """Free text, sealed."""

    def encode(self, value: str) -> bytes:
        """UTF-8; half a character, which no reader could show, becomes a question mark."""
        return value.encode(errors="replace")

    def decode(self, plaintext: bytes) -> str:
        """UTF-8."""
        return plaintext.decode()


class SealedJSONField(SealedField):
    """A structure, sealed."""

    def encode(self, value: Any) -> bytes:
        """JSON by orjson; keys may be whole numbers and come back as text."""
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SORT_KEYS)

    def decode(self, plaintext: bytes) -> Any:
        """JSON by orjson."""
        return orjson.loads(plaintext)


class SealedBytesField(SealedField):
    """Bytes such as an Arrow table, sealed."""

    def encode(self, value: bytes) -> bytes:
        """As they are."""
        return bytes(value)

    def decode(self, plaintext: bytes) -> bytes:
        """As they are."""
        return plaintext


def sealed_owner(instance: models.Model) -> UUID:
    """Say whose key seals this row: the row's `sealed_for`, or its `person`."""
    owner = getattr(instance, "sealed_for", None)
    return owner if owner is not None else instance.person_id  # type: ignore[attr-defined]
