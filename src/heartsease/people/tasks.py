"""A short mail each Monday to whoever asked for it: that the week is ready, and nothing more."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage

from heartsease.base.clock import every
from heartsease.base.policy import policy

from . import actions
from .models import Person

logger = logging.getLogger("heartsease.people")
HOUR = 8
# A mail server that is down on Monday is tried until Tuesday night; then the week is old news.
LAST_WEEKDAY = 1
WORDS = """Hello,

your week from {first} to {last} is ready to look at:

{address}/my-data/week/

This mail says nothing about how you are, because mail can be read on its way. You can stop it on
the same page. Nobody reads answers to it. If you need help now: {address}/help/
"""


@every(minutes=20)
def send_weekly_mails(now: datetime) -> None:
    """Write to everybody who asked and whose Monday morning it is; once a week each."""
    if not settings.SENDS_MAIL:
        return
    rows = Person.objects.filter(is_active=True, erased_at=None).exclude(weekly_mail_since=None)
    for person in rows:
        here = now.astimezone(ZoneInfo(person.timezone))
        if here.weekday() > LAST_WEEKDAY or (here.weekday() == 0 and here.hour < HOUR):
            continue
        monday = here.date() - timedelta(days=here.weekday())
        if actions.claim_weekly_mail(person, monday):
            _send(person, monday)


def _send(person: Person, monday: date) -> None:
    """Send one mail; what fails is given back and tried again."""
    first, last = monday - timedelta(days=7), monday - timedelta(days=1)
    text = WORDS.format(
        first=f"{first.day} {first:%B}",
        last=f"{last.day} {last:%B}",
        address=settings.PUBLIC_ADDRESS,
    )
    mail = EmailMessage(
        subject=f"{policy().place}: your week is ready",
        body=text,
        to=[person.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except OSError:
        logger.exception("A weekly mail could not be sent; it is tried again")
        actions.give_back_weekly_mail(person)
