//! Programs that embed the crates; see `src/bin/`.
