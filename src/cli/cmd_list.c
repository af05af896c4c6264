// SPDX-License-Identifier: Apache-2.0
#include "cli/check_exit.h"
#include "cli/command.h"
#include "cli/completion.h"

#include "base/nearest.h"
#include "os/os.h"
#include "record/flags.h"
#include "record/row.h"
#include "report/export.h"

#include <stdio.h>
#include <string.h>

static void list_kernels(void) {
    printf("%-14s %-9s %-12s %-6s %-7s %-8s %-5s  %s\n", "kernel", "isa", "store", "loads",
           "stores", "streams", "here", "what one element does");
    for (size_t i = 0; i < kernel_count; i++) {
        const struct kernel *kernel = &kernels[i];
        printf("%-14s %-9s %-12s %-6u %-7u %-8u %-5s  %s\n", kernel->name, isa_names[kernel->isa],
               store_names[kernel->store], kernel->loads, kernel->stores, kernel->streams,
               isa_available(kernel->isa) ? "yes" : "no", kernel->summary);
    }
}

static void list_mixes(void) {
    for (size_t i = 0; i < kernel_mix_count; i++)
        printf("%-14s %s\n", kernel_mixes[i].name, kernel_mixes[i].summary);
}

static void list_patterns(void) {
    for (size_t i = 0; i < chase_pattern_count; i++)
        printf("%-14s %s\n", chase_patterns[i].name, chase_patterns[i].summary);
}

static void list_protocols(void) {
    for (size_t i = 0; i < pair_protocol_count; i++)
        printf("%-16s %s\n", pair_protocols[i].name, pair_protocols[i].summary);
}

static void list_pages(void) {
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    for (size_t i = 0; i < count; i++) {
        struct id_set nodes;
        struct error why;
        char list[128];
        bool usable = page_kind_usable(kinds[i], &nodes, &why);
        printf("%-11s %s\n%11s %s%s\n", kinds[i]->name, kinds[i]->summary, "",
               usable ? "available now on nodes " : "not now: ",
               usable ? id_set_format(&nodes, list, sizeof list) : why.text);
        id_set_free(&nodes);
    }
    for (size_t i = 0; i < COUNT_OF(page_words); i++)
        printf("%-11s %s\n", page_words[i].word, page_words[i].summary);
}

static void list_columns(void) {
    const char *group = "";
    for (size_t i = 0; i < column_count; i++) {
        if (strcmp(group, columns[i].group) != 0)
            printf("%s%s\n", i ? "\n" : "", columns[i].group);
        group = columns[i].group;
        printf("  %-27s %s\n", columns[i].name, columns[i].meaning);
    }
}

static void list_flags(void) {
    for (size_t i = 0; i < flag_count; i++)
        printf("%-18s %-3s  %s\n%-23s %s\n", flags[i].name, flag_level_names[flags[i].level],
               flags[i].meaning, "", flags[i].remedy);
}

static void list_forms(void) {
    for (size_t i = 0; i < export_form_count; i++)
        printf("%-9s %s\n", export_forms[i].name, export_forms[i].summary);
}

static void list_exits(void) {
#define EXIT_LINE(name, number, meaning) printf("%4d  %s\n", number, meaning);
    EXIT_CODES(EXIT_LINE)
    printf("\nnumaprobe check has statuses of its own:\n");
    CHECK_EXITS(EXIT_LINE)
#undef EXIT_LINE
}

static const struct {
    const char *name;
    void (*print)(void);
} lists[] = {
    {"kernels",               list_kernels               },
    {"mixes",                 list_mixes                 },
    {"patterns",              list_patterns              },
    {"protocols",             list_protocols             },
    {"pages",                 list_pages                 },
    {"columns",               list_columns               },
    {"flags",                 list_flags                 },
    {"forms",                 list_forms                 },
    {"exits",                 list_exits                 },
    {"completion-bash",       completion_print_bash      },
    {"completion-zsh",        completion_print_zsh       },
    {"completion-fish",       completion_print_fish      },
    {"completion-powershell", completion_print_powershell},
};

size_t list_names(const char *names[LIST_NAMES_MAX]) {
    CHECK(COUNT_OF(lists) <= LIST_NAMES_MAX);
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        names[i] = lists[i].name;
    return COUNT_OF(lists);
}

static enum exit_code unknown_list(const char *name) {
    char known[256] = "", hint[NEAREST_HINT_BYTES];
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0, used = 0; i < COUNT_OF(lists) && used < sizeof known; i++) {
        nearest_offer(&nearest, lists[i].name);
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 lists[i].name);
    }
    struct error error;
    if (*name)
        error_set(&error, ERROR_KIND_USAGE, 0, "there is no list '%.80s'%s (the lists are %s)",
                  name, nearest_hint(&nearest, hint), known);
    else
        error_set(&error, ERROR_KIND_USAGE, 0, "list needs a name: %s", known);
    return outcome_fail(&error);
}

enum exit_code cmd_list(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)command, (void)argument_count, (void)arguments;
    const char *name = options->operand_count ? options->operands[0] : "";
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        if (strcmp(lists[i].name, name) == 0) {
            lists[i].print();
            return EXIT_CODE_OK;
        }
    }
    return unknown_list(name);
}
