"""Which agreement covers what devices send, and what of it a person lets in.

One file may hold sleep, positions and calls together. Each goes under the agreement that speaks of
it; what a person has not switched on is left out before anything is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q

from heartsease.base.policy import policy
from heartsease.consent import gate
from heartsease.consent.texts import is_offered
from heartsease.people.models import Person
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.sensing.reading import Batch
from heartsease.science.sensing.schema import DAILY, STREAMS

# Everything that no other agreement speaks of.
WEARABLES = "wearables"
AGREEMENTS = (WEARABLES, "places", "phone", "contacts", "voice")
OF_SAMPLES = {
    "gps": "places",
    "screen": "phone",
    "app_use": "phone",
    "keyboard": "phone",
    "comm": "contacts",
}
OF_DOMAIN = {
    "mobility": "places",
    "phone": "phone",
    "keyboard": "phone",
    "communication": "contacts",
    "voice": "voice",
}
# Says that a device still sends, and nothing else: no reason to take a file in.
ALIVE = "heartbeat"
# Exact positions have an agreement of their own, beside the one on numbers made of them.
POSITIONS, POSITION_SAMPLES = "positions", "gps"


def of_samples(stream: str) -> str:
    """The agreement that covers samples of a stream.

    >>> of_samples("gps"), of_samples("steps")
    ('places', 'wearables')
    """
    return OF_SAMPLES.get(stream, WEARABLES)


def of_feature(feature: str) -> str:
    """The agreement that covers a daily feature.

    >>> of_feature("home_stay_share"), of_feature("steps")
    ('places', 'wearables')
    """
    return OF_DOMAIN.get(FEATURES[feature].domain, WEARABLES)


def features_of(agreement: str) -> frozenset[str]:
    """The daily features that an agreement covers."""
    return frozenset(feature for feature in FEATURES if of_feature(feature) == agreement)


def samples_of(agreement: str) -> frozenset[str]:
    """The streams of samples that an agreement covers."""
    return frozenset(stream for stream in STREAMS if of_samples(stream) == agreement)


def offered() -> frozenset[str]:
    """The agreements that this site asks for at all."""
    return frozenset(one for one in AGREEMENTS if is_offered(one))


def kept(person: Person | UUID) -> frozenset[str]:
    """The agreements under which a person has data kept now."""
    return frozenset(one for one in AGREEMENTS if gate.allows(person, "keep", one))


def require_some(person: Person) -> None:
    """Let data in only where a person has any of it kept.

    Raises:
        NotOffered, NotConsented: as `gate.require` for watch data.
    """
    if not kept(person):
        gate.require(person, WEARABLES)


def parts(batch: Batch) -> Iterator[tuple[str, Batch]]:
    """A batch by agreement; ready-made daily features may fall under several."""
    if batch.stream != DAILY:
        yield of_samples(batch.stream), batch
        return
    for agreement in AGREEMENTS:
        own = pa.array(sorted(features_of(agreement)), pa.string())
        table = batch.table.filter(pc.is_in(batch.table["feature"], own))
        if table.num_rows:
            yield agreement, Batch(batch.stream, table)


def seen(actor: gate.Actor, purpose: str) -> Q:
    """The daily features that an actor may read for a purpose, as a condition on rows."""
    found = Q(pk=None)
    for agreement in AGREEMENTS:
        own = Q(feature__in=features_of(agreement))
        found |= own & Q(person__in=gate.seen_by(actor, purpose, agreement))
    return found


def oldest(person: Person | UUID, now: datetime) -> dict[str, date]:
    """The oldest day whose samples are kept, by stream.

    The numbers of a day look back a week, so positions stay for some days; longer only where the
    person has exact positions kept.
    """
    days = dict.fromkeys(STREAMS, policy().raw_days_kept)
    if not gate.allows(person, "keep", POSITIONS):
        days[POSITION_SAMPLES] = min(policy().position_days_kept, policy().raw_days_kept)
    return {stream: (now - timedelta(days=count)).date() for stream, count in days.items()}
