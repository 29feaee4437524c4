/* SPDX-License-Identifier: MIT */
/* What files do when the system fails at one call: the code, and what is left behind. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fsio.h"
#include "tests/unit/fault_kit.h"
#include "tests/unit/scratch.h"

/* A child's verdict: 0, or the line of what did not hold. Statuses have 8 bits. */
#define HOLDS(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #what, err.text);                      \
            return 1;                                                                              \
        }                                                                                          \
    } while (false)

static struct err err;

static bool refused(bool done, enum err_code code)
{
    return !done && err.code == code;
}

/* Whether the file holds just this; NULL: it is absent. */
static bool holds(const char *name, const char *text)
{
    enum fsio_kind kind;
    struct buf buf;
    bool same;

    if (text == NULL) {
        return fsio_kind(scratch(name), &kind, &err) && kind == FSIO_ABSENT;
    }
    buf_init(&buf, 100);
    same = fsio_read_file(scratch(name), 100, &buf, &err) && strcmp(buf_text(&buf), text) == 0;
    buf_release(&buf);
    return same;
}

/* Whether the folder of the case has this many entries: nothing half-made is left in it. */
static bool entries(const char *dir, size_t count)
{
    struct fsio_names names;
    bool same = fsio_list(scratch(dir), 100, &names, &err) && names.count == count;

    if (same) {
        fsio_names_release(&names);
    }
    return same;
}

static int flush_fails(void)
{
    HOLDS(fsio_write_new(scratch("d/old"), "old", 3, 0600, &err));
    fault(SYS_fsync, EIO);
    HOLDS(refused(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err), ERR_IO));
    HOLDS(holds("d/new", NULL));
    HOLDS(refused(fsio_replace(scratch("d/old"), "new", 3, 0600, &err), ERR_IO));
    HOLDS(holds("d/old", "old"));
    HOLDS(refused(fsio_append(scratch("d/old"), "!", 1, 0600, &err), ERR_IO));
    HOLDS(refused(fsio_sync_dir(scratch("d"), &err), ERR_IO));
    HOLDS(entries("d", 1));
    return 0;
}

static int folder_is_no_thing_to_flush(void)
{
    fault(SYS_fsync, EINVAL); /* as FAT by FUSE says it of a folder, and a device of itself */
    HOLDS(fsio_sync_dir(scratch("d"), &err));
    HOLDS(fsio_append(scratch("d/log"), "x", 1, 0600, &err));
    HOLDS(holds("d/log", "x"));
    return 0;
}

static int mode_fails(void)
{
    fault(SYS_fchmod, EIO);
    HOLDS(refused(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err), ERR_IO));
    HOLDS(refused(fsio_append(scratch("d/log"), "x", 1, 0600, &err), ERR_IO));
    HOLDS(entries("d", 0));
    return 0;
}

static int volume_knows_no_modes(void)
{
    fault(SYS_fchmod, EPERM);
    HOLDS(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err));
    HOLDS(fsio_append(scratch("d/log"), "x", 1, 0600, &err));
    HOLDS(holds("d/new", "new"));
    return 0;
}

static int write_fails(void)
{
    HOLDS(fsio_write_new(scratch("d/old"), "old", 3, 0600, &err));
    fault(SYS_write, ENOSPC);
    HOLDS(refused(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err), ERR_IO_FULL));
    HOLDS(refused(fsio_replace(scratch("d/old"), "new", 3, 0600, &err), ERR_IO_FULL));
    HOLDS(holds("d/old", "old"));
    HOLDS(entries("d", 1));
    return 0;
}

static int read_fails(void)
{
    struct buf buf;

    HOLDS(fsio_write_new(scratch("d/old"), "old", 3, 0600, &err));
    fault(SYS_read, EIO);
    buf_init(&buf, 100);
    HOLDS(refused(fsio_read_file(scratch("d/old"), 100, &buf, &err), ERR_IO));
    HOLDS(buf.len == 0);
    buf_release(&buf);
    return 0;
}

static int new_names_by_link(void)
{
    fault(SYS_renameat2, EINVAL); /* NFS */
    HOLDS(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err));
    HOLDS(refused(fsio_write_new(scratch("d/new"), "other", 5, 0600, &err), ERR_IO_EXISTS));
    HOLDS(holds("d/new", "new"));
    HOLDS(entries("d", 1));
    return 0;
}

static int new_names_by_a_look(void)
{
    fault(SYS_renameat2, EINVAL); /* FAT */
    fault(SYS_linkat, EPERM);
#ifdef SYS_link
    fault(SYS_link, EPERM);
#endif
    HOLDS(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err));
    HOLDS(refused(fsio_write_new(scratch("d/new"), "other", 5, 0600, &err), ERR_IO_EXISTS));
    HOLDS(holds("d/new", "new"));
    HOLDS(entries("d", 1));
    return 0;
}

static int new_names_fail(void)
{
    fault(SYS_renameat2, EIO);
    HOLDS(refused(fsio_write_new(scratch("d/new"), "new", 3, 0600, &err), ERR_IO));
    HOLDS(entries("d", 0));
    return 0;
}

static int names_fail(void)
{
    HOLDS(fsio_write_new(scratch("d/old"), "old", 3, 0600, &err));
    fault(SYS_renameat, EIO);
    fault(SYS_renameat2, EIO);
#ifdef SYS_rename
    fault(SYS_rename, EIO);
#endif
    HOLDS(refused(fsio_rename(scratch("d/old"), scratch("d/new"), &err), ERR_IO));
    HOLDS(refused(fsio_replace(scratch("d/old"), "new", 3, 0600, &err), ERR_IO));
    HOLDS(holds("d/old", "old"));
    HOLDS(entries("d", 1));
    return 0;
}

static int folders_fail(void)
{
    struct fsio_names names;

    fault(SYS_mkdirat, EACCES);
#ifdef SYS_mkdir
    fault(SYS_mkdir, EACCES);
#endif
    HOLDS(refused(fsio_make_dir(scratch("d/below"), 0700, &err), ERR_IO));
    fault(SYS_getdents64, EIO);
    HOLDS(refused(fsio_list(scratch("d"), 100, &names, &err), ERR_IO));
    return 0;
}

static int lock_fails(void)
{
    fault(SYS_flock, ENOLCK);
    HOLDS(fsio_lock_take(scratch("d/lock"), &err) == NULL && err.code == ERR_IO);
    HOLDS(fsio_lock_take(scratch("d/no/lock"), &err) == NULL && err.code == ERR_IO_ABSENT);
    return 0;
}

/* --- a target: opened, and staged where the case begins behind that --- */

static struct fsio_target *target(void)
{
    return fsio_write_new(scratch("d/web.config"), "old", 3, 0640, &err)
               ? fsio_target_open(scratch("d/web.config"), 100, &err)
               : NULL;
}

/* Whether staging is refused with this code, and leaves nothing. */
static bool stage_refused(struct fsio_target *t, enum err_code code)
{
    return t != NULL && refused(fsio_target_stage(t, scratch("s/1"), "new", 3, &err), code) &&
           holds("d/web.config", "old") && entries("s", 0);
}

/* Staging that a failing call refuses. */
static int stage_fails(long call, int errnum, enum err_code code)
{
    struct fsio_target *t = target();

    fault(call, errnum);
    HOLDS(stage_refused(t, code));
    fsio_target_close(t);
    return 0;
}

static int exchange_is_unknown(void)
{
    return stage_fails(SYS_renameat2, EINVAL, ERR_TARGET_VOLUME);
}

static int exchange_fails_when_staging(void)
{
    return stage_fails(SYS_renameat2, EIO, ERR_IO);
}

/* What it was tried with must not be left behind unsaid. */
static int probe_stays(void)
{
    struct fsio_target *t = target();

    HOLDS(t != NULL);
    fault(SYS_unlink, EIO);
    HOLDS(refused(fsio_target_stage(t, scratch("s/1"), "new", 3, &err), ERR_IO));
    HOLDS(strstr(err.text, "s/1.x: cannot be removed") != NULL);
    fsio_target_close(t);
    return 0;
}

static int owner_cannot_be_kept(void)
{
    return stage_fails(SYS_fchown, EPERM, ERR_TARGET_ACCESS);
}

static int mode_cannot_be_kept(void)
{
    return stage_fails(SYS_fchmod, EPERM, ERR_TARGET_ACCESS);
}

static int attributes_cannot_be_read(void)
{
    return stage_fails(SYS_flistxattr, EIO, ERR_IO);
}

static int staged_bytes_cannot_be_written(void)
{
    return stage_fails(SYS_write, ENOSPC, ERR_IO_FULL);
}

static int staged_bytes_cannot_be_flushed(void)
{
    return stage_fails(SYS_fsync, EIO, ERR_IO);
}

static int staged_file_cannot_be_looked_at(void)
{
    return stage_fails(SYS_statx, EIO, ERR_IO);
}

static int attribute_cannot_be_set(void)
{
    struct fsio_target *t = target();

    if (setxattr(scratch("d/web.config"), "user.note", "kept", 4, 0) != 0) {
        fsio_target_close(t);
        return FAULT_NONE_HERE;
    }
    fault(SYS_fsetxattr, EPERM);
    HOLDS(stage_refused(t, ERR_TARGET_ACCESS));
    HOLDS(strstr(err.text, "user.note") != NULL);
    fsio_target_close(t);
    return 0;
}

static int swap_fails(int errnum, enum err_code code)
{
    struct fsio_target *t = target();

    HOLDS(t != NULL && fsio_target_stage(t, scratch("s/1"), "new", 3, &err));
    fault(SYS_renameat2, errnum);
    HOLDS(refused(fsio_target_swap(t, scratch("s/1"), "old", 3, &err), code));
    HOLDS(holds("d/web.config", "old") && holds("s/1", "new"));
    fsio_target_close(t);
    return 0;
}

static int swap_is_forbidden(void)
{
    return swap_fails(EPERM, ERR_TARGET_ACCESS);
}

static int swap_is_unknown(void)
{
    return swap_fails(EXDEV, ERR_TARGET_VOLUME);
}

static int swap_breaks(void)
{
    return swap_fails(EIO, ERR_IO);
}

static int swap_cannot_be_flushed(void)
{
    struct fsio_target *t = target();

    HOLDS(t != NULL && fsio_target_stage(t, scratch("s/1"), "new", 3, &err));
    fault(SYS_fsync, EIO);
    HOLDS(refused(fsio_target_swap(t, scratch("s/1"), "old", 3, &err), ERR_UNFINISHED));
    HOLDS(holds("d/web.config", "new") && holds("s/1", "old"));
    fsio_target_close(t);
    return 0;
}

static int leases_are_unknown(void)
{
    struct fsio_target *t = target();

    HOLDS(t != NULL && fsio_target_stage(t, scratch("s/1"), "new", 3, &err));
    fault(SYS_fcntl, EINVAL);
    HOLDS(fsio_target_swap(t, scratch("s/1"), "old", 3, &err));
    HOLDS(holds("d/web.config", "new") && holds("s/1", "old"));
    fsio_target_close(t);
    return 0;
}

/* --- */

static const struct {
    const char *name;
    int (*check)(void);
} cases[] = {
#define CASE(name)                                                                                 \
    {                                                                                              \
#name, name                                                                                \
    }
    CASE(flush_fails),
    CASE(folder_is_no_thing_to_flush),
    CASE(mode_fails),
    CASE(volume_knows_no_modes),
    CASE(write_fails),
    CASE(read_fails),
    CASE(new_names_by_link),
    CASE(new_names_by_a_look),
    CASE(new_names_fail),
    CASE(names_fail),
    CASE(folders_fail),
    CASE(lock_fails),
    CASE(exchange_is_unknown),
    CASE(exchange_fails_when_staging),
    CASE(probe_stays),
    CASE(owner_cannot_be_kept),
    CASE(mode_cannot_be_kept),
    CASE(attributes_cannot_be_read),
    CASE(staged_bytes_cannot_be_written),
    CASE(staged_bytes_cannot_be_flushed),
    CASE(staged_file_cannot_be_looked_at),
    CASE(attribute_cannot_be_set),
    CASE(swap_is_forbidden),
    CASE(swap_is_unknown),
    CASE(swap_breaks),
    CASE(swap_cannot_be_flushed),
    CASE(leases_are_unknown),
};

static void each_failure_is_told_and_cleaned_up(void **state)
{
    size_t ran = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status;

        scratch_empty(scratch_dir);
        assert_true(fsio_make_dir(scratch("d"), 0700, &err) &&
                    fsio_make_dir(scratch("s"), 0700, &err));
        status = fault_run(cases[i].check);
        if (status == FAULT_NONE_HERE) {
            print_message("SKIP: %s: no filters, or no attributes, here\n", cases[i].name);
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
        cmocka_unit_test(each_failure_is_told_and_cleaned_up),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
