/* SPDX-License-Identifier: MIT */
/* Services stopped around a run, on a machine that the test plays: on every path they run again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/services.h"
#include "base/svc.h"
#include "tests/unit/apply_kit.h"

/* --- the services of the machine, in place of base/svc_*.c --- */

struct played {
    const char *name, *shown, *needs;
    bool running, stuck, broken; /* does not stop; does not start */
};

static struct played services[3];
static char calls[512];

static struct played *played(const char *name)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (strcmp(services[i].name, name) == 0) {
            return &services[i];
        }
    }
    return NULL;
}

static void note_call(const char *what, const char *name)
{
    snprintf(calls + strlen(calls), sizeof calls - strlen(calls), "%s %s;", what, name);
}

bool svc_supported(void)
{
    return true;
}

char *svc_find(const char *name, struct err *err)
{
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (strcmp(services[i].name, name) == 0 || strcmp(services[i].shown, name) == 0) {
            return strdup(services[i].name);
        }
    }
    err_set(err, ERR_CONFIG_SERVICE, "service '%s': there is none", name);
    return NULL;
}

bool svc_is_running(const char *service, bool *running, struct err *err)
{
    (void)err;
    *running = played(service)->running;
    return true;
}

bool svc_dependents(const char *service, struct fsio_names *out, struct err *err)
{
    (void)err;
    out->names = calloc(4, sizeof *out->names);
    out->count = 0;
    assert_non_null(out->names);
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (services[i].running && services[i].needs != NULL &&
            strcmp(services[i].needs, service) == 0) {
            out->names[out->count++] = strdup(services[i].name);
        }
    }
    return true;
}

/* Whatever happens next, the note of it is on the disk. */
static void is_noted(const char *service)
{
    assert_true(apply_kit_says("state/" SERVICES_FILE, service));
}

bool svc_stop(const char *service, unsigned seconds, struct err *err)
{
    struct played *s = played(service);

    is_noted(service);
    assert_int_equal(seconds, 7);
    note_call("stop", service);
    if (s->stuck) {
        return err_set(err, ERR_SERVICE_STOP, "service '%s' did not stop", service);
    }
    s->running = false;
    return true;
}

bool svc_start(const char *service, unsigned seconds, struct err *err)
{
    struct played *s = played(service);

    is_noted(service);
    assert_int_equal(seconds, 7);
    note_call("start", service);
    if (!s->running && s->broken) {
        return err_set(err, ERR_SERVICE_START, "service '%s' ends at once", service);
    }
    s->running = true;
    return true;
}

/* --- a site with services --- */

static struct apply_kit kit;
static struct err err;

static int begin(void **state)
{
    site_kit_empty(state);
    err = (struct err){0};
    calls[0] = '\0';
    services[0] = (struct played){.name = "checker", .shown = "The Checker", .running = true};
    services[1] = (struct played){.name = "tracker", .shown = "The Tracker", .running = true};
    services[2] = (struct played){
        .name = "helper", .shown = "The Helper", .needs = "checker", .running = false};
    apply_kit_init(&kit, "13", NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    apply_kit_release(&kit);
    return 0;
}

static void site_has(const char *name)
{
    struct site_service *s = &kit.site->services[kit.site->service_count++];

    s->name = strdup(name);
    s->seconds = 7;
}

static bool is_note_there(void)
{
    return access(scratch("state/" SERVICES_FILE), F_OK) == 0;
}

static void all_run(void)
{
    assert_true(played("checker")->running && played("tracker")->running);
    assert_false(is_note_there());
    KIT_MUST(services_check(kit.state, must));
}

/* --- the tests --- */

static void a_site_without_services_touches_none(void **unused)
{
    (void)unused;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_string_equal(calls, "");
    assert_false(is_note_there());
}

static void stopped_and_started_around_a_run(void **unused)
{
    (void)unused;
    site_has("The Checker");
    site_has("tracker");
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_true(apply_kit_holds("a", "132"));
    assert_string_equal(calls, "stop checker;stop tracker;start tracker;start checker;");
    assert_true(apply_kit_says("state/" STATE_LOG, "service checker: stopped"));
    assert_true(apply_kit_says("state/" STATE_LOG, "service checker: started again"));
    all_run();
}

static void nothing_to_change_stops_nothing(void **unused)
{
    (void)unused;
    site_has("checker");
    apply_kit_plan(&kit, 1, "13", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_string_equal(calls, "");
}

static void what_did_not_run_is_not_started(void **unused)
{
    (void)unused;
    site_has("checker");
    site_has("tracker");
    played("checker")->running = false;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_string_equal(calls, "stop tracker;start tracker;");
    assert_false(played("checker")->running);
    assert_false(is_note_there());
}

static void those_that_need_it_go_first_and_come_last(void **unused)
{
    (void)unused;
    site_has("checker");
    site_has("helper");
    played("helper")->running = true;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_string_equal(calls, "stop helper;stop checker;start checker;start helper;");
    assert_true(played("helper")->running);
}

static void one_that_does_not_stop_refuses_the_run(void **unused)
{
    (void)unused;
    site_has("tracker");
    site_has("checker");
    played("checker")->stuck = true;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_SERVICE_STOP);
    assert_int_equal(err_exit(err.code), 21);
    assert_non_null(strstr(err.text, "no file was changed"));
    assert_true(apply_kit_holds("a", "13"));
    assert_int_equal(kit.state->runs, 0);
    assert_false(kit.state->has_last);
    all_run();
}

static void an_unknown_one_refuses_before_any_is_stopped(void **unused)
{
    (void)unused;
    site_has("checker");
    site_has("The Chequer");
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_CONFIG_SERVICE);
    assert_int_equal(err_exit(err.code), 20);
    assert_string_equal(calls, "");
    assert_true(apply_kit_holds("a", "13"));
    all_run();
}

static void one_that_does_not_start_is_told_and_kept(void **unused)
{
    (void)unused;
    site_has("checker");
    site_has("tracker");
    played("tracker")->broken = true;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_SERVICE_START);
    assert_int_equal(err_exit(err.code), 21);
    assert_non_null(strstr(err.text, "the files are as they should be"));
    assert_non_null(strstr(err.text, "'tracker' ends at once"));
    assert_true(apply_kit_holds("a", "132"));
    assert_true(kit.state->has_last);
    assert_true(played("checker")->running);
    is_noted("tracker");
    assert_false(apply_kit_says("state/" SERVICES_FILE, "checker"));
    assert_false(services_check(kit.state, &err));
    assert_int_equal(err.code, ERR_SERVICE_START);
    assert_false(services_start(kit.state, &err));
    played("tracker")->broken = false;
    KIT_MUST(services_start(kit.state, must));
    all_run();
}

static void a_refusal_after_the_stop_starts_them(void **unused)
{
    (void)unused;
    site_has("checker");
    apply_kit_plan(&kit, 1, "123", "");
    site_kit_target("a", "1"); /* another program, at the last moment */
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_CHANGED);
    assert_string_equal(calls, "stop checker;start checker;");
    assert_true(apply_kit_holds("a", "1"));
    all_run();
}

static void a_failed_check_stops_and_starts_them_twice(void **unused)
{
    (void)unused;
    site_has("checker");
    kit.site->check[0] = strdup("/bin/false");
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_false(apply_check(kit.state, kit.site, &apply_kit_who, &err));
    assert_int_equal(err.code, ERR_CHECK_FAILED);
    assert_string_equal(calls, "stop checker;start checker;stop checker;start checker;");
    assert_true(apply_kit_holds("a", "13"));
    all_run();
}

static void a_check_waits_for_services(void **unused)
{
    (void)unused;
    site_has("checker");
    kit.site->check[0] = strdup("/bin/false");
    played("checker")->broken = true;
    apply_kit_plan(&kit, 1, "123", "");
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_SERVICE_START);
    assert_false(apply_check(kit.state, kit.site, &apply_kit_who, &err));
    assert_int_equal(err.code, ERR_SERVICE_START);
    assert_true(apply_kit_holds("a", "132"));
    assert_int_equal(kit.state->unchecked, 1);
}

/* What a killed process leaves: the note, and services that are stopped. */
static void after_a_kill_they_are_started(void **unused)
{
    (void)unused;
    site_has("checker");
    site_has("tracker");
    KIT_MUST(services_stop(kit.state, kit.site, must));
    apply_kit_crash(&kit);
    assert_false(played("checker")->running);
    assert_false(services_check(kit.state, &err));
    KIT_MUST(services_start(kit.state, must));
    all_run();
    calls[0] = '\0';
    KIT_MUST(services_start(kit.state, must));
    assert_string_equal(calls, "");
}

static void the_next_run_starts_what_a_killed_one_stopped(void **unused)
{
    (void)unused;
    site_has("checker");
    KIT_MUST(services_stop(kit.state, kit.site, must));
    apply_kit_crash(&kit);
    site_has("tracker");
    apply_kit_plan(&kit, 1, "123", "");
    calls[0] = '\0';
    assert_int_equal(apply_kit_apply(&kit, &err), ERR_NONE);
    assert_string_equal(calls, "stop checker;stop tracker;start tracker;start checker;");
    all_run();
}

static void a_damaged_note_stops_nothing(void **unused)
{
    static const char *const bad[] = {
        "", "<services/>", "<services xmlns=\"" SERVICES_NS "\"><service name=\"a\"/></services>",
        "<services xmlns=\"" SERVICES_NS "\"><service name=\"a\" seconds=\"0\"/></services>",
        "<services xmlns=\"" SERVICES_NS "\"><x name=\"a\" seconds=\"1\"/></services>"};

    (void)unused;
    site_has("checker");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        KIT_MUST(fsio_replace(scratch("state/" SERVICES_FILE), bad[i], strlen(bad[i]), 0600, must));
        err = (struct err){0};
        assert_false(services_stop(kit.state, kit.site, &err));
        assert_int_equal(err.code, ERR_STATE_DAMAGED);
        assert_non_null(strstr(err.text, SERVICES_FILE));
        assert_false(services_start(kit.state, &err));
        assert_false(services_check(kit.state, &err));
    }
    assert_string_equal(calls, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_site_without_services_touches_none, begin, end),
        cmocka_unit_test_setup_teardown(stopped_and_started_around_a_run, begin, end),
        cmocka_unit_test_setup_teardown(nothing_to_change_stops_nothing, begin, end),
        cmocka_unit_test_setup_teardown(what_did_not_run_is_not_started, begin, end),
        cmocka_unit_test_setup_teardown(those_that_need_it_go_first_and_come_last, begin, end),
        cmocka_unit_test_setup_teardown(one_that_does_not_stop_refuses_the_run, begin, end),
        cmocka_unit_test_setup_teardown(an_unknown_one_refuses_before_any_is_stopped, begin, end),
        cmocka_unit_test_setup_teardown(one_that_does_not_start_is_told_and_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_refusal_after_the_stop_starts_them, begin, end),
        cmocka_unit_test_setup_teardown(a_failed_check_stops_and_starts_them_twice, begin, end),
        cmocka_unit_test_setup_teardown(a_check_waits_for_services, begin, end),
        cmocka_unit_test_setup_teardown(after_a_kill_they_are_started, begin, end),
        cmocka_unit_test_setup_teardown(the_next_run_starts_what_a_killed_one_stopped, begin, end),
        cmocka_unit_test_setup_teardown(a_damaged_note_stops_nothing, begin, end),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
