// SPDX-License-Identifier: Apache-2.0
// What the doctor says of machines made by hand: each check fires on its trouble and on no other.
#include "doctor/detectors.h"
#include "doctor/doctor.h"
#include "fake_os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A quiet machine with two nodes and eight CPUs, of which nothing is to be said.
static const struct os_fact quiet_facts[] = {
    {"cgroup_cpu_limit",          true,  "no limit"                          },
    {"cgroup_memory_limit",       true,  "no limit"                          },
    {"memory_total_bytes",        true,  "274877906944"                      },
    {"load_average",              true,  "0.01 0.02 0.00"                    },
    {"processes_running",         true,  "0"                                 },
    {"smt_control",               true,  "on"                                },
    {"cpus_isolated",             true,  "none"                              },
    {"cpus_offline",              true,  "none"                              },
    {"cpu_governor",              true,  "performance"                       },
    {"cpu_energy_preference",     true,  "performance"                       },
    {"turbo",                     true,  "off"                               },
    {"thermal_throttle_events",   true,  "0"                                 },
    {"cpu_model",                 true,  "AMD EPYC 7763"                     },
    {"cpu_identifier",            true,  "cpu family 25, model 1, stepping 1"},
    {"dimm_speeds_mt_per_s",      true,  "3200 (16)"                         },
    {"dimm_configured_mt_per_s",  true,  "3200 (16)"                         },
    {"memory_channels",           true,  "16 channels x 3200 x 64"           },
    {"dimms_per_channel",         true,  "1 (16)"                            },
    {"thp_usable",                true,  "yes"                               },
    {"hugepages_2m_free_by_node", true,  "0:512, 1:512"                      },
    {"hugepages_1g_free_by_node", true,  "0:0, 1:0"                          },
    {"numa_balancing",            true,  "0"                                 },
    {"ksm_run",                   true,  "0"                                 },
    {"demotion_enabled",          true,  "false"                             },
    {"damon_schemes",             true,  "none"                              },
    {"memory_blocks_offline",     true,  "none"                              },
    {"swap_used_bytes",           true,  "0"                                 },
    {"clocksource",               true,  "tsc"                               },
    {"clocksources_available",    true,  "tsc acpi_pm"                       },
    {"hypervisor",                true,  "none"                              },
    {"steal_share_percent",       true,  "0.000"                             },
    {"locked_memory_limit_bytes", true,  "8388608"                           },
    {"perf_event_paranoid",       true,  "4"                                 },
    {"bus_counters",              true,  "resctrl"                           },
    {"power_plan",                true,  "High performance"                  },
    {"lock_pages_privilege",      true,  "held"                              },
    {"wine_version",              false, "this is not Wine"                  },
};

struct patient {
    struct os_fact facts[COUNT_OF(quiet_facts)];
    struct doctor_node nodes[2];
    struct id_set allowed;
    struct doctor_subject subject;
    struct doctor_finding findings[DOCTOR_CHECKS_MAX];
    size_t finding_count;
};

static void begin(struct patient *patient) {
    *patient = (struct patient){0};
    memcpy(patient->facts, quiet_facts, sizeof quiet_facts);
    for (uint32_t cpu = 0; cpu < 8; cpu++)
        id_set_add(&patient->allowed, cpu);
    for (uint32_t i = 0; i < 2; i++)
        patient->nodes[i] = (struct doctor_node){
            .node = i,
            .free_bytes = 64 * GIB,
            .needed_bytes = GIB,
            .placed = VERDICT_VERIFIED,
            .placed_by = OS_PLACED_BIND,
            .located_by = WITNESS_EACH_PAGE,
        };
    patient->subject = (struct doctor_subject){
        .facts = patient->facts,
        .fact_count = COUNT_OF(patient->facts),
        .nodes = patient->nodes,
        .node_count = 2,
        .cpus_allowed = &patient->allowed,
        .cpus_online = &patient->allowed,
        .package_count = 2,
        .restriction = "",
        .averaging = "",
        .hidden = "",
        .check_reason = "",
        .cells_planned = 8,
        .refusal = "",
        .clock_step_ns = 20,
        .clock_step_max_ns = 10 * NS_PER_US,
        .base_page_bytes = 4 * KIB,
        .transparent_page_bytes = 2 * MIB,
    };
}

static void set_fact(struct patient *patient, const char *name, const char *value) {
    for (size_t i = 0; i < COUNT_OF(patient->facts); i++) {
        if (strcmp(patient->facts[i].name, name) != 0)
            continue;
        patient->facts[i].available = true;
        snprintf(patient->facts[i].value, sizeof patient->facts[i].value, "%s", value);
        return;
    }
    fail_msg("no fact is named %s", name);
}

static bool is_of_windows(const char *check) {
    return strcmp(check, "power_plan") == 0 || strcmp(check, "lock_pages") == 0 ||
           strcmp(check, "wine") == 0;
}

// The checks that do not say ok, as "name:verdict name:verdict".
static const char *complaints(struct patient *patient) {
    static char text[1024];
    size_t used = 0;
    text[0] = '\0';
    patient->finding_count = doctor_look(&patient->subject, patient->findings);
    for (size_t i = 0; i < patient->finding_count; i++) {
        const struct doctor_finding *finding = &patient->findings[i];
        bool mends = finding->verdict == DOCTOR_WARN || finding->verdict == DOCTOR_BLOCK;
        assert_int_equal(mends, finding->trouble != NULL);
        assert_int_equal(mends, finding->remedy[0] != '\0');
        // The table of remedies is that of Linux here.
        assert_int_equal(mends && is_of_windows(finding->name),
                         strstr(finding->remedy, "no remedy is known") != NULL);
        assert_true(finding->found[0] != '\0');
        if (finding->verdict != DOCTOR_OK)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%s", used ? " " : "",
                                     finding->name, doctor_verdict_names[finding->verdict]);
    }
    id_set_free(&patient->allowed);
    return text;
}

static void a_quiet_machine_has_no_complaint(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    assert_string_equal(complaints(&patient), "");
    assert_null(doctor_check_name(patient.finding_count)); // each check had its say
}

// ---- checks of a fact ---------------------------------------------------------------------------

#define GUEST "dimm_channels:unknown hypervisor:warn"

static const struct {
    const char *fact, *value, *complaints;
} fact_cases[] = {
    {"cgroup_cpu_limit",          "200000 100000",            "cpu_limit:warn"        },
    {"cgroup_cpu_limit",          "50000 (cpu.cfs_quota_us)", "cpu_limit:warn"        },
    {"cgroup_cpu_limit",          "800000 100000",            ""                      },
    {"cgroup_memory_limit",       "104857600",                "memory:BLOCK"          },
    {"cgroup_memory_limit",       "1099511627776",            ""                      },
    {"load_average",              "3.00 0.10 0.00",           "load:warn smt:warn"    },
    {"processes_running",         "2",                        "load:warn smt:warn"    },
    {"load_average",              "0.40 0.40 0.40",           ""                      },
    {"smt_control",               "off",                      ""                      },
    {"cpus_isolated",             "2-3",                      ""                      },
    {"cpus_isolated",             "8-9",                      "isolated_cpus:warn"    },
    {"cpus_offline",              "9",                        "offline_cpus:warn"     },
    {"cpu_governor",              "powersave",                "governor:warn"         },
    {"cpu_governor",              "performance, powersave",   "governor:warn"         },
    {"cpu_energy_preference",     "balance_performance",      "energy_preference:warn"},
    {"turbo",                     "on",                       "turbo:warn"            },
    {"thermal_throttle_events",   "7",                        "throttling:warn"       },
    {"dimm_configured_mt_per_s",  "2933 (16)",                "dimm_speed:warn"       },
    {"dimm_configured_mt_per_s",  "3200 (15), unknown (1)",   "dimm_speed:unknown"    },
    {"dimm_speeds_mt_per_s",      "3200 (8), 4800 (8)",       ""                      },
    {"dimms_per_channel",         "2 (14), 1 (2)",            "dimm_balance:warn"     },
    {"dimms_per_channel",         "1 (14), 0 (2)",            "dimm_balance:warn"     },
    {"dimms_per_channel",         "2 (16)",                   ""                      },
    {"memory_channels",           "14 channels x 3200 x 64",  "dimm_channels:warn"    },
    {"memory_channels",           "8 modules x 3200 x 64",    "dimm_channels:warn"    },
    {"memory_channels",           "32 modules x 3200 x 64",   ""                      },
    {"cpu_identifier",            "cpu family 6, model 999",  "dimm_channels:unknown" },
    {"thp_usable",                "no: enabled says never",   "thp:warn"              },
    {"thp_usable",                "yes",                      ""                      },
    {"hugepages_2m_free_by_node", "0:512, 1:0",               "huge_pages_2m:warn"    },
    {"hugepages_2m_free_by_node", "0:0, 1:0",                 ""                      },
    {"hugepages_1g_free_by_node", "0:0, 1:10",                "huge_pages_1g:warn"    },
    {"numa_balancing",            "1",                        "numa_balancing:warn"   },
    {"numa_balancing",            "2",                        "numa_balancing:warn"   },
    {"ksm_run",                   "1",                        "ksm:warn"              },
    {"ksm_run",                   "2",                        ""                      },
    {"demotion_enabled",          "true",                     "demotion:warn"         },
    {"damon_schemes",             "stat",                     ""                      },
    {"damon_schemes",             "stat, stat",               ""                      },
    {"damon_schemes",             "stat, pageout",            "damon:warn"            },
    {"damon_schemes",             "migrate_hot to node 0",    "damon:warn"            },
    {"memory_blocks_offline",     "2:32",                     "offline_memory:warn"   },
    {"swap_used_bytes",           "4096",                     "swap:warn"             },
    {"clocksource",               "hpet",                     "clocksource:warn"      },
    {"clocksource",               "acpi_pm",                  "clocksource:warn"      },
    {"clocksource",               "arch_sys_counter",         ""                      },
    {"clocksource",               "kvm-clock",                ""                      },
    {"hypervisor",                "KVMKVMKVM",                GUEST                   },
    {"steal_share_percent",       "0.100",                    "steal:warn"            },
    {"steal_share_percent",       "0.099",                    ""                      },
    {"locked_memory_limit_bytes", "0",                        ""                      },
    {"perf_event_paranoid",       "-1",                       ""                      },
    {"power_plan",                "Balanced",                 "power_plan:warn"       },
    {"power_plan",                "Ultimate Performance",     ""                      },
    {"lock_pages_privilege",      "not held",                 "lock_pages:warn"       },
    {"wine_version",              "8.0",                      "wine:warn"             },
};

static void a_fact_that_disturbs_is_named_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fact_cases); i++) {
        struct patient patient;
        begin(&patient);
        set_fact(&patient, fact_cases[i].fact, fact_cases[i].value);
        const char *found = complaints(&patient);
        if (strcmp(found, fact_cases[i].complaints) != 0)
            fail_msg("%s = %s: '%s' instead of '%s'", fact_cases[i].fact, fact_cases[i].value,
                     found, fact_cases[i].complaints);
    }
}

static void an_unreadable_fact_is_unknown_not_ok(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    for (size_t i = 0; i < COUNT_OF(patient.facts); i++) {
        patient.facts[i].available = false;
        snprintf(patient.facts[i].value, sizeof patient.facts[i].value, "/sys is hidden");
    }
    complaints(&patient);
    size_t not_told = 0;
    for (size_t i = 0; i < patient.finding_count; i++) {
        assert_true(patient.findings[i].verdict == DOCTOR_UNKNOWN ||
                    patient.findings[i].verdict == DOCTOR_OK);
        not_told += patient.findings[i].verdict == DOCTOR_UNKNOWN;
    }
    // All but those of the subject, and Wine, whose absence is the good answer.
    assert_int_equal(not_told, patient.finding_count - 8);
}

static void facts_of_another_system_are_not_checked(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.subject.fact_count = 0;
    assert_string_equal(complaints(&patient), "");
    assert_int_equal(patient.finding_count, 7);
}

// ---- as people read it --------------------------------------------------------------------------

// clang-format off
static const struct {
    const char *fact, *value, *name, *label, *shown;
} shown_cases[] = {
    {"hugepages_2m_free_by_node", "0:512, 3:0", "huge_pages_2m", "free 2M pages",
     "512 on node 0, 0 on node 3"},
    {"locked_memory_limit_bytes", "8388608", "locked_memory", "lockable memory", "8.0 MiB"},
    {"locked_memory_limit_bytes", "no limit", "locked_memory", "lockable memory", "no limit"},
    {"swap_used_bytes", "0", "swap", "swap in use", "0 B"},
    {"steal_share_percent", "0.325", "steal", "steal", "0.325 % of the time"},
    {"thermal_throttle_events", "1", "throttling", "throttling", "1 event since boot"},
    {"cgroup_cpu_limit", "150000 100000", "cpu_limit", "CPU limit", "the time of 1.5 CPUs"},
    {"cgroup_cpu_limit", "50000 (cpu.cfs_quota_us)", "cpu_limit", "CPU limit",
     "the time of 0.5 CPUs"},
    {"numa_balancing", "0", "numa_balancing", "NUMA balancing", "off"},
    {"numa_balancing", "2", "numa_balancing", "NUMA balancing", "on, for tiers of memory"},
    {"memory_blocks_offline", "none", "offline_memory", "offline memory", "none"},
    {"perf_event_paranoid", "2", "perf_events", "perf events",
     "only root may count events of the whole machine (level 2)"},
    {"clocksource", "tsc", "clocksource", "clocksource", "tsc"},
    {"cpu_energy_preference", "power", "energy_preference", "energy preference", "power"},
};
// clang-format on

static void names_and_values_are_shown_in_words_and_with_units(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shown_cases); i++) {
        struct patient patient;
        char label[DOCTOR_SHOWN_BYTES], shown[DOCTOR_SHOWN_BYTES];
        size_t matches = 0;
        begin(&patient);
        set_fact(&patient, shown_cases[i].fact, shown_cases[i].value);
        complaints(&patient);
        for (size_t j = 0; j < patient.finding_count; j++) {
            const struct doctor_finding *finding = &patient.findings[j];
            if (strcmp(finding->name, shown_cases[i].name) != 0)
                continue;
            matches++;
            assert_string_equal(doctor_label(finding->name, label), shown_cases[i].label);
            assert_string_equal(doctor_shown(finding, shown), shown_cases[i].shown);
        }
        assert_int_equal(matches, 1);
    }
}

// The reason why a value is unknown is no value.
static void an_unknown_value_is_shown_as_its_reason(void **state) {
    (void)state;
    char shown[DOCTOR_SHOWN_BYTES];
    struct doctor_finding finding = {.name = "locked_memory", .verdict = DOCTOR_UNKNOWN};
    snprintf(finding.found, sizeof finding.found, "getrlimit(2) is denied");
    assert_string_equal(doctor_shown(&finding, shown), "getrlimit(2) is denied");
}

// ---- checks of the subject ----------------------------------------------------------------------

static void a_node_with_too_little_memory_blocks(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.nodes[1].free_bytes = GIB;
    assert_string_equal(complaints(&patient), "memory:BLOCK");
    assert_non_null(strstr(patient.findings[2].found, "node 1 has 1.0 GiB free"));
    begin(&patient);
    patient.nodes[1].free_bytes = 2 * GIB;
    assert_string_equal(complaints(&patient), "");
    begin(&patient);
    patient.nodes[0].free_bytes = NONE_U64;
    assert_string_equal(complaints(&patient), "memory:unknown");
    begin(&patient);
    patient.nodes[0].free_bytes = NONE_U64;
    set_fact(&patient, "memory_total_bytes", "1073741824"); // of the whole machine
    assert_string_equal(complaints(&patient), "memory:BLOCK");
}

static void memory_that_cannot_be_had_or_is_elsewhere_blocks(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.nodes[1].refused = true;
    snprintf(patient.nodes[1].reason, sizeof patient.nodes[1].reason, "mbind is not permitted");
    assert_string_equal(complaints(&patient), "placement:BLOCK");
    assert_string_equal(patient.findings[0].found, "node 1: mbind is not permitted");
    assert_null(strstr(patient.findings[0].remedy, "mbind")); // the reason has its own way out
    static const struct {
        enum verdict placed;
        const char *complaints;
    } cases[] = {
        {VERDICT_VERIFIED,        ""               },
        {VERDICT_MISPLACED,       "placement:BLOCK"},
        {VERDICT_WRONG_PAGE_SIZE, "placement:BLOCK"},
        {VERDICT_UNVERIFIABLE,    "placement:warn" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        begin(&patient);
        patient.nodes[0].placed = cases[i].placed;
        assert_string_equal(complaints(&patient), cases[i].complaints);
    }
}

static void the_weakest_node_decides_how_memory_was_placed_and_located(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    assert_string_equal(complaints(&patient), "");
    assert_non_null(strstr(patient.findings[0].found, "(placed by bind, found by "));
    assert_non_null(strstr(patient.findings[0].found, os_pages_locate_source));
    begin(&patient);
    patient.nodes[0].placed_by = OS_PLACED_FIRST_TOUCH;
    patient.nodes[1].located_by = WITNESS_ONLY_NODE;
    assert_string_equal(complaints(&patient), "");
    assert_non_null(
        strstr(patient.findings[0].found, "(placed by first_touch, found by only_node)"));
}

// Only where nothing was bound can a policy from outside be what has put it elsewhere.
static void a_policy_from_outside_is_suspected_where_nothing_was_bound(void **state) {
    (void)state;
    struct patient patient;
    for (enum os_placing placing = 0; placing < OS_PLACING_COUNT; placing++) {
        begin(&patient);
        patient.nodes[0].placed = VERDICT_MISPLACED;
        patient.nodes[0].placed_by = placing;
        assert_string_equal(complaints(&patient), "placement:BLOCK");
        assert_int_equal(strstr(patient.findings[0].remedy, "numactl") != NULL,
                         placing == OS_PLACED_FIRST_TOUCH);
    }
}

static void a_cell_that_its_plan_refuses_blocks(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.subject.cells_refused = 2;
    patient.subject.refusal = "node 1 may not be used";
    assert_string_equal(complaints(&patient), "plan:BLOCK");
    assert_string_equal(patient.findings[1].found, "6 of 8 cases can be measured");
    assert_string_equal(patient.findings[1].remedy, "node 1 may not be used");
}

static void denied_rights_are_named_with_the_remedy(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.subject.restriction = "CPUs 0-3 of 0-7, memory nodes 0 of 0-1";
    assert_string_equal(complaints(&patient), "cpuset:warn");
    assert_non_null(strstr(patient.findings[3].remedy, "taskset -c 0-7 numaprobe"));
}

static void a_topology_that_is_contradicted_or_unchecked_is_named(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.subject.cpus_contradicted = 2;
    assert_string_equal(complaints(&patient), "topology:warn");
    begin(&patient);
    patient.subject.check_reason = "there is no /sys";
    assert_string_equal(complaints(&patient), "topology:warn");
    begin(&patient);
    patient.subject.hidden = "nodes 1";
    assert_string_equal(complaints(&patient), "topology:warn");
    assert_string_equal(patient.findings[4].found, "hwloc does not show nodes 1");
}

static void memory_that_several_packages_share_is_named(void **state) {
    (void)state;
    struct patient patient;
    begin(&patient);
    patient.subject.averaging = "node 0 is the memory of 2 packages";
    assert_string_equal(complaints(&patient), "packages:warn");
}

// ---- completeness -------------------------------------------------------------------------------

static void every_check_fires_somewhere_in_these_tests(void **state) {
    (void)state;
    static const char *const elsewhere[] = {"placement", "plan",     "memory",
                                            "cpuset",    "topology", "packages"};
    static const char *const for_information[] = {"locked_memory", "page_size", "perf_events",
                                                  "bus_counters"};
    const char *name;
    for (size_t i = 0; (name = doctor_check_name(i)) != NULL; i++) {
        bool fires = false;
        for (size_t j = 0; j < COUNT_OF(fact_cases); j++) {
            const char *found = strstr(fact_cases[j].complaints, name);
            fires = fires || (found && found[strlen(name)] == ':');
        }
        for (size_t j = 0; j < COUNT_OF(elsewhere); j++)
            fires = fires || strcmp(elsewhere[j], name) == 0;
        for (size_t j = 0; j < COUNT_OF(for_information); j++)
            fires = fires || strcmp(for_information[j], name) == 0;
        if (!fires)
            fail_msg("no case makes %s fire", name);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(name, doctor_check_name(j));
    }
}

// ---- the clock ----------------------------------------------------------------------------------

// clang-format off
static const struct {
    const char *clock, *available;
    uint64_t step_ns;
    const char *complaints, *remedy;
} clocks[] = {
    {"tsc", "tsc hpet acpi_pm", 20, "", ""},
    {"acpi_pm", "tsc hpet acpi_pm", 900, "clocksource:warn", "echo tsc | sudo"},
    {"acpi_pm", "hpet kvm-clock jiffies", 900, "clocksource:warn", "echo kvm-clock | "},
    {"acpi_pm", "acpi_pm", 900, "clocksource:warn", "no better one"},
    {"jiffies", "jiffies", 4 * NS_PER_MS, "clocksource:BLOCK", "no better one"},
};
// clang-format on

static void only_a_clock_that_is_there_is_the_remedy(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(clocks); i++) {
        struct patient patient;
        begin(&patient);
        set_fact(&patient, "clocksource", clocks[i].clock);
        set_fact(&patient, "clocksources_available", clocks[i].available);
        patient.subject.clock_step_ns = clocks[i].step_ns;
        assert_string_equal(complaints(&patient), clocks[i].complaints);
        for (size_t j = 0; j < patient.finding_count; j++)
            if (strcmp(patient.findings[j].name, "clocksource") == 0)
                assert_non_null(strstr(patient.findings[j].remedy, clocks[i].remedy));
    }
}

// ---- before a run -------------------------------------------------------------------------------

static void a_machine_is_busy_when_much_runs_now(void **state) {
    (void)state;
    static const struct {
        const char *running, *load;
        bool busy; // of eight CPUs
    } cases[] = {
        {"0", "0.01 0.02 0.00", false},
        {"1", "1.90 0.10 0.00", false}, // little against eight
        {"1", "2.00 0.10 0.00", true },
        {"2", "0.00 0.00 0.00", true }, // it has begun this moment
        {"0", "8.00 8.00 8.00", false}, // it has ended
    };
    char sentence[1024];
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct patient patient;
        begin(&patient);
        id_set_free(&patient.allowed);
        set_fact(&patient, "processes_running", cases[i].running);
        set_fact(&patient, "load_average", cases[i].load);
        assert_int_equal(
            doctor_is_busy(patient.facts, COUNT_OF(patient.facts), 8, sentence, sizeof sentence),
            cases[i].busy);
        assert_int_equal(strstr(sentence, "end them or wait") != NULL, cases[i].busy);
    }
    assert_false(doctor_is_busy(NULL, 0, 8, sentence, sizeof sentence));
}

// ---- detectors ----------------------------------------------------------------------------------

// "agrees agrees ...": the outcomes in their order.
static void note_outcome(void *context, const struct os_check *check) {
    char *outcomes = context;
    size_t used = strlen(outcomes);
    assert_true(check->name && check->document && check->expected && check->found[0]);
    snprintf(outcomes + used, 200 - used, "%s%s", used ? " " : "",
             os_outcome_names[check->outcome]);
}

static void assert_outcomes(const char *expected) {
    char outcomes[200] = "";
    detectors_try(note_outcome, outcomes);
    assert_string_equal(outcomes, expected);
}

// Real additions take no simulated time, so the known delay is the one that is not found here:
// between two readings of the simulated clock everything takes the same.
#define DELAY "differs"

static void each_detector_finds_its_fault_and_is_silent_without_it(void **state) {
    (void)state;
    fake_os_reset(2, 2);
    assert_outcomes("agrees agrees agrees agrees " DELAY " agrees");
    assert_int_equal(fake_os.acquired, fake_os.released);
}

static void memory_that_the_system_puts_elsewhere_differs_and_is_not_measured(void **state) {
    (void)state;
    // Every buffer is said to be on the other node, so that nothing is measured either.
    fake_os_reset(2, 2);
    fake_os.proofs[0] =
        (struct fake_proof){.stray_end = UINT64_MAX, .stray_every = 1, .stray_answer = 1};
    fake_os.proofs[1] = fake_os.proofs[0];
    assert_outcomes("unavailable unavailable unavailable unavailable " DELAY " differs");
}

static void a_fault_that_has_no_place_here_is_not_tried(void **state) {
    (void)state;
    fake_os_reset(1, 1); // no second thread, no second node
    assert_outcomes("agrees agrees unavailable agrees " DELAY " unavailable");
    fake_os_reset(1, 1);
    fake_os.usage_step.run_delay_ns = 500 * NS_PER_MS; // somebody else has the CPU
    assert_outcomes("agrees agrees unavailable unavailable " DELAY " unavailable");
    fake_os_reset(1, 1);
    fake_os.steal_step_ns = 500 * NS_PER_MS; // another guest has it
    assert_outcomes("agrees agrees unavailable unavailable " DELAY " unavailable");
    fake_os_reset(1, 1);
    fake_os.usage_step.minor_faults = 1; // a fault is told from a gap by its own count
    assert_outcomes("agrees agrees unavailable unavailable " DELAY " unavailable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_detector_finds_its_fault_and_is_silent_without_it),
        cmocka_unit_test(memory_that_the_system_puts_elsewhere_differs_and_is_not_measured),
        cmocka_unit_test(a_fault_that_has_no_place_here_is_not_tried),
        cmocka_unit_test(only_a_clock_that_is_there_is_the_remedy),
        cmocka_unit_test(a_machine_is_busy_when_much_runs_now),
        cmocka_unit_test(a_quiet_machine_has_no_complaint),
        cmocka_unit_test(a_fact_that_disturbs_is_named_and_no_other),
        cmocka_unit_test(names_and_values_are_shown_in_words_and_with_units),
        cmocka_unit_test(an_unknown_value_is_shown_as_its_reason),
        cmocka_unit_test(an_unreadable_fact_is_unknown_not_ok),
        cmocka_unit_test(facts_of_another_system_are_not_checked),
        cmocka_unit_test(a_node_with_too_little_memory_blocks),
        cmocka_unit_test(memory_that_cannot_be_had_or_is_elsewhere_blocks),
        cmocka_unit_test(the_weakest_node_decides_how_memory_was_placed_and_located),
        cmocka_unit_test(a_policy_from_outside_is_suspected_where_nothing_was_bound),
        cmocka_unit_test(a_cell_that_its_plan_refuses_blocks),
        cmocka_unit_test(denied_rights_are_named_with_the_remedy),
        cmocka_unit_test(a_topology_that_is_contradicted_or_unchecked_is_named),
        cmocka_unit_test(memory_that_several_packages_share_is_named),
        cmocka_unit_test(every_check_fires_somewhere_in_these_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
