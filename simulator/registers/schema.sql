-- One province's register. Times are microseconds since 1970 UTC.

CREATE TABLE IF NOT EXISTS record (
    number           INTEGER PRIMARY KEY,
    id_number        TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    household_number TEXT    NOT NULL,
    record           BLOB    NOT NULL,  -- in the province's format, never read here
    format           TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('active', 'moved-out', 'deceased')),
    since            INTEGER NOT NULL
) STRICT;

-- 一个公民只能在一个地方登记常住户口: the file itself refuses a second active record.
CREATE UNIQUE INDEX IF NOT EXISTS one_active_record ON record (id_number) WHERE status = 'active';
CREATE INDEX IF NOT EXISTS records_of_person ON record (id_number, number);

CREATE INDEX IF NOT EXISTS records_of_household ON record (household_number);

-- No row is ever deleted, so `sequence` never repeats.
CREATE TABLE IF NOT EXISTS operation (
    sequence         INTEGER PRIMARY KEY,
    operation_id     BLOB    NOT NULL UNIQUE CHECK (length(operation_id) = 16),
    state            TEXT    NOT NULL CHECK (state IN ('reserved', 'finalised', 'released')),
    household_number TEXT    UNIQUE,
    since            INTEGER
) STRICT;

-- Each person of an operation, in the order in which the node named them; a tombstone has none.
CREATE TABLE IF NOT EXISTS part (
    sequence      INTEGER NOT NULL REFERENCES operation (sequence),
    place         INTEGER NOT NULL,
    change        TEXT    NOT NULL CHECK (change IN ('move-out', 'move-in', 'move-in-deceased')),
    id_number     TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    record        BLOB    NOT NULL,
    format        TEXT    NOT NULL,
    record_number INTEGER REFERENCES record (number),
    held          INTEGER NOT NULL DEFAULT 1,  -- while the operation is reserved
    PRIMARY KEY (sequence, place)
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS one_holder ON part (id_number) WHERE held;

-- What forbids to strike a person off, in the province's own system; Reserve does not see it, the change then fails.
CREATE TABLE IF NOT EXISTS impediment (
    id_number TEXT PRIMARY KEY
) STRICT;

CREATE TRIGGER IF NOT EXISTS impeded BEFORE UPDATE OF status ON record
WHEN EXISTS (SELECT 1 FROM impediment WHERE id_number = NEW.id_number)
BEGIN
    SELECT raise(ABORT, 'impediment');
END;
