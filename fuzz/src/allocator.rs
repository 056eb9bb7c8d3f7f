//! mimalloc on its shortest path.

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys::{mi_free, mi_malloc, mi_realloc};
use mimalloc::MiMalloc;

/// How far mimalloc aligns every block of at least as many bytes, whether it is asked to or not.
const ALIGNED: usize = 16;

/// mimalloc, asked for alignment only where a block would not have it anyway: nearly no block of ours is such a one, and
/// asking takes as long as all the rest.
pub struct Allocator;

fn is_aligned_anyway(size: usize, align: usize) -> bool {
    align <= ALIGNED && align <= size
}

// SAFETY: all blocks are of mimalloc, which frees and resizes them however they were asked for. Those asked for without an
// alignment have it by its size: blocks of n bytes are aligned to the largest power of two up to n, 16 at most.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_aligned_anyway(layout.size(), layout.align()) {
            true => unsafe { mi_malloc(layout.size()) }.cast(),
            false => unsafe { MiMalloc.alloc(layout) },
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        unsafe { mi_free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        match is_aligned_anyway(size, layout.align()) {
            true => unsafe { mi_realloc(block.cast(), size) }.cast(),
            false => unsafe { MiMalloc.realloc(block, layout, size) },
        }
    }
}
