//! Places at which a test lets the process die.
//!
//! In a build without debug assertions there are none.

/// Ends the process at once, as a power cut would, if the environment's
/// `EXEAT_FAILPOINT` names this place.
#[cfg(debug_assertions)]
pub(crate) fn reached(place: &str) {
    if std::env::var_os("EXEAT_FAILPOINT").is_some_and(|named| named == place) {
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
#[inline]
pub(crate) fn reached(_: &str) {}
