/* SPDX-License-Identifier: MIT */
/*
 * Files with keys: which kind of file it is, PEM blocks, and lines of hex.
 */
#include "keys/pinfile.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/pinfile_der.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_END "-----END "
#define PEM_DASHES "-----"
#define LABEL_SIZE 64
#define KEY_DIGITS_MIN 64 /* a line of at least as many hex digits is meant as a key */

/* A line, without its end and the white space around it. */
struct line {
    const char *text;
    size_t len;
    const char *start, *next; /* the whole line, and what follows it */
    size_t number;
};

/* `line` must be zero at first, with `next` at the start of the text. */
static bool next_line(struct line *line, const char *end)
{
    const char *lf;

    if (line->next == end) {
        return false;
    }
    line->start = line->next;
    lf = memchr(line->start, '\n', (size_t)(end - line->start));
    line->next = lf == NULL ? end : lf + 1;
    line->number++;
    line->text = line->start;
    line->len = (size_t)((lf == NULL ? end : lf) - line->start);
    while (line->len > 0 && memchr(" \t\r\f", line->text[line->len - 1], 4) != NULL) {
        line->len--;
    }
    while (line->len > 0 && memchr(" \t\f", line->text[0], 3) != NULL) {
        line->text++;
        line->len--;
    }
    return true;
}

static bool starts_with(const struct line *line, const char *prefix)
{
    return line->len >= strlen(prefix) && memcmp(line->text, prefix, strlen(prefix)) == 0;
}

static size_t hex_digits(const struct line *line)
{
    size_t n = 0;

    while (n < line->len && strchr("0123456789abcdefABCDEF", line->text[n]) != NULL) {
        n++;
    }
    return n;
}

/* --- hex --- */

/* Takes the white space at *at; whether there was any. */
static bool take_space(const char **at, const char *end)
{
    const char *from = *at;

    while (*at < end && (**at == ' ' || **at == '\t')) {
        ++*at;
    }
    return *at > from;
}

static bool take(const char **at, const char *end, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0) {
        return false;
    }
    *at += len;
    return true;
}

/* <pinnedCertificate publicKeyString="HEX" /> and nothing else: fills where its HEX stands. */
static bool take_element(const struct line *line, const char **hex, size_t *len)
{
    const char *at = line->text, *end = line->text + line->len, *quote;

    if (!take(&at, end, "<pinnedCertificate") || !take_space(&at, end) ||
        !take(&at, end, "publicKeyString")) {
        return false;
    }
    take_space(&at, end);
    if (!take(&at, end, "=")) {
        return false;
    }
    take_space(&at, end);
    if (at == end || (*at != '"' && *at != '\'')) {
        return false;
    }
    quote = memchr(at + 1, *at, (size_t)(end - at - 1));
    if (quote == NULL) {
        return false;
    }
    *hex = at + 1;
    *len = (size_t)(quote - at - 1);
    at = quote + 1;
    take_space(&at, end);
    return take(&at, end, "/>") && at == end;
}

static bool read_hex_line(struct pinfile *file, const struct line *line, struct err *err)
{
    struct pinfile_entry entry = {.form = PINFILE_HEX, .line = line->number};
    const char *hex = line->text;
    size_t len = line->len;

    if (line->text[0] == '<') {
        if (!take_element(line, &hex, &len)) {
            return err_set(err, ERR_PIN_FORM,
                           "a line of markup must be a whole <pinnedCertificate "
                           "publicKeyString=\"...\" />; a whole web.config is read by --config");
        }
    } else if (hex_digits(line) < (len < 8 ? len : 8)) {
        return err_set(err, ERR_PIN_FORM,
                       "this is neither a key in hex nor a comment; one key a line is expected, "
                       "comments begin with #");
    }
    return pin_from_hex(&entry.pin, hex, len, err) && pinfile_der_append(file, &entry, err);
}

static bool read_hex(struct pinfile *file, const char *text, const char *end, struct err *err)
{
    struct line line = {.next = text};

    while (next_line(&line, end)) {
        if (line.len > 0 && line.text[0] != '#' && !read_hex_line(file, &line, err)) {
            err_context(err, "line %zu", line.number);
            return false;
        }
    }
    return true;
}

/* --- PEM --- */

static const struct {
    const char *label;
    bool (*read)(struct pinfile *file, const uint8_t *der, size_t len, size_t line,
                 struct err *err);
} blocks[] = {
    {"CERTIFICATE", pinfile_der_certificate},
    {"X509 CERTIFICATE", pinfile_der_certificate},
    {"PKCS7", pinfile_der_pkcs7},
    {"CMS", pinfile_der_pkcs7},
    {"PUBLIC KEY", pinfile_der_spki},
    {"RSA PUBLIC KEY", pinfile_der_pkcs1},
};

/* The label of a line "-----BEGIN LABEL-----", else false. */
static bool take_label(const struct line *line, char label[static LABEL_SIZE])
{
    size_t around = strlen(PEM_BEGIN) + strlen(PEM_DASHES);
    size_t len = line->len - around;

    if (!starts_with(line, PEM_BEGIN) || line->len < around || len >= LABEL_SIZE ||
        memcmp(line->text + line->len - strlen(PEM_DASHES), PEM_DASHES, strlen(PEM_DASHES)) != 0) {
        return false;
    }
    memcpy(label, line->text + strlen(PEM_BEGIN), len);
    label[len] = '\0';
    return true;
}

/* Goes on to the block's last line. */
static bool find_end(struct line *line, const char *end, const char *label)
{
    while (next_line(line, end)) {
        const char *at = line->text, *stop = line->text + line->len;

        if (take(&at, stop, PEM_END)) {
            return take(&at, stop, label) && take(&at, stop, PEM_DASHES) && at == stop;
        }
        if (starts_with(line, PEM_BEGIN)) {
            return false;
        }
    }
    return false;
}

static bool decode_block(struct pinfile *file, size_t kind, const char *text, size_t len,
                         size_t number, struct err *err)
{
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long der_len = 0;
    bool ok = bio != NULL && PEM_read_bio(bio, &label, &header, &der, &der_len) == 1 &&
              header[0] == '\0' && strcmp(label, blocks[kind].label) == 0;

    if (!ok) {
        crypto_fail(err, ERR_PIN_FORM, "the PEM block is damaged; export it again");
    }
    ok = ok && blocks[kind].read(file, der, (size_t)der_len, number, err);
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return ok;
}

/* `line` is the block's first; afterwards its last. */
static bool read_block(struct pinfile *file, struct line *line, const char *end, struct err *err)
{
    const struct line first = *line;
    char label[LABEL_SIZE];

    if (!take_label(line, label)) {
        return err_set(err, ERR_PIN_FORM, "this line of a PEM block is damaged");
    }
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (strcmp(label, blocks[i].label) != 0) {
            continue;
        }
        if (!find_end(line, end, label)) {
            return err_set(err, ERR_PIN_FORM,
                           "the PEM block %s that begins here does not end; copy it whole", label);
        }
        return decode_block(file, i, first.start, (size_t)(line->next - first.start), first.number,
                            err);
    }
    return err_set(err, ERR_PIN_FORM,
                   "a PEM block %s holds no pin; certificates, PKCS#7 and public keys are read",
                   label);
}

/* Between blocks stands what tools print for people; a key among it must not be lost in silence. */
static bool is_lost_key(const struct line *line)
{
    return starts_with(line, "<pinnedCertificate") || hex_digits(line) >= KEY_DIGITS_MIN;
}

/* Wherever it stands: this is what the person must be told first. */
static bool refuse_private(const char *text, const char *end, struct err *err)
{
    struct line line = {.next = text};
    char label[LABEL_SIZE];

    while (next_line(&line, end)) {
        if (take_label(&line, label) && strstr(label, "PRIVATE KEY") != NULL) {
            pinfile_der_private("a private key", err);
            err_context(err, "line %zu", line.number);
            return false;
        }
    }
    return true;
}

static bool read_pem(struct pinfile *file, const char *text, const char *end, struct err *err)
{
    struct line line = {.next = text};

    if (!refuse_private(text, end, err)) {
        return false;
    }
    while (next_line(&line, end)) {
        size_t number = line.number;
        bool ok = true;

        if (starts_with(&line, PEM_BEGIN)) {
            ok = read_block(file, &line, end, err);
        } else if (is_lost_key(&line)) {
            ok = err_set(err, ERR_PIN_FORM,
                         "a key in hex among PEM blocks; give keys in hex a file of their own");
        }
        if (!ok) {
            err_context(err, "line %zu", number);
            return false;
        }
    }
    return true;
}

/* --- whichever it is --- */

/* DER of a key or certificate always holds control bytes, text never does. */
static bool is_text(const char *text, const char *end)
{
    for (; text < end; text++) {
        if (((unsigned char)*text < 0x20 && memchr("\t\n\r\f", *text, 4) == NULL) ||
            *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool has_pem(const char *text, const char *end)
{
    struct line line = {.next = text};

    while (next_line(&line, end)) {
        if (starts_with(&line, PEM_BEGIN)) {
            return true;
        }
    }
    return false;
}

static bool read_any(struct pinfile *file, const struct buf *bytes, struct err *err)
{
    const char *text = buf_text(bytes), *end = text + bytes->len;

    if (bytes->len > LIMIT_KEY_FILE_BYTES) {
        return err_set(err, ERR_IO_LIMIT, "the file has more than %zu bytes", LIMIT_KEY_FILE_BYTES);
    }
    if (bytes->len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0)) {
        return err_set(err, ERR_PIN_FORM, "the file is UTF-16 text; save it as UTF-8");
    }
    if (bytes->len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
    }
    if (!is_text(text, end)) {
        return pinfile_der_any(file, bytes->data, bytes->len, err);
    }
    if (has_pem(text, end)) {
        return read_pem(file, text, end, err);
    }
    return read_hex(file, text, end, err) &&
           (file->count > 0 || err_set(err, ERR_PIN_FORM, "the file holds no key"));
}

void pinfile_init(struct pinfile *file)
{
    file->entries = NULL;
    file->count = 0;
}

void pinfile_release(struct pinfile *file)
{
    free(file->entries);
    pinfile_init(file);
}

bool pinfile_read(struct pinfile *out, const struct buf *bytes, const char *name, struct err *err)
{
    struct pinfile file;

    pinfile_init(&file);
    if (!read_any(&file, bytes, err)) {
        err_context(err, "%s", name);
        pinfile_release(&file);
        return false;
    }
    pinfile_release(out);
    *out = file;
    return true;
}
