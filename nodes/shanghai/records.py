"""Shanghai's record format "shanghai-json-1": JSON with full pinyin names; sex and kind of household in words."""

from __future__ import annotations

from nodes.common.records.json_record import JsonRecord
from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import code_table

_SEX = code_table({"0": "未知", "1": "男", "2": "女", "9": "未说明"})
_HOUSEHOLD_KIND = code_table({"family": "家庭户", "collective": "集体户"})

CODEC = JsonRecord(
    Layout(
        format="shanghai-json-1",
        province="310000",
        fields=(
            Field("id_number", "gongminShenfenHaoma"),  # 公民身份号码
            Field("name", "xingming"),  # 姓名
            Field("former_name", "cengyongming"),  # 曾用名
            Field("sex_code", "xingbie", _SEX),  # 性别
            Field("birth_date", "chushengRiqi"),  # 出生日期
            Field("ethnicity_code", "minzu"),  # 民族
            Field("birth_place_code", "chushengdi"),  # 出生地
            Field("native_place_code", "jiguan"),  # 籍贯
            Field("marital_status_code", "hunyinZhuangkuang"),  # 婚姻状况
            Field("education_code", "wenhuaChengdu"),  # 文化程度
            Field("occupation_code", "zhiye"),  # 职业
            Field("workplace", "fuwuChusuo"),  # 服务处所
            Field("relation_to_head_code", "yuHuzhuGuanxi"),  # 与户主关系
            Field("household_number", "huhao"),  # 户号
            Field("head_id_number", "huzhuShenfenHaoma"),  # 户主身份号码
            Field("address_code", "zhuzhiQuhua"),  # 住址行政区划
            Field("address", "zhuzhi"),  # 住址
            Field("phone", "lianxiDianhua"),  # 联系电话
            Field("household_kind", "huleixing", _HOUSEHOLD_KIND),  # 户类型
        ),
        foreign=("qitaXinxi", "mingcheng", "neirong"),  # 其他信息: 名称, 内容
    )
)
"""The codec of Shanghai."""
