/*
 * What the store knows of questions to the language model: the answers there
 * were, and the tokens of each tenant and day.
 *
 *   KEY_ANSWER  SHA-256 of the request   {"at": "2026-…Z", "text": "{…}"}
 *   KEY_TOKENS  "2026-11-22"             {"tokens": 1234}
 *
 * An answer is the model's text as it came, not checked: who reads it does.
 */

#ifndef LLM_LEDGER_H
#define LLM_LEDGER_H

#include "aud_buffer.h"
#include "keys.h"
#include "store.h"

#define LLM_KEY_BYTES  32

typedef struct {
    unsigned char  bytes[LLM_KEY_BYTES];
} llm_key_t;

/* --- answers: any thread --- */

/* The key of a request; hex: 64 digits and a NUL. */
void llm_ledger_key(aud_str_t request, llm_key_t *key);
void llm_ledger_hex(const llm_key_t *key, char hex[2 * LLM_KEY_BYTES + 1]);

/* Appends the text of an answer not older than `since` (aud_now()) and returns
 * 1; 0 where there is none, or it cannot be read. */
int  llm_ledger_find(store_t *store, const char *tenant, const llm_key_t *key,
    int64_t since, aud_buffer_t *text, int64_t *at);

void llm_ledger_keep(store_batch_t *batch, const char *tenant,
    const llm_key_t *key, aud_str_t text);

/* Puts the deletion of what a tenant has of that kind, KEY_ANSWER or KEY_TOKENS,
 * from before `since` into batch, at most `most`; how many. */
size_t llm_ledger_old(store_t *store, const char *tenant, key_kind_t kind,
    int64_t since, size_t most, store_batch_t *batch);

/* --- tokens: one thread, which owns them --- */

typedef struct llm_budgets_s  llm_budgets_t;

/* limit 0: none. */
llm_budgets_t *llm_budgets_create(store_t *store, uint64_t limit);
void           llm_budgets_free(llm_budgets_t *budgets);

/* Counts tokens that will be spent; -1, and nothing, where that would pass the
 * limit.  *day, for what follows, is the day they are counted on. */
int  llm_budget_take(llm_budgets_t *budgets, const char *tenant,
    uint64_t tokens, int64_t *day);

/* Corrects what was taken on that day to what it was. */
void llm_budget_correct(llm_budgets_t *budgets, const char *tenant,
    int64_t day, uint64_t taken, uint64_t spent);

/* What the store has of a tenant and day: what was counted before it was sent.
 * Any thread. */
uint64_t llm_budget_read(store_t *store, const char *tenant, int64_t day);

/* Puts the count of that day into batch. */
void llm_budget_put(llm_budgets_t *budgets, const char *tenant, int64_t day,
    store_batch_t *batch);

#endif
