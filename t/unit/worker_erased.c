/*
 * The list of those who were erased: who is known again and who is not, the
 * key, and what becomes of the file when something is wrong with it.
 */

#include <fcntl.h>

#include "erased_person.h"
#include "everybody.h"
#include "erased_rows.h"
#include "keys.h"


static void
again(void)
{
    aud_error_t  err = { 0 };

    erased_free(worker.erased);
    worker.erased = erased_create(&worker, &err);

    if (worker.erased == NULL) {
        fail_msg("%s", err.text);
    }
}


/* The hashes of the profile of which that is the first record. */

static json_t *
hashes_of(const char *phone)
{
    size_t                i;
    json_t               *hashes;
    uint32_t              row;
    aud_str_t             rest;
    aud_error_t           err = { 0 };
    aud_generation_t     *g;
    resolution_base_t     base;
    aud_source_record_t   record;

    g = base_generation(bases_get(worker.bases, TENANT));
    assert_int_equal(resolution_base_load(&base, worker.store, TENANT,
                                          &settings.policy, &listed, &err), 0);
    hashes = NULL;

    for (i = 0; i < g->nslices; i++) {
        for (row = 0; row < g->slices[i].segment->rows && !hashes; row++) {
            rest = aud_segment_records(g->slices[i].segment, row);

            while (aud_source_record_read(&rest, &record) == 1) {
                if (hashes == NULL
                    && aud_str_equal(record.phone, aud_str(phone,
                                                           strlen(phone))))
                {
                    hashes = erased_person_hashes(worker.erased, TENANT, g,
                                                  &base, i, row, &err);
                    assert_non_null(hashes);
                }
            }
        }
    }

    resolution_base_free(&base);
    aud_generation_release(g);
    assert_non_null(hashes);

    return hashes;
}


/* As a job does it, but that the person stays. */

static void
erased(const char *phone)
{
    char         id[AUD_ID_LEN + 1];
    json_t      *document;
    aud_uuid_t   uuid;
    aud_error_t  err = { 0 };

    aud_uuid_make(&uuid);
    aud_id_format(id, "adt", &uuid);
    document = erased_document(worker.erased, id, upload_time,
                               hashes_of(phone), json_array());
    assert_int_equal(erased_add(worker.erased, TENANT, document), 0);
    assert_int_equal(erased_keep(worker.erased, TENANT, document, &err), 0);
    assert_int_equal(erased_keep(worker.erased, TENANT, document, &err), 0);
    json_decref(document);
}


static int
known_to(const char *tenant, const char *document, const char *phone,
    const char *email, const char *name)
{
    int                  known;
    aud_error_t          err;
    erased_check_t      *check;
    aud_source_record_t  record = {
        .tax_document = aud_str(document, strlen(document)),
        .phone = aud_str(phone, strlen(phone)),
        .email = aud_str(email, strlen(email)),
        .name = aud_str(name, strlen(name))
    };

    assert_int_equal(erased_check_create(worker.erased, tenant, NULL, &check,
                                         &err), 0);
    known = check ? erased_check_record(check, &record) : 0;
    erased_check_free(check);

    return known;
}


#define KNOWN(document, phone, email, name)  \
    assert_int_equal(known_to(TENANT, document, phone, email, name), 1)
#define STRANGER(document, phone, email, name)  \
    assert_int_equal(known_to(TENANT, document, phone, email, name), 0)


static void
a_person_is_known_again(void **state)
{
    json_decref(import_of("phoneNumber,email,taxDocument,name\n"
                          "11987654321,ana@x.com,529.982.247-25,Ana Souza\n"
                          "11987654321,,,\n"));
    erased("+5511987654321");

    KNOWN("52998224725", "", "", "");
    KNOWN("52998224725", "", "", "Bruno");
    KNOWN("", "+5511987654321", "", "Dra. ANA Lima");
    KNOWN("", "+5511987654321", "", "");
    KNOWN("", "+5511900000000", "ana@x.com", "Souza, Ana");
    KNOWN("11144477735", "", "ana@x.com", "");
    STRANGER("", "+5511987654321", "", "Bruno Souza");
    STRANGER("", "", "ana@x.com", "Bruno");
    STRANGER("11144477735", "+5511987654322", "bia@x.com", "Ana Souza");
    STRANGER("", "", "", "Ana Souza");
    assert_int_equal(known_to("other", "52998224725", "", "", ""), 0);

    again();
    KNOWN("52998224725", "", "", "");
    STRANGER("", "+5511987654321", "", "Bruno Souza");
}


static void
a_person_without_a_name_is_known_by_values(void **state)
{
    json_decref(import_of("phoneNumber,email\n11987654321,ana@x.com\n"));
    erased("+5511987654321");
    KNOWN("", "+5511987654321", "", "Ana");
    KNOWN("", "", "ana@x.com", "Bruno");
}


/* Kept apart by their names: the one must not keep the other out. */

static void
what_others_have_is_left_out(void **state)
{
    json_decref(import_of("phoneNumber,name,taxDocument\n"
                          "11987654321,Ana,529.982.247-25\n"
                          "11987654321,Bruno,\n"
                          "11987654321,Ana,111.444.777-35\n"));
    erased("+5511987654321");
    KNOWN("52998224725", "", "", "");
    STRANGER("", "+5511987654321", "", "Ana");
    STRANGER("", "+5511987654321", "", "Bruno");
    STRANGER("", "+5511987654321", "", "");
    STRANGER("11144477735", "+5511987654321", "", "Ana");
}


/* Extras and events name a phone alone: they are of who has it by now. */

static void
a_bare_value_is_of_who_lives(void **state)
{
    aud_error_t           err = { 0 };
    erased_check_t       *check;
    aud_generation_t     *g;
    aud_source_record_t   record = { .phone = AUD_STR("+5511987654321") };

    json_decref(import_of("phoneNumber,name,email\n"
                          "11987654321,Ana,ana@x.com\n"));
    erased("+5511987654321");
    KNOWN("", "+5511987654321", "", "");
    json_decref(import_of("phoneNumber,name\n11987654321,Bruno\n"));
    assert_int_equal(profiles_now(), 2);    /* Ana stays, in this test */

    g = base_generation(bases_get(worker.bases, TENANT));
    assert_int_equal(erased_check_create(worker.erased, TENANT, NULL, &check,
                                         &err), 0);
    erased_check_living(check, g);
    aud_generation_release(g);
    assert_int_equal(erased_check_record(check, &record), 0);
    record.phone = AUD_STR("");
    record.name = AUD_STR("Ana");
    record.email = AUD_STR("ana@x.com");
    assert_int_equal(erased_check_record(check, &record), 1);
    erased_check_free(check);
}


static void
a_company_is_nobody(void **state)
{
    json_decref(import_of("phoneNumber,name,taxDocument\n"
                          "11987654321,Ana,11.222.333/0001-81\n"));
    erased("+5511987654321");
    KNOWN("11222333000181", "", "", "Ana Lima");
    STRANGER("11222333000181", "+5511987654322", "", "Bruno");
}


static void
a_filler_goes_with_the_whole_name(void **state)
{
    component_value_t  filler = { COMPONENT_EMAIL, AUD_STR("nao@tem.com") };

    listed.items = &filler;
    listed.n = 1;
    json_decref(import_of("phoneNumber,name,email\n"
                          "11987654321,Ana Souza,nao@tem.com\n"));
    erased("+5511987654321");
    KNOWN("", "", "nao@tem.com", "SOUZA, ANA");
    STRANGER("", "", "nao@tem.com", "Ana Lima");
    STRANGER("", "", "nao@tem.com", "");
    memset(&listed, 0, sizeof(listed));
}


static char *
list_path(void)
{
    static char  path[600];

    snprintf(path, sizeof(path), "%s/erased/" TENANT ".list", settings.root);

    return path;
}


static void
refuses_to_start(const char *why)
{
    erased_t     *e;
    aud_error_t   err = { 0 };

    e = erased_create(&worker, &err);
    assert_null(e);
    assert_non_null(strstr(err.text, why));
}


static void
append(const char *file, const char *text)
{
    int  fd;

    fd = open(file, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}


static void
a_list_that_is_cut_off_is_mended(void **state)
{
    struct stat  before, after;

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    erased("+5511987654321");
    assert_int_equal(stat(list_path(), &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    append(list_path(), "{\"id\":\"adt_");
    again();
    assert_int_equal(stat(list_path(), &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    KNOWN("", "+5511987654321", "", "Ana");

    append(list_path(), "nonsense\n");
    refuses_to_start("line 2");
}


static void
lists_need_their_key(void **state)
{
    char         path[600], away[620], list[620];
    struct stat  st;

    snprintf(path, sizeof(path), "%s/erased/key", settings.root);
    snprintf(away, sizeof(away), "%s.away", path);
    assert_int_not_equal(access(path, F_OK), 0);
    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    erased("+5511987654321");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(rename(path, away), 0);
    refuses_to_start("missing");
    snprintf(list, sizeof(list), "%s.away", list_path());
    assert_int_equal(rename(list_path(), list), 0);
    again();                                /* nobody was erased: fine */
    STRANGER("", "+5511987654321", "", "Ana");
    erased("+5511987654321");               /* which makes another key */
    assert_int_equal(rename(list, list_path()), 0);
    refuses_to_start("another key");
    assert_int_equal(rename(away, path), 0);
    again();
    KNOWN("", "+5511987654321", "", "Ana");
}


/* The list is lost, and the store has what stood there. */

static void
the_store_restores_the_list(void **state)
{
    json_t         *document;
    aud_uuid_t      id;
    store_batch_t  *batch = store_batch_create();

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    document = erased_document(worker.erased, "", upload_time,
                               hashes_of("+5511987654321"), json_array());
    aud_uuid_make(&id);
    json_object_set_new(document, "key", json_string("0123456789abcdef"));
    assert_int_equal(document_put(batch, TENANT, KEY_ERASED, &id, document), 0);
    assert_int_equal(commit_wait(worker.commit, batch), STORE_OK);
    refuses_to_start("another key");

    json_decref(document);
    document = erased_document(worker.erased, "adt_x", upload_time,
                               hashes_of("+5511987654321"), json_array());
    batch = store_batch_create();
    assert_int_equal(document_put(batch, TENANT, KEY_ERASED, &id, document), 0);
    assert_int_equal(commit_wait(worker.commit, batch), STORE_OK);
    json_decref(document);
    again();
    KNOWN("", "+5511987654321", "", "Ana");
    assert_int_equal(access(list_path(), F_OK), 0);
}


/* A row whose cells cannot be told is looked at value by value. */

static void
rows_that_are_not_in_order(void **state)
{
    aud_error_t      err;
    erased_rows_t    rows;
    erased_check_t  *check;
    const aud_str_t  hit[] = { AUD_STR("x"), AUD_STR("11 98765-4321") };
    const aud_str_t  other[] = { AUD_STR("x"), AUD_STR("11 98765-4322"),
                                 AUD_STR("ana@"), AUD_STR("") };

    json_decref(import_of("phoneNumber,name\n11987654321,Ana\n"));
    erased("+5511987654321");
    assert_int_equal(erased_check_create(worker.erased, TENANT, NULL, &check,
                                         &err), 0);
    assert_int_equal(erased_rows_init(&rows, check, &settings, NULL, NULL, 0),
                     0);
    assert_int_equal(erased_rows_match(&rows, hit, 2), 1);
    assert_int_equal(erased_rows_match(&rows, other, 4), 0);
    erased_rows_free(&rows);
    erased_check_free(check);
}


#define TEST(name)  \
    cmocka_unit_test_setup_teardown(name, worker_setup, worker_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_person_is_known_again),
        TEST(a_person_without_a_name_is_known_by_values),
        TEST(what_others_have_is_left_out),
        TEST(a_bare_value_is_of_who_lives),
        TEST(a_company_is_nobody),
        TEST(a_filler_goes_with_the_whole_name),
        TEST(a_list_that_is_cut_off_is_mended),
        TEST(lists_need_their_key),
        TEST(the_store_restores_the_list),
        TEST(rows_that_are_not_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
