"""Masking what identifies a person, in the ways in which people write it."""

import pytest

from ingest.sources.reading.personal import NOBODY, Masker, People
from jiedao.domain.report import ReporterDetails

PHONE, IDENTITY, NAME, CONTACT = "［电话已遮蔽］", "［证件号已遮蔽］", "［姓名已遮蔽］", "［联系方式已遮蔽］"


def mask(text, reporter=None, others=NOBODY):
    return Masker(reporter, others).text(text)


@pytest.mark.parametrize(
    "written",
    [
        "13800001111", "138-0000-1111", "138 0000 1111", "138.0000.1111", "1 3 8 0 0 0 0 1 1 1 1", "138　0000　1111", "138 - 0000 - 1111",
        "+8613800001111", "+86 138-0000-1111", "0086-138 0000 1111", "(86)13800001111", "013800001111", "１３８００００１１１１", "19912345678",
    ],
)  # fmt: skip
def test_a_mobile_number_leaves_nothing_behind(written):
    assert mask(f"请打{written}，谢谢") == f"请打{PHONE}，谢谢"
    assert mask(f"a{written}b") == f"a{PHONE}b"


@pytest.mark.parametrize(
    "written", ["0571-85830000", "(0571)85830000", "（0571）8583 0000", "057185830000", "010-85830000转123", "0571-8583000", "0571 8583-0000-8012"]
)  # fmt: skip
def test_a_land_line_with_its_area_code_leaves_nothing_behind(written):
    assert mask(f"电话{written}。") == f"电话{PHONE}。"


@pytest.mark.parametrize(
    "written", ["330103198001011234", "33010319800101123X", "33010319800101123x", "330103 19800101 1234"]
)
def test_an_identity_number_leaves_nothing_behind(written):
    assert mask(f"证件{written}号") == f"证件{IDENTITY}号"


def test_a_number_is_found_wherever_it_begins():
    assert mask("5幢330103198001011234") == f"5幢{IDENTITY}"
    assert mask("５330103198001011234") == f"５{IDENTITY}"  # behind a digit of full width, which is none of its own
    assert mask("12号（13800001111）和(0571)85830000，+8613800001111") == f"12号（{PHONE}）和{PHONE}，{PHONE}"
    assert mask("٣13800001111") == "٣13800001111"  # a longer number, in whatever digits


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 20:51:18", "体育场路 138 号 2 幢 1101 室", "13-15-17-19-21-23幢", "订单 202611240001", "33010300300107",
        "3301030123000456", "12345", "110 119 120", "车牌浙A12345", "12800001111", "1380000111", "138000011112", "面积 1380.5 平方米",
    ],
)  # fmt: skip
def test_other_numbers_stay(text):
    masker = Masker(None)
    assert masker.text(text) == text
    assert not masker.masked


def test_the_reporters_name_goes_wherever_it_stands_with_and_without_title():
    reporter = ReporterDetails(name="王小明先生")
    assert mask("王小明先生来电，王小明称", reporter) == f"{NAME}来电，{NAME}称"


def test_what_stands_for_no_name_masks_nothing():
    for nobody in ("市民", "匿名", "先生", "王", "无", "12345", ""):
        assert mask("市民匿名先生王无12345", ReporterDetails(name=nobody)) == "市民匿名先生王无12345"


def test_other_people_of_the_record_go_too():
    assert mask("由孙执行、周创建处理", None, People(names=["孙执行,周创建"])) == f"由{NAME}、{NAME}处理"


def test_everybody_is_masked_as_the_reporter_is():
    caller = ReporterDetails(name="王小明", phone="85830000")
    contact = People(["李建国"], ["85831111"], ["ljg_1970"], ["E12345678"])
    text = "王小明85830000，李建国8583-1111，ljg_1970，E12345678"
    assert mask(text, caller, contact) == f"{NAME}{PHONE}，{NAME}{PHONE}，{CONTACT}，{IDENTITY}"


def test_the_reporters_own_number_goes_in_any_form_also_within_other_digits():
    reporter = ReporterDetails(phone="8583-0000 / 86 13800001111")
    assert mask("打8583 0000或85-83-00-00", reporter) == f"打{PHONE}或{PHONE}"
    assert mask("编号913800001111123", reporter) == f"编号9{PHONE}123"
    assert mask("８５８３００００", reporter) == PHONE


def test_the_same_number_twice_goes_twice():
    assert mask("85830000和85830000", ReporterDetails(phone="85830000")) == f"{PHONE}和{PHONE}"


def test_a_number_that_only_appears_across_words_stays():
    assert mask("8583室0000号", ReporterDetails(phone="85830000")) == "8583室0000号"


def test_contact_and_documents_with_letters_go():
    reporter = ReporterDetails(contact="wxm_7788", identity_number="E12345678")
    assert mask("微信wxm_7788，护照E12345678", reporter) == f"微信{CONTACT}，护照{IDENTITY}"


def test_in_codes_and_links_digits_within_words_stay_unless_they_are_the_reporters():
    link = "https://p.example.cn/a13800001111f/0571-85830000.jpg"
    assert Masker(None).code(link) == link
    assert Masker(None).code("/13800001111.jpg") == f"/{PHONE}.jpg"
    assert PHONE in Masker(ReporterDetails(phone="13800001111")).code(link)


def test_that_something_was_masked_is_remembered():
    masker = Masker(None)
    masker.text("nothing")
    assert not masker.masked
    masker.text("13800001111")
    masker.text("nothing")
    assert masker.masked


def test_texts_that_are_masked_together_are_masked_as_each_alone():
    masker = Masker(ReporterDetails(name="李建国", phone="85831111"))
    texts = ["李建国来电", "", "请打85831111", "138-0000-1111\n李建国", "0571"]
    assert masker.texts(*texts) == [f"{NAME}来电", "", f"请打{PHONE}", f"{PHONE}\n{NAME}", "0571"]
    assert masker.masked


@pytest.mark.parametrize("between", ["138000|01111", "李建|国", "8583|1111", "0571-8583|0000", "33010319800101|1234"])
def test_nothing_is_read_across_two_texts_that_are_masked_together(between):
    masker = Masker(ReporterDetails(name="李建国", phone="85831111"))
    assert masker.texts(*between.split("|")) == between.split("|")
    assert not masker.masked


def test_a_text_that_holds_the_mark_between_texts_is_masked_all_the_same():
    masker = Masker(ReporterDetails(name="李建国"))
    assert masker.texts("李建国\x00", "李建国") == [f"{NAME}\x00", NAME]
