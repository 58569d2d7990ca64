/*
 * audience-worker: the one process that writes.
 *
 *   audience-worker -c FILE [-t]
 *   audience-worker -c FILE --backup DIR
 *   audience-worker -V
 *
 * SIGTERM and SIGINT end it once the jobs that run have ended; a second one
 * ends it at once, which loses nothing that was answered.  SIGHUP reads the
 * link keys again.
 */

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audience_sizes.h"
#include "backup.h"
#include "base.h"
#include "base_rebuild.h"
#include "classifier.h"
#include "commit.h"
#include "erased.h"
#include "lanes.h"
#include "learning_job.h"
#include "listed.h"
#include "llm.h"
#include "log.h"
#include "mail.h"
#include "merge_quiet.h"
#include "peers.h"
#include "queue.h"
#include "refusals.h"
#include "resolved_by.h"
#include "server.h"
#include "settings.h"
#include "store.h"
#include "sweeper.h"

#define PROGRAM_KEPT    (64 * 1024 * 1024)
#define PROGRAM_ARENAS  3       /* of malloc; threads share them */
#define PROGRAM_LANES   4       /* tenants whose costly calls run at once */


typedef struct {
    worker_t          worker;
    uv_loop_t         loop;
    settings_t        settings;
    listed_t          listed;
    sweeper_t        *sweeper;
    merge_quiet_t    *quiet;
    audience_sizes_t *sizes;
    uv_signal_t       term;
    uv_signal_t       interrupt;
    uv_signal_t       hangup;
    int               lock;              /* of the data root */
    unsigned          ending:1;
} program_t;

typedef struct {
    const char  *file;                      /* of settings */
    const char  *backup;                    /* folder to make; NULL: none */
    int          test;
} options_t;


static void program_limits(void);
static void program_memory(void);
static int program_options(int argc, char **argv, options_t *options);
static int program_read(program_t *p, const options_t *options);
static int program_test(program_t *p);
static int program_backup(const program_t *p, const char *dir);
static int program_start(program_t *p, aud_error_t *err);
static int program_folders(program_t *p, aud_error_t *err);
static int program_sync(const char *path, aud_error_t *err);
static int program_lock(program_t *p, aud_error_t *err);
static int program_units(program_t *p, aud_error_t *err);
static int program_signals(program_t *p);
static void program_end(uv_signal_t *signal, int number);
static void program_jobs_ended(void *arg);
static void program_calls_ended(void *arg);
static void program_read_keys(uv_signal_t *signal, int number);
static int program_stop(program_t *p);
static void usage(void);


int
main(int argc, char **argv)
{
    options_t    options = { 0 };
    aud_error_t  err = { 0 };

    static program_t  p;

    if (program_options(argc, argv, &options) != 0
        || program_read(&p, &options) != 0)
    {
        return EXIT_FAILURE;
    }

    if (options.backup) {
        return program_backup(&p, options.backup);
    }

    if (options.test) {
        return program_test(&p);
    }

    log_set_level(p.settings.log_level);

    /* Before any thread: jansson's seed and libcurl's set-up are global. */
    json_object_seed(0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    signal(SIGPIPE, SIG_IGN);
    program_limits();
    program_memory();

    if (program_start(&p, &err) != 0) {
        log_line(LOG_ERROR, NULL, "cannot start", "s:error", err.text, NULL);
        _exit(EXIT_FAILURE);            /* threads may run already */
    }

    log_line(LOG_INFO, NULL, "ready", "s:socket", p.settings.socket, "s:root",
             p.settings.root, NULL);
    uv_run(&p.loop, UV_RUN_DEFAULT);

    return program_stop(&p);
}


static int
program_options(int argc, char **argv, options_t *options)
{
    int  option;

    static const struct option  names[] = {
        { "backup", required_argument, NULL, 'b' },
        { 0 }
    };

    while ((option = getopt_long(argc, argv, "c:tV", names, NULL)) != -1) {
        switch (option) {

        case 'b':
            options->backup = optarg;
            break;

        case 'c':
            options->file = optarg;
            break;

        case 't':
            options->test = 1;
            break;

        case 'V':
            printf("audience-worker %s\n", AUDIENCE_VERSION);
            exit(EXIT_SUCCESS);

        default:
            usage();
            return -1;
        }
    }

    if (options->file == NULL || optind != argc) {
        usage();
        return -1;
    }

    return 0;
}


/* A backup needs to know where things lie, and none of the rest. */

static int
program_read(program_t *p, const options_t *options)
{
    aud_error_t  err = { 0 };

    if (settings_read(options->file, &p->settings, &err) != 0
        || (!options->backup
            && (aud_link_keys_read(p->settings.link_keys,
                                   &p->worker.link_keys, &err) != 0
                || listed_read(&p->listed, &p->settings, &err) != 0
                || (p->worker.classifier
                    = classifier_open(p->settings.lexicons, &err)) == NULL)))
    {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }

    p->worker.listed = &p->listed;

    return 0;
}


static int
program_test(program_t *p)
{
    peers_t      peers;
    aud_error_t  err = { 0 };

    if (peers_read(&peers, &p->settings, &err) != 0
        || mail_check(&p->settings, &err) != 0
        || llm_check(&p->settings, &err) != 0)
    {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }

    fprintf(stderr, "the configuration is fine\n");

    return EXIT_SUCCESS;
}


static int
program_backup(const program_t *p, const char *dir)
{
    aud_error_t  err = { 0 };
    tree_size_t  size;

    if (backup_make(&p->settings, dir, &size, &err) != 0) {
        fprintf(stderr, "no backup: %s\n", err.text);
        return EXIT_FAILURE;
    }

    printf("%s: %llu files, %.1f MB\n", dir, size.files, size.bytes / 1e6);

    return EXIT_SUCCESS;
}


static void
usage(void)
{
    fprintf(stderr, "usage: audience-worker -c FILE [-t | --backup DIR] | -V\n"
            "  -c FILE       settings, see conf/worker.conf\n"
            "  -t            test them and end\n"
            "  --backup DIR  copy what cannot be made anew to DIR, also while "
            "the worker runs\n"
            "  -V            show the version\n");
}


/* Connections, tables of the store and segments all need descriptors. */

static void
program_limits(void)
{
    struct rlimit  limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }
}


/* What an import gives back is kept for the next one, up to this: otherwise
 * each would have the kernel clear the same pages again.  In few arenas: each
 * keeps what it once had. */

static void
program_memory(void)
{
    (void) mallopt(M_MMAP_THRESHOLD, PROGRAM_KEPT / 2);
    (void) mallopt(M_TRIM_THRESHOLD, PROGRAM_KEPT);
    (void) mallopt(M_ARENA_MAX, PROGRAM_ARENAS);
}


/* What fails here ends the process: what was opened goes with it. */

static int
program_start(program_t *p, aud_error_t *err)
{
    if (program_folders(p, err) != 0 || program_lock(p, err) != 0) {
        return -1;
    }

    backup_clear(p->settings.root);

    p->worker.loop = &p->loop;
    p->worker.settings = &p->settings;
    p->worker.resolved_by = resolved_by(&p->settings, &p->listed);

    if (p->worker.resolved_by == NULL) {
        return aud_error_set(err, "out of memory");
    }

    if (uv_loop_init(&p->loop) != 0) {
        return aud_error_set(err, "uv_loop_init failed");
    }

    if (program_units(p, err) != 0) {
        return -1;
    }

    base_rebuild_where_needed(&p->worker);
    learning_start(&p->worker);
    erased_queue(&p->worker);

    return 0;
}


/* nginx, which shares the root's group, writes to the spool and to the counts
 * of downloads; it reads segments and exports. */

static int
program_folders(program_t *p, aud_error_t *err)
{
    char    path[600];
    size_t  i;
    mode_t  mask;

    static const struct {
        const char  *name;
        mode_t       mode;
    } folders[] = {
        { "", 0750 }, { "/db", 0700 }, { "/spool", 0770 },
        { "/segments", 0750 }, { "/exports", 0770 }, { "/outbox", 0700 }
    };

    mask = umask(0);

    for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", p->settings.root,
                 folders[i].name);

        if (mkdir(path, folders[i].mode) != 0 && errno != EEXIST) {
            umask(mask);
            return aud_error_system(err, "%s", path);
        }
    }

    umask(mask);

    return program_sync(p->settings.root, err);
}


/* A new folder is there for good once the one that it is in was synced. */

static int
program_sync(const char *path, aud_error_t *err)
{
    int  fd, rc;

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd != -1 && fsync(fd) == 0 ? 0 : aud_error_system(err, "%s", path);

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


/* Advisory, and gone with the process however it ends. */

static int
program_lock(program_t *p, aud_error_t *err)
{
    char  path[600];

    snprintf(path, sizeof(path), "%s/worker.lock", p->settings.root);
    p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (p->lock < 0) {
        return aud_error_system(err, "%s", path);
    }

    if (flock(p->lock, LOCK_EX | LOCK_NB) != 0) {
        return aud_error_set(err, "%s is in use by another worker",
                             p->settings.root);
    }

    return 0;
}


static int
program_units(program_t *p, aud_error_t *err)
{
    char       path[600];
    worker_t  *w = &p->worker;

    snprintf(path, sizeof(path), "%s/db", p->settings.root);

    return ((w->store = store_open(path, err)) != NULL
            && (w->commit = commit_create(w->loop, w->store, err)) != NULL
            && (w->erased = erased_create(w, err)) != NULL
            && (w->refusals = refusals_create(w, err)) != NULL
            && (w->bases = bases_create(w, err)) != NULL
            && (w->queue = queue_create(w, err)) != NULL
            && (w->mail = mail_create(w, err)) != NULL
            && (w->llm = llm_create(w, err)) != NULL
            && (w->lanes = lanes_create(w->loop, PROGRAM_LANES, err)) != NULL
            && program_signals(p) == 0
            && (w->server = server_create(w, err)) != NULL
            && (p->sweeper = sweeper_create(w, err)) != NULL
            && (p->quiet = merge_quiet_create(w, err)) != NULL
            && (p->sizes = audience_sizes_create(w, err)) != NULL)
           ? 0 : -1;
}


/* Before the socket is there: who finds it may end the process in order. */

static int
program_signals(program_t *p)
{
    uv_signal_init(&p->loop, &p->term);
    uv_signal_init(&p->loop, &p->interrupt);
    uv_signal_init(&p->loop, &p->hangup);
    p->term.data = p->interrupt.data = p->hangup.data = p;

    uv_signal_start(&p->term, program_end, SIGTERM);
    uv_signal_start(&p->interrupt, program_end, SIGINT);
    uv_signal_start(&p->hangup, program_read_keys, SIGHUP);

    return 0;
}


static void
program_read_keys(uv_signal_t *signal, int number)
{
    program_t        *p = signal->data;
    aud_error_t       err = { 0 };
    aud_link_keys_t   keys;

    if (aud_link_keys_read(p->settings.link_keys, &keys, &err) != 0) {
        log_line(LOG_ERROR, NULL, "link keys stay as they are", "s:error",
                 err.text, NULL);
        return;
    }

    worker_set_link_keys(&p->worker, &keys);
    log_line(LOG_INFO, NULL, "link keys read", "i:keys", (long long) keys.n,
             NULL);
}


/* --- the end ------------------------------------------------------------- */


/* Calls are served until the jobs have ended: new jobs wait for the next
 * process. */

static void
program_end(uv_signal_t *signal, int number)
{
    program_t  *p = signal->data;

    if (p->ending) {
        log_line(LOG_WARNING, NULL, "ended at once", NULL);
        _exit(EXIT_FAILURE);
    }

    p->ending = 1;
    log_line(LOG_INFO, NULL, "stopping", NULL);
    llm_stop(p->worker.llm);
    queue_drain(p->worker.queue, program_jobs_ended, p);
}


static void
program_jobs_ended(void *arg)
{
    program_t  *p = arg;

    if (queue_hung(p->worker.queue)) {
        /* Threads that hang use the store: it cannot be closed under them. */
        log_line(LOG_WARNING, NULL, "ended while a given-up job hangs", NULL);
        unlink(p->settings.socket);
        _exit(EXIT_SUCCESS);
    }

    server_drain(p->worker.server, program_calls_ended, p);
}


static void
program_calls_ended(void *arg)
{
    program_t  *p = arg;

    uv_close((uv_handle_t *) &p->term, NULL);
    uv_close((uv_handle_t *) &p->interrupt, NULL);
    uv_close((uv_handle_t *) &p->hangup, NULL);
    sweeper_close(p->sweeper);
    merge_quiet_close(p->quiet);
    audience_sizes_close(p->sizes);
    server_free(p->worker.server);
    lanes_free(p->worker.lanes);
    llm_close(p->worker.llm);
    mail_close(p->worker.mail);
}


/* The loop has come to its end: only queue and commit are left in it. */

static int
program_stop(program_t *p)
{
    int        rc;
    worker_t  *w = &p->worker;

    commit_close(w->commit);
    llm_free(w->llm);
    queue_free(w->queue);
    bases_free(w->bases);
    refusals_free(w->refusals);
    erased_free(w->erased);
    uv_run(w->loop, UV_RUN_DEFAULT);
    store_close(w->store);
    listed_free(&p->listed);
    settings_free(&p->settings);
    classifier_free(p->worker.classifier);
    json_decref(w->resolved_by);

    rc = uv_loop_close(w->loop);
    curl_global_cleanup();
    close(p->lock);

    log_line(rc == 0 ? LOG_INFO : LOG_ERROR, NULL, "ended", NULL);

    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
