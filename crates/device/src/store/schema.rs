//! The tables of a vault's file. A shipped migration is never edited.

/// One step of the schema.
pub(super) struct Migration {
    /// Its number, counting from 1: `PRAGMA user_version` after it.
    pub number: i64,
    /// What it does.
    pub sql: &'static str,
}

/// All steps, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, sql: FIRST },
    Migration { number: 2, sql: KEPT_TEXT },
    Migration { number: 3, sql: BOARD },
    Migration { number: 4, sql: RECOVERY },
    Migration { number: 5, sql: REFUSALS },
    Migration { number: 6, sql: SEEN_REFUSALS },
    Migration { number: 7, sql: ANNOUNCED },
    Migration { number: 8, sql: WAITING },
    Migration { number: 9, sql: KEYS },
    Migration { number: 10, sql: MENDED },
    Migration { number: 11, sql: KEY_NOTES },
];

const FIRST: &str = "
-- Who this vault is. The secret key signs every request; the counter strictly rises.
CREATE TABLE vault (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    vault BLOB NOT NULL,
    person BLOB NOT NULL,
    name TEXT NOT NULL,
    server BLOB NOT NULL,
    address TEXT NOT NULL,
    secret BLOB NOT NULL,
    counter INTEGER NOT NULL
) STRICT;

-- One unit that the person works in: how far its log is held.
CREATE TABLE stream (
    unit BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    roles TEXT NOT NULL,
    cursor_seq INTEGER,
    cursor_chain BLOB,
    told_seq INTEGER,
    told_chain BLOB,
    page_seq INTEGER,
    page_chain BLOB,
    page_position INTEGER,
    documents INTEGER NOT NULL DEFAULT 0,
    digest BLOB NOT NULL,
    must_compare INTEGER NOT NULL DEFAULT 0,
    day INTEGER NOT NULL DEFAULT 0,
    backed_up INTEGER NOT NULL DEFAULT 0,
    office_has INTEGER NOT NULL DEFAULT 0,
    heard_since INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- A document: accepted changes only. Pending ones lie on top, in their own table.
CREATE TABLE document (
    document BLOB PRIMARY KEY,
    unit BLOB NOT NULL,
    kind TEXT NOT NULL,
    saved BLOB,
    heads BLOB NOT NULL,
    records BLOB NOT NULL,
    own_seq INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('held', 'own', 'leaving', 'broken'))
) STRICT;
CREATE INDEX document_by_kind ON document (kind);
CREATE INDEX document_by_state ON document (state) WHERE state <> 'held';

-- The server's sealed words on a document, for a server that lost them.
CREATE TABLE receipt (
    document BLOB NOT NULL,
    seq INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (document, seq)
) STRICT, WITHOUT ROWID;

-- Changes that the server has not answered, in the order they were made.
CREATE TABLE pending (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    unit BLOB NOT NULL,
    document BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    bytes BLOB NOT NULL,
    action BLOB NOT NULL,
    waits_for TEXT
) STRICT;
CREATE INDEX pending_by_document ON pending (document, n);
CREATE INDEX pending_by_action ON pending (action);

-- Own accepted changes, until a backup of the server has passed them.
CREATE TABLE kept (
    document BLOB NOT NULL,
    hash BLOB NOT NULL,
    unit BLOB NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (document, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_by_seq ON kept (unit, seq);

-- What the person asked for, in domain words, and what it takes to undo it.
CREATE TABLE intent (
    action BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    document BLOB NOT NULL,
    what TEXT NOT NULL,
    title TEXT NOT NULL,
    count INTEGER NOT NULL,
    asked TEXT NOT NULL,
    undo TEXT NOT NULL,
    seq INTEGER,
    refused TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX intent_by_time ON intent (at);
CREATE INDEX intent_by_document ON intent (document, at);

-- Text as it is typed; it becomes a change on a pause. The empty key is a draft that has no document yet.
CREATE TABLE typing (
    draft BLOB PRIMARY KEY,
    json TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the carer's list showed when she last acknowledged it: what differs now is a change to tell her.
CREATE TABLE seen_visit (
    document BLOB PRIMARY KEY,
    day INTEGER NOT NULL,
    start INTEGER,
    minutes INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_mine INTEGER NOT NULL,
    is_cancelled INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    left_at INTEGER,
    mark TEXT,
    mark_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_visit_by_day ON seen_visit (day);

-- How the last rounds went.
CREATE TABLE sync_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    heard INTEGER,
    problem TEXT,
    hint BLOB,
    projected INTEGER NOT NULL DEFAULT 0,
    is_loading INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO sync_state (id) VALUES (1);

-- Projections: rebuilt from documents with the same result.
CREATE TABLE visit (
    document BLOB PRIMARY KEY,
    day INTEGER,
    start INTEGER,
    minutes INTEGER NOT NULL,
    recipient BLOB,
    is_late INTEGER NOT NULL,
    needs_office INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX visit_by_day ON visit (day, start);
CREATE INDEX visit_by_recipient ON visit (recipient, day);
CREATE INDEX visit_late ON visit (day, start) WHERE is_late = 1;

CREATE TABLE visit_person (
    person BLOB NOT NULL,
    day INTEGER NOT NULL,
    document BLOB NOT NULL,
    start INTEGER NOT NULL,
    is_planned INTEGER NOT NULL,
    PRIMARY KEY (person, day, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_person_by_document ON visit_person (document);

CREATE TABLE run_sheet (
    document BLOB PRIMARY KEY,
    day INTEGER NOT NULL,
    person BLOB NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX run_sheet_by_day ON run_sheet (day, person);
CREATE INDEX run_sheet_by_person ON run_sheet (person, day);

CREATE TABLE recipient (
    document BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX recipient_by_name ON recipient (name);

CREATE TABLE access (
    document BLOB PRIMARY KEY,
    recipient BLOB NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX access_by_recipient ON access (recipient);

CREATE TABLE staff (
    document BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX staff_by_person ON staff (person);

CREATE TABLE unit (
    document BLOB PRIMARY KEY,
    json TEXT NOT NULL
) STRICT;

CREATE TABLE incident (
    document BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    author BLOB NOT NULL,
    is_read INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX incident_by_time ON incident (at);
CREATE INDEX incident_by_author ON incident (author, at);
CREATE INDEX incident_unread ON incident (at) WHERE is_read = 0;

CREATE TABLE draft (
    document BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    is_closed INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;

-- When each person's phone was last heard by the server (office vaults only).
CREATE TABLE heard (
    person BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

const KEPT_TEXT: &str = "
-- A text of a form as it is typed, until the action that uses it. The empty document is one that is still to begin.
CREATE TABLE kept_text (
    what TEXT NOT NULL,
    document BLOB NOT NULL,
    about TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (document, what, about)
) STRICT, WITHOUT ROWID;
";

const BOARD: &str = "
-- A visit without what the office's board does not show, one day side by side: a board reads few pages.
CREATE TABLE board_visit (
    day INTEGER NOT NULL,
    start INTEGER NOT NULL,
    document BLOB NOT NULL,
    recipient BLOB,
    json TEXT NOT NULL,
    PRIMARY KEY (day, start, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX board_visit_by_document ON board_visit (document);

CREATE TABLE recipient_name (
    document BLOB PRIMARY KEY,
    shown TEXT NOT NULL,
    called TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

const RECOVERY: &str = "
-- The server's sealed words on a document, for a server that lost them; each covers some changes. Those of version 1
-- did not name the changes and are of no use.
DROP TABLE receipt;
CREATE TABLE receipt (
    n INTEGER PRIMARY KEY,
    document BLOB NOT NULL,
    -- Of own changes by themselves: it stays as long as they are kept, also when the document has left.
    is_own INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX receipt_by_document ON receipt (document, n);
CREATE INDEX receipt_own ON receipt (document) WHERE is_own = 1;

-- How far a stream has come in finding its way into another log; null when it is in none.
ALTER TABLE stream ADD COLUMN recovery TEXT CHECK (recovery IN ('ask', 'offer', 'compare'));

-- Documents that the server lacks, wholly or in part, and how often offering them came to nothing. What is stuck was
-- refused: it stays here and is not offered again.
CREATE TABLE offer (
    document BLOB PRIMARY KEY,
    unit BLOB NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    is_stuck INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX offer_by_tries ON offer (unit, is_stuck, tries);
";

const REFUSALS: &str = "
-- How often a change was made anew because the server could not place it.
ALTER TABLE pending ADD COLUMN redone INTEGER NOT NULL DEFAULT 0;

-- What the person wrote in her own words, kept when it was refused.
ALTER TABLE intent ADD COLUMN words TEXT;

-- Work of anyone's that the server refused, for the office to decide on.
CREATE TABLE refused (
    document BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX refused_by_time ON refused (at);
CREATE INDEX refused_open ON refused (at) WHERE is_open = 1;
";

const SEEN_REFUSALS: &str = "
-- Whether the person has said that she saw that it was refused.
ALTER TABLE intent ADD COLUMN is_seen INTEGER NOT NULL DEFAULT 0;
CREATE INDEX intent_refused ON intent (is_seen, at) WHERE refused IS NOT NULL;
";

const ANNOUNCED: &str = "
-- The newest schema of documents that the server takes, by its last answer.
ALTER TABLE sync_state ADD COLUMN schema INTEGER NOT NULL DEFAULT 1;
";

const WAITING: &str = "
-- What it is that the server waits for, and how many days the unit has opened meanwhile.
ALTER TABLE offer ADD COLUMN waits_for TEXT;
ALTER TABLE offer ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pending ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;

-- Which action an own change that was accepted is of, for the day when it cannot be brought back.
ALTER TABLE kept ADD COLUMN action BLOB;
";

const KEYS: &str = "
-- A key without what its history alone needs; and its copies, to find by who has them.
CREATE TABLE key (
    document BLOB PRIMARY KEY,
    tag TEXT NOT NULL,
    cabinet TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX key_by_tag ON key (tag);

CREATE TABLE key_copy (
    document BLOB NOT NULL,
    copy INTEGER NOT NULL,
    person BLOB NOT NULL,
    PRIMARY KEY (person, document, copy)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_copy_by_document ON key_copy (document);

CREATE TABLE key_home (
    document BLOB PRIMARY KEY,
    key BLOB NOT NULL,
    recipient BLOB NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX key_home_by_key ON key_home (key);
CREATE INDEX key_home_by_recipient ON key_home (recipient);
";

const KEY_NOTES: &str = "
-- What was signed for a home stays when it is nobody's any more. The rows are projected anew.
DROP TABLE key_home;
CREATE TABLE key_home (
    document BLOB PRIMARY KEY,
    key BLOB NOT NULL,
    recipient BLOB,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX key_home_by_key ON key_home (key);
CREATE INDEX key_home_by_recipient ON key_home (recipient);

-- What run sheets say of keys.
CREATE TABLE key_note (
    document BLOB NOT NULL,
    fact TEXT NOT NULL,
    at INTEGER NOT NULL,
    key BLOB,
    json TEXT NOT NULL,
    PRIMARY KEY (document, fact)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_note_by_time ON key_note (at);
CREATE INDEX key_note_by_key ON key_note (key, at) WHERE key IS NOT NULL;
";

const MENDED: &str = "
-- When the file took a damaged one's place, and how much that was not sent could not be read; null where nobody knows.
CREATE TABLE mended (
    at INTEGER PRIMARY KEY,
    lost INTEGER,
    is_seen INTEGER NOT NULL DEFAULT 0
) STRICT;
";
