/* SPDX-License-Identifier: MIT */
/*
 * The sandbox on Linux: Landlock for files (landlock(7)), seccomp for system calls.
 */
#define _GNU_SOURCE

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- Landlock. Its own header may be older than the kernel, so the numbers stand here. --- */

#define EXECUTE (UINT64_C(1) << 0)
#define WRITE_FILE (UINT64_C(1) << 1)
#define READ_FILE (UINT64_C(1) << 2)
#define READ_DIR (UINT64_C(1) << 3)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIR (UINT64_C(1) << 7)
#define MAKE_REG (UINT64_C(1) << 8)
#define REFER (UINT64_C(1) << 13)     /* version 2: from one folder to another */
#define TRUNCATE (UINT64_C(1) << 14)  /* version 3 */
#define IOCTL_DEV (UINT64_C(1) << 15) /* version 5 */
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV)
#define VERSION_1 ((UINT64_C(1) << 13) - 1) /* all rights of version 1 */
#define NET_TCP UINT64_C(3)                 /* version 4: to bind and to connect */
#define SCOPES UINT64_C(3)                  /* version 6: abstract sockets and signals of others */

#ifndef SYS_landlock_create_ruleset /* the same on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif
#define ASK_VERSION 1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define BENEATH 1      /* LANDLOCK_RULE_PATH_BENEATH */
#define REFER_VERSION 2

struct ruleset {
    uint64_t fs, net, scoped;
};
struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* Where the C library, libcrypto and iconv look for tables, modules and settings. No secrets. */
static const char *const library_paths[] = {
#ifndef PINFERRY_STATIC /* which has all of it inside */
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ssl",
    "/etc/pki",
    "/etc/crypto-policies",
    "/usr/local/ssl",
    "/etc/locale.alias",
    "/etc/ld.so.conf",
#endif
    "/etc/localtime",
    "/dev/urandom",
    "/dev/null",
};

static uint64_t rights_of(enum sandbox_use use)
{
    static const uint64_t read = READ_FILE | READ_DIR;
    static const uint64_t make = WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE | REFER;

    switch (use) {
    case SANDBOX_READ:
        return read;
    case SANDBOX_WRITE:
        return read | make;
    case SANDBOX_MAKE_DIR:
        return READ_DIR | MAKE_DIR;
    case SANDBOX_ALL:
        return read | make | MAKE_DIR;
    case SANDBOX_TERMINAL:
        return READ_FILE | WRITE_FILE | IOCTL_DEV;
    }
    return 0;
}

static bool writes(enum sandbox_use use)
{
    return use == SANDBOX_WRITE || use == SANDBOX_ALL;
}

static struct ruleset handled_by(int version)
{
    return (struct ruleset){
        .fs = VERSION_1 | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0) |
              (version >= 5 ? IOCTL_DEV : 0),
        .net = version >= 4 ? NET_TCP : 0,
        .scoped = version >= 6 ? SCOPES : 0,
    };
}

/* The kernel refuses a longer structure than it knows only where the rest is not zero. */
static int create(const struct ruleset *handled)
{
    return (int)syscall(SYS_landlock_create_ruleset, handled, sizeof *handled, 0u);
}

/* A path that cannot be opened now cannot be used later either. */
static void allow(int ruleset, uint64_t handled, const char *path, enum sandbox_use use)
{
    struct beneath rule = {.allowed = rights_of(use) & handled};
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat st;

    if (fd < 0) {
        return;
    }
    rule.parent = fd;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        rule.allowed &= OF_FILES; /* the kernel refuses rights of folders for files */
    }
    if (rule.allowed != 0) {
        (void)syscall(SYS_landlock_add_rule, ruleset, BENEATH, &rule, 0u);
    }
    close(fd);
}

/* Returns the version in force, 0 for none. */
static int restrict_files(const struct sandbox_rule *rules, size_t count)
{
    int version = (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, ASK_VERSION);
    struct ruleset handled = handled_by(version);
    int ruleset;
    bool done;

    for (size_t i = 0; i < count; i++) {
        if (version < REFER_VERSION && writes(rules[i].use)) {
            return 0; /* it would let no file be exchanged */
        }
    }
    ruleset = version < 1 ? -1 : create(&handled);
    if (ruleset < 0) {
        return 0;
    }
    for (size_t i = 0; i < sizeof library_paths / sizeof library_paths[0]; i++) {
        allow(ruleset, handled.fs, library_paths[i], SANDBOX_READ);
    }
    for (size_t i = 0; i < count; i++) {
        allow(ruleset, handled.fs, rules[i].path, rules[i].use);
    }
    done = syscall(SYS_landlock_restrict_self, ruleset, 0u) == 0;
    close(ruleset);
    return done ? version : 0;
}

/* --- seccomp. By name, since libseccomp may be older than some of them. --- */

static const char *const refused[] = {
    /* network */
    "socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept", "accept4",
    "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg",
    /* programs and processes */
    "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "process_vm_readv",
    "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "tkill", "setns", "unshare", "personality",
    /* accounts and rights */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid",
    "setgroups", "setuid32", "setgid32", "setreuid32", "setregid32", "setresuid32", "setresgid32",
    "setfsuid32", "setfsgid32", "setgroups32", "capset", "keyctl", "add_key", "request_key",
    /* mounts */
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "pivot_root", "chroot", "mknod", "mknodat", "open_by_handle_at",
    /* the kernel */
    "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "create_module", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "fanotify_init", "lookup_dcookie", "syslog", "reboot", "swapon", "swapoff",
    "acct", "quotactl", "quotactl_fd", "nfsservctl", "ioperm", "iopl", "modify_ldt", "vm86",
    "vm86old", "settimeofday", "clock_settime", "clock_settime64", "clock_adjtime",
    "clock_adjtime64", "adjtimex", "stime", "sethostname", "setdomainname", "vhangup"};

/* Landlock does not look at these; through an open file each has its f... form. */
static const char *const by_path[] = {
    "chmod",      "fchmodat",    "fchmodat2",    "chown",         "lchown",
    "chown32",    "lchown32",    "fchownat",     "setxattr",      "lsetxattr",
    "setxattrat", "removexattr", "lremovexattr", "removexattrat", "file_setattr",
};

static const uint32_t no = SCMP_ACT_ERRNO(EPERM);
/* seccomp_attr_set(3): the kernel tries every call's way through the filter when it is loaded. */
#define BINARY_TREE 2

static bool refuse(scmp_filter_ctx filter, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);

        if (number != __NR_SCMP_ERROR && seccomp_rule_add(filter, no, number, 0) != 0) {
            return false;
        }
    }
    return true;
}

/* Signals only to itself; nothing typed into the terminal that a shell reads afterwards. */
static bool refuse_some(scmp_filter_ctx filter)
{
    static const int signals[] = {SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo),
                                  SCMP_SYS(rt_tgsigqueueinfo)};
    const scmp_datum_t self = (scmp_datum_t)getpid(), word = 0xffffffff;

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (seccomp_rule_add(filter, no, signals[i], 1, SCMP_A0_64(SCMP_CMP_NE, self, 0)) != 0) {
            return false;
        }
    }
    return seccomp_rule_add(filter, no, SCMP_SYS(ioctl), 1,
                            SCMP_A1_64(SCMP_CMP_MASKED_EQ, word, TIOCSTI)) == 0 &&
           seccomp_rule_add(filter, no, SCMP_SYS(ioctl), 1,
                            SCMP_A1_64(SCMP_CMP_MASKED_EQ, word, TIOCLINUX)) == 0;
}

static bool filter_calls(bool makes_folders)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter != NULL &&
                seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
                seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BINARY_TREE) == 0 &&
                refuse(filter, refused, sizeof refused / sizeof refused[0]) &&
                (makes_folders || refuse(filter, by_path, sizeof by_path / sizeof by_path[0])) &&
                refuse_some(filter) && seccomp_load(filter) == 0;

    if (filter != NULL) {
        seccomp_release(filter);
    }
    return done;
}

/* --- both --- */

void sandbox_enter(const struct sandbox_rule *rules, size_t count, struct sandbox_active *active)
{
    bool makes_folders = false;

    for (size_t i = 0; i < count; i++) {
        makes_folders =
            makes_folders || rules[i].use == SANDBOX_MAKE_DIR || rules[i].use == SANDBOX_ALL;
    }
    *active = (struct sandbox_active){0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) { /* both need it */
        active->landlock = restrict_files(rules, count);
        active->calls = filter_calls(makes_folders);
    }
}
