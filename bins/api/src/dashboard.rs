//! The page at `GET /`: what is forecast, how it did, what is served and why, for people.
//!
//! [`view`] gathers what the page says from memory, the rest says it in a language: `page` the
//! document, a file each its sections, `chart` the pictures, which a script of `assets` draws
//! again so that they can be zoomed.
//! Text becomes HTML through templates that escape it.

pub(crate) mod assets;
mod chart;
mod errors;
mod forecast;
mod form;
mod headline;
pub(crate) mod lang;
mod page;
mod parts;
mod realised;
mod state;
mod versions;
pub(crate) mod view;

pub(crate) use lang::Lang;
pub(crate) use page::page;
pub(crate) use view::View;

#[cfg(test)]
mod tests;
