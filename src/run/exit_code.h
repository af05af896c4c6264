// SPDX-License-Identifier: Apache-2.0
// What the program's exit status says; the manual pages, `numaprobe list exits` and the README have
// this list. Shells say 130 and 141 of a program that SIGINT (2) or SIGPIPE (13) ended: 128 and
// that number.
#ifndef NUMAPROBE_RUN_EXIT_CODE_H
#define NUMAPROBE_RUN_EXIT_CODE_H

#define EXIT_CODES(CODE)                                                                           \
    CODE(OK, 0, "everything was measured and verified")                                            \
    CODE(FAILURE, 1, "something failed or was refused; the rows say what")                         \
    CODE(USAGE, 2, "the command line asks for something that does not exist")                      \
    CODE(REGRESSION, 3,                                                                            \
         "ab, compare --check, history --check: something got worse; "                             \
         "fleet --check: a host is slow")                                                          \
    CODE(NOT_VERIFIED, 4, "placement not verified (--allow-unverified accepts unverifiable)")      \
    CODE(NOT_COMPARABLE, 5, "ab, compare, history, fleet: not comparable, or too few runs")        \
    CODE(PAUSED, 6, "ab --pause: more runs are to come; ab --resume measures the next")            \
    CODE(NOTHING, 77, "nothing of what you asked for can be measured here")                        \
    CODE(INTERRUPTED, 130,                                                                         \
         "interrupted (Ctrl-C, SIGTERM, SIGHUP, SIGXCPU); the rows so far are kept")               \
    CODE(UNREAD, 141, "the program that reads the output ended, such as head (SIGPIPE)")

#define EXIT_CODE_ENUM(name, number, meaning) EXIT_CODE_##name = number,
enum exit_code { EXIT_CODES(EXIT_CODE_ENUM) };
#undef EXIT_CODE_ENUM

#endif
