// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/command.h"
#include "os/os.h"
#include "record/run_directory.h"
#include "report/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what is offered ----------------------------------------------------------------------------

// What the word may become: `before` stands in front of each, `part` is what is typed of it.
struct offer {
    const char *part;
    int before_length;
    const char *before;
};

static void put(const struct offer *offer, const char *name, const char *meaning) {
    if (strncmp(name, offer->part, strlen(offer->part)) == 0)
        printf("%.*s%s%s%s\n", offer->before_length, offer->before, name, *meaning ? "\t" : "",
               meaning);
}

static void put_kernels(const struct offer *offer) {
    for (size_t i = 0; i < kernel_count; i++)
        if (isa_available(kernels[i].isa))
            put(offer, kernels[i].name, kernels[i].summary);
}

static void put_mixes(const struct offer *offer) {
    for (size_t i = 0; i < kernel_mix_count; i++)
        put(offer, kernel_mixes[i].name, kernel_mixes[i].summary);
}

static void put_patterns(const struct offer *offer) {
    for (size_t i = 0; i < chase_pattern_count; i++)
        put(offer, chase_patterns[i].name, chase_patterns[i].summary);
}

static void put_protocols(const struct offer *offer) {
    for (size_t i = 0; i < pair_protocol_count; i++)
        put(offer, pair_protocols[i].name, pair_protocols[i].summary);
}

static void put_homes(const struct offer *offer) {
    for (size_t i = 0; i < PAIR_HOME_COUNT; i++)
        put(offer, pair_home_names[i], "");
}

static void put_pages(const struct offer *offer) {
    const struct page_kind *kinds[OS_PAGE_KINDS_MAX];
    const size_t count = os_page_kinds(kinds);
    for (size_t i = 0; i < count; i++)
        put(offer, kinds[i]->name, kinds[i]->summary);
    for (size_t i = 0; i < COUNT_OF(page_words); i++)
        put(offer, page_words[i].word, page_words[i].summary);
}

static void put_policies(const struct offer *offer) {
    for (size_t i = 0; i < NODE_POLICY_COUNT; i++)
        put(offer, node_policy_names[i], "");
}

static void put_threads(const struct offer *offer) {
    put(offer, "cores", "one thread for each core");
    put(offer, "all", "one thread for each CPU");
}

static void put_numbers(const struct offer *offer, const struct id_set *numbers) {
    char text[16];
    for (size_t i = 0; i < numbers->count; i++) {
        snprintf(text, sizeof text, "%u", numbers->ids[i]);
        put(offer, text, "");
    }
}

static void put_nodes(const struct offer *offer) {
    struct id_set nodes;
    struct error ignored;
    if (os_nodes(&nodes, &ignored))
        put_numbers(offer, &nodes);
    id_set_free(&nodes);
}

static void put_cpus(const struct offer *offer) {
    struct id_set cpus;
    struct error ignored;
    if (os_cpus_allowed(&cpus, &ignored))
        put_numbers(offer, &cpus);
    id_set_free(&cpus);
}

static void put_forms(const struct offer *offer) {
    for (size_t i = 0; i < export_form_count; i++)
        put(offer, export_forms[i].name, export_forms[i].summary);
}

static void put_text_forms(const struct offer *offer) {
    for (size_t i = 0; i < FORM_COUNT; i++)
        put(offer, text_form_names[i], "");
}

static void put_run_forms(const struct offer *offer) {
    put(offer, "json", "");
    put(offer, "mlc", "what readers of MLC's output parse");
}

// ---- runs ---------------------------------------------------------------------------------------

// Directories with rows of a run, beside what is typed of a path.
struct search {
    const struct offer *offer;
    const char *folder; // ends with a slash, or is empty
};

static void put_run(const char *name, void *context) {
    const struct search *search = context;
    char path[RUN_PATH_BYTES], rows[RUN_PATH_BYTES + 16];
    snprintf(path, sizeof path, "%s%s", search->folder, name);
    snprintf(rows, sizeof rows, "%s/rows.csv", path);
    if (name[0] != '.' && os_file_is_there(rows))
        put(search->offer, path, "");
}

static void put_runs(const struct offer *offer) {
    char folder[RUN_PATH_BYTES] = "";
    const char *slash = strrchr(offer->part, '/');
    struct search search = {offer, folder};
    struct error ignored;
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - offer->part) + 1, offer->part);
    os_directory_each(slash ? folder : ".", put_run, &search, &ignored);
}

// ---- values of options --------------------------------------------------------------------------

// Options of options.h whose values have names; a name may stand twice, as there.
enum { ANY = ~0 };
static const struct {
    const char *option;
    unsigned commands;
    void (*put)(const struct offer *offer);
    bool is_list;
} values[] = {
    {"--cpu-nodes",  (unsigned)ANY,     put_nodes,      true },
    {"--mem-nodes",  (unsigned)ANY,     put_nodes,      true },
    {"--load-nodes", (unsigned)ANY,     put_nodes,      true },
    {"--writer-cpu", (unsigned)ANY,     put_cpus,       false},
    {"--reader-cpu", (unsigned)ANY,     put_cpus,       false},
    {"--policy",     (unsigned)ANY,     put_policies,   false},
    {"--kernel",     (unsigned)ANY,     put_kernels,    true },
    {"--pattern",    (unsigned)ANY,     put_patterns,   true },
    {"--mix",        (unsigned)ANY,     put_mixes,      true },
    {"--pages",      (unsigned)ANY,     put_pages,      true },
    {"--protocol",   (unsigned)ANY,     put_protocols,  true },
    {"--home",       (unsigned)ANY,     put_homes,      true },
    {"--threads",    (unsigned)ANY,     put_threads,    true },
    {"--format",     COMMAND_MEASURING, put_run_forms,  false},
    {"--format",     COMMAND_EXPORT,    put_forms,      false},
    {"--format",     (unsigned)ANY,     put_text_forms, false},
    {"--like",       (unsigned)ANY,     put_runs,       false},
    {"--resume",     (unsigned)ANY,     put_runs,       false},
    {"--add",        (unsigned)ANY,     put_runs,       false},
};

// The value begins at `skipped` in the word. Of a list the last part is completed.
static void put_values(const struct command *command, const char *option, const char *word,
                       size_t skipped) {
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (strcmp(values[i].option, option) != 0 || !(values[i].commands & command->bit))
            continue;
        const char *part = word + skipped;
        const char *comma = values[i].is_list ? strrchr(part, ',') : NULL;
        part = comma ? comma + 1 : part;
        const struct offer offer = {part, (int)(part - word), word};
        values[i].put(&offer);
        return;
    }
}

// ---- the answer ---------------------------------------------------------------------------------

// The option that the first letters of a word name; NULL: none.
static const struct option *find_option(const struct command *command, const char *word,
                                        size_t length) {
    static const char *const shorts[][2] = {
        {"-o", "--output"},
        {"-f", "--format"}
    };
    for (size_t i = 0; i < COUNT_OF(shorts); i++)
        if (strcmp(shorts[i][0], word) == 0)
            return find_option(command, shorts[i][1], strlen(shorts[i][1]));
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->bit && strlen(option_table[i].name) == length &&
            strncmp(option_table[i].name, word, length) == 0)
            return &option_table[i];
    return NULL;
}

static void put_options(const struct command *command, const struct offer *offer) {
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->bit)
            put(offer, option_table[i].name, option_table[i].summary);
}

static void put_commands(const struct offer *offer) {
    for (size_t i = 1; i < command_count; i++)
        put(offer, commands[i].name, commands[i].summary);
}

static void put_operands(const struct command *command, const struct offer *offer,
                         const char *const *lists, size_t list_count) {
    for (size_t i = 0; command->bit == COMMAND_LIST && i < list_count; i++)
        put(offer, lists[i], "");
    if (command->bit == COMMAND_HELP)
        put_commands(offer);
    if (strstr(command->operands, "RUN") || strstr(command->operands, "BASE"))
        put_runs(offer);
}

void completion_answer(size_t word_count, char *const *words, const char *const *lists,
                       size_t list_count) {
    const char *word = word_count ? words[word_count - 1] : "";
    const char *before = word_count > 1 ? words[word_count - 2] : "";
    const struct command *command = &commands[0];
    struct error ignored;
    const bool first = word_count < 2;
    if (!first && words[0][0] != '-')
        command = command_find(words[0], &ignored);
    if (!command)
        return;
    const struct offer offer = {word, 0, ""};
    const size_t equals = strcspn(word, "=");
    const struct option *option = find_option(command, word, equals);
    if (word[equals] && option && option->value) {
        put_values(command, option->name, word, equals + 1);
        return;
    }
    option = find_option(command, before, strlen(before));
    if (option && option->value) {
        put_values(command, option->name, word, 0);
        return;
    }
    if (first)
        put_commands(&offer);
    else if (word[0] != '-')
        put_operands(command, &offer, lists, list_count);
    if (!first || word[0] == '-' || !*word)
        put_options(command, &offer);
}

// ---- scripts ------------------------------------------------------------------------------------

// bash parts words at colons and equals signs too, and wants what stands behind the last of them;
// `read` parts them at white space only. Quotation marks are not looked at.
void completion_print_bash(void) {
    printf("# bash: source <(numaprobe list completion-bash)\n"
           "_numaprobe() {\n"
           "    local line=${COMP_LINE:0:COMP_POINT} words word last\n"
           "    read -ra words <<< \"$line\"\n"
           "    case $line in *[[:space:]]) words+=('') ;; esac\n"
           "    last=${words[${#words[@]} - 1]}\n"
           "    COMPREPLY=()\n"
           "    while IFS=$'\\t' read -r word _; do\n"
           "        COMPREPLY+=(\"${word#\"${last%%\"${last##*[:=]}\"}\"}\")\n"
           "    done < <(\"${words[0]}\" --complete \"${words[@]:1}\" 2> /dev/null)\n"
           "}\n"
           "complete -o default -F _numaprobe numaprobe\n");
}

// zshcompsys(1): compadd -d shows a text for each word.
void completion_print_zsh(void) {
    printf("#compdef numaprobe\n"
           "# zsh: source <(numaprobe list completion-zsh), or as _numaprobe in a folder of "
           "$fpath\n"
           "_numaprobe() {\n"
           "    local -a lines names texts\n"
           "    lines=(\"${(@f)$(\"${words[1]}\" --complete \"${(@)words[2,CURRENT]}\" "
           "2> /dev/null)}\")\n"
           "    names=(\"${(@)lines%%%%$'\\t'*}\")\n"
           "    texts=(\"${(@)lines//$'\\t'/  }\")\n"
           "    if [[ -n $names[1] ]]; then\n"
           "        compadd -l -d texts -a names\n"
           "    else\n"
           "        _files\n"
           "    fi\n"
           "}\n"
           "if [[ $funcstack[1] = _numaprobe ]]; then\n"
           "    _numaprobe \"$@\"\n"
           "else\n"
           "    compdef _numaprobe numaprobe\n"
           "fi\n");
}

void completion_print_fish(void) {
    printf("# fish: numaprobe list completion-fish | source\n"
           "function __numaprobe_complete\n"
           "    set -l words (commandline -opc) (commandline -ct)\n"
           "    $words[1] --complete $words[2..-1] 2> /dev/null\n"
           "end\n"
           "complete -c numaprobe -a '(__numaprobe_complete)'\n");
}

// learn: Register-ArgumentCompleter -Native (PowerShell 5.0): the block gets the word to complete,
// the command line so far and the place in it. Windows PowerShell passes no empty word on, so that
// of a word that is not begun two quotation marks are passed, which stand for none.
void completion_print_powershell(void) {
    printf("# PowerShell: . .\\numaprobe-completion.ps1, or for every session in $PROFILE.\n"
           "Register-ArgumentCompleter -Native -CommandName numaprobe, numaprobe.exe"
           " -ScriptBlock {\n"
           "    param($wordToComplete, $commandAst, $cursorPosition)\n"
           "    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })\n"
           "    $program = $words[0]\n"
           "    $words = @($words | Select-Object -Skip 1)\n"
           "    if ($wordToComplete -eq '') { $words += '\"\"' }\n"
           "    & $program --complete @words 2> $null | ForEach-Object {\n"
           "        $name, $meaning = $_ -split \"`t\", 2\n"
           "        if (-not $meaning) { $meaning = $name }\n"
           "        [System.Management.Automation.CompletionResult]::new(\n"
           "            $name, $name, 'ParameterValue', $meaning)\n"
           "    }\n"
           "}\n");
}
