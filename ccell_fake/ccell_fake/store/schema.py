"""The tables. Times are microseconds since 1970. Accounts are referred to by number."""

APPLICATION = 0x43435346
"""The application_id of every file. It identifies a store."""

VERSION = 7
"""The user_version of every file. Files of other versions are refused."""

TABLES = """
CREATE TABLE account (
    key          INTEGER PRIMARY KEY AUTOINCREMENT,
    userid       TEXT NOT NULL UNIQUE,
    settings     TEXT NOT NULL DEFAULT '',
    offset       INTEGER NOT NULL DEFAULT 0,
    frozen_at    INTEGER,
    spent        INTEGER NOT NULL DEFAULT 0,
    locked_at    INTEGER,
    last_dropped INTEGER NOT NULL DEFAULT 0,
    last_event_dropped INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO account (key, userid) VALUES (0, '');

CREATE TABLE high_water (
    number INTEGER NOT NULL
) STRICT;
INSERT INTO high_water (number) VALUES (0);

CREATE TABLE event_log (
    -- Names the history that positions belong to. Each snapshot begins another.
    history      TEXT NOT NULL,
    is_recording INTEGER NOT NULL
) STRICT;
INSERT INTO event_log (history, is_recording) VALUES (lower(hex(randomblob(8))), 0);

-- Events that time caused. Positions are in one order with those of the journal. Account 0 has the accounts that ended.
CREATE TABLE time_event (
    account  INTEGER NOT NULL REFERENCES account,
    position INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    msgid    TEXT,
    phone    TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX time_event_in_order ON time_event (position);

-- Rows up to these keys have caused their events up to this time. An account whose clock was set back has several.
CREATE TABLE recorded (
    account    INTEGER NOT NULL REFERENCES account,
    until      INTEGER NOT NULL,
    submission INTEGER NOT NULL,
    report     INTEGER NOT NULL,
    upmsg      INTEGER NOT NULL,
    opt_out    INTEGER NOT NULL
) STRICT;
CREATE INDEX recorded_of ON recorded (account);

CREATE TABLE fault (
    account INTEGER NOT NULL REFERENCES account,
    id      INTEGER NOT NULL,
    fault   TEXT NOT NULL,
    matched INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE opt_out (
    key     INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account,
    phone   TEXT NOT NULL,
    since   INTEGER NOT NULL
) STRICT;
CREATE INDEX opt_out_since ON opt_out (account, since);

CREATE TABLE pending_charge (
    account  INTEGER NOT NULL REFERENCES account,
    due      INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    msgid    INTEGER
) STRICT;
CREATE INDEX pending_charge_due ON pending_charge (account, due);

CREATE TABLE excess (
    account INTEGER NOT NULL REFERENCES account,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX excess_at ON excess (account, at);

-- The seqids of an account's signed requests, numbered from 1.
CREATE TABLE seqid (
    account INTEGER NOT NULL REFERENCES account,
    number  INTEGER NOT NULL,
    seqid   TEXT NOT NULL,
    PRIMARY KEY (account, number),
    UNIQUE (account, seqid)
) STRICT, WITHOUT ROWID;

CREATE TABLE submission (
    key          INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL REFERENCES account,
    position     INTEGER NOT NULL,
    content      TEXT NOT NULL,
    linkid       TEXT NOT NULL,
    spcode       TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    due          INTEGER NOT NULL
) STRICT;
CREATE INDEX submission_of ON submission (account, position);
CREATE INDEX submission_scheduled ON submission (account, due) WHERE due > submitted_at;

CREATE TABLE message (
    msgid      INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account,
    submission INTEGER NOT NULL REFERENCES submission,
    phone      TEXT NOT NULL,
    code       TEXT NOT NULL,
    info       TEXT NOT NULL,
    charge     INTEGER NOT NULL
) STRICT;
CREATE INDEX message_of ON message (submission);

-- The greatest msgid of the deleted messages of a second, in units of the msgids of a second.
CREATE TABLE used_msgid (
    second   INTEGER PRIMARY KEY,
    greatest INTEGER NOT NULL
) STRICT;

CREATE TABLE unreported (
    account INTEGER NOT NULL REFERENCES account,
    msgid   INTEGER NOT NULL,
    PRIMARY KEY (account, msgid)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account,
    msgid      INTEGER NOT NULL,
    linkid     TEXT NOT NULL,
    phone      TEXT NOT NULL,
    recvtime   INTEGER NOT NULL,
    status     TEXT NOT NULL,
    info       TEXT NOT NULL,
    due        INTEGER NOT NULL,
    fetched_at INTEGER,
    -- The msgid of a stray report, if no message can have it. Then msgid is 0.
    stray      TEXT
) STRICT;
CREATE INDEX report_of ON report (msgid, account);
CREATE INDEX report_waiting ON report (account, due) WHERE fetched_at IS NULL;

CREATE TABLE upmsg (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account,
    spnumber   TEXT NOT NULL,
    phone      TEXT NOT NULL,
    motime     INTEGER NOT NULL,
    msgcontent TEXT NOT NULL,
    due        INTEGER NOT NULL,
    fetched_at INTEGER
) STRICT;
CREATE INDEX upmsg_of ON upmsg (account, motime);
CREATE INDEX upmsg_waiting ON upmsg (account, due) WHERE fetched_at IS NULL;

CREATE TABLE journal (
    account     INTEGER NOT NULL REFERENCES account,
    position    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    operation   TEXT NOT NULL,
    door        TEXT NOT NULL,
    peer        TEXT NOT NULL,
    place       TEXT NOT NULL,
    request     TEXT NOT NULL,
    answer      TEXT,
    delivery    TEXT NOT NULL,
    items       INTEGER NOT NULL,
    code        TEXT NOT NULL,
    rule        TEXT NOT NULL,
    basis       TEXT NOT NULL,
    explanation TEXT NOT NULL,
    duration    INTEGER NOT NULL,
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_in_order ON journal (position);

CREATE TABLE met (
    account  INTEGER NOT NULL REFERENCES account,
    kind     TEXT NOT NULL,
    name     TEXT NOT NULL,
    count    INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (account, kind, name)
) STRICT, WITHOUT ROWID;
"""

OF_AN_ACCOUNT = (
    "fault",
    "opt_out",
    "pending_charge",
    "excess",
    "seqid",
    "unreported",
    "message",
    "submission",
    "report",
    "upmsg",
    "journal",
    "time_event",
    "recorded",
)
"""The tables whose rows are deleted with their account, in an order in which rows can be deleted."""

SEARCH_INDEXES = {
    "account_dropped": "account (last_dropped) WHERE last_dropped > 0",
    "account_event_dropped": "account (last_event_dropped) WHERE last_event_dropped > 0",
    "submission_linkid": "submission (account, linkid) WHERE linkid <> ''",
    "message_phone": "message (account, phone)",
    "message_refused": "message (account) WHERE code <> '0'",
    "report_listed": "report (account)",
    "upmsg_listed": "upmsg (account)",
    "report_delivered": "report (account, recvtime) WHERE status = '0'",
    "report_failed": "report (account, recvtime) WHERE status <> '0'",
}
"""Indexes that only searches use. The first search makes them, because keeping them takes a third of a send's time."""
