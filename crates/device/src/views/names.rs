//! Names of people, recipients and interventions, each looked up once for a screen.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use rundan_model::plan::{CatalogueEntry, StaffName};
use rundan_model::recipient::Recipient;
use rundan_model::staff::Staff;
use rundan_model::unit::Unit;
use rundan_model::visit::Visit;
use rundan_model::{DocumentId, InterventionGroup, PersonId};
use rusqlite::{Connection, OptionalExtension};

use super::queries;
use super::rows::json;
use crate::StoreError;

/// What a screen has looked up so far.
pub(super) struct Names<'a> {
    tx: &'a Connection,
    staff: RefCell<BTreeMap<PersonId, Option<Rc<Staff>>>>,
    recipients: RefCell<BTreeMap<DocumentId, Option<Rc<Recipient>>>>,
    units: OnceCell<Vec<Unit>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(tx: &'a Connection) -> Self {
        Self { tx, staff: RefCell::default(), recipients: RefCell::default(), units: OnceCell::new() }
    }

    /// Someone employed, by her person.
    pub(super) fn staff(&self, person: PersonId) -> Result<Option<Rc<Staff>>, StoreError> {
        if let Some(known) = self.staff.borrow().get(&person) {
            return Ok(known.clone());
        }
        let mut query = self.tx.prepare_cached(queries::STAFF)?;
        let found: Option<String> = query.query_row([person.as_bytes()], |row| row.get(0)).optional()?;
        let staff = found.map(|text| json::<Staff>(&text)).transpose()?.map(Rc::new);
        self.staff.borrow_mut().insert(person, staff.clone());
        Ok(staff)
    }

    /// A person's name; empty if she is not known here.
    pub(super) fn person(&self, person: PersonId) -> Result<String, StoreError> {
        Ok(self.staff(person)?.map(|staff| staff.name.shown()).unwrap_or_default())
    }

    /// A person's name in its parts; empty if she is not known here.
    pub(super) fn staff_name(&self, person: PersonId) -> Result<StaffName, StoreError> {
        Ok(self.staff(person)?.map(|staff| staff.name.clone()).unwrap_or_default())
    }

    /// The area that a person works in.
    pub(super) fn area(&self, person: PersonId) -> Result<String, StoreError> {
        let staff = self.staff(person)?;
        let employment = staff.as_ref().and_then(|staff| staff.employment.as_ref());
        Ok(employment.map(|employment| employment.area.clone()).unwrap_or_default())
    }

    /// A recipient, if she is on this phone.
    pub(super) fn recipient(&self, document: DocumentId) -> Result<Option<Rc<Recipient>>, StoreError> {
        if let Some(known) = self.recipients.borrow().get(&document) {
            return Ok(known.clone());
        }
        let mut query = self.tx.prepare_cached(queries::RECIPIENT)?;
        let found: Option<String> = query.query_row([document.as_bytes()], |row| row.get(0)).optional()?;
        let recipient = found.map(|text| json::<Recipient>(&text)).transpose()?.map(Rc::new);
        self.recipients.borrow_mut().insert(document, recipient.clone());
        Ok(recipient)
    }

    /// A recipient's name; empty if she is not on this phone.
    pub(super) fn recipient_name(&self, document: Option<DocumentId>) -> Result<String, StoreError> {
        let Some(document) = document else { return Ok(String::new()) };
        Ok(self.recipient(document)?.map(|recipient| recipient.name.shown()).unwrap_or_default())
    }

    /// Whose visit: the recipient's name, or the one that was stated when it began.
    pub(super) fn of_visit(&self, visit: &Visit) -> Result<String, StoreError> {
        let name = self.recipient_name(visit.recipient)?;
        if !name.is_empty() {
            return Ok(name);
        }
        Ok(visit.begun.as_ref().map(|begun| begun.name.clone()).unwrap_or_default())
    }

    /// What the unit carries out, if it is in its catalogue.
    pub(super) fn catalogue(&self, code: &str) -> Result<Option<&CatalogueEntry>, StoreError> {
        Ok(self.units()?.iter().find_map(|unit| unit.catalogue.get(code)))
    }

    /// An intervention's name; its code if the catalogue lacks it.
    pub(super) fn intervention(&self, code: &str) -> Result<String, StoreError> {
        Ok(self.catalogue(code)?.map_or_else(|| code.to_owned(), |entry| entry.name.clone()))
    }

    /// An intervention's group; none if the catalogue lacks it, or names a group that this version does not know.
    pub(super) fn group(&self, code: &str) -> Result<Option<InterventionGroup>, StoreError> {
        let group = self.catalogue(code)?.map(|entry| entry.group.clone());
        Ok(group.filter(|group| !matches!(group, InterventionGroup::Unknown(_))))
    }

    /// The name of the first unit that has one.
    pub(super) fn unit(&self) -> Result<String, StoreError> {
        Ok(self.units()?.iter().map(|unit| unit.name.clone()).find(|name| !name.is_empty()).unwrap_or_default())
    }

    /// The units whose documents are here.
    pub(super) fn units(&self) -> Result<&[Unit], StoreError> {
        if let Some(units) = self.units.get() {
            return Ok(units);
        }
        let mut query = self.tx.prepare_cached(queries::UNITS)?;
        let mut rows = query.query([])?;
        let mut units = Vec::new();
        while let Some(row) = rows.next()? {
            units.push(json(&row.get::<_, String>(0)?)?);
        }
        Ok(self.units.get_or_init(|| units))
    }
}
