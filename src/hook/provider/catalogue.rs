//! All providers by id: the built-in ones and the user's.
//!
//! The built-in text is cut into tables when the program starts and a table is
//! read only when somebody asks for it, because most commands need one of them.

use super::error::{ProfileError, UnknownProvider};
use super::profile::{BASIC_HEADER, OWN, check_fields, compile};
use super::table::{Field, Setting, Table, as_text, parse, parse_builtin};
use super::{Origin, Provider};
use crate::hook::template::{nearest, nearest_of};
use std::sync::{Arc, OnceLock};

const BUILTIN: &str = include_str!("providers.toml");
const BUILTIN_FILE: &str = "providers.toml";

/// More names than this help nobody.
const MOST_NEAR: usize = 4;

/// All providers by id.
#[derive(Debug)]
pub struct Catalogue {
    builtin: Vec<Builtin>,
    added: Vec<Arc<Provider>>,
}

#[derive(Debug)]
struct Builtin {
    id: &'static str,
    text: &'static str,
    line: usize,
    /// Merged with its bases; read once for all rows that are based on it.
    table: OnceLock<Arc<Table>>,
    provider: OnceLock<Arc<Provider>>,
}

/// The tables of the built-in text: each goes from its `[id]` line up to the next one.
fn cut(text: &'static str) -> Vec<Builtin> {
    let mut tables: Vec<Builtin> = Vec::with_capacity(128);
    let (mut start, mut offset, mut line_number, mut open) = (0, 0, 0, None);
    for line in text.split_inclusive('\n') {
        line_number += 1;
        let id = line.trim_end().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(id) = id.filter(|id| !id.starts_with('[')) {
            tables.extend(open.replace((id, line_number)).map(|table| builtin(text, start, offset, table)));
            start = offset;
        }
        offset += line.len();
    }
    tables.extend(open.map(|table| builtin(text, start, offset, table)));
    tables
}

fn builtin(text: &'static str, start: usize, end: usize, (id, line): (&'static str, usize)) -> Builtin {
    let text = text.get(start..end).unwrap_or_default();
    Builtin { id, text, line, table: OnceLock::new(), provider: OnceLock::new() }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::builtin()
    }
}

impl Catalogue {
    /// The providers that are compiled in.
    pub fn builtin() -> Self {
        Self { builtin: cut(BUILTIN), added: Vec::new() }
    }

    /// Adds the providers of a user's file, or overrides those of the same id;
    /// `file` names it in messages. An override that names itself as `base`
    /// changes what it overrides instead of replacing it. Adds nothing at all
    /// when there is a mistake.
    ///
    /// # Errors
    /// The first mistake, with its line and field.
    pub fn add(&mut self, file: &str, text: &str) -> Result<Vec<String>, ProfileError> {
        let label: Arc<str> = file.into();
        let tables = parse(&label, text, 1)?;
        let mut added = Vec::new();
        for table in &tables {
            check_id(table)?;
            check_fields(table)?;
            let merged = self.merge_added(table, &tables, &mut vec![&table.id])?;
            added.push(Arc::new(compile(&Arc::new(merged), Origin::File(Arc::clone(&label)))?));
        }
        let ids = added.iter().map(|added| added.id.to_string()).collect();
        for new in added {
            self.added.retain(|old| old.id != new.id);
            self.added.push(new);
        }
        Ok(ids)
    }

    /// As [`Catalogue::add`], of a file's bytes.
    ///
    /// # Errors
    /// The first mistake, with its line and field; a file that is not text is one.
    pub fn add_bytes(&mut self, file: &str, bytes: &[u8]) -> Result<Vec<String>, ProfileError> {
        self.add(file, as_text(file, bytes)?)
    }

    /// The provider of this id.
    ///
    /// # Errors
    /// Says which id is nearest when there is none.
    pub fn get(&self, id: &str) -> Result<Arc<Provider>, UnknownProvider> {
        if let Some(added) = self.added_provider(id) {
            return Ok(Arc::clone(added));
        }
        let builtin = self.builtin.iter().find(|builtin| builtin.id == id);
        builtin.map(|builtin| self.compiled(builtin)).ok_or_else(|| UnknownProvider {
            id: id.to_owned(),
            nearest: nearest_of(id, self.ids().iter().map(String::as_str)).map(str::to_owned),
        })
    }

    /// The ids that may be meant by one there is not, the likeliest first: those that
    /// begin with it, else those that hold it, else the most similar one.
    pub fn near(&self, id: &str) -> Vec<String> {
        let ids = self.ids();
        let like = |test: &dyn Fn(&str) -> bool| -> Vec<String> {
            let found = ids.iter().filter(|known| id.len() > 1 && test(known));
            found.take(MOST_NEAR).cloned().collect()
        };
        let beginning = like(&|known| known.starts_with(id));
        let holding = if beginning.is_empty() { like(&|known| known.contains(id)) } else { beginning };
        if holding.is_empty() {
            return nearest_of(id, ids.iter().map(String::as_str)).map(str::to_owned).into_iter().collect();
        }
        holding
    }

    /// Every id: the built-in ones in their order, then the user's own.
    pub fn ids(&self) -> Vec<String> {
        let builtin = self.builtin.iter().map(|builtin| builtin.id);
        let is_new = |id: &&str| self.builtin.iter().all(|builtin| builtin.id != *id);
        let added = self.added.iter().map(|added| &*added.id).filter(is_new);
        builtin.chain(added).map(str::to_owned).collect()
    }

    /// Every provider, in the order of [`Catalogue::ids`].
    pub fn all(&self) -> Vec<Arc<Provider>> {
        self.ids().iter().filter_map(|id| self.get(id).ok()).collect()
    }

    /// Every provider's id with the names of the headers that its signature is
    /// in, none where it is elsewhere; in the order of [`Catalogue::ids`]. Costs a
    /// fraction of reading the profiles.
    pub(in crate::hook) fn signature_headers(&self) -> Vec<(String, Vec<Box<str>>)> {
        let headers = |id: &str| match self.added_provider(id) {
            Some(added) => added.signature_headers().to_vec(),
            None => self.builtin_table(id).map(|table| header_names(table)).unwrap_or_default(),
        };
        self.ids().into_iter().map(|id| (headers(&id), id)).map(|(headers, id)| (id, headers)).collect()
    }

    fn added_provider(&self, id: &str) -> Option<&Arc<Provider>> {
        self.added.iter().find(|added| *added.id == *id)
    }

    fn compiled(&self, builtin: &Builtin) -> Arc<Provider> {
        let compiled = || {
            let table = self.builtin_table(builtin.id).expect("a built-in base exists; a test holds it");
            let provider = compile(table, Origin::Builtin);
            Arc::new(provider.expect("the built-in providers compile; a test holds it"))
        };
        Arc::clone(builtin.provider.get_or_init(compiled))
    }

    /// A built-in table with the fields of its bases, which are built in as
    /// well: what a user overrides does not change other vendors.
    fn builtin_table(&self, id: &str) -> Option<&Arc<Table>> {
        let builtin = self.builtin.iter().find(|builtin| builtin.id == id)?;
        if let Some(table) = builtin.table.get() {
            return Some(table);
        }
        let tables = parse_builtin(&BUILTIN_FILE.into(), builtin.text, builtin.line);
        let mut table = tables.ok()?.into_iter().next()?;
        let base = base_of(&table).map(|(base, _)| self.builtin_table(base));
        if let Some(base) = base {
            inherit(&mut table, base?);
        }
        Some(builtin.table.get_or_init(|| Arc::new(table)))
    }

    /// A user's table with the fields of its bases. A base is looked for in the
    /// same file, then among the user's earlier ones, then among the built-in.
    fn merge_added<'t>(
        &self,
        table: &'t Table,
        siblings: &'t [Table],
        chain: &mut Vec<&'t str>,
    ) -> Result<Table, ProfileError> {
        let mut merged = table.clone();
        let Some((base, place)) = base_of(table) else { return Ok(merged) };
        let sibling = siblings.iter().find(|sibling| sibling.id == base && base != table.id);
        let base_table = match sibling {
            Some(sibling) if chain.contains(&base) => {
                chain.push(&sibling.id);
                return Err(place.error("base", format!("goes in a circle: {}", chain.join(" -> "))));
            }
            Some(sibling) => {
                chain.push(&sibling.id);
                Some(self.merge_added(sibling, siblings, chain)?)
            }
            None => {
                let earlier = self.added_provider(base).map(|added| &added.table);
                earlier.or_else(|| self.builtin_table(base)).map(|table| Table::clone(table))
            }
        };
        let Some(base_table) = base_table else {
            let ids = self.ids();
            let siblings = siblings.iter().map(|table| &*table.id);
            let known = ids.iter().map(String::as_str).chain(siblings).filter(|id| *id != table.id);
            let near = nearest(base, known);
            return Err(place.error("base", format!("there is no provider `{base}`{near}")));
        };
        if base == table.id {
            // What is changed stays the same vendor's: the facts about it hold on.
            take_over(&mut merged, &base_table, |name| !matches!(name, "base" | "vector"));
        } else {
            inherit(&mut merged, &base_table);
        }
        Ok(merged)
    }
}

fn base_of(table: &Table) -> Option<(&str, &super::table::Place)> {
    let field = table.fields.iter().find(|field| field.name == "base")?;
    match &field.setting {
        Setting::Text(base) => Some((base, &field.place)),
        _ => None,
    }
}

/// The headers that a table puts its signature into.
fn header_names(table: &Table) -> Vec<Box<str>> {
    let text = |setting: &Setting| match setting {
        Setting::Text(text) => Some(Box::from(&**text)),
        _ => None,
    };
    match table.field("header").map(|field| &field.setting) {
        Some(Setting::List(items)) => items.iter().filter_map(|(item, _)| text(item)).collect(),
        Some(setting) => text(setting).into_iter().collect(),
        None if table.field("at").is_some() => Vec::new(),
        None => vec![BASIC_HEADER.into()],
    }
}

fn inherit(table: &mut Table, base: &Table) {
    take_over(table, base, |name| !OWN.contains(&name));
}

/// Copies the wanted fields that the table does not set itself.
fn take_over(table: &mut Table, base: &Table, wanted: impl Fn(&str) -> bool) {
    let set = |table: &Table, name: &str| table.fields.iter().any(|field| field.name == name);
    let places_itself = set(table, "header") || set(table, "at");
    let taken = |field: &&Field| {
        let another_place = matches!(&*field.name, "header" | "at") && places_itself;
        wanted(&field.name) && !set(table, &field.name) && !another_place
    };
    let taken: Vec<Field> = base.fields.iter().filter(taken).cloned().collect();
    table.fields.extend(taken);
}

fn check_id(table: &Table) -> Result<(), ProfileError> {
    check_id_text(&table.id).map_err(|message| table.place.error_without_field(message))
}

/// Says what is wrong with an id.
pub(super) fn check_id_text(id: &str) -> Result<(), String> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !id.is_empty() && id.bytes().all(letter) {
        return Ok(());
    }
    Err(format!("`{id}` is not an id: use small letters, digits and hyphens"))
}

#[cfg(test)]
mod tests;
