# Audience engine.  `make help` lists the commands.
#
#   common/      libcommon.a, and compiled once more into the nginx module
#   worker/      audience-worker (all but main.c also as libworker.a, for tests)
#   ngx_module/  the module, built from nginx-dev's sources, out of tree
#   web/         the pages, bundled into $(BUILD)/web
#   t/unit/*.c   one cmocka program each; worker_*.c also link the worker
#   t/lib/*.c    programs that tests and benchmarks run
#   t/preload/*.c  libraries that tests preload into programs
#   t/fuzz/*.c   one libFuzzer target each

SHELL    := /bin/bash
# One line a file; `make V=1` shows the commands.
Q        := $(if $(V),,@)
BUILD    ?= build
CC       ?= gcc
CXX      ?= g++
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror
CPPFLAGS += -D_GNU_SOURCE -Icommon -Iworker -I$(BUILD)
STD      := -std=gnu11 -fPIC -pthread
# Not -I: C++'s own headers include <locale.h>, and worker/ has one too.
CXXSTD   := -std=gnu++17 -fPIC -pthread -D_GNU_SOURCE -iquote common -iquote worker

COMMON_LIBS := -ljansson -lcrypto -lutf8proc -lm
WORKER_LIBS := $(COMMON_LIBS) -luv -lrocksdb -llz4 -lcurl -linih -lidn2 \
	-lphonenumber -lprotobuf -lstdc++

COMMON_SRC := $(sort $(wildcard common/*.c))
WORKER_SRC := $(sort $(wildcard worker/*.c))
WORKER_CXX := $(sort $(wildcard worker/*.cc))
UNIT_SRC   := $(sort $(wildcard t/unit/*.c))
FUZZ_SRC   := $(sort $(wildcard t/fuzz/*.c))

COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/%.o)
WORKER_OBJ := $(WORKER_SRC:%.c=$(BUILD)/%.o) $(WORKER_CXX:%.cc=$(BUILD)/%.o)
# Everything of the worker but its main(), for unit tests.
WORKER_LIB_OBJ := $(filter-out $(BUILD)/worker/main.o,$(WORKER_OBJ))
UNIT_BIN   := $(UNIT_SRC:%.c=$(BUILD)/%)
PRELOADED  := $(patsubst %.c,$(BUILD)/%.so,$(sort $(wildcard t/preload/*.c)))
LIB_BIN    := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard t/lib/*.c)))

# Where nginx-dev keeps what a module is built from.
NGX_SRC    ?= /usr/share/nginx/src
MODULE_DIR := $(abspath $(BUILD))/module
MODULE     := $(BUILD)/module/ngx_http_audience_module.so
MODULE_SRC := $(sort $(wildcard ngx_module/*.c common/*.c))
MODULE_HDR := $(sort $(wildcard ngx_module/*.h common/*.h))

DIR  ?= run
PORT ?= 8080

PREFIX     ?= /usr/local
MODULESDIR ?= /usr/lib/nginx/modules
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SHAREDIR   := $(PREFIX)/share/audience

FUZZ_SECONDS ?= 60
JOBS         ?= $(shell nproc)
PROVE_JOBS   ?= 2
TESTS        ?= $(sort $(wildcard t/*.t))

# The packages' changelog says which version this is, and nothing else does.
VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)

export BUILD

.PHONY: all common worker module web units packages test-packages demo up down \
	test check bench fuzz sanitize install install-built deb clean help
.DELETE_ON_ERROR:

all: worker module web


# --- common and worker ------------------------------------------------------

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo '  cc    $<'
	$(Q)$(CC) $(STD) $(CPPFLAGS) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cc
	@mkdir -p $(@D)
	@echo '  c++   $<'
	$(Q)$(CXX) $(CXXSTD) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

common: $(BUILD)/libcommon.a
$(BUILD)/libcommon.a: $(COMMON_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/libworker.a: $(WORKER_LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/worker/main.o: CPPFLAGS += -DAUDIENCE_VERSION='"$(VERSION)"'
$(BUILD)/worker/main.o: debian/changelog

ifneq ($(wildcard worker/main.c),)
worker: $(BUILD)/audience-worker
else
worker:
endif
$(BUILD)/audience-worker: $(BUILD)/worker/main.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@echo '  link  $(@F)'
	$(Q)$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)


# --- the nginx module -------------------------------------------------------

ifneq ($(wildcard config),)
module: $(MODULE)
else
module:
endif

# The list of sources is written into nginx's makefile when it is configured.
$(BUILD)/module.sources: FORCE
	@mkdir -p $(@D)
	@echo '$(MODULE_SRC) $(MODULE_HDR) $(CFLAGS)' | cmp -s - $@ \
	    || echo '$(MODULE_SRC) $(MODULE_HDR) $(CFLAGS)' > $@
.PHONY: FORCE

# configure tries its features by running them: leaks there say nothing.
$(MODULE_DIR)/Makefile: config $(BUILD)/module.sources
	@rm -rf $(MODULE_DIR) && mkdir -p $(MODULE_DIR)
	@echo '  configure nginx for the module'
	$(Q)cd $(NGX_SRC) && . ./conf_flags && ASAN_OPTIONS=detect_leaks=0 \
	    ./configure "$${NGX_CONF_FLAGS[@]}" --builddir=$(MODULE_DIR) \
	    --add-dynamic-module=$(CURDIR) \
	    --with-cc-opt='$(CFLAGS) -fPIC' --with-ld-opt='$(filter -fsanitize%,$(CFLAGS)) $(LDFLAGS)' \
	    > $(MODULE_DIR)/configure.log 2>&1 \
	    || { tail -n 30 $(MODULE_DIR)/configure.log; exit 1; }
	@touch $@

# nginx has flags of its own in CFLAGS: ours must not come in by MAKEFLAGS.
# A header that `config` does not name must not leave stale objects behind.
$(MODULE): $(MODULE_DIR)/Makefile $(MODULE_SRC) $(MODULE_HDR)
	@if [ -n '$(filter %.h,$?)' ]; then \
	    find $(MODULE_DIR)/addon -name '*.o' -delete; fi
	@echo '  module $(@F)'
	$(Q)MAKEFLAGS= $(MAKE) -j$(JOBS) -C $(NGX_SRC) -f $(MODULE_DIR)/Makefile \
	    modules \
	    > $(MODULE_DIR)/make.log 2>&1 \
	    || { cat $(MODULE_DIR)/make.log; exit 1; }
	@touch $@


# --- the pages --------------------------------------------------------------

WEB_SRC := $(sort $(shell find web -path web/node_modules -prune -o \
	-type f -print))

web: $(BUILD)/web/index.html
$(BUILD)/web/index.html: $(WEB_SRC)
	@tools/node-packages web
	@echo '  pages $(BUILD)/web'
	$(Q)node web/build.mjs $(BUILD)/web


# --- tests ------------------------------------------------------------------

# Units named t/unit/worker_*.c also link the worker.
$(BUILD)/t/unit/worker_%: $(BUILD)/t/unit/worker_%.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@echo '  link  $(@F)'
	$(Q)$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(WORKER_LIBS)

$(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(BUILD)/libcommon.a
	@echo '  link  $(@F)'
	$(Q)$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(COMMON_LIBS)

$(BUILD)/t/lib/%: $(BUILD)/t/lib/%.o $(BUILD)/libworker.a $(BUILD)/libcommon.a
	@echo '  link  $(@F)'
	$(Q)$(CC) $(STD) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(WORKER_LIBS)

# Libraries that tests preload into programs.
$(BUILD)/t/preload/%.so: t/preload/%.c
	@mkdir -p $(@D)
	@echo '  link  $(@F)'
	$(Q)$(CC) $(STD) -D_GNU_SOURCE $(WARN) -O2 -g -shared -o $@ $< -ldl

units: $(UNIT_BIN) $(LIB_BIN) $(PRELOADED)

packages:
	@tools/install-packages run build

test-packages:
	@tools/install-packages run build test

# What may need apt comes first, in a make of its own: rules look for compilers
# and headers when they are read.
test: test-packages
	@$(MAKE) --no-print-directory -j$(JOBS) all units
	@$(MAKE) --no-print-directory check

# The tests alone, on what is built: t/units.t runs the unit programs.
check:
	prove -j$(PROVE_JOBS) $(TESTS)


# --- fuzzing: libFuzzer with ASan and UBSan ----------------------------------

FUZZ_CC    ?= clang
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_BIN   := $(FUZZ_SRC:t/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_COMMON_OBJ := $(COMMON_SRC:%.c=$(BUILD)/fuzz/obj/%.o)

.PRECIOUS: $(BUILD)/fuzz/obj/%.o $(BUILD)/%.o
$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  cc    $<'
	$(Q)$(FUZZ_CC) $(STD) $(CPPFLAGS) $(FUZZ_FLAGS) -Wall -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%: $(BUILD)/fuzz/obj/t/fuzz/%.o $(FUZZ_COMMON_OBJ)
	@echo '  link  $(@F)'
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ $^ -pthread $(COMMON_LIBS) $(FUZZ_LIBS)

# The base that filters are tried on is written as the worker writes one.
FUZZ_BASE := dictionary dictionary_sort pair_sort segment_aids segment_below \
	segment_column segment_file segment_writer manifest_writer \
	record_identity email cell fields consent export_names phone
$(BUILD)/fuzz/filter: $(FUZZ_BASE:%=$(BUILD)/fuzz/obj/worker/%.o) \
	$(BUILD)/worker/phone_foreign.o
$(BUILD)/fuzz/filter: FUZZ_LIBS := -lidn2 -lphonenumber -lprotobuf -lstdc++

$(BUILD)/fuzz/manifest: $(BUILD)/fuzz/obj/worker/manifest_writer.o

FUZZ_REDACT := redact redact_json redact_known redact_digits redact_address
$(BUILD)/fuzz/redact: $(FUZZ_REDACT:%=$(BUILD)/fuzz/obj/worker/%.o)

FUZZ_CLASSIFIER := classifier classifier_language classifier_sentence \
	conversation_text conversation_mark conversation_number lexicon \
	lexicon_build lexicon_read lexicon_phrase
$(BUILD)/fuzz/classifier: $(FUZZ_CLASSIFIER:%=$(BUILD)/fuzz/obj/worker/%.o)

# Inputs that long runs have found, as few as reach all that they reached
# (libFuzzer's -merge=1).
FUZZ_KEPT := $(patsubst t/fuzz/kept/%.tar.xz,$(BUILD)/fuzz/kept/%,\
	$(wildcard t/fuzz/kept/*.tar.xz))
$(BUILD)/fuzz/kept/%: t/fuzz/kept/%.tar.xz
	@mkdir -p $(@D)
	$(Q)tar -C $(@D) -xJf $<
	@touch $@

fuzzers: $(FUZZ_BIN) $(FUZZ_KEPT)
.PHONY: fuzzers

# New inputs go to $(BUILD)/fuzz/corpus; the others are only read.
fuzz: test-packages
	@$(MAKE) --no-print-directory -j$(JOBS) fuzzers
	@set -e; for f in $(notdir $(FUZZ_BIN)); do \
	    mkdir -p $(BUILD)/fuzz/corpus/$$f; \
	    seeds=; [ ! -d t/fuzz/corpus/$$f ] || seeds=t/fuzz/corpus/$$f; \
	    [ ! -d $(BUILD)/fuzz/kept/$$f ] || seeds="$$seeds $(BUILD)/fuzz/kept/$$f"; \
	    $(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	        -rss_limit_mb=2048 -print_final_stats=1 \
	        -artifact_prefix=$(BUILD)/fuzz/$$f- \
	        $(BUILD)/fuzz/corpus/$$f $$seeds > $(BUILD)/fuzz/$$f.log 2>&1 \
	        || { tail -n 60 $(BUILD)/fuzz/$$f.log; exit 1; }; \
	    echo "$$f: $$(awk '/number_of_executed_units/ { print $$2 }' \
	        $(BUILD)/fuzz/$$f.log) inputs in $(FUZZ_SECONDS) s, all well"; \
	done


# --- the fault suite (docs/promises.md) ---------------------------------------

# What t/crash does not have, of tests that `make test` runs, too.
CRASH_TESTS ?= $(wildcard t/crash/*.t) $(addprefix t/,$(addsuffix .t, \
	kill segmentation_kill durable erase jobs turns disk_full lost_segments \
	anew reload hostile_worker worker_socket histories))

# SEED=n repeats a run; SOAK=hours, such as 8 or 0.5, goes on with other seeds for
# so long.  What the oracle has seen is told after each run, of all so far.
crash: test-packages
	@$(MAKE) --no-print-directory -j$(JOBS) all units
	@seed=$${SEED:-$$(date +%s)}; begun=$$(date +%s); runs=0; \
	end=$$(awk -v hours="$${SOAK:-0}" -v now=$$begun \
	    'BEGIN { printf "%d", now + 3600 * hours }'); \
	figures=$$(mktemp); trap 'rm -f "$$figures"' EXIT; \
	while echo "SEED=$$seed"; do \
	    CRASH=long CRASH_FIGURES=$$figures SEED=$$seed \
	        prove -j$(PROVE_JOBS) $(CRASH_TESTS) \
	        || { echo "again with: make crash SEED=$$seed"; exit 1; }; \
	    runs=$$((runs + 1)); \
	    awk -v runs=$$runs -v s=$$(( $$(date +%s) - begun )) \
	        '{ turns[$$1] += $$2; acked[$$1] += $$3; calls[$$1] += $$4 } \
	         END { for (t in turns) printf "%s: %d turns, %d calls answered 2xx" \
	               " of %d\n", t, turns[t], acked[t], calls[t]; \
	               printf "%d runs in %d s\n", runs, s }' $$figures; \
	    [ $$(date +%s) -lt $$end ] || break; \
	    seed=$$((seed + 1)); \
	done
.PHONY: crash


# --- sanitizers ---------------------------------------------------------------

# Worker and units are ASan programs; Debian's own nginx loads an ASan module,
# with libasan preloaded by the harness (t/lib/Audience/Test.pm).  The checks
# that are compiled in mislead some warnings, which are errors elsewhere.
SANITIZE_FLAGS := -O1 -g -fsanitize=address,undefined \
	-fno-omit-frame-pointer -Wno-error

sanitize: test-packages
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/asan LDFLAGS= \
	    CFLAGS='$(SANITIZE_FLAGS)' all units
	@AUDIENCE_SANITIZE=1 $(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
	    LDFLAGS= CFLAGS='$(SANITIZE_FLAGS)' check


# --- data races: ThreadSanitizer ----------------------------------------------

# The worker's unit programs, and an instrumented worker behind Debian's nginx
# with an instrumented module, under what makes their threads work side by side.
# A race makes a program end with status 66, and says so in its log; what
# t/tsan.supp names is not ours.  Left out: what forks off processes with
# threads, which TSan does not support, and minutes of arithmetic, whose threads
# t/segmentation.t and t/learning.t have.
RACES_BUILD := $(abspath $(BUILD))/tsan
RACES_FLAGS := -O1 -g -fsanitize=thread -fno-omit-frame-pointer -Wno-error
RACES_UNITS ?= id $(filter-out worker_store worker_eval worker_learned \
	worker_latent_classes, \
	$(patsubst t/unit/%.c,%,$(sort $(wildcard t/unit/worker_*.c))))
RACES_TESTS ?= $(addprefix t/,$(addsuffix .t, units upload bad_upload leaving \
	reload download lost_segments hostile_worker intake_csv import query \
	merge merge_quiet exports audiences audience_lists rules undo profiles \
	consent erase rebuild backup jobs turns idempotency conversations \
	classify classifier_llm llm learning segmentation segmentation_llm \
	class_writer label_llm histories crash/kills crash/generations))

races: test-packages
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(RACES_BUILD) LDFLAGS= \
	    CFLAGS='$(RACES_FLAGS)' all units
	@AUDIENCE_RACES=1 UNITS='$(RACES_UNITS)' \
	    TSAN_OPTIONS=suppressions=$(CURDIR)/t/tsan.supp:history_size=5 \
	    $(MAKE) --no-print-directory BUILD=$(RACES_BUILD) \
	    TESTS='$(RACES_TESTS)' check
.PHONY: races


# --- run, measure, install ----------------------------------------------------

up: all
	@tools/up '$(DIR)' '$(PORT)'

down:
	@tools/down '$(DIR)'

demo: packages
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@tools/demo '$(DIR)' '$(PORT)'

bench:
	@tools/install-packages run build test bench
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@set -e; for b in bench/*.pl; do echo "== $$b"; perl $$b; done

install: all
	@$(MAKE) --no-print-directory install-built

install-built:
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(MODULESDIR) \
	    $(DESTDIR)$(SHAREDIR) $(DESTDIR)$(UNITDIR)
	install -m 755 $(BUILD)/audience-worker $(DESTDIR)$(PREFIX)/sbin/
	install -m 644 $(MODULE) $(DESTDIR)$(MODULESDIR)/
	cp -R --no-preserve=ownership conf/. $(DESTDIR)$(SHAREDIR)/
	cp -R --no-preserve=ownership $(BUILD)/web $(DESTDIR)$(SHAREDIR)/
	sed -i 's,/usr/share/audience,$(SHAREDIR),' \
	    $(DESTDIR)$(SHAREDIR)/worker.conf
	install -m 644 docs/*.md docs/openapi.yaml $(DESTDIR)$(SHAREDIR)/
	sed 's,@PREFIX@,$(PREFIX),g' conf/audience-worker.service \
	    > $(DESTDIR)$(UNITDIR)/audience-worker.service

# In a copy of the sources, so that none of the packagers' files stay here.
# AUDIENCE_BUILD=$$PWD/build packages what was built already.
DEB_DIR := $(BUILD)/deb/audience-engine-$(VERSION)
DEB_OF  := LICENSE README.md Makefile common conf config debian docs \
	ngx_module tools web worker

deb: packages
	@rm -rf $(BUILD)/deb && mkdir -p $(DEB_DIR)
	@cp -R --no-preserve=ownership $(DEB_OF) $(DEB_DIR)/
	@echo '  dpkg-buildpackage (log: $(BUILD)/deb/build.log)'
	$(Q)cd $(DEB_DIR) && env -u BUILD -u MAKEFLAGS -u MAKELEVEL \
	    dpkg-buildpackage -b -us -uc -d > ../build.log 2>&1 \
	    || { tail -n 40 ../build.log; exit 1; }
	@rm -rf $(DEB_DIR)
	@ls $(BUILD)/deb/*.deb

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                        build the worker, the nginx module and the pages'
	@echo 'make demo                   install, build, start in ./run, import the sample,'
	@echo '                            build an audience, export it, print the link'
	@echo 'make up DIR=run PORT=8080   start nginx and the worker on a data folder'
	@echo 'make down DIR=run           stop them'
	@echo 'make test                   install what tests need, build, run every test'
	@echo 'make check TESTS=t/x.t      run tests on what is built'
	@echo 'make sanitize               every test under ASan and UBSan'
	@echo 'make races                  worker and module under ThreadSanitizer'
	@echo 'make crash SEED=1 SOAK=0.5  the fault suite, of those random choices, for half an hour'
	@echo 'make fuzz FUZZ_SECONDS=60   every fuzz target for that long'
	@echo 'make bench SIZE=full        benchmarks, against the peers beside them'
	@echo 'make install                DESTDIR, PREFIX (/usr/local), MODULESDIR'
	@echo 'make deb                    Debian packages in $$BUILD/deb'
	@echo 'make clean                  remove $$BUILD ($(BUILD))'

-include $(COMMON_OBJ:.o=.d) $(WORKER_OBJ:.o=.d) $(UNIT_BIN:=.d) \
	$(LIB_BIN:=.d)
-include $(FUZZ_COMMON_OBJ:.o=.d) $(FUZZ_BASE:%=$(BUILD)/fuzz/obj/worker/%.d) \
	$(FUZZ_REDACT:%=$(BUILD)/fuzz/obj/worker/%.d) \
	$(FUZZ_CLASSIFIER:%=$(BUILD)/fuzz/obj/worker/%.d) \
	$(FUZZ_SRC:%.c=$(BUILD)/fuzz/obj/%.d)
