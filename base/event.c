/* SPDX-License-Identifier: MIT */
/*
 * Which number an event has.
 */
#include "base/event.h"

unsigned event_of_reason(enum err_code code)
{
    static const unsigned short numbers[ERR_CODE_COUNT] = {
#define EVENT_RUN(name, number, words)
#define EVENT_REASON(name, number) [ERR_##name] = number,
#include "base/event_ids.h"
#undef EVENT_RUN
#undef EVENT_REASON
    };
    unsigned number = (unsigned)code < ERR_CODE_COUNT ? numbers[code] : 0;

    return number == 0 ? numbers[ERR_INTERNAL] : number;
}
