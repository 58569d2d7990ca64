/*
 * Fits latent classes to a matrix, for tests and benchmarks.
 *
 *   latent_fit MATRIX [name=value ...]
 *
 * MATRIX is binary: n and m as 32-bit numbers, m bytes of categories, then m
 * columns of n codes.  from=FILE has doubles: shares, then probabilities as in
 * latent_model_t.  Without classes=N the number is chosen.  Prints one thing a
 * line, behind its name; posterior=FILE takes the posterior of all rows.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "latent_classes.h"


typedef struct {
    latent_options_t  options;
    uint32_t          classes;
    uint32_t          resamples;
    const char       *from;
    const char       *posterior;
} wishes_t;


static double
seconds(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}


static double
cpu_seconds(void)
{
    struct rusage  r;

    getrusage(RUSAGE_SELF, &r);
    return r.ru_utime.tv_sec + r.ru_utime.tv_usec * 1e-6;
}


static void
fail(const char *what)
{
    fprintf(stderr, "latent_fit: %s\n", what);
    exit(1);
}


static void *
file_read(const char *path)
{
    long   size;
    FILE  *f;
    char  *bytes;

    f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) {
        fail(path);
    }

    rewind(f);
    bytes = malloc(size + 1);

    if (bytes == NULL || fread(bytes, 1, size, f) != (size_t) size) {
        fail(path);
    }

    fclose(f);
    return bytes;
}


static void
matrix_read(const char *path, latent_data_t *data)
{
    char            *bytes;
    uint32_t         j;
    const uint8_t  **columns;

    bytes = file_read(path);
    memcpy(&data->n, bytes, 4);
    memcpy(&data->m, bytes + 4, 4);
    columns = calloc(data->m + 1, sizeof(uint8_t *));

    for (j = 0; j < data->m; j++) {
        columns[j] = (uint8_t *) bytes + 8 + data->m + (size_t) j * data->n;
    }

    data->codes = columns;
    data->categories = (uint8_t *) bytes + 8;
}


static void
wishes_read(char **arg, wishes_t *w)
{
    char    *at;
    double   value;

    for ( /* void */ ; *arg; arg++) {
        at = strchr(*arg, '=');
        if (at == NULL) {
            fail(*arg);
        }

        *at++ = '\0';
        value = atof(at);

        if (strcmp(*arg, "classes") == 0) {
            w->classes = value;
        } else if (strcmp(*arg, "starts") == 0) {
            w->options.starts = value;
        } else if (strcmp(*arg, "iterations") == 0) {
            w->options.iterations = value;
        } else if (strcmp(*arg, "tolerance") == 0) {
            w->options.tolerance = value;
        } else if (strcmp(*arg, "threads") == 0) {
            w->options.threads = value;
        } else if (strcmp(*arg, "seed") == 0) {
            w->options.seed = value;
        } else if (strcmp(*arg, "sample") == 0) {
            w->options.sample = value;
        } else if (strcmp(*arg, "resamples") == 0) {
            w->resamples = value;
        } else if (strcmp(*arg, "from") == 0) {
            w->from = at;
        } else if (strcmp(*arg, "posterior") == 0) {
            w->posterior = at;
        } else {
            fail(*arg);
        }
    }
}


static void
start_read(const latent_data_t *data, const wishes_t *w, latent_model_t *start)
{
    uint32_t  j;

    start->classes = w->classes;
    start->m = data->m;
    start->offsets = calloc(data->m + 1, sizeof(uint32_t));
    start->shares = file_read(w->from);
    start->probabilities = start->shares + w->classes;

    for (j = 0; j < data->m; j++) {
        start->offsets[j + 1] = start->offsets[j] + data->categories[j];
    }
}


static void
print(const char *name, const double *values, size_t n)
{
    size_t  i;

    printf("%s", name);

    for (i = 0; i < n; i++) {
        printf(" %.17g", values[i]);
    }

    printf("\n");
}


static void
model_print(const latent_model_t *model)
{
    printf("classes %u\nparameters %u\niterations %u\nconverged %u\n",
           model->classes, model->parameters, model->iterations,
           model->converged);
    print("log_likelihood", &model->log_likelihood, 1);
    print("bic", &model->bic, 1);
    print("shares", model->shares, model->classes);
    print("probabilities", model->probabilities,
          (size_t) model->offsets[model->m] * model->classes);
}


static void
posterior_write(const latent_model_t *model, const latent_data_t *data,
    const char *path)
{
    FILE    *f;
    float   *out;
    size_t   size = (size_t) data->n * model->classes;
    double   began;

    f = fopen(path, "wb");
    out = calloc(size, sizeof(float));
    if (f == NULL || out == NULL) {
        fail(path);
    }

    began = seconds();
    latent_posterior(model, data, 0, data->n, out);
    printf("posterior_seconds %.6f\n", seconds() - began);

    if (fwrite(out, sizeof(float), size, f) != size || fclose(f) != 0) {
        fail(path);
    }

    free(out);
}


static void
stability_print(const latent_model_t *model, const latent_data_t *data,
    const wishes_t *w)
{
    double            began, cpu, agreement[LATENT_CLASSES];
    aud_error_t       err;
    latent_options_t  options = w->options;

    options.resamples = w->resamples;
    began = seconds();
    cpu = cpu_seconds();

    if (latent_stability(model, data, &options, agreement, &err) != LATENT_OK) {
        fail(err.text);
    }

    printf("stability_seconds %.6f\nstability_cpu_seconds %.6f\n",
           seconds() - began, cpu_seconds() - cpu);
    print("stability", agreement, model->classes);
}


int
main(int argc, char **argv)
{
    double            began, cpu, bics[LATENT_CLASSES];
    wishes_t          w = { .classes = 0 };
    aud_error_t       err;
    latent_model_t   *model;
    latent_status_t   rc;

    /* Reachable to the end, and not freed. */
    static latent_data_t   data;
    static latent_model_t  start;

    if (argc < 2) {
        fail("no matrix");
    }

    latent_defaults(&w.options);
    w.options.bics = bics;
    wishes_read(argv + 2, &w);
    matrix_read(argv[1], &data);

    if (w.from) {
        start_read(&data, &w, &start);
        w.options.from = &start;
    }

    began = seconds();
    cpu = cpu_seconds();
    rc = w.classes ? latent_fit(&data, w.classes, &w.options, &model, &err)
                   : latent_choose(&data, &w.options, &model, &err);

    if (rc != LATENT_OK) {
        fail(err.text);
    }

    printf("seconds %.6f\ncpu_seconds %.6f\n", seconds() - began,
           cpu_seconds() - cpu);
    model_print(model);

    if (w.classes == 0) {
        print("bics", bics, w.options.max_classes);
    }

    if (w.resamples) {
        stability_print(model, &data, &w);
    }

    if (w.posterior) {
        posterior_write(model, &data, w.posterior);
    }

    latent_free(model);
    return 0;
}
