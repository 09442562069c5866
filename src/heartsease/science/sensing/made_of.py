"""Which streams the features of a domain are made of, so that only what changed is made anew."""

from __future__ import annotations

from collections.abc import Collection

from .catalogue import FEATURES

# Streams that say that a phone was on and telling, and so that a day without calls had none.
OF_PHONES = frozenset({"app_use", "gps", "heartbeat", "keyboard", "screen"})
# Streams that say whether a device was still worn when a night's sleep ended (decision 019).
OF_WORN = frozenset({"heart_rate", "heartbeat", "steps"})
MADE_OF: dict[str, frozenset[str]] = {
    "sleep": frozenset({"sleep"}) | OF_WORN,
    "activity": frozenset({"steps"}),
    "heart": frozenset(
        {
            "heart_rate",
            "hrv_rmssd",
            "hrv_sdnn",
            "respiration",
            "resting_heart_rate",
            "rr_interval",
            "spo2",
        }
    ),
    "rhythm": frozenset({"activity"}),
    "mobility": frozenset({"gps"}),
    "phone": frozenset({"screen", "app_use"}),
    "communication": frozenset({"comm"}) | OF_PHONES,
    "keyboard": frozenset({"keyboard"}),
}


def touched(streams: Collection[str]) -> frozenset[str]:
    """The domains whose features may change with samples of these streams.

    >>> sorted(touched({"gps", "steps"}))
    ['activity', 'communication', 'mobility', 'sleep']
    """
    return frozenset(domain for domain, made_of in MADE_OF.items() if made_of & set(streams))


def needed(streams: Collection[str]) -> frozenset[str]:
    """All streams that the features of the touched domains are made of.

    >>> sorted(needed({"screen"}))
    ['app_use', 'comm', 'gps', 'heartbeat', 'keyboard', 'screen']
    """
    return frozenset[str]().union(*(MADE_OF[domain] for domain in touched(streams)))


def features_made_of(streams: Collection[str]) -> frozenset[str]:
    """The features that may change with samples of these streams."""
    domains = touched(streams)
    return frozenset(name for name, one in FEATURES.items() if one.domain in domains)


def features_of_domain(domain: str) -> frozenset[str]:
    """The features of one domain."""
    return frozenset(name for name, one in FEATURES.items() if one.domain == domain)
