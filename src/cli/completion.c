// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/command.h"

#include <stdio.h>
#include <string.h>

// The words that complete the first word behind a command which names another command or a list.
static size_t operands_of(const struct command *command, const char *const *lists,
                          size_t list_count, const char **words) {
    size_t count = 0;
    if (command->bit == COMMAND_LIST)
        for (; count < list_count; count++)
            words[count] = lists[count];
    if (command->bit == COMMAND_HELP)
        for (; count + 1 < command_count; count++)
            words[count] = commands[count + 1].name;
    return count;
}

enum { OPERANDS_MAX = 64 };

// ---- bash ---------------------------------------------------------------------------------------

static void print_bash_words(const struct command *command, const char *const *lists,
                             size_t list_count) {
    const char *words[OPERANDS_MAX];
    size_t count = operands_of(command, lists, list_count, words);
    printf("    '%s') words='", command->name);
    for (size_t i = 0; i < count; i++)
        printf("%s ", words[i]);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->bit)
            printf("%s ", option_table[i].name);
    printf("' ;;\n");
}

// A word that nothing fits is completed as a file's name (-o default), for what names runs.
void completion_print_bash(const char *const *lists, size_t list_count) {
    CHECK(list_count <= OPERANDS_MAX && command_count <= OPERANDS_MAX);
    printf("# bash: source <(numaprobe list completion-bash)\n"
           "_numaprobe() {\n"
           "    local command='' words='' word=${COMP_WORDS[COMP_CWORD]}\n"
           "    [ \"$COMP_CWORD\" -lt 2 ] || command=${COMP_WORDS[1]}\n"
           "    case $command in -*) command='' ;; esac\n"
           "    case $command in\n");
    for (size_t i = 0; i < command_count; i++)
        print_bash_words(&commands[i], lists, list_count);
    printf("    esac\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        words=\"$words");
    for (size_t i = 1; i < command_count; i++)
        printf(" %s", commands[i].name);
    printf("\"\n"
           "    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
           "}\n"
           "complete -o default -F _numaprobe numaprobe\n");
}

// ---- PowerShell ---------------------------------------------------------------------------------

// learn: about_Quoting_Rules: in single quotes nothing counts but a single quote, which is doubled.
static void print_quoted(const char *text) {
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            putchar('\'');
        putchar(*text);
    }
    putchar('\'');
}

static void print_pair(const char *word, const char *meaning) {
    printf("            ");
    print_quoted(word);
    printf(" = ");
    print_quoted(*meaning ? meaning : word); // a tool tip may not be empty
    printf("\n");
}

static void print_powershell_words(const struct command *command, const char *const *lists,
                                   size_t list_count) {
    const char *words[OPERANDS_MAX];
    size_t count = operands_of(command, lists, list_count, words);
    printf("        ");
    print_quoted(command->name);
    printf(" = [ordered]@{\n");
    for (size_t i = 0; i < count; i++)
        print_pair(words[i], "");
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command->bit)
            print_pair(option_table[i].name, option_table[i].summary);
    printf("        }\n");
}

// learn: Register-ArgumentCompleter -Native (PowerShell 5.0): the block gets the word to complete,
// the command line so far and the place in it.
void completion_print_powershell(const char *const *lists, size_t list_count) {
    CHECK(list_count <= OPERANDS_MAX && command_count <= OPERANDS_MAX);
    printf("# PowerShell: . .\\numaprobe-completion.ps1, or for every session in $PROFILE.\n"
           "Register-ArgumentCompleter -Native -CommandName numaprobe, numaprobe.exe"
           " -ScriptBlock {\n"
           "    param($wordToComplete, $commandAst, $cursorPosition)\n"
           "    $commands = [ordered]@{\n");
    for (size_t i = 1; i < command_count; i++)
        print_pair(commands[i].name, commands[i].summary);
    printf("    }\n"
           "    $options = @{\n");
    for (size_t i = 0; i < command_count; i++)
        print_powershell_words(&commands[i], lists, list_count);
    printf("    }\n"
           "    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })\n"
           "    $first = $words.Count -lt 2 -or"
           " ($words.Count -eq 2 -and $words[1] -eq $wordToComplete)\n"
           "    $command = ''\n"
           "    if (-not $first -and $commands.Contains($words[1])) { $command = $words[1] }\n"
           "    $found = @($options[$command].GetEnumerator())\n"
           "    if ($first) { $found = @($commands.GetEnumerator()) + $found }\n"
           "    $found | Where-Object { $_.Key.StartsWith($wordToComplete) } | ForEach-Object {\n"
           "        [System.Management.Automation.CompletionResult]::new(\n"
           "            $_.Key, $_.Key, 'ParameterValue', $_.Value)\n"
           "    }\n"
           "}\n");
}
