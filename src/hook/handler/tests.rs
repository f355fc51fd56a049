use super::*;
use crate::hook::provider::Catalogue;
