"""Jiangsu's record format "jiangsu-xml-1": GB 18030 XML with GA/T element names; one-digit codes, dates as YYYYMMDD."""

from __future__ import annotations

from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import COMPACT_DATE, code_table
from nodes.common.records.xml_record import XmlRecord

_MARITAL_STATUS = code_table({"10": "1", "20": "2", "30": "3", "40": "4", "90": "9"})
_HOUSEHOLD_KIND = code_table({"family": "1", "collective": "2"})

CODEC = XmlRecord(
    Layout(
        format="jiangsu-xml-1",
        province="320000",
        fields=(
            Field("id_number", "GMSFHM"),  # 公民身份号码
            Field("name", "XM"),  # 姓名
            Field("former_name", "CYM"),  # 曾用名
            Field("sex_code", "XB"),  # 性别
            Field("ethnicity_code", "MZ"),  # 民族
            Field("birth_date", "CSRQ", COMPACT_DATE),  # 出生日期
            Field("birth_place_code", "CSDXZQH"),  # 出生地行政区划
            Field("native_place_code", "JGXZQH"),  # 籍贯行政区划
            Field("marital_status_code", "HYZK", _MARITAL_STATUS),  # 婚姻状况
            Field("education_code", "WHCD"),  # 文化程度
            Field("occupation_code", "ZYLB"),  # 职业类别
            Field("workplace", "FWCS"),  # 服务处所
            Field("household_number", "HH"),  # 户号
            Field("household_kind", "HLX", _HOUSEHOLD_KIND),  # 户类型
            Field("relation_to_head_code", "YHZGX"),  # 与户主关系
            Field("head_id_number", "HZGMSFHM"),  # 户主公民身份号码
            Field("address_code", "ZZXZQH"),  # 住址行政区划
            Field("address", "ZZXZ"),  # 住址详址
            Field("phone", "LXDH"),  # 联系电话
        ),
        foreign=("QTXX", "MC", "NR"),  # 其他信息: 名称, 内容
    ),
    root="CZRK",  # 常住人口
)
"""The codec of Jiangsu."""
