"""Arbitrary residents for property tests: any text in any item, with a taste for values that a table could confuse."""

from hypothesis import strategies as st

from yrdx.v1 import resident_pb2

ITEMS = [item.name for item in resident_pb2.Resident.DESCRIPTOR.fields if item.name != "extra_items"]

CODES = ["0", "1", "2", "9", "10", "20", "family", "collective", "男", "女性", "家庭户", "01", "B1", "HZ", "JT", "HA", "**", "******"]
DATES = ["1990-01-02", "19900102", "2000-02-30", "1990-1-2", "19900102\n", "１９９０0102"]
NAMES = ["欧阳修", "阿依古丽·买买提", "𠮷野家", "㛃䶮", "\u9fb4\ue81e", "\u1e3f", "\ue5e5", "\U00020087"]
NASTY = ["\r\n", "\t", " 前后 ", "\x00", "\ufffe", "\U0001fffe", "\ufeff", "]]>", "<XM>&amp;", '"\\', "\u2028", "\x85", ",", "\x7f", "尾 "]

text = st.one_of(
    st.text(),
    st.sampled_from(CODES + DATES + NAMES + NASTY),
    st.builds("{}{}".format, st.sampled_from(["~", "~~", ""]), st.sampled_from(CODES + DATES)),
)

_own_names = [
    "ZZMM",
    "zzmm",
    "XM",
    "xm",
    "xingming",
    "QTXX",
    "qtxx",
    "qitaXinxi",
    "KZX",
    "不是名",
    "a b",
    "xml",
    "",
    "政治面貌",
    "qtxx1mc",
    "qtxx7",
]
extra_names = st.one_of(
    st.text(),
    st.builds("{}{}".format, st.sampled_from(["310000/", "320000/", "330000/", "340000/", ""]), st.sampled_from(_own_names)),
)
extra_items = st.lists(st.builds(resident_pb2.ExtraItem, name=extra_names, value=text), max_size=4)

residents = st.builds(
    lambda values, extras: resident_pb2.Resident(**values, extra_items=extras),
    st.dictionaries(st.sampled_from(ITEMS), text),
    extra_items,
)
