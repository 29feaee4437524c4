/* SPDX-License-Identifier: MIT */
/*
 * Where new files are staged before they are exchanged.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/site.h"
#include "applier/state.h"
#include "base/fsio.h"

#define VOLUME_STAGING ".pinferry-staging"

bool site_check_staging(const char *dir, struct err *err)
{
    bool is_private = false;
    char remedy[FSIO_REMEDY_SIZE];

    if (!fsio_check_protected(dir, err) || !fsio_is_private(dir, &is_private, err)) {
        return false;
    }
    return is_private || err_set(err, ERR_STATE_ACCESS,
                                 "%s: others may enter this folder, and staged files hold all that "
                                 "the target holds: %s",
                                 dir, fsio_remedy(dir, STATE_FOLDER_MODE, remedy));
}

/* ASP.NET watches the site's own folder and restarts the site for files that come and go there. */
static bool check_outside(const char *dir, const char *target, struct err *err)
{
    char *real = fsio_real_path(target, err);
    char *site = real == NULL ? NULL : fsio_parent(real, err);
    char *inner = site == NULL ? NULL : fsio_real_path(dir, err);
    bool ok = inner != NULL;

    if (ok && fsio_is_within(inner, site)) {
        ok =
            err_set(err, ERR_TARGET_VOLUME,
                    "%s: new files would be staged in %s, which lies inside the site's own folder; "
                    "they need a place on the same volume outside it: choose another state folder "
                    "(--state)",
                    target, dir);
    }
    free(inner);
    free(site);
    free(real);
    return ok;
}

static char *on_volume(const char *target, struct err *err)
{
    char *root = fsio_volume_root(target, err);
    char *dir = root == NULL ? NULL : fsio_join(root, VOLUME_STAGING, err);

    free(root);
    if (dir != NULL && !fsio_make_dir(dir, STATE_FOLDER_MODE, err)) {
        free(dir);
        dir = NULL;
    }
    return dir;
}

char *site_staging(const char *state_dir, const char *target, struct err *err)
{
    char *state = fsio_real_path(state_dir, err);
    char *dir = state == NULL ? NULL : fsio_join(state, STATE_STAGING, err);
    bool same = false, ok;

    free(state);
    ok = dir != NULL && fsio_same_volume(dir, target, &same, err);
    if (ok && !same) {
        free(dir);
        dir = on_volume(target, err);
        ok = dir != NULL;
    }
    if (!ok || !site_check_staging(dir, err) || !check_outside(dir, target, err)) {
        free(dir);
        return NULL;
    }
    return dir;
}
