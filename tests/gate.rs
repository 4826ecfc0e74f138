//! The two-hour gate, with the whole program and a server that is reached by name.
//!
//! Nothing here is loopback to the program: Adobe's names lead over TLS through a proxy, so the real two hours and
//! the real pace hold, and no configuration makes them shorter. Time is moved from outside: a test makes what the store
//! remembers older, or puts Adobe's clock ahead.

mod listing;
mod manners;
mod remote;
mod together;
mod window;
