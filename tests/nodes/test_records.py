"""What every province's record format promises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import UNREADABLE_RECORD, Refused
from nodes.anhui import records as anhui
from nodes.common.records.codec import RecordCodec
from nodes.common.records.json_record import JsonRecord
from nodes.common.records.xml_record import XmlRecord
from nodes.jiangsu import records as jiangsu
from nodes.shanghai import records as shanghai
from nodes.zhejiang import records as zhejiang
from tests.nodes.residents import ITEMS, residents
from yrdx.v1 import resident_pb2

CODECS: list[JsonRecord | XmlRecord] = [shanghai.CODEC, jiangsu.CODEC, zhejiang.CODEC, anhui.CODEC]
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: str(codec.format))
both_formats = pytest.mark.parametrize("codec", [shanghai.CODEC, jiangsu.CODEC], ids=["json", "xml"])


def unreadable(codec: RecordCodec, record: bytes) -> None:
    with pytest.raises(Refused) as caught:
        codec.decode(record)
    assert (caught.value.kind, caught.value.field) == (UNREADABLE_RECORD, codec.format)


@each_codec
@given(resident=residents)
def test_nothing_is_lost(codec: RecordCodec, resident: resident_pb2.Resident) -> None:
    record = codec.encode(resident)
    assert codec.decode(record) == resident
    assert codec.encode(codec.decode(record)) == record


@given(resident=residents, way=st.permutations(CODECS))
def test_nothing_is_lost_on_a_way_through_all_provinces(resident: resident_pb2.Resident, way: list[RecordCodec]) -> None:
    on_its_way = resident
    for codec in way:
        on_its_way = codec.decode(codec.encode(on_its_way))
    assert on_its_way == resident


@each_codec
def test_every_item_has_one_place(codec: JsonRecord | XmlRecord) -> None:
    fields = codec.layout.fields
    assert sorted(field.item for field in fields) == sorted(ITEMS)
    names = {field.name for field in fields} | {codec.layout.foreign[0]}
    assert len(names) == len(ITEMS) + 1


def test_formats_have_names_of_their_own() -> None:
    assert [codec.format for codec in CODECS] == [
        "shanghai-json-1",
        "jiangsu-xml-1",
        "zhejiang-json-1",
        "anhui-xml-1",
    ]


@each_codec
@given(record=st.binary())
def test_any_bytes_are_read_or_refused(codec: RecordCodec, record: bytes) -> None:
    try:
        codec.decode(record)
    except Refused as refused:
        assert refused.kind is UNREADABLE_RECORD  # noqa: PT017 - both ways out are right


@each_codec
@given(resident=residents, data=st.data())
def test_a_damaged_record_is_read_or_refused(codec: RecordCodec, resident: resident_pb2.Resident, data: st.DataObject) -> None:
    record = bytearray(codec.encode(resident))
    place = data.draw(st.integers(0, len(record) - 1))
    record[place] = data.draw(st.integers(0, 255))
    try:
        codec.decode(bytes(record))
    except Refused as refused:
        assert refused.kind is UNREADABLE_RECORD  # noqa: PT017 - both ways out are right


@each_codec
@given(resident=residents, data=st.data())
def test_a_cut_record_is_refused(codec: RecordCodec, resident: resident_pb2.Resident, data: st.DataObject) -> None:
    record = codec.encode(resident).rstrip(b"\n")
    unreadable(codec, record[: data.draw(st.integers(0, len(record) - 1))])


@both_formats
def test_own_extra_items_come_home_and_others_stay_foreign(codec: JsonRecord | XmlRecord) -> None:
    own = f"{codec.layout.province}/ZZMM"
    resident = resident_pb2.Resident(
        extra_items=[
            resident_pb2.ExtraItem(name=own, value="13"),
            resident_pb2.ExtraItem(name="340000/ZZMM", value="01"),
        ]
    )
    record = codec.encode(resident)
    assert own.encode() not in record
    assert b"ZZMM" in record.replace(b"340000/ZZMM", b"")
    assert b"340000/ZZMM" in record


JSON_REFUSED = {
    "not an object": b'["xingming"]',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"xingming":"张"}'.encode("utf-16"),
    "a number": b'{"xingming":1}',
    "a null": b'{"xingming":null}',
    "an object in place of a text": b'{"beizhu":{}}',
    "a name twice": b'{"xingming":"a","xingming":"b"}',
    "a name twice inside": b'{"qitaXinxi":[{"mingcheng":"a","mingcheng":"b","neirong":"c"}]}',
    "foreign items that are no list": b'{"qitaXinxi":{}}',
    "a foreign item without value": b'{"qitaXinxi":[{"mingcheng":"a"}]}',
    "a foreign item with more": b'{"qitaXinxi":[{"mingcheng":"a","neirong":"b","x":"c"}]}',
    "a foreign item that is no text": b'{"qitaXinxi":[{"mingcheng":"a","neirong":1}]}',
    "half a surrogate pair": rb'{"xingming":"\ud842"}',
    "half a pair in a name": rb'{"\udfb7":"a"}',
    "endless nesting": b'{"x":' + b"[" * 100_000,
    "an endless number": b'{"x":' + b"1" * 10_000 + b"}",
    "something behind": b"{} {}",
}


@pytest.mark.parametrize("record", JSON_REFUSED.values(), ids=JSON_REFUSED.keys())
def test_refused_json(record: bytes) -> None:
    unreadable(shanghai.CODEC, record)


HEAD = b'<?xml version="1.0" encoding="GB18030"?>\n'
BILLION = b'<!DOCTYPE CZRK [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><CZRK><XM>&b;</XM></CZRK>'
XML_REFUSED = {
    "no declaration": b"<CZRK/>",
    "no encoding": b'<?xml version="1.0"?><CZRK/>',
    "another encoding": b'<?xml version="1.0" encoding="UTF-8"?><CZRK/>',
    "another root": HEAD + b"<RKXX/>",
    "a DTD": HEAD + b"<!DOCTYPE CZRK><CZRK/>",
    "a DTD elsewhere": HEAD + b'<!DOCTYPE CZRK SYSTEM "file:///etc/passwd"><CZRK/>',
    "entities": HEAD + BILLION,
    "an unknown entity": HEAD + b"<CZRK><XM>&a;</XM></CZRK>",
    "an item twice": HEAD + b"<CZRK><XM>a</XM><XM>b</XM></CZRK>",
    "an unknown item twice": HEAD + b"<CZRK><ZZMM>a</ZZMM><ZZMM>b</ZZMM></CZRK>",
    "an attribute": HEAD + b'<CZRK><XM id="1">a</XM></CZRK>',
    "an attribute of the root": HEAD + b'<CZRK id="1"/>',
    "a namespace": HEAD + b'<CZRK xmlns="urn:x"><XM>a</XM></CZRK>',
    "a namespace inside": HEAD + b'<CZRK xmlns:x="urn:x"><x:XM>a</x:XM></CZRK>',
    "text between": HEAD + b"<CZRK>a<XM>b</XM></CZRK>",
    "text behind an item": HEAD + b"<CZRK><XM>b</XM>a</CZRK>",
    "elements in a text": HEAD + b"<CZRK><XM>a<b/></XM></CZRK>",
    "a Chinese element name": HEAD + "<CZRK><姓名>张</姓名></CZRK>".encode("gb18030"),
    "a foreign item without value": HEAD + b"<CZRK><QTXX><MC>a</MC></QTXX></CZRK>",
    "a foreign item turned round": HEAD + b"<CZRK><QTXX><NR>a</NR><MC>b</MC></QTXX></CZRK>",
    "another way of packing": HEAD + b'<CZRK><XM BM="hex">00</XM></CZRK>',
    "bad base64": HEAD + b'<CZRK><XM BM="base64">A</XM></CZRK>',
    "base64 of no UTF-8": HEAD + b'<CZRK><XM BM="base64">/w==</XM></CZRK>',
    "a control character": HEAD + b"<CZRK><XM>&#0;</XM></CZRK>",
    "no GB 18030": HEAD + b"<CZRK><XM>\xff</XM></CZRK>",
    "half a character": HEAD + b"<CZRK><XM>\x95\x32\x82</XM></CZRK>",
}


@pytest.mark.parametrize("record", XML_REFUSED.values(), ids=XML_REFUSED.keys())
def test_refused_xml(record: bytes) -> None:
    unreadable(jiangsu.CODEC, record)


def test_other_layouts_of_the_same_record_are_read() -> None:
    assert shanghai.CODEC.decode(b'\n{ "xingbie" : "\\u7537", "xingming":"" }\n').sex_code == "1"
    record = HEAD + b"<CZRK><!-- x -->\n\t<XM><![CDATA[a<b]]>&#x20BB7;<!-- y -->c</XM><CYM/><CSRQ>19900102</CSRQ></CZRK>"
    resident = jiangsu.CODEC.decode(record)
    assert (resident.name, resident.birth_date) == ("a<b𠮷c", "1990-01-02")


def test_codes_and_dates_in_the_province_s_writing() -> None:
    resident = resident_pb2.Resident(sex_code="2", birth_date="1990-01-02", marital_status_code="20")
    assert json.loads(shanghai.CODEC.encode(resident))["xingbie"] == "女"
    assert json.loads(zhejiang.CODEC.encode(resident))["csrq"] == "19900102"
    assert b"<CSRQ>19900102</CSRQ>\n  <HYZK>2</HYZK>" in jiangsu.CODEC.encode(resident)
    assert "<XBMC>女性</XBMC>".encode("gb18030") in anhui.CODEC.encode(resident)


def test_unknown_codes_stay_as_they_are() -> None:
    resident = resident_pb2.Resident(sex_code="7", marital_status_code="21", household_kind="boat")
    assert json.loads(shanghai.CODEC.encode(resident)) == {
        "xingbie": "7",
        "hunyinZhuangkuang": "21",
        "huleixing": "boat",
    }
    assert b"<HYZK>21</HYZK>\n  <HLX>boat</HLX>" in jiangsu.CODEC.encode(resident)
