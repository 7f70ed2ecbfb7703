"""Whose a task is, and who answers for the receiving side of a transfer: by streets and by assignees."""

from __future__ import annotations

import pytest

from jiedao.domain.access import Holder
from jiedao.domain.links import Receiver
from jiedao.domain.tasks import Assignee, Task
from jiedao.domain.terms import Role

CHAOHUI, WENHUI = "330103006", "330103007"
EVERYWHERE = Holder("t", "user:a", Role.HANDLER)
AT_CHAOHUI = Holder("t", "user:b", Role.HANDLER, streets=frozenset({CHAOHUI}))
AT_WENHUI = Holder("t", "user:c", Role.HANDLER, streets=frozenset({WENHUI}))
GREENERS = Holder("t", "user:d", Role.HANDLER, assignees=frozenset({"区园林绿化局"}))
BOTH = Holder("t", "user:e", Role.HANDLER, streets=frozenset({CHAOHUI}), assignees=frozenset({"区园林绿化局"}))

PLATFORM = Assignee("platform", "朝晖街道综合行政执法平台", CHAOHUI, "enforcement")
UNPLACED = Assignee("platform", "综合行政执法平台")
GREENING = Assignee("department", "区园林绿化局")
GRID = Assignee("grid_worker", "文晖第三网格", WENHUI)


# assignee, worker, the street that holds the incident, and whose the task is
@pytest.mark.parametrize(
    ("assignee", "worker", "street", "theirs"),
    [
        (PLATFORM, None, CHAOHUI, [EVERYWHERE, AT_CHAOHUI]),
        (PLATFORM, None, WENHUI, [EVERYWHERE, AT_CHAOHUI]),
        (PLATFORM, GRID, CHAOHUI, [EVERYWHERE, AT_CHAOHUI, AT_WENHUI]),
        (UNPLACED, None, WENHUI, [EVERYWHERE, AT_WENHUI]),
        (UNPLACED, None, None, [EVERYWHERE]),
        (GREENING, None, CHAOHUI, [EVERYWHERE, GREENERS, BOTH]),
    ],
)
def test_a_task_is_for_its_assignees_people(assignee, worker, street, theirs):
    task = Task("T1", assignee, worker=worker)
    asked = [EVERYWHERE, AT_CHAOHUI, AT_WENHUI, GREENERS, BOTH]
    assert [holder for holder in asked if holder.works_on(task, street)] == theirs


@pytest.mark.parametrize(
    ("receiver", "answer"),
    [
        (Receiver("street", "文晖街道", WENHUI), [EVERYWHERE, AT_WENHUI, GREENERS]),
        (Receiver("department", "区园林绿化局"), [EVERYWHERE, GREENERS, BOTH]),
        (Receiver("department", "区城管局"), [EVERYWHERE]),
        (Receiver("body", "市中级人民法院"), [EVERYWHERE, AT_CHAOHUI, AT_WENHUI, GREENERS, BOTH]),
    ],
)
def test_a_transfer_is_answered_by_the_receiving_side(receiver, answer):
    asked = [EVERYWHERE, AT_CHAOHUI, AT_WENHUI, GREENERS, BOTH]
    assert [holder for holder in asked if holder.may_answer(receiver)] == answer
