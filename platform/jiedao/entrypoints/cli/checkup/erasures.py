"""Looks whether what was erased is erased: a backup of the keys that was restored may have brought some back."""

from __future__ import annotations

from collections.abc import Iterator

from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well
from jiedao.store.migrations import pending

_CAME_BACK = """
SELECT count(*) FILTER (WHERE k.destroyed_at IS NULL), count(*)
FROM event AS e
CROSS JOIN LATERAL jsonb_array_elements_text(convert_from(e.state, 'UTF8')::jsonb -> 'key_ids') AS erased (key_id)
JOIN subject_key AS k ON k.key_id = erased.key_id
WHERE e.topic IN ('jiedao.erasure_request.asked', 'jiedao.erasure_request.carried_out')
  AND e.topic = 'jiedao.erasure_request.carried_out'
"""


def check_erasures(installation: Installation) -> Iterator[Verdict]:
    """Compare the keys that live with those that the log says were destroyed."""
    with installation.connection() as connection:
        if pending(connection):
            yield warning("not looked at: the schema is not up to date")
            return
        row = connection.execute(_CAME_BACK).fetchone()
    came_back, erased = row or (0, 0)
    if came_back:
        yield fault(
            f"{came_back} of {erased} keys that the log says were destroyed live: a backup of the keys was restored",
            "start jiedao serve, or any command that opens the district: they are destroyed again before anything is"
            " read, and that is recorded",
        )
    else:
        yield well(f"{erased} keys were destroyed, and none of them lives")
    if installation.profile.retention.assumed:
        yield warning(
            "the periods for which data is kept (档案保管期限) are assumed",
            "write the district's own into [retention] of its district.toml, and assumed = false",
        )
