/*
 * A base and the plain model that it is held against: people with the version
 * of their profile, audiences with that of their filter.  Shared by
 * worker_base.c and worker_merge.c.
 */

#ifndef BASE_MODEL_H
#define BASE_MODEL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aud_clock.h"
#include "aud_source_record.h"
#include "base.h"
#include "segment_writer.h"
#include "settings.h"

/* Not every test uses all of it. */
#define UNUSED  __attribute__((unused))

#define PEOPLE     600
#define AUDIENCES  5

typedef enum {
    STOP_NEVER = 0, STOP_BEFORE_PREPARE, STOP_BEFORE_COMMIT,
    STOP_BEFORE_PUBLISH, STOP_AFTER_PUBLISH, STOPS
} stop_t;

static char        root[64];
static worker_t    worker;
static settings_t  settings;
static base_t     *base;

/* The model. */
static int         version[PEOPLE];         /* of each profile, 0: none */
static int         wanted[AUDIENCES];       /* of each audience, 0: none */
static uint64_t    generation;

static base_field_t  registry[] = {
    { { AUD_STR("name"), AUD_TYPE_TEXT, AUD_KIND_IDENTIFIER, 0 }, { 1 } },
    { { AUD_STR("tags"), AUD_TYPE_TEXT, AUD_KIND_BEHAVIOUR, 1 }, { 2 } },
};


UNUSED static unsigned
random_below(unsigned n)
{
    static uint64_t  state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;

    return (state >> 20) % n;
}


UNUSED static aud_uuid_t
uuid(unsigned i)
{
    aud_uuid_t  id = { { 0 } };

    id.bytes[0] = 1;
    id.bytes[14] = i >> 8;
    id.bytes[15] = i;

    return id;
}


UNUSED static void
start(void)
{
    aud_error_t  err;

    worker.bases = bases_create(&worker, &err);

    if (worker.bases == NULL) {
        fail_msg("%s", err.text);
    }

    base = bases_get(worker.bases, "demo");
}


UNUSED static void
stop(void)
{
    bases_free(worker.bases);
    base = NULL;
}


UNUSED static void
restart(void)
{
    stop();
    start();
}


UNUSED static base_segment_t
write_segment(const unsigned *people, const int *versions, size_t n)
{
    char                text[2][32];
    size_t              i;
    aud_uuid_t          id;
    aud_error_t         err;
    base_segment_t      segment;
    aud_field_t         fields[] = { registry[0].field, registry[1].field };
    segment_value_t     values[2];
    aud_buffer_t        records = { 0 };
    segment_writer_t   *w;
    segment_summary_t   summary;
    aud_source_record_t record = { 0 };

    w = segment_writer_create(fields, 2);

    for (i = 0; i < n; i++) {
        id = uuid(people[i]);
        values[0].field = 0;
        values[0].text = aud_str(text[0], sprintf(text[0], "%u/%d", people[i],
                                                  versions[i]));
        values[1].field = 1;
        values[1].text = aud_str(text[1], sprintf(text[1], "tag %d",
                                                  versions[i] % 3));
        assert_int_equal(segment_writer_add(w, &id, values, 2), 0);

        /* two records that say nearly the same */

        records.len = 0;
        record.phone = values[0].text;
        record.email = AUD_STR("a@example.com");
        record.ref = (uint64_t) people[i] << 32 | versions[i];
        aud_source_record_write(&records, &record);
        record.phone.len = 0;
        record.ref++;
        aud_source_record_write(&records, &record);
        assert_int_equal(segment_writer_records(w, aud_buffer_str(&records)),
                         0);
    }

    segment.number = base_segment_number(base);

    if (segment_writer_write(w, base_folder(base), segment.number, &summary,
                             &err) != 0)
    {
        fail_msg("%s", err.text);
    }

    segment_writer_free(w);
    aud_buffer_free(&records);
    segment.checksum = summary.checksum;
    segment.rows = summary.rows;

    return segment;
}


UNUSED static int
commit(store_batch_t *batch)
{
    aud_error_t     err;
    store_status_t  status;

    status = store_apply(worker.store, batch, &err);
    store_batch_free(batch);

    return status == STORE_OK ? 0 : -1;
}


/* Whether the change became true. */
UNUSED static int
apply(const base_change_t *change, stop_t at)
{
    aud_error_t     err;
    store_batch_t  *batch;

    if (at == STOP_BEFORE_PREPARE) {
        restart();
        return 0;
    }

    batch = store_batch_create();
    base_lock(base);

    if (base_prepare(base, change, batch, &err) != BASE_OK) {
        fail_msg("%s", err.text);
    }

    if (at == STOP_BEFORE_COMMIT) {
        base_unlock(base);
        store_batch_free(batch);
        restart();
        return 0;
    }

    assert_int_equal(commit(batch), 0);
    generation++;

    if (at == STOP_BEFORE_PUBLISH) {
        base_unlock(base);
        restart();
        return 1;
    }

    assert_int_equal(base_publish(base, &err), BASE_OK);
    base_unlock(base);

    if (at == STOP_AFTER_PUBLISH) {
        restart();
    }

    return 1;
}


/* An import of random people, new ones and old ones. */
UNUSED static void
import(unsigned odds, stop_t at)
{
    int              versions[PEOPLE];
    size_t           n;
    unsigned         i, people[PEOPLE];
    aud_uuid_t       struck[PEOPLE];
    base_change_t    change = { 0 };
    base_segment_t   added;

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            people[n] = i;
            versions[n] = version[i] + 1;
            struck[n++] = uuid(i);
        }
    }

    added = write_segment(people, versions, n);
    change.added = &added;
    change.struck = struck;
    change.nstruck = n;
    change.fields = registry;
    change.nfields = 2;

    if (apply(&change, at)) {
        while (n-- > 0) {
            version[people[n]] = versions[n];
        }
    }
}


UNUSED static void
erase(unsigned odds, stop_t at)
{
    size_t         n;
    unsigned       i, people[PEOPLE];
    aud_uuid_t     struck[PEOPLE];
    base_change_t  change = { 0 };

    n = 0;

    for (i = 0; i < PEOPLE; i++) {
        if (random_below(odds) == 0) {
            people[n] = i;
            struck[n++] = uuid(i);
        }
    }

    change.struck = struck;
    change.nstruck = n;

    if (apply(&change, at)) {
        while (n-- > 0) {
            version[people[n]] = 0;
        }
    }
}


UNUSED static void
change_audience(stop_t at)
{
    char            filter[32];
    int             next;
    unsigned        i;
    aud_uuid_t      id;
    base_change_t   change = { 0 };
    aud_audience_t  audience = { 0 };

    i = random_below(AUDIENCES);
    next = random_below(3) ? wanted[i] + 1 : 0;
    id = uuid(i);

    if (next) {
        audience.id = id;
        audience.filter = aud_str(filter, sprintf(filter, "{\"v\":%d}", next));
        change.put = &audience;
        change.nput = 1;

    } else {
        change.dropped = &id;
    }

    if (apply(&change, at)) {
        wanted[i] = next;
    }
}


UNUSED static void
check_value(const aud_slice_t *slice, aud_str_t field, uint32_t row,
    const char *fmt, int a, int b)
{
    char                 text[32];
    size_t               first, len;
    const aud_column_t  *c;

    c = aud_segment_column(slice->segment, field);
    len = sprintf(text, fmt, a, b);
    assert_int_equal(aud_column_values(c, row, &first), 1);
    assert_true(aud_str_equal(aud_str(text, len),
        aud_column_display(c, aud_column_code_plus_one(c, first) - 1)));
}


/* Each living row has a phone, an e-mail and two records. */
UNUSED static void
check_identifiers(const aud_generation_t *g)
{
    size_t                 i, j, found;
    const aud_segment_t   *s;

    found = 0;

    for (i = 0; i < g->nslices; i++) {
        s = g->slices[i].segment;

        for (j = 0; j < s->nidentifiers; j++) {
            found += !g->slices[i].deleted
                     || !aud_bit(g->slices[i].deleted, s->identifiers[j].row);
        }
    }

    assert_int_equal(found, g->profiles * 4);
}


UNUSED static void
check_records(const aud_slice_t *slice, uint32_t row, unsigned person)
{
    char                 text[32];
    int                  n;
    aud_str_t            rest;
    aud_source_record_t  record;

    rest = aud_segment_records(slice->segment, row);

    for (n = 0; n < 2; n++) {
        assert_int_equal(aud_source_record_read(&rest, &record), 1);
        assert_true(record.ref
                    == ((uint64_t) person << 32 | version[person]) + n);
        assert_true(aud_str_equal(record.email, AUD_STR("a@example.com")));
        assert_true(aud_str_equal(record.phone, aud_str(text, n ? 0
                        : sprintf(text, "%u/%d", person, version[person]))));
    }

    assert_int_equal(aud_source_record_read(&rest, &record), 0);
}


/* What nginx would see is what the worker says is what the model says. */
UNUSED static void
check_base(void)
{
    char                   text[32];
    size_t                 slice;
    unsigned               i, live;
    uint32_t               row;
    aud_uuid_t             id;
    aud_error_t            err;
    aud_generation_t      *g, *seen;
    const aud_audience_t  *a;

    assert_false(base_needs_rebuild(base));
    g = base_generation(base);
    assert_int_equal(g->number, generation);
    live = 0;

    for (i = 0; i < PEOPLE; i++) {
        id = uuid(i);

        if (version[i] == 0) {
            assert_int_equal(aud_generation_find(g, &id, &slice, &row), -1);
            continue;
        }

        live++;
        assert_int_equal(aud_generation_find(g, &id, &slice, &row), 0);
        check_value(&g->slices[slice], AUD_STR("name"), row, "%d/%d", i,
                    version[i]);
        check_value(&g->slices[slice], AUD_STR("tags"), row, "tag %d",
                    version[i] % 3, 0);
        check_records(&g->slices[slice], row, i);
    }

    assert_int_equal(g->profiles, live);
    check_identifiers(g);

    for (i = 0; i < AUDIENCES; i++) {
        id = uuid(i);
        a = aud_generation_audience(g, &id);
        assert_int_equal(a != NULL, wanted[i] != 0);
        sprintf(text, "{\"v\":%d}", wanted[i]);
        assert_true(a == NULL
                    || aud_str_equal(a->filter, aud_str(text, strlen(text))));
    }

    if (generation) {
        seen = aud_generation_open(base_folder(base), NULL, NULL, &err);

        if (seen == NULL) {
            fail_msg("%s", err.text);
        }

        assert_int_equal(seen->number, g->number);
        assert_int_equal(seen->profiles, g->profiles);
        aud_generation_release(seen);
    }

    aud_generation_release(g);
}


UNUSED static size_t
slices(void)
{
    size_t             n;
    aud_generation_t  *g;

    g = base_generation(base);
    n = g->nslices;
    aud_generation_release(g);

    return n;
}


UNUSED static unsigned
files(const char *suffix)
{
    DIR            *dir;
    unsigned        n;
    struct dirent  *entry;

    n = 0;
    dir = opendir(base_folder(base));

    while (dir && (entry = readdir(dir)) != NULL) {
        n += strstr(entry->d_name, suffix) != NULL;
    }

    if (dir) {
        closedir(dir);
    }

    return n;
}


UNUSED static int
set_up(void **state)
{
    char         path[128];
    aud_error_t  err;

    strcpy(root, "/tmp/aud-base-XXXXXX");

    if (mkdtemp(root) == NULL) {
        return -1;
    }

    snprintf(settings.root, sizeof(settings.root), "%s", root);
    snprintf(path, sizeof(path), "%s/db", root);
    settings.merge_at = 3;
    worker.settings = &settings;
    worker.store = store_open(path, &err);

    if (worker.store == NULL) {
        return -1;
    }

    start();
    return 0;
}


UNUSED static int
tear_down(void **state)
{
    char  command[128];

    stop();
    store_close(worker.store);
    snprintf(command, sizeof(command), "rm -rf %s", root);

    return system(command);
}

#endif
