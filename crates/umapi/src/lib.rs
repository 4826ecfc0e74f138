//! umapi
