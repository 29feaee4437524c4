/* SPDX-License-Identifier: MIT */
/* Which encoding a web.config is in, and whether its bytes are what they claim to be. */
#include "applier/webconfig_text.h"

#include <string.h>

#include "base/text.h"

#define NAME_MAX_LEN 40 /* of an encoding; the IANA registry's longest is 45, of ours 12 */

/* Declared names, beside utf-8 and us-ascii, of supersets of ASCII with one byte a character. */
static const char *const single_byte[] = {
    "iso-8859-1",   "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",
    "iso-8859-6",   "iso-8859-7",   "iso-8859-8",   "iso-8859-9",   "iso-8859-13",
    "iso-8859-15",  "windows-1250", "windows-1251", "windows-1252", "windows-1253",
    "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
};

/* Values of the XML declaration, lower-cased and cut; "" if absent. */
struct declaration {
    char version[NAME_MAX_LEN + 1];
    char encoding[NAME_MAX_LEN + 1];
};

static bool refuse(const struct webconfig_text *text, size_t offset, const char *what,
                   struct err *err)
{
    size_t line, column;
    webconfig_text_place(text, offset, &line, &column);
    return err_set(
        err, ERR_TARGET_ENCODING,
        "line %zu, column %zu: %s; save the file in the encoding that it declares, or as "
        "UTF-8",
        line, column, what);
}

static bool starts(const struct buf *file, const char *bytes, size_t len)
{
    return file->len >= len && memcmp(file->data, bytes, len) == 0;
}

/* Encoding and width by the first bytes alone. */
static bool open_mark(struct webconfig_text *text, const struct buf *file, struct err *err)
{
    text->width = 1;
    if (starts(file, "\xff\xfe\0\0", 4) || starts(file, "\0\0\xfe\xff", 4))
        return err_set(err, ERR_TARGET_ENCODING, "the file is in UTF-32; save it as UTF-8");
    if (starts(file, "<\0", 2) || starts(file, "\0<", 2))
        return err_set(err, ERR_TARGET_ENCODING,
                       "the file looks like UTF-16 without a byte order mark; save it as UTF-8");
    if (starts(file, "\xff\xfe", 2) || starts(file, "\xfe\xff", 2)) {
        text->encoding = file->data[0] == 0xff ? WEBCONFIG_UTF16LE : WEBCONFIG_UTF16BE;
        text->width = 2;
        text->start = 2;
    } else if (starts(file, "\xef\xbb\xbf", 3)) {
        text->encoding = WEBCONFIG_UTF8;
        text->start = 3;
    }
    text->has_bom = text->start > 0;
    text->body = text->start;
    return true;
}

static bool unit_is_name(unsigned unit)
{
    return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
           (unit >= '0' && unit <= '9') || unit == '-' || unit == '_' || unit == '.' || unit == ':';
}

static size_t skip_space(const struct webconfig_text *text, size_t at)
{
    while (webconfig_text_is_space(webconfig_text_unit(text, at)))
        at += text->width;
    return at;
}

/* Copies the name characters at `at`, lower-cased, cut to what any name we know could need. */
static size_t read_name(const struct webconfig_text *text, size_t at, char name[NAME_MAX_LEN + 1])
{
    size_t len = 0;
    for (unsigned unit; unit_is_name(unit = webconfig_text_unit(text, at)); at += text->width) {
        if (unit >= 'A' && unit <= 'Z')
            unit += 'a' - 'A';
        if (len < NAME_MAX_LEN)
            name[len++] = (char)unit;
    }
    name[len] = '\0';
    return at;
}

/*
 * Reads the XML declaration, if there is one. Stops at anything strange: whether it is well-formed
 * is libxml2's to say.
 */
static void read_declaration(struct webconfig_text *text, struct declaration *out)
{
    size_t at = text->start, width = text->width;
    memset(out, 0, sizeof *out);
    for (const char *p = "<?xml"; *p != '\0'; p++, at += width)
        if (webconfig_text_unit(text, at) != (unsigned char)*p)
            return;
    if (!webconfig_text_is_space(webconfig_text_unit(text, at)))
        return;
    for (;;) {
        char name[NAME_MAX_LEN + 1], value[NAME_MAX_LEN + 1];
        at = skip_space(text, at);
        if (webconfig_text_unit(text, at) == '?' && webconfig_text_unit(text, at + width) == '>') {
            text->body = at + 2 * width;
            return;
        }
        at = skip_space(text, read_name(text, at, name));
        if (name[0] == '\0' || webconfig_text_unit(text, at) != '=')
            return;
        at = skip_space(text, at + width);
        unsigned quote = webconfig_text_unit(text, at);
        if (quote != '"' && quote != '\'')
            return;
        at = read_name(text, at + width, value);
        if (webconfig_text_unit(text, at) != quote)
            return;
        at += width;
        if (strcmp(name, "version") == 0)
            memcpy(out->version, value, sizeof value);
        else if (strcmp(name, "encoding") == 0)
            memcpy(out->encoding, value, sizeof value);
    }
}

static bool is_single_byte(const char *name)
{
    for (size_t i = 0; i < sizeof single_byte / sizeof single_byte[0]; i++)
        if (strcmp(name, single_byte[i]) == 0)
            return true;
    return false;
}

/* Settles the encoding between byte order mark and declaration. */
static bool settle(struct webconfig_text *text, const struct declaration *declared, bool *seven_bit,
                   struct err *err)
{
    const char *name = declared->encoding;
    *seven_bit = false;
    if (declared->version[0] != '\0' && strcmp(declared->version, "1.0") != 0)
        return err_set(
            err, ERR_TARGET_FORM,
            "line 1: the XML declaration names a version other than 1.0, which .NET does "
            "not read");
    if (name[0] == '\0')
        return true;
    bool wide = strcmp(name, "utf-16") == 0;
    if (wide != (text->width == 2))
        return refuse(text, text->start,
                      wide
                          ? "the XML declaration says UTF-16, but the file has one byte a character"
                          : "the file is in UTF-16, but its XML declaration names another encoding",
                      err);
    if (wide || strcmp(name, "utf-8") == 0)
        return true;
    if (text->has_bom)
        return refuse(
            text, text->start,
            "the byte order mark says UTF-8, but the XML declaration names another encoding", err);
    *seven_bit = strcmp(name, "us-ascii") == 0;
    if (!*seven_bit && !is_single_byte(name))
        return err_set(
            err, ERR_TARGET_ENCODING,
            "line 1: the XML declaration names an encoding that is not supported here "
            "(UTF-8, UTF-16, us-ascii, iso-8859-N and windows-125N are); save the file as "
            "UTF-8");
    text->encoding = WEBCONFIG_SINGLE_BYTE;
    return true;
}

static bool check_utf8(const struct webconfig_text *text, struct err *err)
{
    size_t at = text->start;
    while (at < text->len) {
        uint64_t eight;
        if (text->data[at] < 0x80) {
            at++;
            /* Most files are ASCII: eight bytes at a time. */
            for (; text->len - at >= sizeof eight; at += sizeof eight) {
                memcpy(&eight, text->data + at, sizeof eight);
                if (eight & UINT64_C(0x8080808080808080))
                    break;
            }
            continue;
        }
        uint32_t code_point;
        size_t len = text_utf8(&code_point, (const char *)text->data + at, text->len - at);
        if (len == 0)
            return refuse(text, at, "a byte that is not valid UTF-8", err);
        at += len;
    }
    return true;
}

static bool check_utf16(const struct webconfig_text *text, struct err *err)
{
    if (text->len % 2 != 0)
        return refuse(text, text->len - 1, "the UTF-16 file ends in half a character", err);
    for (size_t at = text->start; at < text->len; at += 2) {
        unsigned unit = webconfig_text_unit(text, at);
        if (unit < 0xd800 || unit > 0xdfff)
            continue;
        unsigned low = webconfig_text_unit(text, at + 2);
        if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
            return refuse(text, at, "a UTF-16 surrogate without its other half", err);
        at += 2;
    }
    return true;
}

static bool check_seven_bit(const struct webconfig_text *text, struct err *err)
{
    for (size_t at = text->start; at < text->len; at++)
        if (text->data[at] > 0x7f)
            return refuse(text, at, "a byte that is not us-ascii, which the XML declaration names",
                          err);
    return true;
}

/*
 * Where a line end may begin at or behind `at`: nothing above 0D does. With one byte a character
 * most are above, and go by eight at a time.
 */
static size_t next_low(const struct webconfig_text *text, size_t at, size_t end)
{
    uint64_t eight;
    for (; text->width == 1 && at < end && end - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text->data + at, sizeof eight);
        if ((eight - UINT64_C(0x0e0e0e0e0e0e0e0e)) & ~eight & UINT64_C(0x8080808080808080))
            break;
    }
    return at;
}

static enum webconfig_eol find_eol(const struct webconfig_text *text)
{
    bool lf = false, crlf = false, cr = false;
    for (size_t at = text->start; (at = next_low(text, at, text->len)) < text->len;
         at += text->width) {
        unsigned unit = webconfig_text_unit(text, at);
        if (unit == '\n') {
            lf = true;
        } else if (unit == '\r' && webconfig_text_unit(text, at + text->width) == '\n') {
            crlf = true;
            at += text->width;
        } else if (unit == '\r') {
            cr = true;
        }
    }
    if (lf + crlf + cr > 1)
        return WEBCONFIG_EOL_MIXED;
    return lf     ? WEBCONFIG_EOL_LF
           : crlf ? WEBCONFIG_EOL_CRLF
           : cr   ? WEBCONFIG_EOL_CR
                  : WEBCONFIG_EOL_NONE;
}

bool webconfig_text_open(struct webconfig_text *out, const struct buf *file, struct err *err)
{
    struct webconfig_text text = {.data = file->data, .len = file->len};
    struct declaration declared;
    bool seven_bit;
    if (!open_mark(&text, file, err))
        return false;
    read_declaration(&text, &declared);
    if (!settle(&text, &declared, &seven_bit, err))
        return false;
    if (text.width == 2 && !check_utf16(&text, err))
        return false;
    if (text.encoding == WEBCONFIG_UTF8 && !check_utf8(&text, err))
        return false;
    if (seven_bit && !check_seven_bit(&text, err))
        return false;
    text.eol = find_eol(&text);
    *out = text;
    return true;
}

/* Whether the unit at `at` is the last of a line. */
static bool ends_line(const struct webconfig_text *text, size_t at)
{
    unsigned unit = webconfig_text_unit(text, at);
    return unit == '\n' || (unit == '\r' && webconfig_text_unit(text, at + text->width) != '\n');
}

/* Whether the unit at `at` goes on with the character before it. */
static bool continues(const struct webconfig_text *text, size_t at)
{
    unsigned unit = webconfig_text_unit(text, at);
    if (text->width == 2)
        return unit >= 0xdc00 && unit <= 0xdfff;
    return text->encoding == WEBCONFIG_UTF8 && (unit & 0xc0) == 0x80;
}

void webconfig_text_place(const struct webconfig_text *text, size_t offset, size_t *line,
                          size_t *column)
{
    *line = 1;
    *column = 1;
    for (size_t at = text->start; at < offset && at < text->len; at += text->width) {
        if (ends_line(text, at)) {
            ++*line;
            *column = 1;
        } else if (!continues(text, at)) {
            ++*column;
        }
    }
}

size_t webconfig_text_lines(const struct webconfig_text *text, size_t from, size_t to)
{
    size_t lines = 0;
    if (to > text->len)
        to = text->len;
    for (size_t at = from; (at = next_low(text, at, to)) < to; at += text->width)
        lines += ends_line(text, at);
    return lines;
}

struct webconfig_span webconfig_text_eol_at(const struct webconfig_text *text, size_t at)
{
    struct webconfig_span eol = {at, at};
    unsigned unit = webconfig_text_unit(text, at);
    if (unit == '\n' || unit == '\r')
        eol.end += text->width;
    if (unit == '\r' && webconfig_text_unit(text, eol.end) == '\n')
        eol.end += text->width;
    return eol;
}

struct webconfig_span webconfig_text_eol_before(const struct webconfig_text *text, size_t at)
{
    if (at < text->start + text->width || !ends_line(text, at - text->width))
        return (struct webconfig_span){at, at};
    size_t from = at - text->width;
    if (webconfig_text_unit(text, from) == '\n' && from > text->start &&
        webconfig_text_unit(text, from - text->width) == '\r')
        from -= text->width;
    return (struct webconfig_span){from, at};
}

size_t webconfig_text_blanks_before(const struct webconfig_text *text, size_t at)
{
    while (at > text->start && webconfig_text_is_blank(webconfig_text_unit(text, at - text->width)))
        at -= text->width;
    return at;
}

size_t webconfig_text_blanks_behind(const struct webconfig_text *text, size_t at)
{
    while (webconfig_text_is_blank(webconfig_text_unit(text, at)))
        at += text->width;
    return at;
}

bool webconfig_text_begins_line(const struct webconfig_text *text, size_t at,
                                struct webconfig_span *indent)
{
    size_t from = webconfig_text_blanks_before(text, at);
    if (from > text->start && !ends_line(text, from - text->width))
        return false;
    *indent = (struct webconfig_span){from, at};
    return true;
}

struct webconfig_span webconfig_text_own_lines(const struct webconfig_text *text,
                                               struct webconfig_span span)
{
    struct webconfig_span indent, eol;
    eol = webconfig_text_eol_at(text, webconfig_text_blanks_behind(text, span.end));
    if (eol.start == eol.end || !webconfig_text_begins_line(text, span.start, &indent))
        return span;
    return (struct webconfig_span){indent.start, eol.end};
}

bool webconfig_text_add(const struct webconfig_text *text, struct buf *out, const char *ascii,
                        size_t len, struct err *err)
{
    if (text->width == 1)
        return buf_add(out, ascii, len, err);
    size_t low = text->encoding == WEBCONFIG_UTF16LE ? 0 : 1;
    while (len > 0) {
        uint8_t units[256] = {0};
        size_t now = len < sizeof units / 2 ? len : sizeof units / 2;
        for (size_t i = 0; i < now; i++)
            units[2 * i + low] = (uint8_t)ascii[i];
        if (!buf_add(out, units, 2 * now, err))
            return false;
        ascii += now;
        len -= now;
    }
    return true;
}
