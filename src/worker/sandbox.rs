//! What a worker gives up before it reads a stranger's byte.
//!
//! Three fences, of which each holds where another has a gap: limits on what
//! the process may take (setrlimit); no file system (Landlock); and of the
//! kernel's calls only those that computing takes (seccomp): no file, no
//! socket, no other program, no other process. A call beyond them fails, as if
//! the right to it were lacking; nothing in a reader depends on one.

use std::collections::BTreeMap;
use std::io;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter_all_threads};
use serde::{Deserialize, Serialize};

/// Files that a worker may have open: its socket and what it was born with.
const FILES: u64 = 16;

/// The newest Landlock whose rights are asked for; an older kernel enforces
/// those that it knows.
const LANDLOCK: ABI = ABI::V6;

/// What computing takes: memory, its one socket (which is open already),
/// clocks, random numbers, locks between threads, and an end.
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

/// Which fences stand; an old kernel may lack them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fences {
    /// No file system, by Landlock.
    pub(super) files: bool,
    /// No calls but those of [`CALLS`], by seccomp.
    pub(super) calls: bool,
}

/// Bounds what the process may take: `memory` is its address space in bytes.
pub(super) fn limit(memory: u64) -> io::Result<()> {
    let limits = [
        (Resource::As, memory),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, FILES),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit)?;
    }
    Ok(())
}

/// Forbids every path, every port, and what reaches beyond this process, to
/// this thread and those that it starts from now on.
pub(super) fn leave_file_system() -> bool {
    let restrict = || {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .restrict_self()
    };
    restrict().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// Forbids all calls of the kernel but [`CALLS`], to all threads. There can
/// be no new ones from then on.
pub(super) fn leave_calls() -> bool {
    let restrict = || -> Option<()> {
        let filter = SeccompFilter::new(
            CALLS
                .iter()
                .map(|&call| (call, Vec::new()))
                .collect::<BTreeMap<_, _>>(),
            SeccompAction::Errno(libc::EPERM.cast_unsigned()),
            SeccompAction::Allow,
            std::env::consts::ARCH.try_into().ok()?,
        );
        let program: BpfProgram = filter.ok()?.try_into().ok()?;
        apply_filter_all_threads(&program).ok()
    };
    restrict().is_some()
}
