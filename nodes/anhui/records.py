"""Anhui's record format "anhui-xml-1": GB 18030 XML with its own element names; sex in words, two-digit kinds of household."""

from __future__ import annotations

from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import code_table
from nodes.common.records.xml_record import XmlRecord

_SEX = code_table({"0": "未知", "1": "男性", "2": "女性", "9": "未说明"})
_HOUSEHOLD_KIND = code_table({"family": "01", "collective": "02"})

CODEC = XmlRecord(
    Layout(
        format="anhui-xml-1",
        province="340000",
        fields=(
            Field("id_number", "SFZH"),  # 身份证号
            Field("name", "XM"),  # 姓名
            Field("former_name", "ZYM"),  # 曾用名
            Field("sex_code", "XBMC", _SEX),  # 性别名称
            Field("birth_date", "SR"),  # 生日
            Field("ethnicity_code", "MZDM"),  # 民族代码
            Field("birth_place_code", "CSDDM"),  # 出生地代码
            Field("native_place_code", "JGDM"),  # 籍贯代码
            Field("marital_status_code", "HYDM"),  # 婚姻代码
            Field("education_code", "XLDM"),  # 学历代码
            Field("occupation_code", "ZYDM"),  # 职业代码
            Field("workplace", "GZDW"),  # 工作单位
            Field("relation_to_head_code", "GXDM"),  # 关系代码
            Field("household_number", "HUHAO"),  # 户号
            Field("head_id_number", "HZSFZH"),  # 户主身份证号
            Field("address_code", "QHDM"),  # 区划代码
            Field("address", "DZ"),  # 地址
            Field("phone", "DH"),  # 电话
            Field("household_kind", "HLB", _HOUSEHOLD_KIND),  # 户类别
        ),
        foreign=("KZX", "MC", "NR"),  # 扩展项: 名称, 内容
    ),
    root="RKXX",  # 人口信息
)
"""The codec of Anhui."""
