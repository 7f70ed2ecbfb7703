"""Looks at whether the photos and files that sources only link to are fetched before their links expire (附件取回)."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.attachments import HOSTS_OPTION, allowed_hosts
from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.cli.checkup.findings import Installation, Verdict, fault, warning, well


def check_attachments(installation: Installation) -> Iterator[Verdict]:
    """See which sources name hosts that their links may be fetched from. Nothing is fetched."""
    sources = installation.profile.sources
    try:
        allowed = allowed_hosts(installation.profile)
    except ConfigurationError as error:
        yield fault(str(error), "correct the sources.toml of the profile")
        return
    if sources and not allowed:
        yield warning(
            "no source names hosts: photos that reports link to are not fetched, and links of sources expire",
            f'name them in sources.toml, as in [{next(iter(sources))}.options] {HOSTS_OPTION} = ["img.example.cn"]',
        )
        return
    fetched = "; ".join(f"{name} from {', '.join(sorted(hosts))}" for name, hosts in allowed.items())
    rest = [name for name in sources if name not in allowed]
    unfetched = f"; of {', '.join(rest)} they stay links" if rest else ""
    yield well(f"links are fetched of {fetched}{unfetched}" if fetched else "there are no sources")
