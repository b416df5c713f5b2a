//! The files that the page loads, part of the program.
//!
//! Their addresses hold a digest of what is in them, so that a browser keeps each for ever and
//! asks for another one after an upgrade.

use std::sync::LazyLock;

use crate::table::fnv1a;

/// A file and its address.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The name in the address.
    name: String,
    /// Its type.
    pub(crate) media: &'static str,
    /// What is in it.
    pub(crate) bytes: &'static [u8],
}

impl Asset {
    fn new(stem: &str, extension: &str, media: &'static str, bytes: &'static [u8]) -> Self {
        Self { name: format!("{stem}-{:016x}.{extension}", fnv1a(bytes)), media, bytes }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("/dashboard/{}", self.name)
    }

    /// The file of that name in an address.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let all: [&'static LazyLock<Self>; 5] = [&PAGE_CSS, &PAGE_JS, &PLOT_CSS, &PLOT_JS, &ICON];
        all.into_iter().map(|asset| -> &'static Self { asset }).find(|asset| asset.name == name)
    }
}

macro_rules! asset {
    ($name:ident, $stem:literal, $extension:literal, $media:literal, $file:literal) => {
        pub(crate) static $name: LazyLock<Asset> = LazyLock::new(|| {
            let bytes = include_bytes!(concat!("../../assets/dashboard/", $file));
            Asset::new($stem, $extension, $media, bytes)
        });
    };
}

asset!(PAGE_CSS, "page", "css", "text/css; charset=utf-8", "page.css");
asset!(PAGE_JS, "page", "js", "text/javascript; charset=utf-8", "page.js");
asset!(PLOT_CSS, "uplot", "css", "text/css; charset=utf-8", "uPlot.min.css");
asset!(PLOT_JS, "uplot", "js", "text/javascript; charset=utf-8", "uPlot.iife.min.js");
asset!(ICON, "icon", "svg", "image/svg+xml", "icon.svg");
