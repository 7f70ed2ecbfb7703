"""The sheets for paper, in a real browser: they print on A4 pages, in Chinese, and nothing of them runs or is fetched."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_queue_page import FLAGS, address, browser, look_at, opened
from tests.e2e.http.district import ADMINISTRATOR, LEADER, WEST, order

__all__ = ["FLAGS", "address", "browser"]  # pytest finds the fixtures here
pytestmark = pytest.mark.browser

LONG = "朝晖路与再行路口，商铺占用人行道堆放货物，影响行人通行。" * 30
A4_PX = 794  # the width of A4 at 96 px an inch


def ask(method, address, path, token=LEADER, **content):
    answer = httpx.request(method, f"{address}{path}", headers={"Authorization": f"Bearer {token}"}, **content)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def task(address):
    """The path of a dispatched task, and the position at which it is seen."""
    pushed = ask(
        "POST", address, "/v1/sources/city_brain/reports", ADMINISTRATOR,
        json=order("paper", title="占道经营<script>document.title='ran'</script>"), params={},
    )  # fmt: skip
    path = f"/v1/incidents/{pushed['results'][0]['incident_id']}"
    assignee = {"kind": "platform", "name": "朝晖街道综合行政执法平台", "street_code": WEST, "platform": "enforcement"}
    for command, said in (("admit", {}), ("file", {}), ("dispatch", {"assignee": assignee, "note": LONG})):
        position = ask("POST", address, f"{path}/commands/{command}", json=said)["position"]
    return f"{path}/tasks/T1", position


def test_a_dispatch_sheet_prints_on_paper_and_runs_nothing(browser, address, task):
    path, position = task
    with opened(
        browser, extra_http_headers={"Authorization": f"Bearer {LEADER}"}, viewport={"width": A4_PX, "height": 1123}
    ) as page:
        page.goto(f"{address}{path}/sheet?min_position={position}")
        expect(page.locator("h1")).to_have_text("派遣单")
        assert page.title() == "派遣单 city_brain:Npaper T1"
        expect(page.locator("table.facts").first).to_contain_text("<script>document.title='ran'</script>")
        expect(page.locator("table.sign").last.locator("th")).to_have_text(
            ["派遣员签字、日期", "承办人签字、日期", "核查人签字、日期"]
        )
        expect(page.locator(".mark")).to_have_text("近似")
        page.emulate_media(media="print")
        assert page.locator("h1").evaluate("title => getComputedStyle(title).textAlign") == "center"
        # The style holds, so the content security policy let it through; nothing is wider than the paper.
        assert page.locator("table.sign td").last.evaluate("cell => cell.getBoundingClientRect().height") > 70
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        printed = page.pdf(prefer_css_page_size=True)
        assert printed.startswith(b"%PDF")
        assert 1 <= printed.count(b"/Type /Page\n") <= 3
        assert b"/MediaBox [0 0 594" in printed or b"/MediaBox [0 0 595" in printed
        assert [url for url in page.asked if "/sheet" not in url] in ([], [f"{address}/favicon.ico"])
        assert page.complaints == []
        look_at(page, "dispatch-sheet.png")


def test_a_handover_prints_with_what_is_open(browser, address, task):
    path, _position = task
    incident = path.partition("/tasks/")[0]
    position = ask("POST", address, f"{incident}/commands/urge", json={"note": "来电人再询"})["position"]
    ask("GET", address, "/v1/queues", params={"min_position": position})
    made = ask("POST", address, "/v1/handovers", json={"remarks": "夜间有雨"})
    with opened(browser, extra_http_headers={"Authorization": f"Bearer {LEADER}"}) as page:
        page.goto(f"{address}/v1/handovers/{made['handover_id']}/sheet?min_position={made['position']}")
        expect(page.locator("h1")).to_have_text("交接班记录")
        expect(page.get_by_text("未了事项 1 件")).to_be_visible()
        expect(page.locator("tbody tr", has_text="催办")).to_contain_text("city_brain:Npaper")
        assert page.complaints == []
        look_at(page, "handover-sheet.png")
