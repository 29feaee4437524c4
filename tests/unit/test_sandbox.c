/* SPDX-License-Identifier: MIT */
/* The sandbox, each case in a child of its own: what must fail fails, what the applier does works.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include "base/fsio.h"
#include "base/sandbox.h"
#include "tests/unit/fault_kit.h"
#include "tests/unit/scratch.h"

/* The line of the first claim that does not hold is the child's status. */
#define HOLDS(claim)                                                                               \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #claim, errno);          \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)
#define REFUSED(call) (errno = 0, (call) < 0 && (errno == EPERM || errno == EACCES))

static const char bytes[] = "some bytes";
static struct err err;

/* In the scratch folder: "r" to be read, "w" and "v" to be written, "e" for nothing; a file in
 * each. */
static bool enter(bool needs_landlock)
{
    char r[300], w[300], v[300];
    struct sandbox_rule rules[] = {{r, SANDBOX_READ}, {w, SANDBOX_WRITE}, {v, SANDBOX_WRITE}};
    struct sandbox_active active;

    snprintf(r, sizeof r, "%s", scratch("r"));
    snprintf(w, sizeof w, "%s", scratch("w"));
    snprintf(v, sizeof v, "%s", scratch("v"));
    sandbox_enter(rules, sizeof rules / sizeof rules[0], &active);
    return active.calls && (active.landlock >= 2 || !needs_landlock);
}

static int no_network(void)
{
    int pair[2];

    if (!enter(false)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(REFUSED(socket(AF_INET, SOCK_STREAM, 0)));
    HOLDS(REFUSED(socket(AF_INET6, SOCK_DGRAM, 0)));
    HOLDS(REFUSED(socket(AF_UNIX, SOCK_STREAM, 0)));
    HOLDS(REFUSED(socket(AF_NETLINK, SOCK_RAW, 0)));
    HOLDS(REFUSED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)));
    return 0;
}

static int no_programs(void)
{
    char name[] = "/bin/true";
    char *argv[] = {name, NULL};
    pid_t child;

    if (!enter(false)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(REFUSED(execve(name, argv, argv + 1)));
    HOLDS(REFUSED(fork()));
    HOLDS(REFUSED(vfork()));
    HOLDS(posix_spawn(&child, name, NULL, NULL, argv, argv + 1) == EPERM);
    return 0;
}

static int no_hold_on_others(void)
{
    pid_t parent = getppid();

    if (!enter(false)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(REFUSED(ptrace(PTRACE_ATTACH, parent, NULL, NULL)));
    HOLDS(REFUSED(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
    HOLDS(REFUSED(kill(parent, 0)));
    HOLDS(REFUSED(kill(-1, 0)));
    HOLDS(kill(getpid(), 0) == 0);
    HOLDS(signal(SIGUSR1, SIG_IGN) != SIG_ERR && raise(SIGUSR1) == 0);
    HOLDS(REFUSED(ioctl(STDIN_FILENO, TIOCSTI, "x")));
    return 0;
}

static int no_system_work(void)
{
    static const long calls[] = {
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_kexec_load,
        SYS_init_module,
        SYS_finit_module,
        SYS_delete_module,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_userfaultfd,
        SYS_keyctl,
        SYS_add_key,
        SYS_setuid,
        SYS_setgid,
        SYS_setresuid,
        SYS_setgroups,
        SYS_capset,
        SYS_mount,
        SYS_umount2,
        SYS_unshare,
        SYS_setns,
        SYS_chroot,
        SYS_pivot_root,
        SYS_io_uring_setup,
        SYS_reboot,
        SYS_settimeofday,
        SYS_mknodat,
        SYS_execveat,
        SYS_clone3,
    };

    if (!enter(false)) {
        return FAULT_NONE_HERE;
    }
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        errno = 0;
        if (syscall(calls[i], -1L, -1L, -1L, -1L, -1L) != -1 || errno != EPERM) {
            fprintf(stderr, "call %ld: errno %d\n", calls[i], errno);
            return 1;
        }
    }
    return 0;
}

static int files_elsewhere_are_closed(void)
{
    if (!enter(true)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(REFUSED(open(scratch("e/file"), O_RDONLY)));
    HOLDS(REFUSED(open(scratch("e/file"), O_WRONLY)));
    HOLDS(REFUSED(open(scratch("e/new"), O_WRONLY | O_CREAT, 0600)));
    HOLDS(REFUSED(open(scratch("e"), O_RDONLY | O_DIRECTORY)));
    HOLDS(REFUSED(open("/etc/passwd", O_RDONLY)));
    HOLDS(REFUSED(open("/proc/self/mem", O_RDWR)));
    HOLDS(REFUSED(unlink(scratch("e/file"))));
    HOLDS(rename(scratch("e/file"), scratch("w/taken")) < 0);
    HOLDS(rename(scratch("w/file"), scratch("e/given")) < 0);
    return 0;
}

static int what_is_read_is_not_written(void)
{
    int fd;

    if (!enter(true)) {
        return FAULT_NONE_HERE;
    }
    fd = open(scratch("r/file"), O_RDONLY);
    HOLDS(fd >= 0);
    HOLDS(REFUSED(open(scratch("r/file"), O_WRONLY)));
    HOLDS(REFUSED(open(scratch("r/new"), O_WRONLY | O_CREAT, 0600)));
    HOLDS(REFUSED(unlink(scratch("r/file"))));
    HOLDS(rename(scratch("w/file"), scratch("r/file")) < 0);
    HOLDS(rename(scratch("r/file"), scratch("w/file")) < 0);
    HOLDS(access("/usr/bin/env", R_OK) == 0 && open("/usr/bin/env", O_RDONLY) >= 0);
    HOLDS(REFUSED(open("/usr/new", O_WRONLY | O_CREAT, 0600)));
    return 0;
}

static int only_plain_files_are_made(void)
{
    if (!enter(true)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(fsio_write_new(scratch("w/new"), bytes, sizeof bytes, 0600, &err));
    HOLDS(fsio_replace(scratch("w/new"), bytes, 1, 0600, &err));
    HOLDS(fsio_append(scratch("w/new"), bytes, 1, 0600, &err));
    HOLDS(fsio_rename(scratch("w/new"), scratch("v/new"), &err));
    HOLDS(fsio_remove(scratch("v/new"), &err));
    HOLDS(REFUSED(mkdir(scratch("w/folder"), 0700)));
    HOLDS(REFUSED(symlink("/", scratch("w/link"))));
    HOLDS(REFUSED(mkfifo(scratch("w/fifo"), 0600)));
    return 0;
}

static int rights_are_changed_through_open_files_only(void)
{
    int fd;

    if (!enter(false)) {
        return FAULT_NONE_HERE;
    }
    HOLDS(REFUSED(chmod(scratch("e/file"), 0666)));
    HOLDS(REFUSED(chmod(scratch("w/file"), 0666)));
    HOLDS(REFUSED(chown(scratch("w/file"), getuid(), getgid())));
    HOLDS(REFUSED(setxattr(scratch("w/file"), "user.x", "x", 1, 0)));
    fd = open(scratch("w/file"), O_RDWR);
    HOLDS(fd >= 0 && fchmod(fd, 0640) == 0 && fchown(fd, getuid(), getgid()) == 0);
    return 0;
}

/* Stages, takes leases, exchanges between two folders, keeps mode, owner and attributes. */
static int exchange(void)
{
    struct fsio_target *target;
    char value[8];
    bool noted;

    noted = setxattr(scratch("w/file"), "user.note", "kept", 4, 0) == 0;
    HOLDS(chmod(scratch("w/file"), 0640) == 0);
    if (!enter(true)) {
        return FAULT_NONE_HERE;
    }
    target = fsio_target_open(scratch("w/file"), 1000, &err);
    HOLDS(target != NULL && fsio_target_writable(target, &err));
    HOLDS(fsio_target_stage(target, scratch("v/staged"), "new", 3, &err));
    HOLDS(fsio_target_swap(target, scratch("v/staged"), bytes, sizeof bytes, &err));
    HOLDS(fsio_remove(scratch("v/staged"), &err));
    HOLDS(!noted || getxattr(scratch("w/file"), "user.note", value, sizeof value) == 4);
    fsio_target_close(target);
    return 0;
}

static int exchange_as_somebody(void)
{
    static const char *const paths[] = {"", "w", "v", "r", "w/file", "v/file", "r/file"};

    if (geteuid() != 0) {
        return FAULT_NONE_HERE; /* exchange() did it */
    }
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        HOLDS(chown(scratch(paths[i]), 65534, 65534) == 0);
    }
    HOLDS(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    return exchange();
}

static int exchange_with_another_owner(void)
{
    struct stat st;
    int failed;

    if (geteuid() != 0) {
        return FAULT_NONE_HERE;
    }
    HOLDS(chown(scratch("w/file"), 65534, 65533) == 0);
    failed = exchange();
    if (failed != 0) {
        return failed;
    }
    HOLDS(stat(scratch("w/file"), &st) == 0 && st.st_uid == 65534 && st.st_gid == 65533);
    HOLDS((st.st_mode & 07777) == 0640 && st.st_size == 3);
    return 0;
}

static int folders_are_made_where_that_is_allowed(void)
{
    char w[300], v[300];
    struct sandbox_rule rules[] = {{w, SANDBOX_MAKE_DIR}, {v, SANDBOX_ALL}};
    struct sandbox_active active;

    snprintf(w, sizeof w, "%s", scratch("w"));
    snprintf(v, sizeof v, "%s", scratch("v"));
    sandbox_enter(rules, 2, &active);
    if (active.landlock < 2) {
        return FAULT_NONE_HERE;
    }
    HOLDS(fsio_make_dir(scratch("w/folder"), 0700, &err));
    HOLDS(REFUSED(open(scratch("w/new"), O_WRONLY | O_CREAT, 0600)));
    HOLDS(REFUSED(open(scratch("w/file"), O_RDONLY)));
    HOLDS(fsio_make_dir(scratch("v/folder"), 0700, &err));
    HOLDS(fsio_write_new(scratch("v/folder/new"), bytes, 1, 0600, &err));
    HOLDS(REFUSED(mkdir(scratch("e/folder"), 0700)));
    return 0;
}

static int a_second_time_only_takes_away(void)
{
    struct sandbox_active active;

    if (!enter(true)) {
        return FAULT_NONE_HERE;
    }
    sandbox_enter((struct sandbox_rule[]){{scratch("e"), SANDBOX_WRITE}}, 1, &active);
    HOLDS(REFUSED(open(scratch("e/file"), O_RDONLY)));
    HOLDS(REFUSED(open(scratch("r/file"), O_RDONLY)));
    return 0;
}

static int absent_paths_are_passed_over(void)
{
    struct sandbox_rule rules[] = {{"/no/such/path", SANDBOX_WRITE}, {scratch("r"), SANDBOX_READ}};
    struct sandbox_active active;

    sandbox_enter(rules, 2, &active);
    if (active.landlock < 2) {
        return FAULT_NONE_HERE;
    }
    HOLDS(open(scratch("r/file"), O_RDONLY) >= 0);
    HOLDS(REFUSED(open(scratch("e/file"), O_RDONLY)));
    HOLDS(open("/no/such/path", O_RDONLY) < 0 && errno == ENOENT);
    return 0;
}

#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
static const struct {
    const char *name;
    int (*check)(void);
} cases[] = {
    CASE(no_network),
    CASE(no_programs),
    CASE(no_hold_on_others),
    CASE(no_system_work),
    CASE(files_elsewhere_are_closed),
    CASE(what_is_read_is_not_written),
    CASE(only_plain_files_are_made),
    CASE(rights_are_changed_through_open_files_only),
    CASE(exchange),
    CASE(exchange_as_somebody),
    CASE(exchange_with_another_owner),
    CASE(folders_are_made_where_that_is_allowed),
    CASE(a_second_time_only_takes_away),
    CASE(absent_paths_are_passed_over),
};

static void prepare(void)
{
    static const char *const folders[] = {"r", "w", "v", "e"};

    scratch_empty(scratch_dir);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char file[16];

        snprintf(file, sizeof file, "%s/file", folders[i]);
        assert_true(fsio_make_dir(scratch(folders[i]), 0700, &err));
        assert_true(fsio_write_new(scratch(file), bytes, sizeof bytes, 0600, &err));
    }
}

static void what_must_fail_fails_and_the_rest_works(void **state)
{
    const char *preload = getenv("LD_PRELOAD");
    size_t ran = 0;

    (void)state;
    if (preload != NULL && strstr(preload, "vgpreload") != NULL) {
        print_message("SKIP: valgrind's own calls would fail too\n");
        skip();
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;

        prepare();
        status = fault_run(cases[i].check);
        if (status == FAULT_NONE_HERE) {
            print_message("SKIP: %s: this build or kernel has no sandbox for it\n", cases[i].name);
            continue;
        }
        if (status != 0) {
            fail_msg("%s: %d", cases[i].name, status);
        }
        ran++;
    }
    if (ran == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_fail_fails_and_the_rest_works),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
