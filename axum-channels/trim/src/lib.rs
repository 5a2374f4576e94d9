//! Return of freed memory to the operating system, on request: for allocators that keep it otherwise.
//!
//! glibc returns the end of its heaps by itself, but a single chunk in use there keeps all free memory before it: a
//! server may stay as large as it was with its highest number of clients. It is a crate of its own, because
//! `axum-channels` forbids `unsafe` code, and calling C requires it.

/// Returns unused memory of the allocator to the system. The result is `true` if any was returned.
///
/// With glibc this is `malloc_trim(3)`: each of its heaps is locked for as long as that takes, about a millisecond for
/// every few megabytes that are free. With other allocators it does nothing, and returns `false`.
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

/// Makes the allocator return large blocks to the system as soon as they are freed.
///
/// With glibc this is `mallopt(3)`: blocks of 128 KiB and more are mapped one by one, as they are when a program starts.
/// Otherwise glibc raises that threshold when the first large block is freed, and keeps up to 64 MB in each heap from
/// then on. Nothing is changed if the environment sets a threshold (`MALLOC_MMAP_THRESHOLD_`), nor with other allocators.
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
