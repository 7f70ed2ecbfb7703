"""The workflow's table says what the field does: compared, cell by cell, with tables written by hand here.

The tables come from the field's practice: 受理员 receive and reply, 值班长 file and close, 派遣员 dispatch, 处置人员 and
网格员 handle, 信息采集员 look before and after, 督办领导 press. They are not made from the code's.
"""

from __future__ import annotations

import pytest

from jiedao.domain.carrying_out import CommandRefusedError, check, may
from jiedao.domain.commands import DETAILS
from jiedao.domain.links import Appeal
from jiedao.domain.tasks import AskedExtension
from jiedao.domain.terms import Command, IncidentState, Lifecycle, Role, TaskState
from jiedao.domain.workflow import RULES, allowed, rule_of
from tests.workflow_samples import Life, lives, said

ASKED = AskedExtension("user:sun", "2工作日", "shift_leader")

INITIALS = {
    "I": "intake_operator", "L": "shift_leader", "D": "dispatcher", "C": "collector", "H": "handler", "G": "grid_worker",
    "S": "supervisor", "A": "administrator", "T": "team_legal_officer", "R": "legal_reviewer", "U": "auditor",
}  # fmt: skip
"""An integrator is a connected system, and does nothing of this."""

EVERYBODY = "".join(INITIALS)

OWN = """
                    triage received admitted filed dispatched handled suspended transferring closed declined rejected void transferred merged sent_back withdrawn
decide_jurisdiction ILD    ILD      ILD      ILD   ILD        .       .         .            .      .        .        .    .           .      .         .
decide_class        ILD    ILD      ILD      ILD   ILD        .       .         .            .      .        .        .    .           .      .         .
admit               .      IL       .        .     .          .       .         .            .      .        .        .    .           .      .         .
decline             IL     IL       .        .     .          .       .         .            .      .        .        .    .           .      .         .
return_case         .      .        .        .     .          .       .         .            .      .        .        .    .           .      .         .
confirm             .      .        CG       .     .          .       .         .            .      .        .        .    .           .      .         .
file                .      .        L        .     .          .       .         .            .      .        .        .    .           .      .         .
reject              .      .        L        .     .          .       .         .            .      .        .        .    .           .      .         .
settle_on_spot      .      CHG      CHG      CHG   .          .       .         .            .      .        .        .    .           .      .         .
void                LA     LA       LA       LA    .          .       .         .            .      .        .        .    .           .      .         .
dispatch            .      .        .        LD    LD         LD      .         .            .      .        .        .    .           .      .         .
joint_operation     .      .        .        LD    LD         LD      .         .            .      .        .        .    .           .      .         .
reassign            .      .        .        .     LD         .       .         .            .      .        .        .    .           .      .         .
redispatch          .      .        .        .     HD         .       .         .            .      .        .        .    .           .      .         .
accept              .      .        .        .     HG         .       .         .            .      .        .        .    .           .      .         .
return              .      .        .        .     HG         .       .         .            .      .        .        .    .           .      .         .
start               .      .        .        .     HG         .       .         .            .      .        .        .    .           .      .         .
report_handled      .      .        .        .     HG         .       .         .            .      .        .        .    .           .      .         .
ask_extension       .      .        .        .     HG         .       .         .            .      .        .        .    .           .      .         .
grant_extension     .      .        .        .     LS         .       .         .            .      .        .        .    .           .      .         .
deny_extension      .      .        .        .     LS         .       .         .            .      .        .        .    .           .      .         .
verify              .      .        .        .     LC         .       .         .            .      .        .        .    .           .      .         .
close               .      .        .        .     .          L       .         .            .      .        .        .    .           .      .         .
offer_transfer      .      .        .        LD    LD         .       .         .            .      .        .        .    .           .      .         .
accept_transfer     .      .        .        .     .          .       .         LDH          .      .        .        .    .           .      .         .
refuse_transfer     .      .        .        .     .          .       .         LDH          .      .        .        .    .           .      .         .
withdraw_transfer   .      .        .        .     .          .       .         LD           .      .        .        .    .           .      .         .
merge               ILD    ILD      ILD      ILD   ILD        .       .         .            .      .        .        .    .           .      .         .
unmerge             .      .        .        .     .          .       .         .            .      .        .        .    .           LD     .         .
reply               IL     IL       IL       IL    IL         IL      IL        IL           IL     IL       IL       .    IL          IL     .         .
revisit             .      .        .        .     .          .       .         .            I      .        .        .    .           .      .         .
appeal              .      .        .        .     .          .       .         .            HGD    .        .        .    .           .      .         .
review_appeal       LS     LS       LS       LS    LS         LS      LS        LS           LS     LS       LS       LS   LS          LS     LS        LS
reopen              .      .        .        .     .          .       .         .            LS     LS       LS       LS   LS          .      .         .
suspend             .      .        .        L     L          L       .         .            .      .        .        .    .           .      .         .
resume              .      .        .        .     .          .       L         .            .      .        .        .    .           .      .         .
supervise           LS     LS       LS       LS    LS         LS      LS        LS           .      .        .        .    .           .      .         .
urge                ILDS   ILDS     ILDS     ILDS  ILDS       ILDS    ILDS      ILDS         .      .        .        .    .           .      .         .
notify              LDS    LDS      LDS      LDS   LDS        LDS     LDS       LDS          LDS    .        .        .    .           .      .         .
correct             ILDCHGSATR    ILDCHGSATR      ILDCHGSATR      ILDCHGSATR   ILDCHGSATR        ILDCHGSATR     ILDCHGSATR       ILDCHGSATR          ILDCHGSATR    ILDCHGSATR      ILDCHGSATR      ILDCHGSATR  ILDCHGSATR         ILDCHGSATR    ILDCHGSATR       ILDCHGSATR
intervene           *      *        *        *     *          *       *         *            *      *        *        *    *           *      *         *
hold                SATR   SATR     SATR     SATR  SATR       SATR    SATR      SATR         SATR   SATR     SATR     SATR SATR        SATR   SATR      SATR
release_hold        SAR    SAR      SAR      SAR   SAR        SAR     SAR       SAR          SAR    SAR      SAR      SAR  SAR         SAR    SAR       SAR
"""

# A superior platform's case comes filed; the platform verifies, closes and revisits it, and only it takes it back or up
# again. So it never stands in 待立案, nor in what we alone decide (不予受理, 不予立案, 作废, 已移送, 已并案).
UPSTREAM = """
                    triage received filed dispatched handled suspended transferring closed sent_back withdrawn
decide_jurisdiction ILD    ILD      ILD   ILD        .       .         .            .      .         .
decide_class        ILD    ILD      ILD   ILD        .       .         .            .      .         .
admit               .      IL       .     .          .       .         .            .      .         .
decline             .      .        .     .          .       .         .            .      .         .
return_case         ILD    ILD      ILD   ILD        .       .         .            .      .         .
confirm             .      .        .     .          .       .         .            .      .         .
file                .      .        .     .          .       .         .            .      .         .
reject              .      .        .     .          .       .         .            .      .         .
settle_on_spot      .      .        .     .          .       .         .            .      .         .
void                .      .        .     .          .       .         .            .      .         .
dispatch            .      .        LD    LD         LD      .         .            .      .         .
joint_operation     .      .        LD    LD         LD      .         .            .      .         .
reassign            .      .        .     LD         .       .         .            .      .         .
redispatch          .      .        .     HD         .       .         .            .      .         .
accept              .      .        .     HG         .       .         .            .      .         .
return              .      .        .     HG         .       .         .            .      .         .
start               .      .        .     HG         .       .         .            .      .         .
report_handled      .      .        .     HG         .       .         .            .      .         .
ask_extension       .      .        .     HG         .       .         .            .      .         .
grant_extension     .      .        .     .          .       .         .            .      .         .
deny_extension      .      .        .     .          .       .         .            .      .         .
verify              .      .        .     .          .       .         .            .      .         .
close               .      .        .     .          .       .         .            .      .         .
offer_transfer      .      .        LD    LD         .       .         .            .      .         .
accept_transfer     .      .        .     .          .       .         LDH          .      .         .
refuse_transfer     .      .        .     .          .       .         LDH          .      .         .
withdraw_transfer   .      .        .     .          .       .         LD           .      .         .
merge               .      .        .     .          .       .         .            .      .         .
unmerge             .      .        .     .          .       .         .            .      .         .
reply               IL     IL       IL    IL         IL      IL        IL           IL     .         .
revisit             .      .        .     .          .       .         .            .      .         .
appeal              .      .        .     .          .       .         .            HGD    .         .
review_appeal       LS     LS       LS    LS         LS      LS        LS           LS     LS        LS
reopen              .      .        .     .          .       .         .            .      .         .
suspend             .      .        L     L          L       .         .            .      .         .
resume              .      .        .     .          .       L         .            .      .         .
supervise           LS     LS       LS    LS         LS      LS        LS           .      .         .
urge                ILDS   ILDS     ILDS  ILDS       ILDS    ILDS      ILDS         .      .         .
notify              LDS    LDS      LDS   LDS        LDS     LDS       LDS          LDS    .         .
correct             ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR ILDCHGSATR
intervene           *      *        *     *          *       *         *            *      *         *
hold                SATR   SATR     SATR  SATR       SATR    SATR      SATR         SATR   SATR      SATR
release_hold        SAR    SAR      SAR   SAR        SAR     SAR       SAR          SAR    SAR       SAR
"""

# From which state of a task each command leads where, = where it stays; a failed verification is the one way to 返工.
TASKS = """
                dispatched accepted   started    handled  rework     verified returned   reassigned redispatched
accept          accepted   .          .          .        .          .        .          .          accepted
return          returned   returned   returned   .        .          .        .          .          accepted
start           .          started    .          .        started    .        .          .          .
report_handled  .          handled    handled    .        handled    .        .          .          .
verify          .          .          .          verified .          .        .          .          .
reassign        reassigned reassigned reassigned .        reassigned .        reassigned .          reassigned
redispatch      .          redispatched redispatched .        redispatched .        .          .          redispatched
ask_extension   .          =          =          .        =          .        .          .          =
grant_extension .          =          =          =        =          .        .          .          =
deny_extension  .          =          =          =        =          .        .          .          =
"""

# Where a command alone says where the incident goes; elsewhere decisions and tasks do.
LEADS_TO = {
    "admit": "admitted", "decline": "declined", "file": "filed", "reject": "rejected", "settle_on_spot": "closed",
    "void": "void", "dispatch": "dispatched", "joint_operation": "dispatched", "close": "closed", "reopen": "admitted",
    "suspend": "suspended", "return_case": "sent_back", "offer_transfer": "transferring", "merge": "merged",
}  # fmt: skip

# What somebody may do who has not seen the latest: it is right whatever happened meanwhile.
ALWAYS = {"reply", "revisit", "supervise", "urge", "correct", "intervene", "notify", "hold", "release_hold"}


def read(text):
    """(row, column) → cell."""
    head, *rows = [line.split() for line in text.strip().splitlines()]
    return {(row, column): cell for row, *cells in rows for column, cell in zip(head, cells, strict=True)}


def roles_of(cell):
    return {INITIALS[initial] for initial in cell.replace("*", EVERYBODY).replace(".", "")}


TABLES = {
    lifecycle: {key: roles_of(cell) for key, cell in read(text).items()}
    for lifecycle, text in {"own": OWN, "upstream": UPSTREAM}.items()
}
CELLS = [(lifecycle, command, state) for lifecycle, table in TABLES.items() for command, state in table]


def fitting_task(command, life: Life):
    """A task of this incident with which the command can begin, by the hand-written table; any where none fits."""
    fit = {state for (name, state), cell in read(TASKS).items() if name == command and cell != "."}
    return next((task_id for task_id, state in life.tasks.items() if state in fit), "T1")


def told(command, life):
    about_a_task = {name for name, _state in read(TASKS)}
    return said(command, **({"task_id": fitting_task(command, life)} if command in about_a_task else {}))


@pytest.fixture(scope="module")
def standing():
    """One life in every state; each was closed once, and an appeal of then is under review still."""
    begun = {lifecycle: lives(lifecycle) for lifecycle in TABLES}
    for by_state in begun.values():
        for life in by_state.values():
            life.incident.progress.appeals.setdefault("overtime", Appeal("user:sun"))
    return begun


def test_the_tables_written_by_hand_name_every_command_state_and_role():
    commands = [command.value for command in Command]
    assert sorted({command for command, _state in TABLES["own"]}) == sorted(commands)
    assert sorted({command for command, _state in TABLES["upstream"]}) == sorted(commands)
    assert {state for _command, state in TABLES["own"]} == {state.value for state in IncidentState}
    assert {state for _command, state in read(TASKS)} == {state.value for state in TaskState}
    assert {*INITIALS.values(), "integrator"} == {role.value for role in Role}


def test_the_table_has_one_row_for_every_command_and_every_command_says_something_of_its_own():
    assert sorted(rule.command for rule in RULES) == sorted(Command)
    assert set(DETAILS) == set(Command)


@pytest.mark.parametrize(("lifecycle", "command", "state"), CELLS)
def test_who_may_do_what_from_which_state(lifecycle, command, state):
    may_do = {
        role.value
        for role in Role
        if Command(command) in allowed(IncidentState(state), Lifecycle(lifecycle), role, TaskState)
    }
    assert may_do == TABLES[lifecycle][command, state]


@pytest.mark.parametrize("lifecycle", TABLES)
def test_commands_are_accepted_and_refused_as_the_table_says_whatever_the_role(standing, lifecycle):
    for state, life in standing[lifecycle].items():
        assert life.state == state
        for command in Command:
            for role in Role:
                # Of the one that is dispatched somebody has a task: it cannot go back to the superior as it is.
                out = state == "dispatched" and command is Command.RETURN_CASE
                expected = role.value in TABLES[lifecycle][command.value, state] and not out
                assert accepted(life, command, role) == expected, (state, command.value, role.value)


def accepted(life, command, role):
    try:
        check(life.incident, command, told(command.value, life), role)
    except CommandRefusedError:
        return False
    return True


@pytest.mark.parametrize("lifecycle", TABLES)
def test_a_refusal_names_all_that_the_role_may_do_instead_and_nothing_else(standing, lifecycle):
    for state, life in standing[lifecycle].items():
        for role in Role:
            by_the_table = {one for (one, at), roles in TABLES[lifecycle].items() if at == state and role in roles}
            # Of the one that is dispatched somebody has a task: it cannot go back to the superior as it is.
            instead = by_the_table - ({"return_case"} if state == "dispatched" else set())
            for command in Command:
                if command.value in by_the_table:
                    continue
                with pytest.raises(CommandRefusedError) as refusal:
                    check(life.incident, command, told(command.value, life), role)
                assert {one.value for one in refusal.value.allowed} == instead, (state, command.value, role.value)
                assert refusal.value.allowed == may(life.incident, role)


def test_an_integrator_does_nothing_with_an_incident(standing):
    for by_state in standing.values():
        for life in by_state.values():
            assert may(life.incident, Role.INTEGRATOR) == ()


@pytest.mark.parametrize(("command", "state"), read(TASKS))
def test_which_task_a_command_can_begin_with(standing, command, state):
    life = standing["own"]["dispatched"].copy()
    task_id = next(name for name, at in life.tasks.items() if at == state)
    leads_to = read(TASKS)[command, state]
    if command in {"grant_extension", "deny_extension"}:
        life.incident.progress.tasks[task_id].asked = ASKED
    elif command == "ask_extension":
        life.incident.progress.tasks[task_id].asked = None
    if leads_to == ".":
        with pytest.raises(CommandRefusedError, match=TaskState(state).label):
            life.do(command, task_id=task_id)
        assert life.tasks[task_id] == state
        return
    role = "grid_worker" if (command, state) == ("accept", "redispatched") else None
    life.do(command, role=role, task_id=task_id)
    assert life.tasks[task_id] == (state if leads_to == "=" else leads_to)
    if (command, state) != ("return", "redispatched"):  # what was given on goes back to its platform
        assert rule_of(Command(command)).task_to == (None if leads_to == "=" else leads_to)


def test_a_command_about_a_task_is_allowed_only_while_there_is_one_to_begin_with():
    may_do = {
        state.value: {one.value for one in allowed(IncidentState.DISPATCHED, Lifecycle.OWN, Role.HANDLER, [state])}
        for state in TaskState
    }
    about_tasks = {"accept", "return", "start", "report_handled", "redispatch", "ask_extension"}
    assert {state: commands & about_tasks for state, commands in may_do.items()} == {
        "dispatched": {"accept", "return"},
        "accepted": {"return", "start", "report_handled", "redispatch", "ask_extension"},
        "started": {"return", "report_handled", "redispatch", "ask_extension"},
        "rework": {"start", "report_handled", "redispatch", "ask_extension"},
        "handled": set(),
        "verified": set(),
        "returned": set(),
        "reassigned": set(),
        "redispatched": {"accept", "return", "redispatch", "ask_extension"},
    }


def test_where_commands_lead():
    assert {rule.command.value: rule.leads_to.value for rule in RULES if rule.leads_to is not None} == LEADS_TO


def test_what_is_right_whatever_happened_meanwhile():
    assert {rule.command.value for rule in RULES if rule.always} == ALWAYS
