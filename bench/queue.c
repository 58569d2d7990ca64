/*
 * queue ours FOLDER SECONDS CLIENTS     our queue, in this process
 * queue threads FOLDER SECONDS CLIENTS  the same with jobs in job threads
 * queue redis SOCKET SECONDS CLIENTS    put, take, acknowledge on a Redis
 * queue disk FOLDER SECONDS CLIENTS     the limit: groups of records, one sync
 *
 * Prints durable jobs a second.  A client puts a job, waits until it is done,
 * puts the next.  All three changes of a job's state are synced in groups of
 * what the clients have waiting; ours, where a place is free, writes the second
 * with the first.  No client reads its job back, as none of Redis does: that it
 * has left the queue tells that its end is durable.  One in 256 is read.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "aud_clock.h"
#include "commit.h"
#include "log.h"
#include "queue_private.h"
#include "settings.h"

#define CLIENTS_MAX  256
#define READ_EVERY   256
#define RECORD       256        /* bytes of a job's record, about */


static void start(job_run_t *run);
static job_outcome_t run_in_thread(job_run_t *run);

static const job_type_t  loop_job = { .name = "loop", .start = start };
static const job_type_t  thread_job = { .name = "thread",
                                        .run = run_in_thread };

const job_type_t *const  job_types[] = { &loop_job, &thread_job, NULL };


typedef struct {
    aud_uuid_t  id;
    int         waiting;        /* for the end of its job */
    int         fd;             /* of a Redis client */
    int         step;
    char        item[RECORD + 1];
    char        answer[RECORD + 64];
    size_t      got;
} client_t;


static worker_t    worker;
static settings_t  settings = {
    .job_threads = 2, .job_max_attempts = 3, .retry_base_ms = 1000,
    .lease_seconds = 300
};
static client_t    clients[CLIENTS_MAX];
static unsigned    nclients;
static const char *type = "loop";
static uint64_t    done;
static int64_t     deadline;


static void
die(const char *what)
{
    fprintf(stderr, "queue: %s: %s\n", what, strerror(errno));
    exit(1);
}


/* --- our queue ----------------------------------------------------------- */


static void
start(job_run_t *run)
{
    job_end(run, JOB_DONE, NULL);
}


static job_outcome_t
run_in_thread(job_run_t *run)
{
    return job_complete(run, JOB_DONE, NULL);
}


static void
added(void *arg, store_status_t status)
{
    client_t  *c = arg;

    if (status != STORE_OK) {
        die("commit");
    }

    queue_added(worker.queue, &c->id);
    c->waiting = 1;
}


static void
put_job(client_t *c)
{
    store_batch_t  *batch = store_batch_create();

    c->waiting = 0;
    queue_add(worker.queue, batch, "demo", type,
              json_pack("{s:s}", "audience", "aud_00000000000000000000000000"),
              0, &c->id);
    commit_submit(worker.commit, batch, added, c);
}


static void
check_state(const client_t *c)
{
    if (strcmp(queue_state(worker.queue, "demo", &c->id), "done") != 0) {
        die("a job is not done");
    }
}


/* Once a loop turn: clients whose job has ended put the next. */

static void
look(uv_check_t *check)
{
    unsigned  i;

    if (aud_ticks() > deadline) {
        uv_stop(check->loop);
        return;
    }

    for (i = 0; i < nclients; i++) {

        if (clients[i].waiting
            && queue_find(worker.queue, "demo", &clients[i].id) == NULL)
        {
            if (done++ % READ_EVERY == 0) {
                check_state(&clients[i]);
            }

            put_job(&clients[i]);
        }
    }
}


static void
run_ours(const char *folder)
{
    char                path[512];
    unsigned            i;
    aud_error_t         err = { 0 };
    /* other threads use them until the process ends */
    static uv_loop_t    loop;
    static uv_check_t   check;

    snprintf(path, sizeof(path), "%s/db", folder);
    log_set_level(LOG_ERROR);

    uv_loop_init(&loop);
    uv_check_init(&loop, &check);
    uv_check_start(&check, look);

    worker.loop = &loop;
    worker.settings = &settings;
    worker.store = store_open(path, &err);
    worker.commit = worker.store ? commit_create(&loop, worker.store, &err)
                                 : NULL;
    worker.queue = worker.commit ? queue_create(&worker, &err) : NULL;

    if (worker.queue == NULL) {
        die(err.text);
    }

    for (i = 0; i < nclients; i++) {
        put_job(&clients[i]);
    }

    uv_run(&loop, UV_RUN_DEFAULT);
}


/* --- Redis --------------------------------------------------------------- */


static void
redis_send(client_t *c)
{
    int   n;
    char  text[2 * RECORD];

    switch (c->step) {

    case 0:
        n = snprintf(text, sizeof(text),
                     "*3\r\n$5\r\nLPUSH\r\n$5\r\nready\r\n$%d\r\n%s\r\n",
                     RECORD, c->item);
        break;

    case 1:
        n = snprintf(text, sizeof(text),
                     "*5\r\n$5\r\nLMOVE\r\n$5\r\nready\r\n$7\r\nrunning\r\n"
                     "$5\r\nRIGHT\r\n$4\r\nLEFT\r\n");
        break;

    default:
        n = snprintf(text, sizeof(text),
                     "*4\r\n$4\r\nLREM\r\n$7\r\nrunning\r\n$1\r\n1\r\n"
                     "$%d\r\n%s\r\n", RECORD, c->item);
    }

    c->got = 0;

    if (write(c->fd, text, n) != n) {
        die("write");
    }
}


/* Whether a whole answer is there; that of LMOVE brings the item taken. */

static int
redis_receive(client_t *c)
{
    char     *line;
    ssize_t   n;

    n = read(c->fd, c->answer + c->got, sizeof(c->answer) - 1 - c->got);
    if (n <= 0) {
        die("read");
    }

    c->got += n;
    c->answer[c->got] = '\0';
    line = strstr(c->answer, "\r\n");

    if (line == NULL) {
        return 0;
    }

    if (c->step != 1) {
        if (strncmp(c->answer, ":0", 2) == 0 || c->answer[0] != ':') {
            die(c->answer);
        }
        return 1;
    }

    if (atoi(c->answer + 1) != RECORD) {
        die(c->answer);
    }

    if (c->got < (size_t) (line - c->answer) + RECORD + 4) {
        return 0;
    }

    memcpy(c->item, line + 2, RECORD);

    return 1;
}


static void
redis_connect(client_t *c, const char *path, unsigned number)
{
    struct sockaddr_un  address = { .sun_family = AF_UNIX };

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    c->fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (c->fd == -1
        || connect(c->fd, (struct sockaddr *) &address, sizeof(address)) != 0)
    {
        die(path);
    }

    memset(c->item, 'a' + number % 26, RECORD);
    snprintf(c->item, 16, "%015u", number);
    c->item[15] = '.';
    redis_send(c);
}


static void
run_redis(const char *path)
{
    unsigned       i;
    struct pollfd  fds[CLIENTS_MAX];

    for (i = 0; i < nclients; i++) {
        redis_connect(&clients[i], path, i);
        fds[i] = (struct pollfd) { .fd = clients[i].fd, .events = POLLIN };
    }

    while (aud_ticks() < deadline && poll(fds, nclients, 1000) > 0) {

        for (i = 0; i < nclients; i++) {

            if (fds[i].revents && redis_receive(&clients[i])) {
                clients[i].step = (clients[i].step + 1) % 3;
                done += clients[i].step == 0;
                redis_send(&clients[i]);
            }
        }
    }
}


/* --- the disk ------------------------------------------------------------ */


/* What any log can do: a record of every client, one sync, three times a job.
 * Appends, as a log does. */

static void
run_disk(const char *folder)
{
    int       fd;
    char      path[512], records[CLIENTS_MAX * RECORD];
    uint64_t  syncs = 0;

    snprintf(path, sizeof(path), "%s/log", folder);
    memset(records, 'x', sizeof(records));

    fd = open(path, O_WRONLY|O_CREAT|O_TRUNC, 0600);
    if (fd == -1) {
        die(path);
    }

    while (aud_ticks() < deadline) {

        if (write(fd, records, nclients * RECORD) != (ssize_t) nclients * RECORD
            || fdatasync(fd) != 0)
        {
            die(path);
        }

        syncs++;
    }

    done = syncs * nclients / 3;
}


int
main(int argc, char **argv)
{
    int64_t  began;

    if (argc != 5) {
        fputs("usage: queue ours|threads|redis|disk PLACE SECONDS CLIENTS\n",
              stderr);
        return 2;
    }

    nclients = atoi(argv[4]);

    if (nclients < 1 || nclients > CLIENTS_MAX) {
        fputs("queue: 1 to 256 clients\n", stderr);
        return 2;
    }

    began = aud_ticks();
    deadline = began + (int64_t) (atof(argv[3]) * 1000000);

    if (strcmp(argv[1], "redis") == 0) {
        run_redis(argv[2]);

    } else if (strcmp(argv[1], "disk") == 0) {
        run_disk(argv[2]);

    } else {
        type = strcmp(argv[1], "threads") == 0 ? "thread" : "loop";
        run_ours(argv[2]);
    }

    printf("%.1f\n", done * 1e6 / (aud_ticks() - began));
    fflush(stdout);
    _exit(0);       /* the process is killed, as it were: nothing is drained */
}
