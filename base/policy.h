/* SPDX-License-Identifier: MIT */
/*
 * A mark on each check that decides whether something is trusted. In a test build each can be
 * switched off by its name, to see that some test notices (make mutation); in a release build the
 * mark is the condition and nothing else.
 */
#ifndef BASE_POLICY_H
#define BASE_POLICY_H

/* `check`: a literal, the reason id that a refusal gives, with "/what" where several give it;
 * `wrong`: what must not be so. */
#ifdef PINFERRY_TEST_SWITCHES

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool policy_is_off(const char *check)
{
    const char *off = getenv("PINFERRY_TEST_OFF");

    return off != NULL && strcmp(off, check) == 0;
}

#define POLICY(check, wrong) ((wrong) && !policy_is_off(check))

#else

#define POLICY(check, wrong) (wrong)

#endif

#endif
