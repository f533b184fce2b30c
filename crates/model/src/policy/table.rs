//! The policy in words, made by asking it: `docs/policy.md`.

use super::{Act, Readers, Relation, Standing, may, readers};
use crate::fact::KNOWN_KINDS;
use crate::plan::{NEWER_REGISTER, registers};
use crate::{Kind, Role};

const OPENING: &str = "\
<!-- Printed from Rust by `cargo xtask generate`; never edited. -->

# Who may do what

This page is the policy of `crates/model/src/policy.rs`, which the server's gate asks for every incoming change.
`server/tests/vaults/policy.rs` pushes a real change for every cell and holds the answer against it.

## How to read it

Each kind of document has a table: what is done, and who may do it.
*Begin* makes a new document, *put* writes what was planned or decided, and the words in `code` are facts: what someone states that happened.
A fact is never changed or deleted; it is withdrawn, or settled, by another fact.
A change that does several things is refused whole if one of them is.

The roles are given by the municipality's administrator and held by the server, for each unit apart:

";

const RELATIONS: &str = "
Someone with several roles may do what any of them may.
Someone without a role in a unit may do and read nothing there.
*The server* is the server's own hand: it imports the unit's plan and keeps what was refused.

A cell says *yes*, *no*, or how she must stand to the document:

| word | means |
|---|---|
| in scope | her vaults hold the document, or held it at some time since the 14th last opened day began |
| began it | she made the document |
| her own | it is her own run sheet |
| contact worker | she is the recipient's contact worker (kontaktperson) |

No clock decides, neither the phone's nor the server's.
What counts is what the server's log had given her, so work that was done without a network is judged as it stood for her; a day in it is one that the server opened, not 24 hours.
A document that she never held is answered as one that does not exist.
What a newer version states, a fact or a kind of document that this server does not know, is nobody's: it is kept on the phone until the server knows it.

Every change is signed by the key of one person's vault, and a fact bears the name of who signed it; whose act it was, if another's, stands beside.
*As the office* is said by the office alone.
";

/// The whole of `docs/policy.md`.
pub fn table() -> String {
    let mut page = String::from(OPENING);
    page.push_str("| role | who |\n|---|---|\n");
    for role in Role::ALL {
        page.push_str(&format!("| {} | {} |\n", role_name(role), role_words(role)));
    }
    page.push_str(RELATIONS);
    page.push_str("\n## Who reads what\n\n| kind | what it is | read by |\n|---|---|---|\n");
    for kind in Kind::ALL {
        page.push_str(&format!("| [{kind}](#{kind}) | {} | {} |\n", kind_words(kind), readers_words(readers(kind))));
    }
    page.push_str("\nNobody else is sent any of it, nor told that it exists.\n");
    for kind in Kind::ALL {
        page.push_str(&section(kind));
    }
    page
}

fn section(kind: &Kind) -> String {
    let columns = columns();
    let mut section = format!("\n## {kind}\n\n{}.\n\n| what |", sentence(kind_words(kind)));
    for (name, _) in &columns {
        section.push_str(&format!(" {name} |"));
    }
    section.push_str(&format!("\n|---|{}\n", "---|".repeat(columns.len())));
    for row in rows(kind) {
        section.push_str(&format!("| {} | {} |\n", row.acts.join(", "), row.cells.join(" | ")));
    }
    section
}

/// Things done to which the same answers are given.
struct Row {
    acts: Vec<String>,
    cells: Vec<String>,
}

fn rows(kind: &Kind) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |act: String, cells: Vec<String>| match rows.iter_mut().find(|row| row.cells == cells) {
        Some(row) => row.acts.push(act),
        None => rows.push(Row { acts: vec![act], cells }),
    };
    add("begin".into(), cells(kind, Act::Begin));
    let newer = cells(kind, Act::Put(NEWER_REGISTER));
    let exceptions: Vec<_> =
        registers(kind).iter().filter(|register| cells(kind, Act::Put(register)) != newer).collect();
    for register in &exceptions {
        add(format!("put `{register}`"), cells(kind, Act::Put(register)));
    }
    add(if exceptions.is_empty() { "put".into() } else { "any other put".into() }, newer);
    let is_nobodys = |fact: &&str| cells(kind, Act::Append(fact)).iter().all(|cell| cell == NO);
    let (nobodys, someones): (Vec<&str>, Vec<&str>) = KNOWN_KINDS.iter().partition(|fact| is_nobodys(fact));
    for fact in &someones {
        add(format!("`{fact}`"), cells(kind, Act::Append(fact)));
    }
    if !nobodys.is_empty() {
        let any = if someones.is_empty() { "any fact" } else { "any other fact" };
        add(any.into(), vec![NO.into(); columns().len()]);
    }
    rows
}

const NO: &str = "no";

/// A table's columns: each role alone, then the server.
fn columns() -> Vec<(&'static str, Standing)> {
    let alone =
        |role: &'static Role| (role_name(role), Standing { roles: [role.clone()].into(), ..Standing::default() });
    Role::ALL.iter().map(alone).chain([("the server", Standing::server())]).collect()
}

fn cells(kind: &Kind, act: Act<'_>) -> Vec<String> {
    columns().into_iter().map(|(_, standing)| cell(&standing, kind, act)).collect()
}

/// The least that suffices, found by asking for every relation.
fn cell(standing: &Standing, kind: &Kind, act: Act<'_>) -> String {
    let mut every: Vec<Vec<&str>> = vec![Vec::new()];
    for word in RELATION_WORDS {
        every.extend(every.clone().into_iter().map(|words| [words, vec![*word]].concat()));
    }
    every.sort_by_key(Vec::len);
    let mut least: Vec<Vec<&str>> = Vec::new();
    for words in every {
        let is_more = least.iter().any(|fewer| fewer.iter().all(|word| words.contains(word)));
        let standing = Standing { relation: relation(&words), ..standing.clone() };
        if !is_more && may(&standing, kind, act) {
            least.push(words);
        }
    }
    match least.first() {
        None => NO.into(),
        Some(nothing) if nothing.is_empty() => "yes".into(),
        Some(_) => least.iter().map(|words| words.join(" and ")).collect::<Vec<_>>().join(", or "),
    }
}

const IN_SCOPE: &str = "in scope";
const BEGAN: &str = "began it";
const OWN: &str = "her own";
const CONTACT_WORKER: &str = "contact worker";
const RELATION_WORDS: &[&str] = &[IN_SCOPE, BEGAN, OWN, CONTACT_WORKER];

fn relation(words: &[&str]) -> Relation {
    Relation {
        in_scope: words.contains(&IN_SCOPE),
        began: words.contains(&BEGAN),
        own: words.contains(&OWN),
        contact_worker: words.contains(&CONTACT_WORKER),
    }
}

fn role_name(role: &Role) -> &str {
    match role {
        Role::Carer => "carer",
        Role::Planner => "planner",
        Role::Administrator => "administrator",
        Role::UnitHead => "unit head",
        Role::Unknown(word) => word,
    }
}

fn role_words(role: &Role) -> &'static str {
    match role {
        Role::Carer => "care assistants and nursing assistants (vårdbiträde, undersköterska)",
        Role::Planner => "coordinators and planners (samordnare, schemaplanerare); of the office",
        Role::Administrator => "administrators (administratör); of the office",
        Role::UnitHead => "the unit's head and deputies (enhetschef, biträdande enhetschef); of the office",
        Role::Unknown(_) => "a role of a newer version: may nothing that wants a known one",
    }
}

fn kind_words(kind: &Kind) -> &'static str {
    match kind {
        Kind::Unit => "the unit's name and its catalogue of interventions",
        Kind::UnitOffice => "settings that only the office sees",
        Kind::Staff => "someone employed: her name and employment",
        Kind::Recipient => "a recipient (brukare): name, address, next of kin, wishes",
        Kind::Access => "a recipient's door codes and the way in",
        Kind::Decision => "a care decision (biståndsbeslut)",
        Kind::RunSheet => "one carer's working day (arbetskort)",
        Kind::Visit => "a visit (besök): when, who, what, and what happened",
        Kind::Incident => "an incident note that was submitted (avvikelse)",
        Kind::Draft => "text that its author has not submitted",
        Kind::Refused => "work that the server refused, kept for the office",
        Kind::Key => "a key: its tag, its cabinet, and who has each copy; it names no home",
        Kind::KeyHome => "which recipient's home a key opens, and what she signed",
        Kind::Unknown(_) => "a kind of a newer version",
    }
}

fn readers_words(readers: Readers) -> String {
    let persons = if readers.office {
        "those whose plan brings it into scope, and who began it"
    } else {
        "who began it, and nobody else"
    };
    let words: Vec<&str> =
        [(readers.unit, "everyone in the unit"), (readers.office, "the office"), (readers.persons, persons)]
            .into_iter()
            .filter_map(|(is_so, words)| is_so.then_some(words))
            .collect();
    words.join("; ")
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of<'a>(page: &'a str, kind: &Kind) -> Vec<&'a str> {
        let heading = format!("\n## {kind}\n");
        let section = page.split(&heading).nth(1).unwrap();
        section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).collect()
    }

    #[test]
    fn the_page_says_what_the_policy_answers() {
        let page = table();
        let visit = rows_of(&page, &Kind::Visit);
        assert_eq!(visit[0], "| what | carer | planner | administrator | unit head | the server |");
        assert_eq!(visit[1], "| begin | yes | yes | yes | yes | yes |");
        assert_eq!(visit[2], "| put, `settled`, `chosen` | no | yes | yes | yes | yes |");
        assert!(visit[3].contains("`started`") && visit[3].contains("in scope, or began it | yes"));
        let recipient = rows_of(&page, &Kind::Recipient);
        assert!(recipient[1].contains("put `contact-worker`") && recipient[1].contains("| no | yes |"));
        assert!(recipient[2].contains("| any other put | contact worker | yes |"));
        assert!(page.contains("| [draft](#draft) | text that its author has not submitted | who began it, and"));
    }

    #[test]
    fn every_act_stands_in_one_row_of_its_kind() {
        for kind in Kind::ALL {
            let acts: Vec<String> = rows(kind).into_iter().flat_map(|row| row.acts).collect();
            let any_other = acts.iter().any(|act| act.starts_with("any"));
            for fact in KNOWN_KINDS {
                let times = acts.iter().filter(|act| **act == format!("`{fact}`")).count();
                assert!(times == 1 || (times == 0 && any_other), "{kind}: {fact}");
            }
        }
    }

    #[test]
    fn more_of_a_relation_or_another_role_takes_nothing_away() {
        let acts: Vec<Act<'_>> =
            KNOWN_KINDS.iter().map(|fact| Act::Append(fact)).chain([Act::Begin, Act::Put(NEWER_REGISTER)]).collect();
        for (role, word) in Role::ALL.iter().flat_map(|role| RELATION_WORDS.iter().map(move |word| (role, word))) {
            for (kind, act) in Kind::ALL.iter().flat_map(|kind| acts.iter().map(move |act| (kind, *act))) {
                let less = Standing { roles: [role.clone()].into(), relation: relation(&[word]), is_server: false };
                if !may(&less, kind, act) {
                    continue;
                }
                let all = Standing { relation: relation(RELATION_WORDS), ..less.clone() };
                let both = Standing { roles: Role::ALL.iter().cloned().collect(), ..less };
                assert!(may(&all, kind, act) && may(&both, kind, act), "{role} {kind} {act:?}");
            }
        }
    }
}
