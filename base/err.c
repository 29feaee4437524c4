/* SPDX-License-Identifier: MIT */
/*
 * The one error value.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *id;
    int exit_code;
} reasons[ERR_CODE_COUNT] = {
    {"none", 0},
#define ERR_REASON(name, id, exit_code) {id, exit_code},
#include "base/err_reasons.h"
#undef ERR_REASON
};

/*
 * Formats into `size` bytes and makes harmless; too long ends in "...", behind a whole character.
 * `raw` takes more than any `size`, so that a character which its end cuts is never shown.
 */
static void format_text(char *out, size_t size, const char *fmt, va_list args)
{
    char raw[ERR_TEXT_SIZE + 8];
    int len = vsnprintf(raw, sizeof raw, fmt, args);

    text_shown(out, size, raw, len < 0 ? 0 : strlen(raw));
}

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list args;

    if (err == NULL) {
        return false;
    }
    err->code = code;
    va_start(args, fmt);
    format_text(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return false;
}

void err_context(struct err *err, const char *fmt, ...)
{
    char context[ERR_TEXT_SIZE / 2];
    char old[ERR_TEXT_SIZE];
    va_list args;
    size_t used;

    if (err == NULL) {
        return;
    }
    va_start(args, fmt);
    format_text(context, sizeof context, fmt, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    used = strlen(context);
    memcpy(err->text, context, used);
    memcpy(err->text + used, ": ", 2);
    used += 2;
    text_shown(err->text + used, ERR_TEXT_SIZE - used, old, strlen(old));
}

bool err_io(struct err *err, int errnum, const char *fmt, ...)
{
    enum err_code code = ERR_IO;
    char what[ERR_TEXT_SIZE];
    va_list args;

    if (errnum == ENOENT || errnum == ENOTDIR) {
        code = ERR_IO_ABSENT;
    } else if (errnum == EEXIST) {
        code = ERR_IO_EXISTS;
    } else if (errnum == ENOSPC) {
        code = ERR_IO_FULL;
    }
#ifdef EDQUOT /* not in C or on Windows */
    code = errnum == EDQUOT ? ERR_IO_FULL : code;
#endif
    va_start(args, fmt);
    format_text(what, sizeof what, fmt, args);
    va_end(args);
    return err_set(err, code, "%s: %s", what, strerror(errnum));
}

bool err_memory(struct err *err)
{
    return err_set(err, ERR_MEMORY, "not enough memory");
}

const char *err_reason(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? reasons[code].id : "internal";
}

int err_exit(enum err_code code)
{
    return (unsigned)code < ERR_CODE_COUNT ? reasons[code].exit_code : 1;
}
