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

/// Has the allocator give back large blocks as soon as they are freed.
///
/// With glibc this is `mallopt(3)`: blocks of 128 KiB and more are mapped one by one, as they are when a program starts. Left
/// alone, glibc takes the first large block that is freed as a sign that more will come, and keeps up to 64 MB in each heap
/// from then on. Nothing is changed where the environment sets a threshold (`MALLOC_MMAP_THRESHOLD_`), nor for other
/// allocators.
///
/// ```
/// axum_channels_trim::give_back_large_blocks();
/// ```
pub fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::ffi::c_int;
        const M_MMAP_THRESHOLD: c_int = -3;
        unsafe extern "C" {
            // Safe: it takes no pointer, and only changes how blocks are allocated from now on.
            safe fn mallopt(param: c_int, value: c_int) -> c_int;
        }
        if std::env::var_os("MALLOC_MMAP_THRESHOLD_").is_none() {
            mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        }
    }
}
