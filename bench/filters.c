/*
 * filters FOLDER SECONDS < requests
 *
 * What queries cost without HTTP: each line of standard input is the body of a
 * POST /v1/query, answered again and again for SECONDS by the evaluator alone,
 * from the bytes of the request to those of the answer, over the base of a
 * tenant whose MANIFEST lies in FOLDER.  Prints a line for each: the median and
 * the least of the microseconds, the estimate by which nginx chooses a thread,
 * the count.  The last line is of all requests in turn, a median of whole turns
 * divided by their number, so that each finds in the caches what the others left
 * there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aud_clock.h"
#include "aud_eval.h"

#define REQUESTS  256
#define SAMPLES   200000

static aud_generation_t  *generation;

static int  by_value(const void *a, const void *b);


static double
microseconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}


/* Answers one request, and says what that took. */
static double
ask(aud_str_t body, double *estimate, unsigned long long *count)
{
    double         start, taken;
    aud_query_t   *q;
    aud_buffer_t   out = { 0 };
    aud_problem_t  problem;

    start = microseconds();
    q = aud_query_create(generation, body, aud_now(), &problem);

    if (q == NULL) {
        fprintf(stderr, "%.*s: %s\n", (int) body.len, body.data,
                problem.detail);
        exit(1);
    }

    *estimate = aud_query_cost(q);

    if (aud_query_run(q, &out) != 0) {
        fputs("memory is out\n", stderr);
        exit(1);
    }

    taken = microseconds() - start;
    aud_query_free(q);

    aud_buffer_char(&out, '\0');
    sscanf(out.data, "{\"count\": %llu", count);
    aud_buffer_free(&out);

    return taken;
}


static void
measure(const aud_str_t *bodies, size_t n, double budget)
{
    double              taken, sum = 0, estimate = 0;
    size_t              i, turns = 0;
    static double       samples[SAMPLES];
    unsigned long long  count = 0;

    do {
        taken = 0;

        for (i = 0; i < n; i++) {
            taken += ask(bodies[i], &estimate, &count);
        }

        samples[turns++] = taken / n;
        sum += taken;
    } while (sum < budget && turns < SAMPLES);

    qsort(samples, turns, sizeof(double), by_value);

    printf("%.3f %.3f %.1f %llu\n", samples[turns / 2], samples[0], estimate,
           count);
}


static int
by_value(const void *a, const void *b)
{
    const double  *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}


int
main(int argc, char **argv)
{
    char          *line = NULL;
    size_t         i, size = 0, n = 0;
    ssize_t        len;
    aud_str_t      bodies[REQUESTS];
    aud_error_t    err;

    if (argc < 3) {
        fputs("usage: filters FOLDER SECONDS < requests\n", stderr);
        return 2;
    }

    generation = aud_generation_open(argv[1], NULL, NULL, &err);
    if (generation == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }

    while (n < REQUESTS && (len = getline(&line, &size, stdin)) > 0) {
        bodies[n].data = strdup(line);
        bodies[n++].len = line[len - 1] == '\n' ? len - 1 : len;
    }

    for (i = 0; i < n; i++) {
        measure(&bodies[i], 1, atof(argv[2]) * 1e6);
    }

    measure(bodies, n, atof(argv[2]) * 1e6);

    aud_generation_release(generation);

    return 0;
}
