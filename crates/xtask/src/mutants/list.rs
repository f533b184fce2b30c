//! The mutants: each breaks one promise.

/// One way to break the engine.
pub(super) struct Mutant {
    /// What is broken.
    pub(super) name: &'static str,
    /// The file, from the root.
    pub(super) file: &'static str,
    /// The place, there exactly once.
    pub(super) find: &'static str,
    /// What stands there instead.
    pub(super) put: &'static str,
    /// The test target that should notice, or `lib` for the unit tests.
    pub(super) tests: &'static str,
    /// What the names of those tests contain.
    pub(super) noticed_by: &'static str,
}

const GATE: &str = "crates/documents/src/gate.rs";
const OPERATIONS: &str = "crates/documents/src/gate/operations.rs";
const RECEIVED: &str = "crates/documents/src/gate/received.rs";
const CHUNK: &str = "crates/documents/src/gate/chunk.rs";
const ANSWER: &str = "crates/device/src/sync/answer.rs";
const RECOVERY: &str = "crates/device/src/sync/recovery.rs";
const ACT: &str = "crates/device/src/act/mod.rs";
const SERVER: &str = "server/src/sync/mod.rs";

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "the gate does not ask the policy",
        file: GATE,
        find: "if may_put && may_append { Ok(()) }",
        put: "if may_put || may_append || !written.facts.is_empty() { Ok(()) }",
        tests: "lib",
        noticed_by: "gate::tests",
    },
    Mutant {
        name: "the gate lets a session skip its own last change",
        file: GATE,
        find: "last.is_none_or(|last| deps.contains(last) || ancestors.contains(last))",
        put: "last.is_none_or(|last| deps.contains(last) || !ancestors.contains(&ChangeHash([0; 32])))",
        tests: "hostile",
        noticed_by: "attacks",
    },
    Mutant {
        name: "the gate takes any operation counter",
        file: GATE,
        find: "change.start_op().get() == max_op + 1",
        put: "change.start_op().get() > max_op / u64::MAX",
        tests: "hostile",
        noticed_by: "a_counter_near_its_end_is_refused",
    },
    Mutant {
        name: "the gate lets a fact be written over",
        file: OPERATIONS,
        find: "|| !op.pred.is_empty() || is_taken",
        put: "|| (is_taken && op.pred.len() > 9)",
        tests: "hostile",
        noticed_by: "attacks",
    },
    Mutant {
        name: "the gate does not compare predecessors",
        file: OPERATIONS,
        find: "if standing != op.pred.iter().cloned().collect() {",
        put: "if standing.len() > op.pred.len() + 9 {",
        tests: "hostile",
        noticed_by: "attacks",
    },
    Mutant {
        name: "a clash is overwritten without a word",
        file: OPERATIONS,
        find: "if content.chose.iter().all(is_told)",
        put: "if content.chose.iter().all(|key| is_told(key) || !key.is_empty())",
        tests: "lib",
        noticed_by: "gate::tests",
    },
    Mutant {
        name: "the parser does not count runs",
        file: CHUNK,
        find: "sum.total = sum.total.checked_add(weight).ok_or(Refusal::TooMuch)?;",
        put: "sum.total = sum.total.max(weight.min(1));",
        tests: "hostile",
        noticed_by: "bombs",
    },
    Mutant {
        name: "the server takes a counter twice",
        file: SERVER,
        find: "if counter <= vault.counter {",
        put: "if counter < vault.counter {",
        tests: "vaults",
        noticed_by: "a_replayed_request_is_stale",
    },
    Mutant {
        name: "the server answers who was revoked",
        file: SERVER,
        find: "if vault.is_revoked {",
        put: "if vault.is_revoked && vault.counter == u64::MAX {",
        tests: "vaults",
        noticed_by: "a_revoked_vault_is_refused_at_once",
    },
    Mutant {
        name: "the server does not check who signed",
        file: SERVER,
        find: "    signed.verify(vault.key).map_err(|_| ProblemCode::Statement)?;\n",
        put: "",
        tests: "vaults",
        noticed_by: "an_altered_body",
    },
    Mutant {
        name: "the server does not compare the chain",
        file: "server/src/store/log.rs",
        find: "Ok(chain == Some(cursor.chain))",
        put: "Ok(chain.is_some())",
        tests: "vaults",
        noticed_by: "forked",
    },
    Mutant {
        name: "the server believes any receipt",
        file: "server/src/sync/offer.rs",
        find: "if !server.keys.receipts.holds(unit, &offer.receipt, &hashes, &offer.columns) {",
        put: "if offer.receipt.heads.len() > 1_000 && server.keys.receipts.holds(unit, &offer.receipt, &hashes, &offer.columns) {",
        tests: "vaults",
        noticed_by: "offers",
    },
    Mutant {
        name: "the server forgets to say that a document left",
        file: "server/src/sync/pull.rs",
        find: "(HeldAt(true), HeldAt(false)) => due.push(ListedDocument { document, due: Due::Leave }),",
        put: "(HeldAt(true), HeldAt(false)) => {}",
        tests: "vaults",
        noticed_by: "scopes",
    },
    Mutant {
        name: "midnight moves nobody's window",
        file: "server/src/scope/commit.rs",
        find: "commit.affected.extend(people::staff_of(tx, unit)?);",
        put: "drop(people::staff_of(tx, unit)?);",
        tests: "vaults",
        noticed_by: "the_window_moves_when_the_day_is_opened",
    },
    Mutant {
        name: "the phone believes whatever the server sends",
        file: RECEIVED,
        find: "Err(_) => Err(LoadError::NotOurs),",
        put: "Err(_) => self.take(vec![change]),",
        tests: "lib",
        noticed_by: "received::tests",
    },
    Mutant {
        name: "the phone keeps what left",
        file: ANSWER,
        find: "Item::Leave(document) => self.leave(*document),",
        put: "Item::Leave(_) => Ok(()),",
        tests: "world",
        noticed_by: "restored",
    },
    Mutant {
        name: "the phone forgets work that has to wait",
        file: ANSWER,
        find: "\"UPDATE pending SET waits_for = ?2 WHERE hash = ?1\"",
        put: "\"DELETE FROM pending WHERE hash = ?1 AND ?2 = ?2\"",
        tests: "world",
        noticed_by: "restored",
    },
    Mutant {
        name: "the phone drops the digest",
        file: ANSWER,
        find: "told.digest.is_some_and(|digest| digest != self.digest)",
        put: "told.digest.is_some_and(|digest| digest != self.digest && told.head.is_none())",
        tests: "world",
        noticed_by: "faults",
    },
    Mutant {
        name: "the phone moves its cursor with the first page",
        file: ANSWER,
        find: "\"UPDATE stream SET page_seq = ?2, page_chain = ?3, page_position = ?4 WHERE unit = ?1\"",
        put: "\"UPDATE stream SET cursor_seq = ?2, cursor_chain = ?3, page_position = ?4 * 0 WHERE unit = ?1\"",
        tests: "world",
        noticed_by: "restored",
    },
    Mutant {
        name: "the phone forgets its own work before a backup has it",
        file: RECOVERY,
        find: "\"DELETE FROM kept WHERE unit = ?1 AND seq <= ?2\"",
        put: "\"DELETE FROM kept WHERE unit = ?1 AND ?2 = ?2\"",
        tests: "world",
        noticed_by: "restored",
    },
    Mutant {
        name: "what is made anew forgets what it comes after",
        file: "crates/device/src/sync/replay.rs",
        find: "let after = fact.after.iter().map(|earlier| name(*earlier)).collect();",
        put: "let after = Vec::new();",
        tests: "world",
        noticed_by: "refusals",
    },
    Mutant {
        name: "a copied phone goes on under the same actor",
        file: ACT,
        find: "*self.lock() = (fresh_actor(vault, random), 0);",
        put: "let _ = fresh_actor(vault, random);",
        tests: "world",
        noticed_by: "copies",
    },
    Mutant {
        name: "the server loses its acknowledgement",
        file: "server/src/sync/push.rs",
        find: "|place| PushResult::Accepted(place, now))",
        put: "|_| PushResult::Later(LATER_LOAD.to_owned()))",
        tests: "vaults",
        noticed_by: "two_vaults_share_a_visit",
    },
    Mutant {
        name: "a destroyed document comes back",
        file: "server/src/sync/push.rs",
        find: "let is_purged = known.is_none() && documents::is_purged(tx, unit, push.document)?;",
        put: "let is_purged = known.is_some() && documents::is_purged(tx, unit, push.document)?;",
        tests: "vaults",
        noticed_by: "destroyed",
    },
    Mutant {
        name: "one phone may fill a document",
        file: "crates/documents/src/gate/limits.rs",
        find: "whole.fits(DOCUMENT_MAX) && own.fits(share(author, kind))",
        put: "whole.fits(DOCUMENT_MAX) && (own.fits(share(author, kind)) || own.changes > 0)",
        tests: "hostile",
        noticed_by: "limits",
    },
    Mutant {
        name: "a counter may leap",
        file: SERVER,
        find: "if counter - vault.counter > COUNTER_STEP_MAX {",
        put: "if counter - vault.counter > COUNTER_STEP_MAX << 41 {",
        tests: "vaults",
        noticed_by: "a_counter_that_leaps",
    },
    Mutant {
        name: "a revoked vault is told that there is something new",
        file: "server/src/admin/mod.rs",
        find: "    server.bell.forget(&revoked);\n",
        put: "",
        tests: "vaults",
        noticed_by: "what_a_revoked_vault_waits_for",
    },
];
