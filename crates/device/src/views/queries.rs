//! Every query behind a screen, in one place, so that a test can ask the planner about each.

macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)+

        /// All of them, by name.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

queries! {
    VAULT = "SELECT vault, person, name FROM vault WHERE id = 1";
    STREAMS = "SELECT unit, name, roles, office_has, page_position, documents FROM stream ORDER BY unit";
    MENDED = "SELECT at, lost FROM mended WHERE is_seen = 0 ORDER BY at DESC";
    SYNC_STATE = "SELECT heard, problem, is_loading FROM sync_state WHERE id = 1";

    VISIT = "SELECT json FROM visit WHERE document = ?1";
    VISITS_OF = "SELECT v.document, v.json, d.state FROM visit_person p
        CROSS JOIN visit v ON v.document = p.document
        LEFT JOIN document d ON d.document = p.document
        WHERE p.person = ?1 AND p.day = ?2 ORDER BY p.start, p.document";
    VISITS_ON = "SELECT b.document, b.json, n.shown, n.called FROM board_visit b
        LEFT JOIN recipient_name n ON n.document = b.recipient WHERE b.day = ?1 ORDER BY b.start, b.document";
    VISITS_TO = "SELECT document, json FROM visit WHERE recipient = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day";
    VISITS_LATE = "SELECT document, json FROM visit WHERE is_late = 1 AND day = ?1 ORDER BY start";
    VISITS_WORKED = "SELECT document FROM visit_person WHERE person = ?1 ORDER BY day DESC";
    STATE = "SELECT state FROM document WHERE document = ?1";
    RUN_SHEET = "SELECT json FROM run_sheet WHERE document = ?1";
    RUN_SHEET_OF = "SELECT document, json FROM run_sheet WHERE person = ?1 AND day = ?2 ORDER BY document";
    RUN_SHEETS_NEAR = "SELECT r.document, r.json, r.day, d.state FROM run_sheet r
        LEFT JOIN document d ON d.document = r.document
        WHERE r.person = ?1 AND r.day BETWEEN ?2 AND ?3 ORDER BY r.day, r.document";
    RUN_SHEETS_ON = "SELECT document, person, json FROM run_sheet WHERE day = ?1 ORDER BY person";
    RUN_SHEETS_WORKED = "SELECT document FROM run_sheet WHERE person = ?1 ORDER BY day DESC";
    DAYS_OF = "SELECT DISTINCT day FROM run_sheet WHERE person = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day";
    DAYS = "WITH RECURSIVE held (day) AS (
            SELECT min(day) FROM run_sheet WHERE day >= ?1
            UNION ALL SELECT (SELECT min(day) FROM run_sheet WHERE day > held.day) FROM held WHERE held.day <= ?2
        ) SELECT day FROM held WHERE day <= ?2";
    SEEN = "SELECT document, start, name, minutes, is_mine, is_cancelled, fingerprint, left_at, mark, mark_at
        FROM seen_visit WHERE document = ?1";
    SEEN_ON = "SELECT document, start, name, minutes, is_mine, is_cancelled, fingerprint, left_at, mark, mark_at
        FROM seen_visit WHERE day = ?1 AND is_mine = 1 ORDER BY start, document";

    SEEN_DAYS = "SELECT day FROM seen_visit WHERE document = ?1
        UNION SELECT day FROM visit WHERE document = ?1 AND day IS NOT NULL";

    RECIPIENT = "SELECT json FROM recipient WHERE document = ?1";
    RECIPIENTS = "SELECT document, name, json FROM recipient ORDER BY name";
    ACCESS = "SELECT document, json FROM access WHERE recipient = ?1 ORDER BY document DESC";
    STAFF = "SELECT json FROM staff WHERE person = ?1";
    STAFF_ALL = "SELECT json FROM staff ORDER BY person";
    UNITS = "SELECT json FROM unit ORDER BY document";
    HEARD = "SELECT person, at FROM heard";

    KEY = "SELECT document, json FROM key WHERE document = ?1";
    KEYS_OF_UNIT = "SELECT k.document, k.json FROM key k CROSS JOIN document d ON d.document = k.document
        WHERE d.unit = ?1 ORDER BY k.tag, k.document";
    KEYS_TAGGED = "SELECT document, json FROM key WHERE tag = ?1 ORDER BY document";
    KEY_TAGGED = "SELECT 1 FROM key k CROSS JOIN document d ON d.document = k.document
        WHERE k.tag = ?1 AND d.unit = ?2";
    DOUBLE_TAGS = "SELECT k.tag FROM key k CROSS JOIN document d ON d.document = k.document
        GROUP BY d.unit, k.tag HAVING count(*) > 1";
    KEYS_WITH = "SELECT k.document, k.json FROM (SELECT DISTINCT document FROM key_copy WHERE person = ?1) c
        CROSS JOIN key k ON k.document = c.document ORDER BY k.document";
    KEYS_TO = "SELECT DISTINCT k.document, k.json FROM key_home h CROSS JOIN key k ON k.document = h.key
        WHERE h.recipient = ?1 ORDER BY k.tag, k.document";
    KEY_NOTES = "SELECT json FROM key_note WHERE at >= ?1 ORDER BY at DESC, fact DESC LIMIT ?2";
    NOTES_OF_KEY = "SELECT json FROM key_note WHERE key = ?1 ORDER BY at DESC, fact DESC LIMIT ?2";
    CABINETS = "SELECT DISTINCT cabinet FROM key WHERE cabinet <> '' ORDER BY cabinet";
    HOMES_OF_KEY = "SELECT document, key, recipient, json FROM key_home WHERE key = ?1 ORDER BY document";
    HOMES_OF_RECIPIENT = "SELECT document, key, recipient, json FROM key_home WHERE recipient = ?1 ORDER BY document";
    HOMES = "SELECT h.key, h.recipient, r.json FROM key_home h CROSS JOIN recipient r ON r.document = h.recipient ORDER BY h.document";
    UNIT_DOCUMENT = "SELECT u.document FROM unit u CROSS JOIN document d ON d.document = u.document
        WHERE d.unit = ?1 ORDER BY u.document LIMIT 1";
    PLANNED = "SELECT v.document, p.person, p.start, v.minutes, v.recipient FROM visit v
        CROSS JOIN visit_person p ON p.document = v.document
        WHERE v.day BETWEEN ?1 AND ?2 AND v.recipient IS NOT NULL AND p.is_planned
            AND (?3 IS NULL OR EXISTS (SELECT 1 FROM visit_person o WHERE o.person = ?3 AND o.day = p.day
                AND o.document = v.document AND o.is_planned))";
    SHIFTS = "SELECT person, json FROM run_sheet WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR person = ?3)
        ORDER BY day, document";

    DELIVERY = "SELECT unit, own_seq, changed_at, EXISTS (SELECT 1 FROM pending WHERE document = ?1)
        FROM document WHERE document = ?1";
    LAST_REFUSED = "SELECT refused FROM intent WHERE document = ?1 ORDER BY at DESC LIMIT 1";
    LAST_SAVED = "SELECT max(at) FROM intent WHERE document = ?1";
    UNSENT = "SELECT count(DISTINCT action) FROM pending";
    UNSEEN_REFUSED = "SELECT count(*) FROM intent WHERE refused IS NOT NULL AND is_seen = 0";
    ITEMS_REFUSED = "SELECT i.at, i.document, i.what, i.title, i.count, i.seq, i.refused, NULL, 0,
            d.unit, d.own_seq, i.words
        FROM intent i LEFT JOIN document d ON d.document = i.document
        WHERE i.refused IS NOT NULL AND i.is_seen = ?1 ORDER BY i.at DESC";
    ITEMS_WAITING = "SELECT i.at, i.document, i.what, i.title, i.count, i.seq, i.refused, p.waits_for, 1,
            d.unit, d.own_seq, i.words
        FROM (SELECT action, max(waits_for) AS waits_for FROM pending GROUP BY action) p
        CROSS JOIN intent i ON i.action = p.action
        LEFT JOIN document d ON d.document = i.document
        WHERE i.refused IS NULL ORDER BY i.at DESC LIMIT ?1";
    ITEMS_ARRIVED = "SELECT i.at, i.document, i.what, i.title, i.count, i.seq, i.refused, NULL, 0,
            d.unit, d.own_seq, i.words
        FROM intent i LEFT JOIN document d ON d.document = i.document
        WHERE i.refused IS NULL AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.action = i.action)
        ORDER BY i.at DESC LIMIT ?1";

    REFUSED = "SELECT document, json FROM refused ORDER BY at DESC LIMIT ?1";
    REFUSED_OPEN_COUNT = "SELECT count(*) FROM refused WHERE is_open = 1";
    INCIDENTS = "SELECT document, json FROM incident ORDER BY at DESC LIMIT ?1";
    INCIDENTS_OF = "SELECT document, json FROM incident WHERE author = ?1 ORDER BY at DESC LIMIT ?2";
    INCIDENTS_UNREAD = "SELECT document, json FROM incident WHERE is_read = 0 ORDER BY at DESC LIMIT ?1";
    INCIDENTS_UNREAD_COUNT = "SELECT count(*) FROM incident WHERE is_read = 0";
    DRAFTS = "SELECT document, json FROM draft WHERE is_closed = 0 ORDER BY at DESC LIMIT ?1";
    DRAFTS_HELD = "SELECT document FROM draft ORDER BY at DESC";
    TYPING = "SELECT draft, json, at FROM typing ORDER BY at DESC";
}
