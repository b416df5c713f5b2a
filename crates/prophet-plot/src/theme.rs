//! Colours, in one place.

/// A colour: red, green, blue.
pub(crate) type Rgb = (u8, u8, u8);

/// Dark lines on white, or light lines on a dark page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// For paper and light pages.
    #[default]
    Light,
    /// For dark pages.
    Dark,
}

impl Theme {
    /// Its name: `light` or `dark`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name, or `None`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|known| known.name() == name)
    }

    /// The colour of a role.
    ///
    /// The colours are Okabe and Ito's, told apart by colour-blind readers too;
    /// on the dark page their lighter ones.
    pub(crate) const fn colour(self, ink: Ink) -> Rgb {
        let light = matches!(self, Self::Light);
        match ink {
            Ink::Page => by(light, (255, 255, 255), (17, 22, 29)),
            Ink::Text => by(light, (31, 41, 51), (229, 234, 240)),
            Ink::Muted => by(light, (98, 109, 121), (150, 162, 175)),
            Ink::Grid => by(light, (232, 235, 238), (37, 45, 55)),
            Ink::Axis => by(light, (176, 184, 192), (82, 94, 107)),
            Ink::History => by(light, (52, 62, 74), (196, 205, 215)),
            Ink::Forecast | Ink::Positive => by(light, (0, 114, 178), (86, 180, 233)),
            Ink::Test | Ink::Negative => by(light, (213, 94, 0), (240, 149, 64)),
            Ink::Changepoint => by(light, (204, 121, 167), (224, 150, 190)),
        }
    }

    /// How opaque an interval is: the grid must show through it.
    pub(crate) const fn band_alpha(self) -> f64 {
        match self {
            Self::Light => 0.20,
            Self::Dark => 0.26,
        }
    }
}

const fn by(light: bool, on_white: Rgb, on_dark: Rgb) -> Rgb {
    if light { on_white } else { on_dark }
}

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Page,
    Text,
    Muted,
    Grid,
    Axis,
    History,
    Forecast,
    Test,
    Changepoint,
    Positive,
    Negative,
}
