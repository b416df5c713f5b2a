//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most that are asked for: twice the connections that anyone needs of one process.
const FILES_MAX: u64 = 65_536;

/// Raises the limit as far as the system allows. A usual one, 1024, is what a thousand clients
/// use up that send nothing.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(FILES_MAX, |maximum| maximum.min(FILES_MAX));
    if limit.current.is_none_or(|current| wanted <= current) {
        return;
    }
    let raised = Rlimit { current: Some(wanted), ..limit };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::info!(limit = ?limit.current, %error, "the limit of open files stays");
    }
}
