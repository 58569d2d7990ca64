/* Every place of a needle, as memmem() finds them one after the other. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "aud_search.h"
#include "random.h"

#define ROUNDS  20000


static void
search_random(void)
{
    char           needle[8], *text;
    size_t         i, len, needle_len, skip;
    unsigned       letters = 2 + random_below(20);
    const char    *from, *end, *wanted;
    aud_search_t   s;

    len = random_below(random_below(3) ? 3000 : 40);
    needle_len = 1 + random_below(sizeof(needle));
    text = malloc(len + 1);             /* a byte too far is a fault in ASan */
    text = realloc(text, len ? len : 1);

    for (i = 0; i < len; i++) {
        text[i] = 'a' + random_below(letters);
    }

    for (i = 0; i < needle_len; i++) {
        needle[i] = 'a' + random_below(letters);
    }

    if (len >= needle_len && random_below(2)) {
        memcpy(text + len - needle_len, needle, needle_len);
    }

    from = text;
    end = text + len;
    aud_search_begin(&s, aud_str(text, len), aud_str(needle, needle_len));

    for ( ;; ) {
        wanted = memmem(from, end - from, needle, needle_len);
        assert_ptr_equal(aud_search_next(&s, from), wanted);

        if (wanted == NULL) {
            break;
        }

        skip = random_below(3) ? 1
               : 1 + random_below(random_below(2) ? 30 : 700);
        from = skip < (size_t) (end - wanted) ? wanted + skip : end;
    }

    free(text);
}


static void
test_a_search_finds_what_memmem_finds(void **state)
{
    unsigned  i;

    for (i = 0; i < ROUNDS; i++) {
        search_random();
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_search_finds_what_memmem_finds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
