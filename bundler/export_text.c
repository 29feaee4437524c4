/* SPDX-License-Identifier: MIT */
/*
 * Inside of export.c: the texts that travel with a bundle.
 */
#include "bundler/export_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/when.h"

bool export_text_check_name(const char *name, struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789.-_";
    size_t len = strlen(name);

    return (len > 4 && strspn(name, allowed) == len && name[0] != '.' && name[0] != '-' &&
            strcmp(name + len - 4, ".tar") == 0) ||
           err_set(err, ERR_UNFIT,
                   "'%s': a bundle to give away is called by letters, digits, '.', '-' and '_', "
                   "and ends in .tar; rename it",
                   name);
}

bool export_text_readme(struct buf *out, const struct manifest *m, const char *name,
                        struct err *err)
{
    char begin[WHEN_TEXT_SIZE], end[WHEN_TEXT_SIZE];

    when_format(begin, m->not_before);
    when_format(end, m->expires);
    return buf_printf(
        out, err,
        "%s\r\n"
        "\r\n"
        "Public-key pins for %s: bundle %" PRIu64 ", %zu pins, %zu retired.\r\n"
        "To be applied from %s, before %s.\r\n"
        "\r\n"
        "On the server, in this folder, as an administrator:\r\n"
        "\r\n"
        "    applier verify %s\r\n"
        "    applier plan %s\r\n"
        "    applier apply %s\r\n"
        "\r\n"
        "'verify' and 'plan' change nothing. 'plan' shows what 'apply' will do.\r\n"
        "A server that was never enrolled refuses (18): it needs trust.xml, ENROL.txt\r\n"
        "and a fingerprint from those who made this bundle.\r\n"
        "\r\n"
        "SHA256SUMS finds faults of copying, nothing else: sha256sum -c SHA256SUMS, or\r\n"
        "on Windows: certutil -hashfile %s SHA256\r\n"
        "Only 'applier verify' tells who made the bundle.\r\n",
        name, m->channel, m->sequence, m->pin_count, m->retired_count, begin, end, name, name, name,
        name);
}

bool export_text_enrol(struct buf *out, const struct trust *trust, struct err *err)
{
    return buf_printf(
        out, err,
        "How to enrol a server for %s\r\n"
        "\r\n"
        "trust.xml (trust set %" PRIu64 ") says whose bundles the server will believe. Anybody\r\n"
        "could put another file in its place on the way, so it is worth nothing until\r\n"
        "its fingerprint was compared:\r\n"
        "\r\n"
        "1. Get the fingerprint, 64 digits, from those who made the trust set: on paper,\r\n"
        "   or in a call to a number that you had before. Never from this medium, from\r\n"
        "   the file itself, or from whoever brings the medium.\r\n"
        "2. On the server, in this folder, as an administrator:\r\n"
        "\r\n"
        "       applier init --site SITE --trust trust.xml --config WEB.CONFIG\r\n"
        "\r\n"
        "   SITE is the server's name in bundles, WEB.CONFIG the file to keep supplied.\r\n"
        "   It asks for the fingerprint; type what you were told.\r\n"
        "3. Refused (17)? Stop, keep the medium, and call them.\r\n"
        "4. Go on with README.txt.\r\n",
        trust->channel, trust->version);
}
