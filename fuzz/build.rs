//! Tells the library whether a sanitizer watches. The compiler's own `cfg(sanitize)` is not for stable toolchains.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(sanitized)");
    if std::env::var_os("CARGO_CFG_SANITIZE").is_some() {
        println!("cargo::rustc-cfg=sanitized");
    }
}
