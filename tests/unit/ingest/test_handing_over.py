"""Feeds that work at large batches have the interpreter change hands sooner, and leave it as they found it."""

from __future__ import annotations

import sys

from ingest.overlap import HANDING_OVER_SECONDS, HandingOver


def test_the_interpreter_changes_hands_sooner_until_the_last_feed_has_ended():
    before = sys.getswitchinterval()
    assert before > HANDING_OVER_SECONDS
    handing_over = HandingOver()
    handing_over.begin()
    handing_over.begin()
    handing_over.end()
    still = sys.getswitchinterval()
    handing_over.end()
    assert (round(still, 6), sys.getswitchinterval()) == (HANDING_OVER_SECONDS, before)
