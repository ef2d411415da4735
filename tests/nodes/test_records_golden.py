"""Records that other tools wrote (tests/golden/README.md): read to the exact resident, written back byte by byte."""

from pathlib import Path

import pytest

from nodes.anhui import records as anhui
from nodes.common.records import gb18030
from nodes.common.records.codec import RecordCodec
from nodes.jiangsu import records as jiangsu
from nodes.shanghai import records as shanghai
from nodes.zhejiang import records as zhejiang
from yrdx.v1.resident_pb2 import ExtraItem, Resident

GOLDEN = Path(__file__).parents[1] / "golden"

SHANGHAI_PLAIN = Resident(
    id_number="11010519491231002X",
    name="王秀英",
    former_name="王小英",
    sex_code="2",
    birth_date="1949-12-31",
    ethnicity_code="01",
    birth_place_code="110105",
    native_place_code="310103",
    marital_status_code="30",
    education_code="60",
    occupation_code="59900",
    workplace="上海市黄浦区南京东路“示例”商店",
    relation_to_head_code="02",
    household_number="310000000017",
    head_id_number="11010519491231002X",
    address_code="310101",
    address="上海市黄浦区示例路1号2室",
    phone="12000000001",
    household_kind="family",
)
SHANGHAI_RARE = Resident(
    id_number="34052419800101001X",
    name="\U00020bb7䶮\u00b7阿卜杜拉",
    sex_code="1",
    birth_date="1980-01-01",
    ethnicity_code="05",
    marital_status_code="21",
    address='浦东新区\\"示例"路\n9号\x01 \u2028/😀',
    household_kind="船民户",
    extra_items=[
        ExtraItem(name="310000/juzhuzhengHaoma", value="SH0001"),
        ExtraItem(name="310000/beizhu", value=""),
        ExtraItem(name="320000/ZZMM", value="13"),
        ExtraItem(name="320000/ZZMM", value=""),
        ExtraItem(name="", value="无名"),
    ],
)
ZHEJIANG_PLAIN = Resident(
    id_number="11010519491231002X",
    name="王秀英",
    former_name="王小英",
    sex_code="2",
    birth_date="1949-12-31",
    ethnicity_code="01",
    birth_place_code="110105",
    native_place_code="310103",
    marital_status_code="30",
    education_code="60",
    occupation_code="59900",
    workplace="杭州市示例商店",
    relation_to_head_code="02",
    household_number="330000000017",
    head_id_number="11010519491231002X",
    address_code="330106",
    address="杭州市西湖区示例路1号2室",
    phone="12000000003",
    household_kind="family",
)
ZHEJIANG_RARE = Resident(
    id_number="440524188001010014",
    name="陈\u9fb4",
    sex_code="1",
    birth_date="1880-01-01",
    ethnicity_code="97",
    birth_place_code="440524",
    native_place_code="330102",
    marital_status_code="90",
    education_code="44",
    relation_to_head_code="HZ",
    household_number="330000000042",
    head_id_number="440524188001010014",
    address_code="330106",
    address='杭州市 "示例" 路, <3> 号\r\n& \t乙 ',
    phone=" 120",
    household_kind="collective",
    extra_items=[
        ExtraItem(name="330000/xjh", value="ZJ-42"),
        ExtraItem(name="330000/bz", value=""),
        ExtraItem(name="310000/juzhuzhengHaoma", value="SH0001"),
        ExtraItem(name="320000/ZZMM", value=""),
        ExtraItem(name="", value="\U00020bb7"),
    ],
)
ZHEJIANG_UNQUOTED = Resident(
    id_number="34052419800101001X",
    name="陈",
    sex_code="2",
    address='a, "b"',
    extra_items=[ExtraItem(name="310000/juzhuzhengHaoma", value="SH0001")],
)
JIANGSU_PLAIN = Resident(
    id_number="440524188001010014",
    name="张伟",
    former_name="张伟伟",
    sex_code="1",
    birth_date="1880-01-01",
    ethnicity_code="01",
    birth_place_code="440524",
    native_place_code="320102",
    marital_status_code="20",
    education_code="20",
    occupation_code="20800",
    workplace="南京市示例中学",
    relation_to_head_code="02",
    household_number="320000000001",
    head_id_number="440524188001010014",
    address_code="320102",
    address="江苏省南京市玄武区示例路1号",
    phone="12000000002",
    household_kind="family",
)
JIANGSU_RARE = Resident(
    id_number="34052419800101001X",
    name="\U00020bb7㛃\u00b7买买提",
    former_name="镕\u9fb4\u1e3f\ue5e6",
    sex_code="9",
    marital_status_code="21",
    address="A<B> & \"C\" 'D'\n第二行\t😀",
    extra_items=[
        ExtraItem(name="320000/ZZMM", value="13"),
        ExtraItem(name="320000/XX", value=""),
        ExtraItem(name="310000/juzhuzhengHaoma", value="SH0001"),
        ExtraItem(name="", value="\U0002a6a5"),
    ],
)
ANHUI_PLAIN = Resident(
    id_number="11010519491231002X",
    name="王秀英",
    former_name="王小英",
    sex_code="2",
    birth_date="1949-12-31",
    ethnicity_code="01",
    birth_place_code="110105",
    native_place_code="310103",
    marital_status_code="30",
    education_code="60",
    occupation_code="59900",
    workplace="合肥市示例商店",
    relation_to_head_code="02",
    household_number="340000000017",
    head_id_number="11010519491231002X",
    address_code="340104",
    address="安徽省合肥市蜀山区示例路1号2室",
    phone="12000000004",
    household_kind="family",
)
ANHUI_RARE = Resident(
    id_number="11010519491231002X",
    name="㐱\U0002a6a5\u00b7古丽",
    sex_code="9",
    birth_date="1949-12-31",
    ethnicity_code="**",
    birth_place_code="110105",
    marital_status_code="21",
    workplace="安徽省合肥市蜀山区一个名称很长而放不进八十个字节的示例单位的下属的第二个示例科室甲",
    relation_to_head_code="2 ",
    address="合肥\x01示例路\n",
    phone=" 120",
    household_kind="collective",
    extra_items=[
        ExtraItem(name="340000/PCSDM", value="340102"),
        ExtraItem(name="340000/备注", value=""),
        ExtraItem(name="330000/xjh", value="ZJ-42"),
        ExtraItem(name="", value="䶮"),
        ExtraItem(name="340000/PCSDM", value=""),
    ],
)

CANONICAL: list[tuple[str, RecordCodec, Resident]] = [
    ("shanghai-plain.json", shanghai.CODEC, SHANGHAI_PLAIN),
    ("shanghai-rare.json", shanghai.CODEC, SHANGHAI_RARE),
    ("zhejiang-plain.csv", zhejiang.CODEC, ZHEJIANG_PLAIN),
    ("zhejiang-rare.csv", zhejiang.CODEC, ZHEJIANG_RARE),
    ("jiangsu-plain.xml", jiangsu.CODEC, JIANGSU_PLAIN),
    ("jiangsu-rare.xml", jiangsu.CODEC, JIANGSU_RARE),
    ("anhui-plain.dat", anhui.CODEC, ANHUI_PLAIN),
    ("anhui-rare.dat", anhui.CODEC, ANHUI_RARE),
]


@pytest.mark.parametrize(("file", "codec", "resident"), CANONICAL, ids=[file for file, _, _ in CANONICAL])
def test_read_exactly_and_written_back_byte_by_byte(file: str, codec: RecordCodec, resident: Resident) -> None:
    record = (GOLDEN / file).read_bytes()
    assert codec.decode(record) == resident
    assert codec.encode(resident) == record


READ_ONLY: list[tuple[str, RecordCodec, Resident]] = [
    ("jiangsu-rare-references.xml", jiangsu.CODEC, JIANGSU_RARE),
    ("zhejiang-unquoted.csv", zhejiang.CODEC, ZHEJIANG_UNQUOTED),
]


@pytest.mark.parametrize(("file", "codec", "resident"), READ_ONLY, ids=[file for file, _, _ in READ_ONLY])
def test_other_ways_of_writing_are_read(file: str, codec: RecordCodec, resident: Resident) -> None:
    assert codec.decode((GOLDEN / file).read_bytes()) == resident


def test_every_golden_file_is_tested() -> None:
    files = {path.name for path in GOLDEN.iterdir() if path.is_file() and path.suffix != ".md"}
    assert files == {file for file, _, _ in CANONICAL + READ_ONLY}


# By the JDK, the first six by glibc's iconv too. The edition of 2000, Python's, has other bytes for all but the first three.
GB_18030_2022 = {
    "\u00b7": "a1a4",
    "\U00020bb7": "9534b235",
    "\u36c3": "8230b731",
    "\u9fb4": "fe59",
    "\u1e3f": "a8bc",
    "\ufe12": "a6da",
    "\ue81e": "82359037",
}


@pytest.mark.parametrize(("character", "code"), GB_18030_2022.items())
def test_the_edition_of_2022(character: str, code: str) -> None:
    assert gb18030.encode(character).hex() == code
    assert gb18030.decode(bytes.fromhex(code)) == character
