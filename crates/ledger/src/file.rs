//! The file: a head, the lines, and the server's signature over all of it.
//!
//! UTF-8 with its mark, fields between semicolons and all in quotes, lines ended by CR LF, as spreadsheets set up for
//! Swedish read it. Everything before the last line is signed, byte by byte.

use std::ops::Range;

use csv::{QuoteStyle, ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use rundan_model::{Day, Timestamp, UnitId};
use rundan_sync::{Chain, Cursor, LedgerQuery, PublicKey};
use sha2::{Digest as _, Sha256};

use crate::cell::{guard, unguard};
use crate::line::{COLUMNS, Line, Names, time};

/// The name of the format, in the file's first line.
pub const FORMAT: &str = "rundan-ledger-2";
/// The most lines of a file: more than a large unit states about its keys in a year.
pub const LINES_MAX: usize = 250_000;
/// The longest file, bytes.
pub const FILE_BYTES_MAX: usize = 160 * 1024 * 1024;

/// Keeps these signatures apart from any other use of the server's key.
const CONTEXT: &[u8] = b"rundan-ledger-2";
/// What the names of all formats begin with.
const FORMATS: &str = "rundan-ledger-";
const MARK: &str = "\u{feff}";
/// Before and after the signature, 128 hexadecimal digits, in the last line.
const SIGNATURE: (&str, &str) = ("\"Signatur\";\"", "\"\r\n");
const SIGNATURE_DIGITS: usize = 128;

/// What a ledger says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The unit.
    pub unit: UnitId,
    /// Its name.
    pub unit_name: String,
    /// What was asked for.
    pub query: LedgerQuery,
    /// The tag of the key that was asked about; empty if none was.
    pub key_tag: String,
    /// The name of the person who was asked about; empty if none was.
    pub person_name: String,
    /// How many lines there are.
    pub count: u64,
    /// When it was issued, by the server's clock.
    pub issued_at: Timestamp,
    /// The end of the unit's log then.
    pub head: Cursor,
    /// SHA-256 over the lines.
    pub digest: [u8; 32],
    /// The server's key.
    pub key: PublicKey,
}

/// Why a file is no ledger that holds.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It does not have the form of a ledger.
    #[error("It is not a ledger of this format: {0}")]
    Malformed(&'static str),
    /// It is of a format with other words.
    #[error("It is a ledger of another format than {FORMAT}: prove it with the version that issued it")]
    OtherFormat,
    /// It is no CSV.
    #[error("It is not a ledger: its lines cannot be read")]
    Csv(#[from] csv::Error),
    /// It is too long.
    #[error("It has more than {LINES_MAX} lines or {} MiB", FILE_BYTES_MAX / 1024 / 1024)]
    TooLong,
    /// The key is not an Ed25519 key.
    #[error("The key is not an Ed25519 key")]
    Key,
    /// It is signed by another key than the one that is trusted.
    #[error("It was issued by another server: its key is {}", hex::encode(.0.0))]
    OtherKey(PublicKey),
    /// The signature does not hold.
    #[error("The signature does not hold: the file was changed since it was issued")]
    Signature,
    /// There are more or fewer lines than the head says.
    #[error("It has {found} lines, and its head says {said}")]
    Count {
        #[allow(missing_docs)]
        said: u64,
        #[allow(missing_docs)]
        found: u64,
    },
    /// The lines are others than the head says.
    #[error("Its lines are not those that its head has the digest of")]
    Digest,
    /// The pages are not those of the ledger in it.
    #[error("Its pages are not those that this version makes of the ledger in it: believe that one alone")]
    Pages,
    /// The pages cannot be made.
    #[error("The pages cannot be made: {0}")]
    Drawing(&'static str),
}

/// A file that was read.
#[derive(Debug)]
pub struct Ledger<'a> {
    /// What it says of itself.
    pub head: Head,
    bytes: &'a [u8],
    lines: Range<usize>,
    signed: usize,
    signature: Signature,
}

/// Writes the lines as a server's file and signs it. What the head says of the lines and the key is filled in.
pub fn write(head: &Head, lines: &[Line], names: &Names, key: &SigningKey) -> Result<Vec<u8>, LedgerError> {
    if lines.len() > LINES_MAX {
        return Err(LedgerError::TooLong);
    }
    let rows = rows(lines, names)?;
    let digest: [u8; 32] = Sha256::digest(&rows).into();
    let key_of_server = PublicKey(key.verifying_key().to_bytes());
    let head = Head { count: lines.len() as u64, digest, key: key_of_server, ..head.clone() };
    let mut file = MARK.as_bytes().to_vec();
    file.extend(rows_of(&head_rows(&head))?);
    file.extend(rows);
    let signature = hex::encode(key.sign(&signed(&file)).to_bytes());
    file.extend([SIGNATURE.0, &signature, SIGNATURE.1].concat().into_bytes());
    if file.len() > FILE_BYTES_MAX { Err(LedgerError::TooLong) } else { Ok(file) }
}

/// Lines as they stand in the file.
pub fn rows(lines: &[Line], names: &Names) -> Result<Vec<u8>, LedgerError> {
    let mut writer = writer();
    for line in lines {
        writer.write_record(line.cells(names))?;
    }
    finish(writer)
}

fn rows_of(rows: &[Vec<String>]) -> Result<Vec<u8>, LedgerError> {
    let mut writer = writer();
    for row in rows {
        writer.write_record(row.iter().map(|cell| guard(cell)))?;
    }
    finish(writer)
}

fn writer() -> csv::Writer<Vec<u8>> {
    let mut builder = WriterBuilder::new();
    builder.delimiter(b';').quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).flexible(true);
    builder.from_writer(Vec::new())
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>, LedgerError> {
    writer.into_inner().map_err(|_| LedgerError::TooLong)
}

/// What the signature is over.
fn signed(file: &[u8]) -> Vec<u8> {
    [CONTEXT, Sha256::digest(file).as_slice()].concat()
}

fn head_rows(head: &Head) -> [Vec<String>; 12] {
    let text = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    let query = &head.query;
    let id = |id: Option<String>| id.unwrap_or_default();
    let day = |day: Option<Day>| day.map(|day| day.date().to_string()).unwrap_or_default();
    [
        text(&["Nyckellogg", FORMAT]),
        text(&["Enhet", &head.unit_name, &head.unit.to_string()]),
        text(&["Fråga: nyckel", &head.key_tag, &id(query.key.map(|key| key.to_string()))]),
        text(&["Fråga: person", &head.person_name, &id(query.person.map(|person| person.to_string()))]),
        text(&["Fråga: skåp", query.cabinet.as_deref().unwrap_or_default()]),
        text(&["Fråga: från och med", &day(query.from)]),
        text(&["Fråga: till och med", &day(query.to)]),
        text(&["Antal rader", &head.count.to_string()]),
        text(&["Utfärdad", &time(head.issued_at), &head.issued_at.0.to_string()]),
        text(&["Loggens slut", &head.head.seq.to_string(), &hex::encode(head.head.chain.0)]),
        text(&["Kontrollsumma för raderna", &hex::encode(head.digest), "Serverns nyckel", &hex::encode(head.key.0)]),
        text(&COLUMNS),
    ]
}

impl<'a> Ledger<'a> {
    /// Reads a file. Nothing of it is proven before [`Ledger::prove`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, LedgerError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(LedgerError::TooLong);
        }
        let (signed, signature) = split_signature(bytes)?;
        let text = bytes.get(MARK.len()..signed).filter(|_| bytes.starts_with(MARK.as_bytes()));
        let text = text.ok_or(LedgerError::Malformed("it does not begin as one"))?;
        let mut reader = reader(text);
        let mut rows: Vec<StringRecord> = Vec::new();
        for _ in 0..12 {
            let mut row = StringRecord::new();
            if !reader.read_record(&mut row)? {
                return Err(LedgerError::Malformed("its head is cut off"));
            }
            rows.push(row);
        }
        let format = rows.first().and_then(|row| row.get(1)).unwrap_or_default();
        if format != FORMAT && format.starts_with(FORMATS) {
            return Err(LedgerError::OtherFormat);
        }
        let head = read_head(&rows).ok_or(LedgerError::Malformed("its head is another"))?;
        // One spelling only: what is shown is exactly what was signed.
        let spelled = rows_of(&head_rows(&head))?;
        if !text.starts_with(&spelled) {
            return Err(LedgerError::Malformed("its head is spelled otherwise"));
        }
        let lines = MARK.len() + spelled.len()..signed;
        Ok(Self { head, bytes, lines, signed, signature })
    }

    /// Checks that the holder of a key issued just this file: signature, count and digest. By the key that it names
    /// itself where none is trusted, which proves only that it is whole.
    pub fn prove(&self, trusted: Option<PublicKey>) -> Result<(), LedgerError> {
        let Head { key, count, digest, .. } = &self.head;
        if trusted.is_some_and(|trusted| trusted != *key) {
            return Err(LedgerError::OtherKey(*key));
        }
        let key = VerifyingKey::from_bytes(&key.0).map_err(|_| LedgerError::Key)?;
        let signed = signed(self.bytes.get(..self.signed).unwrap_or_default());
        key.verify_strict(&signed, &self.signature).map_err(|_| LedgerError::Signature)?;
        let rows = self.rows();
        if *digest != <[u8; 32]>::from(Sha256::digest(rows)) {
            return Err(LedgerError::Digest);
        }
        let mut found = 0;
        for line in self.lines() {
            line?;
            found += 1;
        }
        if found == *count { Ok(()) } else { Err(LedgerError::Count { said: *count, found }) }
    }

    /// The lines as they stand in the file.
    pub fn rows(&self) -> &'a [u8] {
        self.bytes.get(self.lines.clone()).unwrap_or_default()
    }

    /// The lines, each with a cell for every column.
    pub fn lines(&self) -> impl Iterator<Item = Result<StringRecord, LedgerError>> + use<'a> {
        let line = |record: Result<StringRecord, csv::Error>| match record? {
            record if record.len() == COLUMNS.len() => Ok(record),
            _ => Err(LedgerError::Malformed("a line has more or fewer cells than there are columns")),
        };
        reader(self.rows()).into_records().map(line)
    }

    /// The whole file.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().delimiter(b';').has_headers(false).flexible(true).from_reader(bytes)
}

fn split_signature(bytes: &[u8]) -> Result<(usize, Signature), LedgerError> {
    let unsigned = LedgerError::Malformed("it does not end with a signature");
    let last = SIGNATURE.0.len() + SIGNATURE_DIGITS + SIGNATURE.1.len();
    let Some((signed, last)) = bytes.len().checked_sub(last).map(|at| bytes.split_at(at)) else {
        return Err(unsigned);
    };
    let digits = last.strip_prefix(SIGNATURE.0.as_bytes()).and_then(|rest| rest.strip_suffix(SIGNATURE.1.as_bytes()));
    let mut signature = [0; SIGNATURE_DIGITS / 2];
    let is_lower = |digits: &[u8]| !digits.iter().any(u8::is_ascii_uppercase);
    match digits.filter(|digits| is_lower(digits)).map(|digits| hex::decode_to_slice(digits, &mut signature)) {
        Some(Ok(())) => Ok((signed.len(), Signature::from_bytes(&signature))),
        _ => Err(unsigned),
    }
}

fn read_head(rows: &[StringRecord]) -> Option<Head> {
    let cell = |row: usize, column: usize| rows.get(row)?.get(column).map(unguard);
    let given = |row: usize, column: usize| cell(row, column).filter(|text| !text.is_empty());
    let bytes = |row: usize, column: usize| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(cell(row, column)?, &mut bytes).ok()?;
        Some(bytes)
    };
    // What is given must read; what is not is asked about all.
    let day = |row: usize| match given(row, 1) {
        Some(date) => date.parse().ok().map(|date| Some(Day::of(date))),
        None => Some(None),
    };
    let query = LedgerQuery {
        key: given(2, 2).map(|id| id.parse()).transpose().ok()?,
        person: given(3, 2).map(|id| id.parse()).transpose().ok()?,
        cabinet: given(4, 1),
        from: day(5)?,
        to: day(6)?,
    };
    Some(Head {
        unit: cell(1, 2)?.parse().ok()?,
        unit_name: cell(1, 1)?,
        query,
        key_tag: cell(2, 1)?,
        person_name: cell(3, 1)?,
        count: cell(7, 1)?.parse().ok()?,
        issued_at: Timestamp::try_from(cell(8, 2)?.parse::<i64>().ok()?).ok()?,
        head: Cursor { seq: cell(9, 1)?.parse().ok()?, chain: Chain(bytes(9, 2)?) },
        digest: bytes(10, 1)?,
        key: PublicKey(bytes(10, 3)?),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rundan_model::{ActionId, ActorId, ChangeHash, DocumentId, FactBody, FactId, KeyUse, PersonId, VaultId};
    use rundan_sync::columns::ChangeRecord;

    const EVA: PersonId = PersonId([1; 8]);

    pub(crate) fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn line(n: u32, at: i64, body: FactBody) -> Line {
        let mut fact = rundan_model::Fact::stated(EVA, Timestamp(at), ActionId([3; 8]), body);
        fact.about = Some("2".to_owned());
        Line {
            key: DocumentId([4; 16]),
            tag: "V-117".to_owned(),
            id: FactId { actor: ActorId([5; 16]), n },
            fact,
            is_void: n == 1,
            clock: Timestamp(at + 60),
            record: ChangeRecord {
                seq: 40 + u64::from(n),
                received_at: Timestamp(at + 90),
                vault: VaultId([5; 8]),
                person: EVA,
            },
            hash: ChangeHash([6; 32]),
        }
    }

    pub(crate) fn some_lines() -> Vec<Line> {
        let cabinet = "Skåp A".to_owned();
        let taken = FactBody::Taken { cabinet: cabinet.clone(), what_for: KeyUse::Other, text: "=SUM(A1)".to_owned() };
        vec![
            line(1, 1_795_334_820, taken),
            line(2, 1_795_334_900, FactBody::Given { to: PersonId([2; 8]) }),
            line(3, 1_795_335_000, FactBody::Lost { text: "Sågs vid \"Ån\";\nåt norr, 🙂".to_owned() }),
            line(4, 1_795_336_000, FactBody::Returned { cabinet }),
        ]
    }

    pub(crate) fn head() -> Head {
        Head {
            unit: UnitId([8; 16]),
            unit_name: "Exempelenheten Åby".to_owned(),
            query: LedgerQuery {
                cabinet: Some("=A;'å".to_owned()),
                person: Some(EVA),
                from: Some(Day(20_000)),
                ..LedgerQuery::default()
            },
            key_tag: String::new(),
            person_name: "Eva Björk".to_owned(),
            count: 0,
            issued_at: Timestamp(1_795_340_000),
            head: Cursor { seq: 50, chain: Chain([9; 32]) },
            digest: [0; 32],
            key: PublicKey([0; 32]),
        }
    }

    pub(crate) fn names() -> Names {
        [(EVA, "Eva Björk".to_owned()), (PersonId([2; 8]), "Åsa Öberg".to_owned())].into()
    }

    pub(crate) fn a_file() -> Vec<u8> {
        write(&head(), &some_lines(), &names(), &key()).unwrap()
    }

    fn check(bytes: &[u8]) -> Result<(), LedgerError> {
        Ledger::open(bytes)?.prove(Some(PublicKey(key().verifying_key().to_bytes())))
    }

    #[test]
    fn a_ledger_reads_back_as_it_was_written() {
        let file = a_file();
        let ledger = Ledger::open(&file).unwrap();
        check(&file).unwrap();
        assert_eq!(ledger.head.query, head().query);
        assert_eq!((ledger.head.count, ledger.head.head), (4, head().head));
        let lines: Vec<StringRecord> = ledger.lines().collect::<Result<_, _>>().unwrap();
        assert_eq!(&lines[0][13], "'=SUM(A1)", "nothing that a spreadsheet would run");
        assert_eq!(&lines[2][13], "Sågs vid \"Ån\";\nåt norr, 🙂");
        assert_eq!((&lines[1][10], &lines[0][18], &lines[1][18]), ("Åsa Öberg", "ja", ""));
    }

    #[test]
    fn a_ledger_never_changes_its_bytes() {
        assert_eq!(String::from_utf8(a_file()).unwrap(), include_str!("golden.csv"));
    }

    #[test]
    fn a_file_of_another_format_is_refused_as_one() {
        let file = String::from_utf8(a_file()).unwrap();
        for other in ["rundan-ledger-1", "rundan-ledger-3"] {
            let other = file.replace(FORMAT, other);
            assert!(matches!(check(other.as_bytes()), Err(LedgerError::OtherFormat)));
        }
        let none = file.replace(FORMAT, "nyckellogg");
        assert!(matches!(check(none.as_bytes()), Err(LedgerError::Malformed(_))));
    }

    #[test]
    fn every_altered_byte_is_found() {
        let file = a_file();
        for place in 0..file.len() {
            let mut altered = file.clone();
            altered[place] ^= 1;
            assert!(check(&altered).is_err(), "byte {place}");
            altered.remove(place);
            assert!(check(&altered).is_err(), "without byte {place}");
        }
    }

    #[test]
    fn lines_removed_added_or_in_another_order_are_found() {
        let file = String::from_utf8(a_file()).unwrap();
        let rows: Vec<&str> = file.split_inclusive("\r\n").collect();
        let last = rows.len() - 1;
        for row in 0..last {
            let without = [&rows[..row], &rows[row + 1..]].concat().concat();
            assert!(check(without.as_bytes()).is_err(), "without row {row}");
            let twice = [&rows[..=row], &rows[row..]].concat().concat();
            assert!(check(twice.as_bytes()).is_err(), "row {row} twice");
            let mut swapped = rows.clone();
            swapped.swap(row, row + 1);
            assert!(check(swapped.concat().as_bytes()).is_err(), "rows {row} and {} swapped", row + 1);
        }
        let more = format!("{file}\"x\"\r\n");
        assert!(check(more.as_bytes()).is_err());
        assert!(check(b"").is_err());
    }

    #[test]
    fn a_head_of_a_time_that_no_calendar_has_is_refused() {
        let file = String::from_utf8(a_file()).unwrap();
        for beyond in [8_210_266_876_799, i64::MAX, -1] {
            let altered = file.replace(&head().issued_at.0.to_string(), &beyond.to_string());
            assert_ne!(altered, file);
            assert!(check(altered.as_bytes()).is_err(), "{beyond}");
        }
    }

    #[test]
    fn another_key_is_named_and_does_not_hold() {
        let other = SigningKey::from_bytes(&[8; 32]);
        let file = write(&head(), &some_lines(), &names(), &other).unwrap();
        assert!(matches!(check(&file), Err(LedgerError::OtherKey(_))));
        // With the right key's name in it, and another's signature.
        let names_right = String::from_utf8(file)
            .unwrap()
            .replace(&hex::encode(other.verifying_key().to_bytes()), &hex::encode(key().verifying_key().to_bytes()));
        assert!(matches!(check(names_right.as_bytes()), Err(LedgerError::Signature)));
    }

    #[test]
    fn a_file_that_lies_about_its_own_lines_is_found_though_it_is_signed() {
        let file = a_file();
        let (signed_bytes, _) = split_signature(&file).unwrap();
        let resigned = |text: String| {
            let signature = hex::encode(key().sign(&signed(text.as_bytes())).to_bytes());
            [text.as_str(), SIGNATURE.0, &signature, SIGNATURE.1].concat().into_bytes()
        };
        let text = String::from_utf8(file[..signed_bytes].to_vec()).unwrap();
        let fewer = text.replace("\"Antal rader\";\"4\"", "\"Antal rader\";\"3\"");
        assert!(matches!(check(&resigned(fewer)), Err(LedgerError::Count { said: 3, found: 4 })));
        let other = text.replace("Återlämnad", "Uttagen");
        assert!(matches!(check(&resigned(other)), Err(LedgerError::Digest)));
    }

    #[test]
    fn more_lines_than_a_ledger_has_are_refused() {
        let lines = vec![some_lines().remove(1); LINES_MAX + 1];
        assert!(matches!(write(&head(), &lines, &names(), &key()), Err(LedgerError::TooLong)));
    }
}
