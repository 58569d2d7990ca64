/*
 * Tokens of tenants and days.  The counts of today are in memory; each change
 * is put into a batch of the caller's.
 */

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "aud_alloc.h"
#include "aud_clock.h"
#include "keys.h"
#include "llm_ledger.h"
#include "log.h"


typedef struct budget_s  budget_t;

struct budget_s {
    budget_t   *next;
    char        tenant[65];
    int64_t     day;            /* since 1970 */
    uint64_t    tokens;
    unsigned    told:1;         /* that it is spent */
};

struct llm_budgets_s {
    store_t    *store;
    uint64_t    limit;
    budget_t   *first;
};


static budget_t *budget_get(llm_budgets_t *budgets, const char *tenant,
    int64_t day);
static void budget_forget(llm_budgets_t *budgets, int64_t before);
static store_key_t budget_key(const char *tenant, int64_t day);


llm_budgets_t *
llm_budgets_create(store_t *store, uint64_t limit)
{
    llm_budgets_t  *budgets;

    budgets = aud_calloc(1, sizeof(llm_budgets_t));

    if (budgets) {
        budgets->store = store;
        budgets->limit = limit;
    }

    return budgets;
}


void
llm_budgets_free(llm_budgets_t *budgets)
{
    budget_t  *b, *next;

    for (b = budgets ? budgets->first : NULL; b; b = next) {
        next = b->next;
        aud_free(b);
    }

    aud_free(budgets);
}


int
llm_budget_take(llm_budgets_t *budgets, const char *tenant, uint64_t tokens,
    int64_t *day)
{
    budget_t  *b;

    *day = aud_now() / AUD_DAY;
    b = budget_get(budgets, tenant, *day);

    if (budgets->limit && b->tokens + tokens > budgets->limit) {
        if (!b->told) {
            log_line(LOG_WARNING, NULL, "the tokens of the day are spent",
                     "s:tenant", tenant, "i:tokens", (long long) b->tokens,
                     NULL);
            b->told = 1;
        }

        return -1;
    }

    b->tokens += tokens;

    return 0;
}


void
llm_budget_correct(llm_budgets_t *budgets, const char *tenant, int64_t day,
    uint64_t taken, uint64_t spent)
{
    budget_t  *b;

    b = budget_get(budgets, tenant, day);
    b->tokens = b->tokens > taken ? b->tokens - taken : 0;
    b->tokens += spent;
}


void
llm_budget_put(llm_budgets_t *budgets, const char *tenant, int64_t day,
    store_batch_t *batch)
{
    int           len;
    char          value[48];
    budget_t     *b;
    store_key_t   key;

    b = budget_get(budgets, tenant, day);
    key = budget_key(tenant, day);
    len = snprintf(value, sizeof(value), "{\"tokens\":%" PRIu64 "}",
                   b->tokens);

    store_batch_put(batch, key_str(&key), aud_str(value, len));
}


/* Around midnight a tenant has two: what was taken on the day before is
 * corrected there. */

static budget_t *
budget_get(llm_budgets_t *budgets, const char *tenant, int64_t day)
{
    budget_t  *b;

    for (b = budgets->first; b; b = b->next) {
        if (b->day == day && strcmp(b->tenant, tenant) == 0) {
            return b;
        }
    }

    budget_forget(budgets, day - 1);

    b = aud_calloc(1, sizeof(budget_t));
    if (b == NULL) {
        log_no_memory("tokens of a tenant");
    }

    snprintf(b->tenant, sizeof(b->tenant), "%s", tenant);
    b->day = day;
    b->tokens = llm_budget_read(budgets->store, tenant, day);
    b->next = budgets->first;
    budgets->first = b;

    return b;
}


static void
budget_forget(llm_budgets_t *budgets, int64_t before)
{
    budget_t  *b, **at;

    for (at = &budgets->first; (b = *at) != NULL; /* void */) {
        if (b->day < before) {
            *at = b->next;
            aud_free(b);

        } else {
            at = &b->next;
        }
    }
}


static store_key_t
budget_key(const char *tenant, int64_t day)
{
    char  text[AUD_TIME_LEN + 1];

    aud_time_format(text, day * AUD_DAY);

    return key_text(tenant, KEY_TOKENS, aud_str(text, 10));
}


uint64_t
llm_budget_read(store_t *store, const char *tenant, int64_t day)
{
    json_t       *count;
    uint64_t      tokens;
    aud_str_t     value;
    aud_error_t   err;
    store_key_t   key;

    key = budget_key(tenant, day);

    if (store_get(store, key_str(&key), &value, &err) != STORE_OK) {
        return 0;
    }

    count = json_loadb(value.data, value.len, 0, NULL);
    tokens = (uint64_t) json_integer_value(json_object_get(count, "tokens"));
    json_decref(count);
    store_value_free(value);

    return tokens;
}
