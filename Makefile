# Audience engine.  `make help` lists the commands.

SHELL    := /bin/bash
BUILD    ?= build
CC       ?= gcc
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror
CPPFLAGS += -D_GNU_SOURCE -Icommon -Iworker -I$(BUILD)
STD      := -std=gnu11 -fPIC -pthread

COMMON_LIBS := -ljansson -lcrypto -lutf8proc -lm
WORKER_LIBS := $(COMMON_LIBS) -luv -lrocksdb -lcurl -linih

COMMON_SRC := $(sort $(wildcard common/*.c))
WORKER_SRC := $(sort $(wildcard worker/*.c))
UNIT_SRC   := $(sort $(wildcard t/unit/*.c))

COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/%.o)
WORKER_OBJ := $(WORKER_SRC:%.c=$(BUILD)/%.o)
# Everything of the worker but its main(), for unit tests.
WORKER_LIB_OBJ := $(filter-out $(BUILD)/worker/main.o,$(WORKER_OBJ))
UNIT_BIN   := $(UNIT_SRC:%.c=$(BUILD)/%)

.PHONY: all common worker units clean
all: worker

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(STD) $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

common: $(BUILD)/libcommon.a
$(BUILD)/libcommon.a: $(COMMON_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/libworker.a: $(WORKER_LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

worker: $(BUILD)/audience-worker
$(BUILD)/audience-worker: $(BUILD)/worker/main.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)

# Units named t/unit/worker_*.c also link the worker.
$(BUILD)/t/unit/worker_%: $(BUILD)/t/unit/worker_%.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(WORKER_LIBS)

$(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(BUILD)/libcommon.a
	$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(COMMON_LIBS)

units: $(UNIT_BIN)

clean:
	rm -rf $(BUILD)

-include $(COMMON_OBJ:.o=.d) $(WORKER_OBJ:.o=.d) $(UNIT_BIN:=.d)
