"""The policy in force, in words: what the operator decided, for anybody of the office."""

from __future__ import annotations

from dataclasses import dataclass

from heartsease.base.policy import NOT_BUILT, Policy

FEATURES = {
    "wearables": "Watch and phone data",
    "places": "Places",
    "phone_use": "Phone use",
    "contacts": "Calls and messages",
    "voice": "Voice diaries",
    "early_warning": "Looking out for changes",
    "plan_proposals": "Proposals for plans",
}


@dataclass(frozen=True)
class Group:
    """Sentences of the policy that belong together."""

    title: str
    sentences: tuple[str, ...]


def span(minutes: int) -> str:
    """A time in the unit in which people say it.

    >>> span(60), span(45), span(2880), span(300)
    ('1 hour', '45 minutes', '48 hours', '5 hours')
    """
    if minutes % 60:
        return f"{minutes} minutes"
    return _counted(minutes // 60, "hour")


def _lines(country: str) -> str:
    return (
        f"Help lines are those of {country}."
        if country
        else "No country is set, so the help page names no national line."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def in_words(policy: Policy) -> list[Group]:
    """Everything that the policy says, as sentences."""
    return [
        Group(
            "The place",
            (
                f"It is called {policy.place}. " + _lines(policy.country),
                _law(policy.jurisdiction),
                f"People are told: {policy.reading_hours}",
                _help(len(policy.local_help)),
            ),
        ),
        Group("What may be used", tuple(_features(policy))),
        Group("Changes and alerts", _alerts(policy)),
        Group(
            "How long data stay",
            (
                "Single measurements of devices are deleted after "
                f"{_counted(policy.raw_days_kept, 'day')}; the numbers of the days stay.",
                f"Exact positions are deleted after {_counted(policy.position_days_kept, 'day')}, "
                "unless a person has them kept.",
            ),
        ),
        Group("Signing in", _sign_in(policy)),
    ]


def _help(lines: int) -> str:
    if not lines:
        return "No help line of this place is set, so the country's stand first."
    stand = "stands" if lines == 1 else "stand"
    return f"{_counted(lines, 'help line')} of this place {stand} before the country's."


def _law(jurisdiction: str) -> str:
    if jurisdiction == "default":
        return "No rules of a jurisdiction are laid over the defaults."
    return f"The rules of {jurisdiction} are laid over the defaults."


def _features(policy: Policy) -> list[str]:
    """One sentence a feature; those that this version does not have are not promised."""
    return [
        f"{FEATURES.get(name, name.replace('_', ' ').capitalize())}: "
        f"{'on, for whoever agrees' if is_on else 'off for everybody'}."
        for name, is_on in policy.features.items()
        if name not in NOT_BUILT
    ]


def _alerts(policy: Policy) -> tuple[str, ...]:
    months = 1 / policy.false_alarms_per_person_month
    return (
        "Limits are set so that, for one person without any change, a false alarm is expected "
        f"about once in {_counted(max(round(months), 1), 'month')}.",
        f"A safety alert is due within {span(policy.safety_alert_due_minutes)}, then it goes to "
        "somebody else.",
        f"Any other alert is due within {span(policy.alert_due_hours * 60)}. If nobody takes it "
        f"for {_counted(policy.untaken_alert_retires_days, 'day')}, it ends by itself.",
        f"A proposal waits {_counted(policy.proposal_expires_days, 'day')} for a decision.",
    )


def _sign_in(policy: Policy) -> tuple[str, ...]:
    second = "need" if policy.staff_second_factor else "do not need"
    demo = (
        "Anybody may sign in as a person of the demo with one click."
        if policy.demo_sign_in
        else "Nobody signs in with one click."
    )
    return (f"Staff {second} a second step.", demo)
