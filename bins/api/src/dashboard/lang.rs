//! The two languages of the page, and which of them a browser asks for.

use url::form_urlencoded;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    /// English; for everyone who asks for neither.
    En,
    /// Portuguese, as it is written in Brazil.
    Pt,
}

impl Lang {
    /// Every language.
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::Pt];

    /// The language of a request: the parameter `lang` of its query, or else what its
    /// `Accept-Language` prefers.
    pub(crate) fn choose(query: &str, accept: Option<&str>) -> Self {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let asked = pairs.find(|(key, _)| key == "lang");
        let asked = asked.and_then(|(_, value)| Self::of_range(value.trim()));
        asked.unwrap_or_else(|| Self::preferred(accept.unwrap_or_default()))
    }

    /// The language of the highest weight in an `Accept-Language`; of equal weights the first.
    fn preferred(accept: &str) -> Self {
        let mut best = (0.0, Self::En);
        for item in accept.split(',') {
            let mut parts = item.split(';').map(str::trim);
            let range = parts.next().unwrap_or_default();
            let weight = parts.find_map(weight).unwrap_or(1.0);
            if let Some(lang) = Self::of_range(range).filter(|_| best.0 < weight) {
                best = (weight, lang);
            }
        }
        best.1
    }

    /// The language of `pt`, `pt-BR`, `en-GB` or `*`.
    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        match primary {
            "*" => Some(Self::En),
            _ => Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.code())),
        }
    }

    /// As `?lang=` names it.
    pub(crate) const fn code(self) -> &'static str {
        self.pick("en", "pt")
    }

    /// As a document and a browser's formats name it.
    pub(crate) const fn tag(self) -> &'static str {
        self.pick("en-GB", "pt-BR")
    }

    /// The language's own name.
    pub(crate) const fn name(self) -> &'static str {
        self.pick("English", "Português")
    }

    /// The text in this language. Both stand side by side where they are used, so that neither
    /// is forgotten.
    pub(crate) const fn pick(self, en: &'static str, pt: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Pt => pt,
        }
    }
}

/// The weight in `q=0.8`: from 0, which refuses, to 1. Anything else is no weight.
fn weight(part: &str) -> Option<f64> {
    let (name, value) = part.split_once('=')?;
    let weight: f64 =
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().ok())??;
    (0.0..=1.0).contains(&weight).then_some(weight)
}

#[cfg(test)]
mod tests;
