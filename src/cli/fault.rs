//! The one fault that the system reports by a signal: a mapped file that another program has shortened.

/// Told before the process ends; nothing is allocated in a signal handler.
#[cfg(target_os = "linux")]
const TEXT: &[u8] = b"error: a file that is being read was shortened by another program (SIGBUS), or its disk failed\n\
    help: run again when nothing writes to it\n";
#[cfg(target_os = "linux")]
const ZH: &str = "错误：正在读取的文件被另一程序截短（SIGBUS），或其磁盘出错\n提示：请在无人写入该文件时重新运行\n";

/// From now on SIGBUS prints a message and ends the process with exit code 2.
pub(super) fn tell() {
    #[cfg(target_os = "linux")]
    {
        extern "C" fn shortened(_: libc::c_int) {
            let text = super::tongue::spoken().pick(TEXT, ZH.as_bytes());
            // SAFETY: write and _exit may be called in a signal handler (signal-safety(7)); the bytes are a constant
            unsafe {
                let _ = libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
                libc::_exit(2);
            }
        }
        let handler: extern "C" fn(libc::c_int) = shortened;
        // SAFETY: the handler calls nothing but write and _exit, and never returns
        unsafe { libc::signal(libc::SIGBUS, handler as libc::sighandler_t) };
    }
}
