from __future__ import annotations

import pytest

from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import Community, PlaceName, Street
from jiedao.geo.gazetteer import NOTHING, Gazetteer

WULIN, TIANSHUI, ZHAOHUI, WENHUI = "330103002", "330103003", "330103006", "330103007"
DONGXIN, SHIQIAO = "330103008", "330103009"
STREETS = [
    Street(WULIN, "武林街道"),
    Street(TIANSHUI, "天水街道"),
    Street(ZHAOHUI, "朝晖街道"),
    Street(WENHUI, "文晖街道"),
    Street(DONGXIN, "东新街道"),
    Street(SHIQIAO, "石桥街道"),
]
COMMUNITIES = [
    Community("330103006064", "稻香园社区", ZHAOHUI),
    Community("330103006061", "河东社区", ZHAOHUI),
    Community("330103007001", "打铁关社区", WENHUI),
    Community("330103008001", "三塘北苑社区", DONGXIN),
    Community("330103008004", "三塘社区", DONGXIN),
    Community("330103008012", "德胜东村社区", DONGXIN),
    Community("330103009003", "石桥社区", SHIQIAO),
]
PLACES = [
    PlaceName("绍兴路", "road", (WENHUI, DONGXIN)),
    PlaceName("石祥路", "road", (DONGXIN, SHIQIAO)),
    PlaceName("文晖路", "road", (ZHAOHUI, WENHUI)),
    PlaceName("武林广场", "square", (TIANSHUI,)),
    PlaceName("朝晖六区", "estate", (ZHAOHUI,)),
    PlaceName("西湖区", "district", ()),
]
ALIASES = {"朝晖街道办事处": ZHAOHUI, "330103006000": ZHAOHUI, "zhzhzx01": ZHAOHUI, "文晖": WENHUI}
GAZETTEER = Gazetteer(STREETS, COMMUNITIES, PLACES, aliases=ALIASES, district="下城区", city="杭州市")


def match(text):
    (answer,) = GAZETTEER.match([text])
    return answer


@pytest.mark.parametrize(
    ("text", "street", "matched", "kind"),
    [
        ("杭州市下城区朝晖街道某号", ZHAOHUI, "朝晖街道", "street"),
        ("朝晖街道办事处门口", ZHAOHUI, "朝晖街道办事处", "street"),
        ("打铁关社区东门", WENHUI, "打铁关社区", "community"),
        ("武林广场喷泉边", TIANSHUI, "武林广场", "square"),
        ("杭州市朝晖六区12幢", ZHAOHUI, "朝晖六区", "estate"),
        ("下城区石桥，路口", SHIQIAO, "石桥", "alias"),
        ("住在三塘北苑3幢", DONGXIN, "三塘北苑", "alias"),
        ("三塘小区", DONGXIN, "三塘", "alias"),
        ("朝晖八区", ZHAOHUI, "朝晖", "alias"),
        ("浙江省杭州市下城区德胜东村社区", DONGXIN, "德胜东村社区", "community"),
    ],
)
def test_a_text_that_names_one_street_is_given_to_it(text, street, matched, kind):
    answer = match(text)
    assert (answer.street_code, answer.matched_text, answer.kind) == (street, matched, kind)
    assert answer.candidates == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有地名",
        "石桥路12号",
        "武林夜市",
        "运河东侧",
        "文晖大桥下",
        "浙江省杭州市下城区",
        "330103006000",
        "杭州市区",
    ],
)
def test_a_text_that_names_no_street_gives_none(text):
    assert match(text) == NOTHING


def test_a_full_street_name_outweighs_a_community_and_a_road():
    answer = match("朝晖街道 石桥社区 绍兴路")
    assert answer.street_code == ZHAOHUI
    assert answer.note == "The address also names 石桥社区, in another street."


def test_a_community_outweighs_a_road_and_is_named():
    answer = match("石祥路打铁关社区")
    assert (answer.street_code, answer.community_code) == (WENHUI, "330103007001")


def test_a_street_and_its_community_give_both():
    answer = match("朝晖街道稻香园社区")
    assert (answer.street_code, answer.community_code) == (ZHAOHUI, "330103006064")


def test_a_shortened_name_names_no_community():
    assert match("三塘北苑").community_code is None


def test_a_road_of_several_streets_is_ambiguous_with_its_candidates():
    answer = match("绍兴路100号")
    assert answer.street_code is None
    assert answer.candidates == (WENHUI, DONGXIN)
    assert answer.matched_text == "绍兴路"
    assert answer.note == "The address names places of several streets."


def test_two_roads_with_one_street_in_common_give_it():
    answer = match("绍兴路与石祥路交叉口")
    assert (answer.street_code, answer.matched_text) == (DONGXIN, "绍兴路、石祥路")


def test_a_weaker_name_decides_what_a_stronger_one_leaves_open():
    assert match("绍兴路，三塘").street_code == DONGXIN
    assert match("朝晖街道与文晖街道交界打铁关社区").street_code == WENHUI


def test_a_weaker_name_never_overrules():
    assert match("武林广场，石桥").street_code == TIANSHUI
    assert match("绍兴路，朝晖").candidates == (WENHUI, DONGXIN)


def test_two_streets_named_in_full_are_ambiguous():
    assert match("朝晖街道与文晖街道交界").candidates == (ZHAOHUI, WENHUI)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("杭州市江干区凯旋路", "江干区"),
        ("江干区凯旋路", "江干区"),
        ("浙江省杭州市余杭区绍兴路", "余杭区"),
        ("杭州市桐庐县", "桐庐县"),
        ("我在西湖区文三路", "西湖区"),
        ("杭州市拱墅区朝晖街道", "拱墅区"),
    ],
)
def test_another_district_gives_none_and_is_named(text, other):
    answer = match(text)
    assert answer.street_code is None
    assert answer.note == f"The address names another district, {other}."


def test_what_the_text_also_names_stays_a_candidate_when_another_district_is_named():
    assert match("杭州市拱墅区朝晖街道").candidates == (ZHAOHUI,)


@pytest.mark.parametrize("text", ["下城区与西湖区交界的武林广场", "下城区武林广场开往西湖区"])
def test_another_district_does_not_matter_where_ours_is_named(text):
    assert match(text).street_code == TIANSHUI


def test_a_community_name_that_two_streets_have_is_ambiguous_until_the_street_is_named():
    twice = Gazetteer(STREETS, [Community("a", "和平社区", WULIN), Community("b", "和平社区", WENHUI)], [])
    ambiguous, named = twice.match(["和平社区", "文晖街道和平社区"])
    assert ambiguous.candidates == (WULIN, WENHUI)
    assert (named.street_code, named.community_code) == (WENHUI, "b")


def test_latin_addresses_are_read_too():
    councils = Gazetteer(
        [Street("47", "LINCOLN HEIGHTS NC"), Street("36", "LOS FELIZ NC")],
        [],
        [PlaceName("Hillhurst Ave", "road", ("36",))],
        aliases={"Lincoln Heights": "47"},
    )
    answers = councils.match(["1800 HILLHURST AVE, 90027", "lincoln heights library", "Los Felizzo"])
    assert [answer.street_code for answer in answers] == ["36", "47", None]


def test_a_batch_has_one_answer_a_text_in_its_order():
    texts = ["石桥社区", "", "朝晖街道", "石桥社区"]
    assert [answer.street_code for answer in GAZETTEER.match(texts)] == [SHIQIAO, None, ZHAOHUI, SHIQIAO]


def test_a_name_of_an_unknown_street_or_of_one_character_is_a_fault_of_the_profile():
    with pytest.raises(ConfigurationError, match="'凤起路' names the street 330103004, which the district has not"):
        Gazetteer(STREETS, [], [PlaceName("凤起路", "road", ("330103004",))])
    with pytest.raises(ConfigurationError, match="'路' is shorter than 2 characters"):
        Gazetteer(STREETS, [], [PlaceName("路", "road", (WULIN,))])
