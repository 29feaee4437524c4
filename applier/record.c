/* SPDX-License-Identifier: MIT */
/*
 * The log: plain lines, in the words that log checks of ENS sites know.
 */
#include "applier/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "base/fsio.h"
#include "base/text.h"
#include "base/when.h"

#define ADDED "New Certificate Added Successfully"
#define SEARCHING "Error while searching for public key in existing config file"
#define UPDATING "Error occurred while updating config File"
#define GETTING "Exception while getting latest cert from auto discovery"

static const char *const level_names[] = {"INFO", "WARNING", "ERROR"};

/* A power cut or a full disk may have left the beginning of a line, or zeros. */
static bool ends_in_line(struct fsio_file *file, bool *whole, struct err *err)
{
    char last = '\0';
    size_t got;

    if (fsio_size(file) > 0 &&
        (!fsio_go_to_last(file, err) || !fsio_read(file, &last, 1, &got, err))) {
        return false;
    }
    *whole = fsio_size(file) == 0 || last == '\n';
    return true;
}

/* Full logs make way, so that the log is bounded. *whole: what is there ends in a line's end. */
static bool rotate(const char *path, bool *whole, struct err *err)
{
    enum fsio_kind kind;
    struct fsio_file *file;
    bool full, done;
    struct buf old;

    *whole = true;
    if (!fsio_kind(path, &kind, err) || kind == FSIO_ABSENT) {
        return kind == FSIO_ABSENT;
    }
    file = fsio_open(path, err);
    if (file == NULL) {
        return false;
    }
    full = fsio_size(file) >= RECORD_LOG_BYTES;
    done = full || ends_in_line(file, whole, err);
    fsio_close(file);
    if (!full) {
        return done;
    }
    buf_init(&old, LIMIT_LINE_BYTES);
    done = buf_printf(&old, err, "%s.1", path) && fsio_rename(path, buf_text(&old), err);
    buf_release(&old);
    return done;
}

bool record_log(const struct state *state, enum record_level level, struct err *err,
                const char *fmt, ...)
{
    char when[WHEN_TEXT_SIZE], text[ERR_TEXT_SIZE];
    struct err shown = {0};
    char *path = state_path(state, STATE_LOG, err);
    struct buf line;
    va_list args;
    bool whole, done;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    err_set(&shown, ERR_NONE, "%s", text); /* one line, whatever stands in it */
    when_format(when, when_now());
    buf_init(&line, LIMIT_LINE_BYTES);
    done = path != NULL && rotate(path, &whole, err) &&
           buf_printf(&line, err, "%s%s %s %s\n", whole ? "" : "\n", when, level_names[level],
                      shown.text) &&
           fsio_append(path, line.data, line.len, STATE_FILE_MODE, err);
    buf_release(&line);
    free(path);
    return done;
}

static const char *vendor_words(enum err_code code)
{
    switch (err_exit(code)) {
    case 20:
        return code == ERR_CONFIG_FORM ? UPDATING : SEARCHING;
    case 21:
    case 22:
    case 24:
    case 32:
        return UPDATING;
    default:
        return GETTING;
    }
}

void record_refusal(const struct state *state, const struct err *refusal)
{
    struct err unused = {0};

    event_refused(refusal);
    if (!record_log(state, RECORD_ERROR, &unused, "%s: %s (reason %s, exit %d)",
                    vendor_words(refusal->code), refusal->text, err_reason(refusal->code),
                    err_exit(refusal->code))) {
        return;
    }
}

static bool log_pins(const struct state *state, const struct run *run, const char *words,
                     size_t index, const struct run_pin *pins, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        char hex[65];

        text_hex(hex, pins[i].pin.sha256, 32);
        if (!record_log(state, RECORD_INFO, err, "%s: sha256=%s target=%zu run=%llu sequence=%llu",
                        words, hex, index, (unsigned long long)run->number,
                        (unsigned long long)run->bundle.sequence)) {
            return false;
        }
    }
    return true;
}

bool record_pins(const struct state *state, const struct run *run, struct err *err)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct run_target *t = &run->targets[i];

        if (!log_pins(state, run, ADDED, t->index, t->added, t->added_count, err) ||
            !log_pins(state, run, "Certificate removed", t->index, t->removed, t->removed_count,
                      err)) {
            return false;
        }
    }
    return true;
}
