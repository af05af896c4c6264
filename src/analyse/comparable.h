// SPDX-License-Identifier: Apache-2.0
// Whether two sets of runs may be compared, and in what they differ.
#ifndef NUMAPROBE_ANALYSE_COMPARABLE_H
#define NUMAPROBE_ANALYSE_COMPARABLE_H

#include "analyse/chosen.h"

enum { DIFFERENCE_TEXT_BYTES = 200 };

// The heavier last.
enum difference_weight {
    DIFFERENCE_UNKNOWN, // to one side or both; no reason to refuse
    DIFFERENCE_NAMED,   // worth knowing, and no reason to refuse
    DIFFERENCE_REFUSES,
};

struct difference {
    char what[64];
    char base[DIFFERENCE_TEXT_BYTES];
    char candidate[DIFFERENCE_TEXT_BYTES];
    enum difference_weight weight;
};

struct difference_list {
    struct difference *at;
    size_t count;
    char chosen[CHOSEN_BYTES]; // as chosen_otherwise, which is among the reasons; "" when it is not
};

// Every difference between the two sides. It refuses for another CPU, other DIMMs, another number
// of nodes or CPUs, virtual against real, another version of the method, another loop, pattern or
// kind of page at the same place, another size of page found, and where no row of a side has a
// value with proof. What everybody may read and only one side has refuses too. Facts that a system
// tells only to its administrator (DIMMs) must agree where both sides have them, as in
// comparable_is_same_kind; what a side does not know is no difference, and is named.
void comparable_differences(const struct dataset *base, const struct dataset *candidate,
                            struct difference_list *list);
void difference_list_free(struct difference_list *list);

// How many of them refuse.
size_t difference_refusals(const struct difference_list *list);

// What a history keeps apart: a text of all facts that may not differ, the same for runs that may
// be compared as far as the machine goes. Returns text.
enum { FINGERPRINT_BYTES = 2048 };
char *comparable_fingerprint(const struct data_run *run, char text[FINGERPRINT_BYTES]);

// Whether two fingerprints are of one kind of machine. Facts that a system reports only to its
// administrator (DIMMs) must agree where both have them: who measured is no matter of the machine.
bool comparable_is_same_kind(const char *fingerprint, const char *other);

#endif
