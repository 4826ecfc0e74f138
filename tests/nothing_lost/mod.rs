//! Nothing lost: the program is killed and stopped in every way while it carries out five hundred commands, and
//! afterwards Adobe holds what the directory says, made once and by one execution.

mod boundaries;
mod company;
mod disk;
mod instants;
mod stopped;
mod story;
mod tally;
mod trap;
mod window;

/// Whether a `sync` within two hours continues an execution that was cut off. While it does not, such a `sync` ends 8
/// and everything is planned anew when the gate opens; then these tests let two hours pass.
const RESUMES: bool = true;
