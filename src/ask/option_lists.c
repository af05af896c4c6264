// SPDX-License-Identifier: Apache-2.0
#include "ask/option_lists.h"

#include "base/nearest.h"
#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool options_take_count(const char *value, uint64_t maximum, uint32_t *count, struct error *error) {
    uint64_t number;
    if (!units_parse_count(value, 1, maximum, &number, error))
        return false;
    *count = (uint32_t)number;
    return true;
}

// Every list may be given in parts, each with its own option: --cpu-nodes 0 --cpu-nodes 2.
static bool take_nodes(struct id_set *nodes, const char *value, struct error *error) {
    struct id_set named;
    if (!id_set_parse(&named, value, error))
        return false;
    if (!named.count)
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "'' names no node; give numbers such as 0,2-3 (numaprobe topo lists them)");
    id_set_add_all(nodes, &named);
    id_set_free(&named);
    return true;
}

bool options_take_cpu_nodes(struct options *options, const char *value, struct error *error) {
    return take_nodes(&options->cpu_nodes, value, error);
}

static void add_mem_set(struct options *options, const struct node_set *set) {
    for (size_t i = 0; i < options->mem_set_count; i++)
        if (node_set_same(&options->mem_sets[i], set))
            return;
    options->mem_sets =
        base_grow_by_one(options->mem_sets, options->mem_set_count, sizeof *options->mem_sets);
    options->mem_sets[options->mem_set_count++] = *set;
}

static bool take_mem_set(struct options *options, const char *text, struct error *error) {
    struct node_set set;
    if (!node_set_parse(&set, text, error))
        return false;
    if (set.count == 1)
        id_set_add(&options->mem_nodes, node_set_only(&set));
    else
        add_mem_set(options, &set);
    return true;
}

// "0,2-3" are nodes, each by itself, and "0+2" or "0:3+2:1" is memory on several at once.
bool options_take_mem_nodes(struct options *options, const char *value, struct error *error) {
    char *copy = base_copy_text(value), *rest = copy;
    bool fine = true;
    while (fine && rest) {
        char *part = rest;
        rest = strchr(part, ',');
        if (rest)
            *rest++ = '\0';
        fine = strpbrk(part, "+:@") ? take_mem_set(options, part, error)
                                    : take_nodes(&options->mem_nodes, part, error);
    }
    free(copy);
    return fine;
}

bool options_take_load_nodes(struct options *options, const char *value, struct error *error) {
    return take_nodes(&options->load_nodes, value, error);
}

// Calls add for each name of a comma-separated list.
static bool take_names(struct options *options, const char *value,
                       bool (*add)(struct options *options, const char *name, struct error *error),
                       struct error *error) {
    char name[64];
    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        if (length == 0 || length >= sizeof name)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.80s' is not a list: give one or more words, separated by commas",
                             value);
        memcpy(name, at, length);
        name[length] = '\0';
        if (!add(options, name, error))
            return false;
        at += length;
        if (!*at)
            return true;
    }
}

static bool named_twice(const char *name, struct error *error) {
    return error_set(error, ERROR_KIND_USAGE, 0, "'%s' is named twice", name);
}

// what: the kind of name, such as "pattern"; list: the command that prints all of them.
static bool unknown_name(const char *what, const struct nearest *nearest, const char *list,
                         struct error *error) {
    char hint[NEAREST_HINT_BYTES];
    return error_set(error, ERROR_KIND_USAGE, 0, "there is no %s '%s'%s (numaprobe list %s)", what,
                     nearest->word, nearest_hint(nearest, hint), list);
}

static bool add_pattern(struct options *options, const char *name, struct error *error) {
    const struct chase_pattern *pattern = chase_pattern_find(name);
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < chase_pattern_count; i++)
        nearest_offer(&nearest, chase_patterns[i].name);
    if (!pattern)
        return unknown_name("pattern", &nearest, "patterns", error);
    for (size_t i = 0; i < options->pattern_count; i++)
        if (options->patterns[i] == pattern)
            return named_twice(name, error);
    options->patterns =
        base_grow_by_one(options->patterns, options->pattern_count, sizeof *options->patterns);
    options->patterns[options->pattern_count++] = pattern;
    return true;
}

const struct page_word page_words[2] = {
    {"base", "the ordinary page of this system"                                     },
    {"all",  "each of these that is available now; latency then follows full_random"},
};

static bool has_kind(const struct options *options, const struct page_kind *kind) {
    for (size_t i = 0; i < options->page_count; i++)
        if (options->pages[i] == kind)
            return true;
    return false;
}

static void add_kind(struct options *options, const struct page_kind *kind) {
    options->pages = base_grow_by_one(options->pages, options->page_count, sizeof *options->pages);
    options->pages[options->page_count++] = kind;
}

static void leave_out(struct options *options, const struct page_kind *kind,
                      const struct error *why) {
    options->left_out =
        base_grow_by_one(options->left_out, options->left_out_count, sizeof *options->left_out);
    options->left_out[options->left_out_count++] = (struct pages_left_out){kind, *why};
}

// Those that some node can give now; which one that is, each cell finds out. Pages that nothing
// holds are of a size that ordinary ones have too.
static bool add_all_pages(struct options *options, struct error *error) {
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    options->all_pages = true;
    for (size_t i = 0; i < count; i++) {
        struct id_set nodes;
        struct error why;
        if (kinds[i]->source == PAGES_PAGEABLE)
            continue;
        if (!page_kind_usable(kinds[i], &nodes, &why))
            leave_out(options, kinds[i], &why);
        else if (!has_kind(options, kinds[i]))
            add_kind(options, kinds[i]);
        id_set_free(&nodes);
    }
    if (!options->page_count)
        *error = options->left_out[0].why;
    return options->page_count > 0;
}

static bool add_pages(struct options *options, const char *name, struct error *error) {
    if (strcmp(name, "all") == 0)
        return add_all_pages(options, error);
    const struct page_kind *kind = page_kind_find(name);
    if (kind && has_kind(options, kind))
        return named_twice(name, error);
    if (kind) {
        add_kind(options, kind);
        return true;
    }
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    struct nearest nearest = nearest_to(name);
    char here[256] = "", hint[NEAREST_HINT_BYTES];
    for (size_t i = 0, used = 0; i < count && used < sizeof here; i++) {
        nearest_offer(&nearest, kinds[i]->name);
        used += (size_t)snprintf(here + used, sizeof here - used, "%s%s", i ? ", " : "",
                                 kinds[i]->name);
    }
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "there is no kind of page '%s'%s; this machine has %s (numaprobe list pages)",
                     name, nearest_hint(&nearest, hint), here);
}

static bool add_number(uint32_t **numbers, size_t *count, uint32_t number, const char *name,
                       struct error *error) {
    for (size_t i = 0; i < *count; i++)
        if ((*numbers)[i] == number)
            return named_twice(name, error);
    *numbers = base_grow_by_one(*numbers, *count, sizeof **numbers);
    (*numbers)[(*count)++] = number;
    return true;
}

static bool add_threads(struct options *options, const char *name, struct error *error) {
    uint32_t threads = THREADS_CORES;
    if (strcmp(name, "all") == 0)
        threads = THREADS_ALL;
    else if (strcmp(name, "cores") != 0 && !options_take_count(name, ID_SET_MAX, &threads, error))
        return false;
    return add_number(&options->threads, &options->thread_count, threads, name, error);
}

static bool add_chains(struct options *options, const char *name, struct error *error) {
    uint32_t chains;
    if (!options_take_count(name, CHASE_CHAINS_MAX, &chains, error))
        return false;
    if (!chase_chains_possible(chains))
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "a thread cannot follow %u chains at once; choose 1, 2, 4, 8, 12, 16, 24 or 32",
            chains);
    return add_number(&options->chains, &options->chain_count, chains, name, error);
}

static bool add_mix(struct options *options, const char *name, struct error *error) {
    const struct kernel_mix *mix = mix_find(name);
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < kernel_mix_count; i++)
        nearest_offer(&nearest, kernel_mixes[i].name);
    if (!mix)
        return unknown_name("mix", &nearest, "mixes", error);
    for (size_t i = 0; i < options->mix_count; i++)
        if (options->mixes[i] == mix)
            return named_twice(name, error);
    options->mixes = base_grow_by_one(options->mixes, options->mix_count, sizeof *options->mixes);
    options->mixes[options->mix_count++] = mix;
    return true;
}

static bool unknown_isa(const char *name, struct error *error) {
    struct nearest nearest = nearest_to(name);
    for (size_t isa = 0; isa < ISA_COUNT; isa++)
        nearest_offer(&nearest, isa_names[isa]);
    return unknown_name("instruction set", &nearest, "kernels", error);
}

static bool unknown_kernel(const char *name, struct error *error) {
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < kernel_count; i++)
        nearest_offer(&nearest, kernels[i].name);
    return unknown_name("kernel", &nearest, "kernels", error);
}

// "triad" is the widest that this CPU has of it, and the row says which that was; "triad.avx2" is
// that.
static bool add_kernel(struct options *options, const char *name, struct error *error) {
    char loop[64];
    snprintf(loop, sizeof loop, "%s", name);
    enum isa isa = ISA_COUNT;
    char *dot = strchr(loop, '.');
    if (dot)
        *dot = '\0';
    if (dot && !isa_find(dot + 1, &isa))
        return unknown_isa(dot + 1, error);
    const struct kernel *kernel = dot ? kernel_find(loop, isa) : kernel_find_widest(loop);
    if (!kernel)
        return unknown_kernel(name, error);
    if (!isa_available(kernel->isa))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "this CPU has no %s (numaprobe list kernels shows what it has)",
                         isa_names[kernel->isa]);
    for (size_t i = 0; i < options->kernel_count; i++)
        if (options->kernels[i] == kernel)
            return named_twice(name, error);
    options->kernels =
        base_grow_by_one(options->kernels, options->kernel_count, sizeof *options->kernels);
    options->kernels[options->kernel_count++] = kernel;
    return true;
}

// Longer ones would make a step of work longer than a sample.
enum { DELAY_MAX_CYCLES = 10000000 };

static bool add_delay(struct options *options, const char *name, struct error *error) {
    uint64_t cycles;
    if (!units_parse_count(name, 0, DELAY_MAX_CYCLES, &cycles, error))
        return false;
    for (size_t i = 0; i < options->delay_count; i++)
        if (options->delays[i] == cycles)
            return named_twice(name, error);
    options->delays =
        base_grow_by_one(options->delays, options->delay_count, sizeof *options->delays);
    options->delays[options->delay_count++] = (uint32_t)cycles;
    return true;
}

// "12GB/s", "1.5GB/s", "800MB/s", "50%". A rate below 10 MB/s would have few bursts a sample.
static bool add_rate(struct options *options, const char *name, struct error *error) {
    char *unit;
    struct offered_rate rate = {.value = strtod(name, &unit)};
    double size = strcmp(unit, "GB/s") == 0 ? 1e9 : strcmp(unit, "MB/s") == 0 ? 1e6 : 0;
    rate.is_share = strcmp(unit, "%") == 0;
    rate.value *= rate.is_share ? 0.01 : size;
    bool fits = rate.is_share ? rate.value >= 0.001 && rate.value <= 10
                              : rate.value >= 1e7 && rate.value <= 1e14;
    if (unit == name || (!rate.is_share && size == 0) || !fits)
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "'%s' is not a rate such as 12GB/s, 800MB/s (10MB/s to 100000GB/s) or 50%% "
            "of the peak (0.1%% to 1000%%)",
            name);
    options->rates = base_grow_by_one(options->rates, options->rate_count, sizeof *options->rates);
    options->rates[options->rate_count++] = rate;
    return true;
}

bool options_take_mixes(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_mix, error);
}

bool options_take_delays(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_delay, error);
}

bool options_take_rates(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_rate, error);
}

static bool add_protocol(struct options *options, const char *name, struct error *error) {
    const struct pair_protocol *protocol = pair_protocol_find(name);
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < pair_protocol_count; i++)
        nearest_offer(&nearest, pair_protocols[i].name);
    if (!protocol)
        return unknown_name("protocol", &nearest, "protocols", error);
    for (size_t i = 0; i < options->protocol_count; i++)
        if (options->protocols[i] == protocol)
            return named_twice(name, error);
    options->protocols =
        base_grow_by_one(options->protocols, options->protocol_count, sizeof *options->protocols);
    options->protocols[options->protocol_count++] = protocol;
    return true;
}

static bool add_home(struct options *options, const char *name, struct error *error) {
    for (size_t home = 0; home < PAIR_HOME_COUNT; home++) {
        if (strcmp(pair_home_names[home], name) != 0)
            continue;
        if (options->homes[home])
            return named_twice(name, error);
        options->homes[home] = true;
        return true;
    }
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "there is no home '%s': choose writer, reader or third", name);
}

bool options_take_protocols(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_protocol, error);
}

bool options_take_homes(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_home, error);
}

bool options_take_kernels(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_kernel, error);
}

bool options_take_threads(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_threads, error);
}

bool options_take_chains(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_chains, error);
}

bool options_take_patterns(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_pattern, error);
}

bool options_take_pages(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_pages, error);
}
