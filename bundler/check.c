/* SPDX-License-Identifier: MIT */
/*
 * Opens bundles under the workspace's own trust set, as a site that enrolled it would.
 */
#include "bundler/check.h"

struct bundle *check_open(const struct trust *trust, const char *path, struct fsio_file *file,
                          bool dates, int64_t local, struct progress *progress, struct err *err)
{
    struct bundle_policy policy = {
        .trust = trust, .local = local, .check_time = dates, .progress = progress};
    struct fsio_file *opened = file == NULL ? fsio_open(path, err) : NULL;
    struct trust *advanced = NULL;
    struct bundle *bundle;

    if (file == NULL && opened == NULL) {
        return NULL;
    }
    bundle = bundle_open(file == NULL ? opened : file, &policy, NULL, &advanced, err);
    if (bundle == NULL) {
        err_context(err, "%s", path);
    }
    trust_free(advanced);
    fsio_close(opened);
    return bundle;
}

/* A copy of the set with another threshold, which is in its fields alone: its bytes stay. */
struct bundle *check_draft(const struct trust *trust, const char *path, struct fsio_file *file,
                           bool dates, int64_t local, struct progress *progress, struct err *err)
{
    struct trust *one = trust_copy(trust, err);
    struct bundle *bundle = NULL;

    if (one != NULL) {
        one->roles[TRUST_BUNDLE].threshold = 1;
        bundle = check_open(one, path, file, dates, local, progress, err);
    }
    trust_free(one);
    return bundle;
}
