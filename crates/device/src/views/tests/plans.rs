use rusqlite::types::Value;

use super::unit::{ANNA, World};
use crate::views::queries;

/// Tables that grow with the unit and the years; the others hold what one unit or one person has at a time.
const BIG: [&str; 9] =
    ["document", "visit", "visit_person", "board_visit", "run_sheet", "incident", "intent", "seen_visit", "kept"];

#[tokio::test]
async fn no_query_behind_a_screen_reads_a_big_table_from_end_to_end() {
    let world = World::of(ANNA, "08:58").await;
    for (name, sql) in queries::ALL {
        let steps: Vec<String> = world
            .view(move |tx, _| {
                let mut query = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let unknown = vec![Value::Null; query.parameter_count()];
                let rows = query.query_map(rusqlite::params_from_iter(unknown), |row| row.get::<_, String>(3))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await;
        assert!(!steps.is_empty(), "{name}");
        for step in &steps {
            let scanned = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
            // A scan along an index that a limit ends is none of the whole, nor is one of an index of what is unread.
            let is_sorted = steps.iter().any(|step| step.contains("TEMP B-TREE"));
            let is_ended = sql.contains("LIMIT") && step.contains("USING INDEX") && !is_sorted;
            let is_ended = is_ended || step.ends_with("INDEX incident_unread");
            let alias = |table: &str| scanned == Some(table) || is_alias(sql, table, scanned);
            assert!(is_ended || !BIG.iter().any(|table| alias(table)), "{name}: {step}");
        }
    }
}

fn is_alias(sql: &str, table: &str, scanned: Option<&str>) -> bool {
    scanned.is_some_and(|alias| sql.contains(&format!(" {table} {alias}")))
}
