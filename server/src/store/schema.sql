-- The server's tables, version 1. Ids, hashes and keys are bytes; instants are seconds since 1970 UTC.
-- Keys of a unit's data begin with the unit, so that the unit can distribute them over nodes.

CREATE TABLE unit (
    unit        BLOB    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    head_seq    INTEGER NOT NULL,
    chain       BLOB    NOT NULL,
    first_chain BLOB    NOT NULL,
    day         INTEGER NOT NULL,
    days_opened INTEGER NOT NULL,
    backed_up   INTEGER NOT NULL
) STRICT;

-- One row for each entry of a unit's log; seq has no gaps. A purge never touches it.
CREATE TABLE log (
    unit     BLOB    NOT NULL REFERENCES unit (unit),
    seq      INTEGER NOT NULL,
    kind     INTEGER NOT NULL,
    document BLOB    NOT NULL,
    payload  BLOB    NOT NULL,
    chain    BLOB    NOT NULL,
    PRIMARY KEY (unit, seq)
) STRICT;

-- The payloads of entries that are changes.
CREATE TABLE change (
    unit        BLOB    NOT NULL,
    seq         INTEGER NOT NULL,
    document    BLOB    NOT NULL,
    hash        BLOB    NOT NULL,
    actor       BLOB    NOT NULL,
    actor_seq   INTEGER NOT NULL,
    vault       BLOB    NOT NULL,
    person      BLOB    NOT NULL,
    counter     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    payload     BLOB    NOT NULL,
    PRIMARY KEY (unit, seq),
    CONSTRAINT change_once UNIQUE (unit, document, hash),
    CONSTRAINT actor_once UNIQUE (unit, document, actor, actor_seq)
) STRICT;

CREATE INDEX change_document ON change (unit, document, seq);

-- The state of each document after the last entry that changed it.
CREATE TABLE document (
    unit      BLOB    NOT NULL REFERENCES unit (unit),
    document  BLOB    NOT NULL,
    kind      TEXT    NOT NULL,
    begun_by  BLOB    NOT NULL,
    last_seq  INTEGER NOT NULL,
    heads     BLOB    NOT NULL,
    digest    BLOB    NOT NULL,
    saved     BLOB    NOT NULL,
    PRIMARY KEY (unit, document)
) STRICT;
CREATE INDEX document_alone ON document (document);

-- Documents that were destroyed, and where in the log.
CREATE TABLE purged (
    unit     BLOB    NOT NULL REFERENCES unit (unit),
    document BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (unit, document)
) STRICT;

-- When each day was opened: the ordinal counts days that the unit saw.
CREATE TABLE day_opened (
    unit    BLOB    NOT NULL REFERENCES unit (unit),
    ordinal INTEGER NOT NULL,
    day     INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (unit, ordinal)
) STRICT;

-- People belong to the municipality, roles to (unit, person).
CREATE TABLE person (
    person      BLOB NOT NULL PRIMARY KEY,
    external_id TEXT UNIQUE,
    name        TEXT NOT NULL
) STRICT;

CREATE TABLE role (
    unit   BLOB NOT NULL REFERENCES unit (unit),
    person BLOB NOT NULL REFERENCES person (person),
    role   TEXT NOT NULL,
    PRIMARY KEY (unit, person, role)
) STRICT;
CREATE INDEX role_person ON role (person);

CREATE TABLE vault (
    vault       BLOB    NOT NULL PRIMARY KEY,
    person      BLOB    NOT NULL REFERENCES person (person),
    public_key  BLOB    NOT NULL,
    counter     INTEGER NOT NULL,
    enrolled_at INTEGER NOT NULL,
    heard_at    INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;
CREATE INDEX vault_person ON vault (person);

-- Which vault is the server's own.
CREATE TABLE own_vault (
    vault BLOB NOT NULL PRIMARY KEY REFERENCES vault (vault)
) STRICT;

-- How far each vault has confirmed each unit, and how many changes it has pushed on the day that is open.
CREATE TABLE vault_cursor (
    unit      BLOB    NOT NULL REFERENCES unit (unit),
    vault     BLOB    NOT NULL REFERENCES vault (vault),
    seq       INTEGER NOT NULL,
    is_office INTEGER NOT NULL,
    ordinal   INTEGER NOT NULL,
    changes   INTEGER NOT NULL,
    PRIMARY KEY (unit, vault)
) STRICT;

-- What vaults signed, kept where it brought changes.
CREATE TABLE statement (
    vault       BLOB    NOT NULL REFERENCES vault (vault),
    counter     INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    signed      BLOB    NOT NULL,
    PRIMARY KEY (vault, counter)
) STRICT;

CREATE TABLE enrolment (
    code_hash  BLOB    NOT NULL PRIMARY KEY,
    person     BLOB    NOT NULL REFERENCES person (person),
    expires_at INTEGER NOT NULL,
    vault      BLOB,
    public_key BLOB
) STRICT;

-- Scope as data: who is in an audience, and which documents, from one place in the log to another.
CREATE TABLE audience (
    unit           BLOB NOT NULL REFERENCES unit (unit),
    audience       TEXT NOT NULL,
    digest         BLOB NOT NULL,
    digest_private BLOB NOT NULL,
    PRIMARY KEY (unit, audience)
) STRICT;

CREATE TABLE audience_member (
    unit        BLOB    NOT NULL,
    audience    TEXT    NOT NULL,
    person      BLOB    NOT NULL,
    added_seq   INTEGER NOT NULL,
    removed_seq INTEGER,
    PRIMARY KEY (unit, person, audience, added_seq)
) STRICT;

CREATE TABLE audience_document (
    unit        BLOB    NOT NULL,
    audience    TEXT    NOT NULL,
    document    BLOB    NOT NULL,
    added_seq   INTEGER NOT NULL,
    removed_seq INTEGER,
    PRIMARY KEY (unit, audience, document, added_seq)
) STRICT;
CREATE INDEX audience_document_document ON audience_document (unit, document, audience);
CREATE INDEX audience_document_added ON audience_document (unit, audience, added_seq);
CREATE INDEX audience_document_removed ON audience_document (unit, audience, removed_seq);

-- Who, when and recipient, read from plans: every visible value counts.
CREATE TABLE work_day (
    unit     BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    day      INTEGER NOT NULL,
    document BLOB    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (unit, person, day, document)
) STRICT;
CREATE INDEX work_day_document ON work_day (unit, document);
CREATE INDEX work_day_day ON work_day (unit, day);

CREATE TABLE visit_recipient (
    unit      BLOB NOT NULL,
    document  BLOB NOT NULL,
    recipient BLOB NOT NULL,
    PRIMARY KEY (unit, document, recipient)
) STRICT;
CREATE INDEX visit_recipient_recipient ON visit_recipient (unit, recipient);

CREATE TABLE recipient_access (
    unit      BLOB NOT NULL,
    recipient BLOB NOT NULL,
    document  BLOB NOT NULL,
    PRIMARY KEY (unit, recipient, document)
) STRICT;
CREATE INDEX recipient_access_document ON recipient_access (unit, document);

CREATE TABLE contact_worker (
    unit     BLOB NOT NULL,
    person   BLOB NOT NULL,
    document BLOB NOT NULL,
    PRIMARY KEY (unit, person, document)
) STRICT;
CREATE INDEX contact_worker_document ON contact_worker (unit, document);

-- What a person began, and visits with a fact of hers, with the ordinal of the last day on which she did.
CREATE TABLE own_work (
    unit     BLOB    NOT NULL,
    person   BLOB    NOT NULL,
    document BLOB    NOT NULL,
    ordinal  INTEGER NOT NULL,
    PRIMARY KEY (unit, person, document)
) STRICT;

-- Which documents an import made of which rows, and at which heads its last run left them.
CREATE TABLE imported (
    unit        BLOB NOT NULL REFERENCES unit (unit),
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    document    BLOB NOT NULL,
    heads       BLOB NOT NULL,
    row_digest  BLOB NOT NULL,
    PRIMARY KEY (unit, source, external_id)
) STRICT;
