/* SPDX-License-Identifier: MIT */
/*
 * Random configuration files with a pins section, and random sets of pins that come and go.
 * PINFERRY_SEED repeats a run, PINFERRY_DOCUMENTS says how many files it has.
 */
#ifndef TESTS_UNIT_WEBCONFIG_RANDOM_H
#define TESTS_UNIT_WEBCONFIG_RANDOM_H

#include <time.h>
#include <unistd.h>

#include "tests/unit/webconfig_kit.h"

static uint64_t seed;

static unsigned pick(unsigned count)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 20) % count;
}

static const char *one_of(const char *const *texts, unsigned count)
{
    return texts[pick(count)];
}
#define ONE_OF(...)                                                                                \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put(struct buf *out, const char *text)
{
    KIT_MUST(buf_add_text(out, text, must));
}

static void put_space(struct buf *out)
{
    put(out, ONE_OF("", "", "\n", "\n  ", "\n\t\t", " ", "\n\n    ", "  \n", "\t"));
}

/* What may stand anywhere in content. */
static void put_misc(struct buf *out)
{
    put(out,
        ONE_OF("<!-- " CANARY " -->", "<!---->", "<?p " CANARY " ?>",
               "<!--\n<pinnedCertificates>\n-->", "<!-- \xc3\xa9\xf0\x9f\x94\x91 -->", "<?q?>"));
}

static void put_value(struct buf *out)
{
    char hex[8];
    if (pick(12) == 0) {
        put(out, ONE_OF("", "zz", "abc", "0a0b0c", CANARY, "&amp;", "&#x30;", "3082010a"));
        return;
    }
    snprintf(hex, sizeof hex, "{%u%s}", 1 + pick(9), pick(3) == 0 ? "U" : "");
    if (pick(8) == 0)
        put(out, ONE_OF(" ", "\n", "&#10;", "\t "));
    put(out, hex);
    if (pick(8) == 0)
        put(out, ONE_OF(" ", "\n   ", "&#x20;"));
}

static void put_item(struct buf *out)
{
    if (pick(25) == 0) {
        put(out, ONE_OF("<pinnedCertificate/>", "<pinnedCertificate a='>'></pinnedCertificate>",
                        "<policy><x/>t</policy>", "<q:policy xmlns:q='u:q'/>"));
        return;
    }
    const char *quote = ONE_OF("\"", "\"", "'");
    put(out, "<pinnedCertificate");
    put(out, ONE_OF(" ", " ", "\n   ", "\t"));
    if (pick(25) == 0)
        put(out, "host='" CANARY "' ");
    put(out, "publicKeyString");
    put(out, ONE_OF("=", "=", " = ", "\n="));
    put(out, quote);
    put_value(out);
    put(out, quote);
    put(out, ONE_OF(" />", " />", "/>", "></pinnedCertificate>", " >\n</pinnedCertificate >",
                    "><!-- x --></pinnedCertificate>"));
}

static void put_section(struct buf *out)
{
    if (pick(10) == 0) {
        put(out, ONE_OF("<pinnedCertificates/>", "<pinnedCertificates\n\tx='>' />"));
        return;
    }
    put(out,
        ONE_OF("<pinnedCertificates>", "<pinnedCertificates >", "<pinnedCertificates a=\"/>\"\n>"));
    /* Three habits: own lines, one line, anything. An item comes first: strangers need its company.
     */
    unsigned habit = pick(3), count = pick(8);
    if (pick(8) == 0)
        put(out, "<clear/>");
    for (unsigned i = 0; i < count; i++) {
        if (habit == 0)
            put(out, "\n    ");
        else if (habit == 2)
            put_space(out);
        if (i == 0)
            put(out, "<pinnedCertificate publicKeyString=\"{9}\" />");
        else
            put_item(out);
        if (pick(6) == 0) {
            put(out, ONE_OF("", " ", "\n"));
            put_misc(out);
        }
    }
    put_space(out);
    put(out, ONE_OF("</pinnedCertificates>", "</pinnedCertificates >"));
}

static void put_elements(struct buf *out, unsigned depth, bool *section)
{
    for (unsigned i = pick(4); i-- > 0 && depth < 6;) {
        put_space(out);
        if (pick(3) == 0)
            put_misc(out);
        if (!*section && pick(5) == 0) {
            put_section(out);
            *section = true;
            continue;
        }
        const char *name = ONE_OF("a", "add", "\xc3\xa9l", "x.y-z", "pinnedCertificate", "clear");
        put(out, "<");
        put(out, name);
        put(out,
            ONE_OF("", " b='" CANARY "'", " b=\">\" c='\"'", "\n d = '!>'", " e=\"&lt;&#233;\""));
        if (pick(4) == 0) {
            put(out, " />");
            continue;
        }
        put(out, ">");
        put(out, ONE_OF("", "", CANARY, "<![CDATA[ <pinnedCertificates/> ]]>", "t &amp; t", "\n"));
        put_elements(out, depth + 1, section);
        put(out, "</");
        put(out, name);
        put(out, ">");
    }
}

static KIT_UNUSED void make_document(struct buf *file)
{
    struct buf template;
    bool section = false;
    buf_init(&template, KIT_MAX);
    put(&template,
        ONE_OF("", "<?xml version=\"1.0\"?>", "<?xml version='1.0' standalone='yes' ?>\n"));
    put(&template, ONE_OF("", "\n<!-- " CANARY " -->\n"));
    put(&template, "<configuration>");
    put_elements(&template, 1, &section);
    if (!section) {
        put_space(&template);
        put_section(&template);
    }
    put_space(&template);
    put(&template, "</configuration>");
    put(&template, ONE_OF("", "\n", "\n<!-- end -->\n\n"));
    kit_document(file, buf_text(&template), (enum kit_form)pick(KIT_FORMS), kit_eols[pick(3)]);
    buf_release(&template);
}

/* Puts each of nine pins into one list, the other, or none. */
static KIT_UNUSED void choose(char *add, char *remove)
{
    for (unsigned n = 1; n <= 9; n++) {
        unsigned where = pick(4);
        if (where == 0)
            *add++ = (char)('0' + n);
        else if (where == 1)
            *remove++ = (char)('0' + n);
    }
    *add = *remove = '\0';
}

/* Whether a retired pin stands in an untouchable item: then, and only then, the splice may refuse.
 */
static KIT_UNUSED bool is_blocked(const struct buf *file, const uint8_t (*remove)[32], size_t count)
{
    struct webconfig *webconfig = NULL;
    bool blocked = false;
    KIT_MUST(webconfig_scan(file, NULL, &webconfig, must));
    blocked = webconfig->item_count == 0 && webconfig->stranger_line > 0;
    for (size_t i = 0; i < webconfig->item_count; i++)
        for (size_t k = 0; k < count; k++)
            blocked |= webconfig->items[i].has_digest &&
                       (webconfig->items[i].odd & WEBCONFIG_ODD_FIXED) != 0 &&
                       memcmp(webconfig->items[i].pin.sha256, remove[k], 32) == 0;
    webconfig_free(webconfig);
    return blocked;
}

/* Says the seed, and gives the number of documents to make. */
static KIT_UNUSED size_t begin(size_t documents)
{
    const char *given = getenv("PINFERRY_SEED"), *wanted = getenv("PINFERRY_DOCUMENTS");
    uint64_t start = given != NULL ? strtoull(given, NULL, 10)
                                   : (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
    printf("# PINFERRY_SEED=%llu\n", (unsigned long long)start);
    fflush(stdout);
    seed = start | 1;
    return wanted != NULL ? strtoul(wanted, NULL, 10) : documents;
}

#endif
