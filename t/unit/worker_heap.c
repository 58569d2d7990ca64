/*
 * The heap against a plain array: random pushes, pops and removals.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heap.h"

#define ITEMS  200

typedef struct {
    int     value;
    size_t  place;
} item_t;


static int
before(const void *a, const void *b)
{
    return ((const item_t *) a)->value < ((const item_t *) b)->value;
}


static int
smallest(const item_t *items)
{
    int  i, found = -1;

    for (i = 0; i < ITEMS; i++) {
        if (items[i].place
            && (found < 0 || items[i].value < items[found].value))
        {
            found = i;
        }
    }

    return found;
}


static void
it_does_what_an_array_does(void **state)
{
    int      round, i, expected;
    size_t   n = 0;
    heap_t   heap;
    item_t   items[ITEMS] = { 0 }, *item;

    srand(42);
    heap_init(&heap, offsetof(item_t, place), before);

    for (round = 0; round < 50000; round++) {
        i = rand() % ITEMS;
        item = &items[i];

        if (item->place == 0) {
            item->value = rand() % 50;
            assert_int_equal(heap_push(&heap, item), 0);
            n++;

        } else if (rand() % 2) {
            heap_remove(&heap, item);
            assert_int_equal(item->place, 0);
            n--;

        } else {
            expected = items[smallest(items)].value;
            item = heap_pop(&heap);
            assert_int_equal(item->value, expected);
            assert_int_equal(item->place, 0);
            n--;
        }

        assert_int_equal(heap.n, n);
        expected = smallest(items);
        item = heap_top(&heap);

        if (expected < 0) {
            assert_null(item);

        } else {
            assert_int_equal(item->value, items[expected].value);
        }
    }

    heap_free(&heap);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(it_does_what_an_array_does)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
