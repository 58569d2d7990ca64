/*
 * What is written about classes of people: transcripts of bases as people have
 * them, and properties of what is written about random ones.
 *
 *   AUDIENCE_WORDS=file   writes the transcript there, to look at a change
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_text.h"
#include "class_bases.h"
#include "class_names.h"

#define NAMES_MAX  64


static locales_t  *locales;


static int
read_locales(void **state)
{
    aud_error_t  err;

    locales = locales_read("conf/locale", &err);

    if (locales == NULL) {
        print_error("%s\n", err.text);
    }

    return locales == NULL;
}


static int
free_locales(void **state)
{
    locales_free(locales);

    return 0;
}


static void
add_words(const base_t *base, aud_buffer_t *out)
{
    size_t       i;
    json_t      *results[BASE_CLASSES], *text;
    const char  *first = "";

    assert_int_equal(class_names(locales_get(locales, base->language),
                                 &base->behaviours, base->classes,
                                 base->nclasses, NULL, NULL, 0, 1, results),
                     0);

    aud_buffer_printf(out, "== %s (%s)\n", base->title, base->language);

    for (size_t c = 0; c < base->nclasses; c++) {
        aud_buffer_printf(out, "\n%s\n  %s\n",
                          json_string_value(json_object_get(results[c],
                                                            "name")),
                          json_string_value(json_object_get(results[c],
                                                            "description")));

        json_array_foreach(json_object_get(results[c], "characteristics"), i,
                           text)
        {
            aud_buffer_printf(out, "  - %s\n", json_string_value(text));
        }

        json_array_foreach(json_object_get(results[c], "copies"), i, text) {
            aud_buffer_printf(out, "  > %s [%s]\n",
                              json_string_value(json_object_get(text, "text")),
                              json_string_value(json_object_get(text,
                                                    "characteristic")));
        }

        json_decref(results[c]);
    }

    aud_buffer_printf(out, "%s\n", first);
}


static void
test_transcripts(void **state)
{
    FILE          *file;
    base_t         base;
    bases_t        bases;
    aud_buffer_t   out = { 0 }, expected = { 0 };

    bases_open(&bases, "t/unit/class_names/bases.txt");

    while (bases_next(&bases, &base)) {
        add_words(&base, &out);
        base_free(&base);
    }

    bases_close(&bases);

    if (getenv("AUDIENCE_WORDS")) {
        file = fopen(getenv("AUDIENCE_WORDS"), "w");
        assert_non_null(file);
        fwrite(out.data, 1, out.len, file);
        fclose(file);
    }

    base_read_file("t/unit/class_names/words.txt", &expected);
    base_same_lines(aud_buffer_str(&out), aud_buffer_str(&expected));

    aud_buffer_free(&out);
    aud_buffer_free(&expected);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_transcripts),
    };

    return cmocka_run_group_tests(tests, read_locales, free_locales);
}
