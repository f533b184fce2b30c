use std::collections::{BTreeMap, BTreeSet};

use crate::metadata;

/// Which crates each crate may use; docs/architecture.md says why.
const MAY_USE: &[(&str, &[&str])] = &[
    ("rundan-model", &[]),
    ("rundan-documents", &["rundan-model"]),
    ("rundan-sync", &["rundan-model"]),
    ("rundan-ledger", &["rundan-model", "rundan-sync"]),
    ("rundan-device", &["rundan-documents", "rundan-ledger", "rundan-model", "rundan-sync"]),
    ("rundan-server", &["rundan-documents", "rundan-ledger", "rundan-model", "rundan-sync"]),
    ("rundan-app", &["rundan-device", "rundan-model"]),
    // What tests and measurements share lies with the tests.
    ("xtask", &["rundan-device", "rundan-documents", "rundan-model", "rundan-server", "rundan-sync", "rundan-tests"]),
    ("rundan-tests", ALL_BUT_THE_APP),
];

const ALL_BUT_THE_APP: &[&str] =
    &["rundan-device", "rundan-documents", "rundan-ledger", "rundan-model", "rundan-server", "rundan-sync"];

/// What a pure crate must never know: input and output, SQL, the network, threads, clocks, randomness.
const IMPURE: &[&str] = &["axum", "getrandom", "reqwest", "rusqlite", "tauri", "tokio"];

fn used() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata.packages.iter();
    packages
        .map(|package| {
            let used = package.dependencies.iter().map(|dependency| dependency.name.clone()).collect();
            (package.name.to_string(), used)
        })
        .collect()
}

#[test]
fn every_crate_uses_only_what_its_layer_may() {
    let used = used();
    let own: BTreeSet<&str> = used.keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    assert_eq!(own, known, "every crate of the workspace has a layer");
    for (name, allowed) in MAY_USE {
        for dependency in used[*name].iter().filter(|dependency| own.contains(dependency.as_str())) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}

#[test]
fn the_pure_crates_know_no_disk_network_clock_or_chance() {
    let used = used();
    for name in ["rundan-model", "rundan-documents", "rundan-sync", "rundan-ledger"] {
        for impure in IMPURE {
            assert!(!used[name].contains(*impure), "{name} must not use {impure}");
        }
    }
}

#[test]
fn only_documents_the_server_and_what_measures_them_know_automerge() {
    for (name, used) in used() {
        let may = ["rundan-documents", "rundan-server", "rundan-tests", "xtask"].contains(&name.as_str());
        assert!(may || !used.contains("automerge"), "{name} must not use automerge");
    }
}

#[test]
fn only_the_shell_knows_tauri() {
    for (name, used) in used() {
        assert!(name == "rundan-app" || !used.contains("tauri"), "{name} must not use tauri");
    }
}
