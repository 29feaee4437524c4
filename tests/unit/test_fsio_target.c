/* SPDX-License-Identifier: MIT */
/* The exchange of a production file: refusals, metadata, and another writer at the wrong moment. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fsio.h"
#include "tests/unit/scratch.h"

static struct err err;

static int fresh(void **state)
{
    if (scratch_make(state) != 0 || !fsio_make_dir(scratch("site"), 0755, &err) ||
        !fsio_make_dir(scratch("stage"), 0700, &err)) {
        return -1;
    }
    return fsio_write_new(scratch("site/web.config"), "old", 3, 0640, &err) ? 0 : -1;
}

static void assert_content(const char *name, const char *text)
{
    struct buf buf;

    buf_init(&buf, 100);
    assert_true(fsio_read_file(scratch(name), 100, &buf, &err));
    assert_string_equal(buf_text(&buf), text);
    buf_release(&buf);
}

static void an_exchange_keeps_metadata(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    bool attributes = setxattr(scratch("site/web.config"), "user.note", "kept", 4, 0) == 0;
    char value[8] = {0};
    struct stat st;
    struct buf buf;

    (void)state;
    assert_non_null(t);
    buf_init(&buf, 100);
    assert_true(fsio_target_read(t, &buf, &err));
    assert_string_equal(buf_text(&buf), "old");
    assert_true(fsio_target_writable(t, &err));
    assert_true(fsio_target_stage(t, scratch("stage/1"), "newer", 5, &err));
    assert_true(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    fsio_target_close(t);
    assert_content("site/web.config", "newer");
    assert_content("stage/1", "old");
    assert_int_equal(stat(scratch("site/web.config"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    if (attributes) {
        assert_int_equal(getxattr(scratch("site/web.config"), "user.note", value, 8), 4);
        assert_string_equal(value, "kept");
    }
    buf_release(&buf);
}

static void links_are_refused(void **state)
{
    (void)state;
    assert_int_equal(symlink("site", scratch("way")), 0);
    assert_null(fsio_target_open(scratch("way/web.config"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_int_equal(symlink("web.config", scratch("site/sym")), 0);
    assert_null(fsio_target_open(scratch("site/sym"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_int_equal(link(scratch("site/web.config"), scratch("site/hard")), 0);
    assert_null(fsio_target_open(scratch("site/web.config"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
}

static void a_file_beside_another_stays_below_its_folder(void **state)
{
    static const char *const out[] = {"",
                                      "..",
                                      "../site/web.config",
                                      "in/../web.config",
                                      "/etc/passwd",
                                      "in//pins",
                                      "./web.config",
                                      "in/",
                                      "."};
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err), *beside;

    (void)state;
    assert_non_null(t);
    assert_true(fsio_make_dir(scratch("site/in"), 0755, &err));
    assert_true(fsio_write_new(scratch("site/in/pins"), "pins", 4, 0640, &err));
    beside = fsio_target_open_beside(t, "in/pins", 100, &err);
    assert_non_null(beside);
    assert_string_equal(fsio_target_path(beside), scratch("site/in/pins"));
    fsio_target_close(beside);
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        assert_null(fsio_target_open_beside(t, out[i], 100, &err));
        assert_int_equal(err.code, ERR_TARGET_LINK);
    }
    assert_int_equal(symlink("in", scratch("site/way")), 0);
    assert_null(fsio_target_open_beside(t, "way/pins", 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_int_equal(symlink("in/pins", scratch("site/sym2")), 0);
    assert_null(fsio_target_open_beside(t, "sym2", 100, &err));
    assert_int_equal(err.code, ERR_TARGET_LINK);
    assert_null(fsio_target_open_beside(t, "in", 100, &err));
    assert_int_equal(err.code, ERR_TARGET_FILE);
    assert_null(fsio_target_open_beside(t, "in/absent", 100, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_null(fsio_target_open_beside(t, "in/pins", 3, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
    /* From the folder that was opened, whatever has its name by now. */
    assert_int_equal(rename(scratch("site"), scratch("gone")), 0);
    assert_true(fsio_make_dir(scratch("site"), 0755, &err));
    beside = fsio_target_open_beside(t, "in/pins", 100, &err);
    assert_non_null(beside);
    fsio_target_close(beside);
    fsio_target_close(t);
}

static void what_is_no_usable_file_is_refused(void **state)
{
    (void)state;
    assert_null(fsio_target_open(scratch("site/absent"), 100, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_null(fsio_target_open(scratch("site"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_FILE);
    assert_int_equal(mkfifo(scratch("site/fifo"), 0600), 0);
    assert_null(fsio_target_open(scratch("site/fifo"), 100, &err));
    assert_int_equal(err.code, ERR_TARGET_FILE);
    assert_null(fsio_target_open(scratch("site/web.config"), 2, &err));
    assert_int_equal(err.code, ERR_TARGET_SIZE);
}

static void another_writer_wins_and_is_told(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);

    (void)state;
    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch("stage/1"), "mine", 4, &err));
    /* An editor that replaces the file, after the plan was made. */
    assert_true(fsio_replace(scratch("site/web.config"), "edited", 6, 0640, &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "edited");
    assert_content("stage/1", "mine");
    fsio_target_close(t);
    /* One that writes in place. */
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_true(fsio_append(scratch("site/web.config"), "!", 1, 0640, &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "edited", 6, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "edited!");
    fsio_target_close(t);
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_true(fsio_remove(scratch("site/web.config"), &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "edited!", 7, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    fsio_target_close(t);
}

static void staging_leaves_nothing_on_failure(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    enum fsio_kind kind;

    (void)state;
    assert_true(fsio_target_stage(t, scratch("stage/1"), "x", 1, &err));
    assert_false(fsio_target_stage(t, scratch("stage/1"), "y", 1, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    assert_content("stage/1", "x");
    if (access("/dev/shm", W_OK) == 0) {
        char path[64];

        snprintf(path, sizeof path, "/dev/shm/pinferry-unit-%ld", (long)getpid());
        assert_false(fsio_target_stage(t, path, "x", 1, &err));
        assert_int_equal(err.code, ERR_TARGET_VOLUME);
        assert_true(fsio_kind(path, &kind, &err));
        assert_int_equal(kind, FSIO_ABSENT);
    }
    assert_true(fsio_kind(scratch("stage/1.x"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    assert_true(fsio_write_new(scratch("stage/2.x"), "", 0, 0600, &err));
    assert_false(fsio_target_stage(t, scratch("stage/2"), "y", 1, &err));
    assert_int_equal(err.code, ERR_IO_EXISTS);
    assert_true(fsio_kind(scratch("stage/2"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    fsio_target_close(t);
}

static void a_read_only_target_is_refused(void **state)
{
    struct fsio_target *t;

    (void)state;
    if (geteuid() == 0) { /* root is not bound by modes: be somebody else for a moment */
        assert_int_equal(chmod(scratch_dir, 0755), 0);
        assert_int_equal(chmod(scratch("site/web.config"), 0444), 0);
        assert_int_equal(seteuid(65534), 0);
    } else {
        assert_int_equal(chmod(scratch("site"), 0555), 0);
    }
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_non_null(t);
    assert_false(fsio_target_writable(t, &err));
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
    fsio_target_close(t);
    if (getuid() == 0) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_int_equal(chmod(scratch("site"), 0755), 0);
}

/* user::rw- user:12345:rw- group::r-- mask::rw- other::---, as acl(5) is stored */
static const uint8_t acl[] = {2,    0,    0,    0,    1,    0,    6,    0,    0xff, 0xff, 0xff,
                              0xff, 2,    0,    6,    0,    0x39, 0x30, 0,    0,    4,    0,
                              4,    0,    0xff, 0xff, 0xff, 0xff, 0x10, 0,    6,    0,    0xff,
                              0xff, 0xff, 0xff, 0x20, 0,    0,    0,    0xff, 0xff, 0xff, 0xff};

static void an_acl_is_kept(void **state)
{
    struct fsio_target *t;
    uint8_t value[100];

    (void)state;
    if (setxattr(scratch("site/web.config"), "system.posix_acl_access", acl, sizeof acl, 0) != 0) {
        print_message("SKIP: no ACL on this file system\n");
        skip();
    }
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch("stage/1"), "new", 3, &err));
    assert_true(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    fsio_target_close(t);
    assert_int_equal(
        getxattr(scratch("site/web.config"), "system.posix_acl_access", value, sizeof value),
        sizeof acl);
    assert_memory_equal(value, acl, sizeof acl);
}

static void the_staging_folder_gives_no_access(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    struct stat st;

    (void)state;
    assert_non_null(t);
    if (setxattr(scratch("stage"), "system.posix_acl_default", acl, sizeof acl, 0) != 0) {
        fsio_target_close(t);
        print_message("SKIP: no ACL on this file system\n");
        skip();
    }
    assert_true(fsio_target_stage(t, scratch("stage/1"), "new", 3, &err));
    assert_int_equal(getxattr(scratch("stage/1"), "system.posix_acl_access", NULL, 0), -1);
    assert_int_equal(stat(scratch("stage/1"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    fsio_target_close(t);
}

static void an_owner_is_kept(void **state)
{
    struct fsio_target *t;
    struct stat st;

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: only root can give a file away\n");
        skip();
    }
    assert_int_equal(chown(scratch("site/web.config"), 12345, 54321), 0);
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch("stage/1"), "new", 3, &err));
    assert_int_equal(stat(scratch("stage/1"), &st), 0);
    assert_int_equal(st.st_uid, 12345);
    assert_int_equal(st.st_gid, 54321);
    fsio_target_close(t);
}

static void an_owner_that_cannot_be_kept_is_refused(void **state)
{
    struct fsio_target *t;
    enum fsio_kind kind;
    bool done;

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: only root can make a file of somebody else\n");
        skip();
    }
    assert_int_equal(chmod(scratch_dir, 0755), 0);
    assert_int_equal(chmod(scratch("site/web.config"), 0644), 0);
    assert_int_equal(chmod(scratch("stage"), 0777), 0);
    assert_int_equal(seteuid(65534), 0);
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    done = t != NULL && fsio_target_stage(t, scratch("stage/1"), "new", 3, &err);
    assert_int_equal(seteuid(0), 0);
    assert_non_null(t);
    assert_false(done);
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
    assert_true(fsio_kind(scratch("stage/1"), &kind, &err));
    assert_int_equal(kind, FSIO_ABSENT);
    fsio_target_close(t);
}

static void a_writer_at_work_is_waited_for(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    int writer = open(scratch("site/web.config"), O_WRONLY | O_CLOEXEC);
    int probe = open(scratch("site/web.config"), O_RDONLY | O_CLOEXEC);
    bool leases = fcntl(probe, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;

    (void)state;
    close(probe);
    assert_non_null(t);
    assert_true(writer >= 0);
    if (!leases) {
        close(writer);
        fsio_target_close(t);
        print_message("SKIP: no leases on this file system\n");
        skip();
    }
    assert_true(fsio_target_stage(t, scratch("stage/1"), "mine", 4, &err));
    assert_false(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "old");
    close(writer);
    assert_true(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    assert_content("site/web.config", "mine");
    fsio_target_close(t);
}

static void another_mode_meanwhile_is_a_change(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    struct stat st;

    (void)state;
    assert_non_null(t);
    assert_true(fsio_target_stage(t, scratch("stage/1"), "mine", 4, &err));
    assert_int_equal(chmod(scratch("site/web.config"), 0600), 0);
    assert_false(fsio_target_swap(t, scratch("stage/1"), "old", 3, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_content("site/web.config", "old");
    assert_int_equal(stat(scratch("site/web.config"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_false(fsio_target_swap(t, scratch("stage/none"), "old", 3, &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    fsio_target_close(t);
}

/* In a child of its own, because a filter stays. 0 when all is as it should be. */
static int without_openat2(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof code[0], code};
    struct fsio_target *t;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        return 77;
    }
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    if (t == NULL) {
        return 1;
    }
    fsio_target_close(t);
    if (fsio_target_open(scratch("way/web.config"), 100, &err) != NULL ||
        err.code != ERR_TARGET_LINK) {
        return 2;
    }
    if (fsio_target_open(scratch("way/below/x"), 100, &err) != NULL ||
        err.code != ERR_TARGET_LINK) {
        return 3;
    }
    if (fsio_target_open(scratch("site/sym"), 100, &err) != NULL || err.code != ERR_TARGET_LINK) {
        return 4;
    }
    if (fsio_target_open(scratch("site/absent"), 100, &err) != NULL || err.code != ERR_IO_ABSENT) {
        return 5;
    }
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    if (fsio_target_open_beside(t, "sym", 100, &err) != NULL || err.code != ERR_TARGET_LINK ||
        fsio_target_open_beside(t, "absent/x", 100, &err) != NULL || err.code != ERR_IO_ABSENT) {
        return 7;
    }
    fsio_target_close(t);
    if (chdir(scratch_dir) != 0 || (t = fsio_target_open("site//web.config", 100, &err)) == NULL) {
        return 6;
    }
    fsio_target_close(t);
    return 0;
}

static void an_older_kernel_follows_no_link_either(void **state)
{
    int status = 0;
    pid_t child;

    (void)state;
    assert_int_equal(symlink("site", scratch("way")), 0);
    assert_int_equal(symlink("web.config", scratch("site/sym")), 0);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        exit(without_openat2()); /* not _exit(), which loses what coverage counts */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIP: no seccomp filters here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool set_flag(const char *path, int flag, bool on)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;
    bool ok = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;

    flags = on ? flags | flag : flags & ~flag;
    ok = ok && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static void a_marked_file_is_refused(void **state)
{
    static const int flags[] = {FS_IMMUTABLE_FL, FS_APPEND_FL};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fsio_target *t;
        bool may;

        if (!set_flag(scratch("site/web.config"), flags[i], true)) {
            print_message("SKIP: marking a file immutable needs root and ext4\n");
            skip();
        }
        t = fsio_target_open(scratch("site/web.config"), 100, &err);
        may = t != NULL && fsio_target_writable(t, &err);
        assert_true(set_flag(scratch("site/web.config"), flags[i], false));
        assert_non_null(t);
        assert_false(may);
        assert_int_equal(err.code, ERR_TARGET_ACCESS);
        assert_non_null(strstr(err.text, "chattr"));
        assert_true(fsio_target_writable(t, &err));
        fsio_target_close(t);
    }
}

static void a_sticky_folder_of_others_is_refused(void **state)
{
    struct fsio_target *t;
    bool may;

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: only root can make a folder of somebody else\n");
        skip();
    }
    assert_int_equal(chmod(scratch_dir, 0755), 0);
    assert_int_equal(chmod(scratch("site"), 01777), 0);
    assert_int_equal(chmod(scratch("site/web.config"), 0666), 0);
    assert_int_equal(seteuid(65534), 0);
    t = fsio_target_open(scratch("site/web.config"), 100, &err);
    may = t != NULL && fsio_target_writable(t, &err);
    assert_int_equal(seteuid(0), 0);
    assert_non_null(t);
    assert_false(may);
    assert_int_equal(err.code, ERR_TARGET_ACCESS);
    assert_non_null(strstr(err.text, "sticky"));
    assert_true(fsio_target_writable(t, &err));
    fsio_target_close(t);
}

static void a_file_that_grew_is_no_longer_read(void **state)
{
    struct fsio_target *t = fsio_target_open(scratch("site/web.config"), 100, &err);
    struct buf buf;

    (void)state;
    assert_non_null(t);
    assert_true(fsio_append(scratch("site/web.config"), "er", 2, 0640, &err));
    buf_init(&buf, 100);
    assert_false(fsio_target_read(t, &buf, &err));
    assert_int_equal(err.code, ERR_CHANGED);
    assert_int_equal(buf.len, 0);
    buf_release(&buf);
    fsio_target_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_exchange_keeps_metadata, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(links_are_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(a_file_beside_another_stays_below_its_folder, fresh,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(what_is_no_usable_file_is_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(another_writer_wins_and_is_told, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(staging_leaves_nothing_on_failure, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(a_read_only_target_is_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(an_acl_is_kept, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(the_staging_folder_gives_no_access, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(an_owner_is_kept, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(an_owner_that_cannot_be_kept_is_refused, fresh,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(a_writer_at_work_is_waited_for, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(another_mode_meanwhile_is_a_change, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(an_older_kernel_follows_no_link_either, fresh,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(a_marked_file_is_refused, fresh, scratch_remove),
        cmocka_unit_test_setup_teardown(a_sticky_folder_of_others_is_refused, fresh,
                                        scratch_remove),
        cmocka_unit_test_setup_teardown(a_file_that_grew_is_no_longer_read, fresh, scratch_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
