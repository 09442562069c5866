"""Alice, who shows everything to her team, and a proposal about her."""

import pytest
from tests.apps.plans.scene import answered
from tests.people import NOW, agree

from heartsease.care.plans import tasks


@pytest.fixture
def alice(cast):
    agree(cast.alice)
    return cast.alice


@pytest.fixture
def proposal(alice):
    answered(alice, 18, NOW)
    (made,) = tasks.think_over(alice, now=NOW)
    return made
