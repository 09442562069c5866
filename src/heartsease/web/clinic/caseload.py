"""The caseload as rows: one person each, with everything that says who needs somebody first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from heartsease.capture.journal import queries as journal
from heartsease.capture.measures import queries as measures
from heartsease.capture.measures.models import Assignment, Response
from heartsease.capture.streams import queries as streams
from heartsease.care.plans import queries as plans
from heartsease.care.plans.models import Proposal
from heartsease.consent import gate
from heartsease.people.models import Person
from heartsease.people.queries import leads, named
from heartsease.science import instruments
from heartsease.science.course.reliable import verdict
from heartsease.science.sensing.catalogue import FEATURES
from heartsease.science.treatment.stepped_care import ScorePoint, is_off_track
from heartsease.watch import queries as watch
from heartsease.watch.models import Alert, Kind, Review, Signal
from heartsease.web import charts

QUIET_DAYS = 14
NEEDS = "needs"


@dataclass(frozen=True)
class Scores:
    """First and last score of one questionnaire, and whether the change is beyond chance."""

    first: Response
    last: Response
    verdict: str
    spark: charts.Chart | None

    @property
    def change(self) -> float:
        """Points gained (worse) or lost (better)."""
        return self.last.points - self.first.points


@dataclass(frozen=True)
class Moved:
    """What is known of one domain of a person: what changed, that nothing did, or why not known.

    Attributes:
        words: at most three.
        why: more about it, for whoever asks; empty where the words say all.
    """

    words: str
    why: str = ""
    is_change: bool = False


@dataclass(frozen=True)
class Row:
    """One person of the caseload."""

    person: Person
    rank: tuple[float, ...]
    flag: str
    flag_kind: str
    alert: Alert | None
    proposal: Proposal | None
    phq9: Scores | None
    gad7: Scores | None
    sleep: Moved
    activity: Moved
    weeks: int | None
    off_track: str
    overdue: Sequence[Assignment]
    heard: date | None
    review: Review | None
    lead: UUID | None
    alerts: Sequence[Alert] = field(default=())
    proposals: Sequence[Proposal] = field(default=())
    shows_nothing: bool = False

    @property
    def needs_somebody(self) -> bool:
        """Whether anything waits for a clinician."""
        return bool(self.alert or self.proposal or self.off_track or self.overdue)


def rows(
    clinician: Person, now: datetime, today: date, only: Collection[UUID] | None = None
) -> list[Row]:
    """Every person the clinician cares for, the one who needs somebody first at the top.

    A fixed number of queries, however many people there are.

    Args:
        only: the people a page has news of; None for everybody.
    """
    look = gate.Look(clinician, "care", only)
    people = named(look.people)
    scores = measures.courses(look, people, ("phq9", "gad7"))
    alerts = watch.open_alerts(look, people)
    signals = watch.signals_of(look, people)
    proposals = plans.open_proposals(look, people)
    overdue = measures.overdue(look, people, now)
    began = plans.first_days(look, people)
    watched = _watched(people)
    verdicts = watch.verdicts_of(look, people)
    reviews = watch.last_reviews(look, people)
    checked_in = journal.last_day(look, people)
    measured = streams.last_days(look, people)
    last_answers = measures.last_days(look, people)
    leading = leads(people)
    result = []
    for person in people:
        key = person.pk
        started = person.local_day(began[key]) if key in began else None
        answers = [scores.get((key, name), []) for name in ("phq9", "gad7")]
        spans = {FEATURES[name].domain: day for (who, name), day in measured.items() if who == key}
        days = [checked_in.get(key), last_answers.get(key), *spans.values()]
        result.append(
            _row(
                person,
                phq9=_course(answers[0]),
                gad7=_course(answers[1]),
                off_track=_off_track(answers, started, today),
                alerts=alerts.get(key, []),
                signals=signals.get(key, []),
                proposals=proposals.get(key, []),
                overdue=overdue.get(key, []),
                weeks=(today - started).days // 7 if started else None,
                heard=max((day for day in days if day), default=None),
                measured=spans if key in watched else None,
                verdicts=verdicts.get(key, {}),
                review=reviews.get(key),
                lead=leading.get(key),
                shows_nothing=not look.is_shown_anything(key),
                now=now,
                today=today,
            )
        )
    return sorted(result, key=lambda row: row.rank)


def _watched(people: list[Person]) -> set[UUID]:
    """Those of them who agree that changes in their watch data are looked out for."""
    known = gate.seen_by(gate.MACHINE, "early_warning", "wearables")
    return set(known.filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True))


def _row(
    person: Person,
    *,
    phq9: Scores | None,
    gad7: Scores | None,
    off_track: str,
    alerts: list[Alert],
    signals: list[Signal],
    proposals: list[Proposal],
    overdue: list[Assignment],
    weeks: int | None,
    heard: date | None,
    measured: dict[str, date] | None,
    verdicts: dict[str, list[str]],
    review: Review | None,
    lead: UUID | None,
    shows_nothing: bool,
    now: datetime,
    today: date,
) -> Row:
    alert = alerts[0] if alerts else None
    flag, kind = _flag(alert, proposals, off_track, overdue, now)
    quiet_days = (today - heard).days if heard else 999
    order = {"danger": 0, "late": 1, "look": 2, "proposal": 3, "off_track": 4, "overdue": 5}
    return Row(
        person=person,
        rank=(
            order.get(kind, 9),
            alert.due_at.timestamp() if alert else 0,
            -(phq9.last.points if phq9 else 0),
            -quiet_days,
        ),
        flag=flag,
        flag_kind=kind,
        alert=alert,
        alerts=alerts,
        proposal=proposals[0] if proposals else None,
        proposals=proposals,
        phq9=phq9,
        gad7=gad7,
        sleep=_moved(signals, "sleep", measured, verdicts.get("sleep", []), today),
        activity=_moved(signals, "activity", measured, verdicts.get("activity", []), today),
        weeks=weeks,
        off_track=off_track,
        overdue=overdue,
        heard=heard,
        review=review,
        lead=lead,
        shows_nothing=shows_nothing,
    )


def _course(responses: list[Response]) -> Scores | None:
    if not responses:
        return None
    first, last = responses[0], responses[-1]
    instrument = instruments.load(first.instrument)
    spark = None
    if len(responses) > 1:
        spark = charts.sparkline(
            f"{first.instrument}-{first.person_id}",
            [response.points for response in responses],
            title=instrument.title,
            limits=(0, instrument.highest),
        )
    same = "unchanged" if len(responses) == 1 else verdict(first.points, last.points, instrument)
    return Scores(first=first, last=last, verdict=same, spark=spark)


def _off_track(answers: list[list[Response]], started: date | None, today: date) -> str:
    """Why the scores call for a review, by the rules that proposals are made by."""
    for responses in answers:
        points = [
            ScorePoint(row.instrument, row.person.local_day(row.answered_at), row.points)
            for row in responses
        ]
        if why := is_off_track(points, started, today):
            return why
    return ""


def _flag(
    alert: Alert | None,
    proposals: list[Proposal],
    off_track: str,
    overdue: list[Assignment],
    now: datetime,
) -> tuple[str, str]:
    """Why this person needs somebody, in three words, and how much."""
    if alert is not None and alert.kind == Kind.SAFETY:
        taken = "Safety, taken" if alert.acknowledged_at else "Safety, not taken"
        return taken, "danger"
    if alert is not None:
        if alert.is_overdue(now):
            return "Alert past due", "late"
        return alert.headline, "look"
    if proposals:
        return "Proposal waits", "proposal"
    if off_track:
        return "Off track", "off_track"
    if overdue:
        return "Questionnaire overdue", "overdue"
    return "", ""


def _moved(
    signals: list[Signal],
    domain: str,
    measured: dict[str, date] | None,
    verdicts: list[str],
    today: date,
) -> Moved:
    """What changed in a domain against the person's usual, or why nothing is known of it.

    Args:
        measured: the last day with data by domain; None where changes are not watched.
        verdicts: what the last look could say of the domain's ways.
    """
    own = [signal for signal in signals if signal.domain == domain]
    if own:
        ways = ", ".join(dict.fromkeys(signal.way.partition(".")[2] for signal in own))
        return Moved(ways, own[0].facts["label"], is_change=True)
    if measured is None:
        return Moved("not watched")
    if domain not in measured or (today - measured[domain]).days > QUIET_DAYS:
        return Moved("no data")
    if watch.UNCHANGED in verdicts:
        return Moved("nothing noticed")
    return Moved("too few days", next(iter(verdicts), ""))


@dataclass(frozen=True)
class Filters:
    """Filters as words of a sentence: whose people, and which of them."""

    whose: str = "team"
    which: str = "all"

    WHOSE = (("team", "all of my teams' people"), ("mine", "the people I lead"))
    WHICH = (
        ("all", "everybody"),
        (NEEDS, "who need somebody"),
        ("off_track", "off track"),
        ("quiet", f"not heard from in {QUIET_DAYS} days"),
        ("proposal", "with an open proposal"),
    )

    @classmethod
    def of(cls, asked: dict[str, str]) -> Filters:
        """Read the filters, unknown words counting as not said."""
        whose = asked.get("whose", "team")
        which = asked.get("which", "all")
        return cls(
            whose if whose in dict(cls.WHOSE) else "team",
            which if which in dict(cls.WHICH) else "all",
        )

    def keep(self, row: Row, clinician: Person, today: date) -> bool:
        """Whether a row passes."""
        if self.whose == "mine" and row.lead != clinician.pk:
            return False
        if self.which == NEEDS:
            return row.needs_somebody
        if self.which == "off_track":
            return bool(row.off_track)
        if self.which == "quiet":
            return row.heard is None or row.heard < today - timedelta(days=QUIET_DAYS)
        if self.which == "proposal":
            return row.proposal is not None
        return True
