"""Every way to write an alert or a signal."""

from .alerts import (
    AlreadyEnded,
    DangerWaits,
    NotSaid,
    acknowledge,
    add_to_alert,
    close,
    escalate,
    hand_over,
    mark_reviewed,
    open_alert,
    retire_untaken,
)
from .danger import look_for_danger, look_for_danger_again
from .owners import find_new_owners, follow_the_care, look_for_the_unowned, look_for_the_unowned_of
from .rests import NoSuchWay, let_rest, wake
from .signals import (
    NoSuchIdea,
    end_signal,
    forget,
    forget_signals,
    keep_signal,
    say_of_idea,
    stop_looking,
    stop_watching,
)

__all__ = [
    "AlreadyEnded",
    "DangerWaits",
    "NoSuchIdea",
    "NoSuchWay",
    "NotSaid",
    "acknowledge",
    "add_to_alert",
    "close",
    "end_signal",
    "escalate",
    "find_new_owners",
    "follow_the_care",
    "forget",
    "forget_signals",
    "hand_over",
    "keep_signal",
    "let_rest",
    "look_for_danger",
    "look_for_danger_again",
    "look_for_the_unowned",
    "look_for_the_unowned_of",
    "mark_reviewed",
    "open_alert",
    "retire_untaken",
    "say_of_idea",
    "stop_looking",
    "stop_watching",
    "wake",
]
