/*
 * Imports, through a real queue, store and base.
 */

#include <stdatomic.h>

#include "aud_source_record.h"
#include "everybody.h"
#include "profiles.h"
#include "random.h"
#include "resolution.h"


#define SEED_HEADER  "phoneNumber,email,city,address,taxDocument,name," \
                     "time do coração,gosta de futebol?,idade"


static void
the_seed_example(void **state)
{
    json_t  *record;

    record = import_of(SEED_HEADER "\n"
        "987654321,joao.silva@gmail.com,São Paulo,Rua exemplo 1,12345678901,"
        "Joao Silva,Atlético Mineiro,Sim,25\n"
        "55566677,pedro.costa@gmail.com,Rio de Janeiro,Rua Exemplo 2,"
        "987.654.321-09,Pedro Costa,Flamengo,Não,32\n");

    assert_string_equal(document_text(record, "state"), "succeeded");
    assert_string_equal(document_text(record, "outcome"), "complete");
    assert_int_equal(rows_of(record, "read"), 2);
    assert_int_equal(rows_of(record, "imported"), 2);
    assert_string_equal(value_of("+5511987654321", "city"), "São Paulo");
    assert_string_equal(value_of("+551155566677", "time do coração"),
                        "Flamengo");
    assert_string_equal(document_text(json_object_get(record, "types"),
                                      "idade"), "number");
    assert_string_equal(document_text(json_object_get(record, "types"),
                                      "gosta de futebol?"), "yes_no");
    assert_string_equal(document_text(json_object_get(record, "types"),
                                      "taxDocument"), "text");
    json_decref(record);
}


static void
both_separators_say_the_same(void **state)
{
    json_t      *record;
    aud_uuid_t   id;
    const char  *text = "phoneNumber;nota\r\n11987654321;\"a;b\"\r\n";

    record = import_text(text, strlen(text), ';', &id);
    assert_int_equal(rows_of(record, "imported"), 1);
    assert_string_equal(value_of("+5511987654321", "nota"), "a;b");
    json_decref(record);
}


static void
who_refuses_is_stored_nowhere(void **state)
{
    json_t        *record;
    aud_str_t      key, value;
    aud_uuid_t     id;
    aud_error_t    err;
    store_scan_t  *scan;
    const char    *text = "phoneNumber,name,Opt-in\n"
                          "11987654321,Ana,sim\n"
                          "11987654322,Refusa-se,NÃO\n"
                          "11987654323,Bia,\n"
                          "11987654324,Refusa-se,opt-out,too many\n"
                          "99,Refusa-se,0\n";

    record = import_text(text, strlen(text), ',', &id);

    assert_int_equal(rows_of(record, "read"), 5);
    assert_int_equal(rows_of(record, "imported"), 2);
    assert_int_equal(rows_of(record, "refused_opt_in"), 3);
    assert_int_equal(rows_of(record, "rejected"), 0);
    assert_int_equal(profiles_now(), 2);
    json_decref(record);

    scan = store_scan(worker.store, NULL, AUD_STR(""), AUD_STR(""), 0);

    while (store_scan_next(scan, &key, &value, &err) == 1) {
        assert_null(memmem(value.data, value.len, "Refusa-se", 9));
    }

    store_scan_free(scan);
    assert_false(spool_holds(&id));
}


static void
consent_that_was_assumed_is_on_record(void **state)
{
    json_t  *record, *consent;

    record = import_of("phoneNumber\n11987654321\n");
    consent = json_object_get(record, "consent");
    assert_true(json_is_true(json_object_get(consent, "assumed")));
    assert_string_equal(document_text(consent, "by"), "ana");
    json_decref(record);

    record = import_of("phoneNumber,Opt-in\n11987654321,sim\n");
    consent = json_object_get(record, "consent");
    assert_true(json_is_false(json_object_get(consent, "assumed")));
    json_decref(record);
}


static void
rejected_rows_stand_in_errors_csv(void **state)
{
    json_t      *record;
    aud_uuid_t   id;
    const char  *text = "phoneNumber,name\n"
                        "11987654321,Ana\n"
                        "5.51199E+12,=cmd\n"
                        "\n"
                        "11987654322,too,many\n"
                        "11987654323,\"x\"y\n";

    record = import_text(text, strlen(text), ',', &id);

    assert_string_equal(document_text(record, "state"), "succeeded");
    assert_string_equal(document_text(record, "outcome"), "with_rejections");
    assert_int_equal(rows_of(record, "imported"), 1);
    assert_int_equal(rows_of(record, "rejected"), 3);
    assert_non_null(strstr(errors_of(&id), "line,column,reason,phoneNumber,"
                           "name\r\n3,phoneNumber,"));
    assert_non_null(strstr(errors_of(&id), ",5.51199E+12,'=cmd\r\n5,,The row "
                           "has 3 cells; the header has 2.,11987654322,too,"
                           "many\r\n6,,"));
    json_decref(record);
}


static void
a_file_of_rejected_rows_alone_fails(void **state)
{
    json_t      *record;
    aud_uuid_t   id;
    const char  *text = "phoneNumber,name\n1,Ana\n2,Bia\n";

    record = import_text(text, strlen(text), ',', &id);

    assert_string_equal(document_text(record, "state"), "failed");
    assert_string_equal(document_text(record, "error"),
                        "All 2 rows were rejected; errors.csv says why.");
    assert_int_equal(profiles_now(), 0);
    assert_non_null(strstr(errors_of(&id), "\r\n2,phoneNumber,"));
    assert_false(spool_holds(&id));
    json_decref(record);
}


static void
a_spoiled_identifier_is_lost_and_the_row_goes_in(void **state)
{
    json_t      *record;
    aud_uuid_t   id;
    const char  *text = "phoneNumber,taxDocument,name\n"
                        "11987654321,\"1,95419E+13\",Ana\n";

    record = import_text(text, strlen(text), ',', &id);

    assert_int_equal(rows_of(record, "imported"), 1);
    assert_int_equal(rows_of(record, "rejected"), 0);
    assert_int_equal(rows_of(record, "lost_identifiers"), 1);
    assert_string_equal(value_of("+5511987654321", "taxDocument"), "");
    assert_string_equal(value_of("+5511987654321", "name"), "Ana");
    assert_non_null(strstr(errors_of(&id), "\r\n2,taxDocument,"));
    json_decref(record);
}


static void
one_phone_in_any_form_is_one_profile(void **state)
{
    json_decref(import_of("phoneNumber,name,city\n"
                          "+55 11 98765-4321,Ana,\n"
                          "(11) 8765-4321,,Santos\n"
                          "011987654321,Ana Maria,\n"));

    assert_int_equal(profiles_now(), 1);
    assert_string_equal(value_of("+5511987654321", "name"), "Ana Maria");
    assert_string_equal(value_of("+5511987654321", "city"), "Santos");
}


/* By document, or by e-mail where names do not contradict. */

static void
rows_without_a_phone_are_people_too(void **state)
{
    json_t      *record;
    aud_uuid_t   id, job;
    const char  *text = "phoneNumber,email,taxDocument,name\n"
                        ",ana@x.com,,Ana\n"
                        ", Ana@X.com ,529.982.247-25,Bia\n"
                        ",,52998224725,Bia Maria\n"
                        ",ANA@x.com,,Ana Maria\n"
                        ",no address,529.982.247-26,Caio\n"
                        "123,caio@x.com,,Caio\n";

    record = import_text(text, strlen(text), ',', &id);
    assert_int_equal(rows_of(record, "imported"), 4);
    assert_int_equal(rows_of(record, "rejected"), 2);
    assert_non_null(strstr(errors_of(&id), "\r\n6,phoneNumber,\"The phone is "
                           "missing, and there is no valid tax document or "
                           "e-mail address either.\",,no address,"));
    assert_non_null(strstr(errors_of(&id), "\r\n7,phoneNumber,The phone has "
                           "too few"));
    json_decref(record);
    assert_int_equal(profiles_now(), 2);
    assert_string_equal(value_of("", "name"), "Ana Maria");

    json_decref(import_of("phoneNumber,email,name,taxDocument\n"
                          "11987654321,ana@x.com,Davi,52998224725\n"
                          ",ana@x.com,Ana Lima,\n"));
    assert_int_equal(profiles_now(), 2);
    assert_string_equal(value_of("+5511987654321", "name"), "Davi");
    assert_string_equal(value_of("", "name"), "Ana Lima");

    json_decref(import_of("phoneNumber,taxDocument,name\n,52998224725,Bia\n"));
    assert_int_equal(profiles_now(), 2);

    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    assert_int_equal(profiles_now(), 2);
    assert_string_equal(value_of("+5511987654321", "name"), "Bia");
    assert_string_equal(value_of("", "name"), "Ana Lima");
    assert_string_equal(value_of("", "email"), "ana@x.com");
}


static void
newer_cells_win_and_empty_ones_do_not(void **state)
{
    json_decref(import_of("phoneNumber,name,city\n11987654321,Ana,Santos\n"));
    json_decref(import_of("phoneNumber,name,city\n11987654321,Ana Lima,\n"));

    assert_int_equal(profiles_now(), 1);
    assert_string_equal(value_of("+5511987654321", "name"), "Ana Lima");
    assert_string_equal(value_of("+5511987654321", "city"), "Santos");
    assert_string_equal(value_of("+5511987654321", "created_at"),
                        "2025-06-15T15:06:41Z");
    assert_string_equal(value_of("+5511987654321", "updated_at"),
                        "2025-06-15T15:06:42Z");
}


/* Where a change that brings the phone reaches, or RESOLUTION_OLD. */

static uint32_t
slice_reached(const aud_generation_t *g, const char *phone)
{
    size_t                    n;
    uint32_t                  slice;
    blocked_t                 blocked = { 0 };
    closure_t                *closure;
    component_record_t        record = { .ref = 1 };
    const closure_profile_t  *found;

    record.values[COMPONENT_PHONE] = aud_str(phone, strlen(phone));
    closure = closure_create(g, &blocked, NULL, 0, NULL, 0);
    assert_int_equal(closure_add(closure, &record), 0);
    assert_int_equal(closure_follow(closure), 0);
    found = closure_profiles(closure, &n);
    assert_true(n <= 1);
    slice = n ? found->slice : RESOLUTION_OLD;
    closure_free(closure);

    return slice;
}


/* Whatever the order of the segments. */

static void
struck_rows_are_nobody(void **state)
{
    aud_slice_t        slices[2];
    const char        *phone = "+5511987654321";
    aud_generation_t  *g, reversed;

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    json_decref(import_of("phoneNumber,name\n11987654322,Bia\n"
                          "11987654321,Ana Maria\n"));

    g = base_generation(bases_get(worker.bases, TENANT));
    assert_int_equal(g->nslices, 1);
    aud_generation_release(g);

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));

    g = base_generation(bases_get(worker.bases, TENANT));
    assert_int_equal(g->nslices, 2);
    slices[0] = g->slices[1];
    slices[1] = g->slices[0];
    reversed = *g;
    reversed.slices = slices;

    assert_int_equal(slice_reached(g, phone), 1);
    assert_int_equal(slice_reached(&reversed, phone), 0);
    assert_int_equal(slice_reached(g, "+5511987654329"), RESOLUTION_OLD);
    aud_generation_release(g);
}


static aud_type_t
type_now(const char *field)
{
    aud_type_t          type;
    const aud_field_t  *f;
    aud_generation_t   *g;

    g = base_generation(bases_get(worker.bases, TENANT));
    f = aud_generation_field(g, aud_str(field, strlen(field)));
    assert_non_null(f);
    type = f->type;
    aud_generation_release(g);

    return type;
}


static void
a_type_that_changes_changes_everywhere(void **state)
{
    json_t  *record;

    json_decref(import_of("phoneNumber,nota\n11987654321,1\n11987654322,2\n"));
    assert_int_equal(type_now("nota"), AUD_TYPE_NUMBER);

    record = import_of("phoneNumber,nota\n11987654323,um\n11987654324,dois\n");
    assert_int_equal(type_now("nota"), AUD_TYPE_TEXT);
    assert_int_equal(profiles_now(), 4);
    assert_string_equal(value_of("+5511987654321", "nota"), "1");
    assert_string_equal(value_of("+5511987654323", "nota"), "um");
    json_decref(record);
}


static void
values_that_do_not_fit_are_counted(void **state)
{
    int      i;
    char     text[1000] = "phoneNumber,nota\n";
    json_t  *record;

    for (i = 0; i < 19; i++) {
        sprintf(text + strlen(text), "119876543%02d,%d\n", i, i);
    }

    strcat(text, "11987654399,?\n");
    record = import_of(text);

    assert_int_equal(type_now("nota"), AUD_TYPE_NUMBER);
    assert_int_equal(json_integer_value(json_object_get(
        json_object_get(record, "misfits"), "nota")), 1);
    assert_string_equal(value_of("+5511987654399", "nota"), "?");
    json_decref(record);
}


static void
a_file_that_is_gone_fails_for_good(void **state)
{
    char            name[AUD_ID_LEN + 1];
    json_t         *record;
    aud_uuid_t      id, job;
    store_batch_t  *batch;

    aud_uuid_make(&id);
    aud_id_format(name, "imp", &id);
    batch = store_batch_create();
    record = upload_record(name, "", "phoneNumber", ',');
    document_put(batch, TENANT, KEY_IMPORT, &id, record);
    json_decref(record);

    assert_string_equal(job_runs("import", json_pack("{s:s}", "import", name),
                                 batch, &job), "dead");

    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    assert_string_equal(document_text(record, "state"), "failed");
    assert_non_null(strstr(document_text(record, "error"), "send it again"));
    json_decref(record);
}


static void
retried(void *arg, store_status_t status)
{
    assert_int_equal(status, STORE_OK);
    *(int *) arg = 1;
}


/* Something stands where the segments' folder is to be made. */

static void
a_failed_import_can_be_retried_by_a_person(void **state)
{
    int          again = 0;
    char         path[700];
    json_t      *record;
    aud_uuid_t   id, job;
    const char  *text = "phoneNumber\n11987654321\n", *job_state;

    snprintf(path, sizeof(path), "%s/segments/" TENANT, settings.root);
    fclose(fopen(path, "w"));

    record = import_job_text(text, strlen(text), ',', &id, &job);
    assert_string_equal(document_text(record, "state"), "failed");
    assert_true(document_text(record, "error")[0] != '\0');
    assert_true(spool_holds(&id));
    json_decref(record);

    unlink(path);
    mkdir(path, 0755);
    assert_int_equal(queue_retry(worker.queue, TENANT, &job, retried, &again),
                     0);

    do {
        uv_run(&loop, UV_RUN_ONCE);
        job_state = queue_state(worker.queue, TENANT, &job);
    } while (!again || (strcmp(job_state, "done") != 0
                        && strcmp(job_state, "dead") != 0));

    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    assert_string_equal(document_text(record, "state"), "succeeded");
    assert_null(json_object_get(record, "error"));
    assert_int_equal(profiles_now(), 1);
    assert_false(spool_holds(&id));
    json_decref(record);
}


static void
an_import_that_has_ended_never_runs_again(void **state)
{
    char         name[AUD_ID_LEN + 1];
    json_t      *record;
    aud_uuid_t   id, job;
    const char  *text = "phoneNumber\n11987654321\n";

    json_decref(import_text(text, strlen(text), ',', &id));
    aud_id_format(name, "imp", &id);
    spool(&id, "phoneNumber\n11987654322\n", 24);

    assert_string_equal(job_runs("import", json_pack("{s:s}", "import", name),
                                 NULL, &job), "dead");
    assert_int_equal(profiles_now(), 1);

    record = document_get(worker.store, TENANT, KEY_IMPORT, &id, NULL);
    assert_string_equal(document_text(record, "state"), "succeeded");
    json_decref(record);
}


/*
 * Wherever memory ends, reading and folding a file says so, or does all of it.
 */

static atomic_uint  allocations;        /* several threads make them */


static void *
ends_in_time(void *p, size_t size)
{
    unsigned  left;

    for (left = allocations; left; /* void */ ) {
        if (atomic_compare_exchange_weak(&allocations, &left, left - 1)) {
            return realloc(p, size);
        }
    }

    return NULL;
}


static int
reads_and_folds(const char *path, const aud_generation_t *g)
{
    char               segment[DOCUMENT_PATH_MAX];
    int                rc;
    uint32_t           map[3];
    fields_t           fields;
    resolution_t      *r = NULL;
    profiles_t         profiles = { 0 };
    aud_error_t        err;
    old_records_t      old = { 0 };
    fold_source_t      source = { "imp_", 1, 3, map };
    resolution_base_t  resolving = { 0 };
    component_record_t records[8] = { 0 };
    resolution_change_t change = { .added = records };
    import_read_t      in = { 0 };
    segment_summary_t  summary;
    const aud_str_t    columns[] = {
        AUD_STR("phoneNumber"), AUD_STR("email"), AUD_STR("idade")
    };

    if (fields_init(&fields, NULL, 0) != 0) {
        return -1;
    }

    in.separator = ',';
    in.country = "BR";
    in.area_code = "11";
    in.block_rows = 2;
    in.fields = &fields;
    in.source = &source;
    in.columns = columns;

    rc = fields_map(&fields, columns, 3, map);

    if (rc == 0) {
        rc = import_read_file(&in, path, &err) == IMPORT_READ_OK ? 0 : -1;
    }

    if (rc == 0) {
        rc = import_read_finish(&in, &err);
    }

    if (rc == 0) {
        rc = resolution_base_load(&resolving, worker.store, TENANT,
                                  &settings.policy, &listed, &err)
             || sequences_add(&resolving.sequences, 1000, &in.import);
    }

    for ( ; rc == 0 && change.nadded < in.nrows; change.nadded++) {
        records[change.nadded].ref = profile_ref(1000, 2 + change.nadded);
        records[change.nadded].values[COMPONENT_PHONE]
            = aud_str(in.rows[change.nadded].phone,
                      strlen(in.rows[change.nadded].phone));
    }

    if (rc == 0) {
        r = resolution_run(&resolving, g, &change, &err);
        rc = r ? profiles_take(&profiles, r, in.nrows) : -1;
    }

    if (rc == 0) {
        rc = profiles_add_all(&profiles, g, r->struck, r->nstruck);
    }

    /* whole, where the packer's thread was the one to fail before */

    snprintf(segment, sizeof(segment), "%s/%016x.seg", settings.root, 1);
    (void) unlink(segment);

    if (rc == 0) {
        rc = profiles_write(&profiles, g, &in, &old, settings.root, 1,
                            &summary, &err);
        assert_true(rc != 0 || summary.rows == 4);
    }

    if (rc == 0) {
        rc = packer_finish(in.packer);
    }

    profiles_free(&profiles);
    resolution_free(r);
    resolution_base_free(&resolving);
    import_read_free(&in);
    fields_free(&fields);

    return rc;
}


static void
memory_may_end_anywhere(void **state)
{
    int                rc;
    char               path[DOCUMENT_PATH_MAX];
    unsigned           n;
    aud_uuid_t         id;
    aud_allocator_t    kept;
    aud_generation_t  *g;
    const char        *text = "phoneNumber,email,idade\n11987654321,A@x,1\n"
                              "1,,\n11987654322,,\n11987654321,,\n"
                              "11987654323,\"1,9E+13\",2\n";

    json_decref(import_of("phoneNumber\n11987654321\n11987654320\n"));
    aud_uuid_make(&id);
    spool(&id, text, strlen(text));
    document_spool_path(&worker, TENANT, &id, path);

    g = base_generation(bases_get(worker.bases, TENANT));
    kept = aud_allocator;

    for (n = 0, rc = -1; n < 5000 && rc != 0; n++) {
        allocations = n;
        aud_allocator.realloc = ends_in_time;
        rc = reads_and_folds(path, g);
        aud_allocator = kept;
    }

    assert_int_equal(rc, 0);
    assert_true(n > 50);
    aud_generation_release(g);
}


/*
 * The property: any files imported one after another give what a plain model
 * holds, and folding all source records anew gives it once more.
 */

#define FIELDS   7
#define PEOPLE   40
#define IMPORTS  12

typedef struct {
    int          exists;
    const char  *values[FIELDS];    /* in order of the names below */
    char         created[32];
    char         updated[32];
    char         sources[IMPORTS * 40];
    char         records[20000];    /* as records_of_row() tells them */
} person_t;

static person_t  people[PEOPLE];

static const char *const  field_names[FIELDS] = {
    "email", "name", "idade", "desde", "gosta?", "nota", "taxDocument"
};

static const struct {
    const char  *cell, *value;
} cells[FIELDS][5] = {
    { { "ANA@x.com", "ana@x.com" }, { " b@x.com ", "b@x.com" }, { "", NULL },
      { "1,9E+13", NULL },
      { "Ana <C@Cobrança.com>", "ana <c@cobrança.com>" } },
    { { "Ana", "Ana" }, { "José \"Zé\"", "José \"Zé\"" }, { "'=1", "=1" },
      { "", NULL }, { "a,b;c\nd", "a,b;c\nd" } },
    { { "12", "12" }, { "1.234,56", "1.234,56" }, { "?", "?" },
      { "-3", "-3" }, { "\xc2\xa0", NULL } },
    { { "2025-12-31", "2025-12-31" }, { "31/12/2025", "31/12/2025" },
      { "ontem", "ontem" }, { "", NULL }, { " ", NULL } },
    { { "sim", "sim" }, { "Não", "Não" }, { "talvez", "talvez" },
      { "", NULL }, { "s", "s" } },
    { { "1", "1" }, { "sim", "sim" }, { "2025-01-01", "2025-01-01" },
      { "x", "x" }, { "", NULL } },
    { { "1.95419E+13", NULL }, { "987.654.321-09", "987.654.321-09" },
      { "529.982.247-25", "529.982.247-25" }, { "", NULL }, { "''@", "'@" } },
};

enum { EMAIL = 0, NAME = 1, TAX_DOCUMENT = 6 };

static const struct {
    int          field;
    const char  *value, *linked;
} links[] = {                       /* where they are not the same */
    { EMAIL, "ana <c@cobrança.com>", "c@xn--cobrana-zxa.com" },
    { TAX_DOCUMENT, "987.654.321-09", "" },
    { TAX_DOCUMENT, "529.982.247-25", "52998224725" },
    { TAX_DOCUMENT, "'@", "" },
};


/* What links, or is the name, of the field whose cell is the n-th. */

static const char *
linked(int field, int n)
{
    size_t       i;
    const char  *value = cells[field][n].value;

    for (i = 0; value && i < sizeof(links) / sizeof(links[0]); i++) {
        if (links[i].field == field && strcmp(links[i].value, value) == 0) {
            return links[i].linked;
        }
    }

    return value ? value : "";
}


static void
random_file(aud_buffer_t *text, const char *import, const char *at)
{
    int            i, k, n, field, nfields, rows;
    int            fields[FIELDS];
    size_t         c;
    uint32_t       line;
    person_t      *person;
    const char    *said[FIELDS];

    text->len = 0;
    aud_buffer_text(text, "phoneNumber");

    for (i = 0, nfields = 0; i < FIELDS; i++) {
        if (random_below(3)) {
            fields[nfields++] = i;
            aud_buffer_printf(text, ",%s", field_names[i]);
        }
    }

    aud_buffer_char(text, '\n');
    rows = 1 + random_below(30);

    for (k = 0; k < rows; k++) {
        for (c = 0, line = 1; c < text->len; c++) {
            line += text->data[c] == '\n';
        }

        n = random_below(PEOPLE);
        person = &people[n];
        said[EMAIL] = said[NAME] = said[TAX_DOCUMENT] = "";
        sprintf(person->records + strlen(person->records), "\1.%u "
                "+55119876543%02d", line, n);
        aud_buffer_printf(text, random_below(2) ? "+55 11 9876-543%02d"
                                                : "119876543%02d", n);

        if (!person->exists) {
            person->exists = 1;
            strcpy(person->created, at);
        }

        strcpy(person->updated, at);

        if (strstr(person->sources, import) == NULL) {
            sprintf(person->sources + strlen(person->sources), "%s%s",
                    person->sources[0] ? "|" : "", import);
        }

        for (i = 0; i < nfields; i++) {
            field = fields[i];
            n = random_below(5);
            aud_buffer_char(text, ',');
            aud_csv_write_cell(text, aud_str(cells[field][n].cell,
                               strlen(cells[field][n].cell)), ',');

            if (cells[field][n].value) {
                person->values[field] = cells[field][n].value;
            }

            said[field] = linked(field, n);
        }

        sprintf(person->records + strlen(person->records), "|%s|%s|%s\n",
                said[TAX_DOCUMENT], said[EMAIL], said[NAME]);
        aud_buffer_char(text, '\n');
    }

    aud_buffer_char(text, '\0');
}


static int
find_phone(const aud_generation_t *g, const char *phone, uint32_t *slice,
    uint32_t *row)
{
    size_t                   i;
    uint64_t                 hash;
    const aud_slice_t       *s;
    const aud_identifier_t  *id;

    hash = aud_identifier_hash(AUD_IDENTIFIER_PHONE,
                               aud_str(phone, strlen(phone)));

    for (*slice = 0; *slice < g->nslices; (*slice)++) {
        s = &g->slices[*slice];

        for (i = 0; i < s->segment->nidentifiers; i++) {
            id = &s->segment->identifiers[i];

            if (id->hash == hash
                && (s->deleted == NULL || !aud_bit(s->deleted, id->row)))
            {
                *row = id->row;
                return 1;
            }
        }
    }

    return 0;
}


/* The source records of the profile with that phone. */

static const char *
records_behind(const char *phone)
{
    uint32_t              slice, row = 0;
    aud_str_t             rest;
    aud_segment_t        *segment;
    aud_generation_t     *g;
    aud_source_record_t   record;
    static aud_buffer_t   out;

    g = base_generation(bases_get(worker.bases, TENANT));
    assert_true(find_phone(g, phone, &slice, &row));
    segment = g->slices[slice].segment;
    rest = aud_segment_records(segment, row);
    out.len = 0;

    while (aud_source_record_read(&rest, &record) == 1) {
        aud_buffer_printf(&out, "%u.%u %.*s|%.*s|%.*s|%.*s\n",
                          (uint32_t) (record.ref >> 32),
                          (uint32_t) record.ref,
                          (int) record.phone.len, record.phone.data,
                          (int) record.tax_document.len,
                          record.tax_document.data,
                          (int) record.email.len, record.email.data,
                          (int) record.name.len, record.name.data);
    }

    assert_int_equal(rest.len, 0);
    aud_buffer_char(&out, '\0');
    aud_generation_release(g);

    return out.data;
}


/* What everybody can be found by, as text: rows are numbered by profile. */

static char *
identifiers(void)
{
    size_t                   i, s;
    aud_buffer_t             out = { 0 };
    aud_generation_t        *g;
    const aud_segment_t     *segment;
    const aud_identifier_t  *id;

    g = base_generation(bases_get(worker.bases, TENANT));

    for (s = 0; s < g->nslices; s++) {
        segment = g->slices[s].segment;

        for (i = 0; i < segment->nidentifiers; i++) {
            id = &segment->identifiers[i];

            if (g->slices[s].deleted == NULL
                || !aud_bit(g->slices[s].deleted, id->row))
            {
                aud_buffer_printf(&out, "%016llx %u ",
                                  (unsigned long long) id->hash, id->kind);

                for (size_t k = 0; k < sizeof(aud_uuid_t); k++) {
                    aud_buffer_printf(&out, "%02x",
                                      segment->profiles[id->row].bytes[k]);
                }

                aud_buffer_char(&out, '\n');
            }
        }
    }

    aud_buffer_char(&out, '\0');
    aud_generation_release(g);

    return out.data;
}


static void
base_equals_model(void)
{
    char         phone[32];
    int          i, n;
    uint64_t     existing = 0;
    person_t    *person;

    for (n = 0; n < PEOPLE; n++) {
        person = &people[n];
        snprintf(phone, sizeof(phone), "+55119876543%02d", n);

        if (!person->exists) {
            assert_string_equal(value_of(phone, "name"), "no such profile");
            continue;
        }

        existing++;
        assert_string_equal(value_of(phone, "created_at"), person->created);
        assert_string_equal(value_of(phone, "updated_at"), person->updated);
        assert_string_equal(value_of(phone, "sources"), person->sources);
        assert_string_equal(records_behind(phone), person->records);

        for (i = 0; i < FIELDS; i++) {
            assert_string_equal(value_of(phone, field_names[i]),
                                person->values[i] ? person->values[i] : "");
        }
    }

    assert_int_equal(profiles_now(), existing);
}


/* The registry, as text. */

/* Merges make generations too, so it is known only now. */

static void
people_learn_sequence(const aud_uuid_t *import)
{
    int            n;
    char          *mark;
    json_t        *record;
    person_t      *person;
    aud_buffer_t   text = { 0 };
    long long      sequence;

    record = document_get(worker.store, TENANT, KEY_IMPORT, import, NULL);
    sequence = json_integer_value(json_object_get(record, "sequence"));
    json_decref(record);

    for (n = 0; n < PEOPLE; n++) {
        person = &people[n];

        while ((mark = strchr(person->records, 1)) != NULL) {
            text.len = 0;
            aud_buffer_printf(&text, "%.*s%lld%s",
                              (int) (mark - person->records), person->records,
                              sequence, mark + 1);
            assert_true(text.len < sizeof(person->records));
            memcpy(person->records, text.data, text.len + 1);
        }
    }

    aud_buffer_free(&text);
}


/* The plainest policy, so that the model can tell people by their phones. */

static void
one_phone_is_one_profile(void)
{
    component_policy_t  *policy = &settings.policy;

    memset(policy, 0, sizeof(component_policy_t));
    policy->weight[COMPONENT_PHONE] = policy->threshold = 1;
    policy->max_variants = 1000;
    policy->max_people[COMPONENT_TAX_DOCUMENT] = 1000;
    policy->max_people[COMPONENT_PHONE] = 1000;
    policy->max_people[COMPONENT_EMAIL] = 1000;
}


static void
imports_and_rebuild_equal_a_plain_model(void **state)
{
    int            i, round;
    char           name[AUD_ID_LEN + 1], at[AUD_TIME_LEN + 1];
    char           *before, *after, *found;
    json_t         *record;
    aud_uuid_t      id, job;
    aud_buffer_t    text = { 0 };
    store_batch_t  *batch;

    for (round = 0; round < 3; round++) {
        memset(people, 0, sizeof(people));
        one_phone_is_one_profile();

        for (i = 0; i < IMPORTS; i++) {
            aud_uuid_make(&id);
            aud_id_format(name, "imp", &id);
            aud_time_format(at, upload_time + AUD_SECOND);
            random_file(&text, name, at);
            spool(&id, text.data, text.len - 1);

            *strchr(text.data, '\n') = '\0';
            batch = store_batch_create();
            record = upload_record(name, "", text.data, ',');
            document_put(batch, TENANT, KEY_IMPORT, &id, record);
            json_decref(record);
            assert_string_equal(job_runs("import", json_pack("{s:s}", "import",
                                         name), batch, &job), "done");
            people_learn_sequence(&id);
            base_equals_model();
        }

        before = sorted(registry());
        found = sorted(identifiers());
        assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                            "done");
        base_equals_model();
        after = sorted(registry());
        assert_string_equal(before, after);
        aud_free(after);
        after = sorted(identifiers());
        assert_string_equal(found, after);
        aud_free(before);
        aud_free(found);
        aud_free(after);

        worker_teardown(NULL);
        worker_setup(NULL);
    }

    aud_buffer_free(&text);
}


/*
 * The property: imports one after another leave what a fold of all source
 * records anew gives, whoever they join or take apart.
 */

static void
imports_leave_what_a_rebuild_gives(void **state)
{
    int           i, round;
    char         *before, *after, *blocked;
    aud_uuid_t    id, job;
    aud_buffer_t  text = { 0 };

    for (round = 0; round < 8; round++) {
        if (round % 2) {                /* most values are soon too many's */
            settings.policy.max_people[COMPONENT_PHONE] = 2;
            settings.policy.max_people[COMPONENT_EMAIL] = 2;
        }

        for (i = 0; i < IMPORTS; i++) {
            random_people(&text);
            json_decref(import_text(text.data, text.len - 1, ',', &id));
        }

        before = sorted(everybody());
        blocked = blocked_now();
        assert_true(round % 2 == 0 || blocked[0]);
        assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                            "done");
        after = sorted(everybody());
        assert_string_equal(before, after);
        aud_free(before);
        aud_free(after);
        after = blocked_now();
        assert_string_equal(blocked, after);
        aud_free(blocked);
        aud_free(after);

        worker_teardown(NULL);
        worker_setup(NULL);
    }

    aud_buffer_free(&text);
}


/* A start after the segments were lost. */

static void
lost_segments_are_rebuilt(void **state)
{
    char         command[700];
    aud_uuid_t   job;

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    json_decref(import_of("phoneNumber,name\n11987654322,Bia\n"));
    worker_close();

    snprintf(command, sizeof(command), "rm %s/segments/" TENANT "/*.seg",
             settings.root);
    assert_int_equal(system(command), 0);
    worker_open();

    assert_true(base_needs_rebuild(bases_get(worker.bases, TENANT)));
    assert_string_equal(job_runs("rebuild", json_object(), NULL, &job),
                        "done");
    assert_false(base_needs_rebuild(bases_get(worker.bases, TENANT)));
    assert_int_equal(profiles_now(), 2);
    assert_string_equal(value_of("+5511987654322", "name"), "Bia");
}


#define TEST(name)  \
    cmocka_unit_test_setup_teardown(name, worker_setup, worker_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(the_seed_example),
        TEST(both_separators_say_the_same),
        TEST(who_refuses_is_stored_nowhere),
        TEST(consent_that_was_assumed_is_on_record),
        TEST(rejected_rows_stand_in_errors_csv),
        TEST(a_file_of_rejected_rows_alone_fails),
        TEST(a_spoiled_identifier_is_lost_and_the_row_goes_in),
        TEST(one_phone_in_any_form_is_one_profile),
        TEST(rows_without_a_phone_are_people_too),
        TEST(newer_cells_win_and_empty_ones_do_not),
        TEST(struck_rows_are_nobody),
        TEST(a_type_that_changes_changes_everywhere),
        TEST(values_that_do_not_fit_are_counted),
        TEST(a_file_that_is_gone_fails_for_good),
        TEST(a_failed_import_can_be_retried_by_a_person),
        TEST(an_import_that_has_ended_never_runs_again),
        TEST(memory_may_end_anywhere),
        TEST(imports_and_rebuild_equal_a_plain_model),
        TEST(imports_leave_what_a_rebuild_gives),
        TEST(lost_segments_are_rebuilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
