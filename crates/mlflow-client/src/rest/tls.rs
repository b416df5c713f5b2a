//! What a failed TLS handshake means.

use crate::error::ErrorKind;

/// What to do about a server that is not trusted.
const UNTRUSTED_HINT: &str = "set MLFLOW_TRACKING_SERVER_CERT_PATH to the PEM file of the authority that signed the \
     server's certificate, and check that the address has the name the certificate is for";

/// What to do about a server that does not trust us.
const REFUSED_HINT: &str = "set MLFLOW_TRACKING_CLIENT_CERT_PATH to a PEM file with a certificate that the server \
     accepts, and its key";

/// A handshake that failed, and will fail again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    /// We do not trust the server.
    Untrusted,
    /// The server does not trust us.
    Refused,
}

impl Handshake {
    /// Whether it was the handshake that failed, by what `rustls` says of it: its error is
    /// wrapped too often to be had as a value.
    pub(super) fn of(error: &reqwest::Error) -> Option<Self> {
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            let said = inner.to_string();
            if said.contains("received fatal alert") {
                return Some(Self::Refused);
            }
            if said.contains("invalid peer certificate") {
                return Some(Self::Untrusted);
            }
            cause = inner.source();
        }
        None
    }

    pub(super) fn kind(self) -> ErrorKind {
        match self {
            Self::Untrusted => ErrorKind::Untrusted,
            Self::Refused => ErrorKind::Unauthenticated,
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Untrusted => UNTRUSTED_HINT,
            Self::Refused => REFUSED_HINT,
        }
    }

    pub(super) fn message(self, server: &str) -> String {
        match self {
            Self::Untrusted => format!("the certificate of {server} is not trusted"),
            Self::Refused => format!("{server} refuses our side of the TLS handshake"),
        }
    }
}
