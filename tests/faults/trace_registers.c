/* SPDX-License-Identifier: MIT */
/*
 * A stopped program's call and its result, in the registers of its processor.
 */
#define _GNU_SOURCE

#include "tests/faults/trace.h"

#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#if defined __x86_64__
static void set_word(pid_t child, size_t offset, uint64_t word)
{
    if (ptrace(PTRACE_POKEUSER, child, offset, word) != 0) {
        trace_trouble("a register cannot be set");
    }
}

void trace_skip_call(pid_t child)
{
    set_word(child, offsetof(struct user_regs_struct, orig_rax), (uint64_t)-1);
}

void trace_set_result(pid_t child, uint64_t value)
{
    set_word(child, offsetof(struct user_regs_struct, rax), value);
}

void trace_set_third(pid_t child, uint64_t value)
{
    set_word(child, offsetof(struct user_regs_struct, rdx), value);
}
#elif defined __aarch64__
static void set_register(pid_t child, size_t which, uint64_t value)
{
    struct user_regs_struct regs;
    struct iovec all = {&regs, sizeof regs};

    if (ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &all) != 0) {
        trace_trouble("registers cannot be read");
    }
    regs.regs[which] = value;
    if (ptrace(PTRACE_SETREGSET, child, NT_PRSTATUS, &all) != 0) {
        trace_trouble("a register cannot be set");
    }
}

void trace_skip_call(pid_t child)
{
    int none = -1;
    struct iovec one = {&none, sizeof none};

    if (ptrace(PTRACE_SETREGSET, child, NT_ARM_SYSTEM_CALL, &one) != 0) {
        trace_trouble("a call cannot be skipped");
    }
}

void trace_set_result(pid_t child, uint64_t value)
{
    set_register(child, 0, value);
}

void trace_set_third(pid_t child, uint64_t value)
{
    set_register(child, 2, value);
}
#else
#error "faults_trace knows the registers of x86_64 and aarch64 only"
#endif
