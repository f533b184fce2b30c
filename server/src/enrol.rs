//! Enrolment: a one-time code becomes a vault.

use std::sync::Arc;

use rundan_model::{PersonId, Timestamp, VaultId};
use rundan_sync::message::PROTOCOL;
use rundan_sync::{EnrolAnswer, EnrolRequest, EnrolledUnit, ProblemCode, statement, wire};
use rusqlite::Connection;

use crate::error::Result;
use crate::seams::{Random, random_bytes};
use crate::server::Server;
use crate::store::{log, people, vaults};

/// The path of an enrolment.
pub const PATH: &str = "/v1/enrol";
/// How long a code holds, and how long its answer repeats for the same key.
pub const CODE_SECONDS: i64 = 600;
/// 65 bits: nobody guesses one in ten minutes.
const CODE_SYMBOLS: usize = 13;
/// Crockford's letters and digits: none looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The longest code that is looked at, with every dash and space a person may add.
const CODE_BYTES_MAX: usize = 64;

/// Makes a code for a person and keeps its hash; the code itself is shown once.
pub fn make_code(tx: &Connection, person: PersonId, now: Timestamp, random: &dyn Random) -> Result<String> {
    let bytes: [u8; CODE_SYMBOLS] = random_bytes(random);
    let mut code = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from));
    }
    vaults::keep_code(tx, &normal(&code), person, now.plus_seconds(CODE_SECONDS))?;
    Ok(code)
}

/// A code as it is kept, however it was typed.
fn normal(code: &str) -> String {
    let symbol = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    code.chars().filter(char::is_ascii_alphanumeric).map(symbol).collect()
}

/// Answers an enrolment: the header's statement and the body in, the answer's body out.
pub async fn answer(server: &Arc<Server>, header: &str, body: Vec<u8>) -> Result<Vec<u8>> {
    let signed = statement::open(header).map_err(|_| ProblemCode::Statement)?;
    signed.is_about(None, "POST", PATH, &body).map_err(|_| ProblemCode::Statement)?;
    let request: EnrolRequest = wire::decode(&body, wire::REQUEST_BYTES_MAX).map_err(|_| ProblemCode::Malformed)?;
    if request.version != PROTOCOL {
        return Err(ProblemCode::Version.into());
    }
    let is_first = signed.vault.is_none() && signed.statement.counter == 0 && signed.statement.pushed.is_none();
    if !is_first || signed.verify(request.key).is_err() {
        return Err(ProblemCode::Statement.into());
    }
    let server_of_work = Arc::clone(server);
    let answer = server.db.write(move |tx| enrol(tx, &server_of_work, &request)).await?;
    server.remember_or_say().await;
    Ok(wire::encode(&answer)?)
}

fn enrol(tx: &Connection, server: &Server, request: &EnrolRequest) -> Result<EnrolAnswer> {
    if request.code.len() > CODE_BYTES_MAX {
        return Err(ProblemCode::Code.into());
    }
    let code = normal(&request.code);
    let now = server.clock.now();
    let enrolment = vaults::enrolment(tx, &code)?.ok_or(ProblemCode::Code)?;
    if now > enrolment.expires_at {
        return Err(ProblemCode::Code.into());
    }
    let vault = match enrolment.used {
        Some((vault, key)) if key == request.key => vault,
        Some(_) => return Err(ProblemCode::Code.into()),
        None => {
            let vault = VaultId(random_bytes(&*server.random));
            vaults::create(tx, vault, enrolment.person, request.key, now)?;
            vaults::use_code(tx, &code, vault, request.key, now.plus_seconds(CODE_SECONDS))?;
            tracing::info!(vault = %vault, "a vault was enrolled");
            vault
        }
    };
    if vaults::vault(tx, vault)?.is_none_or(|known| known.is_revoked) {
        return Err(ProblemCode::Code.into());
    }
    let mut units = Vec::new();
    for unit in people::units_of(tx, enrolment.person)? {
        let name = log::unit_state(tx, unit)?.map(|state| state.name).unwrap_or_default();
        units.push(EnrolledUnit {
            unit,
            name,
            roles: people::roles(tx, unit, enrolment.person)?.into_iter().collect(),
        });
    }
    let name = people::person(tx, enrolment.person)?.map(|person| person.name).unwrap_or_default();
    Ok(EnrolAnswer { version: PROTOCOL, server: server.keys.server(), vault, person: enrolment.person, name, units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seams::SystemRandom;
    use crate::store::Db;

    #[tokio::test]
    async fn a_code_is_found_however_it_is_typed() {
        let db = Db::in_memory().unwrap();
        db.write(|tx| {
            let person = people::create(tx, None, "Alice Exempel", &SystemRandom)?;
            let code = make_code(tx, person, Timestamp(0), &SystemRandom)?;
            assert_eq!(code.len(), 16);
            let typed = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(vaults::enrolment(tx, &normal(&typed))?.map(|found| found.person), Some(person));
            Ok(())
        })
        .await
        .unwrap();
    }
}
