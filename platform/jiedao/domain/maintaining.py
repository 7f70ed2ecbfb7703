"""Components (部件) go to the unit that maintains them (权属、养护): proposed at dispatch, to others with a reason.

The class table names the unit, in a column of its own or, where that is empty, as the department, unless a routing rule
names another department. GB/T 30428.2 keeps components by their owner; which unit that is is the district's data.
"""

from __future__ import annotations

from collections.abc import Iterable

from jiedao.domain.incident import Incident
from jiedao.domain.profile import COMPONENT_LETTER
from jiedao.domain.ruling import RuledOutError
from jiedao.domain.tasks import Assignee
from jiedao.domain.terms import TaskState

_OVER = frozenset({TaskState.RETURNED, TaskState.REASSIGNED})


def maintaining_unit(class_code: str | None, named: str | None, department: str | None) -> str | None:
    """Return who maintains what a class is of; ``None`` where it is no component, or nobody is named.

    ``named`` is whom the class table names for that, ``department`` where the incident goes otherwise.
    """
    if class_code is None or not class_code.startswith(COMPONENT_LETTER):
        return None
    return named or department or None


def unit_of(incident: Incident) -> str | None:
    """Return who maintains what an incident is about; ``None`` where it is no component, or nobody is named."""
    known = incident.classification
    return maintaining_unit(known.class_code, known.maintaining_unit, incident.route.department) if known else None


def check_maintained(incident: Incident, given_to: Iterable[Assignee], reason: str | None) -> None:
    """Raise RuledOutError where a component is given to others than its unit, and nobody says why.

    Once the unit has a task of it, or gave one back, others may have one too.
    """
    unit = unit_of(incident)
    tasks = incident.progress.tasks.values()
    named = {party.name for party in given_to} | {task.assignee.name for task in tasks}
    if unit is None or unit in named or reason or any(task.state in _OVER for task in tasks):
        return
    raise RuledOutError(
        f"部件由{unit}养护，应派给该单位；派给他人须说明理由 this component is maintained by {unit}: dispatch it there,"
        " or say in reason why not"
    )
