// SPDX-License-Identifier: Apache-2.0
// The commands: one table, one file each.
#ifndef NUMAPROBE_CLI_COMMAND_H
#define NUMAPROBE_CLI_COMMAND_H

#include "analyse/compare_gate.h"
#include "analyse/notes.h"
#include "ask/options.h"
#include "report/text_form.h"
#include "run/outcome.h"

struct command {
    const char *name;     // "" is the program without a command
    const char *operands; // in the usage line
    const char *summary;
    const char *const *examples; // ends with NULL
    enum command_bit bit;
    size_t operands_max;
    enum exit_code (*run)(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
};

// The first is the program without a command.
extern const struct command commands[];
extern const size_t command_count;

// NULL when there is none of that name, and then the error says so.
const struct command *command_find(const char *name, struct error *error);

// Its help, to stdout.
void command_print_help(const struct command *command);

// Runs a command with the words behind its name.
enum exit_code command_run(const struct command *command, int argument_count, char **arguments);

// What `numaprobe list` knows: fills the names and returns how many there are.
enum { LIST_NAMES_MAX = 32 };
size_t list_names(const char *names[LIST_NAMES_MAX]);

// Opens a session for the command, runs it in that and closes it. inspect_only as session_open.
struct session;
typedef enum exit_code session_command(struct session *session, const void *context);
enum exit_code command_in_session(const struct command *command, bool inspect_only,
                                  session_command *run, const void *context);

// Whether at least this many operands are there; the error shows the command's usage.
bool command_operands(const struct command *command, const struct options *options, size_t least,
                      struct error *error);

// The form that --format asks for, a table when it asks for none.
bool command_text_form(const struct command *command, const struct options *options,
                       enum text_form *form, struct error *error);

// Reads all runs that these operands name, in the order of the command line. Rows without proof are
// left out, but for those that --allow-unverified or --force of the options takes in.
bool command_read_runs(const struct options *options, const char *const *operands, size_t count,
                       struct dataset *dataset, struct error *error);

// By --explore, --single and --margin.
struct compare_rules command_compare_rules(const struct options *options,
                                           const struct compare_rules *usual);

// What a gate makes of the command: OK where --check was not asked for, unless --require was.
enum exit_code command_exit_of(const struct gate *gate, const struct options *options);

// The commands with what each of them does, to stdout.
void command_print_list(void);

// Says on stderr why something is not decided.
void command_refuse(const char *sentence);

// The notes on runs (analyse/notes.h) to stderr: for what is printed for programs.
void command_print_notes(const struct dataset *dataset);

// The same without the one on disturbance, which the tables of a run begin with.
void command_print_notes_of_rows(const struct dataset *dataset);

// What stands before and behind a path in a command that people may copy: a quotation mark where a
// shell would take the path apart, else nothing.
const char *command_quote(const char *path);

// As outcome_fail, after runs were read; NOT_VERIFIED where none of their values has a proof.
enum exit_code command_fail_of(const struct dataset *dataset, const struct error *error);

enum exit_code cmd_limits(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_check(const struct command *command, const struct options *options,
                         int argument_count, char **arguments);
enum exit_code cmd_fleet(const struct command *command, const struct options *options,
                         int argument_count, char **arguments);
enum exit_code cmd_ab(const struct command *command, const struct options *options,
                      int argument_count, char **arguments);
enum exit_code cmd_compare(const struct command *command, const struct options *options,
                           int argument_count, char **arguments);
enum exit_code cmd_export(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_report(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_history(const struct command *command, const struct options *options,
                           int argument_count, char **arguments);
enum exit_code cmd_show(const struct command *command, const struct options *options,
                        int argument_count, char **arguments);
enum exit_code cmd_capacity(const struct command *command, const struct options *options,
                            int argument_count, char **arguments);
enum exit_code cmd_measure(const struct command *command, const struct options *options,
                           int argument_count, char **arguments);
enum exit_code cmd_submit(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_topo(const struct command *command, const struct options *options,
                        int argument_count, char **arguments);
enum exit_code cmd_verify(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_doctor(const struct command *command, const struct options *options,
                          int argument_count, char **arguments);
enum exit_code cmd_help(const struct command *command, const struct options *options,
                        int argument_count, char **arguments);
enum exit_code cmd_list(const struct command *command, const struct options *options,
                        int argument_count, char **arguments);

#endif
