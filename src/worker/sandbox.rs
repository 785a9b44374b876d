//! What a worker gives up before it reads a stranger's byte.
//!
//! Three fences, of which each holds where another has a gap: limits on what
//! the process may take (setrlimit); no file system (Landlock); and of the
//! kernel's calls only those that computing takes (seccomp): no file, no
//! socket, no other program, no other process. A call beyond them fails, as if
//! the right to it were lacking; nothing in a reader depends on one.
//!
//! A worker that recognises text has wider fences, for as much as its two
//! programs take: it may execute these and nothing else, and read what they
//! are made of. It may write no file, reach nobody, and leave its process
//! group neither itself nor by a child, so that all of it can be killed at
//! once. What it starts inherits all of this.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};
use serde::{Deserialize, Serialize};

use super::tools::Tools;

/// Files that a worker may have open: its socket and what it was born with.
const FILES: u64 = 16;
/// The same where programs are run, which open their libraries and data.
const FILES_OF_PROGRAMS: u64 = 64;
/// Seconds of computing of a worker that recognises text, and of each program
/// that it runs; should nobody be left to watch over them.
const COMPUTING: u64 = 10 * 60;

/// What the programs of OCR are made of: libraries, the model of the language,
/// fonts and their maps.
const LIBRARIES: &[&str] = &[
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/usr/share/tesseract-ocr",
    "/usr/share/tessdata",
    "/usr/share/poppler",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/sys/devices/system/cpu",
];
/// The kernel executes it before a program's own first step.
const LOADERS: &[&str] = &[
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-armhf.so.3",
    "/lib/ld-linux-riscv64-lp64d.so.1",
];

/// The newest Landlock whose rights are asked for; an older kernel enforces
/// those that it knows.
const LANDLOCK: ABI = ABI::V6;

/// What computing takes: memory, its one socket (which is open already, and
/// watched for its end), clocks, random numbers, locks between threads, and an end.
const CALLS: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_close,
    libc::SYS_ppoll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // An abort kills its own process, by number.
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// What running a program and waiting for it takes beyond that: files to read,
/// pipes, and processes of the same group.
const CALLS_FOR_PROGRAMS: &[libc::c_long] = &[
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_execve,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_pipe2,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_fcntl,
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_statfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_lseek,
    libc::SYS_pread64,
    libc::SYS_fadvise64,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_prlimit64,
    libc::SYS_sched_getaffinity,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getppid,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// Which fences stand; an old kernel may lack them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fences {
    /// No file system, by Landlock.
    pub files: bool,
    /// No calls but those of [`CALLS`], by seccomp.
    pub calls: bool,
}

/// Bounds what the process may take: `memory` is its address space in bytes,
/// and that of each program it may run.
pub(super) fn limit(memory: u64, programs: bool) -> io::Result<()> {
    let of_all = [
        (Resource::As, memory),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    let of_readers = [(Resource::Nofile, FILES), (Resource::Nproc, 0)];
    let of_programs = [
        (Resource::Nofile, FILES_OF_PROGRAMS),
        (Resource::Cpu, COMPUTING),
    ];
    let own = if programs { of_programs } else { of_readers };
    for (resource, most) in of_all.into_iter().chain(own) {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Forbids every path, every port, and what reaches beyond this process, to
/// this thread and those that it starts from now on; but not to read and run
/// what the tools are.
pub(super) fn leave_file_system(tools: Option<&Tools>) -> bool {
    let programs: Vec<&Path> = tools
        .iter()
        .flat_map(|tools| [&tools.tesseract, &tools.pdftoppm])
        .flatten()
        .map(|path| path.as_path())
        .collect();
    let open = |paths: &[&'static str]| match tools {
        Some(_) => paths.to_vec(),
        None => Vec::new(),
    };
    let read: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::ReadDir;
    let run: BitFlags<AccessFs> = AccessFs::ReadFile | AccessFs::Execute;
    let restrict = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .add_rules(path_beneath_rules(open(LIBRARIES), read))?
            .add_rules(path_beneath_rules(open(LOADERS), run))?
            .add_rules(path_beneath_rules(programs, run))?
            .restrict_self()
    };
    restrict().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// Forbids all calls of the kernel but [`CALLS`], to all threads; where
/// programs are run, [`CALLS_FOR_PROGRAMS`] are left as well. Without them
/// there can be no new threads from then on.
pub(super) fn leave_calls(programs: bool) -> bool {
    let more = if programs { CALLS_FOR_PROGRAMS } else { &[] };
    let restrict = || -> Option<()> {
        let mut calls: BTreeMap<_, _> = CALLS
            .iter()
            .chain(more)
            .map(|&call| (call, Vec::new()))
            .collect();
        if programs {
            // Of all processes it may end its own group alone: kill(0, …).
            let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0);
            calls.insert(
                libc::SYS_kill,
                vec![SeccompRule::new(vec![own.ok()?]).ok()?],
            );
        }
        let filter = SeccompFilter::new(
            calls,
            SeccompAction::Errno(libc::EPERM.cast_unsigned()),
            SeccompAction::Allow,
            std::env::consts::ARCH.try_into().ok()?,
        );
        let program: BpfProgram = filter.ok()?.try_into().ok()?;
        apply_filter_all_threads(&program).ok()
    };
    restrict().is_some()
}
