/* SPDX-License-Identifier: MIT */
/*
 * Programs and accounts on POSIX systems.
 */
#define _GNU_SOURCE

#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/term.h"
#include "base/text.h"

#define LOOK_EVERY_MS 20

/* What the program finds instead of this one's files, folder and terminal; 0 or an errno. */
static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    int failed = 0;

    sigfillset(&all);
    sigemptyset(&none);
    for (int fd = STDIN_FILENO; failed == 0 && fd <= STDERR_FILENO; fd++) {
        failed = posix_spawn_file_actions_addopen(files, fd, "/dev/null",
                                                  fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
    }
    if (failed == 0) {
        failed = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
    }
    if (failed == 0) {
        failed = posix_spawn_file_actions_addchdir_np(files, "/");
    }
    posix_spawnattr_setsigdefault(attributes, &all); /* an ignored SIGPIPE would be inherited */
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    return failed;
}

static bool start(const char *const argv[], pid_t *child, struct err *err)
{
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LANG=C.UTF-8";
    char *environment[] = {path, lang, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int failed;

    if (posix_spawn_file_actions_init(&files) != 0) {
        return err_memory(err);
    }
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return err_memory(err);
    }
    failed = set_up(&files, &attributes);
    if (failed == 0) {
        /* The texts are not changed; the missing const is history. */
        failed = posix_spawn(child, argv[0], &files, &attributes, (char *const *)argv, environment);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed == 0 || err_io(err, failed, "%s cannot be started", argv[0]);
}

/* Until the child ended or the time is over; the child is gone afterwards. */
static bool wait_for(pid_t child, unsigned seconds, int *status, struct err *err)
{
    const struct timespec pause = {0, LOOK_EVERY_MS * 1000000L};
    int64_t end = term_monotonic_ms() + (int64_t)seconds * 1000;
    bool late = false;
    int how = 0;
    pid_t got;

    while ((got = waitpid(child, &how, late ? 0 : WNOHANG)) != child) {
        if (got < 0 && errno != EINTR) {
            return err_io(err, errno, "the end of a program cannot be waited for");
        }
        if (!late && term_monotonic_ms() >= end) {
            late = true;
            kill(-child, SIGKILL); /* its number is taken until it was waited for */
        } else if (!late) {
            nanosleep(&pause, NULL);
        }
    }
    *status = late ? PROC_TIMED_OUT : WIFEXITED(how) ? WEXITSTATUS(how) : -WTERMSIG(how);
    return true;
}

bool proc_run(const char *const argv[], unsigned seconds, int *status, struct err *err)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, before;
    pid_t child = 0;
    bool ok;

    if (argv[0] == NULL || argv[0][0] != '/') {
        return err_set(err, ERR_CONFIG_FORM,
                       "%s: give the absolute path of the program, beginning with '/'",
                       argv[0] == NULL ? "no program" : argv[0]);
    }
    /* Where SIGCHLD came ignored from the parent, the system would throw the status away. */
    sigaction(SIGCHLD, &standard, &before);
    ok = start(argv, &child, err) && wait_for(child, seconds, status, err);
    sigaction(SIGCHLD, &before, NULL);
    return ok;
}

void proc_no_dumps(void)
{
    const struct rlimit none = {0, 0};

    /* The limit alone does not hold where the system hands dumps to a program. */
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool proc_dumps_off(void)
{
    struct rlimit now;

    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && getrlimit(RLIMIT_CORE, &now) == 0 &&
           now.rlim_max == 0;
}

static bool take(char *out, size_t size, const char *name)
{
    if (name == NULL || !text_is_free(name, strlen(name)) || strlen(name) >= size) {
        return false;
    }
    memcpy(out, name, strlen(name) + 1);
    return true;
}

/* Not getpwuid: it loads modules and asks daemons through sockets, as the system is configured. */
static bool local_name(uid_t uid, char *out, size_t size)
{
    FILE *accounts = fopen("/etc/passwd", "re");
    struct passwd account = {0}, *at = NULL;
    char line[4096];
    bool found = false;

    if (accounts == NULL) {
        return false;
    }
    while (!found && fgetpwent_r(accounts, &account, line, sizeof line, &at) == 0) {
        found = account.pw_uid == uid;
    }
    found = found && take(out, size, account.pw_name);
    fclose(accounts);
    return found;
}

void proc_user(char *out, size_t size)
{
    if (geteuid() == 0 &&
        (take(out, size, getenv("SUDO_USER")) || take(out, size, getenv("DOAS_USER")))) {
        return;
    }
    if (!local_name(getuid(), out, size)) {
        snprintf(out, size, "uid %lu", (unsigned long)getuid());
    }
}
