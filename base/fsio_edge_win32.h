/* SPDX-License-Identifier: MIT */
/*
 * What the *_win32.c share: UTF-16 and error numbers of Windows on one side, UTF-8 and our reasons
 * on the other. Nobody else includes it. Handles are void pointers, so that it compiles anywhere.
 */
#ifndef BASE_FSIO_EDGE_WIN32_H
#define BASE_FSIO_EDGE_WIN32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* UTF-16 of `text` and back, malloc'd, owned by the caller. NULL: no UTF-8 or no UTF-16 (ERR_IO),
 * ERR_MEMORY. */
wchar_t *fsio_edge_wide(const char *text, struct err *err) MUST_USE;
char *fsio_edge_text(const wchar_t *wide, struct err *err) MUST_USE;

/*
 * The absolute form of `path` for system calls, with \\?\ in front, so that it may be longer than
 * 260 characters; malloc'd. ERR_IO_KIND: names a device (NUL, \\.\...) or a stream of a file
 * (name:stream). ERR_IO_ABSENT: empty.
 */
wchar_t *fsio_edge_path(const char *path, struct err *err) MUST_USE;

/* A path as the system gives it, without the \\?\ in front; malloc'd. */
char *fsio_edge_shown(const wchar_t *path, struct err *err) MUST_USE;

/* As err_io, with a number of GetLastError(). Returns false. */
bool fsio_edge_failed(struct err *err, unsigned long code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The words for such a number, as in the text above; `out` is returned. */
#define FSIO_EDGE_WHY_SIZE 96
const char *fsio_edge_why(unsigned long code, char out[static FSIO_EDGE_WHY_SIZE]);

/*
 * Others (a virus scanner, a backup, IIS) hold files for moments: whether `code` is worth another
 * try, after a pause, until about three seconds have passed. Start with *tries = 0.
 */
bool fsio_edge_again(unsigned long code, unsigned *tries);

/* The same for a call that replaces or removes a name, where "access denied" may mean that too. */
bool fsio_edge_again_name(unsigned long code, unsigned *tries);

/*
 * Opens a file or a folder as it stands, following no link, while others may do what they like with
 * it but for what `share` (FILE_SHARE_*) leaves out. NULL: *code says why.
 */
void *fsio_edge_open(const wchar_t *path, unsigned long access, unsigned long share,
                     unsigned long *code) MUST_USE;

enum fsio_edge_kind { FSIO_EDGE_FILE, FSIO_EDGE_FOLDER, FSIO_EDGE_LINK, FSIO_EDGE_OTHER };

/* What is open there; links are symbolic links and junctions, not files that are only stored in
 * another way. False: *code says why. */
bool fsio_edge_what(void *handle, enum fsio_edge_kind *kind, unsigned long *code) MUST_USE;

/* What makes a file one file: its volume's number and its own. */
struct fsio_edge_id {
    uint32_t volume;
    uint64_t file, size;
    unsigned long links, attributes;
};
bool fsio_edge_id(void *handle, struct fsio_edge_id *id, unsigned long *code) MUST_USE;

/* Reads all of the open file from its start: `len` bytes and no more, else false with *code 0. */
bool fsio_edge_read(void *handle, void *bytes, size_t len, unsigned long *code) MUST_USE;
bool fsio_edge_write(void *handle, const void *bytes, size_t len, unsigned long *code) MUST_USE;

/*
 * Which other programs have the file open: "w3wp.exe (process 4711), ..."; "" if none is known. It
 * takes a while. `out` is returned.
 */
#define FSIO_EDGE_HOLDERS_SIZE 1024
const char *fsio_edge_holders(const wchar_t *path, char out[static FSIO_EDGE_HOLDERS_SIZE]);

/*
 * A security descriptor for what only Administrators, SYSTEM and, unless it is one of the former,
 * the account that runs this program may enter. For a folder it passes on to all that is made in
 * it. Free with LocalFree.
 */
void *fsio_edge_private(bool folder, struct err *err) MUST_USE;

/*
 * Whether what is open (with READ_CONTROL) belongs to this account, or to Administrators if it is
 * one of them: to them belongs what an administrator makes. False also when that cannot be found
 * out.
 */
bool fsio_edge_is_own(void *handle) MUST_USE;

#endif
