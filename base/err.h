/* SPDX-License-Identifier: MIT */
/*
 * The one error value: a reason that scripts can rely on, and a sentence for a person.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

/* Marks a function whose result says whether it failed. */
#define MUST_USE __attribute__((warn_unused_result))
/* Where the system's own printf has another grammar, the build names the one that is used. */
#ifndef PRINTF_GRAMMAR
#define PRINTF_GRAMMAR printf
#endif
#define PRINTF_LIKE(fmt, args) __attribute__((format(PRINTF_GRAMMAR, fmt, args)))

enum err_code {
    ERR_NONE = 0,
#define ERR_REASON(name, id, exit_code) ERR_##name,
#include "base/err_reasons.h"
#undef ERR_REASON
    ERR_CODE_COUNT
};

/* Bytes of the longest message, its final NUL included; longer ones end in "...". */
#define ERR_TEXT_SIZE 2048

/* Owned by the caller, passed last, never allocated. Start with `struct err err = {0};`. */
struct err {
    enum err_code code;
    char text[ERR_TEXT_SIZE];
};

/*
 * Sets code and text, replacing what was there, and returns false so that a function can
 * `return err_set(...)`. Whatever stands in the arguments, the stored text is valid UTF-8 with no
 * control, bidi or zero-width character: such bytes become \xNN. `err` may be NULL.
 */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "<context>: " in front of the text: file, then place, then field. Keeps the code. */
void err_context(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Sets ERR_IO (or ERR_IO_ABSENT for ENOENT/ENOTDIR, ERR_IO_EXISTS for EEXIST, ERR_IO_FULL for
 * ENOSPC/EDQUOT) with "<what>: <strerror(errnum)>". Returns false.
 */
bool err_io(struct err *err, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Sets ERR_MEMORY. Returns false. */
bool err_memory(struct err *err);

/* The stable reason id ("signature.form"); "none" for ERR_NONE. Static storage. */
const char *err_reason(enum err_code code);

/* The exit code of the program for this reason; 0 for ERR_NONE. */
int err_exit(enum err_code code);

#endif
