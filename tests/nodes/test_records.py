"""What every province's record format promises."""

import csv
import io
import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import UNREADABLE_RECORD, Refused
from nodes.anhui import records as anhui
from nodes.common.records.codec import RecordCodec
from nodes.common.records.column_record import ColumnRecord
from nodes.common.records.fixed_record import FixedRecord
from nodes.common.records.json_record import JsonRecord
from nodes.common.records.xml_record import XmlRecord
from nodes.jiangsu import records as jiangsu
from nodes.shanghai import records as shanghai
from nodes.zhejiang import records as zhejiang
from tests.nodes.residents import ITEMS, residents
from yrdx.v1 import resident_pb2

Record = JsonRecord | XmlRecord | ColumnRecord | FixedRecord

CODECS: list[Record] = [shanghai.CODEC, jiangsu.CODEC, zhejiang.CODEC, anhui.CODEC]
each_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: str(codec.format))


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
def test_every_item_has_one_place(codec: Record) -> None:
    fields = codec.layout.fields
    assert sorted(field.item for field in fields) == sorted(ITEMS)
    names = {field.name for field in fields} | {codec.layout.foreign[0]}
    assert len(names) == len(ITEMS) + 1


def test_formats_have_names_of_their_own() -> None:
    assert [codec.format for codec in CODECS] == [
        "shanghai-json-1",
        "jiangsu-xml-1",
        "zhejiang-columns-1",
        "anhui-fixed-1",
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
        read = codec.decode(bytes(record))
        assert codec.decode(codec.encode(read)) == read
    except Refused as refused:
        assert refused.kind is UNREADABLE_RECORD  # noqa: PT017 - both ways out are right


@each_codec
@given(resident=residents, data=st.data())
def test_a_cut_record_is_refused(codec: RecordCodec, resident: resident_pb2.Resident, data: st.DataObject) -> None:
    record = codec.encode(resident).rstrip(b"\n")
    unreadable(codec, record[: data.draw(st.integers(0, len(record) - 1))])


@each_codec
def test_own_extra_items_come_home_and_others_stay_foreign(codec: Record) -> None:
    own, other = f"{codec.layout.province}/ZZMM", "110000/ZZMM"
    resident = resident_pb2.Resident(
        extra_items=[resident_pb2.ExtraItem(name=own, value="13"), resident_pb2.ExtraItem(name=other, value="01")]
    )
    record = codec.encode(resident)
    assert own.encode() not in record
    assert b"ZZMM" in record.replace(other.encode(), b"")
    assert other.encode() in record


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


CSV_REFUSED = {
    "no rows": b"",
    "a header alone": b"xm,xb\r\n",
    "a third row": b"xm,xb\r\na,b\r\na,b\r\n",
    "an empty third row": b"xm,xb\r\na,b\r\n\r\n",
    "a short row": b"xm,xb\r\na\r\n",
    "a long row": b"xm,xb\r\na,b,c\r\n",
    "no line end": b"xm,xb\r\na,b",
    "another line end": b"xm,xb\na,b\n",
    "half a line end": b"xm,xb\r\na\r,b\r\n",
    "a byte order mark": b"\xef\xbb\xbfxm,xb\r\na,b\r\n",
    "UTF-16": "xm,xb\r\na,b\r\n".encode("utf-16"),
    "no UTF-8": b"xm,xb\r\n\xff,b\r\n",
    "half a surrogate pair": b"xm,xb\r\n\xed\xa1\x82,b\r\n",
    "a column twice": b"xm,xm\r\na,a\r\n",
    "an unknown column twice": b"x,x\r\na,a\r\n",
    "a pair twice": b"qtxx1mc,qtxx1nr,qtxx1mc,qtxx1nr\r\na,b,a,b\r\n",
    "a column without name": b"xm,\r\na,b\r\n",
    "a Chinese column name": "姓名\r\n张\r\n".encode(),
    "a column name with spaces": b" xm\r\na\r\n",
    "half a pair": b"qtxx1mc\r\na\r\n",
    "the wrong half": b"qtxx1mc,qtxx2nr\r\na,b\r\n",
    "a pair left out": b"qtxx2mc,qtxx2nr\r\na,b\r\n",
    "a pair numbered otherwise": b"qtxx01mc,qtxx01nr\r\na,b\r\n",
    "a pair without number": b"qtxxmc,qtxxnr\r\na,b\r\n",
    "an open quote": b'xm,xb\r\n"a,b\r\n',
    "a quote in the middle": b'xm,xb\r\na"b,c\r\n',
    "a text behind a quote": b'xm,xb\r\n"a"b,c\r\n',
    "a space behind a quote": b'xm,xb\r\n"a" ,c\r\n',
}


@pytest.mark.parametrize("record", CSV_REFUSED.values(), ids=CSV_REFUSED.keys())
def test_refused_columns(record: bytes) -> None:
    unreadable(zhejiang.CODEC, record)


CELLS = anhui.CODEC.encode(resident_pb2.Resident())[10:]
PIECE = b"0000000001x"


def fixed(content: bytes) -> bytes:
    return b"%010d" % (len(content) + 10) + content


FIXED_REFUSED = {
    "nothing": b"",
    "no length": b"x" * 10 + CELLS,
    "a signed length": b"+000000385" + CELLS,
    "another length": b"0000000384" + CELLS,
    "cells that are cut off": fixed(CELLS[:-1]),
    "no cells": fixed(b""),
    "no GB 18030": fixed(b"\xff" + CELLS[1:]),
    "half a character": fixed(b" " * 17 + b"\xcd" + CELLS[18:]),
    "a control character": fixed(b"\t" + CELLS[1:]),
    "a zero": fixed(CELLS[:-1] + b"\0"),
    "a text that overflows nowhere": fixed(b"*" * 18 + CELLS[18:]),
    "an overflow without its mark": fixed(CELLS + b"10000000004SFZH" + PIECE),
    "an overflow twice": fixed(b"*" * 18 + CELLS[18:] + (b"10000000004SFZH" + PIECE) * 2),
    "an item twice": fixed(CELLS + (b"10000000004ZZMM" + PIECE) * 2),
    "another kind of entry": fixed(CELLS + b"3" + PIECE * 2),
    "an entry that is cut off": fixed(CELLS + b"10000000002x" + PIECE[:5]),
    "an entry longer than the record": fixed(CELLS + b"2" + PIECE + b"9999999999x"),
    "an entry without value": fixed(CELLS + b"2" + PIECE),
    "a kind alone": fixed(CELLS + b"2"),
    "an entry of no GB 18030": fixed(CELLS + b"2" + PIECE + b"0000000001\xff"),
    "a line end": fixed(CELLS + b"\n"),
    "a line end behind": fixed(CELLS) + b"\n",
}


@pytest.mark.parametrize("record", FIXED_REFUSED.values(), ids=FIXED_REFUSED.keys())
def test_refused_fixed_widths(record: bytes) -> None:
    unreadable(anhui.CODEC, record)


def test_widths_count_bytes_and_everything_common_has_its_cell() -> None:
    resident = resident_pb2.Resident(name="㛃" * 10, former_name="王" * 20, household_kind="family", sex_code="2")
    record = anhui.CODEC.encode(resident)
    assert len(record) == len(CELLS) + 10 == 385
    assert "女性".encode("gb18030") + b"  " in record
    assert len(anhui.CODEC.encode(resident_pb2.Resident(name="㛃" * 11))) > 385
    assert anhui.CODEC.decode(record) == resident


def test_entries_in_another_order_are_read() -> None:
    record = fixed(b"*" * 18 + CELLS[18:] + b"2" + PIECE * 2 + b"10000000004ZZMM" + PIECE + b"10000000004SFZH" + PIECE)
    resident = anhui.CODEC.decode(record)
    assert resident.id_number == "x"
    assert [(extra.name, extra.value) for extra in resident.extra_items] == [("340000/ZZMM", "x"), ("x", "x")]


@given(
    st.dictionaries(st.from_regex(r"[a-p]{1,8}", fullmatch=True), st.text(), min_size=1),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_columns_agree_with_another_writer_and_reader(columns: dict[str, str], quoting: Literal[0, 1]) -> None:
    """Python's csv module, an implementation of RFC 4180 that nobody here wrote."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=quoting, lineterminator="\r\n").writerows([columns.keys(), columns.values()])
    resident = zhejiang.CODEC.decode(written.getvalue().encode())
    names, values = csv.reader(io.StringIO(zhejiang.CODEC.encode(resident).decode(), newline=""), strict=True)
    assert {name: value for name, value in zip(names, values, strict=True) if value or name in columns}.items() >= columns.items()


def test_other_layouts_of_the_same_record_are_read() -> None:
    assert shanghai.CODEC.decode(b'\n{ "xingbie" : "\\u7537", "xingming":"" }\n').sex_code == "1"
    record = HEAD + b"<CZRK><!-- x -->\n\t<XM><![CDATA[a<b]]>&#x20BB7;<!-- y -->c</XM><CYM/><CSRQ>19900102</CSRQ></CZRK>"
    resident = jiangsu.CODEC.decode(record)
    assert (resident.name, resident.birth_date) == ("a<b𠮷c", "1990-01-02")


def test_codes_and_dates_in_the_province_s_writing() -> None:
    resident = resident_pb2.Resident(sex_code="2", birth_date="1990-01-02", marital_status_code="20")
    assert json.loads(shanghai.CODEC.encode(resident))["xingbie"] == "女"
    names, values = csv.reader(io.StringIO(zhejiang.CODEC.encode(resident).decode()))
    column = dict(zip(names, values, strict=True))
    assert (column["xb"], column["csrq"], column["hyzk"]) == ("02", "19900102", "B")
    assert b"<CSRQ>19900102</CSRQ>\n  <HYZK>2</HYZK>" in jiangsu.CODEC.encode(resident)
    assert "女性  19900102".encode("gb18030") in anhui.CODEC.encode(resident)


def test_unknown_codes_stay_as_they_are() -> None:
    resident = resident_pb2.Resident(sex_code="7", marital_status_code="21", household_kind="boat")
    assert json.loads(shanghai.CODEC.encode(resident)) == {
        "xingbie": "7",
        "hunyinZhuangkuang": "21",
        "huleixing": "boat",
    }
    assert b"<HYZK>21</HYZK>\n  <HLX>boat</HLX>" in jiangsu.CODEC.encode(resident)
