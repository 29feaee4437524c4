/* SPDX-License-Identifier: MIT */
/*
 * The one interface to files: capped reads that refuse what is no plain file, atomic writes that
 * are flushed with their folder, locks, and the exchange of a production file.
 *
 * Paths are UTF-8. Every failure is ERR_IO* unless said otherwise, with the path in the text.
 */
#ifndef BASE_FSIO_H
#define BASE_FSIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* --- whole small files --- */

enum fsio_kind { FSIO_ABSENT, FSIO_FILE, FSIO_DIR, FSIO_LINK, FSIO_OTHER };

/* What stands at `path`, without following a last link. FSIO_ABSENT also when a parent is absent.
 */
bool fsio_kind(const char *path, enum fsio_kind *kind, struct err *err) MUST_USE;

/*
 * Reads a whole regular file of at most `max` bytes into `out` (which must allow `max`). A link as
 * last component, FIFO, device, folder: ERR_IO_KIND, without blocking. Larger, or growing while it
 * is read: ERR_IO_LIMIT. The content is what one open file gave; on failure `out` is empty.
 */
bool fsio_read_file(const char *path, size_t max, struct buf *out, struct err *err) MUST_USE;

/*
 * Creates a file that must not exist yet (ERR_IO_EXISTS), mode `mode` regardless of umask; file and
 * folder are flushed. On failure nothing is left. On Windows a mode that shuts others out becomes
 * an access list with SYSTEM, Administrators and, unless it is one of them, the account that runs
 * this program; every other mode takes the list that the folder passes on. The same for folders.
 */
bool fsio_write_new(const char *path, const void *bytes, size_t len, unsigned mode,
                    struct err *err) MUST_USE;

/* The same, replacing an older file atomically: at every instant the old or the new one. */
bool fsio_replace(const char *path, const void *bytes, size_t len, unsigned mode,
                  struct err *err) MUST_USE;

/* Appends to a file (made with `mode` regardless of umask if absent, the folder then flushed too)
 * in one write and flushes it: logs and records. A link: ERR_IO_KIND. */
bool fsio_append(const char *path, const void *bytes, size_t len, unsigned mode,
                 struct err *err) MUST_USE;

/* Renames within one folder or volume, replacing, and flushes both folders. */
bool fsio_rename(const char *from, const char *to, struct err *err) MUST_USE;

/* Removes a file; an absent one is no error. Flushes the folder. */
bool fsio_remove(const char *path, struct err *err) MUST_USE;

/* Makes a folder (parent must exist) with `mode`; one that is there already is no error. */
bool fsio_make_dir(const char *path, unsigned mode, struct err *err) MUST_USE;

/* Flushes the entries of a folder, or of the folder that `path` stands in. */
bool fsio_sync_dir(const char *path, struct err *err) MUST_USE;
bool fsio_sync_parent(const char *path, struct err *err) MUST_USE;

/* Sorted names of a folder's entries without "." and "..", at most `max` (ERR_IO_LIMIT beyond). */
struct fsio_names {
    char **names;
    size_t count;
};
bool fsio_list(const char *dir, size_t max, struct fsio_names *out, struct err *err) MUST_USE;
void fsio_names_release(struct fsio_names *names);

/* Absolute form of `path` with links resolved; malloc'd, owned by the caller. NULL on failure. */
char *fsio_real_path(const char *path, struct err *err) MUST_USE;

/*
 * "dir/name" in a new string, owned by the caller; NULL only without memory (ERR_MEMORY). On
 * Windows "dir\name", and every slash of `name` becomes a backslash.
 */
char *fsio_join(const char *dir, const char *name, struct err *err) MUST_USE;

/* The folder part of a path ("." if none), new string, owned by the caller. */
char *fsio_parent(const char *path, struct err *err) MUST_USE;

/* The last name of a path, within `path`: all behind its last slash. */
const char *fsio_name(const char *path);

/* Length of `path` without the slashes at its end; that of a root stays. */
size_t fsio_trimmed(const char *path);

/* Whether a path leads to one place wherever it is read: from / on; on Windows from the drive or
 * share on. The words for messages say which, as in "give an absolute path, %s". */
bool fsio_is_absolute(const char *path);
const char *fsio_absolute_words(void);

/* Whether `path` is `dir` or lies below it; both as fsio_real_path gives them. */
bool fsio_is_within(const char *path, const char *dir);

/* The folder for what a site keeps: /var/lib/pinferry; on Windows Pinferry in the folder that the
 * system has for data of programs (C:\ProgramData). Static storage. */
const char *fsio_site_home(void);

/* Whether only the owner can read or write it (mode & 077 == 0; on Windows the account that runs
 * this program, Administrators and SYSTEM): private keys and secrets. */
bool fsio_is_private(const char *path, bool *is_private, struct err *err) MUST_USE;

/* The command by which a person makes it so, to be shown; `mode` 0600 or 0700. Returns `out`. */
#define FSIO_REMEDY_SIZE 1200
const char *fsio_remedy(const char *path, unsigned mode, char out[static FSIO_REMEDY_SIZE]);

/*
 * ERR_STATE_ACCESS unless the folder is owned by root or by the account that runs this program,
 * nobody else can write it, and no parent lets another account delete, rename or re-own its entry
 * (a sticky, root-owned parent is fine). That holds for each folder and link that the system passes
 * on its way there, not only for the folder that the path leads to now. On Windows: owned by
 * Administrators, SYSTEM or that account, whose access list lets nobody else write, delete it or
 * what is in it, or change list and owner, and no link on the way. The text names the offending
 * folder and the remedy.
 */
bool fsio_check_protected(const char *dir, struct err *err) MUST_USE;

/* Whether two existing paths lie on one volume, so that a rename between them is atomic. */
bool fsio_same_volume(const char *a, const char *b, bool *same, struct err *err) MUST_USE;

/* The topmost folder of the volume that holds `path` (its mount point); new string, owned by the
 * caller. */
char *fsio_volume_root(const char *path, struct err *err) MUST_USE;

/* --- streams --- */

/* A file read once, front to back. Opened as fsio_read_file does; NULL on failure. */
struct fsio_file;
struct fsio_file *fsio_open(const char *path, struct err *err) MUST_USE;
/* Reads up to `len` bytes, short only at the end; *got = 0 at the end. */
bool fsio_read(struct fsio_file *file, void *bytes, size_t len, size_t *got,
               struct err *err) MUST_USE;
/* The next read is of the last byte; of a file that is not empty. */
bool fsio_go_to_last(struct fsio_file *file, struct err *err) MUST_USE;
uint64_t fsio_size(const struct fsio_file *file); /* as it was when it was opened */
void fsio_close(struct fsio_file *file);          /* NULL is legal */

/*
 * A file that gets its name only when it is complete. Written under a temporary name beside `path`;
 * `fsio_commit` flushes it, renames it (replacing only if `replace`, else ERR_IO_EXISTS) and
 * flushes the folder. `fsio_discard` leaves nothing. Each ends the object; NULL is legal for
 * discard.
 */
struct fsio_out;
struct fsio_out *fsio_create(const char *path, unsigned mode, struct err *err) MUST_USE;
bool fsio_write(struct fsio_out *out, const void *bytes, size_t len, struct err *err) MUST_USE;
bool fsio_commit(struct fsio_out *out, bool replace, struct err *err) MUST_USE;
void fsio_discard(struct fsio_out *out);

/*
 * Removes from a folder what writers that were killed left under such temporary names: regular
 * files of this account with no other name, which no living writer holds. Nothing is told: what
 * cannot be removed stays, and hinders nobody.
 */
void fsio_sweep(const char *dir);

/* Opens what was written so far for reading, before it has its name; NULL on failure. */
struct fsio_file *fsio_reread(const struct fsio_out *out, struct err *err) MUST_USE;

/* --- lock --- */

/* An exclusive lock on `path` (made if absent, mode 0600), kept until released or the process ends.
 * Held by another process: ERR_LOCKED at once. */
struct fsio_lock;
struct fsio_lock *fsio_lock_take(const char *path, struct err *err) MUST_USE;
void fsio_lock_release(struct fsio_lock *lock); /* NULL is legal */

/* --- a production file --- */

/*
 * A target held open: its folder and the file, opened without following any link
 * (openat2 RESOLVE_NO_SYMLINKS on Linux, no reparse point on Windows). Refused: a link anywhere in
 * the path (ERR_TARGET_LINK), link count over 1 (ERR_TARGET_LINK), no regular file
 * (ERR_TARGET_FILE), network volume (ERR_TARGET_VOLUME; whether a volume can exchange files shows
 * when staging; on Windows also one without access lists), over `max` bytes (ERR_TARGET_SIZE),
 * absent (ERR_IO_ABSENT), access denied (ERR_TARGET_ACCESS), replaced at that moment (ERR_CHANGED).
 */
struct fsio_target;
struct fsio_target *fsio_target_open(const char *path, size_t max, struct err *err) MUST_USE;
void fsio_target_close(struct fsio_target *target); /* NULL is legal */

/*
 * The same for a file below the folder that `beside` stands in: from that folder as it was opened,
 * and never out of it (openat2 RESOLVE_BENEATH on Linux). `relative` is one or more names joined by
 * '/'; an empty one, "." or "..": ERR_TARGET_LINK.
 */
struct fsio_target *fsio_target_open_beside(const struct fsio_target *beside, const char *relative,
                                            size_t max, struct err *err) MUST_USE;
const char *fsio_target_path(const struct fsio_target *target);

/* Whether two paths led to one file. */
bool fsio_target_same(const struct fsio_target *a, const struct fsio_target *b);

/* The bytes of the file that was opened; ERR_CHANGED when it grew or shrank since. */
bool fsio_target_read(struct fsio_target *target, struct buf *out, struct err *err) MUST_USE;

/* Whether this account may replace it: file and folder writable, neither immutable nor append-only,
 * the folder not sticky for others; ERR_TARGET_ACCESS if not. */
bool fsio_target_writable(struct fsio_target *target, struct err *err) MUST_USE;

/*
 * Writes `bytes` as a new file at `staged` (which must lie on the target's volume and not exist)
 * with the target's mode, owner, extended attributes and ACL, and no others; flushes it and its
 * folder, reads all back and compares. ERR_TARGET_ACCESS when the metadata cannot be kept,
 * ERR_TARGET_VOLUME when it lies on another volume or mount or the volume cannot exchange files
 * (tried with a file of its own, `staged` with ".x" behind it). On failure nothing is left.
 */
bool fsio_target_stage(struct fsio_target *target, const char *staged, const void *bytes,
                       size_t len, struct err *err) MUST_USE;

/* Gives a file that was staged earlier the metadata that the target has now, flushed. Errors as
 * fsio_target_stage; the staged file stays. */
bool fsio_target_restage(struct fsio_target *target, const char *staged, struct err *err) MUST_USE;

/*
 * Exchanges the staged file with the target atomically and flushes both folders. Then the displaced
 * file, now at `staged`, must hold exactly `old` bytes, be the file that was opened, with owner and
 * mode as they were then, and nobody may have it open for writing (by a read lease, fcntl(2): what
 * was written there later would be lost); otherwise the two are exchanged back and ERR_CHANGED is
 * returned. Of a second change between the two exchanges the newest stays in the target, the one
 * before it at `staged` (ERR_UNFINISHED). After success the displaced file stays at `staged` for
 * the caller to remove. When the outcome is uncertain the error is ERR_UNFINISHED.
 * ERR_TARGET_ACCESS when it may not be replaced.
 *
 * Windows exchanges no two names: there the same is looked at first, with the target held so that
 * nobody can write to it, and then the staged file is renamed over it; `staged` is gone afterwards.
 * A target that others hold open against that is tried for about three seconds (ERR_CHANGED).
 */
bool fsio_target_swap(struct fsio_target *target, const char *staged, const void *old,
                      size_t old_len, struct err *err) MUST_USE;

#endif
