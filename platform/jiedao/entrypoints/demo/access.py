"""The demo's access tokens: one for each role and one for each source, for one day; those of earlier demos are revoked.

They are real tokens of the district's table, told apart by who made them, so that no other token is ever touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from jiedao.domain.profile import DistrictProfile
from jiedao.domain.terms import Role
from jiedao.store.tokens import TokenTable

MADE_BY = "system:demo"
"""Who makes the demo's tokens, and revokes them at the next start."""

LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """The plain tokens, by role and by source: shown on this screen, kept nowhere."""

    by_role: Mapping[Role, str]
    by_source: Mapping[str, str]


def issue_tokens(table: TokenTable, profile: DistrictProfile, now: datetime) -> DemoAccess:
    """Revoke what earlier demos made, and make the tokens of this one."""
    for old in table.list():
        if old.created_by == MADE_BY and old.revoked_at is None:
            table.revoke(old.token_id, MADE_BY)
    ends = now + LIFETIME
    by_role = {
        role: table.create(f"user:demo-{role.value}", role, expires_at=ends, created_by=MADE_BY).plain for role in Role
    }
    by_source = {
        name: table.create(f"source:{name}", Role.INTEGRATOR, sources=[name], expires_at=ends, created_by=MADE_BY).plain
        for name in profile.sources
    }
    return DemoAccess(by_role, by_source)
