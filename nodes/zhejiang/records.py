"""Zhejiang's record format "zhejiang-columns-1": CSV in UTF-8 with pinyin initials as column names and code tables of its own.

Sex, marital status, schooling, relation to the head and kind of household have codes of the province; ethnicity stands in the letters
of GB/T 3304, dates as YYYYMMDD. A national code without a counterpart here stays as it is.
"""

from __future__ import annotations

from nodes.common.records.column_record import ColumnRecord
from nodes.common.records.mapping import Field, Layout
from nodes.common.records.translation import COMPACT_DATE, code_table

_SEX = code_table({"0": "00", "1": "01", "2": "02", "9": "99"})
_MARITAL_STATUS = code_table({"10": "A", "20": "B", "21": "B1", "22": "B2", "23": "B3", "30": "C", "40": "D", "90": "X"})
_SCHOOLING = code_table({"10": "1", "20": "2", "30": "3", "40": "4", "60": "5", "70": "6", "80": "7", "90": "9"})
_RELATION = code_table(
    {
        "02": "HZ",  # 户主
        "10": "PO",  # 配偶
        "11": "ZF",  # 夫
        "12": "QI",  # 妻
        "20": "ER",  # 子
        "30": "NV",  # 女
        "40": "SUN",  # 孙辈
        "51": "FU",  # 父
        "52": "MU",  # 母
        "97": "QS",  # 其他亲属
        "99": "FQ",  # 非亲属
    }
)
_HOUSEHOLD_KIND = code_table({"family": "JT", "collective": "JTH"})
_LETTERS = (
    "HA MG HU ZA UG MH YI ZH BY CS MA DO YA BA TJ HN KZ DA LI LS VA SH GS LH SU DX NX JP "
    "KG TU DU ML QI BL SL MN GL XB AC PM TA NU UZ RS EW DE BN YG GI TT DR OR HZ MB LB JN"
)
_ETHNICITY = code_table({f"{number:02d}": letters for number, letters in enumerate(_LETTERS.split(), 1)})

CODEC = ColumnRecord(
    Layout(
        format="zhejiang-columns-1",
        province="330000",
        fields=(
            Field("household_number", "hh"),  # 户号
            Field("household_kind", "hlx", _HOUSEHOLD_KIND),  # 户类型
            Field("head_id_number", "hzsfhm"),  # 户主身份号码
            Field("relation_to_head_code", "yhzgx", _RELATION),  # 与户主关系
            Field("id_number", "sfhm"),  # 身份号码
            Field("name", "xm"),  # 姓名
            Field("former_name", "cym"),  # 曾用名
            Field("sex_code", "xb", _SEX),  # 性别
            Field("birth_date", "csrq", COMPACT_DATE),  # 出生日期
            Field("ethnicity_code", "mz", _ETHNICITY),  # 民族
            Field("birth_place_code", "csd"),  # 出生地
            Field("native_place_code", "jg"),  # 籍贯
            Field("marital_status_code", "hyzk", _MARITAL_STATUS),  # 婚姻状况
            Field("education_code", "whcd", _SCHOOLING),  # 文化程度
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
