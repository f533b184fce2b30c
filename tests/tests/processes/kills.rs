//! Phone and server are killed again and again while the phone works and syncs.

use std::collections::BTreeSet;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::phone::{self, Handset};
use crate::server::{Server, fresh_folder};
use crate::unit;

/// How often somebody is killed in each of the two tests.
const KILLS: usize = 250;
/// Before every third kill a round is waited for.
const ROUND_EVERY: usize = 3;
/// A phone says at most so many lines before somebody is killed.
const LINES_MAX: u32 = 24;
/// Rounds until all is sent and told again.
const ROUNDS_MAX: usize = 5;
/// By how much a phone's clock may be wrong in one of its lives, seconds.
const CLOCK_STEPS: [i64; 6] = [0, 0, 1, -3_600, 40 * 86_400, -400 * 86_400];
/// By how much the server's may be; further would be another day, with other visits.
const SERVER_CLOCK_STEPS: [i64; 4] = [0, 0, -3_600, 7_200];

/// What the phone said of its work.
#[derive(Default)]
struct Said {
    /// Where the server listened.
    address: String,
    asked: BTreeSet<String>,
    saved: BTreeSet<String>,
}

impl Said {
    fn hear(&mut self, line: &str) {
        match line.split_once(' ') {
            Some(("asks", text)) => drop(self.asked.insert(text.to_owned())),
            Some(("saved", text)) => drop(self.saved.insert(text.to_owned())),
            Some(("rests", _)) => {}
            _ => panic!("{line}"),
        }
    }
}

/// Which of the two is killed.
#[derive(Clone, Copy, PartialEq)]
enum Victim {
    Phone,
    Server,
}

fn play(folder: &Path, victim: Victim) -> Said {
    let server = Server::of_any_age(folder);
    server.make();
    let handset = Handset::of_any_age(&folder.join("phone"));
    let code = server.code();
    let mut serving = server.start(None);
    let address = serving.address.clone();
    handset.enrol(&address, &code);
    let mut chance = ChaCha8Rng::seed_from_u64(victim as u64);
    let mut said = Said { address: address.clone(), ..Said::default() };
    let mut at_work = handset.start(0, unit::clock_offset());
    for life in 1..=KILLS {
        let mut next = || at_work.next().expect("it works until it is killed");
        if life.is_multiple_of(ROUND_EVERY) {
            // The server is there, and is being asked.
            std::iter::repeat_with(&mut next)
                .take_while(|line| !line.starts_with("rests"))
                .for_each(|it| said.hear(&it));
        }
        for _ in 0..=chance.next_u32() % LINES_MAX {
            said.hear(&next());
        }
        if victim == Victim::Server {
            serving.kill();
            let step = SERVER_CLOCK_STEPS[chance.next_u32() as usize % SERVER_CLOCK_STEPS.len()];
            serving = server.start_with_clock(&address, step);
        } else {
            at_work.kill().iter().for_each(|line| said.hear(line));
            let step = CLOCK_STEPS[chance.next_u32() as usize % CLOCK_STEPS.len()];
            at_work = handset.start(life, unit::clock_offset() + step);
        }
    }
    at_work.kill().iter().for_each(|line| said.hear(line));
    serving.kill();
    said
}

/// Both come back as they are today, and meet: everything that was said to be saved is with both, once, and nothing that nobody asked for.
fn ends_well(folder: &Path, said: &Said) {
    let server = Server::of_today(folder);
    let told = server.run(&["verify"]);
    assert!(told.contains("Exempelenheten"), "{told}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let code = server.code();
        let serving = server.start(Some(&said.address));
        let old = phone::open(&folder.join("phone"), unit::clock_offset(), phone::network()).await;
        for _ in 0..ROUNDS_MAX {
            old.sync().await.unwrap();
        }
        assert_eq!(phone::unsent(&old).await, 0);
        let new = phone::enrolled(&folder.join("new"), &serving.address, code).await;
        let (on_old, on_new) = (phone::notes(&old).await, phone::notes(&new).await);
        assert_eq!(on_old, on_new, "the phone and a new one differ");
        let notes: BTreeSet<String> = on_new.iter().cloned().collect();
        assert_eq!(notes.len(), on_new.len(), "a note came twice");
        assert_eq!(said.saved.difference(&notes).collect::<Vec<_>>(), Vec::<&String>::new(), "saved and lost");
        assert_eq!(notes.difference(&said.asked).collect::<Vec<_>>(), Vec::<&String>::new(), "never asked for");
        old.close();
        new.close();
    });
    server.run(&["verify"]);
}

#[test]
fn a_phone_that_is_killed_again_and_again_loses_nothing_that_it_called_saved() {
    let folder = fresh_folder();
    let said = play(folder.path(), Victim::Phone);
    ends_well(folder.path(), &said);
    println!("{KILLS} kills, {} notes saved", said.saved.len());
}

#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing_that_it_accepted() {
    let folder = fresh_folder();
    let said = play(folder.path(), Victim::Server);
    ends_well(folder.path(), &said);
    println!("{KILLS} kills, {} notes saved", said.saved.len());
}
