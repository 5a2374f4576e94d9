//! Gives memory that was freed back to the system, where that takes asking.
//!
//! glibc gives back the end of its heaps by itself, but a single chunk there, kept for the next allocation of its size,
//! holds all that lies before it: a server that a crowd has left may go on looking as large as with it. Apart from
//! `axum-channels`, because that is without `unsafe` code, and calling C is not.

/// Asks the allocator to give back what it does not use; whether it gave back anything.
///
/// With glibc this is `malloc_trim(3)`: each of its heaps is locked for as long as that takes, about a millisecond for every
/// few megabytes that are free. Other allocators give back by themselves, or not at all: there it does nothing.
///
/// ```
/// let gave_back: bool = axum_channels_trim::trim();
/// ```
pub fn trim() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        unsafe extern "C" {
            // Safe: it takes no pointer, may be called from any thread, and does not touch memory that is in use.
            safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        malloc_trim(0) != 0
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    false
}
