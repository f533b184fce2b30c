//! The ledger as pages, with the file itself attached: PDF/A-3, which archives take.
//!
//! The pages follow from the file alone, so that who has the file can make them again and compare.

use std::io::Read;

use flate2::bufread::ZlibDecoder;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};
use rundan_model::Timestamp;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use crate::cell::unguard;
use crate::file::{FILE_BYTES_MAX, Ledger, LedgerError};
use crate::line::time;

/// Atkinson Hyperlegible Next, SIL Open Font License 1.1; see `fonts/OFL.txt`.
const REGULAR: &[u8] = include_bytes!("../fonts/AtkinsonHyperlegibleNext_400Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/AtkinsonHyperlegibleNext_600SemiBold.ttf");

/// A4 on its long side, points.
const PAGE: (f32, f32) = (841.89, 595.28);
const MARGIN: f32 = 36.0;
const LEADING: f32 = 1.35;
const TITLE: f32 = 18.0;
const BODY: f32 = 9.0;
const SMALL: f32 = 7.0;
/// How far what more there is of a line stands to the right of its time.
const INDENT: f32 = 118.0;
/// What stands in place of a character that the font does not have.
const UNKNOWN: char = '?';

/// What stands small under each line to prove it: columns with their short names. The attached file has the rest.
const PROOF: [(usize, &str); 7] =
    [(2, "Telefon"), (3, "Server"), (15, "Av"), (16, ""), (19, "Valv"), (0, "Plats"), (22, "Hash")];

/// The name of the attached file.
const ATTACHED: &str = "nyckellogg.csv";

/// The ledger as pages.
pub fn pages(ledger: &Ledger<'_>) -> Result<Vec<u8>, LedgerError> {
    let standard = ConfigurationBuilder::new().with_archival_validator(Archival::A3_B).finish();
    let configuration = standard.map_err(|_| LedgerError::Drawing("no such standard"))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, enable_tagging: false, ..SerializeSettings::default() });
    let issued = date(ledger.head.issued_at);
    let title = format!("Nyckellogg, {}", ledger.head.unit_name);
    document.set_metadata(
        Metadata::new().title(title).language("sv".to_owned()).producer("Rundan".to_owned()).creation_date(issued),
    );
    document.embed_file(EmbeddedFile {
        path: ATTACHED.to_owned(),
        mime_type: MimeType::new("text/csv"),
        description: Some("Nyckelloggen med serverns signatur".to_owned()),
        association_kind: AssociationKind::Source,
        data: ledger.bytes().to_vec().into(),
        modification_date: Some(issued),
        compress: Some(true),
        location: None,
    });
    let faces = Faces { regular: Face::new(REGULAR)?, bold: Face::new(SEMI_BOLD)? };
    let laid_out = lay_out(&faces, ledger)?;
    let footer = format!("{} · kontrollsumma {}", ledger.head.unit_name, hex::encode(ledger.head.digest));
    let count = laid_out.len();
    for (n, page) in laid_out.iter().enumerate() {
        let settings = PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(LedgerError::Drawing("no such page"))?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        for run in page {
            faces.draw(&mut surface, run);
        }
        let text = format!("{footer} · sida {} av {count}", n + 1);
        faces.draw(&mut surface, &Run { x: MARGIN, y: PAGE.1 - MARGIN / 2.0, size: SMALL, is_bold: false, text });
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|_| LedgerError::Drawing("they are not PDF/A"))
}

/// What stands on each page.
fn lay_out(faces: &Faces, ledger: &Ledger<'_>) -> Result<Vec<Vec<Run>>, LedgerError> {
    let mut layout = Layout { faces, pages: vec![Vec::new()], y: MARGIN };
    layout.head(ledger);
    for line in ledger.lines() {
        let cells: Vec<String> = line?.iter().map(unguard).collect();
        layout.line(&cells);
    }
    Ok(layout.pages)
}

/// The file that is attached to a PDF, none where bytes are no PDF with one. Nothing of it is proven.
pub fn attached(pdf: &[u8]) -> Option<Vec<u8>> {
    let pdf = pdf.strip_prefix(b"%PDF-")?;
    let after = |bytes: &'_ [u8], mark: &[u8]| {
        let at = bytes.windows(mark.len()).position(|window| window == mark)?;
        Some(at + mark.len())
    };
    let object = pdf.get(after(pdf, b"/EmbeddedFile")?..)?;
    let object = object.get(after(object, b"stream")?..)?;
    let stream = object.strip_prefix(b"\r\n").or_else(|| object.strip_prefix(b"\n"))?;
    let mut file = Vec::new();
    let longest = FILE_BYTES_MAX as u64 + 1;
    ZlibDecoder::new(stream).take(longest).read_to_end(&mut file).ok()?;
    Some(file)
}

/// Checks that a PDF is just the one that its attached file gives.
pub fn prove(pdf: &[u8], ledger: &Ledger<'_>) -> Result<(), LedgerError> {
    if pages(ledger)? == pdf { Ok(()) } else { Err(LedgerError::Pages) }
}

fn date(at: Timestamp) -> DateTime {
    use chrono::{Datelike, Timelike};
    let utc = chrono::DateTime::from_timestamp(at.0, 0).unwrap_or_default();
    let part = |number: u32| u8::try_from(number).unwrap_or_default();
    DateTime::new(u16::try_from(utc.year()).unwrap_or_default())
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// A text at a place on a page.
struct Run {
    x: f32,
    y: f32,
    size: f32,
    is_bold: bool,
    text: String,
}

/// A font with what its characters look like and how wide they are, of one em.
struct Face {
    font: Font,
    /// By character: a long ledger asks for some hundred million.
    glyphs: Vec<Option<(GlyphId, f32)>>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Result<Self, LedgerError> {
        let broken = LedgerError::Drawing("the font is broken");
        let Some(font) = Font::new(bytes.into(), 0) else { return Err(broken) };
        let Ok(read) = FontRef::new(bytes) else { return Err(broken) };
        let metrics = read.glyph_metrics(Size::unscaled(), LocationRef::default());
        let width = |id| metrics.advance_width(id).unwrap_or_default() / font.units_per_em();
        let mut glyphs = Vec::new();
        for (code, id) in read.charmap().mappings().filter(|(code, _)| char::from_u32(*code).is_some()) {
            let at = code as usize;
            glyphs.resize(glyphs.len().max(at + 1), None);
            if let Some(glyph) = glyphs.get_mut(at) {
                *glyph = Some((GlyphId::new(id.to_u32()), width(id)));
            }
        }
        Ok(Self { font, glyphs })
    }

    fn glyph(&self, c: char) -> Option<(GlyphId, f32)> {
        self.glyphs.get(c as usize).copied().flatten()
    }

    fn width(&self, c: char) -> f32 {
        self.glyph(c).map_or(0.0, |(_, width)| width)
    }

    /// A text with no character that the font does not have.
    fn known(&self, text: &str) -> String {
        let known = |c: char| match c {
            c if c.is_whitespace() => ' ',
            c if self.glyph(c).is_some() => c,
            _ => UNKNOWN,
        };
        text.chars().map(known).collect()
    }

    /// A text in lines of at most a width, broken between words where that is possible.
    fn wrapped(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let text = self.known(text);
        let mut lines = vec![String::new()];
        let mut taken = 0.0;
        for word in text.split_inclusive(' ') {
            let wide: f32 = word.chars().map(|c| self.width(c) * size).sum();
            if taken > 0.0 && taken + wide > width {
                lines.push(String::new());
                taken = 0.0;
            }
            for c in word.chars() {
                let wide = self.width(c) * size;
                if taken + wide > width {
                    lines.push(String::new());
                    taken = 0.0;
                }
                taken += wide;
                if let Some(line) = lines.last_mut() {
                    line.push(c);
                }
            }
        }
        lines
    }
}

struct Faces {
    regular: Face,
    bold: Face,
}

impl Faces {
    fn of(&self, is_bold: bool) -> &Face {
        if is_bold { &self.bold } else { &self.regular }
    }

    fn draw(&self, surface: &mut Surface<'_>, run: &Run) {
        let face = self.of(run.is_bold);
        let text = face.known(&run.text);
        let glyph = |(at, c): (usize, char)| {
            let (id, width) = face.glyph(c)?;
            Some(KrillaGlyph::new(id, width, 0.0, 0.0, 0.0, at..at + c.len_utf8(), None))
        };
        let glyphs: Vec<KrillaGlyph> = text.char_indices().filter_map(glyph).collect();
        if !glyphs.is_empty() {
            surface.draw_glyphs(Point::from_xy(run.x, run.y), &glyphs, face.font.clone(), &text, run.size, false);
        }
    }
}

/// Lays texts on pages, from the top.
struct Layout<'a> {
    faces: &'a Faces,
    pages: Vec<Vec<Run>>,
    y: f32,
}

impl Layout<'_> {
    fn head(&mut self, ledger: &Ledger<'_>) {
        let head = &ledger.head;
        let query = &head.query;
        let all = |text: &str| if text.is_empty() { "alla".to_owned() } else { text.to_owned() };
        let named = |name: &str, id: Option<String>| all([name, &id.unwrap_or_default()].join(" ").trim());
        let date = |day: Option<rundan_model::Day>| day.map(|day| day.date().to_string()).unwrap_or_default();
        self.text(MARGIN, TITLE, true, "Nyckellogg");
        let rows = [
            ("Enhet", format!("{} ({})", head.unit_name, head.unit)),
            ("Nyckel", named(&head.key_tag, query.key.map(|key| key.to_string()))),
            ("Person", named(&head.person_name, query.person.map(|person| person.to_string()))),
            ("Skåp", all(query.cabinet.as_deref().unwrap_or_default())),
            ("Från och med", all(&date(query.from))),
            ("Till och med", all(&date(query.to))),
            ("Antal rader", head.count.to_string()),
            ("Utfärdad", time(head.issued_at)),
            ("Loggens slut", format!("{} {}", head.head.seq, hex::encode(head.head.chain.0))),
            ("Kontrollsumma för raderna", hex::encode(head.digest)),
            ("Serverns nyckel", hex::encode(head.key.0)),
        ];
        for (name, value) in rows {
            self.pair(name, &value);
        }
        let told = "Filen nyckellogg.csv är bifogad i detta dokument och bär serverns signatur. Kontrollera dokumentet \
                    med: rundan-server verify-ledger FIL. Under varje rad står telefonens klocka, när servern tog emot \
                    den, vem som undertecknade den med id och valv, platsen i loggen och ändringens hash; övriga id \
                    står i filen. Tecken som typsnittet saknar visas som ?; filen har dem.";
        self.y += BODY;
        self.text(MARGIN, BODY, false, told);
        self.y += BODY;
    }

    /// A line of the ledger: what happened first, then all else that it says.
    fn line(&mut self, cells: &[String]) {
        let cell = |column: usize| cells.get(column).map(String::as_str).unwrap_or_default();
        let copy = if cell(5).is_empty() { String::new() } else { format!("/{}", cell(5)) };
        let mut what = vec![format!("{}{copy}", cell(4)), cell(7).to_owned(), cell(8).to_owned()];
        what.extend([10, 6, 12].map(|column| cell(column).to_owned()).into_iter().filter(|text| !text.is_empty()));
        if !cell(18).is_empty() {
            what.push("gäller inte längre".to_owned());
        }
        // The time and what happened are not torn apart.
        self.make_room(BODY + 2.0 * SMALL);
        let y = self.y;
        self.text(MARGIN, BODY, true, cell(1));
        let below = std::mem::replace(&mut self.y, y);
        self.text(MARGIN + INDENT, BODY, false, &what.join(" · "));
        self.y = self.y.max(below);
        let own_words = [(13, ""), (14, "Angiven tid: "), (17, "Inskriven av annan: ")];
        for (column, name) in own_words.into_iter().filter(|(column, _)| !cell(*column).is_empty()) {
            self.text(MARGIN + INDENT, BODY, false, &format!("{name}{}", cell(column)));
        }
        let rest = PROOF.iter().filter(|(column, _)| !cell(*column).is_empty());
        let rest = rest.map(|(column, name)| [name, cell(*column)].join(" ").trim_start().to_owned());
        self.text(MARGIN + INDENT, SMALL, false, &rest.collect::<Vec<_>>().join(" · "));
        self.y += SMALL / 2.0;
    }

    fn pair(&mut self, name: &str, value: &str) {
        self.make_room(BODY);
        let y = self.y;
        self.text(MARGIN, BODY, true, name);
        self.y = y;
        self.text(MARGIN + INDENT + BODY, BODY, false, value);
    }

    fn make_room(&mut self, height: f32) {
        if self.y + height * LEADING > PAGE.1 - MARGIN {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    fn text(&mut self, x: f32, size: f32, is_bold: bool, text: &str) {
        for text in self.faces.of(is_bold).wrapped(text, size, PAGE.0 - MARGIN - x) {
            self.make_room(size);
            self.y += size * LEADING;
            let run = Run { x, y: self.y, size, is_bold, text };
            if let Some(page) = self.pages.last_mut() {
                page.push(run);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::tests::{a_file, head, key, names, some_lines};
    use crate::file::write;

    #[test]
    fn pages_carry_the_file_and_follow_from_it_alone() {
        let file = a_file();
        let ledger = Ledger::open(&file).unwrap();
        let pdf = pages(&ledger).unwrap();
        assert_eq!(attached(&pdf).unwrap(), file);
        prove(&pdf, &ledger).unwrap();
        for place in (0..pdf.len()).step_by(97) {
            let mut altered = pdf.clone();
            altered[place] ^= 1;
            assert!(matches!(prove(&altered, &ledger), Err(LedgerError::Pages)), "byte {place}");
        }
    }

    #[test]
    fn a_long_ledger_has_many_pages_and_every_word_fits() {
        let mut lines: Vec<_> = (0..40).flat_map(|_| some_lines()).collect();
        if let rundan_model::FactBody::Lost { text } = &mut lines[2].fact.body {
            *text = "å".repeat(10_000);
        }
        let file = write(&head(), &lines, &names(), &key()).unwrap();
        let ledger = Ledger::open(&file).unwrap();
        assert_eq!(attached(&pages(&ledger).unwrap()).unwrap(), file);
        let faces = Faces { regular: Face::new(REGULAR).unwrap(), bold: Face::new(SEMI_BOLD).unwrap() };
        let laid_out = lay_out(&faces, &ledger).unwrap();
        assert!(laid_out.len() > 5, "{} pages", laid_out.len());
        let (mut words, mut lines) = (0, 0);
        for run in laid_out.iter().flatten() {
            let wide: f32 = run.text.chars().map(|c| faces.of(run.is_bold).width(c) * run.size).sum();
            assert!(run.x + wide <= PAGE.0 - MARGIN + 0.1 && run.y <= PAGE.1 - MARGIN, "{}", run.text);
            words += run.text.chars().filter(|c| *c == 'å').count();
            lines += usize::from(run.text.contains("Hash"));
        }
        assert!(words >= 10_000, "{words}");
        assert_eq!(lines, ledger.lines().count());
    }

    #[test]
    fn what_is_no_pdf_has_no_file() {
        for bytes in [&b""[..], b"%PDF-1.7", b"%PDF-1.7 /EmbeddedFile stream\n", b"%PDF-1.7 /EmbeddedFile stream\n\x78"]
        {
            assert!(attached(bytes).is_none_or(|file| Ledger::open(&file).is_err()));
        }
    }

    #[test]
    fn the_font_has_every_letter_of_swedish_names() {
        for face in [Face::new(REGULAR).unwrap(), Face::new(SEMI_BOLD).unwrap()] {
            let text = "Åäöéüčłøæß Żółć 0123456789 ·/()–’";
            assert_eq!(face.known(text), text);
        }
    }
}
