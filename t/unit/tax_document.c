#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "aud_tax_document.h"
#include "random.h"


static void
is(const char *text, aud_tax_document_status_t expected, const char *document)
{
    char                       out[AUD_TAX_DOCUMENT_LEN + 1];
    aud_tax_document_status_t  status;

    status = aud_tax_document_normalise(aud_str(text, strlen(text)), out);

    if (status != expected || strcmp(out, document) != 0) {
        fail_msg("\"%s\" gives %d \"%s\", not %d \"%s\"", text, status, out,
                 expected, document);
    }
}


static void
test_a_cpf_however_it_is_written(void **state)
{
    static const char *const  texts[] = {
        "529.982.247-25", "52998224725", " 529 982 247 25 ", "529982247-25",
        "CPF: 529.982.247-25", "cpf 52998224725", "52998224725.0",
        "529.982.247\xe2\x80\x91" "25", NULL
    };

    for (int i = 0; texts[i]; i++) {
        is(texts[i], AUD_TAX_DOCUMENT_CPF, "52998224725");
    }
}


static void
test_a_cnpj_however_it_is_written(void **state)
{
    is("00.000.000/0001-91", AUD_TAX_DOCUMENT_CNPJ, "00000000000191");
    is("11.222.333/0001-81", AUD_TAX_DOCUMENT_CNPJ, "11222333000181");
    is("11222333000181", AUD_TAX_DOCUMENT_CNPJ, "11222333000181");
    is("CNPJ nº 11.222.333/0001-81", AUD_TAX_DOCUMENT_OTHER, "");
    is("CNPJ: 11.222.333/0001-81", AUD_TAX_DOCUMENT_CNPJ, "11222333000181");
}


/* The example of the Receita Federal's own description. */
static void
test_a_cnpj_with_letters(void **state)
{
    is("12.ABC.345/01DE-35", AUD_TAX_DOCUMENT_CNPJ, "12ABC34501DE35");
    is("12abc34501de35", AUD_TAX_DOCUMENT_CNPJ, "12ABC34501DE35");
    is("12.ABC.345/01DE-36", AUD_TAX_DOCUMENT_OTHER, "");
    is("12.ABC.345/01DE-3A", AUD_TAX_DOCUMENT_OTHER, "");
}


static void
test_zeros_that_a_spreadsheet_lost(void **state)
{
    is("1234567890", AUD_TAX_DOCUMENT_CPF, "01234567890");
    is("123456797", AUD_TAX_DOCUMENT_CPF, "00123456797");
    is("6990590000123", AUD_TAX_DOCUMENT_CNPJ, "06990590000123");
    is("191", AUD_TAX_DOCUMENT_OTHER, "");      /* too short to be told */
}


static void
test_other_documents_are_none(void **state)
{
    is("529.982.247-26", AUD_TAX_DOCUMENT_OTHER, "");
    is("12.345.678-9", AUD_TAX_DOCUMENT_OTHER, "");         /* an RG */
    is("MG-12.345.678", AUD_TAX_DOCUMENT_OTHER, "");
    is("11222333000182", AUD_TAX_DOCUMENT_OTHER, "");
    is("passaporte", AUD_TAX_DOCUMENT_OTHER, "");
    is("529.982.247-2\xd9\xa5", AUD_TAX_DOCUMENT_OTHER, "");
    is("", AUD_TAX_DOCUMENT_EMPTY, "");
    is(" \xc2\xa0", AUD_TAX_DOCUMENT_EMPTY, "");
    is("1,95419E+13", AUD_TAX_DOCUMENT_SPOILED, "");
}


static void
test_a_repeated_digit_is_none(void **state)
{
    char  text[15];

    for (char c = '0'; c <= '9'; c++) {
        memset(text, c, 14);
        text[11] = '\0';
        is(text, AUD_TAX_DOCUMENT_REPEATED, "");
    }

    is("00.000.000/0000-00", AUD_TAX_DOCUMENT_REPEATED, "");
    is("0000000000000", AUD_TAX_DOCUMENT_REPEATED, "");
}


/* One wrong digit, and two neighbours swapped, are what check digits find. */
static void
test_every_single_wrong_digit_is_found(void **state)
{
    char  text[] = "52998224725", out[AUD_TAX_DOCUMENT_LEN + 1], right;

    for (size_t i = 0; i < 11; i++) {
        right = text[i];

        for (text[i] = '0'; text[i] <= '9'; text[i]++) {
            if (text[i] != right) {
                assert_false(aud_tax_document_valid(
                    aud_tax_document_normalise(aud_str(text, 11), out)));
            }
        }

        text[i] = right;
    }
}


/* Behind "CPF " a document is read with care, whatever it is. */
static void
test_usual_forms_are_read_as_all_others(void **state)
{
    int     ok = 0;
    char    text[32], usual[AUD_TAX_DOCUMENT_LEN + 1];
    char    careful[AUD_TAX_DOCUMENT_LEN + 1];
    size_t  len, i;
    aud_tax_document_status_t  status;

    memcpy(text, "CPF ", 4);

    for (int round = 0; round < 300000; round++) {
        len = round % 2 ? 11 : 14;
        random_text(text + 4, len, "0123456789", round % 5 ? 10 : 1);

        if (len == 14) {
            text[4 + 3] = text[4 + 7] = '.';
            text[4 + 11] = '-';
        }

        if (round % 7 == 0) {
            i = random_below(len);
            random_text(text + 4 + i, 1, "0 .-/:A", 7);
        }

        status = aud_tax_document_normalise(aud_str(text, 4 + len), careful);
        ok += status == AUD_TAX_DOCUMENT_CPF;

        /* marks right behind the word go with it */

        if (!isalnum((unsigned char) text[4])) {
            continue;
        }

        assert_int_equal(aud_tax_document_normalise(aud_str(text + 4, len),
                                                    usual), status);
        assert_string_equal(usual, careful);
    }

    assert_true(ok > 1000);
}


static void
test_any_bytes_are_read_without_harm(void **state)
{
    char    *text;
    size_t   len, i;
    char     out[AUD_TAX_DOCUMENT_LEN + 1];
    aud_tax_document_status_t  status, again;

    for (int round = 0; round < 200000; round++) {
        len = random_below(20);
        text = malloc(len + 1);
        random_text(text, len, "0123456789.-/ ACPFNJ:\xc2\xa0,e+", 25);
        status = aud_tax_document_normalise(aud_str(text, len), out);
        assert_int_equal(out[0] != '\0', aud_tax_document_valid(status));

        if (out[0]) {               /* its own result is a fixed point */
            i = strlen(out);
            free(text);
            text = strdup(out);
            again = aud_tax_document_normalise(aud_str(text, i), out);
            assert_int_equal(again, status);
            assert_string_equal(text, out);
        }

        free(text);
    }
}


static void
test_a_megabyte_is_none(void **state)
{
    char   *text = malloc(1 << 20);
    char    out[AUD_TAX_DOCUMENT_LEN + 1];

    memset(text, '1', 1 << 20);
    assert_int_equal(aud_tax_document_normalise(aud_str(text, 1 << 20), out),
                     AUD_TAX_DOCUMENT_OTHER);
    free(text);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_cpf_however_it_is_written),
        cmocka_unit_test(test_a_cnpj_however_it_is_written),
        cmocka_unit_test(test_a_cnpj_with_letters),
        cmocka_unit_test(test_zeros_that_a_spreadsheet_lost),
        cmocka_unit_test(test_other_documents_are_none),
        cmocka_unit_test(test_a_repeated_digit_is_none),
        cmocka_unit_test(test_every_single_wrong_digit_is_found),
        cmocka_unit_test(test_usual_forms_are_read_as_all_others),
        cmocka_unit_test(test_any_bytes_are_read_without_harm),
        cmocka_unit_test(test_a_megabyte_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
