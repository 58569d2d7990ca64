/*
 * The call of `audience-worker --backup`, which nginx has no method for.
 *
 *   BACKUP /backup ──> laid aside ──> "ready" ──> the peer copies
 *                                                      │ and goes
 *                                     removed <────────┘
 *
 * Nothing is applied to the store while its checkpoint is made and the spool is
 * linked: an import removes its file after its batch was applied, so each file
 * that the checkpoint waits for is there.
 */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api_private.h"
#include "backup.h"
#include "commit.h"
#include "document.h"
#include "keys.h"
#include "log.h"
#include "settings.h"


typedef struct {
    const char   *root;
    int           busy;             /* somebody else's is there */
    int           rc;
    aud_error_t   err;
} backup_call_t;


static void backup_call(api_call_t *call);
static void backup_lay_aside(api_call_t *call);
static int backup_store(api_call_t *call);
static int backup_spool(backup_call_t *b);
static int backup_spool_of(backup_call_t *b, const char *tenant);
static void backup_ready(api_call_t *call);
static void backup_refused(api_call_t *call);
static void backup_peer_gone(api_call_t *call);
static void backup_remove(api_call_t *call);
static void backup_removed(api_call_t *call);


const api_route_t  backup_routes[] = {
    { AUD_METHOD_BACKUP, "/backup", backup_call },
    { 0, NULL, NULL }
};


static void
backup_call(api_call_t *call)
{
    backup_call_t  *b;

    b = (void *) api_scratch(call, sizeof(backup_call_t));

    if (b == NULL) {
        api_no_memory(call);
        return;
    }

    *b = (backup_call_t) { .root = call->worker->settings->root };
    call->data = b;
    api_work(call, backup_lay_aside, backup_ready);
}


static void
backup_lay_aside(api_call_t *call)
{
    char            path[DOCUMENT_PATH_MAX];
    backup_call_t  *b = call->data;

    snprintf(path, sizeof(path), "%s/" BACKUP_FOLDER, b->root);

    if (mkdir(path, 0700) != 0) {
        b->busy = errno == EEXIST;
        b->rc = aud_error_system(&b->err, "%s", path);
        return;
    }

    commit_pause(call->worker->commit);
    b->rc = backup_store(call);

    if (b->rc == 0) {
        b->rc = backup_spool(b);
    }

    commit_resume(call->worker->commit);

    if (b->rc != 0) {
        backup_clear(b->root);
    }
}


static int
backup_store(api_call_t *call)
{
    char            path[DOCUMENT_PATH_MAX];
    backup_call_t  *b = call->data;

    snprintf(path, sizeof(path), "%s/" BACKUP_FOLDER "/db", b->root);

    return store_checkpoint(call->worker->store, path, &b->err);
}


static int
backup_spool(backup_call_t *b)
{
    int             rc = 0;
    DIR            *dir;
    char            path[DOCUMENT_PATH_MAX];
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/" BACKUP_FOLDER "/spool", b->root);

    if (mkdir(path, 0770) != 0) {
        return aud_error_system(&b->err, "%s", path);
    }

    snprintf(path, sizeof(path), "%s/spool", b->root);
    dir = opendir(path);

    if (dir == NULL) {
        return aud_error_system(&b->err, "%s", path);
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (aud_tenant_valid(entry->d_name, strlen(entry->d_name))) {
            rc = backup_spool_of(b, entry->d_name);
        }
    }

    closedir(dir);

    return rc;
}


/* An upload that is not handed over yet may get its name or go meanwhile. */

static int
backup_spool_of(backup_call_t *b, const char *tenant)
{
    int             rc = 0;
    DIR            *dir;
    char            from[DOCUMENT_PATH_MAX], to[DOCUMENT_PATH_MAX];
    struct dirent  *entry;

    snprintf(from, sizeof(from), "%s/spool/%.64s", b->root, tenant);
    snprintf(to, sizeof(to), "%s/" BACKUP_FOLDER "/spool/%.64s", b->root,
             tenant);
    dir = opendir(from);

    if (dir == NULL) {
        return aud_error_system(&b->err, "%s", from);
    }

    if (mkdir(to, 0770) != 0) {
        rc = aud_error_system(&b->err, "%s", to);
    }

    while (rc == 0 && (entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "imp_", 4) != 0) {
            continue;
        }

        snprintf(from, sizeof(from), "%s/spool/%.64s/%.255s", b->root, tenant,
                 entry->d_name);
        snprintf(to, sizeof(to), "%s/" BACKUP_FOLDER "/spool/%.64s/%.255s",
                 b->root, tenant, entry->d_name);

        if (link(from, to) != 0 && errno != ENOENT) {
            rc = aud_error_system(&b->err, "%s", to);
        }
    }

    closedir(dir);

    return rc;
}


static void
backup_ready(api_call_t *call)
{
    backup_call_t  *b = call->data;

    if (b->rc != 0) {
        backup_refused(call);
        return;
    }

    log_line(LOG_INFO, call->request.request_id.data, "backup begins", NULL);
    api_stream_begin(call, "text/plain", backup_peer_gone);
    api_stream_write(call, AUD_STR("ready\n"));

    if (call->connection == NULL) {
        backup_peer_gone(call);
    }
}


static void
backup_refused(api_call_t *call)
{
    aud_problem_t   problem = { 0 };
    backup_call_t  *b = call->data;

    if (b->busy) {
        aud_problem_set(&problem, 409, "backup-under-way",
                        "A backup is being made",
                        "Another backup is being made; begin when it has "
                        "ended.");

    } else {
        log_line(LOG_ERROR, call->request.request_id.data, "no backup",
                 "s:error", b->err.text, NULL);
        aud_problem_set(&problem, 500, "internal-error",
                        "Something went wrong", "%s", b->err.text);
    }

    api_problem(call, &problem);
}


static void
backup_peer_gone(api_call_t *call)
{
    api_work(call, backup_remove, backup_removed);
}


static void
backup_remove(api_call_t *call)
{
    backup_clear(((backup_call_t *) call->data)->root);
}


static void
backup_removed(api_call_t *call)
{
    log_line(LOG_INFO, call->request.request_id.data, "backup over", NULL);
    api_stream_end(call);
}
