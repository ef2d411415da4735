"""Zhejiang's record format "zhejiang-json-1": JSON with pinyin initials as names; dates as YYYYMMDD."""

from __future__ import annotations

from nodes.common.records.json_record import JsonRecord
from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import COMPACT_DATE, code_table

_HOUSEHOLD_KIND = code_table({"family": "10", "collective": "20"})

CODEC = JsonRecord(
    Layout(
        format="zhejiang-json-1",
        province="330000",
        fields=(
            Field("household_number", "hh"),  # 户号
            Field("household_kind", "hlx", _HOUSEHOLD_KIND),  # 户类型
            Field("head_id_number", "hzsfhm"),  # 户主身份号码
            Field("relation_to_head_code", "yhzgx"),  # 与户主关系
            Field("id_number", "sfhm"),  # 身份号码
            Field("name", "xm"),  # 姓名
            Field("former_name", "cym"),  # 曾用名
            Field("sex_code", "xb"),  # 性别
            Field("birth_date", "csrq", COMPACT_DATE),  # 出生日期
            Field("ethnicity_code", "mz"),  # 民族
            Field("birth_place_code", "csd"),  # 出生地
            Field("native_place_code", "jg"),  # 籍贯
            Field("marital_status_code", "hyzk"),  # 婚姻状况
            Field("education_code", "whcd"),  # 文化程度
            Field("occupation_code", "zy"),  # 职业
            Field("workplace", "fwcs"),  # 服务处所
            Field("address_code", "zzqh"),  # 住址区划
            Field("address", "zz"),  # 住址
            Field("phone", "lxdh"),  # 联系电话
        ),
        foreign=("qtxx", "mc", "nr"),  # 其他信息: 名称, 内容
    )
)
"""The codec of Zhejiang."""
