"""The tables. Instants are microseconds since 1970; an account is known by its number here."""

APPLICATION = 0x43435346
"""Written into every file as its application_id, by which it is known to be a store."""

VERSION = 1
"""Written into every file as its user_version; a file of another version is refused."""

TABLES = """
CREATE TABLE account (
    key     INTEGER PRIMARY KEY,
    userid  TEXT NOT NULL UNIQUE,
    spent   INTEGER NOT NULL DEFAULT 0,
    locked  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE pending_charge (
    account  INTEGER NOT NULL REFERENCES account,
    due      INTEGER NOT NULL,
    messages INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_charge_due ON pending_charge (account, due);

CREATE TABLE excess (
    account INTEGER NOT NULL REFERENCES account,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX excess_at ON excess (account, at);

CREATE TABLE submission (
    key          INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL REFERENCES account,
    content      TEXT NOT NULL,
    linkid       TEXT NOT NULL,
    spcode       TEXT NOT NULL,
    submitted_at INTEGER NOT NULL,
    due          INTEGER NOT NULL
) STRICT;

CREATE TABLE message (
    msgid      INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL REFERENCES submission,
    phone      TEXT NOT NULL,
    code       TEXT NOT NULL,
    charge     INTEGER NOT NULL
) STRICT;

CREATE TABLE report (
    key        INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account,
    msgid      INTEGER NOT NULL,
    linkid     TEXT NOT NULL,
    phone      TEXT NOT NULL,
    recvtime   INTEGER NOT NULL,
    status     TEXT NOT NULL,
    info       TEXT NOT NULL,
    due        INTEGER NOT NULL,
    fetched_at INTEGER
) STRICT;
CREATE INDEX report_waiting ON report (account, due) WHERE fetched_at IS NULL;

CREATE TABLE upmsg (
    key        INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account,
    spnumber   TEXT NOT NULL,
    phone      TEXT NOT NULL,
    motime     INTEGER NOT NULL,
    msgcontent TEXT NOT NULL,
    due        INTEGER NOT NULL,
    fetched_at INTEGER
) STRICT;
CREATE INDEX upmsg_waiting ON upmsg (account, due) WHERE fetched_at IS NULL;

CREATE TABLE journal (
    account     INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    operation   TEXT NOT NULL,
    peer        TEXT NOT NULL,
    code        TEXT NOT NULL,
    rule        TEXT NOT NULL,
    basis       TEXT NOT NULL,
    explanation TEXT NOT NULL,
    PRIMARY KEY (account, number)
) STRICT, WITHOUT ROWID;
"""
