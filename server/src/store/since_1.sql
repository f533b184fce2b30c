-- What version 2 adds to version 1. Scope is read by key alone: its tables are their own indexes.

CREATE TABLE audience_member_2 (
    unit        BLOB    NOT NULL,
    audience    TEXT    NOT NULL,
    person      BLOB    NOT NULL,
    added_seq   INTEGER NOT NULL,
    removed_seq INTEGER,
    PRIMARY KEY (unit, person, audience, added_seq)
) STRICT, WITHOUT ROWID;
INSERT INTO audience_member_2 SELECT * FROM audience_member;
DROP TABLE audience_member;
ALTER TABLE audience_member_2 RENAME TO audience_member;

CREATE TABLE audience_document_2 (
    unit        BLOB    NOT NULL,
    audience    TEXT    NOT NULL,
    document    BLOB    NOT NULL,
    added_seq   INTEGER NOT NULL,
    removed_seq INTEGER,
    PRIMARY KEY (unit, audience, document, added_seq)
) STRICT, WITHOUT ROWID;
INSERT INTO audience_document_2 SELECT * FROM audience_document;
DROP TABLE audience_document;
ALTER TABLE audience_document_2 RENAME TO audience_document;
CREATE INDEX audience_document_document ON audience_document (unit, document, audience);
CREATE INDEX audience_document_added ON audience_document (unit, audience, added_seq);
CREATE INDEX audience_document_removed ON audience_document (unit, audience, removed_seq);

CREATE TABLE work_day_2 (
    unit     BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    day      INTEGER NOT NULL,
    document BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (unit, person, day, document)
) STRICT, WITHOUT ROWID;
INSERT INTO work_day_2 SELECT * FROM work_day;
DROP TABLE work_day;
ALTER TABLE work_day_2 RENAME TO work_day;
CREATE INDEX work_day_document ON work_day (unit, document);
CREATE INDEX work_day_day ON work_day (unit, day);

CREATE TABLE visit_recipient_2 (
    unit      BLOB NOT NULL,
    document  BLOB NOT NULL,
    recipient BLOB NOT NULL,
    PRIMARY KEY (unit, document, recipient)
) STRICT, WITHOUT ROWID;
INSERT INTO visit_recipient_2 SELECT * FROM visit_recipient;
DROP TABLE visit_recipient;
ALTER TABLE visit_recipient_2 RENAME TO visit_recipient;
CREATE INDEX visit_recipient_recipient ON visit_recipient (unit, recipient);

CREATE TABLE recipient_access_2 (
    unit      BLOB NOT NULL,
    recipient BLOB NOT NULL,
    document  BLOB NOT NULL,
    PRIMARY KEY (unit, recipient, document)
) STRICT, WITHOUT ROWID;
INSERT INTO recipient_access_2 SELECT * FROM recipient_access;
DROP TABLE recipient_access;
ALTER TABLE recipient_access_2 RENAME TO recipient_access;
CREATE INDEX recipient_access_document ON recipient_access (unit, document);

CREATE TABLE contact_worker_2 (
    unit     BLOB NOT NULL,
    person   BLOB NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (unit, person, document)
) STRICT, WITHOUT ROWID;
INSERT INTO contact_worker_2 SELECT * FROM contact_worker;
DROP TABLE contact_worker;
ALTER TABLE contact_worker_2 RENAME TO contact_worker;
CREATE INDEX contact_worker_document ON contact_worker (unit, document);

CREATE TABLE own_work_2 (
    unit     BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    document BLOB    NOT NULL,
    ordinal  INTEGER NOT NULL,
    PRIMARY KEY (unit, person, document)
) STRICT, WITHOUT ROWID;
INSERT INTO own_work_2 SELECT * FROM own_work;
DROP TABLE own_work;
ALTER TABLE own_work_2 RENAME TO own_work;
CREATE INDEX own_work_document ON own_work (unit, document);

-- Changes that were refused and are quoted for the office, each once.
CREATE TABLE refused (
    unit     BLOB    NOT NULL REFERENCES unit (unit),
    hash     BLOB    NOT NULL,
    vault    BLOB    NOT NULL,
    ordinal  INTEGER NOT NULL,
    document BLOB    NOT NULL,
    PRIMARY KEY (unit, hash)
) STRICT;
CREATE INDEX refused_vault ON refused (unit, vault, ordinal);
