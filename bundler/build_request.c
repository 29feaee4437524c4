/* SPDX-License-Identifier: MIT */
/*
 * Inside of build.c: what can be said about a request before anything is opened.
 */
#include "bundler/build_request.h"

#include <stdio.h>
#include <string.h>

#include "base/fsio.h"
#include "base/text.h"

#define PREFIX "payload/"

bool build_name_file(struct build_file *file, const char *path, const char *name, struct err *err)
{
    if (name == NULL) {
        name = fsio_name(path);
    }
    if (!text_is_id(name)) {
        return err_set(err, ERR_USAGE,
                       "'%s' cannot be a name in a bundle: a-z, 0-9 and '-', with single dots, at "
                       "most %d characters, are; give one as in --attach '%s=ens-setup.zip'",
                       name, TEXT_ID_MAX, path);
    }
    file->path = path;
    snprintf(file->name, sizeof file->name, PREFIX "%s", name);
    return true;
}

static bool check_files(const struct build_request *request, struct err *err)
{
    for (size_t i = 0; i < request->file_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(request->files[i].name, request->files[j].name) == 0) {
                return err_set(err, ERR_USAGE,
                               "%s and %s would both be called %s; give one another name",
                               request->files[j].path, request->files[i].path,
                               request->files[i].name + strlen(PREFIX));
            }
        }
    }
    return true;
}

static bool check_sites(const struct build_request *request, struct err *err)
{
    for (size_t i = 0; i < request->site_count; i++) {
        if (!text_is_id(request->sites[i])) {
            return err_set(
                err, ERR_USAGE,
                "--site '%s' is no site id: labels of a-z, 0-9 and '-', joined by single "
                "dots, at most %d characters",
                request->sites[i], TEXT_ID_MAX);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(request->sites[i], request->sites[j]) == 0) {
                return err_set(err, ERR_USAGE, "--site %s is given twice", request->sites[i]);
            }
        }
    }
    return true;
}

bool build_request_check(const struct build_request *request, struct err *err)
{
    if (request->not_before < request->now) {
        return err_set(err, ERR_USAGE, "--not-before lies in the past; leave it out for 'at once'");
    }
    return check_sites(request, err) && check_files(request, err);
}
