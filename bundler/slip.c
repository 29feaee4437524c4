/* SPDX-License-Identifier: MIT */
/*
 * The page with a trust set's fingerprint, for paper: the channel that does not carry the bundle.
 */
#include "bundler/slip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/html.h"
#include "base/outfile.h"
#include "base/when.h"

#define FILE_MODE 0644

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<title>Enrolment slip</title>\n<style>\n"
    "@page { size: A4; margin: 25mm }\n"
    "body { font: 12pt/1.5 serif; max-width: 160mm; margin: 2em auto; color: #000; "
    "background: #fff }\n"
    "h1 { font-size: 20pt }\n"
    "table { border-collapse: collapse }\n"
    "th { text-align: left; padding-right: 2em; font-weight: normal }\n"
    ".print { font: bold 18pt/1.8 monospace; border: 2pt solid; padding: 5mm; margin: 8mm 0 }\n"
    ".print div { white-space: pre }\n"
    "code { font: 10pt monospace; display: block; margin: 2mm 0 2mm 8mm }\n"
    ".line { margin-top: 14mm; border-top: .5pt solid; width: 75mm; font-size: 10pt }\n"
    "</style>\n</head>\n<body>\n<h1>Enrolment slip</h1>\n";

static const char steps[] =
    "<p>Carry this page by hand, or read it out in a call, and never put it on the medium that "
    "holds trust.xml: whoever can exchange the one could exchange the other.</p>\n"
    "<p>On the server, as an administrator, in the folder with trust.xml:</p>\n"
    "<code>applier init --site ID --trust trust.xml --config WEB.CONFIG</code>\n"
    "<p>It asks for the fingerprint: type it from this page. If it is refused (17), do not use the "
    "file, and ask those who gave you this page.</p>\n"
    "<div class=\"line\">handed over by, on</div>\n"
    "<div class=\"line\">site</div>\n"
    "<div class=\"line\">compared at the site by, on</div>\n"
    "</body>\n</html>\n";

static void row(struct html *h, const char *name, const char *value)
{
    html_raw(h, "<tr><th>");
    html_text(h, name);
    html_raw(h, "</th><td>");
    html_text(h, value);
    html_raw(h, "</td></tr>\n");
}

bool slip_page(struct buf *out, const struct trust *trust, struct err *err)
{
    char expires[WHEN_TEXT_SIZE];
    struct html h;

    when_format(expires, trust->expires);
    html_begin(&h, out, err);
    html_raw(&h, head);
    html_raw(&h, "<table>\n");
    row(&h, "channel", trust->channel);
    html_raw(&h, "<tr><th>trust set</th><td>");
    html_printf(&h, "%" PRIu64, trust->version);
    html_raw(&h, "</td></tr>\n");
    row(&h, "expires", expires);
    html_raw(&h, "</table>\n<p>The fingerprint of trust.xml:</p>\n<div class=\"print\">\n");
    for (size_t i = 0; i < sizeof trust->fingerprint; i += 8) { /* four groups a line */
        html_raw(&h, "<div>");
        html_hex(&h, trust->fingerprint + i, 8);
        html_raw(&h, "</div>\n");
    }
    html_raw(&h, "</div>\n");
    html_raw(&h, steps);
    return html_end(&h);
}

static bool check_apart(const char *file, const char *dir, struct err *err)
{
    char *parent = fsio_parent(file, err);
    char *real = parent == NULL ? NULL : fsio_real_path(parent, err);
    char *real_dir = real == NULL ? NULL : fsio_real_path(dir, err);
    bool ok = real_dir != NULL &&
              (!fsio_is_within(real, real_dir) ||
               err_set(err, ERR_USAGE,
                       "--slip %s lies in %s: a fingerprint that travels with trust.xml proves "
                       "nothing. Name a file elsewhere, and print it",
                       file, dir));

    free(parent);
    free(real);
    free(real_dir);
    return ok;
}

bool slip_check(const char *file, const char *dir, struct err *err)
{
    enum fsio_kind kind;

    if (!outfile_check(file, err) || !fsio_kind(dir, &kind, err)) {
        return false;
    }
    return kind == FSIO_ABSENT || check_apart(file, dir, err);
}

bool slip_write(const char *file, const struct trust *trust, struct err *err)
{
    struct buf page;
    bool ok;

    buf_init(&page, SLIP_BYTES);
    ok = slip_page(&page, trust, err) && fsio_write_new(file, page.data, page.len, FILE_MODE, err);
    buf_release(&page);
    return ok;
}
