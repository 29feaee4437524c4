/* SPDX-License-Identifier: MIT */
/*
 * Scope, sequence, clock and dates of a verified manifest (docs/format.md 6).
 */
#include "bundles/bundle_check.h"

#include <string.h>

#include "base/policy.h"
#include "base/text.h"
#include "base/when.h"

int64_t bundle_check_signed_at(const struct trust *trust, const struct trust_vote *votes,
                               size_t count)
{
    unsigned threshold = trust->roles[TRUST_BUNDLE].threshold;

    for (size_t i = 0; i < count; i++) {
        size_t later = 0, same = 0;

        for (size_t k = 0; k < count; k++) {
            later += votes[k].signing_time > votes[i].signing_time;
            same += votes[k].signing_time == votes[i].signing_time;
        }
        if (later < threshold && threshold <= later + same) {
            return votes[i].signing_time;
        }
    }
    return WHEN_MIN; /* not reached: the threshold holds */
}

bool bundle_check_scope(const struct bundle_check *c, struct err *err)
{
    const struct manifest *m = c->manifest;
    char theirs[33], ours[33];

    if (POLICY("scope.domain", memcmp(m->domain, c->trust->domain, sizeof m->domain) != 0)) {
        text_hex(theirs, m->domain, sizeof m->domain);
        text_hex(ours, c->trust->domain, sizeof c->trust->domain);
        return err_set(err, ERR_SCOPE_DOMAIN,
                       "the bundle is of domain %s and this site belongs to %s: it was made for "
                       "another installation",
                       theirs, ours);
    }
    if (POLICY("scope.channel", strcmp(m->channel, c->trust->channel) != 0)) {
        return err_set(err, ERR_SCOPE_CHANNEL,
                       "the bundle carries keys of the channel '%s' and this site takes '%s'",
                       m->channel, c->trust->channel);
    }
    if (POLICY("scope.site", c->policy->site != NULL && !manifest_for_site(m, c->policy->site))) {
        return err_set(err, ERR_SCOPE_SITE,
                       "the bundle is not meant for this site ('%s'); ask those who made it for "
                       "one that names it",
                       c->policy->site);
    }
    return true;
}

static bool check_last(const struct bundle_check *c, struct err *err)
{
    const struct bundle_policy *p = c->policy;
    const struct manifest *m = c->manifest;

    if (m->epoch != p->last_epoch) {
        return !POLICY("replay.epoch/accepted", m->epoch < p->last_epoch) ||
               err_set(err, ERR_REPLAY_EPOCH,
                       "the bundle is of epoch %llu and this site has accepted epoch %llu already",
                       (unsigned long long)m->epoch, (unsigned long long)p->last_epoch);
    }
    if (POLICY("replay.sequence", m->sequence < p->last_sequence)) {
        return err_set(err, ERR_REPLAY_SEQUENCE,
                       "the bundle has sequence %llu and this site has accepted %llu already; use "
                       "the newest bundle",
                       (unsigned long long)m->sequence, (unsigned long long)p->last_sequence);
    }
    if (POLICY("replay.different",
               m->sequence == p->last_sequence && memcmp(c->sha256, p->last_manifest, 32) != 0)) {
        return err_set(err, ERR_REPLAY_DIFFERENT,
                       "another bundle with sequence %llu was accepted here before; two bundles "
                       "must never share a number: ask those who made them",
                       (unsigned long long)m->sequence);
    }
    return true;
}

static bool check_least(const struct bundle_check *c, struct err *err)
{
    const struct bundle_policy *p = c->policy;
    const struct manifest *m = c->manifest;

    bool reached = m->epoch > p->least_epoch ||
                   (m->epoch == p->least_epoch && m->sequence >= p->least_sequence);

    return !POLICY("replay.least-sequence/enrolled", !reached) ||
           err_set(err, ERR_REPLAY_LEAST,
                   "the bundle has sequence %llu and this site takes none below %llu, as its "
                   "enrolment or a statement says; use the newest bundle",
                   (unsigned long long)m->sequence, (unsigned long long)p->least_sequence);
}

bool bundle_check_replay(const struct bundle_check *c, struct err *err)
{
    const struct manifest *m = c->manifest;

    if (POLICY("replay.epoch/set", m->epoch != c->trust->epoch)) {
        return err_set(err, ERR_REPLAY_EPOCH,
                       "the bundle is of epoch %llu and trust set %llu of epoch %llu",
                       (unsigned long long)m->epoch, (unsigned long long)c->trust->version,
                       (unsigned long long)c->trust->epoch);
    }
    if (POLICY("replay.least-sequence/set", m->sequence < c->trust->least_sequence)) {
        return err_set(err, ERR_REPLAY_LEAST,
                       "the bundle has sequence %llu and trust set %llu allows none below %llu",
                       (unsigned long long)m->sequence, (unsigned long long)c->trust->version,
                       (unsigned long long)c->trust->least_sequence);
    }
    if (!c->policy->check_replay) {
        return true;
    }
    return c->policy->has_last ? check_last(c, err) : check_least(c, err);
}

static bool check_clock(const struct bundle_check *c, struct err *err)
{
    const struct bundle_policy *p = c->policy;
    char local[WHEN_TEXT_SIZE], other[WHEN_TEXT_SIZE];

    when_format(local, p->local);
    if (POLICY("clock.behind", p->has_floor && p->local < p->floor - WHEN_DAY)) {
        when_format(other, p->floor);
        return err_set(err, ERR_CLOCK_BEHIND,
                       "this computer's clock says %s, but a bundle signed at %s was accepted "
                       "here: set the clock",
                       local, other);
    }
    if (POLICY("clock.ahead", c->signed_at > p->local + WHEN_DAY)) {
        when_format(other, c->signed_at);
        return err_set(err, ERR_CLOCK_AHEAD,
                       "the bundle was signed at %s, which is more than a day after this "
                       "computer's clock (%s): set the clock, or ask those who signed",
                       other, local);
    }
    return true;
}

/* A date that is past or to come, with `now` in the sentence. */
static bool date(struct err *err, enum err_code code, const char *what, int64_t when, int64_t now)
{
    char a[WHEN_TEXT_SIZE], b[WHEN_TEXT_SIZE];

    when_format(a, when);
    when_format(b, now);
    return err_set(err, code, "%s %s; it is %s here", what, a, b);
}

static bool check_signers(const struct bundle_check *c, int64_t now, struct err *err)
{
    const struct manifest *m = c->manifest;

    for (size_t i = 0; i < c->vote_count; i++) {
        const struct trust_signer *signer =
            &c->trust->roles[TRUST_BUNDLE].signers[c->votes[i].signer];
        int64_t when = c->votes[i].signing_time;
        char until[WHEN_TEXT_SIZE], time[WHEN_TEXT_SIZE];

        when_format(until, signer->until);
        when_format(time, when);
        if (POLICY("time.signer-until/now", now >= signer->until) ||
            POLICY("time.signer-until/expires", m->expires > signer->until)) {
            return err_set(err, ERR_TIME_SIGNER_UNTIL, "signer '%s' may sign until %s, which %s",
                           signer->id, until,
                           now >= signer->until ? "is past"
                                                : "is before the end of the bundle's validity");
        }
        if (POLICY("time.signed/before", when < m->created) ||
            POLICY("time.signed/behind", when >= m->expires)) {
            return err_set(err, ERR_TIME_SIGNED,
                           "signer '%s' says to have signed at %s, which is not between the "
                           "bundle's making and its end",
                           signer->id, time);
        }
    }
    return true;
}

static bool check_time(const struct bundle_check *c, struct err *err)
{
    const struct bundle_policy *p = c->policy;
    const struct manifest *m = c->manifest;
    int64_t now = p->has_floor && p->floor > p->local ? p->floor : p->local;
    bool waived = p->waived_manifest != NULL && memcmp(p->waived_manifest, c->sha256, 32) == 0;

    if (POLICY("time.trust-expired", now >= c->trust->expires)) {
        return date(err, ERR_TIME_TRUST_EXPIRED,
                    "a newer trust set is needed: the present one ended at", c->trust->expires,
                    now);
    }
    if (POLICY("time.not-yet", now < m->not_before)) {
        return date(err, ERR_TIME_NOT_YET, "the bundle is not valid before", m->not_before, now);
    }
    if (POLICY("time.expired", now >= m->expires && !waived)) {
        return date(err, ERR_TIME_EXPIRED, "a newer bundle is needed: this one was valid until",
                    m->expires, now);
    }
    return check_signers(c, now, err);
}

bool bundle_check_dates(const struct bundle_check *c, struct err *err)
{
    return check_clock(c, err) && check_time(c, err);
}
