/* SPDX-License-Identifier: MIT */
/*
 * Section 6 of docs/format.md a second time: from what is known of a world (who signed what, which
 * documents can be read) to the answer that a verifier must give. Uses nothing of the opener.
 */
#ifndef TESTS_FUZZ_POLICY_MODEL_H
#define TESTS_FUZZ_POLICY_MODEL_H

#include "tests/fuzz/policy_world.h"

struct model {
    int exit;          /* 0: accepted */
    bool maybe_newer;  /* 16 is as good: a damaged signature stands on a newer set */
    int date_exit;     /* what the dates say, whether they are checked or not */
    int64_t signed_at; /* T */
    const struct trust *reached;
    struct trust *sets[WORLD_SETS]; /* as they are read; NULL when they cannot be */
};

/* Whether the key is one of the role's. */
static inline bool model_names(const struct trust *set, enum trust_role role, int key)
{
    const struct trust_keys *keys = &set->roles[role];

    for (size_t i = 0; i < keys->count; i++) {
        if (keys->signers[i].cert_len == world_made.certs[key].len &&
            memcmp(keys->signers[i].cert, world_made.certs[key].data, keys->signers[i].cert_len) ==
                0) {
            return true;
        }
    }
    return false;
}

static inline bool model_repeats(const struct world_signed *by)
{
    for (size_t i = 1; i < by->count; i++) {
        if (by->keys[i] == by->keys[i - 1]) { /* the same key signs in a row, if at all */
            return true;
        }
    }
    return false;
}

/* How many of the signers have the role; *strangers: one has not. */
static inline unsigned model_votes(const struct trust *set, enum trust_role role,
                                   const struct world_signed *by, bool *strangers)
{
    unsigned votes = 0;

    for (size_t i = 0; i < by->count; i++) {
        bool is = model_names(set, role, by->keys[i]);

        votes += is;
        *strangers |= !is;
    }
    return votes;
}

static inline bool model_follows(const struct trust *from, const struct trust *to,
                                 const struct world_signed *by)
{
    bool strangers = false;

    for (size_t i = 0; i < by->count; i++) {
        strangers |= !model_names(from, TRUST_ROOT, by->keys[i]) &&
                     !model_names(to, TRUST_ROOT, by->keys[i]);
    }
    return !strangers && !model_repeats(by) && to->version == from->version + 1 &&
           memcmp(to->domain, from->domain, 16) == 0 && strcmp(to->channel, from->channel) == 0 &&
           to->epoch >= from->epoch && to->least_sequence >= from->least_sequence &&
           model_votes(to, TRUST_ROOT, by, &strangers) >= to->roles[TRUST_ROOT].threshold;
}

/* The exit code of one carried set that must follow model->reached. */
static inline int model_step(const struct world_set *set, struct model *model, size_t i)
{
    const struct trust *from = model->reached;
    struct err err = {0};
    bool strangers = false;
    int form;

    model->sets[i] = trust_parse(set->bytes.data, set->bytes.len, &err);
    form = err_exit(err.code) == 16 ? 16 : 17;
    if (set->by.damaged || model_repeats(&set->by)) {
        model->maybe_newer = form == 16;
        return 17;
    }
    if (model_votes(from, TRUST_ROOT, &set->by, &strangers) < from->roles[TRUST_ROOT].threshold) {
        return 17;
    }
    if (model->sets[i] == NULL) {
        return form;
    }
    if (!model_follows(from, model->sets[i], &set->by)) {
        return 17;
    }
    model->reached = model->sets[i];
    return 0;
}

static inline int model_chain(const struct world *w, struct model *model)
{
    if (w->set_count > 0 && w->sets[0].version > w->trust->version + 1) {
        return 17;
    }
    for (size_t i = 0; i < w->set_count; i++) {
        const struct world_set *set = &w->sets[i];
        int code = 0;

        if (set->version == w->trust->version) {
            code = buf_equal(&set->bytes, &w->trust->bytes) ? 0 : 17;
        } else if (set->version > w->trust->version) {
            code = model_step(set, model, i);
        }
        if (code != 0) {
            return code;
        }
    }
    return 0;
}

/* The highest time that as many signers as the threshold asks for have reached. */
static inline int64_t model_signed_at(const struct world_signed *by, unsigned threshold)
{
    int64_t times[WORLD_KEYS + 1];

    memcpy(times, by->times, sizeof times);
    for (size_t i = 0; i < by->count; i++) {
        for (size_t k = i + 1; k < by->count; k++) {
            if (times[k] > times[i]) {
                int64_t swap = times[i];

                times[i] = times[k];
                times[k] = swap;
            }
        }
    }
    return times[threshold - 1];
}

static inline int model_dates(const struct world *w, const struct manifest *m,
                              const struct model *model)
{
    const struct bundle_policy *p = &w->policy;
    const struct trust_keys *keys = &model->reached->roles[TRUST_BUNDLE];
    int64_t now = p->has_floor && p->floor > p->local ? p->floor : p->local;
    bool waived = p->waived_manifest != NULL; /* the world waives this one or none */
    bool good =
        now < model->reached->expires && m->not_before <= now && (now < m->expires || waived);

    if ((p->has_floor && p->floor - p->local > WHEN_DAY) ||
        model->signed_at - p->local > WHEN_DAY) {
        return 19;
    }
    for (size_t i = 0; i < w->by.count; i++) {
        for (size_t k = 0; k < keys->count; k++) {
            if (keys->signers[k].id[4] - '0' == w->by.keys[i]) {
                good = good && now < keys->signers[k].until && m->expires <= keys->signers[k].until;
            }
        }
        good = good && m->created <= w->by.times[i] && w->by.times[i] < m->expires;
    }
    return good ? 0 : 13;
}

static inline bool model_for_site(const struct manifest *m, const char *site)
{
    bool is = site == NULL || m->all_sites;

    for (size_t i = 0; !is && i < m->site_count; i++) {
        is = strcmp(m->sites[i], site) == 0;
    }
    return is;
}

static inline bool model_is_newer(const struct world *w, const struct manifest *m,
                                  const struct trust *trust)
{
    const struct bundle_policy *p = &w->policy;
    bool higher =
        m->epoch > p->last_epoch || (m->epoch == p->last_epoch && m->sequence > p->last_sequence);
    bool same = m->epoch == p->last_epoch && m->sequence == p->last_sequence && w->is_last;
    bool least = m->epoch > p->least_epoch ||
                 (m->epoch == p->least_epoch && m->sequence >= p->least_sequence);

    return m->epoch == trust->epoch && m->sequence >= trust->least_sequence &&
           (!p->check_replay || (p->has_last ? higher || same : least));
}

/* The members that were carried, in their order; they stand before the manifest. */
static inline bool model_lists(const struct world *w, const struct manifest *m)
{
    size_t carried = 0;

    while (strcmp(w->bundle.members[carried].name, "manifest.xml") != 0) {
        const struct made_member *member = &w->bundle.members[carried];
        uint8_t sha256[32];

        FUZZ_MUST(crypto_sha256(sha256, member->bytes.data, member->bytes.len, NULL));
        if (carried >= m->trust_count || strcmp(m->trust[carried].name, member->name) != 0 ||
            m->trust[carried].size != member->bytes.len ||
            memcmp(m->trust[carried].sha256, sha256, 32) != 0) {
            return false;
        }
        carried++;
    }
    return carried == m->trust_count;
}

/* Whether the payload that follows is the listed one. */
static inline bool model_payload(const struct world *w, const struct manifest *m)
{
    size_t at = 0, i = 0;

    while (at < w->bundle.count && strncmp(w->bundle.members[at].name, "payload/", 8) != 0) {
        at++;
    }
    for (; at < w->bundle.count; at++, i++) {
        const struct made_member *member = &w->bundle.members[at];
        uint8_t sha256[32];

        FUZZ_MUST(crypto_sha256(sha256, member->bytes.data, member->bytes.len, NULL));
        if (i >= m->payload_count || strcmp(m->payload[i].name, member->name) != 0 ||
            m->payload[i].size != member->bytes.len ||
            memcmp(m->payload[i].sha256, sha256, 32) != 0) {
            return false;
        }
    }
    return i == m->payload_count;
}

/* Checks 8 to 13. */
static inline int model_manifest(const struct world *w, const struct manifest *m,
                                 struct model *model)
{
    if (!model_lists(w, m)) {
        return 10;
    }
    if (m->trust_version > model->reached->version) {
        return 17;
    }
    if (memcmp(m->domain, model->reached->domain, 16) != 0 ||
        strcmp(m->channel, model->reached->channel) != 0 || !model_for_site(m, w->policy.site)) {
        return 15;
    }
    if (!model_is_newer(w, m, model->reached)) {
        return 14;
    }
    model->date_exit = model_dates(w, m, model);
    if (model->date_exit != 0 && w->policy.check_time) {
        return model->date_exit;
    }
    return model_payload(w, m) ? 0 : 10;
}

static inline void model_decide(const struct world *w, struct model *model)
{
    const struct buf *document = &w->bundle.document;
    bool strangers = false;
    struct manifest *m;
    struct err err = {0};
    unsigned votes;

    model->reached = w->trust;
    model->exit = model_chain(w, model);
    if (model->exit != 0) {
        return;
    }
    votes = model_votes(model->reached, TRUST_BUNDLE, &w->by, &strangers);
    if (w->by.damaged || strangers || model_repeats(&w->by)) {
        model->exit = 11;
        return;
    }
    if (votes < model->reached->roles[TRUST_BUNDLE].threshold) {
        model->exit = 12;
        return;
    }
    model->signed_at = model_signed_at(&w->by, model->reached->roles[TRUST_BUNDLE].threshold);
    m = manifest_parse(document->data, document->len, &err);
    model->exit = m == NULL ? err_exit(err.code) : model_manifest(w, m, model);
    manifest_free(m);
}

static inline void model_release(struct model *model)
{
    for (size_t i = 0; i < WORLD_SETS; i++) {
        trust_free(model->sets[i]);
    }
}

#endif
