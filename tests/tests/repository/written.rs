use std::fs;
use std::path::{Path, PathBuf};

use crate::metadata;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_code_map_names_every_crate() {
    let map = read("docs/architecture.md");
    let readme = read("README.md");
    for package in metadata().packages {
        let folder = package.manifest_path.parent().unwrap();
        let folder = folder.file_name().unwrap();
        let row = map.lines().find(|line| line.starts_with('|') && line.contains(&format!("{folder}/`")));
        let row = row.unwrap_or_else(|| panic!("docs/architecture.md has no row for {folder}"));
        assert!(row.contains(&format!("`{}`", package.name)), "{row} should name {}", package.name);
        assert!(readme.contains(&format!("`{}`", package.name)), "README.md should name {}", package.name);
    }
}

#[test]
fn every_decision_is_in_the_index() {
    let index = read("docs/adr/README.md");
    let mut decisions = 0;
    for entry in fs::read_dir(root().join("docs/adr")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "README.md" {
            continue;
        }
        let text = read(&format!("docs/adr/{name}"));
        let title = text.lines().next().unwrap().trim_start_matches("# ").to_owned();
        assert!(index.contains(&format!("[{title}]({name})")), "docs/adr/README.md should list [{title}]({name})");
        decisions += 1;
    }
    assert!(decisions > 0);
}

#[test]
fn the_page_has_the_same_licence_as_the_crates() {
    assert!(read("LICENSE").starts_with("EUROPEAN UNION PUBLIC LICENCE v. 1.2"));
    assert!(read("app-ui/package.json").contains("\"license\": \"EUPL-1.2\""));
    for package in metadata().packages {
        assert_eq!(package.license.as_deref(), Some("EUPL-1.2"), "{}", package.name);
    }
}

/// The local links of the documents that a newcomer reads first.
#[test]
fn no_link_leads_nowhere() {
    for page in
        ["README.md", "CHANGELOG.md", "docs/architecture.md", "docs/demo.md", "docs/policy.md", "docs/adr/README.md"]
    {
        let text = read(page);
        let folder = root().join(page).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            let is_local = !path.is_empty() && !path.contains(':');
            assert!(!is_local || folder.join(path).exists(), "{page} links to {target}, which is not there");
        }
    }
}
