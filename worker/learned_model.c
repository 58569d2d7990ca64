/*
 * A learned model.
 */

#include <endian.h>
#include <math.h>

#include "aud_alloc.h"
#include "aud_checksum.h"
#include "learned_private.h"

#define VERSION  1
#define STEPS    127


typedef struct {
    const learned_t  *model;
    double            sums[2][LEARNED_CLASSES];     /* of words, characters */
    uint32_t          counts[2];
} asking_t;


static void number_kept(learned_t *m);
static int  ask_feature(void *data, uint32_t feature);
static void write_header(const learned_t *model, aud_buffer_t *out);
static void write_besides(const learned_t *model, unsigned row,
    aud_buffer_t *out);
static void write_distance(aud_buffer_t *out, uint32_t distance);
static int  read_header(learned_t *m, aud_str_t bytes, aud_error_t *err);
static int  read_rest(learned_t *m, aud_str_t rest);
static int  read_features(learned_t *m, aud_str_t *rest);
static uint32_t read_u32(const char *p);
static double read_double(const char *p);


double
learned_round(const learned_rows_t *r, float *weights)
{
    float   most = 0;
    size_t  i, n = (size_t) r->ncolumns * r->task->n;
    double  step;

    for (i = 0; i < n; i++) {
        most = fabsf(weights[i]) > most ? fabsf(weights[i]) : most;
    }

    step = most > 0 ? most / STEPS : 1;

    for (i = 0; i < n; i++) {
        weights[i] = rint(weights[i] / step) * step;
    }

    return step;
}


learned_t *
learned_create(const learned_rows_t *r, const float *weights, double step,
    double temperature)
{
    int         any;
    unsigned    k, classes = r->task->n;
    int8_t     *to;
    uint32_t    i;
    learned_t  *m = aud_calloc(1, sizeof(learned_t));

    if (m == NULL) {
        return NULL;
    }

    m->weights = aud_malloc((size_t) r->ncolumns * classes + 1);

    if (m->weights == NULL) {
        aud_free(m);
        return NULL;
    }

    m->classes = classes;
    m->step = step;
    m->temperature = temperature;

    for (i = 0, to = m->weights; i < r->ncolumns; i++, weights += classes) {
        for (k = 0, any = 0; k < classes; k++) {
            to[k] = lrint(weights[k] / step);
            any |= to[k];
        }

        if (any) {
            m->has[r->columns[i] / 64] |= UINT64_C(1) << r->columns[i] % 64;
            m->kept++;
            to += classes;
        }
    }

    for (i = 0; i < LEARNED_BESIDES; i++, weights += classes) {
        memcpy(m->besides[i], weights, classes * sizeof(float));
    }

    number_kept(m);

    return m;
}


void
learned_free(learned_t *model)
{
    if (model) {
        aud_free(model->weights);
        aud_free(model);
    }
}


unsigned
learned_classes(const learned_t *model)
{
    return model->classes;
}


static void
number_kept(learned_t *m)
{
    uint32_t  i, n = 0;

    for (i = 0; i < TEXT_FEATURES / 64; i++) {
        m->before[i] = n;
        n += __builtin_popcountll(m->has[i]);
    }
}


void
learned_predict(const learned_t *model, text_features_t *scratch,
    const aud_str_t *texts, size_t n, uint8_t said,
    double probabilities[LEARNED_CLASSES])
{
    double    scores[LEARNED_CLASSES] = { 0 };
    asking_t  a = { .model = model };
    uint64_t  identity;
    unsigned  k, table;

    (void) text_features(scratch, texts, n, ask_feature, &a, &identity);

    for (k = 0; k < model->classes; k++) {
        for (table = 0; table < 2; table++) {
            scores[k] += model->step * a.sums[table][k]
                         / sqrt(a.counts[table] + !a.counts[table]);
        }

        scores[k] += ((double) model->besides[said][k]
                      + model->besides[LEARNED_CLASSES][k]) / sqrt(2);
        scores[k] /= model->temperature;
    }

    probabilities[LEARNED_CLASSES - 1] = 0;
    (void) logistic_softmax(scores, model->classes, probabilities);
}


static int
ask_feature(void *data, uint32_t feature)
{
    asking_t         *a = data;
    uint64_t          below;
    unsigned          k, table = feature / TEXT_FEATURES_TABLE;
    const int8_t     *w;
    const learned_t  *m = a->model;

    a->counts[table]++;
    below = m->has[feature / 64] >> feature % 64;

    if (below & 1) {
        below = m->has[feature / 64] & ((UINT64_C(1) << feature % 64) - 1);
        w = m->weights + (size_t) (m->before[feature / 64]
                                   + __builtin_popcountll(below)) * m->classes;

        for (k = 0; k < m->classes; k++) {
            a->sums[table][k] += w[k];
        }
    }

    return 0;
}


void
learned_write(const learned_t *model, aud_buffer_t *out)
{
    size_t    at = out->len;
    uint32_t  i, last = 0;
    uint64_t  sum;

    write_header(model, out);

    for (i = 0; i < model->classes; i++) {
        write_besides(model, i, out);
    }

    write_besides(model, LEARNED_CLASSES, out);

    for (i = 0; i < TEXT_FEATURES; i++) {
        if (model->has[i / 64] >> i % 64 & 1) {
            write_distance(out, i - last);
            last = i;
        }
    }

    aud_buffer_add(out, model->weights, (size_t) model->kept * model->classes);

    if (!out->failed) {
        sum = htobe64(aud_checksum(out->data + at,
                                   out->data + at + AUD_HEADER_BYTES,
                                   out->len - at - AUD_HEADER_BYTES));
        memcpy(out->data + at + AUD_HEADER_BYTES - sizeof(sum), &sum,
               sizeof(sum));
    }
}


static void
write_header(const learned_t *model, aud_buffer_t *out)
{
    uint64_t  bits;

    aud_buffer_text(out, "AUDLEARN");
    aud_buffer_u32(out, VERSION);
    aud_buffer_u32(out, model->classes);
    aud_buffer_u32(out, model->kept);
    aud_buffer_u32(out, 0);
    memcpy(&bits, &model->step, sizeof(bits));
    aud_buffer_u64(out, bits);
    memcpy(&bits, &model->temperature, sizeof(bits));
    aud_buffer_u64(out, bits);
    aud_buffer_u64(out, 0);
    aud_buffer_u64(out, 0);
    aud_buffer_u64(out, 0);             /* the checksum */
}


static void
write_besides(const learned_t *model, unsigned row, aud_buffer_t *out)
{
    unsigned  k;
    uint32_t  bits;

    for (k = 0; k < model->classes; k++) {
        memcpy(&bits, &model->besides[row][k], sizeof(bits));
        aud_buffer_u32(out, bits);
    }
}


static void
write_distance(aud_buffer_t *out, uint32_t distance)
{
    for ( /* void */ ; distance >= 0x80; distance >>= 7) {
        aud_buffer_u8(out, distance | 0x80);
    }

    aud_buffer_u8(out, distance);
}


learned_t *
learned_read(aud_str_t bytes, aud_error_t *err)
{
    learned_t  *m = aud_calloc(1, sizeof(learned_t));

    if (m == NULL) {
        aud_error_set(err, "no memory for a learned model");
        return NULL;
    }

    if (read_header(m, bytes, err) == -1) {
        goto failed;
    }

    m->weights = aud_malloc((size_t) m->kept * m->classes + 1);

    if (m->weights == NULL) {
        aud_error_set(err, "no memory for a learned model");
        goto failed;
    }

    if (read_rest(m, aud_str(bytes.data + AUD_HEADER_BYTES,
                             bytes.len - AUD_HEADER_BYTES)) == -1)
    {
        aud_error_set(err, "a learned model is not what its header says");
        goto failed;
    }

    return m;

failed:

    learned_free(m);

    return NULL;
}


static int
read_header(learned_t *m, aud_str_t bytes, aud_error_t *err)
{
    uint64_t     sum;
    const char  *p = bytes.data;

    if (bytes.len < AUD_HEADER_BYTES || memcmp(p, "AUDLEARN", 8) != 0) {
        return aud_error_set(err, "this is no learned model");
    }

    if (read_u32(p + 8) != VERSION) {
        return aud_error_set(err, "a learned model has version %u, not %u",
                             read_u32(p + 8), VERSION);
    }

    memcpy(&sum, p + AUD_HEADER_BYTES - sizeof(sum), sizeof(sum));

    if (be64toh(sum) != aud_checksum(p, p + AUD_HEADER_BYTES,
                                     bytes.len - AUD_HEADER_BYTES))
    {
        return aud_error_set(err, "a learned model is damaged");
    }

    m->classes = read_u32(p + 12);
    m->kept = read_u32(p + 16);
    m->step = read_double(p + 24);
    m->temperature = read_double(p + 32);

    if (m->classes < 2 || m->classes > LEARNED_CLASSES
        || m->kept > TEXT_FEATURES || !isfinite(m->step)
        || !isfinite(m->temperature) || m->temperature <= 0)
    {
        return aud_error_set(err, "a learned model has a header that cannot "
                             "be");
    }

    return 0;
}


/* What follows the header: -1 where it is not exactly that. */
static int
read_rest(learned_t *m, aud_str_t rest)
{
    unsigned  i, k, row;
    uint32_t  bits;

    if (rest.len < (m->classes + 1) * m->classes * sizeof(float)) {
        return -1;
    }

    for (i = 0; i < m->classes + 1; i++) {
        row = i < m->classes ? i : LEARNED_CLASSES;

        for (k = 0; k < m->classes; k++) {
            bits = read_u32(rest.data);
            memcpy(&m->besides[row][k], &bits, sizeof(bits));
            rest = aud_str(rest.data + 4, rest.len - 4);

            if (!isfinite(m->besides[row][k])) {
                return -1;
            }
        }
    }

    if (read_features(m, &rest) == -1
        || rest.len != (size_t) m->kept * m->classes)
    {
        return -1;
    }

    memcpy(m->weights, rest.data, rest.len);
    number_kept(m);

    return 0;
}


static int
read_features(learned_t *m, aud_str_t *rest)
{
    uint32_t       i, shift;
    uint64_t       feature = 0, distance;
    unsigned char  byte;

    for (i = 0; i < m->kept; i++, feature += distance) {
        distance = 0;

        for (shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
            if (rest->len == 0 || shift > 21) {
                return -1;
            }

            byte = rest->data[0];
            distance |= (uint64_t) (byte & 0x7F) << shift;
            *rest = aud_str(rest->data + 1, rest->len - 1);
        }

        if (feature + distance >= TEXT_FEATURES || (i > 0 && distance == 0)) {
            return -1;
        }

        m->has[(feature + distance) / 64] |= UINT64_C(1)
                                             << (feature + distance) % 64;
    }

    return 0;
}


static uint32_t
read_u32(const char *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(v));

    return be32toh(v);
}


static double
read_double(const char *p)
{
    double    d;
    uint64_t  v;

    memcpy(&v, p, sizeof(v));
    v = be64toh(v);
    memcpy(&d, &v, sizeof(d));

    return d;
}
