//! Return of free memory to the system, with the feature `trim`: it affects the whole process, so the app decides.

/// The feature is on.
pub(crate) const IS_TRIMMED: bool = cfg!(feature = "trim");

/// Makes the allocator return large blocks as soon as they are freed.
pub(crate) fn return_large_blocks() {
    #[cfg(feature = "trim")]
    axum_channels_trim::give_back_large_blocks();
}

/// Returns all free memory. Takes about a millisecond for every few megabytes.
pub(crate) fn trim() {
    #[cfg(feature = "trim")]
    axum_channels_trim::trim();
}
