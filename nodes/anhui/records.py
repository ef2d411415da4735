"""Anhui's record format "anhui-fixed-1": GB 18030 in fixed widths; sex in words, two-digit kinds of household, dates as YYYYMMDD."""

from __future__ import annotations

from nodes.common.records.fixed_record import FixedRecord
from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import COMPACT_DATE, code_table

_SEX = code_table({"0": "未知", "1": "男性", "2": "女性", "9": "未说明"})
_HOUSEHOLD_KIND = code_table({"family": "01", "collective": "02"})

_CELLS = (
    (Field("id_number", "SFZH"), 18),  # 身份证号
    (Field("name", "XM"), 40),  # 姓名
    (Field("former_name", "ZYM"), 40),  # 曾用名
    (Field("sex_code", "XBMC", _SEX), 6),  # 性别名称
    (Field("birth_date", "SR", COMPACT_DATE), 8),  # 生日
    (Field("ethnicity_code", "MZDM"), 2),  # 民族代码
    (Field("birth_place_code", "CSDDM"), 6),  # 出生地代码
    (Field("native_place_code", "JGDM"), 6),  # 籍贯代码
    (Field("marital_status_code", "HYDM"), 2),  # 婚姻代码
    (Field("education_code", "XLDM"), 2),  # 学历代码
    (Field("occupation_code", "ZYDM"), 5),  # 职业代码
    (Field("workplace", "GZDW"), 80),  # 工作单位
    (Field("relation_to_head_code", "GXDM"), 2),  # 关系代码
    (Field("household_number", "HUHAO"), 12),  # 户号
    (Field("head_id_number", "HZSFZH"), 18),  # 户主身份证号
    (Field("address_code", "QHDM"), 6),  # 区划代码
    (Field("address", "DZ"), 100),  # 地址
    (Field("phone", "DH"), 20),  # 电话
    (Field("household_kind", "HLB", _HOUSEHOLD_KIND), 2),  # 户类别
)

CODEC = FixedRecord(
    Layout(
        format="anhui-fixed-1",
        province="340000",
        fields=tuple(field for field, _ in _CELLS),
        foreign=("KZX", "MC", "NR"),  # 扩展项: 名称, 内容
    ),
    widths=tuple(width for _, width in _CELLS),
)
"""The codec of Anhui."""
