// SPDX-License-Identifier: Apache-2.0
// Machines for tests, by the roads that hwloc has for them: a description, or a file.
#ifndef NUMAPROBE_TESTS_LOAD_TOPOLOGY_H
#define NUMAPROBE_TESTS_LOAD_TOPOLOGY_H

#include "topology/topology.h"

// Whether the machine passes for the one we run on: then the (simulated) system completes it.
enum load_as { LOAD_AS_OTHER_SYSTEM, LOAD_AS_THIS_SYSTEM };

// Tells hwloc to read that description, in the form of HWLOC_SYNTHETIC, or that file. The other one
// is NULL.
void choose_topology(const char *description, const char *file, enum load_as as);

// Chooses and loads; the test fails when hwloc refuses. Files are those of tests/topologies.
void load_description(struct topology *topology, const char *description, enum load_as as);
void load_file(struct topology *topology, const char *name, enum load_as as);

// The path of a file of tests/topologies, until the next call.
const char *topology_path(const char *name);

// The test fails unless the set reads so, in the form of id_set_format.
void assert_set(const struct id_set *set, const char *text);

#endif
