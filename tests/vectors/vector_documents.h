/* SPDX-License-Identifier: MIT */
/*
 * For make_vectors.c: single documents for readers and schemas. A bad one is a good one with one
 * place changed.
 */
#ifndef TESTS_VECTORS_VECTOR_DOCUMENTS_H
#define TESTS_VECTORS_VECTOR_DOCUMENTS_H

#include "base/markup.h"
#include "tests/vectors/vector_bundles.h"

#define DOMAIN_HEX "01010101010101010101010101010101"
#define EXTENSION(id, critical, value)                                                             \
    "    <extension id=\"" id "\" critical=\"" critical "\" value=\"" value "\"/>\n"
#define EXTENSIONS(items, root) "  <extensions>\n" items "  </extensions>\n</" root ">"

/* One change of a good document. `seen`: the schema refuses it too. */
struct change {
    const char *name, *from, *to;
    enum err_code code;
    bool seen;
    const char *note;
};

static inline void put_document(const char *kind, const char *name, const struct buf *text,
                                enum err_code code, bool seen, const char *note)
{
    char file[128];
    struct vector v = {.file = file,
                       .kind = kind,
                       .code = code,
                       .schema = seen ? "invalid" : "valid",
                       .note = note};

    snprintf(file, sizeof file, "documents/%s-%s.xml", kind, name);
    vector_write(file, text->data, text->len);
    vector_row(&v);
}

static inline void put_changes(const char *kind, const struct buf *good, const struct change *rows,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct buf text;

        vector_edit(&text, good, rows[i].from, rows[i].to);
        put_document(kind, rows[i].name, &text, rows[i].code, rows[i].seen, rows[i].note);
        buf_release(&text);
    }
}

/* The changes that mean the same for every kind of document. */
static inline void put_shared(const char *kind, const struct buf *good, enum err_code xml,
                              enum err_code form, enum err_code canonical)
{
    char now[64], newer[64], last[64], text_last[64], foreign[64], critical[256], empty[128],
        unsorted[512];
    const struct change rows[] = {
        {"bom", "<?xml", "\xef\xbb\xbf<?xml", xml, false, "a byte order mark"},
        {"no-declaration", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "", canonical, false,
         "no XML declaration"},
        {"crlf", "?>\n", "?>\r\n", canonical, false, "a line that ends in CR LF"},
        {"blank", " domain=", "  domain=", canonical, false, "two blanks before an attribute"},
        {"quote", "\"" DOMAIN_HEX "\"", "'" DOMAIN_HEX "'", canonical, false, "single quotes"},
        {"reference", "keys.example", "keys&#46;example", canonical, false,
         "a character reference"},
        {"order", " domain=\"" DOMAIN_HEX "\" channel=\"keys.example\"",
         " channel=\"keys.example\" domain=\"" DOMAIN_HEX "\"", canonical, false,
         "attributes in another order"},
        {"comment", "?>\n", "?>\n<!-- -->\n", xml, false, "a comment"},
        {"doctype", "?>\n", "?>\n<!DOCTYPE x>\n", xml, false, "a DOCTYPE"},
        {"instruction", "?>\n", "?>\n<?x y?>\n", xml, false, "a processing instruction"},
        {"text", last, text_last, xml, true, "text between elements"},
        {"no-end", last, "", xml, true, "not well-formed"},
        {"utf8", "keys.example", "keys.ex\xff", xml, true, "bytes that are no UTF-8"},
        {"attribute", " domain=", " colour=\"red\" domain=", canonical, true,
         "an attribute that format 1 does not know"},
        {"no-domain", " domain=\"" DOMAIN_HEX "\"", "", form, true, "no domain"},
        {"domain-upper", "\"" DOMAIN_HEX "\"", "\"0A010101010101010101010101010101\"", form, true,
         "upper-case hexadecimal"},
        {"domain-short", "\"" DOMAIN_HEX "\"", "\"0101\"", form, true, "a domain of two bytes"},
        {"channel-device", "keys.example", "com1.example", form, true,
         "a first label that is the name of a device"},
        {"channel-dots", "keys.example", "keys..example", form, true, "an empty label"},
        {"channel-upper", "keys.example", "Keys.example", form, true, "an upper-case letter"},
        {"foreign", now, foreign, form, true, "a foreign namespace"},
        {"newer", now, newer, ERR_NEWER, true, "a newer format"},
        {"extension-critical", last, critical, ERR_NEWER_EXTENSION, false, "a critical extension"},
        {"extension-none", last, empty, form, true, "an empty list of extensions"},
        {"extension-order", last, unsorted, form, false, "extensions that are not sorted"},
    };

    snprintf(now, sizeof now, "urn:pinferry:%s:1", kind);
    snprintf(newer, sizeof newer, "urn:pinferry:%s:2", kind);
    snprintf(foreign, sizeof foreign, "urn:example:%s:1", kind);
    snprintf(last, sizeof last, "</%s>", kind);
    snprintf(text_last, sizeof text_last, "text</%s>", kind);
    snprintf(critical, sizeof critical, EXTENSIONS(EXTENSION("urn:example:new", "true", "x"), "%s"),
             kind);
    snprintf(empty, sizeof empty, "  <extensions/>\n</%s>", kind);
    snprintf(unsorted, sizeof unsorted,
             EXTENSIONS(EXTENSION("urn:example:b", "false", "x")
                            EXTENSION("urn:example:a", "false", "x"),
                        "%s"),
             kind);
    put_changes(kind, good, rows, sizeof rows / sizeof rows[0]);
}

/* --- trust sets --- */

static inline void trust_changes(void)
{
    static const struct change rows[] = {
        {"version-0", "version=\"1\" epoch", "version=\"0\" epoch", ERR_TRUST_FORM, true,
         "version 0"},
        {"version-large", "version=\"1\" epoch", "version=\"1000000\" epoch", ERR_TRUST_FORM, true,
         "version 1,000,000"},
        {"version-zero", "version=\"1\" epoch", "version=\"01\" epoch", ERR_TRUST_FORM, true,
         "a leading zero"},
        {"epoch-large", "epoch=\"1\"", "epoch=\"9007199254740992\"", ERR_TRUST_FORM, true,
         "an epoch of 2^53"},
        {"expires-day", "expires=\"2027-07-18", "expires=\"2027-06-31", ERR_TRUST_FORM, true,
         "a day that does not exist"},
        {"expires-zone", "Z\" least", "+00:00\" least", ERR_TRUST_FORM, true, "a time without Z"},
        {"expires-2100", "expires=\"2027", "expires=\"2100", ERR_TRUST_FORM, true, "the year 2100"},
        {"sequence-0", "least-sequence=\"1\"", "least-sequence=\"0\"", ERR_TRUST_FORM, true,
         "a least-sequence of 0"},
        {"threshold-0", "<root threshold=\"1\"", "<root threshold=\"0\"", ERR_TRUST_FORM, true,
         "a threshold of 0"},
        {"threshold-above", "<root threshold=\"1\"", "<root threshold=\"2\"", ERR_TRUST_FORM, false,
         "a threshold above the number of signers"},
        {"threshold-9", "<root threshold=\"1\"", "<root threshold=\"9\"", ERR_TRUST_FORM, true,
         "a threshold of 9"},
        {"single-key", " least-sequence=\"1\"", " least-sequence=\"1\" single-key=\"true\"",
         ERR_TRUST_FORM, false, "single-key without a key in both roles"},
        {"single-key-false", " least-sequence=\"1\"", " least-sequence=\"1\" single-key=\"false\"",
         ERR_TRUST_FORM, true, "single-key is not true"},
        {"unsorted", "id=\"anna\"", "id=\"zoe\"", ERR_TRUST_FORM, false,
         "signers that are not sorted"},
        {"id-twice", "id=\"anna\"", "id=\"ben\"", ERR_TRUST_FORM, false, "two signers of one id"},
        {"id-form", "id=\"anna\"", "id=\"anna-\"", ERR_TRUST_FORM, true,
         "an id that ends in a hyphen"},
        {"no-until", " until=\"2027-10-26T14:13:20Z\"", "", ERR_TRUST_FORM, true,
         "a bundle signer without until"},
        {"until-root", "id=\"root-1\"", "id=\"root-1\" until=\"2027-10-26T14:13:20Z\"",
         ERR_TRUST_FORM, true, "a root signer with until"},
        {"root-empty", "<root threshold=\"1\">", "<root threshold=\"1\"/>\n  <root>",
         ERR_TRUST_FORM, true, "a role without signers"},
        {"base64", "certificate=\"MII", "certificate=\"M II", ERR_TRUST_FORM, true,
         "a blank in base64"},
        {"base64-case", "certificate=\"MII", "certificate=\"mII", ERR_TRUST_FORM, false,
         "a certificate with another first byte"},
        {"pair", "\"/>\n    <signer id=\"ben\"", "\"></signer>\n    <signer id=\"ben\"",
         ERR_TRUST_FORM, false, "an empty element as a pair of tags"},
        {"element", "</trust>", "  <colour/>\n</trust>", ERR_TRUST_FORM, true,
         "an element that format 1 does not know"},
        {"extension-id", "</trust>", EXTENSIONS(EXTENSION("http://example", "false", "x"), "trust"),
         ERR_TRUST_FORM, true, "an extension whose id is no urn"},
        {"extension-value", "</trust>",
         EXTENSIONS(EXTENSION("urn:example:a", "false", "\xc3\xa9"), "trust"), ERR_TRUST_FORM, true,
         "an extension's value beyond ASCII"},
        {"extension", "</trust>",
         EXTENSIONS(EXTENSION("urn:example:a", "false", " x ")
                        EXTENSION("urn:example:b", "false", "&lt;&quot;&gt;"),
                    "trust"),
         ERR_NONE, false, "two extensions that are not critical"},
    };
    struct trust *set = set_written(set_new(1, root_1, 1, anna, 1));

    put_shared("trust", &set->bytes, ERR_TRUST_FORM, ERR_TRUST_FORM, ERR_TRUST_FORM);
    trust_free(set);
    set = set_written(set_new(1, root_1, 1, anna_ben, 1));
    put_changes("trust", &set->bytes, rows, sizeof rows / sizeof rows[0]);
    trust_free(set);
}

/* Puts this certificate into the place of anna's. */
static inline void put_certificate(const char *name, const struct buf *cert, enum err_code code,
                                   bool seen, const char *note)
{
    struct trust *set = set_written(set_new(1, root_1, 1, anna, 1));
    struct buf old, new, text;
    struct err err = {0};

    buf_init(&old, LIMIT_MANIFEST_BYTES);
    buf_init(&new, LIMIT_MANIFEST_BYTES);
    MUST(crypto_base64(&old, keys[ANNA].cert.data, keys[ANNA].cert.len, &err) &&
         crypto_base64(&new, cert->data, cert->len, &err));
    vector_edit(&text, &set->bytes, buf_text(&old), buf_text(&new));
    put_document("trust", name, &text, code, seen, note);
    buf_release(&old);
    buf_release(&new);
    buf_release(&text);
    trust_free(set);
}

static inline void trust_certificates(void)
{
    static const struct {
        const char *name, *algorithm, *note;
        unsigned bits;
        enum err_code code;
    } rows[] = {
        {"certificate-rsa-2048", "RSA", "an RSA key of 2,048 bits", 2048, ERR_TRUST_FORM},
        {"certificate-rsa-4096", "RSA", "an RSA key of 4,096 bits", 4096, ERR_NONE},
        {"certificate-k256", "secp256k1", "a key on the curve secp256k1", 0, ERR_TRUST_FORM},
        {"certificate-ed25519", "ED25519", "an Ed25519 key", 0, ERR_TRUST_FORM},
    };
    struct buf cert;
    struct err err = {0};
    EVP_PKEY *key;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        key = rows[i].bits > 0 ? EVP_RSA_gen(rows[i].bits)
              : i == 2         ? EVP_EC_gen(rows[i].algorithm)
                               : EVP_PKEY_Q_keygen(NULL, NULL, rows[i].algorithm);
        MUST(key != NULL);
        vector_cert(key, "anna", NULL, &cert);
        put_certificate(rows[i].name, &cert, rows[i].code, false, rows[i].note);
        buf_release(&cert);
        EVP_PKEY_free(key);
    }
    vector_cert(keys[ANNA].key, "anna", NULL, &cert);
    MUST(buf_add(&cert, "", 1, &err));
    put_certificate("certificate-trailing", &cert, ERR_TRUST_FORM, false,
                    "a byte behind a certificate");
    buf_release(&cert);
    vector_cert(keys[ROOT_1].key, "anna", NULL, &cert);
    put_certificate("both-roles", &cert, ERR_TRUST_FORM, false,
                    "a key in both roles without single-key");
    buf_release(&cert);
}

static inline void trust_pairs(void)
{
    struct trust *set = set_new(1, root_1, 1, root_1, 1);
    struct err err = {0};

    set->single_key = true;
    set_written(set);
    put_document("trust", "single-key-true", &set->bytes, ERR_NONE, false,
                 "one key in both roles, which single-key says");
    trust_free(set);
    set = set_new(1, three_roots, 2, every_kind, 3);
    for (int i = 0; i < 2; i++) {
        struct extension *ext = &set->extensions.items[set->extensions.count++];

        snprintf(ext->id, sizeof ext->id, "urn:example:%c", 'a' + i);
        ext->value = strdup("value");
    }
    set_written(set);
    put_document("trust", "full", &set->bytes, ERR_NONE, false,
                 "three root signers, bundle signers of every kind of key, extensions");
    buf_release(&set->bytes);
    buf_init(&set->bytes, LIMIT_TRUST_BYTES);
    MUST(buf_add_text(&set->bytes, "\n", &err));
    put_document("trust", "empty", &set->bytes, ERR_TRUST_FORM, true, "a line end alone");
    trust_free(set);
}

/* --- manifests --- */

#define POINT                                                                                      \
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c" \
    "0f9e162bce33576b315ececbb6406837bf51f5"
#define POINT_SHA256 "698bea63dc44a344663ff1429aea10842df27b6b991ef25866b2c6c02cdcc5be"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

#define FORM ERR_MANIFEST_FORM
static inline void manifest_changes(const struct buf *good)
{
    static const struct change rows[] = {
        {"sequence-0", "sequence=\"5\"", "sequence=\"0\"", FORM, true, "sequence 0"},
        {"sequence-sign", "sequence=\"5\"", "sequence=\"+5\"", FORM, true, "a sign"},
        {"sequence-blank", "sequence=\"5\"", "sequence=\"5 \"", FORM, true, "a blank in a number"},
        {"sequence-large", "sequence=\"5\"", "sequence=\"18446744073709551621\"", FORM, true,
         "2^64 + 5"},
        {"created-late", "created=\"2026-09-21T12", "created=\"2026-09-22T12", FORM, false,
         "created after not-before"},
        {"expires-early", "expires=\"2026-10-21", "expires=\"2026-09-20", FORM, false,
         "expires before not-before"},
        {"next-early", "next-expected=\"2026-10-01", "next-expected=\"2026-09-01", FORM, false,
         "next-expected before created"},
        {"minimum-0", " next-expected", " minimum=\"0\" next-expected", FORM, true, "minimum 0"},
        {"minimum-401", "Z\">\n  <sites", "Z\" minimum=\"401\">\n  <sites", FORM, true,
         "minimum 401"},
        {"sites-none", "<sites all=\"true\"/>", "<sites/>", FORM, true, "no site and not all"},
        {"sites-both", "<sites all=\"true\"/>",
         "<sites all=\"true\">\n    <site id=\"a\"/>\n  </sites>", FORM, true,
         "all sites and some"},
        {"sites-order", "<sites all=\"true\"/>",
         "<sites>\n    <site id=\"b\"/>\n    <site id=\"a\"/>\n  </sites>", ERR_DOCUMENT_CANONICAL,
         false, "sites that are not sorted"},
        {"sites-twice", "<sites all=\"true\"/>",
         "<sites>\n    <site id=\"a\"/>\n    <site id=\"a\"/>\n  </sites>", FORM, false,
         "a site twice"},
        {"pin-compressed", "key=\"046b", "key=\"026b", ERR_PIN_FORM, true, "a compressed point"},
        {"pin-curve", "bf51f5\"", "bf51f4\"", ERR_PIN_FORM, false, "a point off its curve"},
        {"pin-short", "bf51f5\"", "bf51\"", ERR_PIN_FORM, true, "a point cut short"},
        {"pin-odd", "bf51f5\"", "bf51f\"", ERR_PIN_FORM, true, "an odd number of digits"},
        {"pin-upper", "key=\"046b", "key=\"046B", ERR_DOCUMENT_CANONICAL, true,
         "a key in upper case"},
        {"pin-digest", "sha256=\"698bea", "sha256=\"698beb", FORM, false,
         "a sha256 that is not the key's"},
        {"pin-kind", "dotnet-public-key", "spki", FORM, true, "another kind of key"},
        {"pin-by", "by=\"manual\"", "by=\"nobody\"", FORM, true, "approved by nobody"},
        {"pin-validity", " by=\"manual\"", " by=\"manual\" valid-from=\"2026-01-01T00:00:00Z\"",
         FORM, true, "valid-from without valid-to"},
        {"pin-validity-order", " by=\"manual\"",
         " by=\"manual\" valid-from=\"2026-01-02T00:00:00Z\" valid-to=\"2026-01-01T00:00:00Z\"",
         FORM, false, "valid-from after valid-to"},
        {"evidence-kind", "kind=\"hex\"", "kind=\"rumour\"", FORM, true, "an unknown evidence"},
        {"evidence-digest", "sha256=\"" ZEROS "\"", "sha256=\"00\"", FORM, true,
         "an evidence's sha256 of one byte"},
        {"retired-carried", "<retired/>",
         "<retired>\n    <pin sha256=\"" POINT_SHA256 "\" reason=\"stolen\"/>\n  </retired>", FORM,
         false, "a pin both carried and retired"},
        {"retired-blank", "<retired/>",
         "<retired>\n    <pin sha256=\"" ZEROS "\" reason=\"two  blanks\"/>\n  </retired>", FORM,
         true, "two blanks in a text"},
        {"retired-bidi", "<retired/>",
         "<retired>\n    <pin sha256=\"" ZEROS "\" reason=\"a\xe2\x80\xae"
         "b\"/>\n  </retired>",
         FORM, true, "a text with U+202E"},
        {"trust-name", "<trust/>",
         "<trust>\n    <member name=\"trust/2.xml\" size=\"1\" sha256=\"" ZEROS "\"/>\n  </trust>",
         FORM, true, "a trust member of wrong name"},
        {"trust-other", "<trust/>",
         "<trust>\n    <member name=\"trust/000002.xml\" size=\"1\" sha256=\"" ZEROS
         "\"/>\n    <member name=\"trust/000002-1.p7s\" size=\"1\" sha256=\"" ZEROS
         "\"/>\n  </trust>",
         FORM, false, "the last trust member is not of trust-version"},
        {"payload-name", "<payload/>",
         "<payload>\n    <member name=\"payload/nul.txt\" type=\"opaque\" size=\"1\" "
         "sha256=\"" ZEROS "\"/>\n  </payload>",
         FORM, true, "a payload member with the name of a device"},
        {"payload-size", "<payload/>",
         "<payload>\n    <member name=\"payload/a\" type=\"opaque\" size=\"4294967296\" "
         "sha256=\"" ZEROS "\"/>\n  </payload>",
         FORM, true, "a payload member of 4 GiB"},
        {"payload-notes", "<payload/>",
         "<payload>\n    <member name=\"payload/a\" type=\"notes\" size=\"65537\" sha256=\"" ZEROS
         "\"/>\n  </payload>",
         FORM, false, "notes of 65,537 bytes"},
        {"payload-notes-twice", "<payload/>",
         "<payload>\n    <member name=\"payload/a\" type=\"notes\" size=\"1\" sha256=\"" ZEROS
         "\"/>\n    <member name=\"payload/b\" type=\"notes\" size=\"1\" sha256=\"" ZEROS
         "\"/>\n  </payload>",
         FORM, false, "two notes"},
        {"no-retired", "  <retired/>\n", "", FORM, true, "a part is missing"},
        {"parts-order", "  <retired/>\n  <trust/>\n", "  <trust/>\n  <retired/>\n", FORM, true,
         "parts in another order"},
    };

    put_shared("manifest", good, ERR_DOCUMENT_FORM, FORM, ERR_DOCUMENT_CANONICAL);
    put_changes("manifest", good, rows, sizeof rows / sizeof rows[0]);
}
#undef FORM

/* A manifest whose one pin is this hex, with the right sha256. */
static inline void put_pin(const struct buf *good, const char *name, const uint8_t *bytes,
                           size_t len, enum err_code code, bool seen, const char *note)
{
    char hex[2 * PIN_BYTES_MAX + 1], digest[65];
    uint8_t sha256[32];
    struct buf once, twice;

    made_must(crypto_sha256(sha256, bytes, len, &(struct err){0}), &(struct err){0});
    text_hex(hex, bytes, len);
    text_hex(digest, sha256, 32);
    vector_edit(&once, good, POINT_SHA256, digest);
    vector_edit(&twice, &once, POINT, hex);
    put_document("manifest", name, &twice, code, seen, note);
    buf_release(&once);
    buf_release(&twice);
}

/* RSAPublicKeys that differ from a good one in a byte. */
static inline void manifest_pins(const struct buf *good)
{
    EVP_PKEY *key = EVP_RSA_gen(2048), *weak = EVP_RSA_gen(1024), *curve = EVP_EC_gen("P-521");
    unsigned char *der = NULL, *point = NULL;
    int len = i2d_PublicKey(key, &der), point_len;

    MUST(len == 270);
    put_pin(good, "pin-rsa", der, 270, ERR_NONE, false, "an RSA-2048 pin");
    der[264] ^= 1;
    put_pin(good, "pin-even", der, 270, ERR_PIN_WEAK, false, "an even modulus");
    der[264] ^= 1;
    der[269] ^= 1;
    put_pin(good, "pin-exponent", der, 270, ERR_PIN_WEAK, false, "an even exponent");
    der[269] ^= 1;
    put_pin(good, "pin-cut", der, 269, ERR_PIN_FORM, false, "an RSA key cut short");
    memmove(der + 8, der + 9, 261); /* the zero that keeps the modulus positive */
    der[3]--;
    der[7]--;
    put_pin(good, "pin-negative", der, 269, ERR_PIN_FORM, false, "a negative modulus");
    OPENSSL_free(der);
    der = NULL;
    len = i2d_PublicKey(weak, &der);
    MUST(len == 140);
    put_pin(good, "pin-rsa-1024", der, 140, ERR_PIN_WEAK, true, "an RSA-1024 pin");
    OPENSSL_free(der);
    der = NULL;
    len = i2d_PUBKEY(key, &der);
    MUST(len == 294);
    put_pin(good, "pin-spki", der, 294, ERR_PIN_FORM, false,
            "a SubjectPublicKeyInfo in place of the key");
    point_len = i2d_PublicKey(curve, &point);
    MUST(point_len == 133);
    put_pin(good, "pin-p521", point, 133, ERR_NONE, false, "a P-521 pin");
    OPENSSL_free(der);
    OPENSSL_free(point);
    EVP_PKEY_free(key);
    EVP_PKEY_free(weak);
    EVP_PKEY_free(curve);
}

static inline void manifests(void)
{
    struct made_bundle b;

    begin(&b);
    made_document(&b);
    put_document("manifest", "plain", &b.document, ERR_NONE, false, "a manifest of one pin");
    manifest_changes(&b.document);
    manifest_pins(&b.document);
    made_bundle_release(&b);
    begin(&b);
    fill_manifest(b.manifest);
    made_document(&b);
    put_document("manifest", "full", &b.document, ERR_NONE, false,
                 "every optional part, escapes, an extension");
    made_bundle_release(&b);
}

/* --- statements, requests, receipts: by their text --- */

#define HEAD(kind)                                                                                 \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" kind " xmlns=\"urn:pinferry:" kind             \
    ":1\" domain=\"" DOMAIN_HEX "\" channel=\"keys.example\" site=\"site-1\""
#define STATEMENT                                                                                  \
    HEAD("statement")                                                                              \
    " nonce=\"" DOMAIN_HEX                                                                         \
    "\" created=\"2026-09-21T14:13:20Z\" reason=\"clock &lt;dead&gt; &amp; "                       \
    "\xe2\x80\x9cgone\xe2\x80\x9d\">\n"
#define REQUEST                                                                                    \
    HEAD("request")                                                                                \
    " created=\"2026-09-21T14:13:20Z\" applier=\"applier 1.0\">\n"                                 \
    "  <state trust-version=\"1\" trust-sha256=\"" ZEROS "\" epoch=\"1\" sequence=\"5\" "          \
    "manifest=\"" ZEROS "\" floor=\"2026-09-21T13:43:20Z\"/>\n"                                    \
    "  <targets>\n    <target index=\"1\">\n      <pin sha256=\"" ZEROS                            \
    "\"/>\n    </target>\n    <target index=\"2\"/>\n  </targets>\n</request>\n"
#define RECEIPT                                                                                    \
    HEAD("receipt")                                                                                \
    " chain=\"" DOMAIN_HEX "\" counter=\"2\" previous=\"" ZEROS                                    \
    "\" created=\"2026-09-21T14:13:20Z\" floor=\"2026-09-21T13:43:20Z\" applier=\"applier 1.0\" "  \
    "action=\"apply\" outcome=\"changed\" operator=\"Zo\xc3\xab\" omitted=\"3\">\n"                \
    "  <bundle epoch=\"1\" sequence=\"5\" manifest=\"" ZEROS "\" trust-version=\"1\"/>\n"          \
    "  <medium label=\"STICK 7\" serial=\"0123\"/>\n"                                              \
    "  <targets>\n    <target index=\"1\" before=\"" ZEROS "\" after=\"" POINT_SHA256              \
    "\" count=\"1\">\n      <added sha256=\"" POINT_SHA256 "\"/>\n      <removed sha256=\"" ZEROS  \
    "\"/>\n    </target>\n  </targets>\n</receipt>\n"

static inline void put_good(const char *kind, const char *name, struct buf *text, const char *bytes,
                            const char *note)
{
    struct err err = {0};

    buf_init(text, LIMIT_DOCUMENT_BYTES);
    MUST(buf_add_text(text, bytes, &err));
    put_document(kind, name, text, ERR_NONE, false, note);
}

#define FORM ERR_DOCUMENT_FORM
static inline void statements(void)
{
    static const struct change rows[] = {
        {"sequence-0", "  <expired manifest=\"" ZEROS "\"/>",
         "  <reset-state epoch=\"2\" sequence=\"0\" floor=\"2026-09-21T14:13:20Z\"/>", ERR_NONE,
         false, "sets the state; any sequence of epoch 2 may follow"},
        {"reset-time", "  <expired manifest=\"" ZEROS "\"/>",
         "  <reset-time floor=\"2026-09-21T14:13:20Z\"/>", ERR_NONE, false, "sets the floor"},
        {"nothing", "  <expired manifest=\"" ZEROS "\"/>\n", "", FORM, true, "states nothing"},
        {"two", "</statement>", "  <reset-time floor=\"2026-09-21T14:13:20Z\"/>\n</statement>",
         FORM, true, "states two things"},
        {"nonce", "nonce=\"01", "nonce=\"1", FORM, true, "a nonce of 31 digits"},
        {"reason-empty", "reason=\"clock &lt;dead&gt; &amp; \xe2\x80\x9cgone\xe2\x80\x9d\"",
         "reason=\"\"", FORM, true, "an empty reason"},
        {"no-site", " site=\"site-1\"", "", FORM, true, "no site"},
    };
    struct buf text;

    put_good("statement", "expired", &text,
             STATEMENT "  <expired manifest=\"" ZEROS "\"/>\n</statement>\n",
             "waives the end of a manifest");
    put_shared("statement", &text, FORM, FORM, ERR_DOCUMENT_CANONICAL);
    put_changes("statement", &text, rows, sizeof rows / sizeof rows[0]);
    buf_release(&text);
}

static inline void requests(void)
{
    static const struct change rows[] = {
        {"fresh",
         " epoch=\"1\" sequence=\"5\" manifest=\"" ZEROS "\" floor=\"2026-09-21T13:43:20Z\"", "",
         ERR_NONE, false, "from a site that has accepted nothing yet"},
        {"problem", " applier=\"applier 1.0\"", " applier=\"applier 1.0\" problem=\"no news\"",
         ERR_NONE, false, "tells of a problem"},
        {"half", " sequence=\"5\"", "", FORM, true, "an epoch without a sequence"},
        {"no-target",
         "    <target index=\"1\">\n      <pin sha256=\"" ZEROS
         "\"/>\n    </target>\n    <target index=\"2\"/>\n",
         "", FORM, true, "no target"},
        {"target-gap", "<target index=\"2\"/>", "<target index=\"3\"/>", FORM, false,
         "targets 1 and 3"},
        {"target-large", "<target index=\"2\"/>", "<target index=\"1025\"/>", FORM, true,
         "target 1025"},
        {"pin-twice", "    </target>", "      <pin sha256=\"" ZEROS "\"/>\n    </target>", FORM,
         false, "a pin twice"},
    };
    struct buf text;

    put_good("request", "plain", &text, REQUEST, "from a site with two targets");
    put_shared("request", &text, FORM, FORM, ERR_DOCUMENT_CANONICAL);
    put_changes("request", &text, rows, sizeof rows / sizeof rows[0]);
    buf_release(&text);
}

static inline void receipts(void)
{
    static const struct change rows[] = {
        {"first", "counter=\"2\" previous=\"" ZEROS "\"", "counter=\"1\"", ERR_NONE, false,
         "the first of its chain"},
        {"refused", "outcome=\"changed\"", "outcome=\"refused\" reason=\"time.not-yet\"", ERR_NONE,
         false, "a refusal with its reason"},
        {"no-previous", " previous=\"" ZEROS "\"", "", FORM, true, "the second without previous"},
        {"first-previous", "counter=\"2\"", "counter=\"1\"", ERR_DOCUMENT_CANONICAL, true,
         "the first with previous"},
        {"no-reason", "outcome=\"changed\"", "outcome=\"refused\"", FORM, true,
         "a refusal without reason"},
        {"reason", "outcome=\"changed\"", "outcome=\"changed\" reason=\"time.not-yet\"", FORM, true,
         "a reason without refusal"},
        {"reason-unknown", "outcome=\"changed\"", "outcome=\"refused\" reason=\"mood.bad\"",
         ERR_NONE, false, "a reason that only a later applier knows"},
        {"action", "action=\"apply\"", "action=\"sleep\"", FORM, true, "an unknown action"},
        {"count", "count=\"1\"", "count=\"65536\"", FORM, true, "a count of 65,536"},
        {"removed-first",
         "      <added sha256=\"" POINT_SHA256 "\"/>\n      <removed sha256=\"" ZEROS "\"/>\n",
         "      <removed sha256=\"" ZEROS "\"/>\n      <added sha256=\"" POINT_SHA256 "\"/>\n",
         FORM, true, "removed before added"},
    };
    struct buf text;

    put_good("receipt", "changed", &text, RECEIPT, "one target changed");
    put_shared("receipt", &text, FORM, FORM, ERR_DOCUMENT_CANONICAL);
    put_changes("receipt", &text, rows, sizeof rows / sizeof rows[0]);
    buf_release(&text);
}
#undef FORM

#endif
