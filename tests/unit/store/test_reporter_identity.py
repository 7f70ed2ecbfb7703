"""Which reporters are one person: the same number however it is written, and never a number that is none."""

import pytest

from jiedao.domain.report import ReporterDetails
from jiedao.store.reporter_identity import identity_of, normalise_identity_number, normalise_phone

MOBILE, LANDLINE = "13800138000", "057185830000"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("13800138000", MOBILE), ("138-0013-8000", MOBILE), (" 138 0013 8000 ", MOBILE), ("+86 138 0013 8000", MOBILE),
        ("+86-13800138000", MOBILE), ("008613800138000", MOBILE), ("8613800138000", MOBILE),
        ("１３８００１３８０００", MOBILE), ("(86)13800138000", MOBILE), ("13800138000/057185830000", MOBILE),
        ("13800138000，13900139000", MOBILE), ("手机13800138000", MOBILE),
        ("0571-85830000", LANDLINE), ("(0571)8583 0000", LANDLINE), ("+86 571 8583 0000", LANDLINE),
        ("+86 0571 8583 0000", LANDLINE), ("0571-85830000转812", LANDLINE), ("0571-85830000 ext. 812", LANDLINE),
        ("0571—85830000#812", LANDLINE), ("85830000", "85830000"), ("400-826-5310", "4008265310"),
        ("+86 400 826 5310", "4008265310"), ("86583000", "86583000"), ("+1 213 473 3231", "+12134733231"),
    ],
)  # fmt: skip
def test_a_number_is_the_same_however_it_is_written(written, digits):
    assert normalise_phone(written) == digits


@pytest.mark.parametrize(
    "written", ["", " ", "0", "无", "不详", "110", "12345", "00000000000", "11111111111", "138****8000", "138xxxx8000",
                "＊＊＊", "匿名", "1" * 7, "123456789012345678"],
)  # fmt: skip
def test_what_is_written_where_no_number_is_known_is_no_number(written):
    assert normalise_phone(written) == ""


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("11010519491231002x", "11010519491231002X"), ("110105 19491231 002X", "11010519491231002X"),
        ("１１０１０５194912310021", "110105194912310021"), ("110105491231002", "110105491231002"), ("e12345678", "E12345678"),
        ("1101051949****002X", ""), ("无", ""), ("000000", ""), ("UNKNOWN", ""), ("", ""),
    ],
)  # fmt: skip
def test_an_identity_number_is_the_same_however_it_is_written(written, normalised):
    assert normalise_identity_number(written) == normalised


def test_a_phone_identifies_before_an_identity_number_before_a_name():
    whole = ReporterDetails("张三", MOBILE, "zhang@example.org", "110105194912310021", "中山北路 1 号")
    assert identity_of(whole) == ("phone", MOBILE)
    assert identity_of(ReporterDetails("张 三", "+86 138-0013-8000")) == ("phone", MOBILE)
    without = ReporterDetails(whole.name, "138****8000", whole.contact, whole.identity_number)
    assert identity_of(without) == ("identity_number", "110105194912310021")
    named = ReporterDetails(whole.name, "无", whole.contact, address="中山北路 1 号")
    elsewhere = ReporterDetails(" 张三 ", None, "Zhang@Example.org", address="中山北路 2 号")
    assert identity_of(named) == identity_of(elsewhere) == ("name_and_contact", "张三", "zhang@example.org")


def test_a_name_without_a_contact_is_told_apart_by_what_else_is_known():
    here = ReporterDetails("王女士", "138****8000", address="中山北路 1 号")
    assert identity_of(here) == identity_of(ReporterDetails("王女士", "138****8000", address="中山北路 1 号"))
    assert identity_of(here) != identity_of(ReporterDetails("王女士", "139****9000", address="中山北路 1 号"))
    assert identity_of(here) != identity_of(ReporterDetails("王女士", address="中山北路 1 号"))
    assert identity_of(ReporterDetails(address="中山北路 1 号")) != identity_of(ReporterDetails("中山北路 1 号"))
