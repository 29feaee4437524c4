/* SPDX-License-Identifier: MIT */
/* Statements: their form, their folder, and what each does to a site, once. */
#include "applier/open.h"
#include "applier/recover_statement.h"
#include "tests/unit/apply_kit.h"

static struct err err;

static void fill(struct statement *s, enum statement_kind kind)
{
    memset(s->domain, 1, sizeof s->domain);
    snprintf(s->channel, sizeof s->channel, "%s", MADE_CHANNEL);
    snprintf(s->site, sizeof s->site, "%s", MADE_SITE);
    s->created = MADE_NOW;
    snprintf(s->reason, sizeof s->reason, "clock battery <died>");
    s->kind = kind;
    s->epoch = 1;
    s->sequence = 3;
    s->floor = MADE_NOW - 30 * WHEN_DAY;
}

static enum err_code parse_with(enum statement_kind kind, const char *from, const char *to)
{
    struct statement *s = statement_new(&err), *again;
    struct buf text, other;
    const char *at;

    err = (struct err){0};
    fill(s, kind);
    buf_init(&text, LIMIT_DOCUMENT_BYTES);
    buf_init(&other, LIMIT_DOCUMENT_BYTES);
    KIT_MUST(statement_write(s, &text, must));
    at = strstr(buf_text(&text), from);
    if (at == NULL)
        fail_msg("no %s", from);
    KIT_MUST(buf_add(&other, text.data, (size_t)(at - buf_text(&text)), must) &&
             buf_add_text(&other, to, must) && buf_add_text(&other, at + strlen(from), must));
    again = statement_parse(other.data, other.len, &err);
    assert_true((again == NULL) == (err.code != ERR_NONE));
    if (again != NULL) {
        assert_int_equal(again->kind, kind);
        assert_string_equal(again->reason, s->reason);
    }
    statement_free(again);
    statement_free(s);
    buf_release(&text);
    buf_release(&other);
    return err.code;
}

static void reads_strictly(void **unused)
{
    static const struct {
        enum statement_kind kind;
        const char *from, *to;
        enum err_code code;
    } cases[] = {
        {STATEMENT_EXPIRED, "<expired", "<expired", ERR_NONE},
        {STATEMENT_RESET_TIME, "<reset-time", "<reset-time", ERR_NONE},
        {STATEMENT_RESET_STATE, "sequence=\"3\"", "sequence=\"0\"", ERR_NONE},
        {STATEMENT_EXPIRED, "<expired", "<forgiven", ERR_DOCUMENT_FORM},
        {STATEMENT_EXPIRED, "manifest=\"0", "manifest=\"G", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_STATE, "epoch=\"1\"", "epoch=\"0\"", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_STATE, "sequence=\"3\"", "sequence=\"03\"", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_TIME, "floor=\"2", "floor=\"1", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_TIME, " nonce=\"00", " nonce=\"0", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_TIME, "statement:1", "statement:2", ERR_NEWER},
        {STATEMENT_RESET_TIME, "</statement>", "  <expired manifest=\"00\"/>\n</statement>",
         ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_TIME, "<statement ", "<statement\n", ERR_DOCUMENT_CANONICAL},
        {STATEMENT_RESET_TIME, "&lt;died", "<died", ERR_DOCUMENT_FORM},
        {STATEMENT_RESET_TIME, "clock battery", "clock  battery", ERR_DOCUMENT_FORM},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (parse_with(cases[i].kind, cases[i].from, cases[i].to) != cases[i].code)
            fail_msg("%s -> %s: %s", cases[i].from, cases[i].to, err_reason(err.code));
    }
}

/* Writes the statement with signatures by these keys (ending in -1) to scratch("statement"). */
static void put(const struct statement *s, enum sigfile_kind kind, const int *keys)
{
    struct buf text;

    buf_init(&text, LIMIT_DOCUMENT_BYTES);
    KIT_MUST(statement_write(s, &text, must));
    KIT_MUST(fsio_make_dir(scratch("statement"), 0700, must));
    KIT_MUST(fsio_replace(scratch("statement/" STATEMENT_XML), text.data, text.len, 0600, must));
    for (int i = 0; keys[i] >= 0; i++) {
        struct made *m = &site_kit_made;
        char name[64];
        struct buf file;

        buf_init(&file, LIMIT_SIGNATURE_BYTES);
        KIT_MUST(sigfile_sign(m->keys[keys[i]], m->certs[keys[i]].data, m->certs[keys[i]].len,
                              false, kind, text.data, text.len, MADE_NOW, &file, must));
        snprintf(name, sizeof name, "statement/statement-%d.p7s", i + 1);
        KIT_MUST(fsio_replace(scratch(name), file.data, file.len, 0600, must));
        buf_release(&file);
    }
    buf_release(&text);
}

static const int by_root[] = {MADE_ROOT, -1};

static enum err_code take(struct apply_kit *kit)
{
    struct statement *s;

    err = (struct err){0};
    s = recover_statement(kit->state, scratch("statement"), "tester", &err);
    assert_true((s == NULL) == (err.code != ERR_NONE));
    statement_free(s);
    return err.code;
}

/* A statement to the kit's site, by the root. */
static void state_it(struct apply_kit *kit, enum statement_kind kind, const uint8_t *manifest,
                     uint64_t sequence)
{
    struct statement *s = statement_new(NULL);

    fill(s, kind);
    memcpy(s->nonce, kit->state->nonce, sizeof s->nonce);
    if (manifest != NULL) {
        memcpy(s->manifest, manifest, 32);
    }
    s->sequence = sequence;
    put(s, SIGFILE_STATEMENT, by_root);
    statement_free(s);
}

/* A bundle as a file, which the site opens with its clock at `now`. */
static enum err_code open_at(struct apply_kit *kit, unsigned sequence, int64_t now)
{
    struct trust *advanced = NULL;
    struct made_bundle b;
    struct bundle *bundle;
    char text[WHEN_TEXT_SIZE];

    site_kit_bundle_init(&b, "12", "");
    b.manifest->sequence = sequence;
    site_kit_bundle_finish(&b);
    KIT_MUST(fsio_replace(scratch("b.tar"), b.tar.data, b.tar.len, 0600, must));
    made_bundle_release(&b);
    when_format(text, now);
    setenv("PINFERRY_TEST_NOW", text, 1);
    err = (struct err){0};
    bundle = open_bundle(kit->state, scratch("b.tar"), NULL, NULL, &advanced, &err);
    when_format(text, MADE_NOW);
    setenv("PINFERRY_TEST_NOW", text, 1);
    trust_free(advanced);
    bundle_free(bundle);
    return err.code;
}

/* Numbers that state.xml cannot hold would leave a state that nobody can read again. */
static void a_pair_that_nothing_follows_is_refused(void **unused)
{
    struct statement *s = statement_new(NULL);
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    fill(s, STATEMENT_RESET_STATE);
    memcpy(s->nonce, kit.state->nonce, sizeof s->nonce);
    s->epoch = s->sequence = TEXT_NUMBER_MAX;
    put(s, SIGFILE_STATEMENT, by_root);
    assert_int_equal(take(&kit), ERR_DOCUMENT_FORM);
    apply_kit_crash(&kit);
    s->epoch--;
    put(s, SIGFILE_STATEMENT, by_root);
    assert_int_equal(take(&kit), ERR_NONE);
    apply_kit_crash(&kit);
    assert_int_equal(kit.state->least_epoch, TEXT_NUMBER_MAX);
    statement_free(s);
    apply_kit_release(&kit);
}

static void an_expired_bundle_is_let_in_by_name(void **unused)
{
    int64_t later = MADE_NOW + 31 * WHEN_DAY;
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    apply_kit_plan(&kit, 5, "12", "");
    assert_int_equal(open_at(&kit, 5, later), ERR_TIME_EXPIRED);
    state_it(&kit, STATEMENT_EXPIRED, bundle_manifest_sha256(kit.bundle), 0);
    assert_int_equal(take(&kit), ERR_NONE);
    assert_int_equal(open_at(&kit, 5, later), ERR_NONE);
    assert_int_equal(open_at(&kit, 6, later), ERR_TIME_EXPIRED);
    apply_kit_crash(&kit);
    assert_int_equal(open_at(&kit, 5, later), ERR_NONE);
    apply_kit_plan(&kit, 6, "12", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_false(kit.state->has_waived);
    apply_kit_release(&kit);
}

static void the_clock_begins_anew(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    kit.state->has_floor = true;
    kit.state->floor = MADE_NOW + 900 * WHEN_DAY;
    KIT_MUST(state_save(kit.state, must));
    assert_int_equal(open_at(&kit, 5, MADE_NOW), ERR_CLOCK_BEHIND);
    state_it(&kit, STATEMENT_RESET_TIME, NULL, 0);
    assert_int_equal(take(&kit), ERR_NONE);
    assert_int_equal(kit.state->floor, MADE_NOW - 30 * WHEN_DAY);
    assert_int_equal(open_at(&kit, 5, MADE_NOW), ERR_NONE);
    apply_kit_release(&kit);
}

static void the_sequence_begins_anew(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    apply_kit_plan(&kit, 900, "12", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_int_equal(open_at(&kit, 5, MADE_NOW), ERR_REPLAY_SEQUENCE);
    state_it(&kit, STATEMENT_RESET_STATE, NULL, 4);
    assert_int_equal(take(&kit), ERR_NONE);
    assert_false(kit.state->has_last);
    assert_int_equal(open_at(&kit, 4, MADE_NOW), ERR_REPLAY_LEAST);
    assert_int_equal(open_at(&kit, 5, MADE_NOW), ERR_NONE);
    state_it(&kit, STATEMENT_RESET_STATE, NULL, TEXT_NUMBER_MAX);
    assert_int_equal(take(&kit), ERR_NONE);
    assert_int_equal(kit.state->least_epoch, 2);
    assert_true(
        apply_kit_says("state/receipts/000003.xml", "action=\"recover\" outcome=\"changed\""));
    apply_kit_release(&kit);
}

static void each_is_taken_once(void **unused)
{
    uint8_t nonce[16];
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    state_it(&kit, STATEMENT_RESET_TIME, NULL, 0);
    memcpy(nonce, kit.state->nonce, sizeof nonce);
    assert_int_equal(take(&kit), ERR_NONE);
    assert_memory_not_equal(nonce, kit.state->nonce, sizeof nonce);
    kit.state->floor = MADE_NOW;
    assert_int_equal(take(&kit), ERR_REPLAY_STATEMENT);
    assert_int_equal(kit.state->floor, MADE_NOW);
    apply_kit_release(&kit);
}

/* The code of a statement that is changed and signed as a test says. */
static enum err_code take_other(void (*change)(struct statement *s), enum sigfile_kind kind,
                                const int *keys)
{
    struct statement *s = statement_new(NULL);
    struct apply_kit kit;

    apply_kit_init(&kit, "1", NULL);
    fill(s, STATEMENT_RESET_TIME);
    memcpy(s->nonce, kit.state->nonce, sizeof s->nonce);
    if (change != NULL) {
        change(s);
    }
    put(s, kind, keys);
    (void)take(&kit);
    assert_false(kit.state->has_floor);
    assert_int_equal(kit.state->receipts, 0);
    statement_free(s);
    apply_kit_release(&kit);
    scratch_empty(scratch_dir);
    return err.code;
}

static void other_site(struct statement *s)
{
    snprintf(s->site, sizeof s->site, "site-2");
}
static void other_domain(struct statement *s)
{
    s->domain[0] ^= 1;
}
static void other_channel(struct statement *s)
{
    snprintf(s->channel, sizeof s->channel, "other.example");
}
static void other_nonce(struct statement *s)
{
    s->nonce[0] ^= 1;
}

static void everything_else_is_refused(void **unused)
{
    static const int by_bundle[] = {MADE_FIRST, -1}, by_nobody[] = {-1},
                     twice[] = {MADE_ROOT, MADE_ROOT, -1},
                     stranger[] = {MADE_ROOT, MADE_STRANGER, -1};

    (void)unused;
    assert_int_equal(take_other(other_site, SIGFILE_STATEMENT, by_root), ERR_SCOPE_SITE);
    assert_int_equal(take_other(other_domain, SIGFILE_STATEMENT, by_root), ERR_SCOPE_DOMAIN);
    assert_int_equal(take_other(other_channel, SIGFILE_STATEMENT, by_root), ERR_SCOPE_CHANNEL);
    assert_int_equal(take_other(other_nonce, SIGFILE_STATEMENT, by_root), ERR_REPLAY_STATEMENT);
    assert_int_equal(take_other(NULL, SIGFILE_STATEMENT, by_bundle), ERR_SIGNATURE_SIGNER);
    assert_int_equal(take_other(NULL, SIGFILE_STATEMENT, by_nobody), ERR_THRESHOLD);
    assert_int_equal(take_other(NULL, SIGFILE_STATEMENT, twice), ERR_SIGNATURE_REPEATED);
    assert_int_equal(take_other(NULL, SIGFILE_STATEMENT, stranger), ERR_SIGNATURE_SIGNER);
    assert_int_equal(take_other(NULL, SIGFILE_MANIFEST, by_root), ERR_SIGNATURE_PROFILE);
}

static void what_cannot_be_told_is_not_taken(void **unused)
{
    uint8_t nonce[16];
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    state_it(&kit, STATEMENT_RESET_TIME, NULL, 0);
    memcpy(nonce, kit.state->nonce, sizeof nonce);
    assert_int_equal(unlink(scratch("state/" STATE_SITE_KEY)), 0);
    assert_int_equal(take(&kit), ERR_IO_ABSENT);
    assert_false(kit.state->has_floor);
    apply_kit_crash(&kit); /* nor in the file */
    assert_false(kit.state->has_floor);
    assert_memory_equal(kit.state->nonce, nonce, sizeof nonce);
    assert_int_equal(kit.state->receipts, 0);
    apply_kit_release(&kit);
}

static void a_new_nonce_waits_for_a_reset_state(void **unused)
{
    uint8_t nonce[16];
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    apply_kit_plan(&kit, 5, "12", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(open_check_waiting(kit.state, &err));
    kit.state->has_waived = true;
    state_it(&kit, STATEMENT_RESET_STATE, NULL, 1); /* for the nonce of before */
    KIT_MUST(recover_nonce(kit.state, "tester", must));
    apply_kit_crash(&kit);
    assert_false(open_check_waiting(kit.state, &err));
    assert_int_equal(err.code, ERR_STATE_WAITING);
    assert_int_equal(kit.state->last.sequence, 5);
    assert_false(kit.state->has_waived);
    assert_true(
        apply_kit_says("state/receipts/000002.xml", "action=\"enrol\" outcome=\"changed\""));
    assert_int_equal(take(&kit), ERR_REPLAY_STATEMENT);
    memcpy(nonce, kit.state->nonce, sizeof nonce);
    for (int kind = STATEMENT_EXPIRED; kind <= STATEMENT_RESET_TIME; kind++) {
        state_it(&kit, (enum statement_kind)kind, NULL, 0);
        assert_int_equal(take(&kit), ERR_STATE_WAITING);
    }
    assert_memory_equal(kit.state->nonce, nonce, sizeof nonce);
    assert_false(open_check_waiting(kit.state, &err));
    state_it(&kit, STATEMENT_RESET_STATE, NULL, 7);
    assert_int_equal(take(&kit), ERR_NONE);
    apply_kit_crash(&kit);
    assert_true(open_check_waiting(kit.state, &err));
    assert_int_equal(kit.state->least, 8);
    assert_memory_not_equal(kit.state->nonce, nonce, sizeof nonce);
    apply_kit_release(&kit);
}

static void a_new_nonce_that_cannot_be_told_is_none(void **unused)
{
    uint8_t nonce[16];
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    memcpy(nonce, kit.state->nonce, sizeof nonce);
    assert_int_equal(unlink(scratch("state/" STATE_SITE_KEY)), 0);
    err = (struct err){0};
    assert_false(recover_nonce(kit.state, "tester", &err));
    assert_int_equal(err.code, ERR_IO_ABSENT);
    assert_null(strstr(err.text, "done"));
    for (int i = 0; i < 2; i++) { /* in memory and in the file */
        assert_memory_equal(kit.state->nonce, nonce, sizeof nonce);
        assert_false(kit.state->waits);
        apply_kit_crash(&kit);
    }
    apply_kit_release(&kit);
}

static void a_folder_without_a_statement(void **unused)
{
    struct apply_kit kit;

    (void)unused;
    apply_kit_init(&kit, "1", NULL);
    assert_int_equal(take(&kit), ERR_IO_ABSENT);
    apply_kit_release(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_strictly),
        cmocka_unit_test_setup(a_pair_that_nothing_follows_is_refused, site_kit_empty),
        cmocka_unit_test_setup(an_expired_bundle_is_let_in_by_name, site_kit_empty),
        cmocka_unit_test_setup(the_clock_begins_anew, site_kit_empty),
        cmocka_unit_test_setup(the_sequence_begins_anew, site_kit_empty),
        cmocka_unit_test_setup(each_is_taken_once, site_kit_empty),
        cmocka_unit_test_setup(everything_else_is_refused, site_kit_empty),
        cmocka_unit_test_setup(what_cannot_be_told_is_not_taken, site_kit_empty),
        cmocka_unit_test_setup(a_new_nonce_waits_for_a_reset_state, site_kit_empty),
        cmocka_unit_test_setup(a_new_nonce_that_cannot_be_told_is_none, site_kit_empty),
        cmocka_unit_test_setup(a_folder_without_a_statement, site_kit_empty),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
