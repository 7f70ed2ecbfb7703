"""Orders of the 12345 hotline, made up and made in memory: places in the district, callers with names and numbers.

The same seed makes the same orders. They are in the shape in which the hotline sends them, with some twenty fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import shapely

from jiedao.geo.boundary_file import read_boundaries
from jiedao.geo.crs import from_wgs84

CHECKOUT = Path(__file__).parents[2]
BOUNDARIES = CHECKOUT / "config" / "districts" / "330103" / "boundaries.geojson"
REPEATED = 0.02
"""The share of orders that are delivered twice."""

_WITHOUT_COORDINATES = 0.1
_LATEST = datetime(2026, 11, 24, 18, 0, 0)  # noqa: DTZ001  # as the hotline writes it: local, without a zone
_MINUTES = 60 * 24 * 30
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("建国", "秀英", "示例", "志强", "丽华", "小明", "桂兰", "海燕", "国庆", "玉梅")
_ROADS = ("石祥路", "绍兴路", "香积寺路", "岳帅路", "长滨路", "古河巷", "长板巷")
_MATTERS = (
    ("城乡建设/工地管理/夜间施工", "夜间施工扰民", "工地凌晨仍在浇筑混凝土，机器轰鸣声很大，影响周边居民休息", "要求停止夜间施工"),
    ("城乡建设/工地管理/工地扬尘", "工地扬尘", "渣土车进出没有冲洗，路面全是泥土，大风天尘土飞扬", "要求洒水降尘"),
    ("城乡建设/园林绿化/树木", "树枝遮挡窗户", "行道树枝叶茂盛，已经伸到三楼窗口，采光受影响，也担心台风天折断", "希望修剪树枝"),
    ("公共安全/消防安全/消防通道", "消防通道被占", "小区消防通道长期停放私家车，物业多次劝导没有效果", "要求清理消防通道"),
    ("公共安全/消防安全/电动车充电", "电动车飞线充电", "有住户从楼上拉线给电动车充电，存在火灾隐患", "要求现场处理"),
    ("交通运输/停车管理/共享单车", "共享单车堆放", "地铁口共享单车堆满人行道，行人只能走机动车道", "要求及时清运"),
    ("劳动保障/劳动纠纷", "餐馆拖欠工资", "在餐馆打工三个月，老板以生意不好为由一直没有发工资", "希望帮助讨回工资"),
    ("咨询/政策咨询", "咨询老旧小区加装电梯", "想了解加装电梯需要多少户同意，补贴标准是多少", "希望告知办理流程"),
)  # fmt: skip


class Orders:
    """Makes orders, each with a number of its own."""

    def __init__(self, seed: int = 330103) -> None:
        self._random = Random(seed)  # noqa: S311  # nothing here is secret
        self._run = f"{seed}-"
        self._made = 0
        inner = shapely.point_on_surface(read_boundaries(BOUNDARIES.read_bytes(), examine=False).polygons)
        self._inner = shapely.get_coordinates(inner).tolist()

    def batch(self, count: int) -> list[bytes]:
        """Make so many deliveries; some are of an order that was delivered just before."""
        made: list[bytes] = []
        for order in self._orders():
            made.append(json.dumps(order, ensure_ascii=False).encode())
            if self._random.random() < REPEATED:
                made.append(made[-1])
            if len(made) >= count:
                return made[:count]
        raise AssertionError("orders never end")

    def _orders(self) -> Iterator[Mapping[str, object]]:
        while True:
            self._made += 1
            yield self._order(f"HZ12345-{self._run}{self._made:07}")

    def _order(self, number: str) -> Mapping[str, object]:
        choose = self._random.choice
        path, title, words, goal = choose(_MATTERS)
        called_at = _LATEST - timedelta(minutes=self._random.randrange(_MINUTES))
        phone = f"13{self._random.randrange(10**9):09}"
        name = f"{choose(_SURNAMES)}{choose(_GIVEN)}"
        order = {
            "order_no": number,
            "title": title,
            "service_object_type": "咨询" if path.startswith("咨询") else "投诉举报",
            "case_content": f"{name}来电反映，{words}。此前已经向物业反映过两次，没有得到解决，回电{phone}。",
            "case_goal": goal,
            "address_detail": f"{choose(_ROADS)}{self._random.randrange(1, 400)}号附近",
            "order_source": choose(("电话", "互联网", "微信")),
            "order_type": "个人",
            "order_status": "25",
            "call_time": f"{called_at:%Y-%m-%d %H:%M:%S}",
            "dispatch_time": f"{called_at + timedelta(minutes=20):%Y-%m-%d %H:%M:%S}",
            "deadlineDate": f"{called_at + timedelta(days=3):%Y-%m-%d}",
            "belong_dept": "区城市管理局",
            "community_name": "示例社区",
            "case_is_urgent": "否",
            "callerName": name,
            "callerPhone": phone,
        }
        levels = ("one", "two", "three")
        order |= {f"case_accord_type_{level}_name": part for level, part in zip(levels, path.split("/"), strict=False)}
        if self._random.random() >= _WITHOUT_COORDINATES:
            order["case_lnglat"] = self._coordinates()
        return order

    def _coordinates(self) -> str:
        """A place scattered round the inside of a street, as a commercial map shows it."""
        lon, lat = self._random.choice(self._inner)
        lon, lat = from_wgs84(lon + self._random.gauss(0, 0.002), lat + self._random.gauss(0, 0.002), "gcj02")
        return f"{float(lon):.6f},{float(lat):.6f}"
