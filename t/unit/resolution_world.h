/*
 * A base of source records without its worker: segments, a store, what changes
 * do to them, and all that was ever told to them (resolution_truth.h holds the
 * one against the other).
 */

#ifndef RESOLUTION_WORLD_H
#define RESOLUTION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_source_record.h"
#include "keys.h"
#include "profile_find.h"
#include "random.h"
#include "resolution.h"
#include "segment_writer.h"

#define TENANT    "demo"
#define RECORDS   2000          /* of a history */
#define SLICES    64
#define IMPORTS   64            /* likewise */
#define BITS      (RECORDS / 64 + 1)

typedef struct {
    component_record_t  record;
    uint32_t            import;
    int                 there;
    int                 going;
    aud_uuid_t          birth;
    aud_uuid_t          moved;          /* who answers when it is gone */
    int                 has_moved;
} known_t;

static char                folder[64];
static store_t            *store;
static component_policy_t  policy;
static listed_t            listed;

static known_t             known[RECORDS];
static size_t              nknown;
static aud_uuid_t          imports[IMPORTS];
static uint32_t            nimports;

static aud_slice_t         slices[SLICES];
static uint64_t            deleted[SLICES][BITS];
static aud_generation_t    g;
static uint64_t            segments;


static int
begin(void **state)
{
    char         path[80];
    aud_error_t  err;

    strcpy(folder, "/tmp/worker_resolution.XXXXXX");

    if (mkdtemp(folder) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/db", folder);
    store = store_open(path, &err);
    policy = component_policy_default;
    memset(&g, 0, sizeof(g));
    memset(known, 0, sizeof(known));
    g.slices = slices;
    nknown = nimports = segments = 0;

    return store == NULL;
}


static int
end(void **state)
{
    char  command[128];

    while (g.nslices) {
        aud_segment_release(slices[--g.nslices].segment);
    }

    store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", folder);

    return system(command);
}


static void
apply(store_batch_t *batch)
{
    aud_error_t  err;

    assert_int_equal(store_apply(store, batch, &err), STORE_OK);
    store_batch_free(batch);
}


static void
load(resolution_base_t *base)
{
    aud_error_t  err = { 0 };

    assert_int_equal(resolution_base_load(base, store, TENANT, &policy,
                                          &listed, &err), 0);
}


static void
add_record(segment_writer_t *w, const aud_uuid_t *id, aud_buffer_t *records)
{
    assert_int_equal(segment_writer_add(w, id, NULL, 0), 0);
    assert_int_equal(segment_writer_records(w, aud_str(records->data,
                                                       records->len)), 0);
    records->len = 0;
}


static void
write_record(aud_buffer_t *out, const component_record_t *record)
{
    aud_source_record_t  source = {
        record->ref, record->values[COMPONENT_TAX_DOCUMENT],
        record->values[COMPONENT_PHONE], record->values[COMPONENT_EMAIL],
        record->name
    };

    aud_source_record_write(out, &source);
}


static void
add_slice(segment_writer_t *w)
{
    aud_error_t        err = { 0 };
    aud_slice_t       *slice;
    segment_summary_t  summary;

    assert_int_equal(segment_writer_write(w, folder, ++segments, &summary,
                                          &err), 0);
    segment_writer_free(w);

    slice = &slices[g.nslices];
    slice->segment = aud_segment_open(folder, segments, 0, &err);
    assert_non_null(slice->segment);
    assert_true(summary.rows <= RECORDS && g.nslices < SLICES);
    memset(deleted[g.nslices], 0, sizeof(deleted[0]));
    slice->deleted = deleted[g.nslices++];
}


static int
lives(size_t slice, uint32_t row)
{
    return !aud_bit(slices[slice].deleted, row);
}


static known_t *
known_of(uint64_t ref)
{
    size_t  i;

    for (i = 0; i < nknown; i++) {
        if (known[i].record.ref == ref) {
            return &known[i];
        }
    }

    fail_msg("no such record");
    return NULL;
}


/* The rows named as struck out are true ones, and each is named once. */

static void
strike(const resolution_t *r)
{
    size_t    i, slice;
    uint32_t  row;

    for (i = 0; i < r->nstruck; i++) {
        assert_true(i == 0 || aud_uuid_compare(&r->struck[i - 1],
                                               &r->struck[i]) < 0);
        assert_int_equal(aud_generation_find(&g, &r->struck[i], &slice, &row),
                         0);
        deleted[slice][row / 64] |= UINT64_C(1) << row % 64;
    }
}


/* The rows that a profile is folded from hold its oldest members, in order. */

static void
check_rows(const resolution_t *r, const resolution_profile_t *profile)
{
    uint32_t                    i, k = 0;
    aud_str_t                   rest;
    aud_source_record_t         record;
    const resolution_row_t     *row;
    const resolution_member_t  *members = &r->members[profile->members];

    for (i = 0; i < profile->nrows; i++) {
        row = &r->rows[profile->rows + i];
        assert_true(lives(row->slice, row->row));
        rest = aud_segment_records(slices[row->slice].segment, row->row);

        while (aud_source_record_read(&rest, &record) == 1) {
            assert_true(k < profile->nmembers);
            assert_true(members[k].record->ref == record.ref);
            assert_int_equal(members[k++].added, RESOLUTION_OLD);
        }
    }

    assert_int_equal(k, profile->after_rows);

    if (profile->nrows == 1 && k == profile->nmembers) {
        row = &r->rows[profile->rows];      /* it is not as it was */
        assert_int_not_equal(aud_uuid_compare(&profile->id,
            &slices[row->slice].segment->profiles[row->row]), 0);
    }
}


/* The id of the component in which the record is after the change. */

static aud_uuid_t
component_id(const resolution_t *r, uint64_t ref)
{
    size_t           i, oldest;
    const uint32_t  *component = r->components->component;

    for (i = 0; i < r->nrecords && r->records[i].ref != ref; i++) {
        /* not yet */
    }

    assert_true(i < r->nrecords);

    for (oldest = 0; component[oldest] != component[i]; oldest++) {
        /* records ascend by ref */
    }

    return known_of(r->records[oldest].ref)->birth;
}


/* Whose oldest record goes is answered for by who has the oldest that stays. */

static void
note_moved(const resolution_t *r)
{
    size_t               s;
    known_t             *oldest, *heir;
    uint32_t             row;
    aud_str_t            rest;
    aud_source_record_t  record;

    for (s = 0; s < g.nslices; s++) {
        for (row = 0; row < slices[s].segment->rows; row++) {
            rest = aud_segment_records(slices[s].segment, row);
            oldest = heir = NULL;

            while (lives(s, row)
                   && aud_source_record_read(&rest, &record) == 1)
            {
                oldest = oldest ? oldest : known_of(record.ref);
                heir = heir || known_of(record.ref)->going
                       ? heir : known_of(record.ref);
            }

            if (heir == NULL || heir == oldest) {
                continue;
            }

            oldest->has_moved = 1;
            oldest->moved = component_id(r, heir->record.ref);
        }
    }
}


static void
write_profiles(const resolution_t *r, const known_t *added)
{
    uint32_t                     i, k;
    aud_buffer_t                 records = { 0 };
    aud_field_t                  field = { AUD_STR("x"), AUD_TYPE_TEXT,
                                           AUD_KIND_BEHAVIOUR, 0 };
    segment_writer_t            *w;
    const resolution_member_t   *member;
    const resolution_profile_t  *profile;

    w = segment_writer_create(&field, 1);

    for (i = 0; i < r->nprofiles; i++) {
        profile = &r->profiles[i];
        assert_true(profile->nmembers > 0);
        check_rows(r, profile);

        for (k = 0; k < profile->nmembers; k++) {
            member = &r->members[profile->members + k];
            assert_true(k == 0 || member[-1].record->ref
                                  < member->record->ref);
            assert_true(member->added == RESOLUTION_OLD
                        || added[member->added].record.ref
                           == member->record->ref);
            write_record(&records, member->record);
        }

        add_record(w, &profile->id, &records);
    }

    aud_buffer_free(&records);
    strike(r);

    if (r->nprofiles) {
        add_slice(w);

    } else {
        segment_writer_free(w);
    }
}


/* Runs a change, and lets memory end at a few places before. */

static aud_allocator_t  kept;
static unsigned         allocations;


static void *
ends_in_time(void *p, size_t size)
{
    return allocations-- ? kept.realloc(p, size) : NULL;
}


static resolution_t *
run(const resolution_base_t *base, const resolution_change_t *change,
    int memory_ends)
{
    unsigned       n = 0;
    aud_error_t    err = { 0 };
    resolution_t  *r = NULL;

    kept = aud_allocator;

    while (memory_ends && r == NULL) {
        allocations = n;
        aud_allocator.realloc = ends_in_time;
        r = resolution_run(base, &g, change, &err);
        aud_allocator = kept;
        assert_true(r || err.text[0]);
        n++;
    }

    r = r ? r : resolution_run(base, &g, change, &err);

    if (r == NULL) {
        fail_msg("%s", err.text);
    }

    return r;
}


static void
change(const resolution_base_t *base, resolution_change_t *change,
    const known_t *added, store_batch_t *batch)
{
    size_t               i;
    resolution_t        *r;
    component_record_t   records[RECORDS];

    for (i = 0; i < change->nadded; i++) {
        records[i] = added[i].record;
    }

    change->added = records;
    r = run(base, change, random_below(40) == 0);
    note_moved(r);
    write_profiles(r, added);
    assert_int_equal(resolution_put(r, batch, TENANT, 0), 0);
    apply(batch);
    resolution_free(r);
}

/* The records get refs, one import's. */

static void
import_records(const component_record_t *records, size_t n)
{
    size_t               i;
    known_t             *added = &known[nknown];
    uint32_t             sequence = 3 * nimports + 1;
    store_batch_t       *batch = store_batch_create();
    resolution_base_t    base;
    resolution_change_t  came = { .nadded = n };

    load(&base);
    aud_uuid_make(&imports[nimports]);

    for (i = 0; i < n; i++) {
        added[i] = (known_t) { .record = records[i], .import = nimports,
                               .there = 1 };
        added[i].record.ref = profile_ref(sequence, 2 + i);
        profile_birth(&added[i].birth, &imports[nimports], 2 + i);
    }

    nknown += n;
    assert_int_equal(sequences_add(&base.sequences, sequence,
                                   &imports[nimports]), 0);
    sequences_put(batch, TENANT, sequence, &imports[nimports++]);
    change(&base, &came, added, batch);
    resolution_base_free(&base);
}

/* Adds records to a side of a rule: {"import", "line"}. */

static void
rule_names(json_t *document, const char *side, const known_t *record)
{
    char     id[AUD_ID_LEN + 1];
    json_t  *records = json_object_get(document, side);

    if (records == NULL) {
        records = json_array();
        json_object_set_new(document, side, records);
    }

    aud_id_format(id, "imp", &imports[record->import]);
    json_array_append_new(records, json_pack("{s:s, s:I}", "import", id,
                          "line", (json_int_t) (uint32_t)
                                  record->record.ref));
}


/* The document becomes a rule. */

static void
add_rule(json_t *document)
{
    char                 *text;
    size_t                i;
    uint64_t              refs[16];
    aud_uuid_t            id;
    store_key_t           key;
    store_batch_t        *batch = store_batch_create();
    resolution_base_t     base;
    resolution_change_t   spoken = { .spoken_of = refs };
    component_mention_t  *mentions;
    size_t                n;

    load(&base);
    aud_uuid_make(&id);
    text = json_dumps(document, 0);
    key = key_id(TENANT, KEY_RULE, &id);
    store_batch_put(batch, key_str(&key), aud_str(text, strlen(text)));
    free(text);
    assert_int_equal(rules_add(&base.rules, &id, document), 0);
    assert_int_equal(rules_mentions(&base.rules, &base.sequences, &mentions,
                                    &n), 0);

    for (i = 0; i < n; i++) {
        if (mentions[i].rule == base.rules.n - 1) {
            refs[spoken.nspoken_of++] = mentions[i].ref;
        }
    }

    aud_free(mentions);
    change(&base, &spoken, NULL, batch);
    resolution_base_free(&base);
}

#endif
