/* SPDX-License-Identifier: MIT */
/*
 * Where the passphrase of a signing key comes from: a file, the environment, a person.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/tty.h"
#include "keys/signkey.h"

static bool add(struct buf *out, const char *text, size_t len, struct err *err)
{
    if (len > LIMIT_PASSPHRASE_BYTES) {
        return err_set(err, ERR_CONFIG_KEY, "the passphrase has %zu bytes; at most %zu are allowed",
                       len, LIMIT_PASSPHRASE_BYTES);
    }
    if (len == 0) {
        return err_set(err, ERR_CONFIG_KEY, "the passphrase is empty");
    }
    return buf_add(out, text, len, err);
}

bool signkey_passphrase_file(const char *path, struct buf *out, struct err *err)
{
    struct buf file;
    bool ok = false;
    size_t len;

    buf_init_secret(&file, LIMIT_KEY_FILE_BYTES);
    if (signkey_read_private(path, &file, err)) {
        const char *text = buf_text(&file);
        const char *end = memchr(text, '\n', file.len);

        len = end == NULL ? file.len : (size_t)(end - text);
        if (len > 0 && text[len - 1] == '\r') {
            len--;
        }
        /* A file of zeros or of UTF-16 is no passphrase: nobody could type it. */
        ok = memchr(text, '\0', len) == NULL
                 ? add(out, text, len, err)
                 : err_set(err, ERR_CONFIG_KEY, "the passphrase holds a zero byte");
        if (!ok) {
            err_context(err, "%s: its first line must be the passphrase", path);
        }
    }
    buf_release(&file);
    return ok;
}

bool signkey_passphrase_env(struct buf *out, bool *found, struct err *err)
{
    const char *value = getenv("PINFERRY_PASSPHRASE");
    bool is_set = value != NULL && value[0] != '\0';

    if (is_set && !add(out, value, strlen(value), err)) {
        err_context(err, "PINFERRY_PASSPHRASE");
        return false;
    }
    *found = is_set;
    return true;
}

static bool ask(const char *prompt, struct buf *out, struct err *err)
{
    struct err why = {0};

    if (tty_ask_secret(prompt, out, &why)) {
        return true;
    }
    if (why.code == ERR_IO_ABSENT) {
        return err_set(err, ERR_USAGE,
                       "a passphrase is needed and there is no terminal to ask for it: give "
                       "--passphrase-file FILE or set PINFERRY_PASSPHRASE");
    }
    if (why.code == ERR_IO_LIMIT) {
        return err_set(err, ERR_CONFIG_KEY, "a passphrase has at most %zu bytes",
                       LIMIT_PASSPHRASE_BYTES);
    }
    return err_set(err, why.code, "%s", why.text);
}

bool signkey_passphrase_prompt(const char *prompt, bool confirm, struct buf *out, struct err *err)
{
    struct buf first, second;
    bool ok;

    buf_init_secret(&first, LIMIT_PASSPHRASE_BYTES);
    buf_init_secret(&second, LIMIT_PASSPHRASE_BYTES);
    ok = ask(prompt, &first, err) && (!confirm || ask("The same again: ", &second, err));
    if (ok && confirm && !buf_equal(&first, &second)) {
        ok = err_set(err, ERR_CONFIG_KEY, "the two passphrases differ; start again");
    }
    ok = ok && add(out, buf_text(&first), first.len, err);
    buf_release(&first);
    buf_release(&second);
    return ok;
}
