"""Record formats: what a province's population system writes about a person, to and from `Resident`.

Pure. A format is syntax (`json_record`, `xml_record`, `column_record`, `fixed_record`) plus a table (`mapping.Layout`): which item of
`Resident` stands under which name, and in which writing (`translation`). A province chooses both in its own `records.py`; nothing here
knows a province.

Two promises, for every `Resident` and every record in canonical form: `decode(encode(resident)) == resident`, and
`encode(decode(record)) == record`. What has no place in the other side's format travels as an extra item, and a code that a
table does not know stays as it is. Contents are not judged here: a wrong check digit is read and written like any other text.
"""
